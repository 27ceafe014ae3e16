"""Making and opening an encrypted file home: who gets in, who does not, and what lies in the folder."""

import os
import re
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from db import files, filestore, opening, recovery
from db.faults import Damaged, NetworkShare, NoStore, StoreExists, StoreLocked, WrongPassword, WrongWords
from db.files import StoreFolder
from db.keyring import Kdf
from db.opening import Founder, Opening
from db.store import Store
from shelter.home import queries as home_queries
from shelter.staff import actions as staff_actions
from shelter.work import Founding, Work
from tests import stores
from tests.db.tamper import copy_of, report_of, small_file_home
from tests.stores import HEAD, KDF, PASSWORD, TestHome


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> TestHome:
    """A small home with two people; only ever copied."""
    home = small_file_home(tmp_path_factory.mktemp("opening") / "rumah")
    home.enter().add("siti", "PEKSOS")
    home.close()
    return home


@pytest.fixture
def home(founded: TestHome, tmp_path: Path) -> Iterator[TestHome]:
    """A copy of it."""
    copied = copy_of(founded, tmp_path / "rumah")
    yield copied
    copied.close()


def way_into(home: TestHome) -> Opening[Work]:
    """How it is opened."""
    way_in = home.way_in(Work)
    assert isinstance(way_in, Opening)
    return way_in


# --- who gets in


def test_a_name_is_read_as_people_type_it_and_a_password_as_it_is(home: TestHome) -> None:
    for login in (HEAD, HEAD.upper(), f"  {HEAD} "):
        home.enter(login)
    for wrong in (PASSWORD.upper(), PASSWORD + " ", "", PASSWORD[:-1]):
        with pytest.raises(WrongPassword):
            home.enter(HEAD, wrong)


def test_an_unknown_name_cannot_be_told_from_a_wrong_password(home: TestHome, monkeypatch: pytest.MonkeyPatch) -> None:
    derived: list[Kdf] = []
    real = Kdf.derive

    def derive(kdf: Kdf, password: str, salt: bytes) -> bytes:
        derived.append(kdf)
        return real(kdf, password, salt)

    monkeypatch.setattr(Kdf, "derive", derive)
    answers = []
    for login in ("siti", "siapa"):
        with pytest.raises(WrongPassword) as refused:
            home.enter(login, "salah sama sekali")
        answers.append(refused.value.facts)
    assert answers[0] == answers[1]
    assert derived == [KDF, KDF]  # as long, too


def test_the_only_person_need_not_say_who_she_is(tmp_path: Path) -> None:
    home = small_file_home(tmp_path / "rumah")
    store = way_into(home).sign_in(None, PASSWORD)
    store.close()
    home.enter().add("siti", "PEKSOS")
    with pytest.raises(StoreLocked) as refused:
        way_into(home).sign_in(None, PASSWORD)
    assert refused.value.facts == {"reason": "which_user"}
    home.close()


def test_whoever_is_disabled_is_told_so_and_holds_no_key(home: TestHome) -> None:
    seat = home.enter()
    siti = seat.add("budi", "PEKSOS")
    seat.write(staff_actions.disable_account, account_id=siti)
    with pytest.raises(StoreLocked) as refused:
        home.enter("budi")
    assert refused.value.facts == {"reason": "disabled"}
    assert way_into(home).slots.read().sealed_to(siti) == {}


def test_each_recovery_sheet_opens_and_no_other_does(home: TestHome) -> None:
    for words in home.made.words:
        store = way_into(home).sign_in_with_words([word.upper() for word in words])
        with store.ground() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM account").scalar() == 2
        store.close()
    _, strange = recovery.new_pair()
    with pytest.raises(WrongWords) as refused:
        way_into(home).sign_in_with_words(strange)
    assert refused.value.facts["reason"] == "other_store"
    with pytest.raises(WrongWords):
        way_into(home).sign_in_with_words(home.made.words[0][::-1])


def test_a_closed_store_opens_no_more_connections(home: TestHome) -> None:
    seat = home.enter()
    seat.store.close()
    with pytest.raises(StoreLocked) as refused:
        seat.read(home_queries.identity)
    assert refused.value.facts == {"reason": "closed"}
    assert seat.store.keyring.keys == {}
    assert set(seat.store.keyring.private) == {0}


# --- what is no home


def test_nothing_there_is_said_and_nothing_is_made(home: TestHome, tmp_path: Path) -> None:
    empty = tmp_path / "kosong"
    nowhere = Opening(StoreFolder(empty), Work)
    for sign_in in (
        lambda: nowhere.sign_in(HEAD, PASSWORD),
        lambda: nowhere.sign_in_with_words(home.made.words[0]),
        nowhere.refuse_without_store,
    ):
        with pytest.raises(NoStore):
            sign_in()
    assert not empty.exists()


