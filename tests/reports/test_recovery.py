"""The recovery sheet, read back: every word on its own page and in order, and not a word that tells whose it is."""

from dataclasses import FrozenInstanceError, replace
from datetime import date
from itertools import pairwise

import pypdfium2.raw
import pytest

from reports.recovery import RecoveryPair, RecoverySheet, recovery_sheet
from tests.reports import reading

WORDS_A = tuple(
    "kelapa sungai rotan pagi lentera perahu kebun benang madu jendela hujan tikar padi melati".split()  # noqa: SIM905
)
WORDS_B = tuple(
    "gunung cermin kapas ombak dahan bintang lumbung rakit delima tenun pelita kertas jambu angin".split()  # noqa: SIM905
)
SHEET = RecoverySheet("TDH-7K4Q-M2", date(2026, 11, 21), (RecoveryPair("A", WORDS_A), RecoveryPair("B", WORDS_B)))

TELLING = (
    "perlindungan",
    "rumah",
    "shelter",
    "rpt",
    "dinas",
    "sosial",
    "korban",
    "penyintas",
    "perdagangan",
    "tppo",
    "penghuni",
    "kalimantan",
    "pontianak",
    "konseling",
    "pemerintah",
)

HOSTILE = (
    '<img src="file:///etc/passwd"/>',
    "<img src='https://example.org/a.png' width='9999'/>",
    "</para><b>&amp;&&lt;<i>",
    "a & b < c > d",
    "%(nama)s {nama} \\",
    "m" * 400,
    "kata " * 80,
    "baris\nbaru\ttab\r\n\x00\x07akhir",
    "\ud800 \u202e terbalik 😀 中文",
    "",
)


def _with(label: str, words: tuple[str, ...]) -> bytes:
    return recovery_sheet(replace(SHEET, pairs=(RecoveryPair(label, words), RecoveryPair("B", WORDS_B))))


def test_each_pair_has_one_a4_page() -> None:
    assert reading.sizes(recovery_sheet(SHEET)) == [(210, 297), (210, 297)]


@pytest.mark.parametrize(("page", "own", "others"), [(0, WORDS_A, WORDS_B), (1, WORDS_B, WORDS_A)])
def test_the_words_of_a_pair_stand_in_order_on_its_own_page_only(
    page: int, own: tuple[str, ...], others: tuple[str, ...]
) -> None:
    text = reading.pages(recovery_sheet(SHEET))[page]
    assert " ".join(f"{number} {word}" for number, word in enumerate(own, start=1)) in text
    assert not set(others) & set(text.split())


def test_the_sheet_says_which_it_is_and_when_it_was_made() -> None:
    first, second = reading.pages(recovery_sheet(SHEET))
    for text, label, place in ((first, "A", "1 dari 2"), (second, "B", "2 dari 2")):
        assert f"Lembar Pemulihan {label}" in text
        assert place in text
        assert "TDH-7K4Q-M2" in text
        assert "21 November 2026" in text
        assert "SANGAT RAHASIA" in text


@pytest.mark.parametrize(
    "sentence",
    [
        "bila semua kata sandi terlupa",
        "Ada dua lembar dengan kata-kata yang berbeda; satu lembar saja sudah cukup.",
        "amplop tertutup",
        "lemari yang terkunci",
        "Jangan pernah disatukan dengan komputer atau dengan stik cadangan",
        "di tempat yang berbeda, pada orang yang berbeda",
        "Jangan difoto",
        "Jangan tulis nama kantor atau alamat",
        "Serahkan langsung kepada pimpinan",
        "Lupa kata sandi?",
        "Disimpan oleh",
        "Tempat",
        "Tanggal",
        "Tanda tangan penyimpan",
        "Tanda tangan yang menyerahkan",
        "Dipakai pada tanggal",
        "Diganti pada tanggal",
    ],
)
def test_each_page_explains_itself(sentence: str) -> None:
    assert all(sentence in text for text in reading.pages(recovery_sheet(SHEET)))


