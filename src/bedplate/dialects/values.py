"""INSERT ... VALUES with many rows a statement, which all but one database do best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import repeat
from operator import is_, truediv
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

    from bedplate.dialects.base import Columns

__all__ = [
    "Quotients",
    "insert_head",
    "is_one_object",
    "key_columns",
    "on_conflict_add",
    "write_values",
]


_AT_ONCE = 50
"""Statements given to the driver in one call, for each call takes SQLAlchemy 20 us."""


class Quotients(Sequence[float]):
    """A column of quotients of whole numbers.

    Where values are written out the server may divide: the shortest text that is a
    float takes longer to find than the two numbers do.

    Attributes:
        numerators: What is divided.
        denominators: By what, as many.
    """

    def __init__(self, numerators: Sequence[int], denominators: Sequence[int]) -> None:
        self.numerators = numerators
        self.denominators = denominators

    def __len__(self) -> int:
        return len(self.numerators)

    def __getitem__(self, place: Any) -> Any:
        return self._quotients[place]

    def __iter__(self) -> Iterator[float]:
        return iter(self._quotients)

    @cached_property
    def _quotients(self) -> list[float]:
        return [*map(truediv, self.numerators, self.denominators)]


def insert_head(connection: Connection, table: sa.Table, names: Sequence[str]) -> str:
    """Return INSERT INTO table (columns), quoted for that database."""
    preparer = connection.dialect.identifier_preparer
    columns = ", ".join(map(preparer.quote, names))
    return f"INSERT INTO {preparer.format_table(table)} ({columns})"


def is_one_object(values: Sequence[Any]) -> bool:
    """Return whether a column, which has values, is the same object in every row."""
    return all(map(is_, values, repeat(values[0])))


def key_columns(table: sa.Table) -> str:
    """Return the columns of the primary key, between commas."""
    return ", ".join(column.name for column in table.primary_key)


def on_conflict_add(table: sa.Table, total: str) -> str:
    """Return the clause that adds to the row that is there, as the standard has it."""
    change = f"{total} = {table.name}.{total} + excluded.{total}"
    return f" ON CONFLICT ({key_columns(table)}) DO UPDATE SET {change}"


def write_values(
    connection: Connection,
    head: str,
    columns: Columns,
    ending: str,
    rows: int,
) -> None:
    """Run INSERT ... VALUES (?, ?), (?, ?) with so many rows a statement.

    Args:
        connection: Where to.
        head: What comes before VALUES.
        columns: The values.
        ending: What follows them.
        rows: How many rows one statement takes.
    """
    total = len(next(iter(columns.values())))
    row = f"({', '.join('?' * len(columns))})"
    full = total - total % rows

    def run(count: int, starts: Sequence[int]) -> None:
        statement = f"{head} VALUES {', '.join([row] * count)}{ending}"
        values = [_row_by_row(columns, start, count) for start in starts]
        connection.exec_driver_sql(statement, values)

    for start in range(0, full, rows * _AT_ONCE):
        run(rows, range(start, min(start + rows * _AT_ONCE, full), rows))
    if full < total:
        run(total - full, [full])


def _row_by_row(columns: Columns, start: int, count: int) -> tuple[Any, ...]:
    """Return the values of so many rows, one row after the other."""
    width = len(columns)
    values: list[Any] = [None] * (width * count)
    # A column at a time: a fifth of the time of a row at a time.
    for place, column in enumerate(columns.values()):
        values[place::width] = column[start : start + count]
    return tuple(values)
