"""Off the window's thread: saves on one lane in order, reads on four, and only the living owner hears the answer.

To use it: ``jobs.read(queries.accounts, owner=self, slot="list", done=self._show)``. The callbacks run in the window's
thread, and not at all when the owner is gone, when a newer read of the same owner and slot was asked for, or when the
screen was locked meanwhile.
"""

import collections
import dataclasses
import functools
import inspect
import logging
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, Slot
from shiboken6 import isValid

T = TypeVar("T")

READERS: Final = 4
PATIENCE: Final = 10.0
_log = logging.getLogger("teduh.jobs")


class OpenStore(Protocol):
    """What jobs ask of a store (``db.store.Store``, whose import is too heavy for the start)."""

    def write(self, actor: Any, action: Callable[..., T], /, **kwargs: Any) -> T: ...
    def read(self, actor: Any, query: Callable[..., T], /, **kwargs: Any) -> T: ...
    def on_change(self, listener: Callable[[frozenset[str]], None]) -> None: ...
    def interrupt(self, thread: int) -> None: ...
    def seal(self) -> None: ...
    def close(self, patience: float = ...) -> None: ...


@dataclass(frozen=True)
class Trouble:
    """A failure as a page shows it: a sentence, the field it belongs to, the seconds to wait before another try."""

    sentence: str
    field: str = ""
    wait: int = 0
    kind: str = ""
    """The class of what failed; ``facts`` are a fault's own, see ``db/faults.py``."""
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict)


Told = Callable[[Trouble], None]


class _Seat:
    """A store in use by somebody, until it is sealed."""

    def __init__(self, store: OpenStore, actor: Any) -> None:
        self.store = store
        self.actor = actor
        self.sealed = False
        self.given_up = False
        self.open_saves: set[int] = set()
        """Saves that were accepted and neither succeeded nor were told to have failed."""


class _Ticket:
    """One read: whether it is still wanted, and in which thread it runs."""

    def __init__(self, seat: _Seat) -> None:
        self.seat = seat
        self.unwanted = False
        self._thread: int | None = None
        self._lock = threading.Lock()

    def run(self, query: Callable[..., T], kwargs: Mapping[str, Any]) -> T | None:
        try:
            return self._once(query, kwargs)
        except Exception as error:
            # The order to stop an earlier read of this connection may come late and hit this one.
            stopped = getattr(error, "facts", {}).get("reason") == "stopped"
            if not stopped or self._dropped():
                raise
        return self._once(query, kwargs)

    def _once(self, query: Callable[..., T], kwargs: Mapping[str, Any]) -> T | None:
        with self._lock:
            if self._dropped():
                return None
            self._thread = threading.get_ident()
        try:
            return self.seat.store.read(self.seat.actor, query, **kwargs)
        finally:
            with self._lock:
                self._thread = None

    def _dropped(self) -> bool:
        return self.unwanted or self.seat.sealed

    def stop(self) -> None:
        """Stop the statement it runs; the lock keeps the thread from beginning anything else meanwhile."""
        with self._lock:
            if self._thread is not None:
                self.seat.store.interrupt(self._thread)


@dataclass(frozen=True)
class _Waiting:
    """Who waits for an answer; kept and dropped in the window's thread alone, where widgets must die."""

    seat: _Seat | None
    owner: Callable[[], QObject | None]
    done: Callable[[], Callable[[Any], object] | None]
    failed: Callable[[], Told | None]


@dataclass(frozen=True)
class _Answer:
    number: int
    value: Any = None
    trouble: Trouble | None = None


@dataclass(frozen=True)
class _Touched:
    seat: _Seat
    tables: frozenset[str]


class _Run(QRunnable):
    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__()
        self._work = work

    def run(self) -> None:
        self._work()


