"""Founding a home on a server, with the owner's connection; and checking one."""

import os
import uuid
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from db import recovery, upgrade
from db.anchors import Anchor
from db.audit import Action, Draft, Head
from db.check import check_guards
from db.faults import ServerTrouble, StoreExists
from db.keyring import Credential, Kdf, Keyring, public_of, seal
from db.opening import NewStore
from db.records import AuditSecret, KeyRecovery, KeySealed, StoreMeta
from db.serverplace import ServerPlace, reason_of
from db.serverstore import ServerOpening
from db.store import Store
from db.unit import Actor, Unit
from db.verify import Finding, Report, Wrong, same_head, verify

W = TypeVar("W")

_PAD: Final = 64


def create(
    owner: ServerPlace,
    opening: ServerOpening[W],
    login: str,
    password: str,
    kdf: Kdf,
    found: Callable[[Store[W], Actor, Credential], None],
) -> NewStore:
    """Make the schema and found a home. ``owner`` is the same database as ``opening.place``, entered as its owner.

    Raises:
        StoreExists: there is a home already.
        ServerTrouble: the server cannot be used.
    """
    engine = owner.engine(pooled=False)
    try:
        with engine.connect() as connection:
            if upgrade.revision_of(connection) is not None:
                raise StoreExists(place=owner.database)
        opening.place.state.mkdir(parents=True, exist_ok=True)
        # An anchor of an earlier home under the same name knows nothing of this one.
        (opening.place.state / "teduh.head").unlink(missing_ok=True)
        upgrade.upgrade(engine)
        return _found(owner, opening, login, password, kdf, found)
    except DBAPIError as error:
        raise ServerTrouble(reason=reason_of(error)) from None
    finally:
        engine.dispose()


def _found(
    owner: ServerPlace,
    opening: ServerOpening[W],
    login: str,
    password: str,
    kdf: Kdf,
    found: Callable[[Store[W], Actor, Credential], None],
) -> NewStore:
    store_id, first = uuid.uuid4(), uuid.uuid4()
    credential = opening.credential(first, login, password, kdf)
    house, chain = os.urandom(32), os.urandom(32)
    pairs = [recovery.new_pair() for _ in range(2)]
    keyring = Keyring(first, bytearray(credential.private), {"house/1": bytearray(house)})
    store = opening.around(owner.engine(), keyring)

    def first_rows(unit: Unit) -> None:
        add = unit.session.add
        add(StoreMeta(id=1, store_id=str(store_id), made_at=unit.now))
        inner, outer = (bytes(byte ^ pad for byte in chain.ljust(_PAD, b"\0")) for pad in (0x36, 0x5C))
        add(AuditSecret(key_no=1, inner_pad=inner, outer_pad=outer))
        for pair_id, words in pairs:
            public = public_of(recovery.private_of(words))
            add(KeyRecovery(owner=str(pair_id), public=public))
            add(KeySealed(name="house/1", owner=str(pair_id), blob=seal(house, public, "house/1")))

    actor = Actor(first, "")
    try:
        store.found(actor, first_rows)
        found(store, actor, credential)
        store.note(actor, Draft(Action.KEY, reason="founded"))
    except BaseException:
        _unfound(owner)
        raise
    finally:
        store.close()
    return NewStore(store_id, first, tuple(words for _, words in pairs))


def _unfound(owner: ServerPlace) -> None:
    """Take a half-founded home away again, so that the next try starts from nothing."""
    engine = owner.engine(pooled=False)
    upgrade.upgrade(engine, to="base")
    engine.dispose()


def upgrade_server(owner: ServerPlace) -> None:
    """Bring a server's schema to this program's, with the owner's connection.

    Raises:
        ServerTrouble: the server cannot be used.
    """
    engine = owner.engine(pooled=False)
    try:
        upgrade.upgrade(engine)
    except DBAPIError as error:
        raise ServerTrouble(reason=reason_of(error)) from None
    finally:
        engine.dispose()


def check_server(
    store: Store[object],
    owner: ServerPlace | None,
    *,
    full: bool,
    progress: Callable[[int], None] = lambda done: None,
) -> Report:
    """Check a shared store. Without the owner's connection the chain is verified by the server itself, rows are not read."""
    report = Report([])
    with store.ground() as connection:
        check_guards(connection, report)
        _check_chain(connection, report, store.anchor)
    if owner is not None:
        engine = owner.engine(pooled=False)
        try:
            with engine.connect() as connection:
                report.entries = 0
                verify(
                    connection,
                    upgrade.load_tables(),
                    store.keyring,
                    store.anchor.read(),
                    report,
                    full=full,
                    progress=progress,
                )
                _check_keys(connection, report)
        finally:
            engine.dispose()
    report.findings[:] = list(dict.fromkeys(report.findings))
    return report


def _check_chain(connection: Connection, report: Report, anchor: Anchor) -> None:
    head_row = connection.exec_driver_sql("SELECT seq, hash, at FROM teduh_audit_head()").first()
    head = Head(head_row[0], bytes(head_row[1]), head_row[2]) if head_row else Head(0, b"", "")
    report.entries = head.seq
    for seq, fault in connection.exec_driver_sql("SELECT seq, fault FROM teduh_audit_verify()"):
        report.add(Finding(Wrong(fault), "audit_entry", str(seq), seq))

    def hash_at(seq: int) -> bytes | None:
        found = connection.exec_driver_sql("SELECT teduh_audit_hash(%s)", (seq,)).scalar()
        return None if found is None else bytes(found)

    behind = same_head(head, anchor.read(), hash_at)
    if behind:
        report.add(behind)


def _check_keys(connection: Connection, report: Report) -> None:
    """Foreign keys are the server's own work; that they were never switched off is not."""
    query = (
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f' AND NOT convalidated"
        " AND connamespace = 'public'::regnamespace"
    )
    for table, name in connection.exec_driver_sql(query):
        report.add(Finding(Wrong.DANGLING, table, name))


