"""The audit: one chained entry for each change and each noted read, in the same transaction as the change itself.

Each entry hashes the one before it, so nothing can be edited, dropped or moved unseen; the row's image lies beside it,
encrypted under a key of the person it is about, so that a person can be erased without breaking the chain. Entries are
collected while the session flushes and chained once, as the last statement before COMMIT.
"""

import hashlib
import hmac
import json
import os
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import Connection, Table

from db.keyring import Keyring, wipe
from db.types import iso_utc

EMPTY_HASH: Final = bytes(32)
SEPARATOR: Final = "\x1f"
CLOCK_TOLERANCE: Final = timedelta(minutes=1)
EXEMPT: Final = {
    *("audit_entry", "audit_image", "audit_secret", "image_key", "sealed", "alembic_version"),
    *("key_slot", "key_recovery", "key_sealed"),
}
"""The ground's own tables: they carry the audit, or hold ciphertext whose every use is noted by name."""


class Action(StrEnum):
    """What an entry tells. Free words cannot be counted; these can."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    READ = "read"
    PRINT = "print"
    EXPORT = "export"
    SIGN_IN = "sign_in"
    KEY = "key"
    ERASED = "erased"
    MIGRATED = "migrated"
    RESTORED = "restored"


class Head(NamedTuple):
    """The end of the chain: number, hash and time (ISO, UTC) of the last entry."""

    seq: int
    hash: bytes
    at: str


START: Final = Head(0, EMPTY_HASH, "")


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it has a number. ``values`` (a row) or ``text`` (a note's words) become its encrypted image."""

    action: Action
    table: str = ""
    row: str = ""
    subject: str = ""
    reason: str = ""
    values: Mapping[str, Any] | None = None
    text: str = ""


@dataclass(frozen=True)
class Origin:
    """Who acts, where and when, with what mark (``alone``: an act for two was done by one)."""

    actor: uuid.UUID
    machine: str
    at: datetime
    mark: str = ""


def marked(origin: Origin, last_at: str) -> str:
    """The origin's mark; ``clock`` besides, when the PC's time lies more than the tolerance before the last entry's."""
    behind = last_at and origin.at < datetime.fromisoformat(last_at) - CLOCK_TOLERANCE
    return clean(" ".join(part for part in (origin.mark, "clock" if behind else "") if part))


class Entry(NamedTuple):
    """An entry as it is stored, in the order of its columns."""

    seq: int
    at: str
    mono: int
    actor: str
    machine: str
    action: str
    table_name: str
    row_key: str
    subject: str
    reason: str
    mark: str
    key_no: int
    image_hash: bytes
    prev: bytes
    hash: bytes
    mac: bytes

    def text(self) -> str:
        """What is hashed, after the previous hash: every told field, letter by letter."""
        told = (*self[:12], self.image_hash.hex())
        return SEPARATOR.join(map(str, told))

    def computed_hash(self) -> bytes:
        """The hash these fields must have."""
        return hashlib.sha256(self.prev + self.text().encode()).digest()


ENTRY_COLUMNS: Final = Entry._fields


def clean(text: str) -> str:
    """Text without control characters: none may imitate the separator of the chained fields."""
    return "".join(max(character, " ") for character in text)


def row_key(table: Table, values: Mapping[str, Any]) -> str:
    """A row's key as text, parts joined by a slash."""
    return "/".join([str(values[name]) for name in _key_names(table)])


@cache
def _key_names(table: Table) -> tuple[str, ...]:
    return tuple(column.key for column in table.primary_key.columns)


def _plain(value: object) -> object:
    match value:
        case uuid.UUID() | Decimal():
            return str(value)
        case datetime():
            return iso_utc(value)
        case date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case _:
            raise TypeError(f"no image of {type(value).__name__}")


_encode: Final[Callable[[object], str]] = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain
).encode


def image_of(values: Mapping[str, Any] | None, text: str = "") -> bytes:
    """A row (or a note's words) as canonical bytes, equal for equal values on either store; empty for neither."""
    if values is None and not text:
        return b""
    return _encode({"v": values} if values is not None else {"t": text}).encode()


