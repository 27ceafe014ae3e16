"""Work: what every action and query is handed: who acts, when, with which roles; and the only way to rows."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from functools import cache, cached_property
from typing import Any, Final, TypeVar

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Row,
    Select,
    Uuid,
    bindparam,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from db.admission import Admission
from db.audit import Action, Draft
from db.types import Base
from db.unit import Unit
from shelter.faults import NotAllowed, NotFound
from shelter.rights import Permission, Role, Scope, TableRights, scope_of
from shelter.staff.records import Account, Delegation, RoleGrant

M = TypeVar("M", bound=Base)

WIB: Final = timezone(timedelta(hours=7), "WIB")
"""West Indonesian time, the house's own (Asia/Pontianak: UTC+7, no summer time)."""


@cache
def _roles_held() -> CompoundSelect[str]:
    """The statement behind ``Work.roles``: every unit runs it, and building it takes longer than running it."""
    me, day = bindparam("me", type_=Uuid()), bindparam("day", type_=Date())
    granted = (
        select(RoleGrant.role)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(Account.id == me, Account.disabled_at.is_(None), Account.removed_at.is_(None))
        .where(RoleGrant.ended_at.is_(None), RoleGrant.from_day <= day)
        .where(or_(RoleGrant.until_day.is_(None), RoleGrant.until_day >= day))
    )
    standing_in = (
        select(literal(Role.KEPALA.value))
        .select_from(Delegation)
        .join(Account, Account.id == Delegation.to_account)
        .where(Account.id == me, Account.disabled_at.is_(None), Account.removed_at.is_(None))
        .where(Delegation.from_day <= day, Delegation.until_day >= day)
        .where(or_(Delegation.ended_on.is_(None), Delegation.ended_on > day))
    )
    return union_all(granted, standing_in)


class Work:
    """One unit of work in the words of the house."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self._permissions: list[Permission] = []

    @property
    def now(self) -> datetime:
        """The moment of this unit, in UTC: one for the whole unit."""
        return self.unit.now

    @property
    def today(self) -> date:
        """The day of this unit, as the house counts it."""
        return self.now.astimezone(WIB).date()

    @property
    def me(self) -> uuid.UUID:
        """The account that acts."""
        return self.unit.actor.id

    @property
    def admission(self) -> Admission:
        """Letting people in and out: slots and keys."""
        admission: Admission = self.unit.admission
        return admission

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles whoever acts holds today, those of standing in for the head included. Read anew in every unit."""
        held = self.unit.session.execute(_roles_held(), {"me": self.me, "day": self.today})
        return frozenset(held.scalars())

    def scope(self, permission: Permission) -> Scope:
        """How far a permission reaches for whoever acts."""
        return scope_of(permission, self.roles)

    @contextmanager
    def under(self, permission: Permission) -> Iterator[None]:
        """Act under this permission; see ``rights.needs``."""
        self._permissions.append(permission)
        try:
            yield
        finally:
            self._permissions.pop()

    def get(self, model: type[M], key: object) -> M:
        """The row with this key, within the scope of the right acted under.

        Raises:
            NotFound: no such row, or not for this person.
        """
        own = self._own(model)
        row = self.unit.session.get(model, key, populate_existing=False)
        if row is None or (own is not None and getattr(row, own) != self.me):
            raise NotFound(model.__tablename__)
        return row

    def visible(self, model: type[Base], *columns: InstrumentedAttribute[Any]) -> Select[Any]:
        """A select of the rows (or these columns) that the right acted under reaches; narrow it further at will."""
        statement = select(*columns) if columns else select(model)
        condition = self._condition(model)
        return statement if condition is None else statement.where(condition)

    def rows(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        """Run a select made by ``visible``: all its rows."""
        return self.unit.session.execute(statement).all()

    def entities(self, model: type[M], statement: Select[Any]) -> Sequence[M]:
        """Run a select of whole rows made by ``visible``."""
        del model  # said so that the caller's types are known
        return self.unit.session.scalars(statement).all()

    def add(self, row: Base) -> None:
        """Add a row; it is audited when it is flushed."""
        self.unit.session.add(row)

    def flush(self) -> None:
        """Send what was added or changed to the store, so that a later read of this unit sees it."""
        self.unit.session.flush()

    def add_many(self, model: type[Base], rows: Iterable[Mapping[str, Any]]) -> int:
        """Insert many rows at once, each with its audit entry; how many."""
        return self.unit.add_many(model, rows)

    def remove(self, row: Base) -> None:
        """Delete a row for good. Case data is never deleted; settings and the like may be."""
        self.unit.session.delete(row)

    def alone(self) -> None:
        """Mark this unit: an act for two people was done by one, because only one holds the right."""
        self.unit.mark = "alone"

    def exclusive(self, name: str) -> None:
        """Let one unit at a time pass here, until its end, on every PC: for counters and the like."""
        if self.unit.connection.dialect.name == "postgresql":
            self.unit.connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", (name,))

    def note(self, action: Action, model: type[Base], key: object, *, subject: object = "", text: str = "") -> None:
        """Chain an entry for what is not a changed row: a file opened, a paper printed. ``text`` is kept encrypted."""
        self.unit.note(Draft(action, model.__tablename__, str(key), str(subject), text=text))

    def _rights(self, model: type[Base]) -> TableRights:
        rights: TableRights = model.rights  # type: ignore[attr-defined]
        return rights

    def _own(self, model: type[Base]) -> str | None:
        """The column that must hold my account, None when every row is within reach.

        Raises:
            NotAllowed: the right acted under does not reach this table in any way.
        """
        if not self._permissions:
            raise NotAllowed(model.__tablename__)
        permission = self._permissions[-1]
        scope = self.scope(permission)
        if scope is Scope.ALL:
            return None
        own = self._rights(model).own
        if scope is Scope.OWN and own:
            return own
        raise NotAllowed(permission)

    def _condition(self, model: type[Base]) -> ColumnElement[bool] | None:
        own = self._own(model)
        return None if own is None else getattr(model, own) == self.me


class Founding(Work):
    """The work of founding a home: nobody holds a role yet, so every role is lent until the first person has one."""

    @cached_property
    def roles(self) -> frozenset[str]:
        """All roles."""
        return frozenset(Role)


class Recovered(Work):
    """The work of whoever came in by a recovery sheet: people and their passwords, nothing of the residents."""

    @cached_property
    def roles(self) -> frozenset[str]:
        """The administrator's role."""
        return frozenset({Role.ADMIN.value})
