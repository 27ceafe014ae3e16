"""The audit's verifier: finds every edit, deletion, reorder, replayed page, cut tail and rolled-back file, by name.

Three things are held against each other: the chain with itself, each row with its last audited image, and the chain's
head with the anchor kept outside the database.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

from db.audit import (
    EMPTY_HASH,
    ENTRY_COLUMNS,
    EXEMPT,
    START,
    Action,
    Entry,
    Head,
    ImageKeys,
    bound_to,
    image_of,
)
from db.guards import Tables
from db.keyring import Keyring
from db.rows import rows_of

T = TypeVar("T")

MOST_FINDINGS: Final = 50
_BATCH: Final = 2000


class Wrong(StrEnum):
    """What can be wrong with a store. The sentences stand in ``ui/messages.py``."""

    UNREADABLE = "unreadable"
    PAGE = "page"
    STRUCTURE = "structure"
    DANGLING = "dangling"
    GUARD = "guard"
    ENTRY_EDITED = "entry_edited"
    ENTRY_MISSING = "entry_missing"
    ENTRY_ORDER = "entry_order"
    ENTRY_FORGED = "entry_forged"
    IMAGE_EDITED = "image_edited"
    IMAGE_MISSING = "image_missing"
    ROW_EDITED = "row_edited"
    ROW_MISSING = "row_missing"
    ROW_UNKNOWN = "row_unknown"
    ROLLED_BACK = "rolled_back"
    OTHER_HISTORY = "other_history"
    SLOTS = "slots"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: what, in which table and row, at which audit number. Never a value."""

    wrong: Wrong
    table: str = ""
    row: str = ""
    seq: int = 0


