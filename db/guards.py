"""What tables alone cannot say: triggers, expression indexes, functions, policies and grants, declared once.

Batch migrations drop such things without a word, so they are all dropped before a migration and made again after
it, and compared with the store's own catalogue by ``check``. What a table needs beyond the ground's own guards is
named in its ``info["guards"]`` and, for a server, by the tables module's ``ACCESS``.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

from sqlalchemy import MetaData

SQL_FOLDER: Final = Path(__file__).parent / "sql"
EVERYONE: Final = "all"
Privilege = Literal["SELECT", "INSERT", "UPDATE", "DELETE"]


@dataclass(frozen=True)
class Guard:
    """One trigger or index of the file store, as SQL; ``table`` is what it guards."""

    kind: Literal["TRIGGER", "INDEX"]
    name: str
    table: str
    create: str


@dataclass(frozen=True)
class Access:
    """On a server: these groups may do this to a table's rows for which ``where`` holds (SQL; empty: every row)."""

    table: str
    privilege: Privilege
    groups: tuple[str, ...]
    where: str = ""

    @property
    def name(self) -> str:
        """The policy's name: one for each privilege and condition."""
        return f"teduh_{self.privilege.lower()}_{'some' if self.where else 'all'}"


class Tables(Protocol):
    """What the tables module (named in ``alembic.ini``) tells the ground."""

    metadata: MetaData
    GROUPS: Sequence[str]
    MANAGERS: Sequence[str]
    GRANTERS: Sequence[str]
    ACCESS: Sequence[Access]


GROUND_ACCESS: Final = (
    Access("store_meta", "SELECT", (EVERYONE,)),
    Access("key_slot", "SELECT", (EVERYONE,), "((owner)::text = teduh_me())"),
    Access("key_sealed", "SELECT", (EVERYONE,), "((owner)::text = teduh_me())"),
)


def refuse(table: str, name: str, event: str, when: str, message: str, *, stop: str = "ABORT") -> Guard:
    """A trigger that refuses ``event`` on a table while ``when`` holds (SQL; empty: always).

    ``stop`` is how the statement ends: ``ABORT`` also takes back the rows it had already touched.
    """
    condition = f" WHEN {when}" if when else ""
    body = f"BEGIN SELECT RAISE({stop}, '{message}'); END"
    return Guard("TRIGGER", name, table, f"CREATE TRIGGER {name} BEFORE {event} ON {table}{condition} {body}")


def append_only(table: str, key: str) -> list[Guard]:
    """A table that only grows: no change, no removal, and no INSERT OR REPLACE over a known key."""
    known = f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"
    # FAIL, since every save passes this one: to be able to ABORT, SQLite journals each insert, which trebles its cost.
    return [
        refuse(table, f"{table}_no_update", "UPDATE", "", f"{table} only grows"),
        refuse(table, f"{table}_no_delete", "DELETE", "", f"{table} only grows"),
        refuse(table, f"{table}_no_replace", "INSERT", known, f"{table} only grows", stop="FAIL"),
    ]


def file_guards(tables: Tables) -> list[Guard]:
    """Every guard of the file store."""
    guards = [*append_only("audit_entry", "seq"), *append_only("audit_image", "seq")]
    guards.append(refuse("store_meta", "store_meta_no_delete", "DELETE", "", "the store keeps its name"))
    for table in tables.metadata.sorted_tables:
        guards += table.info.get("guards", [])
    return guards


@dataclass(frozen=True)
class Function:
    """One function of the server, from ``db/sql``."""

    signature: str
    open_to_all: bool
    create: str

    @property
    def body(self) -> str:
        """The text between the dollar quotes, which is what the catalogue keeps."""
        return self.create.split("$teduh$")[1]


_BLOCK: Final = re.compile(
    r"^-- guard (?P<signature>\S+\(.*?\)) : (?P<who>all|none)\n(?P<sql>.*?)(?=^-- guard |\Z)", re.MULTILINE | re.DOTALL
)


def functions(tables: Tables) -> list[Function]:
    """The server's functions, with the groups of this house filled in."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(SQL_FOLDER.glob("*.sql")))
    text = text.replace("@managers@", _array(tables.MANAGERS)).replace("@granters@", _array(tables.GRANTERS))
    return [Function(found["signature"], found["who"] == "all", found["sql"]) for found in _BLOCK.finditer(text)]


def _array(groups: Iterable[str]) -> str:
    return f"ARRAY[{', '.join(repr(group) for group in groups)}]"
