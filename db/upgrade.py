"""Bringing a store to this program's schema, safely; and knowing the schema with one SELECT, without Alembic.

Rules (docs/security.md, "Migrations"): foreign keys off before BEGIN, one transaction for all revisions, guards dropped
and made again, row counts and foreign keys compared before COMMIT, a verified copy before any of it.
"""

import configparser
import importlib
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final, cast

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import DBAPIError

from db import guarding
from db.audit import EXEMPT
from db.faults import Damaged, NewerStore
from db.guards import Tables
from db.types import Base

ROOT: Final = Path(__file__).resolve().parent.parent
INI: Final = ROOT / "alembic.ini"
VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"
_REVISION_FILE: Final = re.compile(r"^(\d{4})_\w+\.py$")


@cache
def load_tables() -> Tables:
    """The module that lists every table, as ``alembic.ini`` names it."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(INI, encoding="utf-8")
    module: ModuleType = importlib.import_module(parser["alembic"]["tables"])
    return cast(Tables, module)


def models() -> list[type[Base]]:
    """Every audited table's class."""
    load_tables()
    found = [mapper.class_ for mapper in Base.registry.mappers]
    return [model for model in found if model.__tablename__ not in EXEMPT]


def known_revisions(versions: Path = VERSIONS) -> list[str]:
    """The revisions this program knows, oldest first, read from the file names alone."""
    return sorted(found[1] for path in versions.iterdir() if (found := _REVISION_FILE.match(path.name)))


def revision_of(connection: Connection) -> str | None:
    """The store's revision; None for an empty database."""
    known = "SELECT to_regclass('public.alembic_version')"
    # On PostgreSQL a SELECT that fails would end the transaction, so it is asked for first.
    if connection.dialect.name == "postgresql" and connection.exec_driver_sql(known).scalar() is None:
        return None
    try:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    except DBAPIError:
        return None
    return None if found is None else str(found)


def is_due(connection: Connection, versions: Path = VERSIONS) -> bool:
    """Whether a migration is due, by one SELECT.

    Raises:
        NewerStore: a newer program wrote this store.
        Damaged: the store has no schema at all.
    """
    known, revision = known_revisions(versions), revision_of(connection)
    if revision is None:
        raise Damaged(what="schema")
    if revision not in known:
        raise NewerStore(revision=revision)
    return revision != known[-1]


def upgrade(
    engine: Engine,
    *,
    to: str = "head",
    versions: Path = VERSIONS,
    at_end: Callable[[Connection, list[str]], None] = lambda _connection, _changed: None,
) -> None:
    """Run every revision that is due, in one transaction.

    Args:
        engine: without pool and authorizer; on a server, the owner's.
        to: a revision, to go there (down as well); ``head`` for the newest.
        versions: the folder of revisions.
        at_end: done last in the same transaction, with the names of the tables whose columns or rows changed.

    Raises:
        Damaged: rows were lost or keys dangle afterwards; everything was rolled back.
    """
    tables = load_tables()
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # Before BEGIN, or SQLite ignores it. With keys on, rebuilding a parent table deletes every child row.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        with connection.begin():
            before, columns = _counts(connection), _columns(connection)
            guarding.drop(connection, tables)
            down, changed_counts = _run(connection, to, versions)
            _compare(connection, before, changed_counts, down=down)
            if to != "base":
                guarding.create(connection, tables)
            after = _columns(connection)
            kept = [name for name in columns if name in after]
            at_end(connection, sorted(name for name in kept if name in changed_counts or after[name] != columns[name]))


def _run(connection: Connection, to: str, versions: Path) -> tuple[bool, Mapping[str, int]]:
    """Whether the way went down, and by how many rows the revisions say they changed which tables."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(INI)
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("version_locations", str(versions))
    config.attributes["connection"] = connection
    before = revision_of(connection)
    down = before is not None and to != "head" and (to == "base" or to < before)
    (command.downgrade if down else command.upgrade)(config, to)
    changed: dict[str, int] = {}
    script = ScriptDirectory.from_config(config)
    for revision in script.walk_revisions():
        passed = (before is None or revision.revision > before) and (to == "head" or revision.revision <= to)
        if passed and not down:
            for table, more in cast(Any, revision.module).CHANGED_COUNTS.items():
                changed[table] = changed.get(table, 0) + more
    return down, changed


def _counts(connection: Connection) -> dict[str, int]:
    names = inspect(connection).get_table_names()
    kept = [name for name in names if name != "alembic_version"]
    return {name: int(connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one()) for name in kept}


def _columns(connection: Connection) -> dict[str, frozenset[str]]:
    inspector = inspect(connection)
    return {name: frozenset(c["name"] for c in inspector.get_columns(name)) for name in inspector.get_table_names()}


def _compare(connection: Connection, before: Mapping[str, int], changed: Mapping[str, int], *, down: bool) -> None:
    after = _counts(connection)
    for table, count in before.items():
        # A table that goes on the way up must be told as well: its rows, say, went to another one.
        gone = table not in after and bool(count) and table not in changed and not down
        if gone or (table in after and after[table] != count + changed.get(table, 0)):
            raise Damaged(what=f"rows of {table}")
    if connection.dialect.name == "sqlite":
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if dangling:
            raise Damaged(what=f"keys of {dangling[0]}")
