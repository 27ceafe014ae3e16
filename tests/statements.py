"""Counting the SQL statements of a piece of work: slowness arrives one query at a time."""

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, event

_OF_THE_TRANSACTION = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@contextlib.contextmanager
def count_statements() -> Iterator[list[str]]:
    """The statements sent to any store while the block runs, in order; those that only frame a transaction left out."""
    seen: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(_OF_THE_TRANSACTION):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def loads_roles(statement: str) -> bool:
    """Whether this is the one statement by which a unit of work learns the roles of whoever acts (``Work.roles``)."""
    return "UNION ALL" in statement and "role_grant" in statement and "delegation" in statement


def without_roles(statements: list[str]) -> list[str]:
    """The statements besides the one that loads the actor's roles, which every unit of work sends exactly once."""
    loading = [statement for statement in statements if loads_roles(statement)]
    assert len(loading) == 1, f"the roles were loaded {len(loading)} times"
    return [statement for statement in statements if not loads_roles(statement)]
