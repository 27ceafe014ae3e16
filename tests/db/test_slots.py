"""The slot file: read back as written, never half, never lost between two programs, and telling nobody's name."""

import contextlib
import errno
import hashlib
import itertools
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db import slots
from db.faults import Damaged, NoStore
from db.files import StoreFolder
from db.keyring import Kdf, Slot, canonical, new_private, public_of, unseal
from db.slots import Book, SlotFile
from shelter.staff import actions
from shelter.work import Work
from tests.db.programs import adding, numbered
from tests.house.sources import ROOT
from tests.stores import HEAD, TestHome

K = TypeVar("K")
V = TypeVar("V")

ids = st.uuids()
blobs = st.binary(max_size=60)
kdfs = st.builds(Kdf, st.integers(2, 99), st.integers(19456, 10**6), st.integers(1, 8))
slot_lists = st.lists(st.builds(Slot, ids, st.text(max_size=32), blobs, kdfs, blobs, blobs), max_size=4)
sealed_keys = st.dictionaries(st.text(max_size=12), st.dictionaries(ids, blobs, max_size=3), max_size=3)
books = st.builds(Book, ids, slot_lists.map(tuple), st.dictionaries(ids, blobs, max_size=3), sealed_keys)


def _book(people: int = 2) -> Book:
    """A book with people in it, whose wrapped keys are made up: nothing here derives a key."""
    book = Book(uuid.UUID(int=7), recovery={uuid.UUID(int=99): public_of(new_private())})
    for number in range(1, people + 1):
        book = book.with_slot(_slot(number), {"database/1": b"d" * 48, "chain/1": b"c" * 32})
    return book


def _slot(number: int, tag: str = "") -> Slot:
    public = public_of(bytes([number]) * 32)
    return Slot(uuid.UUID(int=number), tag or f"tanda{number}", public, Kdf.floor(), b"s" * 16, b"w" * 60)


@pytest.fixture
def folder(tmp_path: Path) -> StoreFolder:
    """A folder with a slot file and its copy, one person fewer in the copy."""
    made = StoreFolder(tmp_path)
    SlotFile(made).write(_book(1))
    SlotFile(made).write(_book(2))
    return made


# --- what is in a book


@settings(deadline=None)
@given(books)
def test_a_book_reads_back_as_it_was_written(book: Book) -> None:
    assert Book.from_bytes(book.to_bytes()) == book


def _reversed(mapping: Mapping[K, V]) -> dict[K, V]:
    return dict(reversed(list(mapping.items())))


@settings(deadline=None)
@given(books)
def test_equal_books_are_equal_bytes(book: Book) -> None:
    turned = replace(
        book,
        recovery=_reversed(book.recovery),
        sealed=_reversed({name: _reversed(held) for name, held in book.sealed.items()}),
    )
    assert turned.to_bytes() == book.to_bytes()


@settings(deadline=None)
@given(st.data())
def test_any_damage_is_noticed(data: st.DataObject) -> None:
    content = _book().to_bytes()
    at = data.draw(st.integers(0, len(content) - 2))
    flipped = content[:at] + bytes([content[at] ^ 1 << data.draw(st.integers(0, 7))]) + content[at + 1 :]
    garbled = content[:at] + data.draw(st.binary(min_size=1, max_size=40)) + content[at + 41 :]
    for damaged in (flipped, garbled, content[:at], content[at + 1 :]):
        if damaged != content:
            with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
                Book.from_bytes(damaged)


@settings(deadline=None)
@given(st.recursive(st.none() | st.integers() | st.text() | st.binary().map(bytes.hex), st.lists, max_leaves=5))
def test_any_other_json_is_damage(value: object) -> None:
    for content in (json.dumps(value), json.dumps({"checksum": value}), json.dumps({"format": value})):
        with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
            Book.from_bytes(content.encode())


