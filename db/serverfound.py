"""Founding a home on a server, with the owner's connection; and checking one."""

import os
import uuid
from collections.abc import Callable
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, ProgrammingError

from db import recovery, upgrade
from db.audit import CLOCK_TOLERANCE, START, Action, Draft
from db.check import check_guards
from db.faults import Refused, ServerTrouble, StoreExists
from db.keyring import Keyring, public_of, seal
from db.opening import Founder, NewStore
from db.records import AuditSecret, KeyRecovery, KeySealed, StoreMeta
from db.serverplace import ServerPlace, fits, reason_of
from db.serverstore import ServerOpening
from db.store import Store
from db.unit import Actor, Unit
from db.verify import Finding, Report, Wrong, quietly, verify

W = TypeVar("W")

_PAD: Final = 64


def create(owner: ServerPlace, opening: ServerOpening[W], founder: Founder[W]) -> NewStore:
    """Make the schema and found a home. ``owner`` is the same database as ``opening.place``, entered as its owner.

    Raises:
        StoreExists: there is a home already.
        ServerTrouble: the server cannot be used, or the database is called what no home's may be.
    """
    if not fits(owner.database):
        raise ServerTrouble(reason="database_name")
    engine = owner.engine(pooled=False)
    try:
        with engine.connect() as connection:
            if _is_founded(connection):
                raise StoreExists(place=owner.database)
        _clear(engine, owner.database)
        opening.place.state.mkdir(parents=True, exist_ok=True)
        # An anchor of an earlier home under the same name knows nothing of this one.
        (opening.place.state / "teduh.head").unlink(missing_ok=True)
        upgrade.upgrade(engine)
        return _found(owner, opening, founder)
    except DBAPIError as error:
        raise ServerTrouble(reason=reason_of(error)) from None
    finally:
        engine.dispose()


def _found(owner: ServerPlace, opening: ServerOpening[W], founder: Founder[W]) -> NewStore:
    store_id, first = uuid.uuid4(), uuid.uuid4()
    credential = opening.credential(first, founder.login, founder.password, founder.kdf)
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
        founder.first_rows(store, actor, credential)
        store.note(actor, Draft(Action.KEY, reason="founded"))
    except BaseException:
        _unfound(owner)
        raise
    finally:
        store.close()
    return NewStore(store_id, first, tuple(words for _, words in pairs))


def _is_founded(connection: Connection) -> bool:
    """Whether there is a home here: somebody may enter, or an entry says that its founding was finished.

    Either is enough. A home whose audit was cut must not be mistaken for one that never came to be.
    """
    if upgrade.revision_of(connection) is None:
        return False
    founded = "SELECT 1 FROM audit_entry WHERE action = 'key' AND reason = 'founded'"
    found = connection.exec_driver_sql(f"{founded} UNION ALL SELECT 1 FROM key_slot LIMIT 1")
    return found.first() is not None


def _unfound(owner: ServerPlace) -> None:
    """Take a half-founded home away again, so that the next try starts from nothing."""
    engine = owner.engine(pooled=False)
    try:
        _clear(engine, owner.database)
    finally:
        engine.dispose()


def _clear(engine: Engine, database: str) -> None:
    """Take away what a founding that was cut off left behind, and every login of an earlier home of this name."""
    with engine.connect() as connection:
        begun = upgrade.revision_of(connection) is not None
    if begun:
        upgrade.upgrade(engine, to="base")
    logins = "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)"
    with engine.begin() as connection:
        for login in connection.exec_driver_sql(logins, (f"{database}__u_",)).scalars().all():
            connection.exec_driver_sql(f'DROP ROLE "{login}"')


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
    store: Store[Any],
    owner: ServerPlace | None,
    *,
    full: bool,
    progress: Callable[[int], None] = quietly,
) -> Report:
    """Check a shared store. Without the owner's connection the server verifies the chain itself; rows are not read."""
    report = Report([])
    with store.ground() as connection:
        check_guards(connection, report)
        try:
            _check_chain(connection, report, store)
        except (ProgrammingError, Refused):
            # A function of ours is gone or closed; which one, the guards have told.
            report.add(Finding(Wrong.UNREADABLE))
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
        except DBAPIError as error:
            raise ServerTrouble(reason=reason_of(error)) from None
        finally:
            engine.dispose()
    report.findings[:] = list(dict.fromkeys(report.findings))
    return report


def _check_chain(connection: Connection, report: Report, store: Store[Any]) -> None:
    report.entries = store.backend.head(connection).seq
    for seq, fault in connection.exec_driver_sql("SELECT seq, fault FROM teduh_audit_verify()"):
        table = "audit_image" if fault == Wrong.ROW_UNKNOWN else "audit_entry"
        report.add(Finding(Wrong(fault), table, str(seq), seq))
    report.anchored = store.anchor.read() != START
    behind = store.behind_anchor()
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


def clock_apart(store: Store[Any]) -> bool:
    """Whether this PC's clock and the server's differ by more than the tolerance."""
    with store.ground() as connection:
        server = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    return bool(abs(store.clock() - server) > CLOCK_TOLERANCE)