class Backend(Protocol):
    """How one kind of store keeps chain and image keys. ``early``: a long bulk insert may chain as it goes."""

    early: bool
    keys: "ImageKeys"

    def append(self, connection: Connection, drafts: Sequence[Draft], origin: Origin) -> Head:
        """Chain the entries; the new head."""

    def head(self, connection: Connection) -> Head:
        """The head as the store tells it."""

    def hash_at(self, connection: Connection, seq: int) -> bytes | None:
        """The hash of one entry; None when there is no such entry."""

    def erase(self, connection: Connection, subject: str) -> None:
        """Destroy a person's image key for good: nothing about her can be chained with an image any more."""

    def rewrap(self, connection: Connection) -> None:
        """Wrap every image key by the newest house key."""


class ImageKeys:
    """The open image keys of this process, one for each person, fetched or made when first needed."""

    def __init__(
        self, keyring: Keyring, fetch: Callable[[Connection, str, Callable[[], tuple[int, bytes]]], Any]
    ) -> None:
        self._keyring = keyring
        self._fetch = fetch
        self._open: dict[str, Any] = {}

    def forget(self, subject: str | None = None) -> None:
        """Drop one person's key (erased), or all (the unit was rolled back, or the screen locked)."""
        if subject is None:
            self._open.clear()
        else:
            self._open.pop(subject, None)

    def cipher(self, connection: Connection, subject: str) -> Any:
        """The cipher of a person's images; a new key is made where there is none.

        Raises:
            LookupError: the person was erased; nothing may be written about her any more.
        """
        cipher = self._open.get(subject)
        if cipher is None:
            house_no, wrapped = self._fetch(connection, subject, lambda: self._fresh(subject))
            if wrapped is None:
                raise LookupError("erased subject")
            cipher = self._open[subject] = self.unwrap(subject, house_no, wrapped)
        return cipher

    def unwrap(self, subject: str, house_no: int, wrapped: bytes) -> Any:
        """The cipher from a wrapped image key."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = self._bare(subject, house_no, wrapped)
        cipher = AESGCM(key)
        wipe(key)
        return cipher

    def rewrapped(self, subject: str, house_no: int, wrapped: bytes) -> tuple[int, bytes]:
        """The same image key under the newest house key, with that key's number."""
        return self._wrap_once(subject, self._bare(subject, house_no, wrapped))

    def _bare(self, subject: str, house_no: int, wrapped: bytes) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        house = AESGCM(self._keyring.key(f"house/{house_no}"))
        return house.decrypt(wrapped[:12], wrapped[12:], subject.encode())

    def _fresh(self, subject: str) -> tuple[int, bytes]:
        return self._wrap_once(subject, os.urandom(32))

    def _wrap_once(self, subject: str, key: bytes) -> tuple[int, bytes]:
        try:
            return self.wrap(subject, key)
        finally:
            wipe(key)

    def wrap(self, subject: str, key: bytes) -> tuple[int, bytes]:
        """An image key wrapped by the newest house key, with that key's number."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        number, house = self._keyring.newest("house")
        nonce = os.urandom(12)
        return number, nonce + AESGCM(house).encrypt(nonce, key, subject.encode())


def bound_to(table: str, row: str) -> bytes:
    """What an image is bound to: moved to another row it does not open."""
    return f"{table}/{row}".encode()


def close_images(
    keys: ImageKeys, connection: Connection, drafts: Iterable[Draft]
) -> Iterable[tuple[Draft, bytes, bytes]]:
    """Each draft with its encrypted image and that image's hash (both empty for an entry without one)."""
    for draft in drafts:
        plain = image_of(draft.values, draft.text)
        if not plain:
            yield draft, b"", b""
            continue
        nonce = os.urandom(12)
        cipher = keys.cipher(connection, draft.subject)
        image = nonce + cipher.encrypt(nonce, plain, bound_to(draft.table, draft.row))
        yield draft, image, hashlib.sha256(image).digest()


