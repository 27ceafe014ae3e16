"""Reading rows for comparison: values as the program knows them, and whether the store holds them as it writes them."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Column, Connection, Dialect, Table, select

from db.audit import row_key

_BATCH: Final = 2000


def rows_of(connection: Connection, table: Table) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Each row's key and values; no values for a row in a form that the program never writes."""
    streaming = {"yield_per": _BATCH}
    if connection.dialect.name != "sqlite":
        for typed in connection.execute(select(table), execution_options=streaming).mappings():
            values = {column.key: typed[column] for column in table.columns}
            yield row_key(table, values), values
        return
    cells = [_Cell(column, connection.dialect) for column in table.columns]
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    for row in connection.exec_driver_sql(f'SELECT {names} FROM "{table.name}"', execution_options=streaming):
        values, sound = {}, True
        for cell, stored in zip(cells, row, strict=True):
            try:
                values[cell.key] = cell.read(stored)
            except (ValueError, TypeError, AttributeError):
                values[cell.key], sound = stored, False
        yield row_key(table, values), values if sound else None


class _Cell:
    """Reads one column of the file store, where any column may hold any type, and one value has many spellings.

    A 2 for a yes reads as yes, but is not found by a search for it; so only what the program itself would write counts.
    """

    def __init__(self, column: Column[Any], dialect: Dialect) -> None:
        kind = column.type.dialect_impl(dialect)
        self.key = column.key
        self._type = column.type.python_type
        self._out, self._in = kind.result_processor(dialect, None), kind.bind_processor(dialect)

    def read(self, stored: Any) -> Any:
        """The value.

        Raises:
            ValueError, TypeError, AttributeError: the program never wrote that.
        """
        if stored is None:
            return None
        value = self._out(stored) if self._out else stored
        if not isinstance(value, self._type) or (self._in(value) if self._in else value) != stored:
            raise ValueError("not as the program writes it")
        return value