def test_pages_that_part_company_carry_no_page_number() -> None:
    assert "Halaman" not in " ".join(reading.pages(recovery_sheet(SHEET)))


def test_neither_text_nor_metadata_tells_what_the_sheet_opens() -> None:
    paper = recovery_sheet(SHEET)
    said = " ".join([*reading.pages(paper), *reading.metadata(paper).values()]).lower()
    assert [word for word in TELLING if word in said] == []


def test_the_metadata_holds_the_title_and_the_product_only() -> None:
    told = reading.metadata(recovery_sheet(SHEET))
    days = {told.pop("CreationDate"), told.pop("ModDate")}
    assert days == {"D:20000101000000+00'00'"}
    assert {name: value for name, value in told.items() if value} == {
        "Title": "Lembar Pemulihan",
        "Author": "Teduh",
        "Creator": "Teduh",
        "Producer": "Teduh",
    }


def test_every_font_is_embedded() -> None:
    paper = recovery_sheet(SHEET)
    fonts = reading.listed_fonts(paper)
    assert {font.split("-")[0] for font in fonts} == {"Inter", "PlusJakartaSans"}
    assert reading.embedded_fonts(paper) == len(fonts)


def test_the_same_sheet_gives_the_same_bytes() -> None:
    assert recovery_sheet(SHEET) == recovery_sheet(replace(SHEET))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_breaks_no_page_and_fetches_nothing(text: str) -> None:
    paper = recovery_sheet(
        RecoverySheet(text, date(2026, 11, 21), (RecoveryPair(text, (text, *WORDS_A[1:])), RecoveryPair("B", WORDS_B)))
    )
    assert reading.sizes(paper) == [(210, 297), (210, 297)]
    drawn = {pypdfium2.raw.FPDF_PAGEOBJ_TEXT, pypdfium2.raw.FPDF_PAGEOBJ_PATH}
    assert reading.kinds_of_things(paper) == drawn
    assert not any(
        mark in paper
        for mark in (b"/Subtype /Image", b"/XObject", b"/URI", b"/EmbeddedFile", b"/JavaScript", b"/Annot")
    )
    # The drawing reaches no further than that of the plain second page.
    hostile, plain = reading.ink_boxes(paper)
    assert hostile == pytest.approx(plain, abs=1)


@pytest.mark.parametrize("text", ['<img src="file:///etc/passwd"/>', "a & b < c > d", "m" * 400])
def test_hostile_text_is_printed_letter_by_letter_and_whole(text: str) -> None:
    shown = "".join(reading.pages(_with("A", (text, *WORDS_A[1:])))[0].split())
    assert "".join(text.split()) in shown
    assert "2" + WORDS_A[1] in shown


def test_more_words_than_fourteen_are_all_printed_on_the_page() -> None:
    words = WORDS_A + WORDS_B
    paper = _with("A", words)
    assert len(reading.sizes(paper)) == 2
    text = reading.pages(paper)[0]
    places = [text.index(f"{number} {word}") for number, word in enumerate(words, start=1)]
    assert all(before < after for before, after in pairwise(places))


def test_a_single_sheet_does_not_speak_of_others() -> None:
    (text,) = reading.pages(recovery_sheet(replace(SHEET, pairs=SHEET.pairs[:1])))
    assert "1 dari 1" in text
    assert "Ada " not in text
    assert "tiap lembar" not in text


@pytest.mark.parametrize("pairs", [(), (RecoveryPair("A", ()),)])
def test_a_sheet_without_words_is_refused(pairs: tuple[RecoveryPair, ...]) -> None:
    with pytest.raises(ValueError, match="words"):
        recovery_sheet(replace(SHEET, pairs=pairs))


def test_the_words_never_show_in_a_repr() -> None:
    shown = repr(SHEET) + repr(SHEET.pairs[0])
    assert "kelapa" not in shown
    assert "TDH" not in shown


def test_the_sheet_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        SHEET.store_code = "x"  # type: ignore[misc]
