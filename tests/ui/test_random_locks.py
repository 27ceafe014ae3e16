"""A thousand jobs while pages close and locks fall at random: no crash, no lost save, no dead page that hears."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QObject
from pytestqt.qtbot import QtBot
from shiboken6 import delete, isValid

import ui.jobs
from shelter.codelists import actions as codelist_actions
from shelter.codelists import queries as codelist_queries
from shelter.staff import queries as staff_queries
from tests.stores import PASSWORD, TestHome
from tests.ui.sessions import PIN, Here, at
from ui.jobs import Jobs, Trouble
from ui.preferences import Preferences
from ui.session.controller import State, Why

JOBS = 1000
LIST = "aid_type"
READS: list[tuple[Callable[..., object], dict[str, Any]]] = [
    (codelist_queries.entries, {"list_name": LIST}),
    (staff_queries.accounts, {"with_removed": True}),
]


@dataclass
class Day:
    """What happened: codes whose saving was accepted, codes told as saved, and what must not happen."""

    accepted: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    reads: int = 0
    refused: int = 0
    locks: int = 0
    wrongs: list[str] = field(default_factory=list)


class Page(QObject):
    """A page that knows whether it may still hear something."""

    def __init__(self, here: Here, day: Day) -> None:
        super().__init__()
        self._here = here
        self._day = day
        self._visit = day.locks

    def saved(self, code: str) -> None:
        self._hear()
        self._day.told.append(code)

    def rows(self, rows: object) -> None:
        self._hear()
        self._day.reads += 1

    def failed(self, trouble: Trouble) -> None:
        self._hear()
        self._day.wrongs.append(trouble.sentence)

    def _hear(self) -> None:
        if not isValid(self):
            self._day.wrongs.append("a dead page heard something")
        if self._here.session.state is not State.OPEN or self._visit != self._day.locks:
            self._day.wrongs.append("a page of before the lock heard something")


def one_job(here: Here, day: Day, page: Page, chance: random.Random) -> None:
    """A save or a read, as it comes."""
    if chance.random() < 0.4:
        code = f"J{len(day.accepted) + day.refused}"
        accepted = here.jobs.write(
            codelist_actions.add_entry,
            owner=page,
            done=lambda _id: page.saved(code),
            failed=page.failed,
            list_name=LIST,
            code=code,
            label_id=f"Bantuan {code}",
        )
    else:
        code = ""
        query, kwargs = chance.choice(READS)
        slot = chance.choice(["", "list", "search"])
        accepted = here.jobs.read(query, owner=page, slot=slot, done=page.rows, failed=page.failed, **kwargs)
    if not accepted:
        day.refused += 1
    elif code:
        day.accepted.append(code)


def lock_and_come_back(here: Here, day: Day, chance: random.Random) -> None:
    """In one of the ways there are."""
    why: Why = chance.choice(["key", "idle", "screen", "sleep"])
    here.session.lock(why)
    day.locks += 1
    here.until(State.LOCKED)
    if here.session.has_pin:
        here.session.unlock_with_pin(PIN)
    else:
        here.session.unlock_with_password(PASSWORD)
    here.until(State.OPEN)
    if chance.random() < 0.7:
        here.keep_pin()


def a_day(here: Here, seed: int, jobs: int) -> Day:
    """So many jobs, in an order nobody thought of."""
    chance, day = random.Random(seed), Day()
    here.sign_in()
    pages = [Page(here, day) for _number in range(5)]
    kept: list[Page] = []
    for _number in range(jobs):
        roll = chance.random()
        if roll < 0.01:
            lock_and_come_back(here, day, chance)
            pages = [Page(here, day) for _place in pages]
        elif roll < 0.10:
            place = chance.randrange(len(pages))
            # Python goes on knowing it: only the guard keeps answers from it.
            kept.append(pages[place])
            delete(pages[place])
            pages[place] = Page(here, day)
        if roll > 0.95:
            here.qtbot.waitUntil(lambda: len(here.jobs._waiting) < 4, timeout=20_000)
        elif roll > 0.5:
            QCoreApplication.processEvents()
        one_job(here, day, chance.choice(pages), chance)
    here.session.lock("key")
    here.until(State.LOCKED)
    return day


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_day_of_random_jobs_and_locks(file_home: TestHome, qtbot: QtBot, preferences: Preferences, seed: int) -> None:
    with at(file_home, qtbot, preferences) as here:
        day = a_day(here, seed, JOBS)
        assert not day.wrongs
        # It was a day: pages heard of saves and of rows, and locks fell.
        assert day.locks >= 3
        assert day.reads > 50
        assert len(day.told) > 50
        kept = {row.code for row in file_home.enter().read(codelist_queries.entries, list_name=LIST, with_hidden=True)}
        lost = [code for code in day.accepted if f"X_{code}" not in kept and code not in kept]
        assert not lost
        assert not [sentence for sentence in here.heard("told") if "belum jadi" in sentence]


def test_without_the_guard_a_dead_page_would_hear(
    file_home: TestHome, qtbot: QtBot, preferences: Preferences, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui.jobs, "isValid", lambda _object: True)
    with at(file_home, qtbot, preferences) as here:
        assert "a dead page heard something" in a_day(here, 1, 300).wrongs


def test_without_the_seal_a_page_would_hear_behind_the_lock(
    file_home: TestHome, qtbot: QtBot, preferences: Preferences, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = Jobs.seal

    def leaky(jobs: Jobs) -> object:
        waiting = dict(jobs._waiting)
        close = seal(jobs)
        jobs._waiting.update(waiting)
        return close

    monkeypatch.setattr(Jobs, "seal", leaky)
    with at(file_home, qtbot, preferences) as here:
        assert "a page of before the lock heard something" in a_day(here, 1, 300).wrongs
