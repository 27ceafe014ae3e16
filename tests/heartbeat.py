"""The window's heart beats every ten milliseconds; a watcher names the line of the program that made it miss a beat.

Only time in which the program itself kept the window waiting counts: not a test's own slow code, and not time in which
a busy machine gave a thread of ours no processor (Linux tells; elsewhere it counts).
"""

import gc
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from PySide6.QtCore import QAbstractEventDispatcher, QObject, Qt, QThread, QTimer

LIMIT: Final = float(os.environ.get("STALL_MS", "50")) / 1000
PROGRAM: Final = f"{Path(__file__).parents[1] / 'ui'}{os.sep}"
"""Whatever keeps the window waiting was called by it; a test may enter a store by itself."""
_BEAT_MS: Final = 10
_LOOK: Final = 0.005


class Watch(threading.Thread):
    """Looks from outside at the thread it was made in."""

    def __init__(self, *, limit: float = LIMIT, program: str = PROGRAM) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self.stalls: list[str] = []
        self.longest = 0.0
        self._limit = limit
        self._program = program
        self._window = threading.get_ident()
        self._tick = time.perf_counter()
        self._ended = threading.Event()
        self._loop = QThread.currentThread()
        self._owner = QObject()
        timer = QTimer(self._owner, interval=_BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        timer.timeout.connect(self.beat)
        timer.start()
        dispatcher = QAbstractEventDispatcher.instance()
        if dispatcher is not None:
            dispatcher.awake.connect(self.beat)
            dispatcher.aboutToBlock.connect(self.beat)

    def beat(self) -> None:
        """The window's thread is free."""
        self._tick = time.perf_counter()

    def end(self) -> list[str]:
        """Stop looking; what was seen. Said in the window's thread."""
        self._ended.set()
        self.join()
        dispatcher = QAbstractEventDispatcher.instance()
        if dispatcher is not None:
            dispatcher.awake.disconnect(self.beat)
            dispatcher.aboutToBlock.disconnect(self.beat)
        self._owner.deleteLater()
        return self.stalls

    def run(self) -> None:
        """Look every few milliseconds."""
        told = 0.0
        entered: tuple[object, ...] = ()
        since, ticked, then = time.perf_counter(), self._tick, _Spent.now(self._window)
        while not self._ended.wait(_LOOK):
            tick, now = self._tick, time.perf_counter()
            line, entry = self._look()
            in_loop = self._loop.loopLevel() > 0
            # Outside an event loop nothing beats: there a call counts for as long as it is the same one.
            if not line or (tick != ticked if in_loop else entry != entered):
                entered, since, ticked, then = entry, now, tick, _Spent.now(self._window)
                continue
            if now - since < self._limit:
                continue
            stalled = _Spent.now(self._window).own(then, now - since)
            self.longest = max(self.longest, stalled)
            if stalled > self._limit and since != told:
                told = since
                self.stalls.append(f"{line} kept the window waiting {stalled * 1000:.0f} ms")

    def _look(self) -> tuple[str, tuple[object, ...]]:
        """The innermost line of the program that the window's thread is in, and by which call it came in."""
        frame = sys._current_frames().get(self._window)
        line = ""
        entry: tuple[object, ...] = ()
        while frame is not None:
            if frame.f_code.co_filename.startswith(self._program):
                line = line or f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}"
                entry = (id(frame), frame.f_lasti)
            frame = frame.f_back
        return line, entry


@dataclass(frozen=True)
class _Spent:
    """What a thread has used of the processor until now, and how long each thread of ours waited for one."""

    used: float
    waited: Mapping[str, float]

    @classmethod
    def now(cls, ident: int) -> "_Spent":
        """As it stands; only Linux tells."""
        if sys.platform != "linux":
            return cls(0.0, {})
        waited: dict[str, float] = {}
        for thread in Path("/proc/self/task").iterdir():
            try:
                waited[thread.name] = int((thread / "schedstat").read_text(encoding="ascii").split()[1]) / 1e9
            except (OSError, IndexError):
                continue
        return cls(time.clock_gettime(time.pthread_getcpuclockid(ident)), waited)

    def own(self, then: "_Spent", passed: float) -> float:
        """Of the seconds that have passed since then, those that the machine had no part in.

        Either the window's thread worked for so long, or it stood still while no thread of ours (which might have kept
        the interpreter's lock) was ready to run and got no processor.
        """
        waited = sum(value - then.waited.get(name, value) for name, value in self.waited.items())
        return max(self.used - then.used, passed - waited)


@pytest.fixture(autouse=True)
def heartbeat(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test with a window in which the program stalled. The collector rests, as ``ui/idle.py`` lets it."""
    if "qapp" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("qapp")
    gc.collect()
    gc.freeze()
    gc.disable()
    watch = Watch()
    watch.start()
    try:
        yield
    finally:
        stalls = watch.end()
        gc.enable()
        gc.unfreeze()
    if stalls:
        pytest.fail("\n".join(stalls), pytrace=False)
