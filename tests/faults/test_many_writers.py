"""Eight programs at work in one file home: no save is lost, no number is given twice or left out, nobody is refused."""

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from db.files import StoreFolder
from db.opening import Opening
from db.unit import Actor
from shelter.codelists import queries as codelist_queries
from shelter.home import actions, queries
from shelter.home.queries import NumberRow
from shelter.home.rules import NumberKind
from shelter.work import Work
from tests.commandline import ROOT, Door, surroundings
from tests.faults.writer import DAY, LIST, SHARED, Told, counted
from tests.stores import HEAD, PASSWORD, TestHome


def at_work(folder: Path, writers: int, rounds: int, *changes: str) -> list[Told]:
    """Start so many programs, let them begin together, and collect what each was told."""
    command = [sys.executable, "-m", "tests.faults.writer", str(folder)]
    processes = [
        subprocess.Popen(
            [*command, f"pc{number}", str(rounds), *changes],
            cwd=ROOT,
            env=surroundings(TEDUH_PASSWORD=PASSWORD),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        for number in range(writers)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    told = []
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        out, _ = process.communicate(timeout=100)
        assert process.returncode == 0
        told.append(Told(**json.loads(out)))
    return told


def prepared(folder: Path) -> None:
    """Set the shared setting, so that there is a row to count up."""
    store = Opening[Work](StoreFolder(folder), Work).sign_in(HEAD, PASSWORD)
    store.write(Actor(store.keyring.owner, "uji"), actions.change_setting, name=SHARED, value=1)
    store.close()


def gaps(register: Sequence[NumberRow]) -> set[int]:
    """Which numbers of a register were skipped or given twice."""
    times = Counter(row.seq for row in register)
    return {seq for seq in range(1, max(times, default=0) + 1) if times[seq] != 1}


def test_eight_programs_lose_nothing_and_skip_no_number(file_door: Door) -> None:
    prepared(file_door.folder)
    told = at_work(file_door.folder, 8, 15)
    assert [fault for one in told for fault in one.faults] == []
    store = Opening[Work](StoreFolder(file_door.folder), Work).sign_in(HEAD, PASSWORD)
    me = Actor(store.keyring.owner, "uji")
    register = store.read(me, queries.numbers, kind=NumberKind.LETTER, year=DAY.year)
    numbers = [text for one in told for text in one.numbers]
    assert sum(one.dropped for one in told) >= 8
    assert len(numbers) + sum(one.dropped for one in told) == 120
    assert gaps(register) == set()
    assert sorted(row.text for row in register) == sorted(numbers)
    assert len(set(numbers)) == len(numbers)
    assert store.read(me, counted) == 1 + sum(one.counted for one in told) == 121
    words = {row.code for row in store.read(me, codelist_queries.entries, list_name=LIST)}
    assert {code for one in told for code in one.words} <= words
    assert sum(len(one.words) for one in told) == 120
    store.close()
    assert file_door("check", "--full").code == 0


def test_the_harness_reports_writers_that_begin_as_if_they_only_read(file_door: Door) -> None:
    prepared(file_door.folder)
    told = at_work(file_door.folder, 4, 15, "begin-plainly")
    assert [fault for one in told for fault in one.faults] != []


def test_a_number_skipped_or_given_twice_is_found(file_home: TestHome) -> None:
    head = file_home.enter()
    for _ in range(3):
        head.write(actions.take_number, kind=NumberKind.LETTER, day=DAY)
    register = head.read(queries.numbers, kind=NumberKind.LETTER, year=DAY.year)
    assert gaps(register) == set()
    assert gaps(register[1:]) == {1}
    assert gaps([register[0], register[2]]) == {2}
    assert gaps([*register, register[1]]) == {2}


def test_units_that_fail_at_random_leave_no_gap(home: TestHome) -> None:
    head, chance = home.enter(), random.Random(14)

    def take(work: Work, *, fails: bool) -> str:
        text = actions.take_number(work, kind=NumberKind.CERTIFICATE, day=DAY)
        if fails:
            raise LookupError
        return text

    given, failed = [], 0
    for _ in range(24):
        try:
            given.append(head.write(take, fails=chance.random() < 0.4))
        except LookupError:
            failed += 1
    register = head.read(queries.numbers, kind=NumberKind.CERTIFICATE, year=DAY.year)
    assert failed > 5
    assert gaps(register) == set()
    assert [row.text for row in register] == given
