"""``check``: is the store sound? In the order of docs/security.md; it looks, it names, it repairs nothing."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from db import filestore, guarding, upgrade
from db.faults import Damaged
from db.files import StoreFolder
from db.slots import SlotFile
from db.store import Store
from db.verify import Finding, Report, Wrong, quietly, verify


def check_file(
    store: Store[Any], folder: StoreFolder, *, full: bool, progress: Callable[[int], None] = quietly
) -> Report:
    """Check an encrypted file store that ``store`` has opened.

    Pages first (each carries its own HMAC), then structure and keys on a new connection, guards, audit, anchor.
    """
    report = Report([])
    keyring = store.keyring
    for path in SlotFile(folder).damaged():
        report.add(Finding(Wrong.SLOTS, path.name))
    try:
        keys = keyring.all_of("database")
        key = keys[filestore.fitting_key(folder.database, keys)]
        whole = filestore.checkpoint(folder.database, key)
        if whole and not filestore.salt_fits(folder.database, key):
            report.add(Finding(Wrong.PAGE, row="1"))
        with filestore.plain_connection(folder.database, key) as raw:
            for (page,) in raw.execute("PRAGMA cipher_integrity_check").fetchall():
                report.add(Finding(Wrong.PAGE, row=str(page)))
        with filestore.plain_connection(folder.database, key) as raw:
            for (found,) in raw.execute("PRAGMA integrity_check(20)").fetchall():
                if found != "ok":
                    report.add(Finding(Wrong.STRUCTURE, row=str(found)))
            for table, row, *_ in raw.execute("PRAGMA foreign_key_check").fetchall():
                report.add(Finding(Wrong.DANGLING, table, str(row)))
    except (DBAPIError, Damaged, filestore.database_error()):
        report.add(Finding(Wrong.UNREADABLE))
        return report
    _check_content(folder, key, report, store, full=full, progress=progress)
    return report


def _check_content(
    folder: StoreFolder,
    key: bytes,
    report: Report,
    store: Store[Any],
    *,
    full: bool,
    progress: Callable[[int], None],
) -> None:
    tables = upgrade.load_tables()
    engine = filestore.engine_for(folder.database, lambda: key, guarded=False)
    reading = engine.execution_options(teduh_read=True)
    try:
        with reading.connect() as connection:
            check_guards(connection, report)
            verify(connection, tables, store.keyring, store.anchor.read(), report, full=full, progress=progress)
    except (SQLAlchemyError, Damaged):
        report.add(Finding(Wrong.UNREADABLE))


def check_guards(connection: Connection, report: Report) -> None:
    """Compare triggers, indexes, functions, policies and grants with what is declared."""
    for name in guarding.compare(connection, upgrade.load_tables()):
        report.add(Finding(Wrong.GUARD, row=name))