class FileBackend:
    """The chain in the encrypted file: whoever writes holds the chain key (a limit that docs/security.md names)."""

    early = True
    _HEAD = "SELECT seq, hash, at FROM audit_entry ORDER BY seq DESC LIMIT 1"
    # OR FAIL as the guard says it (see db/guards.py): one row each, so there is nothing half done to take back.
    _INSERT = (
        f"INSERT OR FAIL INTO audit_entry ({', '.join(ENTRY_COLUMNS)}) VALUES ({', '.join('?' * len(Entry._fields))})"
    )
    _INSERT_IMAGE = "INSERT OR FAIL INTO audit_image (seq, bytes) VALUES (?, ?)"

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self.keys = ImageKeys(keyring, self._image_key)

    def head(self, connection: Connection) -> Head:
        """The last entry, or the start of an empty chain."""
        row = connection.exec_driver_sql(self._HEAD).first()
        return Head(*row) if row else START

    def hash_at(self, connection: Connection, seq: int) -> bytes | None:
        """The hash of one entry."""
        found = connection.exec_driver_sql("SELECT hash FROM audit_entry WHERE seq = ?", (seq,)).scalar()
        return None if found is None else bytes(found)

    def append(self, connection: Connection, drafts: Sequence[Draft], origin: Origin) -> Head:
        """Chain the drafts after the head, entries and images in one bulk statement each."""
        seq, prev, last_at = self.head(connection)
        key_no, chain_key = self._keyring.newest("chain")
        at, actor, machine, mark = iso_utc(origin.at), str(origin.actor), clean(origin.machine), marked(origin, last_at)
        entries: list[Entry] = []
        images: list[tuple[int, bytes]] = []
        for draft, image, image_hash in close_images(self.keys, connection, drafts):
            seq += 1
            told = (seq, at, time.monotonic_ns(), actor, machine, draft.action.value, draft.table, draft.row)
            fields = (*told, draft.subject, clean(draft.reason), mark, key_no, image_hash)
            text = SEPARATOR.join(map(str, (*fields[:12], image_hash.hex())))
            link = hashlib.sha256(prev + text.encode()).digest()
            entries.append(Entry(*fields, prev, link, hmac.digest(chain_key, link, "sha256")))
            if image:
                images.append((seq, image))
            prev = link
        connection.exec_driver_sql(self._INSERT, entries)
        if images:
            connection.exec_driver_sql(self._INSERT_IMAGE, images)
        return Head(seq, prev, at)

    def rewrap(self, connection: Connection) -> None:
        """Wrap every image key by the newest house key, so that the older one opens nothing any more."""
        newest, _ = self._keyring.newest("house")
        query = "SELECT subject, house_no, wrapped FROM image_key WHERE wrapped IS NOT NULL AND house_no < ?"
        for subject, house_no, wrapped in connection.exec_driver_sql(query, (newest,)).all():
            update = "UPDATE image_key SET house_no = ?, wrapped = ? WHERE subject = ?"
            connection.exec_driver_sql(update, (*self.keys.rewrapped(subject, house_no, wrapped), subject))

    def erase(self, connection: Connection, subject: str) -> None:
        """Destroy a person's image key: her images can never be read again, the chain stays whole."""
        gone = "INSERT INTO image_key (subject, house_no) VALUES (?, 0) ON CONFLICT (subject) DO UPDATE"
        connection.exec_driver_sql(f"{gone} SET wrapped = NULL", (subject,))
        self.keys.forget(subject)

    @staticmethod
    def _image_key(connection: Connection, subject: str, fresh: Callable[[], tuple[int, bytes]]) -> Any:
        found = connection.exec_driver_sql(
            "SELECT house_no, wrapped FROM image_key WHERE subject = ?", (subject,)
        ).first()
        if found is None:
            made = fresh()
            insert = "INSERT INTO image_key (subject, house_no, wrapped) VALUES (?, ?, ?)"
            connection.exec_driver_sql(insert, (subject, *made))
            return made
        return found
