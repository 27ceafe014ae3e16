"""The store: the only two doors to rows, ``write`` and ``read``, whatever lies behind them."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Concatenate, Final, Generic, Literal, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.orm.exc import StaleDataError

from db.anchors import Anchor
from db.audit import CLOCK_TOLERANCE, Backend, Draft, Head
from db.faults import Conflict, Damaged, DiskTrouble, Refused, ServerTrouble, StoreFault, StoreLocked
from db.keyring import Kdf, Keyring
from db.running import Running
from db.types import utc_now
from db.unit import Actor, Unit, UnitSession
from db.verify import Finding, same_head

W = TypeVar("W")
T = TypeVar("T")
P = ParamSpec("P")

_IDLE: Final = 2.0
_PATIENCE: Final = 10.0


class Store(Generic[W]):
    """An open store in the hands of one signed-in person. ``work`` wraps each unit in the words of the floor above."""

    def __init__(
        self,
        kind: Literal["file", "server"],
        engine: Engine,
        work: Callable[[Unit], W],
        *,
        backend: Backend,
        keyring: Keyring,
        anchor: Anchor,
        admission: Callable[[Unit], Any],
        clock: Callable[[], datetime] = utc_now,
        tidy: Callable[[], object] | None = None,
        explain: Callable[[StoreFault], StoreFault] = lambda fault: fault,
    ) -> None:
        self.kind = kind
        self.keyring = keyring
        self.anchor = anchor
        self.backend = backend
        self.clock = clock
        self.wrong_tries = 0
        self.kdf = Kdf.standard()
        self._explain = explain
        self._engine = engine
        self._work = work
        self._admission = admission
        self._listeners: list[Callable[[frozenset[str]], None]] = []
        self._one_writer = threading.Lock()
        self._running = Running(engine)
        self._tidy = _IdleTidy(tidy) if tidy else None
        reading = {"teduh_read": True} if kind == "file" else {"isolation_level": "AUTOCOMMIT"}
        self._reader = engine.execution_options(**reading)

    def write(self, actor: Actor, action: Callable[Concatenate[W, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run an action in one transaction: begin, act, chain the audit, commit. The only commit in the program.

        Raises:
            Conflict: somebody else changed a row meanwhile. Nothing was saved.
            StoreFault: the store could not be used; see its kind. Nothing was saved.
        """
        return self._commit(actor, lambda unit: action(self._work(unit), *args, **kwargs))

    def read(self, actor: Actor, query: Callable[Concatenate[W, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query. Reads it notes are chained before the answer is handed out: unnoted means unseen."""
        with self._running.one(writing=False):
            with self._unit(self._reader, actor, writing=False) as unit:
                result = query(self._work(unit), *args, **kwargs)
                noted = unit.drafts
            if noted:
                self._commit(actor, lambda unit: unit.drafts.extend(noted))
        return result

    def found(self, actor: Actor, first_rows: Callable[[Unit], None]) -> None:
        """Write the ground's own first rows. Rooms use ``write``."""
        self._commit(actor, first_rows)

    def note(self, actor: Actor, *drafts: Draft) -> None:
        """Chain entries that belong to no action: a sign-in, a key that was turned."""
        self._commit(actor, lambda unit: unit.drafts.extend(drafts))

    def _commit(self, actor: Actor, act: Callable[[Unit], T]) -> T:
        with self._running.one(writing=True):
            return self._commit_one(actor, act)

    def _commit_one(self, actor: Actor, act: Callable[[Unit], T]) -> T:
        with self._one_writer, self._unit(self._engine, actor, writing=True) as unit:
            try:
                result = act(unit)
                unit.session.flush()
                head = unit.chain()
                self._running.refuse_late()
                unit.session.commit()
            except BaseException:
                try:
                    unit.session.rollback()
                finally:
                    self._roll_back(unit)
                raise
            if head is not None:
                self.anchor.write(head)
        self._committed(unit)
        return result

    def on_change(self, listener: Callable[[frozenset[str]], None]) -> None:
        """Be told, after each save, which tables it touched. Called in the saving thread."""
        self._listeners.append(listener)

    @contextlib.contextmanager
    def ground(self) -> Iterator[Connection]:
        """A reading connection for the ground's own questions; rooms never see it."""
        with self._unit(self._reader, Actor(self.keyring.owner, ""), writing=False) as unit:
            yield unit.connection

    def head(self) -> Head:
        """The audit's head as the store tells it now."""
        with self.ground() as connection:
            return self.backend.head(connection)

    def turning(self) -> bool:
        """Whether a newer database key waits to be turned in: other programs held the file."""
        return len(self.keyring.all_of("database")) > 1

    def behind_anchor(self) -> Finding | None:
        """What is wrong when the head remembered outside is not in this history: an old copy, or another one."""
        with self.ground() as connection:
            head = self.backend.head(connection)
            return same_head(head, self.anchor.read(), lambda seq: self.backend.hash_at(connection, seq))

    def clock_behind(self) -> datetime | None:
        """The last entry's time when this PC's clock lies before it: then the clock is wrong, or that one was."""
        at = self.head().at
        if not at:
            return None
        last = datetime.fromisoformat(at)
        return last if self.clock() < last - CLOCK_TOLERANCE else None

    def interrupt(self, thread: int) -> None:
        """Stop the read that a thread runs in this store, if it does; on a server this takes a round trip."""
        self._running.interrupt(thread)

    def seal(self) -> None:
        """Refuse reads from now on and stop those that run; saves go on. The first step of locking."""
        self._running.seal()

    def close(self, patience: float = _PATIENCE) -> None:
        """Bring everything home: log into the database, connections gone, keys overwritten.

        Refuses whatever comes from now on, stops reads, and lets saves that run finish for ``patience`` seconds; one
        that takes longer is stopped too, and so not saved.
        """
        self._running.end(patience)
        try:
            if self._tidy:
                self._tidy.stop()
            self._engine.dispose()
            self._running.close_connections()
            if self._tidy:
                self._tidy.now()
            self.anchor.close()
        finally:
            self.backend.keys.forget()
            self.keyring.wipe()

    @contextlib.contextmanager
    def _unit(self, engine: Engine, actor: Actor, *, writing: bool) -> Iterator[Unit]:
        # A server's login could open a new connection by itself: whatever comes after the end is refused.
        running = self._running.one(writing=writing)
        with running, self._said_plainly(), UnitSession(engine, expire_on_commit=False) as session:
            unit = Unit(session, actor, self.clock(), self.backend, writing)
            unit.admission = self._admission(unit)
            session.info["unit"] = unit
            yield unit

    @contextlib.contextmanager
    def _said_plainly(self) -> Iterator[None]:
        """Turn a driver's error into one of ours, without its text: driver texts may carry values."""
        try:
            yield
        except StaleDataError:
            raise Conflict(table="") from None
        except StoreFault as fault:
            raise self._explain(fault) from None
        except SQLAlchemyError as error:
            fault_or_none = fault_of(error)
            if fault_or_none is None:
                raise _hushed(error) from None
            raise self._explain(fault_or_none) from None

    def _roll_back(self, unit: Unit) -> None:
        self.backend.keys.forget()
        for undo in reversed(unit.undo):
            undo()

    def _committed(self, unit: Unit) -> None:
        for step in unit.after_commit:
            step()
        if self._tidy:
            self._tidy.touch()
        for listener in self._listeners:
            listener(frozenset(unit.touched))


def fault_of(error: SQLAlchemyError) -> StoreFault | None:
    """The fault a driver's error stands for; None for one that is our own mistake."""
    if not isinstance(error, DBAPIError):
        return None
    text, state = str(error.orig).lower(), str(getattr(error.orig, "sqlstate", None) or "")
    for states, signs, make in _FAULTS:
        if state.startswith(states) if state else any(sign in text for sign in signs):
            return make()
    return None


def _hushed(error: SQLAlchemyError) -> SQLAlchemyError:
    """Our own mistake, told by its kind alone: PostgreSQL quotes whole rows ("Failing row contains ...")."""
    if isinstance(error, StatementError):
        kind = f"{type(error.orig).__name__} {getattr(error.orig, 'sqlstate', None) or ''}".strip()
        error.args, error.orig, error.params = (kind,), None, None
    return error


# By SQLSTATE where the server gives one, else by the driver's English. The first that fits counts.
_FAULTS: Final[Sequence[tuple[tuple[str, ...], tuple[str, ...], Callable[[], StoreFault]]]] = (
    (("40001", "40P01", "23505", "23P01"), ("unique constraint",), lambda: Conflict(table="")),
    (("42501",), (), Refused),
    (("55P03",), ("is locked",), lambda: StoreLocked(reason="busy")),
    (("57014",), ("interrupted",), lambda: StoreLocked(reason="stopped")),
    (("53100",), ("disk is full",), lambda: DiskTrouble(reason="full")),
    (("57P", "08"), ("connection",), lambda: ServerTrouble(reason="lost")),
    (("58",), ("disk i/o", "readonly database", "unable to open"), lambda: DiskTrouble(reason="io")),
    (("XX001", "XX002"), ("not a database", "malformed"), lambda: Damaged(what="database")),
)


class _IdleTidy:
    """Runs a chore once nothing has been saved for two seconds: a flipped bit in a long log drops later saves."""

    def __init__(self, chore: Callable[[], object]) -> None:
        self._chore = chore
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._last = 0.0
        self._thread: threading.Thread | None = None

    def touch(self) -> None:
        """Something was saved just now."""
        self._last = time.monotonic()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="teduh-tidy", daemon=True)
            self._thread.start()
        self._wake.set()

    def now(self) -> None:
        """Do the chore at once; a store that is held elsewhere is left to that program."""
        with contextlib.suppress(StoreFault):
            self._chore()

    def stop(self) -> None:
        """End the waiting thread."""
        self._ended.set()
        self._wake.set()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while (left := self._last + _IDLE - time.monotonic()) > 0 and not self._ended.wait(left):
                pass
            if self._ended.is_set():
                return
            self.now()
