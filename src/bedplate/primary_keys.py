"""Rows by their primary keys, of one column or of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.checks import check_uuid
from bedplate.columns import typed
from bedplate.errors import InvalidValueError
from bedplate.types import Uuid

if TYPE_CHECKING:
    from bedplate.dialects import Dialect

__all__ = ["among", "following", "key_values", "same"]


def following(table: sa.Table, key: Any, dialect: Dialect) -> sa.ColumnElement[bool]:
    """Return "the key is greater", spelt out where rows are not compared well."""
    columns = tuple(table.primary_key.columns)
    values = key_values(table, key, "after")
    if dialect.ranges_over_rows and len(values) > 1:
        return sa.tuple_(*columns) > sa.tuple_(*map(typed, values, columns))
    alternatives = []
    for place, column in enumerate(columns):
        before = [c == v for c, v in zip(columns[:place], values, strict=False)]
        alternatives.append(sa.and_(*before, column > values[place]))
    return sa.or_(*alternatives)


def among(
    table: sa.Table, keys: Sequence[tuple[Any, ...]], dialect: Dialect
) -> sa.ColumnElement[bool]:
    """Return "the key is one of these"."""
    columns = tuple(table.primary_key.columns)
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return dialect.among(columns, keys)


def same(table: sa.Table, key: tuple[Any, ...]) -> sa.ColumnElement[bool]:
    """Return "the key is this one"."""
    columns = table.primary_key.columns
    return sa.and_(*(c == v for c, v in zip(columns, key, strict=True)))


def key_values(
    table: sa.Table, key: Any, argument: str | None = None
) -> tuple[Any, ...]:
    """Return a key's values as they are read back, so that they can be looked up.

    Args:
        table: Whose key it is.
        key: Its value, or a tuple of values; of a UUID the text as well.
        argument: What the caller calls it, for the message.

    Raises:
        InvalidValueError: The key has other columns, or a value cannot be one of it.
    """
    values = tuple(key) if isinstance(key, tuple | list) else (key,)
    columns = table.primary_key.columns.values()
    if len(values) != len(columns):
        names = ", ".join(column.name for column in columns)
        raise InvalidValueError(
            f"a key of {table.name} has the columns {names}", argument
        )
    return tuple(map(_read_back, columns, values))


def _read_back(column: sa.Column[Any], value: Any) -> Any:
    if isinstance(column.type, Uuid) and value is not None:
        return check_uuid(value, column.name)
    try:
        hash(value)
    except TypeError:
        told = f"a key is one value, not a {type(value).__name__}"
        raise InvalidValueError(told, column.name) from None
    return value
