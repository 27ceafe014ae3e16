"""The encrypted file: SQLCipher opened by one verified recipe (docs/security.md, "Opening the database")."""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from db.faults import Damaged, StoreFault, StoreLocked
from db.keyring import wipe

KEY_SIZE: Final = 48
SALT_SIZE: Final = 16
LEAST_SIZE: Final = 4096
"""One page: no database is smaller."""

# Each is set on every connection, read back and compared: a pragma SQLite does not know is silently ignored.
PRAGMAS: dict[str, tuple[str, object]] = {
    "journal_mode": ("WAL", "wal"),
    "synchronous": ("FULL", 2),
    "foreign_keys": ("ON", 1),
    "recursive_triggers": ("ON", 1),
    "temp_store": ("MEMORY", 2),
    "secure_delete": ("ON", 1),
    "trusted_schema": ("OFF", 0),
    "cell_size_check": ("ON", 1),
    "busy_timeout": ("5000", 5000),
    "fullfsync": ("ON", 1),
    "checkpoint_fullfsync": ("ON", 1),
    "cache_size": ("-32768", -32768),
}

_APPEND_ONLY: Final = {"audit_entry", "audit_image"}
_SYSTEM: Final = {"sqlite_master", "sqlite_schema", "sqlite_sequence", "alembic_version"}
_ALLOWED_PRAGMAS: Final = {
    *("table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list"),
    *(
        "foreign_key_check",
        "integrity_check",
        "quick_check",
        "cipher_integrity_check",
        "wal_checkpoint",
        "read_uncommitted",
    ),
}
_DENIED_FUNCTIONS: Final = {"load_extension", "sqlcipher_export"}
_WRITES: Final = {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}
_PLAIN: Final = {sqlite3.SQLITE_READ, sqlite3.SQLITE_SELECT, sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_SAVEPOINT}
_SQLITE_RECURSIVE: Final = 33


def authorize(code: int, first: str | None, second: str | None, _database: str | None, _source: str | None) -> int:
    """What a statement of the running program may do: rows, never the schema, other files, or the audit's past."""
    if code in _PLAIN or code == _SQLITE_RECURSIVE:
        allowed = True
    elif code in _WRITES:
        rewrites_audit = first in _APPEND_ONLY and code != sqlite3.SQLITE_INSERT
        allowed = not rewrites_audit and first not in _SYSTEM
    elif code == sqlite3.SQLITE_FUNCTION:
        allowed = second not in _DENIED_FUNCTIONS
    elif code == sqlite3.SQLITE_PRAGMA:
        allowed = first in _ALLOWED_PRAGMAS
    else:
        allowed = False
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def connect(path: Path, key: bytes, *, foreign_keys: bool = True, guarded: bool = True) -> Any:
    """A connection by the verified recipe. ``guarded=False`` leaves out the authorizer: migrations and ``check``.

    Raises:
        Damaged: wrong key or destroyed first page (the two look alike).
        StoreLocked: another program holds the file exclusively.
    """
    from sqlcipher3 import dbapi2

    connection = dbapi2.connect(str(path), timeout=5, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute("PRAGMA cipher_memory_security = ON")  # before the key
        spec = _spec(key)
        connection.set_key(spec)  # not PRAGMA key, which leaves copies of the key in memory
        wipe(spec)
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        pragmas = PRAGMAS if foreign_keys else PRAGMAS | {"foreign_keys": ("OFF", 0)}
        for name, (value, expected) in pragmas.items():
            connection.execute(f"PRAGMA {name}={value}").fetchall()
            # One that SQLite does not know answers nothing at all.
            if connection.execute(f"PRAGMA {name}").fetchone() != (expected,):
                raise Damaged(what="pragma " + name)
        if guarded:
            connection.set_authorizer(authorize)
    except dbapi2.DatabaseError as error:
        connection.close()
        raise _fault_of(error) from None
    except BaseException:
        connection.close()
        raise
    return connection


def _spec(key: bytes) -> str:
    """A raw key as SQLCipher reads it."""
    digits = key.hex()
    spec = f"x'{digits}'"
    wipe(digits)
    return spec


def _fault_of(error: Exception) -> StoreFault:
    text = str(error)
    return StoreLocked(reason="busy") if "locked" in text or "busy" in text else Damaged(what="database")


def engine_for(path: Path, key: Callable[[], bytes], *, foreign_keys: bool = True, guarded: bool = True) -> Engine:
    """An engine on the encrypted file. It asks for the key at each new connection, so wiping it there ends it here."""
    from sqlcipher3 import dbapi2

    pool: dict[str, Any] = (
        {"poolclass": QueuePool, "pool_size": 8, "max_overflow": 0} if guarded else {"poolclass": NullPool}
    )
    engine = create_engine(
        "sqlite://",
        module=dbapi2,
        creator=lambda: connect(path, key(), foreign_keys=foreign_keys, guarded=guarded),
        hide_parameters=True,
        **pool,
    )
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("teduh_read"):
        connection.exec_driver_sql("BEGIN")
    else:
        _begin_immediate(connection)


def _begin_immediate(connection: Connection) -> None:
    # Writers queue up in SQLite's busy handler; an unlucky one may be overtaken for its whole five seconds.
    for attempt in (1, 2, 3):
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except DBAPIError as error:
            if "locked" not in str(error) or attempt == 3:
                raise
            time.sleep(0.05 * attempt)
        else:
            return


def fitting_key(path: Path, keys: Mapping[int, bytes]) -> int:
    """The number of the key that opens the file: the newest, or the one before a turn that is not finished.

    Raises:
        Damaged: none of them does.
        StoreLocked: another program holds the file exclusively.
    """
    fault: StoreFault = Damaged(what="database")
    for number in sorted(keys, reverse=True):
        try:
            connect(path, keys[number]).close()
        except Damaged as error:
            fault = error
        else:
            return number
    raise fault


def salt_fits(path: Path, key: bytes) -> bool:
    """Whether the file begins with the key's salt. It opens without; but then something wrote over its beginning."""
    with path.open("rb") as file:
        return file.read(SALT_SIZE) == key[-SALT_SIZE:]


def checkpoint(path: Path, key: bytes) -> bool:
    """Bring the write-ahead log into the database and empty it; whether that was possible now.

    Raises:
        Damaged, StoreLocked: see ``connect``.
    """
    with contextlib.closing(connect(path, key)) as connection:
        try:
            busy, _log, _done = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except database_error() as error:
            raise _fault_of(error) from None
        return not busy


def rekey(path: Path, key: bytes, fresh: bytes) -> None:
    """Encrypt the whole file under a new key. Killed at any moment the file opens by the old key or by the new one.

    Raises:
        StoreLocked: somebody else is at work in the file.
    """
    with contextlib.closing(connect(path, key, guarded=False)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        spec = _spec(fresh)
        try:
            connection.reset_key(spec)
        except database_error() as error:
            raise _fault_of(error) from None
        finally:
            wipe(spec)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@contextlib.contextmanager
def plain_connection(path: Path, key: bytes) -> Iterator[Any]:
    """A raw connection without authorizer, for the checks that must see the file as it is."""
    with contextlib.closing(connect(path, key, guarded=False)) as connection:
        yield connection


def database_error() -> type[Exception]:
    """The driver's own error, for those that speak to it without SQLAlchemy."""
    from sqlcipher3 import dbapi2

    error: type[Exception] = dbapi2.DatabaseError
    return error
