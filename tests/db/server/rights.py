"""A home on a server whose every table has rows of everybody, and one plain connection for each role."""

import functools
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import psycopg
from psycopg import errors
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    create_engine,
    make_url,
)  # fmt: skip
from sqlalchemy.pool import NullPool

from db import guarding, upgrade
from db.types import Base, UtcTime, utc_now, uuid7
from shelter.rights import Permission, Role, Scope, TableRights, scope_of
from tests.db.server.homes import connect
from tests.stores import TestHome

SPARE = "tamu"

Outcome = int | str
"""How many rows, or ``let`` (it came through), or how it was refused.

``denied``: no privilege at all; ``policy``: not this row; ``guard``: by a trigger or function that looks who asks.
"""


@dataclass
class Harness:
    """A home whose every table has rows of everybody, and one open connection for each role."""

    home: TestHome
    superuser_url: str
    accounts: Mapping[Role, uuid.UUID]
    spare: uuid.UUID
    people: dict[Role, psycopg.Connection] = field(default_factory=dict)

    @functools.cached_property
    def admin(self) -> psycopg.Connection:
        """The server's superuser, for whom no policy counts."""
        return psycopg.connect(self.superuser_url, autocommit=True)

    @functools.cached_property
    def looking(self) -> Connection:
        """The superuser once more, as the program's own functions take a connection."""
        url = make_url(self.superuser_url).set(drivername="postgresql+psycopg")
        return create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect()

    @property
    def database(self) -> str:
        """The home's database."""
        assert self.home.place is not None
        return self.home.place.database

    def close(self) -> None:
        """Close every connection."""
        self.looking.close()
        for connection in (self.admin, *self.people.values()):
            connection.close()

    def probe(self, role: Role, statement: str, values: Any = None) -> Outcome:
        """Try a statement as this role; whatever it did is taken back."""
        connection = self.people[role]
        try:
            with connection.transaction(force_rollback=True):
                return connection.execute(statement.encode(), values).rowcount
        except errors.InsufficientPrivilege as refusal:
            told = {"row-level security": "policy", "permission denied": "denied"}
            return next((word for sign, word in told.items() if sign in str(refusal)), "guard")
        except errors.IntegrityError:
            # Refused for what it would hold: the question whether one may had been passed.
            return "let"

    def insert(self, role: Role, table: Table, values: Mapping[str, Any]) -> Outcome:
        """Try to add a row."""
        found = self.probe(role, insert_into(table), values)
        return "let" if found == 1 else found


def insert_into(table: Table) -> str:
    names = [column.key for column in table.columns]
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(f'%({name})s' for name in names)})"


def sample(table: Table, account: uuid.UUID, parents: Mapping[str, uuid.UUID], **said: Any) -> dict[str, Any]:
    """A row that fits the table, belonging to this account wherever it names one."""
    rights = rights_of(table)
    values: dict[str, Any] = {}
    for column in table.columns:
        kind = column.type
        points = [key.column.table.name for key in column.foreign_keys]
        if points:
            values[column.key] = account if points == ["account"] else parents[points[0]]
        elif rights and column.key == rights.own:
            values[column.key] = account
        elif isinstance(kind, Uuid):
            values[column.key] = uuid7()
        elif isinstance(kind, Boolean):
            values[column.key] = False
        elif isinstance(kind, Integer):
            values[column.key] = 1 if column.key == "id" else uuid.uuid4().int % 2**30
        elif isinstance(kind, LargeBinary):
            values[column.key] = b"x"
        elif isinstance(kind, Date):
            values[column.key] = date(2026, 11, 21)
        elif isinstance(kind, DateTime | UtcTime):
            values[column.key] = utc_now()
        elif isinstance(kind, String | Text):
            values[column.key] = uuid.uuid4().hex[: kind.length or 32]
        else:
            raise AssertionError(f"{table.name}.{column.key}: {kind!r} is not known here")
    return values | said


def tables() -> dict[str, Table]:
    """Every table by its name, the migrations' own too."""
    version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
    return {table.name: table for table in (version, *upgrade.load_tables().metadata.sorted_tables)}


def rights_of(table: Table) -> TableRights | None:
    """The rights a room gives to its table; None for one of the ground."""
    found: list[TableRights | None] = [
        getattr(mapper.class_, "rights", None) for mapper in Base.registry.mappers if mapper.local_table is table
    ]
    return found[0] if found else None


def name_of(role: Role) -> str:
    """The sign-in name of the person who holds this role alone."""
    return f"{role.lower()}1"


def prepare(home: TestHome, superuser_url: str) -> Harness:
    """Fill every table with rows of each person, past the program, and connect each of them."""
    head = home.enter()
    accounts = {role: head.add(name_of(role), role) for role in Role}
    spare = head.add(SPARE, Role.PETUGAS)
    home.close()
    harness = Harness(home, superuser_url, accounts, spare)
    parents: dict[str, uuid.UUID] = {}
    with psycopg.connect(superuser_url) as connection:
        # One transaction: the triggers and checks that a sample might meet are not what is looked at.
        connection.execute("SET session_replication_role = replica")
        for name, table in tables().items():
            rights = rights_of(table)
            if rights is None and connection.execute(f"SELECT count(*) FROM {name}".encode()).fetchall() != [(0,)]:
                continue
            for account in (accounts[Role.INSTRUKTUR], accounts[Role.PENDAMPING_HUKUM], spare):
                values = sample(table, account, parents)
                cursor = connection.execute((insert_into(table) + " ON CONFLICT DO NOTHING").encode(), values)
                if cursor.rowcount and "id" in values:
                    parents.setdefault(name, values["id"])
    harness.people.update({role: connect(home, name_of(role)) for role in Role})
    return harness


def scope(permissions: tuple[Permission, ...], role: Role) -> Scope:
    return max((scope_of(permission, [role]) for permission in permissions), default=Scope.NONE)


def policies(harness: Harness) -> list[tuple[str, str, str, str]]:
    """Each policy: its table, name, privilege, and the statement that makes it again."""
    rows = harness.admin.execute(
        "SELECT tablename, policyname, cmd, roles::text[], qual, with_check FROM pg_policies"
        " WHERE schemaname = 'public' ORDER BY 1, 2"
    ).fetchall()
    made = []
    for table, name, privilege, roles, qual, check in rows:
        groups = ", ".join(f'"{role}"' for role in roles)
        using = (f" USING ({qual})" if qual else "") + (f" WITH CHECK ({check})" if check else "")
        made.append((table, name, privilege, f"CREATE POLICY {name} ON {table} FOR {privilege} TO {groups}{using}"))
    return made


def compare(harness: Harness) -> list[str]:
    """What ``check`` finds wrong with the guards."""
    return guarding.compare(harness.looking, upgrade.load_tables())
