"""The race itself: it tells what it found, and its alarm goes off."""

import json
from typing import Any

import pytest

from tests.benchmarks.conftest import Board, Race

pytestmark = pytest.mark.benchmark


def _work(much: int) -> int:
    return sum(range(much))


def test_what_is_four_times_the_work_is_told_and_trips_an_alarm_at_two() -> None:
    board, lines = Board(), list[str]()
    race = Race(board, lines.append, "file")
    with pytest.raises(AssertionError, match=r"a sum \(file\): .* times the bare way, alarm at 2"):
        race.run("a sum", lambda: _work(400_000), lambda: _work(100_000), alarm=2, rounds=9, per=1000)
    told: dict[str, Any] = json.loads(lines[0])
    assert told["name"] == "a sum (file)" == board.outcomes[0].name
    assert told["ours_ms"] > told["bare_ms"] > 0
    assert told["ratio"] == round(board.outcomes[0].ratio, 4)
    assert board.outcomes[0].each_us == board.outcomes[0].ours_ms


def test_both_sides_run_in_turn_and_what_they_make_is_handed_on() -> None:
    ran: list[str] = []
    after: list[str] = []
    race = Race(Board(), lambda _line: None, "file")

    def lap(name: str) -> str:
        ran.append(name)
        _work(10_000)
        return name

    race.run("turns", lambda: lap("ours"), lambda: lap("bare"), alarm=50, rounds=3, warm=1, after=after.append)
    assert ran == after == ["ours", "bare"] * 4


def test_more_turns_than_there_were_are_noticed() -> None:
    race = Race(Board(), lambda _line: None, "server")
    race.count("turns", 3, most=3)
    with pytest.raises(AssertionError, match=r"turns \(server\): 4, was 3"):
        race.count("turns", 4, most=3)
