"""Identity, letterheads, settings and number series of the home."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Integer, LargeBinary, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from db.guards import refuse
from db.types import Base, Changing, Key, UtcTime
from shelter.rights import Permission, TableRights

_READ = (Permission.HOME_SETTINGS_READ,)
_WRITE = (Permission.HOME_SETTINGS_WRITE,)


class HomeIdentity(Changing, Base):
    """Who the home is. One row. Where it stands is kept nowhere: the address on paper is the office's."""

    __tablename__ = "home_identity"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)
    rights: ClassVar[TableRights] = TableRights(_READ, add=_WRITE, change=_WRITE)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    place: Mapped[str] = mapped_column(String(80), default="Pontianak")
    """The town before the date above a signature."""
    started_on: Mapped[datetime] = mapped_column(UtcTime)
    """When Teduh began here: clocks from before it read "sebelum Teduh"."""


class Letterhead(Changing, Base):
    """A *kop surat*: the home's own (``RUMAH``) or the neutral one (``NETRAL``), which names the office alone."""

    __tablename__ = "letterhead"
    rights: ClassVar[TableRights] = TableRights(
        _READ, add=(Permission.HOME_LETTERHEAD_WRITE,), change=(Permission.HOME_LETTERHEAD_WRITE,)
    )

    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    lines: Mapped[str] = mapped_column(Text)
    """Lines in capitals, from government to unit, one a line."""
    address: Mapped[str] = mapped_column(Text, default="")
    logo: Mapped[bytes | None] = mapped_column(LargeBinary)


class SettingValue(Changing, Base):
    """A setting the house changed. What each may hold, and its default, stands in ``rules.SETTINGS``."""

    __tablename__ = "setting_value"
    rights: ClassVar[TableRights] = TableRights(_READ, add=_WRITE, change=_WRITE)

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class NumberSeries(Changing, Base):
    """The counter of one kind of number in one year."""

    __tablename__ = "number_series"
    __table_args__ = (UniqueConstraint("kind", "type_code", "year"),)
    rights: ClassVar[TableRights] = TableRights(_READ, add=_READ, change=_READ)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(20))
    type_code: Mapped[str] = mapped_column(String(40), default="")
    year: Mapped[int] = mapped_column(Integer)
    last: Mapped[int] = mapped_column(Integer)


class NumberIssued(Changing, Base):
    """A number given out. It is never given again; cancelled, it stays in its register as *BATAL*."""

    __tablename__ = "number_issued"
    __table_args__ = (
        UniqueConstraint("series_id", "seq"),
        UniqueConstraint("text"),
        {"info": {"guards": [refuse("number_issued", "number_issued_no_delete", "DELETE", "", "numbers stay")]}},
    )
    rights: ClassVar[TableRights] = TableRights(_READ, add=_READ, change=(Permission.DOCUMENTS_PAPER_CANCEL,))

    id: Mapped[Key]
    series_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("number_series.id"))
    seq: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(String(80))
    issued_at: Mapped[datetime] = mapped_column(UtcTime)
    issued_by: Mapped[uuid.UUID] = mapped_column(Uuid)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    cancel_reason: Mapped[str] = mapped_column(Text, default="")