@dataclass
class Report:
    """What a check found, and what it looked at.

    ``erased`` people are no fault: their images were destroyed on purpose. Without an anchor (``anchored`` off)
    the data may be sound, but an old copy put back could not be told from it.
    """

    findings: list[Finding]
    entries: int = 0
    rows: int = 0
    erased: int = 0
    more: int = 0
    anchored: bool = True

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def add(self, finding: Finding) -> None:
        """Note a finding; past the first fifty they are only counted."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)
        else:
            self.more += 1


@dataclass
class _Last:
    """The last entry about a row: what happened, and where its image lies."""

    seq: int
    action: str
    subject: str


@dataclass
class _Told:
    """What the chain tells: the last entry about each row, the people erased, and those who have images."""

    last: dict[tuple[str, str], _Last] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    imaged: set[str] = field(default_factory=set)

    def hear(self, entry: Entry) -> None:
        """Take in one entry."""
        if entry.table_name and entry.action in {Action.INSERT, Action.UPDATE, Action.DELETE, Action.MIGRATED}:
            self.last[entry.table_name, entry.row_key] = _Last(entry.seq, entry.action, entry.subject)
        if entry.action == Action.ERASED:
            self.erased.add(entry.row_key)
        if entry.image_hash:
            self.imaged.add(entry.subject)


def quietly(done: int) -> None:
    """Tell nobody how far a check has come."""


def verify(
    connection: Connection,
    tables: Tables,
    keyring: Keyring,
    anchor: Head,
    report: Report,
    *,
    full: bool,
    progress: Callable[[int], None] = quietly,
) -> None:
    """Check chain, anchor and, when ``full``, every row against its last image. Findings go to ``report``.

    Args:
        connection: one that sees everything: of the file without authorizer, or of the server's owner.
        tables: the tables module.
        keyring: somebody's open keys; a server keeps the chain keys itself, so MACs are checked by its own function.
        anchor: the head as remembered outside.
        report: where findings go.
        full: also decrypt and compare rows.
        progress: told now and then how many entries were looked at.
    """
    chain_keys = keyring.all_of("chain")
    told = _Told()
    head = START
    report.anchored = anchor != START
    found_anchor = not report.anchored
    for entry in _entries(connection):
        _check_link(entry, head, chain_keys, report)
        head = Head(entry.seq, entry.hash, entry.at)
        if entry.seq == anchor.seq:
            found_anchor = True
            if entry.hash != anchor.hash:
                report.add(Finding(Wrong.OTHER_HISTORY, "audit_entry", str(entry.seq), entry.seq))
        told.hear(entry)
        report.entries += 1
        if report.entries % _BATCH == 0:
            progress(report.entries)
    if head == START:
        # Founding chains the first entry: no store is without one.
        report.add(Finding(Wrong.ENTRY_MISSING, "audit_entry", "1", 1))
    if not found_anchor:
        report.add(Finding(Wrong.ROLLED_BACK, "audit_entry", str(anchor.seq), anchor.seq))
    _check_images(connection, report)
    if full:
        _check_rows(connection, tables, keyring, told, report)
    progress(report.entries)


def _entries(connection: Connection) -> Iterator[Entry]:
    columns = ", ".join(ENTRY_COLUMNS)
    query = f"SELECT {columns} FROM audit_entry ORDER BY seq"
    for row in connection.exec_driver_sql(query, execution_options=_streaming(connection)):
        yield Entry(*row)


def _streaming(connection: Connection) -> dict[str, int]:
    """A server would hand over everything at once."""
    return {} if connection.dialect.name == "sqlite" else {"yield_per": _BATCH}


def _check_link(entry: Entry, head: Head, chain_keys: Mapping[int, bytes], report: Report) -> None:
    where = ("audit_entry", str(entry.seq), entry.seq)
    if entry.seq != head.seq + 1:
        report.add(Finding(Wrong.ENTRY_MISSING, "audit_entry", str(head.seq + 1), head.seq + 1))
    elif entry.prev != head.hash:
        report.add(Finding(Wrong.ENTRY_ORDER, *where))
    if _edited(entry):
        report.add(Finding(Wrong.ENTRY_EDITED, *where))
    elif chain_keys:
        key = chain_keys.get(entry.key_no)
        if key is None or not hmac.compare_digest(entry.mac, hmac.digest(key, entry.hash, "sha256")):
            report.add(Finding(Wrong.ENTRY_FORGED, *where))


def _edited(entry: Entry) -> bool:
    """Whether the fields are not those that were hashed. The file store keeps a text where bytes belong, if told to."""
    links = (entry.image_hash, entry.prev, entry.hash, entry.mac)
    return not all(isinstance(link, bytes) for link in links) or entry.computed_hash() != entry.hash


def _check_images(connection: Connection, report: Report) -> None:
    """Every image there, and as its entry says; none that no entry knows."""
    joined = (
        "SELECT e.seq, e.table_name, e.row_key, e.image_hash, i.bytes FROM audit_entry e"
        " LEFT JOIN audit_image i ON i.seq = e.seq WHERE length(e.image_hash) > 0 ORDER BY e.seq"
    )
    for seq, table, row, image_hash, image in connection.exec_driver_sql(
        joined, execution_options=_streaming(connection)
    ):
        if image is None:
            report.add(Finding(Wrong.IMAGE_MISSING, table, row, seq))
        elif not isinstance(image, bytes) or hashlib.sha256(image).digest() != image_hash:
            report.add(Finding(Wrong.IMAGE_EDITED, table, row, seq))
    stray = (
        "SELECT i.seq FROM audit_image i LEFT JOIN audit_entry e ON e.seq = i.seq"
        " WHERE e.seq IS NULL OR length(e.image_hash) = 0 ORDER BY i.seq"
    )
    for (seq,) in connection.exec_driver_sql(stray):
        report.add(Finding(Wrong.ROW_UNKNOWN, "audit_image", str(seq), seq))


def _check_rows(connection: Connection, tables: Tables, keyring: Keyring, told: _Told, report: Report) -> None:
    ciphers = _Ciphers(connection, keyring)
    ciphers.check_keys(told, report)
    for table in tables.metadata.sorted_tables:
        if table.name in EXEMPT:
            continue
        for batch in _batches(rows_of(connection, table)):
            told_of = [(key, values, told.last.pop((table.name, key), None)) for key, values in batch]
            images = ciphers.images([known.seq for _, _, known in told_of if known is not None])
            for key, values, known in told_of:
                report.rows += 1
                if known is None or known.action == Action.DELETE:
                    report.add(Finding(Wrong.ROW_UNKNOWN, table.name, key, known.seq if known else 0))
                elif values is None or ciphers.differs(table, key, known, values, images.get(known.seq)):
                    report.add(Finding(Wrong.ROW_EDITED, table.name, key, known.seq))
    present = {table.name for table in tables.metadata.sorted_tables}
    for (table_name, key), known in told.last.items():
        if known.action != Action.DELETE and table_name in present - EXEMPT:
            report.add(Finding(Wrong.ROW_MISSING, table_name, key, known.seq))


def _batches(rows: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch


class _Ciphers:
    """Opens last images; an erased person's key is gone, which is counted, not complained of."""

    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        keys = connection.exec_driver_sql("SELECT subject, house_no, wrapped FROM image_key").all()
        self._wrapped = {subject: (house_no, wrapped) for subject, house_no, wrapped in keys}
        self._image_keys = ImageKeys(keyring, lambda _connection, subject, _fresh: self._wrapped[subject])
        # Many at once, in one statement that is the same for any number of them.
        wanted = "IN (SELECT value FROM json_each(?))" if connection.dialect.name == "sqlite" else "= ANY(%s::bigint[])"
        self._query = f"SELECT seq, bytes FROM audit_image WHERE seq {wanted}"

    def check_keys(self, told: _Told, report: Report) -> None:
        """A key for everybody who has images, and none for the erased: that a key is gone, an entry must tell."""
        for subject in sorted(told.imaged - self._wrapped.keys(), key=str):
            report.add(Finding(Wrong.ROW_MISSING, "image_key", subject))
        for subject, (_, wrapped) in self._wrapped.items():
            if wrapped is None and subject in told.erased:
                report.erased += 1
            elif wrapped is None or subject in told.erased or not self._opens(subject):
                report.add(Finding(Wrong.ROW_EDITED, "image_key", subject))

    def _opens(self, subject: str) -> bool:
        from cryptography.exceptions import InvalidTag

        try:
            self._image_keys.cipher(self._connection, subject)
        except (InvalidTag, LookupError, ValueError, TypeError, AttributeError):
            return False
        return True

    def images(self, seqs: list[int]) -> dict[int, Any]:
        """The images of these entries; one that is gone is left out."""
        asked: Any = json.dumps(seqs) if self._connection.dialect.name == "sqlite" else seqs
        rows = self._connection.exec_driver_sql(self._query, (asked,))
        return {seq: image for seq, image in rows}  # noqa: C416 - rows, typed

    def differs(self, table: Table, key: str, known: _Last, values: Mapping[str, Any], image: Any) -> bool:
        """Whether the row as it stands is not the row as it was last audited."""
        from cryptography.exceptions import InvalidTag

        house_no_and_wrapped = self._wrapped.get(known.subject)
        if house_no_and_wrapped is not None and house_no_and_wrapped[1] is None:
            return False
        if image is None:
            return True
        try:
            cipher = self._image_keys.cipher(self._connection, known.subject)
            plain = cipher.decrypt(bytes(image[:12]), bytes(image[12:]), bound_to(table.name, key))
        except (InvalidTag, LookupError, ValueError, TypeError, DBAPIError):
            return True
        return plain != image_of(values) and not _same_where_known(plain, values)


def _same_where_known(image: bytes, values: Mapping[str, Any]) -> bool:
    """Whether an image from before a migration, which has other columns, agrees in those both have."""
    then = json.loads(image).get("v") or {}
    now = json.loads(image_of(values))["v"]
    return then.keys() != now.keys() and all(now[name] == then[name] for name in now.keys() & then.keys())


def same_head(found: Head, anchor: Head, hash_at: Callable[[int], bytes | None]) -> Finding | None:
    """Hold a head remembered outside against a chain that cannot be read, only asked for one entry's hash."""
    if anchor == START:
        return None
    if found.seq < anchor.seq:
        return Finding(Wrong.ROLLED_BACK, "audit_entry", str(anchor.seq), anchor.seq)
    if (hash_at(anchor.seq) or EMPTY_HASH) != anchor.hash:
        return Finding(Wrong.OTHER_HISTORY, "audit_entry", str(anchor.seq), anchor.seq)
    return None
