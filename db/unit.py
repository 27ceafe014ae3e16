"""One unit of work: a session, who acts and when, and the audit drafts that its flushes leave behind."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, event, insert
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction

from db.audit import EXEMPT, Action, Backend, Draft, Head, Origin, row_key
from db.types import Base, uuid7

_CHUNK: Final = 2000
_READING: Final = "a reading unit may not change rows; use Store.write"
_BULK: Final = "bulk statements pass by the audit; change rows one by one or use add_many"


@dataclass(frozen=True)
class Actor:
    """Who acts, from which machine."""

    id: uuid.UUID
    machine: str


class UnitSession(Session):
    """A session that belongs to a unit and leaves an audit draft for every row it flushes."""

    @property
    def unit(self) -> "Unit":
        """The unit this session works for."""
        unit: Unit = self.info["unit"]
        return unit

    def bulk_save_objects(self, *_args: Any, **_options: Any) -> None:
        """Refused: it passes by the flush, and so by the audit."""
        raise RuntimeError(_BULK)

    def bulk_insert_mappings(self, *_args: Any, **_options: Any) -> None:
        """Refused, as ``bulk_save_objects``."""
        raise RuntimeError(_BULK)

    def bulk_update_mappings(self, *_args: Any, **_options: Any) -> None:
        """Refused, as ``bulk_save_objects``."""
        raise RuntimeError(_BULK)


@dataclass
class Unit:
    """The doors of one transaction. ``shelter`` wraps it in its own words; nothing else sees the session."""

    session: UnitSession
    actor: Actor
    now: datetime
    backend: Backend
    writing: bool
    admission: Any = None
    mark: str = ""
    touched: set[str] = field(default_factory=set)
    drafts: list[Draft] = field(default_factory=list)
    undo: list[Callable[[], None]] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    def note(self, draft: Draft) -> None:
        """Chain an entry that is not a changed row: a file opened, a paper printed, a key used."""
        self.drafts.append(draft)

    def add_many(self, model: type[Base], rows: Iterable[Mapping[str, Any]]) -> int:
        """Insert many rows at once, each with its audit entry; how many. Inserts only: the one bulk door.

        The mappings are keyed by column; a missing key, version or default is filled in as the session would.
        """
        if not self.writing:
            raise RuntimeError(_READING)
        self.session.flush()
        table = _table_of(model)
        fill = _filler(table)
        connection, count, statement = self.connection, 0, insert(table)
        batch: list[dict[str, Any]] = []

        def send() -> None:
            connection.execute(statement, batch)
            self.drafts.extend(_draft(Action.INSERT, model, table, values) for values in batch)
            if self.backend.early:
                self.chain()

        for row in rows:
            batch.append(fill(row))
            count += 1
            if len(batch) == _CHUNK:
                send()
                batch = []
        if batch:
            send()
        if count:
            self.touched.add(table.name)
        return count

    def erase(self, subject: str) -> None:
        """Make a person's row images unreadable for ever, and chain that it was done; on a server the owner's right.

        What this unit changed of her rows so far is chained without an image, since nobody could read one any more.
        """
        self.session.flush()
        drafts, self.drafts = self.drafts, []
        self.drafts += [replace(draft, values=None, text="") if draft.subject == subject else draft for draft in drafts]
        self.backend.erase(self.connection, subject)
        self.note(Draft(Action.ERASED, row=subject, subject=subject))

    @property
    def connection(self) -> Connection:
        """The transaction's connection, for the ground floor's own statements."""
        return self.session.connection()

    def chain(self) -> Head | None:
        """Chain what is drafted so far; the new head, or None when there was nothing."""
        if not self.drafts:
            return None
        drafts, self.drafts = self.drafts, []
        origin = Origin(self.actor.id, self.actor.machine, self.now, self.mark)
        return self.backend.append(self.connection, drafts, origin)


def _draft(action: Action, model: type[Base], table: Table, values: Mapping[str, Any]) -> Draft:
    subject = str(values[model.subject_column]) if model.subject_column and values[model.subject_column] else ""
    return Draft(
        action, table.name, row_key(table, values), subject, values=None if action is Action.DELETE else values
    )


def _table_of(model: type[Base]) -> Table:
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is not a plain table")
    return table


def _filler(table: Table) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    keys = [column.key for column in table.columns]
    defaults: dict[str, Any] = {}
    makers: dict[str, Callable[[], Any]] = {}
    for column in table.columns:
        if column.key == "version":
            defaults[column.key] = 1
        elif column.primary_key and column.default is not None:
            makers[column.key] = uuid7
        elif column.default is not None and column.default.is_scalar:
            defaults[column.key] = column.default.arg  # type: ignore[attr-defined]

    blank = {key: defaults.get(key) for key in keys}

    def fill(row: Mapping[str, Any]) -> dict[str, Any]:
        values = {**blank, **row}
        if len(values) > len(blank):
            raise KeyError(f"{table.name} has no column {sorted(row.keys() - blank.keys())}")
        for key, make in makers.items():
            if values[key] is None:
                values[key] = make()
        return values

    return fill


def _values_of(row: Base) -> dict[str, Any]:
    mapper = row.__mapper__
    held = row.__dict__
    return {
        attribute.columns[0].key: held[attribute.key] if attribute.key in held else getattr(row, attribute.key)
        for attribute in mapper.column_attrs
    }


@event.listens_for(UnitSession, "after_flush")
def _collect(session: UnitSession, _context: UOWTransaction) -> None:
    changed: Sequence[tuple[Action, Iterable[Any]]] = (
        (Action.INSERT, session.new),
        (Action.UPDATE, [row for row in session.dirty if session.is_modified(row)]),
        (Action.DELETE, session.deleted),
    )
    unit = session.unit
    with session.no_autoflush:
        for action, rows in changed:
            for row in rows:
                model = type(row)
                table = _table_of(model)
                unit.touched.add(table.name)
                if table.name not in EXEMPT:
                    unit.drafts.append(_draft(action, model, table, _values_of(row)))


@event.listens_for(UnitSession, "before_flush")
def _refuse_in_reading(session: UnitSession, _context: UOWTransaction, _instances: object) -> None:
    if not session.unit.writing:
        raise RuntimeError(_READING)


@event.listens_for(UnitSession, "do_orm_execute")
def _refuse_bulk(state: ORMExecuteState) -> None:
    if not state.is_select and not state.is_relationship_load and not state.is_column_load:
        raise RuntimeError(_BULK)