def test_a_book_of_a_newer_format_is_not_guessed_at(folder: StoreFolder) -> None:
    body = json.loads(_book().to_bytes()) | {"format": 2}
    del body["checksum"]
    newer = canonical({**body, "checksum": hashlib.sha256(canonical(body)).hexdigest()})
    folder.slots.write_bytes(newer)
    folder.previous_slots.write_bytes(newer)
    with pytest.raises(Damaged):
        SlotFile(folder).read()


def test_a_person_let_in_again_has_one_slot() -> None:
    keys = {"database/1": b"d" * 48}
    again = _book().with_slot(replace(_slot(1), tag="lain"), keys)
    assert [slot.tag for slot in again.slots] == ["tanda2", "lain"]
    # Another person under a name that was free again: nothing stays sealed to whoever had it before.
    other = _book().with_slot(_slot(3, tag="tanda1"), keys)
    assert [slot.owner.int for slot in other.slots] == [2, 3]
    assert not other.sealed_to(uuid.UUID(int=1))
    assert other.sealed_to(uuid.UUID(int=3)).keys() == keys.keys()


def test_a_key_is_sealed_to_each_holder_and_to_nobody_else() -> None:
    book = _book()
    holders = book.holders()
    assert {holder.int for holder in holders} == {1, 2}
    turned = book.with_keys(holders, {"database/2": b"n" * 48})
    blob = turned.sealed_to(uuid.UUID(int=2))["database/2"]
    assert unseal(blob, bytes([2]) * 32, "database/2") == b"n" * 48
    assert uuid.UUID(int=99) not in turned.sealed["database/2"]
    assert "database/1" not in turned.without_key("database/1").sealed


# --- damaged, gone


def test_a_damaged_file_falls_back_to_the_copy_before_it(folder: StoreFolder) -> None:
    for content in (b"", b"\0" * 400, folder.slots.read_bytes()[:-40], b"[]"):
        folder.slots.write_bytes(content)
        assert not SlotFile(folder).is_whole()
        assert len(SlotFile(folder).read().slots) == 1
    folder.slots.unlink()
    assert not SlotFile(folder).is_whole()
    assert len(SlotFile(folder).read().slots) == 1


def test_both_damaged_is_damage(folder: StoreFolder) -> None:
    folder.slots.write_bytes(b"x")
    folder.previous_slots.write_bytes(b"x")
    with pytest.raises(Damaged) as caught:
        SlotFile(folder).read()
    assert caught.value.facts == {"what": "slots"}


def test_nothing_at_all_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(NoStore):
        SlotFile(StoreFolder(tmp_path)).read()


def test_a_database_without_any_slot_file_is_damage_and_not_an_empty_place(tmp_path: Path) -> None:
    StoreFolder(tmp_path).database.write_bytes(b"x")
    with pytest.raises(Damaged):
        SlotFile(StoreFolder(tmp_path)).read()


def test_a_damaged_file_is_never_copied_over_the_good_copy(folder: StoreFolder) -> None:
    folder.slots.write_bytes(b"damaged")
    SlotFile(folder).write(_book(3))
    assert len(Book.from_bytes(folder.previous_slots.read_bytes()).slots) == 1
    assert len(Book.from_bytes(folder.slots.read_bytes()).slots) == 3


def test_a_change_that_is_refused_changes_nothing(folder: StoreFolder) -> None:
    before = (folder.slots.read_bytes(), folder.previous_slots.read_bytes())

    def refuse(_book: Book) -> Book:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        SlotFile(folder).change(refuse)
    assert (folder.slots.read_bytes(), folder.previous_slots.read_bytes()) == before


# --- people shut out


def _traces_of(home: TestHome, *texts: str) -> list[str]:
    """Which texts stand in any file of the folder that is not encrypted."""
    files = [path for path in home.folder.iterdir() if not path.name.startswith("teduh.db")]
    assert StoreFolder(home.folder).slots in files
    return [f"{path.name}: {text}" for path in files for text in texts if text.encode() in path.read_bytes()]


