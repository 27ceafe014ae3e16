"""Somebody leaves: the keys that person could hold are turned, whatever moment the program is killed at."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from db import filestore
from db.anchors import Anchor
from db.audit import Action, Draft, FileBackend
from db.faults import Damaged, StoreFault, StoreLocked, WrongPassword
from db.files import StoreFolder
from db.keyring import Keyring
from db.opening import Opening
from db.slots import SlotFile
from db.store import Store
from shelter.home import actions as home_actions
from shelter.home import queries as home_queries
from shelter.staff import actions as staff_actions
from shelter.staff import queries as staff_queries
from shelter.work import Recovered, Work
from tests.db.tamper import copy_of, database_key, report_of, small_file_home
from tests.stores import HEAD, PASSWORD, Seat, TestHome

FILES: Final = ("teduh.db", "teduh.slots", "teduh.slots.prev", "teduh.head")
SITI: Final = "kapal layar di laut lepas"


@dataclass(frozen=True)
class House:
    """A file home with two people besides the head, one of whom will leave; and what she kept of it."""

    home: TestHome
    siti: uuid.UUID
    kept: TestHome


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The home before anybody leaves; only ever copied."""
    home = small_file_home(tmp_path_factory.mktemp("rotation") / "rumah")
    seat = home.enter()
    siti = seat.add("siti", "PEKSOS", "ADMIN", password=SITI)
    seat.add("budi", "PETUGAS")
    home.close()
    return House(home, siti, home)


@pytest.fixture
def house(founded: House, tmp_path: Path) -> Iterator[House]:
    """A copy of it, and the copy that siti made of everything."""
    home = copy_of(founded.home, tmp_path / "rumah")
    kept = copy_of(founded.home, tmp_path / "simpanan")
    yield House(home, founded.siti, kept)
    home.close()
    kept.close()


def keys_of(home: TestHome, login: str, password: str) -> dict[str, bytes]:
    """Every key a person can open by a slot file, by name; copied, for what a keyring hands out is overwritten."""
    opening = home.way_in(Work)
    assert isinstance(opening, Opening)
    book = SlotFile(StoreFolder(home.folder)).read()
    slot = book.slot_tagged(opening.tag(login))
    assert slot is not None
    keyring = Keyring(slot.owner, bytearray(slot.unlock(password)))
    keyring.take(book.sealed_to(slot.owner))
    return {name: bytes(key) for name, key in keyring.keys.items()}


def names_in_book(home: TestHome) -> set[str]:
    """The keys that somebody holds."""
    return set(SlotFile(StoreFolder(home.folder)).read().sealed)


def remove(house: House, seat: Seat) -> None:
    """Siti leaves."""
    seat.write(staff_actions.remove_account, account_id=house.siti)


# --- what a removed person's things still open


def test_what_she_kept_opens_nothing_written_afterwards(house: House) -> None:
    old = keys_of(house.kept, "siti", SITI)
    assert old.keys() == {"database/1", "chain/1", "house/1"}
    remove(house, house.home.enter())
    house.home.close()
    path = house.home.folder / "teduh.db"

    with pytest.raises(WrongPassword):
        house.home.enter("siti", SITI)
    for name in old:
        with pytest.raises(Damaged):
            filestore.connect(path, old[name].ljust(48, b"\0"))
    # Her slot files in place of the new ones: the keys in them fit no more.
    for name in ("teduh.slots", "teduh.slots.prev"):
        shutil.copyfile(house.kept.folder / name, house.home.folder / name)
    with pytest.raises(Damaged):
        house.home.enter("siti", SITI)


def test_her_old_copy_opens_as_it_was_and_shows_nothing_newer(house: House) -> None:
    """A limit the manual names: what somebody could read while inside, she may have kept."""
    seat = house.home.enter()
    remove(house, seat)
    seat.write(home_actions.rename_home, name="Rumah Sesudahnya", place="Pontianak")
    kept = house.kept.enter("siti", SITI)
    assert kept.read(home_queries.identity).name == "Rumah Uji Coba"


