"""The PIN: kept in locked memory for twelve hours at most, three tries, nothing on a disk."""

import ctypes
import os
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from db import locker as locker_module
from db.faults import WrongPassword
from db.keyring import Kdf
from db.locker import LASTS, Locker, is_pin

WHO = uuid.UUID(int=7)
PIN = "204817"
WAY = bytes(range(32))


class Seconds:
    """A clock in the test's hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def locker(clock: Seconds) -> Locker:
    """Somebody has signed in and chosen a PIN."""
    made = Locker(clock)
    made.signed_in(WHO)
    assert made.keep(bytearray(WAY), PIN, Kdf.floor())
    return made


def test_the_right_pin_opens_again_and_again(locker: Locker) -> None:
    for _time in range(5):
        assert locker.open(PIN) == WAY


def test_two_wrong_pins_are_forgiven_by_a_right_one(locker: Locker) -> None:
    for _time in range(3):
        for _wrong in range(2):
            with pytest.raises(WrongPassword):
                locker.open("111112")
        assert locker.open(PIN) == WAY


def test_the_third_wrong_pin_destroys_it(locker: Locker) -> None:
    for _time in range(3):
        assert locker.is_live()
        with pytest.raises(WrongPassword):
            locker.open("111112")
    assert not locker.is_live()
    with pytest.raises(WrongPassword):
        locker.open(PIN)


def test_it_lasts_twelve_hours_from_the_sign_in_and_not_from_the_pin(locker: Locker, clock: Seconds) -> None:
    clock.now += LASTS - 1
    assert locker.keep(bytearray(WAY), PIN, Kdf.floor())
    assert locker.open(PIN) == WAY
    clock.now += 1
    assert not locker.is_live()
    with pytest.raises(WrongPassword):
        locker.open(PIN)
    assert not locker.keep(bytearray(WAY), PIN, Kdf.floor())


def test_a_new_sign_in_of_the_same_person_begins_the_hours_anew(locker: Locker, clock: Seconds) -> None:
    clock.now += LASTS - 1
    locker.signed_in(WHO)
    clock.now += LASTS - 1
    assert locker.open(PIN) == WAY


def test_somebody_else_who_signs_in_ends_it(locker: Locker) -> None:
    locker.signed_in(uuid.UUID(int=8))
    assert not locker.is_live()


def test_a_clock_set_back_ends_it(locker: Locker, clock: Seconds) -> None:
    clock.now -= 1
    assert not locker.is_live()


def test_a_wipe_while_it_is_being_kept_counts(clock: Seconds, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Locker(clock)
    made.signed_in(WHO)
    derive = Kdf.derive

    def and_then_the_pc_sleeps(kdf: Kdf, password: str, salt: bytes) -> bytes:
        made.wipe()
        return derive(kdf, password, salt)

    monkeypatch.setattr(Kdf, "derive", and_then_the_pc_sleeps)
    assert not made.keep(bytearray(WAY), PIN, Kdf.floor())
    assert not made.is_live()


def test_what_is_handed_over_is_overwritten(clock: Seconds) -> None:
    made = Locker(clock)
    made.signed_in(WHO)
    for pin in (PIN, "111111"):
        way = bytearray(WAY)
        try:
            made.keep(way, pin, Kdf.floor())
        except ValueError:
            assert pin == "111111"
        assert way == bytes(32)


def test_nothing_is_kept_where_memory_cannot_be_locked(clock: Seconds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locker_module, "_lock", lambda _address, _size: False)
    made = Locker(clock)
    made.signed_in(WHO)
    assert not made.keep(bytearray(WAY), PIN, Kdf.floor())
    assert not made.is_live()


@pytest.mark.parametrize(
    ("text", "fits"),
    [("204817", True), ("000001", True), ("000000", False), ("12345", False), ("1234567", False), ("12345a", False)],
)
def test_a_pin_is_six_digits_not_all_the_same(text: str, *, fits: bool) -> None:
    assert is_pin(text) is fits


@pytest.mark.parametrize("digits", ["٢٠٤٨١٧", "２０４８１７"])
def test_other_digits_are_none(digits: str) -> None:
    assert not is_pin(digits)


linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def _flags_of(address: int) -> set[str]:
    lines = Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines()
    inside = False
    for line in lines:
        first = line.split(" ", 1)[0]
        if "-" in first and ":" not in first:
            start, end = (int(part, 16) for part in first.split("-"))
            inside = start <= address < end
        elif inside and line.startswith("VmFlags:"):
            return set(line.split()[1:])
    return set()


@linux
def test_it_lies_on_locked_pages_that_are_not_dumped_nor_given_to_children(locker: Locker) -> None:
    memory = locker._memory
    assert memory is not None
    flags: set[str] = set()

    def look(address: int, _size: int) -> bool:
        flags.update(_flags_of(address))
        return True

    memory._call_with_address(look)
    assert {"lo", "dd", "wf"} <= flags


@linux
def test_a_child_finds_zeros_there(locker: Locker) -> None:
    memory = locker._memory
    assert memory is not None
    assert any(memory.read())
    # Python warns of its own fork while threads run; this child does nothing but look.
    child = ctypes.PyDLL(None).fork()
    if child == 0:
        os._exit(0 if not any(memory.read()) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@linux
def test_it_is_overwritten_before_the_pages_go(locker: Locker, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    memory = locker._memory
    assert memory is not None
    unlock: Callable[[int, int], bool] = locker_module._unlock

    def look(address: int, size: int) -> bool:
        seen.append(memory.read())
        return unlock(address, size)

    monkeypatch.setattr(locker_module, "_unlock", look)
    locker.wipe()
    assert seen
    assert not any(seen[0])
