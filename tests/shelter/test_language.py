"""Two languages in one program: Indonesian in the source, English by catalogue, switched while it runs."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog

from shelter import language
from shelter.language import _, ngettext
from tests.house.catalogue import PO, as_mo, as_po, load, translated

UNKNOWN = "Kalimat yang tidak ada dalam katalog"


@pytest.fixture
def own_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An English catalogue of this test's own, in place of the program's."""
    catalogue = Catalog(locale="en")
    catalogue.add("Penghuni", "Resident")
    catalogue.add(("{n} orang", "{n} orang"), ("{n} person", "{n} people"))
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "teduh.mo").write_bytes(as_mo(as_po(catalogue)))
    monkeypatch.setattr(language, "LOCALE_DIR", tmp_path)
    language._catalogue.cache_clear()
    yield folder
    language._catalogue.cache_clear()


def test_the_program_speaks_indonesian_until_it_is_switched(own_catalogue: Path) -> None:
    assert language.current() == "id"
    assert _("Penghuni") == "Penghuni"
    language.use("en")
    assert language.current() == "en"
    assert _("Penghuni") == "Resident"
    language.use("id")
    assert _("Penghuni") == "Penghuni"
    assert language.LANGUAGES == ("id", "en")


def test_indonesian_has_one_form_and_english_two(own_catalogue: Path) -> None:
    def said() -> list[str]:
        return [ngettext("{n} orang", "{n} orang", n).format(n=n) for n in (0, 1, 2, 11)]

    assert said() == ["0 orang", "1 orang", "2 orang", "11 orang"]
    language.use("en")
    assert said() == ["0 people", "1 person", "2 people", "11 people"]


def test_a_text_without_english_stays_indonesian(own_catalogue: Path) -> None:
    language.use("en")
    assert _("Kamar") == "Kamar"
    assert ngettext("{n} kamar", "{n} kamar", 2) == "{n} kamar"


def test_the_switch_is_felt_in_every_thread(own_catalogue: Path) -> None:
    heard: list[str] = []
    language.use("en")
    thread = threading.Thread(target=lambda: heard.append(_("Penghuni")))
    thread.start()
    thread.join()
    assert heard == ["Resident"]


def test_a_program_packed_without_its_english_says_so(own_catalogue: Path) -> None:
    (own_catalogue / "teduh.mo").unlink()
    language._catalogue.cache_clear()
    assert _("Penghuni") == "Penghuni"
    language.use("en")
    with pytest.raises(FileNotFoundError):
        _("Penghuni")


def test_the_programs_own_texts_come_in_english() -> None:
    plain = [message for message in load(PO) if message.id and translated(message)]
    known = {message.id: message.string for message in plain if isinstance(message.id, str)}
    assert len(known) > 5
    assert [text for text in known if _(text) != text] == []
    language.use("en")
    assert [text for text, english in known.items() if _(text) != english] == []
    assert _(UNKNOWN) == UNKNOWN
