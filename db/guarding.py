"""Taking guards away, making them, comparing them, on whichever kind of store."""

from sqlalchemy import Connection

from db import fileguards, serverguards
from db.guards import Tables


def drop(connection: Connection, tables: Tables) -> None:
    """Take every guard away: a migration needs a clear field."""
    if connection.dialect.name == "sqlite":
        fileguards.drop(connection, tables)
    else:
        serverguards.drop(connection)


def create(connection: Connection, tables: Tables) -> None:
    """Make every guard anew."""
    if connection.dialect.name == "sqlite":
        fileguards.create(connection, tables)
    else:
        serverguards.create(connection, tables)


def compare(connection: Connection, tables: Tables) -> list[str]:
    """The guards that are missing, changed or unknown, by name; empty when all is as declared."""
    if connection.dialect.name == "sqlite":
        return fileguards.compare(connection, tables)
    return serverguards.compare(connection, tables)
