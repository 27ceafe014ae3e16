"""The bare side: the driver's own connection to a home's store, as the person who is signed in."""

from collections.abc import Sequence
from typing import Any

from db import filestore
from tests.stores import PASSWORD, Seat


class Raw:
    """A driver's connection and its few differences. Closed by whoever opened it, or lent by a store's pool."""

    def __init__(self, kind: str, driver: Any) -> None:
        self.kind = kind
        self.driver = driver

    def begin(self) -> None:
        """Begin a transaction that writes."""
        if self.kind == "file":
            self.driver.execute("BEGIN IMMEDIATE")
        # psycopg sends BEGIN by itself before the first statement.

    def commit(self) -> None:
        """End it."""
        if self.kind == "file":
            self.driver.execute("COMMIT")
        else:
            self.driver.commit()

    def run(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """One statement with question marks; the cursor."""
        return self.driver.execute(self.dialect(sql), values)

    def ask(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a SELECT, outside any transaction."""
        if self.kind == "server":
            self.driver.autocommit = True
        rows: list[Any] = self.run(sql, values).fetchall()
        if self.kind == "server":
            self.driver.autocommit = False
        return rows

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """One statement for many rows."""
        with_cursor = self.driver.cursor()
        with_cursor.executemany(self.dialect(sql), rows)
        with_cursor.close()

    def dialect(self, sql: str) -> str:
        """The statement in the driver's own marks."""
        return sql if self.kind == "file" else sql.replace("?", "%s")

    def bound(self, value: Any) -> Any:
        """A UUID as the store keeps it."""
        return value.hex if self.kind == "file" else value


def lent(seat: Seat) -> Raw:
    """The one connection of the signed-in store's pool: both sides of a race then find the same pages in its cache.

    The store has let go of it between two of its own units, and nothing else runs meanwhile.
    """
    borrowed = seat.store._engine.raw_connection()
    driver = borrowed.driver_connection
    borrowed.close()
    return Raw(seat.home.kind, driver)


def connected(seat: Seat) -> Raw:
    """A new connection by the recipe, and nothing else."""
    home = seat.home
    if home.kind == "file":
        return Raw("file", filestore.connect(home.folder / "teduh.db", seat.store.keyring.newest("database")[1]))
    import psycopg

    assert home.place is not None
    url = home.place.url.set(
        drivername="postgresql", username=home.place.role("kepala"), password=home.place.secret("kepala", PASSWORD)
    )
    arguments = home.place.connect_args()
    return Raw("server", psycopg.connect(url.render_as_string(hide_password=False), **arguments))
