"""Base types of the store: keys, time, and the declarative base every table stands on."""

import os
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Final

from sqlalchemy import DateTime, Dialect, MetaData, String, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def utc_now() -> datetime:
    """The PC's time in UTC. The one clock of the program; everything else is handed a time (``work.now``)."""
    return datetime.now(UTC)


class _Uuid7:
    """UUIDv7 (RFC 9562): 48 bits of milliseconds, then a counter that only rises within a millisecond, then chance."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> uuid.UUID:
        fresh = (time.time_ns() // 1_000_000) << 74 | int.from_bytes(os.urandom(9)) & ((1 << 73) - 1)
        with self._lock:
            # A clock set back, or two ids within a millisecond: go on from the last one, so order never turns.
            self._last = fresh if fresh > self._last else self._last + 1 + int.from_bytes(os.urandom(4))
            value = self._last
        high, low = value >> 62, value & ((1 << 62) - 1)
        return uuid.UUID(int=(high >> 12) << 80 | 7 << 76 | (high & 0xFFF) << 64 | 2 << 62 | low)


_uuid7 = _Uuid7()


def uuid7() -> uuid.UUID:
    """A new row key: unique across PCs, rising within this process even when the clock is set back."""
    return _uuid7()


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC. A time without a zone is refused; the file store keeps ISO text that sorts as time does."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text of fixed width in the file store, ``timestamptz`` on PostgreSQL."""
        return dialect.type_descriptor(String(27) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse a time without zone; hand over UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone cannot be stored")
        value = value.astimezone(UTC)
        return iso_utc(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give back an aware UTC time from either store."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.fromisoformat(value)
        return value.astimezone(UTC)  # type: ignore[no-any-return]


def iso_utc(moment: datetime) -> str:
    """ISO text in UTC with microseconds and ``Z``: 27 characters, sorts as time does, equal on both stores."""
    # Not strftime: before the year 1000 its width depends on the system.
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


Key = Annotated[uuid.UUID, mapped_column(Uuid, primary_key=True, default=uuid7)]
"""Primary key: UUIDv7 made here, so that rows of two PCs never collide."""
Moment = Annotated[datetime, mapped_column(UtcTime)]
"""A moment in UTC, not null."""
MomentOrNone = Annotated[datetime | None, mapped_column(UtcTime)]
"""A moment in UTC that may be missing."""


class Base(DeclarativeBase):
    """Base of every table.

    A table may name in ``subject_column`` the column that holds the person its rows are about: the row images in the
    audit are then encrypted under that person's key, so that erasing the person makes them unreadable.
    """

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcTime, uuid.UUID: Uuid}
    subject_column: ClassVar[str | None] = None

    def __repr__(self) -> str:
        """Class and key only: a row's values never reach a log or an error text."""
        return f"<{type(self).__name__} {getattr(self, 'id', '?')}>"


class Changing:
    """Mix-in for a table whose rows can change: saving over another's change is a conflict, never a lost update."""

    version: Mapped[int]

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy hands the class
        """Count the row's versions in its ``version`` column."""
        return {"version_id_col": cls.version}