def _sealed(home: TestHome) -> dict[str, set[uuid.UUID]]:
    """To whom anything is sealed, in the file and in its copy."""
    folder = StoreFolder(home.folder)
    found: dict[str, set[uuid.UUID]] = {}
    for path in (folder.slots, folder.previous_slots):
        book = Book.from_bytes(path.read_bytes())
        found[path.name] = {owner for held in book.sealed.values() for owner in held}
    return found


def test_a_withheld_person_holds_no_key_in_file_or_copy(file_home: TestHome) -> None:
    seat = file_home.enter()
    siti = seat.add("siti", "PETUGAS")
    assert all(siti in owners for name, owners in _sealed(file_home).items() if not name.endswith("prev"))
    seat.write(actions.disable_account, account_id=siti)
    assert [siti in owners for owners in _sealed(file_home).values()] == [False, False]
    seat.write(actions.enable_account, account_id=siti)
    file_home.enter("siti")


def test_an_expelled_person_is_in_neither_file_nor_copy(file_home: TestHome) -> None:
    seat = file_home.enter()
    siti = seat.add("siti", "PETUGAS")
    assert _traces_of(file_home, str(siti))
    seat.write(actions.remove_account, account_id=siti)
    assert not _traces_of(file_home, str(siti))
    assert not [name for book in _sealed_names(file_home) for name in book if name == "database/1"]


def _sealed_names(home: TestHome) -> Iterator[list[str]]:
    for path in (StoreFolder(home.folder).slots, StoreFolder(home.folder).previous_slots):
        yield list(Book.from_bytes(path.read_bytes()).sealed)


def test_an_old_password_opens_neither_file_nor_copy(file_home: TestHome) -> None:
    seat = file_home.enter()
    old = SlotFile(StoreFolder(file_home.folder)).read().slots[0]
    fresh = file_home.way_in(Work).relocked(seat.store, HEAD, "perahu kayu menyeberang danau", Kdf.floor())
    seat.write(actions.change_password, credential=fresh)
    assert not _traces_of(file_home, old.wrapped.hex(), old.salt.hex())


def test_whoever_was_let_in_by_a_failed_transaction_is_in_neither_file_nor_copy(file_home: TestHome) -> None:
    seat = file_home.enter()
    credential = file_home.credential("siti")

    def cut_off(work: Work) -> None:
        actions.add_account(work, login="siti", roles=("PETUGAS",), credential=credential)
        assert _traces_of(file_home, str(credential.slot.owner))
        raise RuntimeError("cut off")

    with pytest.raises(RuntimeError, match="cut off"):
        seat.write(cut_off)
    assert not _traces_of(file_home, str(credential.slot.owner), credential.slot.tag)


def test_no_name_stands_in_clear_in_any_file(file_home: TestHome) -> None:
    seat = file_home.enter()
    names = ["Siti Rahmawati", "Budi.Santoso", "Dayang Nurhaliza"]
    for name in names:
        seat.add(name, "PETUGAS")
    forms = {form for name in (*names, HEAD) for word in name.split() for form in (word, word.lower(), word.upper())}
    assert not _traces_of(file_home, *forms, *(form.encode().hex() for form in forms), "PETUGAS", "KEPALA")


# --- two programs at once


def _program(verb: str, folder: StoreFolder, *numbers: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.db.programs", verb, str(folder.path), *map(str, numbers)]
    errors = None if verb == "change" else subprocess.DEVNULL
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, bufsize=1
    )


def _two_programs(folder: StoreFolder, verb: str, times: int) -> int:
    """How many of the changes of two programs are there afterwards."""
    with contextlib.ExitStack() as stack:
        both = [stack.enter_context(_program(verb, folder, first, times)) for first in (1000, 2000)]
        for word in ("ready", "read") if verb == "change-unlocked" else ("ready",):
            for program in both:
                assert program.stdout is not None
                assert program.stdout.readline().strip() == word
            for program in both:
                assert program.stdin is not None
                print("go", file=program.stdin, flush=True)
        codes = [program.wait(60) for program in both]
    assert verb == "change-unlocked" or codes == [0, 0]
    return sum(key.int >= 1000 for key in SlotFile(folder).read().recovery)


