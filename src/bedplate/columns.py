"""Rows as columns: checked and made ready for the driver a whole column at a time.

What a column type does with one value (see `types`) costs a call for each; most
columns of many rows are settled by a look at their largest value, or by the few
different objects they are made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import cache
from inspect import signature
from itertools import chain, groupby, islice
from operator import itemgetter
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from bedplate.dialects.values import is_one_object
from bedplate.types import Portable, UTCDateTime

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import Dialect as EngineDialect

    from bedplate.dialects import Dialect

__all__ = [
    "batches",
    "defaults",
    "has_expression",
    "is_given",
    "may_go_by_columns",
    "tabulated",
    "typed",
    "write",
]

Row = Mapping[str, Any]
T = TypeVar("T")


def tabulated(
    rows: Sequence[Row], optional: Set[str] = frozenset()
) -> Iterator[tuple[dict[str, list[Any]], int]]:
    """Yield the columns of rows, those of neighbours with the same names together.

    Args:
        rows: At least one.
        optional: Names that a row may leave out: None takes their place.

    Yields:
        Name to values, and how many rows they are.
    """
    names = dict.fromkeys(rows[0])
    if sum(map(len, rows)) == len(names) * len(rows) and {*map(type, rows)} == {dict}:
        try:
            columns = {name: [*map(itemgetter(name), rows)] for name in names}
        except KeyError:  # as many names, but others
            pass
        else:
            yield columns, len(rows)
            return
    names = dict.fromkeys(chain.from_iterable(rows))
    # Neighbours only: the rows keep their order, and their ids tell it.
    for kept, group in groupby(rows, key=lambda row: row.keys() - optional):
        some = [*group]
        given = [name for name in names if name in kept or name in optional]
        yield {name: [row.get(name) for row in some] for name in given}, len(some)


def may_go_by_columns(table: sa.Table, connection: sa.Connection) -> bool:
    """Return whether the database may be given values without SQLAlchemy's statement.

    Not where a default or a type is SQL, nor where tables have other names.
    """
    if connection.get_execution_options().get("schema_translate_map"):
        return False
    return _is_plain(table, connection.dialect)


@cache
def _is_plain(table: sa.Table, dialect: EngineDialect) -> bool:
    """Return whether Python alone makes what columns get: no default or type is SQL."""
    defaults = [
        column.default for column in table.columns if column.default is not None
    ]
    kinds = [column.type.dialect_impl(dialect) for column in table.columns]
    return all(_maker(default) is not None for default in defaults) and not any(
        getattr(kind, "_has_bind_expression", False) for kind in kinds
    )


def write(
    dialect: Dialect,
    connection: sa.Connection,
    table: sa.Table,
    columns: dict[str, list[Any]],
    rows: int,
) -> None:
    """Insert columns, with the table's defaults for those that are not there.

    Raises:
        InvalidValueError: A value is not what its column takes, as the type says it.
    """
    _add_defaults(table, columns, rows)
    ready = {
        name: _driver_values(table.c[name], values, connection.dialect)
        for name, values in columns.items()
    }
    dialect.insert_columns(connection, table, ready)


def _driver_values(
    column: sa.Column[Any], values: Sequence[Any], dialect: EngineDialect
) -> Sequence[Any]:
    kind = column.type
    process = kind.dialect_impl(dialect).bind_processor(dialect)
    if process is None:
        return values
    repeats = kind.repeats if isinstance(kind, Portable) else True
    if repeats and is_one_object(values):
        return [process(values[0])] * len(values)
    if isinstance(kind, Portable) and _passes(kind, values, dialect):
        return values
    if not repeats:
        return [*map(process, values)]
    # By identity: equal values need not be the same to a database (1, True and 1.0;
    # 0.0 and -0.0; moments of an hour that comes twice).
    different = dict(zip(map(id, values), values, strict=True))
    if 2 * len(different) > len(values):
        return [*map(process, values)]
    processed = {key: process(value) for key, value in different.items()}
    return [*map(processed.__getitem__, map(id, values))]


def _passes(kind: Portable, values: Sequence[Any], dialect: EngineDialect) -> bool:
    kinds = {*map(type, values)}
    if NoneType in kinds:
        values = [value for value in values if value is not None]
        kinds.remove(NoneType)
    if not kinds:
        return True
    return len(kinds) == 1 and kind.passes(kinds.pop(), values, dialect)


def _add_defaults(table: sa.Table, columns: dict[str, list[Any]], rows: int) -> None:
    """Fill in what the table's defaults give to columns that are not there.

    Rows that are written together are written at one moment: a default that is the
    time is taken once.
    """
    for name, (column, default) in defaults(table).items():
        if name in columns:
            continue
        if isinstance(column.type, UTCDateTime):
            columns[name] = [default()] * rows
        else:
            columns[name] = [default() for _ in range(rows)]


@cache
def defaults(
    table: sa.Table,
) -> dict[str, tuple[sa.Column[Any], Callable[[], Any]]]:
    """Return what makes the defaults that Python gives, by the columns' names."""
    found = {}
    for column in table.columns:
        maker = None if column.default is None else _maker(column.default)
        if maker is not None:
            found[column.name] = (column, maker)
    return found


def _maker(default: Any) -> Callable[[], Any] | None:
    """Return a function that gives a default, None where only a statement can."""
    if default.is_scalar:
        return lambda: default.arg
    made = getattr(default.arg, "__wrapped__", None) if default.is_callable else None
    if made is None or signature(made).parameters:
        return None  # SQL, a sequence, or a function of the statement's context
    return made  # type: ignore[no-any-return]  # SQLAlchemy wraps it without a type


def has_expression(rows: Sequence[Row]) -> bool:
    """Return whether a value of a row is SQL."""
    return any(isinstance(v, sa.ColumnElement) for row in rows for v in row.values())


def typed(value: Any, column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Return a value as a parameter of its column's type, which CASE cannot infer."""
    if isinstance(value, sa.ColumnElement):
        return value
    return sa.bindparam(None, value, type_=column.type)


def is_given(column: sa.ColumnElement[Any]) -> bool:
    """Return whether the database fills a column in; an expression has no default."""
    return getattr(column, "server_default", None) is not None


def batches(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    """Yield so many items at a time."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
