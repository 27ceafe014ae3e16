"""What runs in a store now: so that reads can be stopped, and closing waits for saves alone."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Engine, event

from db.faults import StoreLocked

_LAST_WAIT: Final = 2.0


class Running:
    """The pieces of work in a store, by thread, and the drivers' connections they hold."""

    def __init__(self, engine: Engine) -> None:
        self._changed = threading.Condition()
        self._depth: Counter[int] = Counter()
        self._writers: set[int] = set()
        self._in_use: dict[int, Any] = {}
        self._every: set[Any] = set()
        self._sealed = self._ended = self._gave_up = False
        # All of them, those too that were in use while their pool was disposed of: each holds the key.
        event.listen(engine, "connect", lambda raw, _record: self._every.add(raw))
        event.listen(engine, "close", lambda raw, _record: self._every.discard(raw))
        event.listen(engine, "checkout", lambda raw, _record, _proxy: self._take(raw))
        event.listen(engine, "checkin", lambda raw, _record: self._give_back(raw))

    @contextlib.contextmanager
    def one(self, *, writing: bool) -> Iterator[None]:
        """Count one piece of work of this thread. What it begins within itself belongs to it, and always may.

        Raises:
            StoreLocked: the store is closing, or sealed against reads.
        """
        me = threading.get_ident()
        with self._changed:
            if not self._depth[me] and (self._ended or (self._sealed and not writing)):
                raise StoreLocked(reason="closed")
            self._depth[me] += 1
            first_write = writing and me not in self._writers
            if first_write:
                self._writers.add(me)
        try:
            yield
        finally:
            with self._changed:
                self._depth[me] -= 1
                if not self._depth[me]:
                    del self._depth[me]
                if first_write:
                    self._writers.discard(me)
                self._changed.notify_all()

    def interrupt(self, thread: int) -> None:
        """Stop the statement a thread runs, unless it is saving."""
        with self._changed:
            raw = None if thread in self._writers else self._in_use.get(thread)
        if raw is not None:
            _stop(raw)

    def seal(self) -> None:
        """Refuse reads from now on, and stop those that run."""
        with self._changed:
            self._sealed = True
            reading = self._depth.keys() - self._writers
        for thread in reading:
            self.interrupt(thread)

    def end(self, patience: float) -> None:
        """Refuse everything from now on; come back once nothing runs, or a little after ``patience`` seconds."""
        with self._changed:
            self._ended = True
        until = time.monotonic() + patience
        while self._depth and time.monotonic() < until:
            # Again and again: a read may be between two statements at the moment it is told to stop.
            self.seal()
            with self._changed:
                self._changed.wait_for(lambda: not self._depth, 0.05)
        if self._depth:
            with self._changed:
                late = list(self._in_use.values())
            for raw in late:
                _stop(raw)
            with self._changed:
                self._gave_up = not self._changed.wait_for(lambda: not self._depth, _LAST_WAIT)

    def refuse_late(self) -> None:
        """Said before a commit: nothing may be saved any more once the keys are being overwritten.

        Raises:
            StoreLocked: closing has stopped waiting.
        """
        if self._gave_up:
            raise StoreLocked(reason="closed")

    def close_connections(self) -> None:
        """Close every connection that is not in use; one that still is closes when it is given back."""
        with self._changed:
            idle = self._every - set(self._in_use.values())
        for raw in idle:
            raw.close()
        self._every -= idle

    def _take(self, raw: Any) -> None:
        with self._changed:
            self._in_use[threading.get_ident()] = raw

    def _give_back(self, raw: Any) -> None:
        with self._changed:
            for thread in [thread for thread, held in self._in_use.items() if held is raw]:
                del self._in_use[thread]
        if self._ended and raw is not None:
            raw.close()


def _stop(raw: Any) -> None:
    """Stop the statement of a driver's connection, from another thread; one that is closed by now has none."""
    with contextlib.suppress(Exception):
        if hasattr(raw, "interrupt"):
            raw.interrupt()
        else:
            raw.cancel_safe(timeout=_LAST_WAIT)