def test_two_programs_that_change_at_once_lose_nothing(folder: StoreFolder) -> None:
    assert _two_programs(folder, "change", 60) == 120


def test_without_the_lock_a_change_is_lost(folder: StoreFolder) -> None:
    # Both have read the same book before either writes: at most one of the two changes can be there afterwards.
    assert _two_programs(folder, "change-unlocked", 1) <= 1


# --- killed at any moment


class Killed(BaseException):
    """The program ended here."""


class _Steps:
    """Counts the steps that reach the disk and ends the program at one of them."""

    def __init__(self, last: int, how: BaseException) -> None:
        self.last = last
        self.how = how
        self.done = 0

    def step(self) -> None:
        self.done += 1
        if self.done == self.last:
            raise self.how

    def around(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*args: Any, **kwargs: Any) -> Any:
            self.step()
            result = real(*args, **kwargs)
            self.step()
            return result

        return stepped


class _Halfway:
    """A file that is written in two halves, with a step between them."""

    def __init__(self, file: Any, steps: _Steps) -> None:
        self._file = file
        self._steps = steps

    def __enter__(self) -> Self:
        self._file.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._file.__exit__(*error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, content: bytes) -> None:
        middle = len(content) // 2
        self._file.write(content[:middle])
        self._file.flush()
        self._steps.step()
        self._file.write(content[middle:])
        self._file.flush()
        self._steps.step()


def _killed_at(last: int, act: Callable[[], object], how: BaseException) -> int:
    """Do something and end it at a step; how many steps it came."""
    steps = _Steps(last, how)
    real = os.fdopen
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(type(how)):
        patch.setattr(os, "fdopen", lambda *args: _Halfway(real(*args), steps))
        for name in ("fsync", "replace"):
            patch.setattr(os, name, steps.around(getattr(os, name)))
        act()
    return steps.done


def _is_one_of(path: Path, books: tuple[Book, ...]) -> bool:
    try:
        return Book.from_bytes(path.read_bytes()) in books
    except ValueError:
        return False


def _torn(tmp_path: Path, how: BaseException) -> tuple[int, list[int]]:
    """Change a slot file and end that at each step in turn; how many steps there are, and after which it was torn."""
    # Sealing is never the same twice, so both are made once.
    old = _book(2)
    new = adding(5)(old)
    torn: list[int] = []
    for last in itertools.count(1):
        folder = StoreFolder(tmp_path / str(last))
        folder.path.mkdir()
        file = SlotFile(folder)
        file.write(old)
        file.write(old)
        done = _killed_at(last, partial(file.change, lambda _book: new, forget=True), how)
        if not all(_is_one_of(path, (old, new)) for path in (folder.slots, folder.previous_slots)):
            torn.append(last)
        # Whatever was left lying about, the next change goes through.
        file.change(adding(6), forget=True)
        assert numbered(6) in file.read().recovery
        if done < last:
            return done, torn
    raise AssertionError("endless")


HOW: Mapping[str, BaseException] = {"killed": Killed(), "disk full": OSError(errno.ENOSPC, "full")}


@pytest.mark.parametrize("how", HOW)
def test_a_writer_ended_at_any_moment_leaves_the_old_file_or_the_new_one(tmp_path: Path, how: str) -> None:
    steps, torn = _torn(tmp_path, HOW[how])
    # File and copy, twice: half written, written, flushed, put in place, folder flushed.
    assert steps >= 4 * 8
    assert torn == []


def test_a_writer_that_writes_in_place_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_place(path: Path, content: bytes, keep: Path | None = None) -> None:
        if keep is not None and path.exists():
            in_place(keep, path.read_bytes())
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
            file.write(content)

    monkeypatch.setattr(slots, "write_atomically", in_place)
    assert _torn(tmp_path, Killed())[1]