class Jobs(QObject):
    changed = Signal(object)
    """The tables (a frozenset) that a save touched: open pages look whether to reload."""
    trouble = Signal(str)
    """A failure nobody asked to be told of, as a sentence."""
    _arrived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lane, self._readers, self._doors, self._stops = map(_pool, (1, READERS, 1, 1))
        self._post: collections.deque[_Answer | _Touched] = collections.deque()
        self._waiting: dict[int, _Waiting] = {}
        self._latest: dict[tuple[int, str], tuple[int, _Ticket]] = {}
        self._next = 0
        self._seat: _Seat | None = None
        self._arrived.connect(self._take, Qt.ConnectionType.QueuedConnection)
        here = weakref.ref(self)
        post = self._post

        def put(thing: _Answer | _Touched) -> None:
            jobs = here()
            if jobs is not None and isValid(jobs):
                post.append(thing)
                jobs._arrived.emit()  # noqa: SLF001 - it is this object's own

        self._put = put

    # --- a session begins and ends

    def open(self, store: OpenStore, actor: Any) -> None:
        """Work in this store, as this person, from now on."""
        self._seat = seat = _Seat(store, actor)
        put = self._put
        store.on_change(lambda tables: put(_Touched(seat, tables)))

    @property
    def is_open(self) -> bool:
        return self._seat is not None

    @property
    def store(self) -> Any:
        """The store in use; None when locked. Only for what runs in a lane."""
        return None if self._seat is None else self._seat.store

    def seal(self) -> Callable[[], int]:
        """Refuse new jobs and drop every answer from now on. What it returns closes the store; run it in ``aside``.

        Closing stops reads, lets saves that were handed over finish (ten seconds at most), and takes away engine and
        keys. It tells how many saves did not succeed without anybody having been told.
        """
        seat, self._seat = self._seat, None
        if seat is None:
            return lambda: 0
        seat.sealed = True
        self._waiting = {number: one for number, one in self._waiting.items() if one.seat is None}
        self._latest.clear()
        return functools.partial(_close, seat, self._lane)

    # --- jobs

    def write(
        self,
        action: Callable[..., T],
        *,
        owner: QObject,
        done: Callable[[T], object] | None = None,
        failed: Told | None = None,
        ready: Callable[[Any], Mapping[str, Any]] | None = None,
        **kwargs: Any,
    ) -> bool:
        """Run an action on the lane of saves; whether it was accepted (it is not while locked).

        ``ready`` is handed the store before the transaction begins, in the lane, and gives further arguments: what
        takes long to make, such as a credential. Secrets among them are wiped afterwards.
        """
        seat = self._seat
        if seat is None:
            return False
        number = self._wait(seat, owner, done, failed)
        seat.open_saves.add(number)
        put = self._put

        def work() -> None:
            if seat.given_up:
                return
            answer = _answer(number, lambda: _write(seat, action, ready, kwargs))
            if answer.trouble is None:
                seat.open_saves.discard(number)
            put(answer)

        self._lane.start(_Run(work))
        return True

    def read(
        self,
        query: Callable[..., T],
        *,
        owner: QObject,
        done: Callable[[T], object],
        failed: Told | None = None,
        slot: str = "",
        **kwargs: Any,
    ) -> bool:
        """Run a query on one of the four lanes of reads; whether it was accepted.

        Of several reads of one owner in one ``slot`` only the latest is answered; a running older one is stopped.
        """
        seat = self._seat
        if seat is None:
            return False
        number = self._wait(seat, owner, done, failed)
        ticket = _Ticket(seat)
        if slot:
            key = (id(owner), slot)
            older, self._latest[key] = self._latest.get(key), (number, ticket)
            if older is not None and self._waiting.pop(older[0], None) is not None:
                older[1].unwanted = True
                self._stops.start(_Run(older[1].stop))
        put = self._put
        self._readers.start(_Run(lambda: put(_answer(number, lambda: ticket.run(query, kwargs)))))
        return True

    def aside(
        self,
        work: Callable[[], T],
        *,
        owner: QObject,
        done: Callable[[T], object] | None = None,
        failed: Told | None = None,
    ) -> None:
        """Run something that needs no open store, one after another: signing in, closing. Answered while locked too."""
        number = self._wait(None, owner, done, failed)
        put = self._put
        self._doors.start(_Run(lambda: put(_answer(number, work))))

    def stop(self, patience: float = PATIENCE) -> None:
        """Let go of the threads; said once, at the very end, when no session is open."""
        self._waiting.clear()
        for pool in (self._stops, self._readers, self._lane, self._doors):
            pool.waitForDone(int(patience * 1000))

    # --- answers

    def _wait(
        self, seat: _Seat | None, owner: QObject, done: Callable[[Any], object] | None, failed: Told | None
    ) -> int:
        self._next += 1
        self._waiting[self._next] = _Waiting(seat, weakref.ref(owner), _weakly(done), _weakly(failed))
        return self._next

    @Slot()
    def _take(self) -> None:
        thing = self._post.popleft()
        if isinstance(thing, _Touched):
            if thing.seat is self._seat:
                self.changed.emit(thing.tables)
            return
        waiting = self._waiting.pop(thing.number, None)
        if waiting is not None and waiting.seat is not None:
            waiting.seat.open_saves.discard(thing.number)
        owner = waiting.owner() if waiting else None
        if waiting is None or owner is None or not isValid(owner):
            return
        if thing.trouble is None:
            done = waiting.done()
            if done is not None:
                done(thing.value)
            return
        failed = waiting.failed()
        if failed is not None:
            failed(thing.trouble)
        else:
            self.trouble.emit(thing.trouble.sentence)