def test_neither_slot_file_nor_its_copy_knows_her(house: House) -> None:
    before = SlotFile(StoreFolder(house.home.folder)).read()
    assert before.slot_of(house.siti) is not None
    remove(house, house.home.enter())
    for name in ("teduh.slots", "teduh.slots.prev"):
        content = (house.home.folder / name).read_text(encoding="utf-8")
        assert str(house.siti) not in content
        assert "database/2" in content
        assert "database/1" not in content


def test_the_keys_of_chain_and_images_are_turned_as_well(house: House) -> None:
    old = keys_of(house.kept, "siti", SITI)
    seat = house.home.enter()
    remove(house, seat)
    seat.write(home_actions.rename_home, name="Rumah Sesudahnya", place="Pontianak")
    with seat.store.ground() as connection:
        entries = connection.exec_driver_sql("SELECT key_no FROM audit_entry ORDER BY seq DESC LIMIT 2").scalars()
        assert set(entries) == {2}
        wrapped = connection.exec_driver_sql("SELECT subject, house_no, wrapped FROM image_key").all()
    assert {house_no for _, house_no, _ in wrapped} == {2}
    hers = Keyring(house.siti, bytearray(32), {"house/2": bytearray(old["house/1"])})
    for subject, house_no, key in wrapped:
        with pytest.raises(Exception, match=r"^$") as refused:
            FileBackend(hers).keys.unwrap(subject, house_no, key)
        assert type(refused.value).__name__ == "InvalidTag"
    assert report_of(seat).findings == []


def test_a_head_file_she_could_forge_is_not_believed(house: House) -> None:
    old = keys_of(house.kept, "siti", SITI)
    seat = house.home.enter()
    remove(house, seat)
    forged = Anchor(house.home.folder / "teduh.head", old["house/1"])
    head = seat.store.head()
    forged.renew(head._replace(seq=head.seq + 100), "palsu")
    forged.close()
    assert seat.store.behind_anchor() is None


