"""A save through the store against its statement alone, against all its statements, and without the audit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import event

from db.audit import START
from shelter.home import actions as home_actions
from tests.benchmarks.conftest import Race
from tests.benchmarks.raw import Raw, lent
from tests.stores import Seat

pytestmark = pytest.mark.benchmark

_OURS, _BARE = "lock.idle_minutes", "statistics.least_cell"
_ROUNDS = 300


@dataclass
class _Saves:
    """Saves of two settings, one for each side; every one changes something."""

    seat: Seat
    turn: int = 0

    def save(self, name: str = _OURS) -> None:
        """Change a setting, by the program."""
        self.turn += 1
        self.seat.write(home_actions.change_setting, name=name, value=1 + self.turn % 60)


@pytest.fixture
def saves(head: Seat) -> _Saves:
    """Both settings saved once, so that from now on each save is an update."""
    saves = _Saves(head)
    saves.save(_OURS)
    saves.save(_BARE)
    return saves


def test_against_its_statement_alone(saves: _Saves, head: Seat, race: Race) -> None:
    raw = lent(head)

    def bare() -> None:
        saves.turn += 1
        raw.begin()
        update = "UPDATE setting_value SET value = ?, version = version + 1 WHERE name = ?"
        raw.run(update, (str(1 + saves.turn % 60), _BARE))
        raw.commit()

    # The goal of three holds where a flush takes milliseconds; a disk that flushes at once leaves only Python to time.
    race.run("a save, to its one UPDATE", saves.save, bare, alarm=20, rounds=_ROUNDS, warm=20)


def test_against_all_its_statements(saves: _Saves, head: Seat, race: Race) -> None:
    replay = _Replay(lent(head), _heard(head, lambda: saves.save(_BARE)))
    race.run("a save, to all its statements", saves.save, replay, alarm=8, rounds=_ROUNDS, warm=20)


def test_the_share_of_the_audit(saves: _Saves, head: Seat, race: Race) -> None:
    def unaudited() -> None:
        with _without_audit(head):
            saves.save(_BARE)

    race.run("a save, to one without audit", saves.save, unaudited, alarm=2.5, rounds=_ROUNDS, warm=20)


@contextmanager
def _without_audit(seat: Seat) -> Iterator[None]:
    backend: Any = seat.store.backend
    backend.append = lambda *_: START
    try:
        yield
    finally:
        del backend.append


@dataclass(frozen=True)
class _Heard:
    """A statement as the driver got it."""

    sql: str
    values: Any
    many: bool


def _heard(seat: Seat, save: Callable[[], None]) -> list[_Heard]:
    """What a save sends between BEGIN and COMMIT."""
    heard: list[_Heard] = []

    def hear(_connection: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
        heard.append(_Heard(sql, values, many))

    engine = seat.store._engine
    event.listen(engine, "before_cursor_execute", hear)
    save()
    event.remove(engine, "before_cursor_execute", hear)
    return [each for each in heard if not each.sql.startswith("BEGIN")]


class _Replay:
    """A save's own statements once more, through the driver alone: only numbers that must rise are changed.

    The entries chain nothing and so would not stand a check; the home is thrown away.
    """

    def __init__(self, raw: Raw, heard: Sequence[_Heard]) -> None:
        assert any(each.sql.startswith("UPDATE setting_value") for each in heard), "the save changed nothing"
        assert any("audit" in each.sql for each in heard), "the save was not audited"
        self._raw = raw
        self._heard = heard
        self._saved = 0

    def __call__(self) -> None:
        """Send them all."""
        self._saved += 1
        self._raw.begin()
        seq = 0
        for each in self._heard:
            cursor = self._raw.driver.cursor()
            if each.many:
                cursor.executemany(each.sql, [(seq + 1, *row[1:]) for row in each.values])
            elif each.sql.startswith("UPDATE setting_value"):
                cursor.execute(each.sql, self._risen(each.values))
                assert cursor.rowcount == 1
            elif each.sql.startswith("SELECT seq"):
                found = cursor.execute(each.sql, each.values).fetchone()
                seq = found[0]
            elif each.sql.startswith("SELECT"):
                cursor.execute(each.sql, each.values).fetchall()
            else:
                cursor.execute(each.sql, (seq + 1, *each.values[1:]))
            cursor.close()
        self._raw.commit()

    def _risen(self, values: Any) -> Any:
        """The UPDATE's values with both versions raised."""
        if isinstance(values, Mapping):
            return {name: value + self._saved if "version" in name else value for name, value in values.items()}
        value, to_version, name, from_version = values
        return (value, to_version + self._saved, name, from_version + self._saved)