def _pool(threads: int) -> QThreadPool:
    pool = QThreadPool()
    pool.setMaxThreadCount(threads)
    # Threads that come and go cost a new thread each time somebody pauses to think.
    pool.setExpiryTimeout(-1)
    return pool


def _weakly(callback: Callable[..., Any] | None) -> Callable[[], Callable[..., Any] | None]:
    """A page must be able to die while it waits: its own methods do not keep it."""
    if inspect.ismethod(callback):
        return weakref.WeakMethod(callback)
    return lambda: callback


def _answer(number: int, work: Callable[[], Any]) -> _Answer:
    try:
        return _Answer(number, work())
    except Exception as error:  # noqa: BLE001 - whatever failed, the page that waits must hear of it
        return _Answer(number, trouble=trouble_of(error))


def _write(
    seat: _Seat,
    action: Callable[..., T],
    ready: Callable[[Any], Mapping[str, Any]] | None,
    kwargs: Mapping[str, Any],
) -> T:
    made = {} if ready is None else ready(seat.store)
    try:
        return seat.store.write(seat.actor, action, **kwargs, **made)
    finally:
        for value in made.values():
            if hasattr(value, "wipe"):
                value.wipe()


def _close(seat: _Seat, lane: QThreadPool) -> int:
    until = time.monotonic() + PATIENCE
    seat.store.seal()
    lane.waitForDone(int(PATIENCE * 1000))
    seat.given_up = True
    seat.store.close(max(0.0, until - time.monotonic()))
    lane.waitForDone(1000)
    return len(seat.open_saves)


def trouble_of(error: Exception) -> Trouble:
    """What a page may show of a failure: no value, no name, no path."""
    from db.faults import StoreFault
    from db.files import trouble_of as disk_trouble
    from shelter.faults import NotAllowed, NotFound, RuleBroken
    from ui import crash, messages

    if isinstance(error, OSError):
        error = disk_trouble(error)
    kind = type(error).__name__
    match error:
        case RuleBroken():
            return Trouble(messages.sentence(error), error.field, kind=kind)
        case StoreFault():
            wait = error.facts.get("wait", 0)
            whole = wait if isinstance(wait, int) else 0
            return Trouble(messages.sentence(error), wait=whole, kind=kind, facts=error.facts)
        case NotAllowed() | NotFound():
            return Trouble(messages.sentence(error), kind=kind)
        case _:
            _log.error("%s", crash.where(error))
            return Trouble(crash.sentence(error), kind=kind)
