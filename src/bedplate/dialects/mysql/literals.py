"""INSERT ... VALUES whose values are written here, not by the driver.

PyMySQL writes value after value, with str.translate(); by whole columns it takes a
fifth of that time. Measured against LOAD DATA LOCAL INFILE into a temporary table and
a merge from there it is as fast or faster, and it needs no permission: LOCAL INFILE
lets a server ask for any file of the client's machine, and turns errors into warnings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import NoneType
from typing import TYPE_CHECKING, Any

from bedplate.dialects.values import Quotients, is_one_object

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from bedplate.dialects.base import Columns

__all__ = ["TEXT", "register", "write_values"]

TEXT = r"""'(?:[^'\\]|''|\\(?:.|$))*(?:'|$)|"(?:[^"\\]|""|\\(?:.|$))*(?:"|$)"""
"""A regular expression of a text in a statement, or of one that is cut off."""

_ROWS = 2_000
"""Rows a statement: MySQL 9.7 takes a third longer with 10,000, MariaDB as long."""

_BYTES = 1_000_000
"""Characters a statement, a longer row aside: servers take 16 MB and more."""

_NO_BACKSLASH_ESCAPES = 512
"""The flag of the protocol that says a backslash is one."""

Filled = tuple[Sequence[Any], ...]
"""What a column puts into the template of its rows, for each of its marks."""


class Literals:
    """Rows as SQL: what the driver puts into a statement as it is.

    A parameter, so that neither logs nor errors show the values.
    """

    def __init__(self, text: str) -> None:
        self.text = text


def register() -> None:
    """Teach the drivers what to do with Literals; both look here for it."""
    from pymysql import converters  # type: ignore[import-untyped]  # it has no types

    for encoders in (converters.encoders, converters.conversions):
        encoders[Literals] = lambda value, _mapping: value.text


def write_values(
    connection: Connection, head: str, columns: Columns, ending: str
) -> None:
    """Run INSERT ... VALUES with some thousands of rows a statement.

    Args:
        connection: Where to.
        head: What comes before VALUES.
        columns: The values.
        ending: What follows them.
    """
    driver = connection.connection.driver_connection
    written = [_written(values, driver) for values in columns.values()]
    row = ", ".join(shape for shape, _ in written)
    statement = f"{head} VALUES %s{ending}"
    filled = [values for _, some in written for values in some]
    if filled:
        rows = [*map(row.__mod__, zip(*filled, strict=True))]
    else:
        rows = [row % ()] * len(next(iter(columns.values())))
    for some in _statements(rows):
        literals = Literals(f"({'), ('.join(some)})")
        connection.exec_driver_sql(statement, (literals,))


def _statements(rows: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield rows that make one statement together."""
    for start in range(0, len(rows), _ROWS):
        some = rows[start : start + _ROWS]
        if sum(map(len, some)) <= _BYTES:
            yield some
        else:
            yield from _parts(some)


def _parts(rows: Sequence[str]) -> Iterator[Sequence[str]]:
    held: list[str] = []
    size = 0
    for row in rows:
        if held and size + len(row) > _BYTES:
            yield held
            held, size = [], 0
        held.append(row)
        size += len(row)
    yield held


def _written(values: Sequence[Any], driver: Any) -> tuple[str, Filled]:
    """Return what a column's literals look like, and what to fill in, if anything."""
    if isinstance(values, Quotients):
        return "%de0/%d", (values.numerators, values.denominators)
    writers, first = _writers(driver), values[0]
    if is_one_object(values):
        literal = writers.get(type(first), driver.literal)(first)
        return literal.replace("%", "%%"), ()
    kinds = {*map(type, values)}
    if kinds == {int}:
        return "%d", (values,)
    if kinds == {float}:
        return "%s", (_floats(values),)
    if kinds == {str}:
        joined = "\0".join(values)
        if joined.count("\0") == len(values) - 1:
            # All of them at once: no text holds what stands between them.
            return "%s", (writers[str](joined).replace("\0", "'\0'").split("\0"),)
    return "%s", ([writers.get(type(v), driver.literal)(v) for v in values],)


def _writers(driver: Any) -> Mapping[type, Callable[[Any], str]]:
    """Return how values of each type are written; the driver knows further ones."""
    plain = driver.server_status & _NO_BACKSLASH_ESCAPES
    return {
        int: str,
        float: lambda value: _floats([value])[0],
        str: _quoted if plain else _escaped,
        bytes: lambda value: f"X'{value.hex()}'",
        datetime: lambda value: f"'{value.isoformat(' ')}'",
        NoneType: lambda _: "NULL",
    }


def _floats(values: Sequence[float]) -> list[str]:
    # Without an exponent they would be DECIMALs, and read another way.
    return [text if "e" in text else text + "e0" for text in map(repr, values)]


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _escaped(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