def test_without_a_turn_her_copy_of_the_keys_would_open_what_is_written_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The counter-proof: taking the slot away alone leaves the database key in her hands."""
    old = keys_of(house.kept, "siti", SITI)

    def only_the_slot(admission: Any, owner: uuid.UUID) -> None:
        admission._change("expel", owner, lambda book: book.without(owner), forget=True)

    monkeypatch.setattr("db.admission.FileAdmission.expel", only_the_slot)
    seat = house.home.enter()
    remove(house, seat)
    seat.write(home_actions.rename_home, name="Rumah Sesudahnya", place="Pontianak")
    house.home.close()
    with filestore.plain_connection(house.home.folder / "teduh.db", old["database/1"]) as raw:
        assert raw.execute("SELECT name FROM home_identity").fetchone() == ("Rumah Sesudahnya",)


# --- those who stay


def test_everybody_else_and_both_recovery_sheets_still_open(house: House) -> None:
    remove(house, house.home.enter())
    house.home.close()
    assert report_of(house.home.enter()).findings == []
    assert house.home.enter("budi").read(home_queries.identity).name == "Rumah Uji Coba"
    for words in house.home.made.words:
        opening = house.home.way_in(Recovered)
        assert isinstance(opening, Opening)
        store = opening.sign_in_with_words(words)
        with store.ground() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM account").scalar() == 3
        store.close()


def test_whoever_is_still_signed_in_elsewhere_is_asked_to_sign_in_again(house: House) -> None:
    elsewhere = house.home.enter("budi")
    elsewhere.read(home_queries.identity)
    seat = house.home.enter()
    remove(house, seat)
    assert not seat.store.turning()
    with pytest.raises(StoreLocked) as refused:
        elsewhere.read(home_queries.identity)
    assert refused.value.facts == {"reason": "rekeyed"}
    house.home.enter("budi").read(home_queries.identity)


def test_people_come_and_go_again_and_again(house: House) -> None:
    seat = house.home.enter()
    for number in range(3):
        account = seat.add(f"tamu {number}", "PETUGAS")
        seat.write(staff_actions.remove_account, account_id=account)
    house.home.close()
    assert names_in_book(house.home) >= {"database/4", "chain/4", "house/4"}
    assert [name for name in names_in_book(house.home) if name.startswith("database/")] == ["database/4"]
    assert report_of(house.home.enter()).findings == []


def test_a_removal_that_fails_turns_nothing(house: House) -> None:
    before = (house.home.folder / "teduh.slots").read_bytes()
    seat = house.home.enter()

    def fails(work: Work) -> None:
        staff_actions.remove_account(work, account_id=house.siti)
        raise RuntimeError("not today")

    with pytest.raises(RuntimeError, match="not today"):
        seat.write(fails)
    assert (house.home.folder / "teduh.slots").read_bytes() == before
    assert set(seat.store.keyring.keys) == {"database/1", "chain/1", "house/1"}
    assert house.home.enter("siti", SITI).read(home_queries.identity)
    seat.write(home_actions.rename_home, name="Rumah Lain", place="Pontianak")
    assert report_of(seat).findings == []


# --- killed at each step


class Killed(BaseException):
    """The program is gone: nothing after this runs, no undoing either."""


def _die(*_arguments: Any, **_options: Any) -> None:
    raise Killed


def _after(real: Callable[..., Any]) -> Callable[..., Any]:
    def last(*arguments: Any, **options: Any) -> None:
        real(*arguments, **options)
        raise Killed

    return last


STEPS: Final[dict[str, tuple[Any, str, Callable[[Callable[..., Any]], Callable[..., Any]]]]] = {
    "slots written": (FileBackend, "rewrap", lambda _real: _die),
    "rows flushed": (FileBackend, "append", lambda _real: _die),
    "committed": (filestore, "rekey", lambda _real: _die),
    "re-encrypted": (filestore, "rekey", _after),
    "book cleaned": (Anchor, "rekey", lambda _real: _die),
    "head file emptied": (Anchor, "renew", lambda _real: _die),
}
COMMITTED: Final = ("committed", "re-encrypted", "book cleaned", "head file emptied")


def die_at(step: str, house: House) -> None:
    """Remove siti, and die at this step."""
    seat = house.home.enter()
    with pytest.MonkeyPatch.context() as patch:
        owner, name, change = STEPS[step]
        patch.setattr(owner, name, change(getattr(owner, name)))
        patch.setattr(Store, "_roll_back", lambda *_arguments: None)
        with pytest.raises(Killed):
            remove(house, seat)
        # What the operating system does for a program that is gone: its connections go, and nothing else is done.
        seat.store._engine.dispose()
    house.home._open.clear()


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_turn_is_finished_afterwards(house: House, step: str) -> None:
    old = keys_of(house.kept, "siti", SITI)
    die_at(step, house)
    with pytest.raises(WrongPassword):
        house.home.enter("siti", SITI)
    seat = house.home.enter()
    assert not seat.store.turning()
    assert [name for name in names_in_book(house.home) if name.startswith("database/")] == ["database/2"]
    assert "database/1" not in (house.home.folder / "teduh.slots.prev").read_text(encoding="utf-8")
    assert seat.store.behind_anchor() is None
    assert report_of(seat).findings == []
    removed = {row.login for row in seat.read(staff_queries.accounts, with_removed=True) if row.removed_at}
    assert removed == ({"siti"} if step in COMMITTED else set())
    seat.write(home_actions.rename_home, name="Rumah Sesudahnya", place="Pontianak")
    house.home.close()
    with pytest.raises(Damaged):
        filestore.connect(house.home.folder / "teduh.db", old["database/1"])
    assert house.home.enter("budi").read(home_queries.identity).name == "Rumah Sesudahnya"
    for words in house.home.made.words:
        opening = house.home.way_in(Recovered)
        assert isinstance(opening, Opening)
        opening.sign_in_with_words(words).close()


@pytest.mark.parametrize("step", [step for step in STEPS if step not in COMMITTED])
def test_what_was_not_committed_can_be_done_again(house: House, step: str) -> None:
    """The slot is gone already, the account is not: removing it once more makes them agree."""
    die_at(step, house)
    seat = house.home.enter()
    remove(house, seat)
    assert [row.login for row in seat.read(staff_queries.accounts)] == ["budi", HEAD]
    assert report_of(seat).findings == []


def test_a_turn_that_is_never_finished_would_be_noticed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter-proof to the test above: without finishing it on opening, the old key goes on opening the file."""
    old = keys_of(house.kept, "siti", SITI)
    die_at("committed", house)
    monkeypatch.setattr(Opening, "_turn_key", lambda *_arguments: False)
    seat = house.home.enter()
    assert seat.store.turning()
    house.home.close()
    filestore.connect(house.home.folder / "teduh.db", old["database/1"]).close()


