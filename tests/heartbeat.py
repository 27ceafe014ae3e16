"""The window's heart beats every ten milliseconds; a watcher names the line of the program that made it miss a beat.

Only time in which the program itself kept the window waiting counts: not a test's own slow code, and not time in which
a busy machine gave a thread of ours no processor (Linux tells; elsewhere it counts).
"""

import gc
import os
import sys
import threading
import time
from collections.abc import Iterator
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
        since = time.perf_counter()
        waited = _waited()
        while not self._ended.wait(_LOOK):
            tick, now = self._tick, time.perf_counter()
            line, entry = self._look()
            in_loop = self._loop.loopLevel() > 0
            # Outside an event loop nothing beats: there a call counts for as long as it is the same one.
            begun = tick if in_loop else since
            if not line or (not in_loop and entry != entered) or (in_loop and now - tick < self._limit):
                entered, since, waited = entry, now, _waited()
                continue
            stalled = now - begun - _kept_waiting(waited)
            self.longest = max(self.longest, stalled)
            if stalled > self._limit and begun != told:
                told = begun
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


def _waited() -> dict[str, int]:
    """For each thread the nanoseconds it was ready to run and got no processor."""
    found: dict[str, int] = {}
    if sys.platform == "linux":
        for thread in Path("/proc/self/task").iterdir():
            try:
                found[thread.name] = int((thread / "schedstat").read_text(encoding="ascii").split()[1])
            except (OSError, IndexError):
                continue
    return found


def _kept_waiting(before: dict[str, int]) -> float:
    """Seconds since then in which the machine kept a thread of ours waiting: the window's, or one it waits for."""
    return max((value - before.get(thread, value) for thread, value in _waited().items()), default=0) / 1e9


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