@pytest.mark.parametrize("size", [0, 1, 100, 4095])
def test_a_database_shorter_than_a_page_is_not_taken_for_a_new_one(home: TestHome, size: int) -> None:
    path = home.folder / "teduh.db"
    os.truncate(path, size)
    before = path.read_bytes()
    with pytest.raises(Damaged):
        home.enter()
    assert path.read_bytes() == before


def test_sqlite_itself_would_write_into_an_empty_file(tmp_path: Path) -> None:
    """The counter-proof: why the length is looked at before the file is opened."""
    path = tmp_path / "teduh.db"
    path.touch()
    filestore.connect(path, bytes(48)).close()
    assert path.stat().st_size > 0


def test_the_parts_of_two_homes_make_none(home: TestHome, tmp_path: Path) -> None:
    other = small_file_home(tmp_path / "tetangga")
    for name in ("teduh.slots", "teduh.db"):
        mixed = copy_of(home, tmp_path / name).folder
        shutil.copyfile(other.folder / name, mixed / name)
        with pytest.raises((Damaged, WrongPassword)):
            replace(way_into(home), folder=StoreFolder(mixed)).sign_in(HEAD, PASSWORD)


def test_a_network_share_is_refused_for_founding_and_for_opening(
    home: TestHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_mounts", lambda: f"//pc/data {tmp_path} cifs rw 0 0\n")
    with pytest.raises(NetworkShare):
        home.enter()
    with pytest.raises(NetworkShare):
        way_into(home).sign_in_with_words(home.made.words[0])
    with pytest.raises(NetworkShare):
        opening.create(Opening[Work](StoreFolder(tmp_path / "baru"), Founding), _founder())
    monkeypatch.setattr(files, "_mounts", lambda: f"/dev/sda1 {tmp_path} ext4 rw 0 0\n")
    home.enter()


def _founder() -> Founder[Work]:
    return Founder(HEAD, PASSWORD, KDF, stores.found)


# --- making one


def test_a_home_is_never_made_over_another(home: TestHome) -> None:
    before = {path.name: path.read_bytes() for path in home.folder.iterdir() if path.suffix != ".lock"}
    for gone in ((), ("teduh.db",), ("teduh.db", "teduh.slots")):
        for name in gone:
            (home.folder / name).unlink(missing_ok=True)
        with pytest.raises(StoreExists):
            opening.create(Opening[Work](StoreFolder(home.folder), Founding), _founder())
    left = {path.name: path.read_bytes() for path in home.folder.iterdir() if path.suffix != ".lock"}
    assert left == {name: content for name, content in before.items() if name not in {"teduh.db", "teduh.slots"}}


def test_founding_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "rumah"

    def fail(store: Store[Work], *_rest: Any) -> None:
        raise RuntimeError("not today")

    with pytest.raises(RuntimeError, match="not today"):
        opening.create(Opening[Work](StoreFolder(folder), Founding), Founder(HEAD, PASSWORD, KDF, fail))
    assert not StoreFolder(folder).exists()
    assert [path.name for path in folder.iterdir() if path.suffix != ".lock"] == []


def test_the_folder_holds_what_it_must_and_no_name_in_clear(home: TestHome) -> None:
    seat = home.enter()
    names = {path.name for path in home.folder.iterdir()}
    assert names >= {"teduh.db", "teduh.slots", "teduh.head"}
    assert all(re.fullmatch(r"teduh\.(db(-wal|-shm)?|slots(\.prev)?|head|lock|tries)", name) for name in names)
    assert report_of(seat).findings == []
    for path in home.folder.iterdir():
        content = path.read_bytes()
        for word in (b"kepala", b"KEPALA", b"siti", b"Rumah Uji Coba", PASSWORD.encode(), b"SQLite format"):
            assert word not in content, (path.name, word)


def test_two_homes_share_no_key_and_no_tag(home: TestHome, tmp_path: Path) -> None:
    other = small_file_home(tmp_path / "tetangga")
    mine, theirs = home.enter(), other.enter()
    for name, key in mine.store.keyring.keys.items():
        assert theirs.store.keyring.keys[name] != key
    assert way_into(home).tag(HEAD) != way_into(other).tag(HEAD)
    assert home.made.store_id != other.made.store_id
    other.close()


def test_a_credential_belongs_to_its_home(home: TestHome) -> None:
    owner = uuid.uuid4()
    credential = home.credential("rina", owner=owner)
    assert credential.slot.owner == owner
    assert credential.slot.tag == way_into(home).tag(" RINA ")
    assert credential.slot.unlock(PASSWORD) == credential.private