# --- while another program is at work


def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(filestore.PRAGMAS, "busy_timeout", ("50", 50))


def test_while_another_program_writes_the_turn_waits_and_is_finished_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _hurry(monkeypatch)
    seat = house.home.enter()
    key = database_key(seat)
    real = filestore.rekey
    with filestore.plain_connection(house.home.folder / "teduh.db", key) as other:

        def meanwhile(*arguments: Any) -> None:
            # Between the commit and the turn another program begins to write.
            other.execute("BEGIN IMMEDIATE")
            real(*arguments)

        monkeypatch.setattr(filestore, "rekey", meanwhile)
        remove(house, seat)
        assert seat.store.turning()
        other.execute("ROLLBACK")
    monkeypatch.setattr(filestore, "rekey", real)
    # She is out at once all the same, and work goes on.
    with pytest.raises(WrongPassword):
        house.home.enter("siti", SITI)
    seat.write(home_actions.rename_home, name="Rumah Sementara", place="Pontianak")
    assert report_of(seat).findings == []
    assert seat.store.turning()
    filestore.connect(house.home.folder / "teduh.db", key).close()
    house.home.close()

    fresh = house.home.enter()
    assert not fresh.store.turning()
    assert report_of(fresh).findings == []
    with pytest.raises(Damaged):
        filestore.connect(house.home.folder / "teduh.db", key)
    assert [name for name in names_in_book(house.home) if name.startswith("database/")] == ["database/2"]


@pytest.fixture
def waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Seat, Seat]]:
    """Two programs, one of which has removed siti while the file could not be turned."""

    def busy(*_arguments: object) -> None:
        raise StoreLocked(reason="busy")

    one, other = house.home.enter(), house.home.enter()
    other.store.note(other.actor, Draft(Action.SIGN_IN))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filestore, "rekey", busy)
        remove(house, one)
        assert one.store.turning()
        yield one, other


def test_whoever_is_let_in_while_a_turn_waits_can_enter_after_it(house: House, waiting: tuple[Seat, Seat]) -> None:
    """The other program signed in before the turn: it must hand on the newer keys too."""
    _, other = waiting
    other.add("rina", "PETUGAS")
    house.home.close()
    assert {"database/2", "chain/2", "house/2"} <= keys_of(house.home, "rina", PASSWORD).keys()


def test_two_programs_that_turn_the_keys_at_once_do_not_lose_each_other_s(
    house: House, waiting: tuple[Seat, Seat]
) -> None:
    one, other = waiting
    one.write(home_actions.rename_home, name="Rumah Satu", place="Pontianak")
    budi = next(row.id for row in other.read(staff_queries.accounts) if row.login == "budi")
    other.write(staff_actions.remove_account, account_id=budi)
    other.write(home_actions.rename_home, name="Rumah Dua", place="Pontianak")
    one.write(home_actions.rename_home, name="Rumah Tiga", place="Pontianak")
    assert report_of(other).findings == []
    house.home.close()
    assert {"chain/1", "chain/2", "chain/3"} <= names_in_book(house.home)
    assert report_of(house.home.enter()).findings == []


def test_after_both_are_closed_the_file_opens_by_the_newest_key_alone(
    house: House, founded: House, tmp_path: Path
) -> None:
    home = copy_of(founded.home, tmp_path / "lagi")
    old = keys_of(home, HEAD, PASSWORD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Opening, "_turn_key", lambda *_arguments: False)
        seat = home.enter()
        for account in (founded.siti, seat.add("rina", "PETUGAS")):
            seat.write(staff_actions.remove_account, account_id=account)
        home.close()
    assert {name for name in names_in_book(home) if name.startswith("database/")} == {
        "database/1",
        "database/2",
        "database/3",
    }
    assert report_of(home.enter()).findings == []
    assert [name for name in names_in_book(home) if name.startswith("database/")] == ["database/3"]
    with pytest.raises(StoreFault):
        filestore.connect(home.folder / "teduh.db", old["database/1"])
    home.close()
