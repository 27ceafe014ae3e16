"""The ground's own tables: the audit, its image keys, sealed values, and (on a server) people's keys and logins."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.types import Base, Key, UtcTime

# INTEGER is the row's own number in SQLite and costs no second index; PostgreSQL needs the wider type said.
_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")


class StoreMeta(Base):
    """What the store says of itself: one row."""

    __tablename__ = "store_meta"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    store_id: Mapped[str] = mapped_column(String(36))
    made_at: Mapped[datetime] = mapped_column(UtcTime)


class AuditEntry(Base):
    """One link of the audit chain. Written only by ``db.audit``; texts are what was hashed, letter by letter."""

    __tablename__ = "audit_entry"

    seq: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(27))
    mono: Mapped[int] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(String(36))
    machine: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(String(20))
    table_name: Mapped[str] = mapped_column(String(63))
    row_key: Mapped[str] = mapped_column(Text, index=True)
    subject: Mapped[str] = mapped_column(String(36))
    reason: Mapped[str] = mapped_column(Text)
    mark: Mapped[str] = mapped_column(String(40))
    key_no: Mapped[int] = mapped_column(Integer)
    image_hash: Mapped[bytes] = mapped_column(LargeBinary)
    prev: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    mac: Mapped[bytes] = mapped_column(LargeBinary)


class AuditImage(Base):
    """The row as it was after the change, encrypted under the key of the person it is about."""

    __tablename__ = "audit_image"

    seq: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=False)
    bytes: Mapped[bytes] = mapped_column(LargeBinary)


class ImageKey(Base):
    """Key of a person's row images (empty ``subject``: the house), wrapped by the house key; erasing empties it."""

    __tablename__ = "image_key"

    subject: Mapped[str] = mapped_column(String(36), primary_key=True)
    house_no: Mapped[int] = mapped_column(Integer)
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)


class AuditSecret(Base):
    """On a server the chain keys lie here, readable by the owner's functions alone; in the file store it is empty."""

    __tablename__ = "audit_secret"

    key_no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    inner_pad: Mapped[bytes] = mapped_column(LargeBinary)
    outer_pad: Mapped[bytes] = mapped_column(LargeBinary)


class Sealed(Base):
    """A value few may read: written and opened only by sealing, bound to table, row and field."""

    __tablename__ = "sealed"
    __table_args__ = (UniqueConstraint("owner_table", "owner_id", "field"),)

    id: Mapped[Key]
    owner_table: Mapped[str] = mapped_column(String(63))
    owner_id: Mapped[str] = mapped_column(String(36))
    field: Mapped[str] = mapped_column(String(63))
    key_id: Mapped[str] = mapped_column(String(60))
    nonce: Mapped[bytes] = mapped_column(LargeBinary)
    bytes: Mapped[bytes] = mapped_column(LargeBinary)


class KeySlot(Base):
    """On a server: a person's slot; each login reads only its own row. In the file store the slot file has them."""

    __tablename__ = "key_slot"

    owner: Mapped[str] = mapped_column(String(36), primary_key=True)
    tag: Mapped[str] = mapped_column(String(32), unique=True)
    login_role: Mapped[str] = mapped_column(String(63), unique=True)
    public: Mapped[bytes] = mapped_column(LargeBinary)
    passes: Mapped[int] = mapped_column(Integer)
    memory: Mapped[int] = mapped_column(Integer)
    lanes: Mapped[int] = mapped_column(Integer)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class KeyRecovery(Base):
    """On a server: the public half of a recovery pair whose words lie on paper."""

    __tablename__ = "key_recovery"

    owner: Mapped[str] = mapped_column(String(36), primary_key=True)
    public: Mapped[bytes] = mapped_column(LargeBinary)


class KeySealed(Base):
    """On a server: a store key sealed to one person or recovery pair."""

    __tablename__ = "key_sealed"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    owner: Mapped[str] = mapped_column(String(36), primary_key=True)
    blob: Mapped[bytes] = mapped_column(LargeBinary)
