"""The file store's guards: triggers and expression indexes, made and compared with its schema."""

from sqlalchemy import Connection

from db.guards import Tables, file_guards


def drop(connection: Connection, tables: Tables) -> None:
    """Take every trigger away, known or not, and every index that a guard made."""
    names = connection.exec_driver_sql("SELECT name FROM sqlite_schema WHERE type = 'trigger'").scalars().all()
    for name in names:
        connection.exec_driver_sql(f"DROP TRIGGER {_quoted(name)}")
    for guard in file_guards(tables):
        if guard.kind == "INDEX":
            connection.exec_driver_sql(f"DROP INDEX IF EXISTS {guard.name}")


def create(connection: Connection, tables: Tables) -> None:
    """Make every guard anew."""
    for guard in file_guards(tables):
        connection.exec_driver_sql(guard.create)


def compare(connection: Connection, tables: Tables) -> list[str]:
    """The guards that are missing, changed or unknown, by name."""
    due = {guard.name: guard.create for guard in file_guards(tables)}
    query = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' OR (type = 'index' AND sql IS NOT NULL)"
    found: dict[str, str] = {name: sql for name, sql in connection.exec_driver_sql(query)}  # noqa: C416 - rows, typed
    plain_indexes = {index.name for table in tables.metadata.tables.values() for index in table.indexes}
    wrong = [name for name, sql in due.items() if found.get(name) != sql]
    return wrong + [name for name in found if name not in due and name not in plain_indexes]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
