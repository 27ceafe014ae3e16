"""One of several programs at work in the same file home: ``python -m tests.faults.writer FOLDER NAME ROUNDS [CHANGE]``.

It says ``ready``, waits for a line so that all begin together, writes as fast as it can, and at the end tells as JSON
what it was told was saved and which faults it met.
"""

import json
import os
import random
import sys
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from db.faults import StoreFault
from db.files import StoreFolder
from db.opening import Opening
from db.unit import Actor
from shelter.codelists import actions as codelist_actions
from shelter.home import actions as home_actions
from shelter.home.records import SettingValue
from shelter.home.rules import NumberKind
from shelter.rights import Permission, needs
from shelter.work import Work
from tests.driver import change

SHARED = "lock.idle_minutes"
"""The setting that all of them count up: each reads it and writes what it read and one more."""
DAY = date(2026, 11, 21)
LIST = "religion"
HEAD = "kepala"
_FAILS = 0.25


class Dropped(Exception):
    """A unit of work that fails after it has taken a number."""


@dataclass
class Told:
    """What one writer was told was saved."""

    numbers: list[str] = field(default_factory=list)
    counted: int = 0
    words: list[str] = field(default_factory=list)
    dropped: int = 0
    faults: list[str] = field(default_factory=list)


@needs(Permission.HOME_SETTINGS_WRITE)
def count_one(work: Work) -> None:
    """Read the shared row and write it back, one higher."""
    row = work.get(SettingValue, SHARED)
    row.value = str(int(row.value) + 1)


@needs(Permission.HOME_SETTINGS_READ)
def counted(work: Work) -> int:
    """How far the shared row was counted."""
    return int(work.get(SettingValue, SHARED).value)


@needs(Permission.HOME_SETTINGS_READ)
def take_number(work: Work, *, fails: bool) -> str:
    """Take a letter's number; with ``fails`` the unit ends badly after all, and the number was never given."""
    text = home_actions.take_number(work, kind=NumberKind.LETTER, day=DAY)
    if fails:
        raise Dropped
    return text


def write(folder: Path, name: str, rounds: int) -> Told:
    """Sign in, wait for the start, write."""
    chance, told = random.Random(name), Told()
    store = Opening[Work](StoreFolder(folder), Work).sign_in(HEAD, os.environ["TEDUH_PASSWORD"])
    actor = Actor(store.keyring.owner, name)
    print("ready", flush=True)  # noqa: T201 - it speaks to the test
    sys.stdin.readline()
    try:
        for number in range(rounds):
            try:
                told.numbers.append(store.write(actor, take_number, fails=chance.random() < _FAILS))
            except Dropped:
                told.dropped += 1
            except StoreFault as fault:
                told.faults.append(type(fault).__name__)
            try:
                store.write(actor, count_one)
                told.counted += 1
                code = f"X_{name.upper()}_{number}"
                store.write(actor, codelist_actions.add_entry, list_name=LIST, code=code, label_id=f"Kata {code}")
                told.words.append(code)
            except StoreFault as fault:
                told.faults.append(type(fault).__name__)
    finally:
        store.close()
    return told


if __name__ == "__main__":
    for wanted in sys.argv[4:]:
        change(wanted)
    sys.stdout.write(json.dumps(asdict(write(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))))
