"""The race: two ways to do one thing, in turn in one run, and the lines and the table that tell how it went.

Seconds depend on the machine and its mood, so none is ever asserted. What is asserted is an alarm: the ratio's ceiling,
about twice the goal that docs/performance.md names for it, and only when the ratio of processor time is above it too,
so that a real step backwards trips it and a busy machine does not.
"""

import gc
import json
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

import pytest
import sqlalchemy


@dataclass(frozen=True)
class Outcome:
    """What a race found, in milliseconds (for ``per`` things done each time, if that is more than one)."""

    name: str
    ours_ms: float
    ours_p99_ms: float
    bare_ms: float
    bare_p99_ms: float
    ratio: float
    cpu_ratio: float
    """The same of this thread's processor time: steadier, but blind to the disk and to a server."""
    rounds: int
    per: int

    @property
    def each_us(self) -> float:
        """Our microseconds for each of the things done."""
        return self.ours_ms * 1000 / self.per


@dataclass(frozen=True)
class Count:
    """Something counted, which is the same on every machine: round trips, say."""

    name: str
    count: int


class Board:
    """Everything this session measured."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.counts: list[Count] = []


_KEY: Final = pytest.StashKey[Board]()


def machine() -> dict[str, Any]:
    """The facts without which a figure says nothing; nothing that tells whose machine it is."""
    return {
        "cpus": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlalchemy": sqlalchemy.__version__,
    }


class _Lap(NamedTuple):
    """Seconds of one lap: on the wall, and of this thread's processor time."""

    time: float
    busy: float


class Race:
    """Runs two laps in turn, ours and the bare one, warm and without the garbage collector, and compares medians."""

    def __init__(self, board: Board, tell: Callable[[str], None], store: str) -> None:
        self._board = board
        self._tell = tell
        self._store = store

    def run(
        self,
        name: str,
        ours: Callable[[], Any],
        bare: Callable[[], Any],
        *,
        alarm: float,
        rounds: int,
        warm: int = 3,
        per: int = 1,
        after: Callable[[Any], object] = lambda made: made,
    ) -> Outcome:
        """Race two laps.

        Args:
            name: what is measured; the kind of store is added.
            ours: the program's way.
            bare: the same work without the program.
            alarm: the ratio above which something has gone backwards.
            rounds: how often each runs.
            warm: how often each runs before that, unmeasured.
            per: how many things (rows, entries) one lap does.
            after: what is done with a lap's result, outside the measured time.
        """
        for _ in range(warm):
            after(ours())
            after(bare())
        taken: dict[Callable[[], Any], list[_Lap]] = {ours: [], bare: []}
        with _no_collector():
            for _ in range(rounds):
                for lap, laps in taken.items():
                    busy, begun = time.thread_time(), time.perf_counter()
                    made = lap()
                    laps.append(_Lap(time.perf_counter() - begun, time.thread_time() - busy))
                    after(made)
        outcome = _outcome(f"{name} ({self._store})", taken[ours], taken[bare], per)
        self._board.outcomes.append(outcome)
        self._tell(json.dumps({key: _short(value) for key, value in asdict(outcome).items()} | machine()))
        assert math.isfinite(outcome.ratio), "a lap took no time at all: it did nothing"
        least = min(outcome.ratio, outcome.cpu_ratio)
        assert 0 < least <= alarm, f"{outcome.name}: {least:.1f} times the bare way, alarm at {alarm}"
        return outcome

    def count(self, name: str, found: int, *, most: int) -> None:
        """Keep something counted; more than ``most`` is a step backwards."""
        count = Count(f"{name} ({self._store})", found)
        self._board.counts.append(count)
        self._tell(json.dumps(asdict(count)))
        assert 0 < found <= most, f"{count.name}: {found}, was {most}"


def _outcome(name: str, ours: list[_Lap], bare: list[_Lap], per: int) -> Outcome:
    times, bare_times = [lap.time for lap in ours], [lap.time for lap in bare]
    median, bare_median = statistics.median(times), statistics.median(bare_times)
    return Outcome(
        name,
        ours_ms=1000 * median,
        ours_p99_ms=1000 * _p99(times),
        bare_ms=1000 * bare_median,
        bare_p99_ms=1000 * _p99(bare_times),
        ratio=_over(median, bare_median),
        cpu_ratio=_over(statistics.median(lap.busy for lap in ours), statistics.median(lap.busy for lap in bare)),
        rounds=len(ours),
        per=per,
    )


def _over(ours: float, bare: float) -> float:
    return ours / bare if bare > 0 else math.inf


def _p99(times: list[float]) -> float:
    """The time that ninety-nine in a hundred keep to; of fewer rounds, the longest."""
    return sorted(times)[math.ceil(0.99 * len(times)) - 1]


def _short(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value


@contextmanager
def _no_collector() -> Iterator[None]:
    """The collector runs when it likes, in one lap as well as in the other: here, between races."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()


@pytest.fixture
def race(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Race:
    """The race of this test, on the kind of store its name carries (or the file's)."""
    board = request.config.stash.setdefault(_KEY, Board())

    def tell(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{line}\n")
            sys.stdout.flush()

    server = "server" in request.node.name or "server_home" in request.fixturenames
    return Race(board, tell, "server" if server else "file")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table at the end."""
    board = terminalreporter.config.stash.get(_KEY, None)
    if board is None:
        return
    terminalreporter.section("benchmarks")
    head = f"{'':48}{'ours ms':>10}{'p99':>10}{'bare ms':>10}{'p99':>10}{'ratio':>8}{'of cpu':>8}{'us each':>10}"
    terminalreporter.write_line(head)
    for found in board.outcomes:
        times = f"{found.ours_ms:10.2f}{found.ours_p99_ms:10.2f}{found.bare_ms:10.2f}{found.bare_p99_ms:10.2f}"
        each = f"{found.each_us:10.1f}" if found.per > 1 else ""
        terminalreporter.write_line(f"{found.name:48}{times}{found.ratio:8.2f}{found.cpu_ratio:8.2f}{each}")
    for counted in board.counts:
        terminalreporter.write_line(f"{counted.name:48}{counted.count:10}")
    terminalreporter.write_line(", ".join(f"{key} {value}" for key, value in machine().items()))
