"""Upserts in parts, where a single statement would lose words of a search index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from bedplate.checks import check_uuid
from bedplate.dialects import dialect_of
from bedplate.types import Uuid

__all__ = ["upsert_in_parts"]

Row = Mapping[str, Any]

_TRIES = 5
"""How often somebody else may insert one of the rows just before this does."""

_CHARACTERS = 2_000_000
"""Characters that are updated at once: 8 MB at most, which every server takes."""


def upsert_in_parts(
    connection: sa.Connection,
    statement: sa.Insert,
    rows: Sequence[Row],
    keys: Sequence[str],
    changed: Sequence[str],
) -> Iterator[Sequence[Row]]:
    """Insert the rows that are new; yield what is to be updated by primary key.

    By that key it takes as many statements for many rows as for a few; by another one
    each row is a statement of its own.

    Args:
        connection: Where to.
        statement: The upsert of one row.
        rows: Rows of one shape, so many that one statement may name their keys.
        keys: The columns of the key that is meant.
        changed: The columns to change in a row that is there.
    """
    primary = tuple(statement.table.primary_key)
    given = {*keys} & rows[0].keys()
    if given != {column.name for column in primary}:
        for row in rows:
            connection.execute(statement, row)
        return
    merged: dict[tuple[Any, ...], Row] = {}
    for key, row in zip(_keys(primary, rows), rows, strict=True):
        merged[key] = {**merged.get(key, row), **{name: row[name] for name in changed}}
    there = _insert_new(connection, statement.table, merged)
    if changed:
        yield from _by_size(
            {n: merged[key][n] for n in (*keys, *changed)} for key in there
        )


def _by_size(rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
    """Yield rows together whose texts are of a moderate length together."""
    some: list[Row] = []
    size = 0
    for row in rows:
        length = sum(len(value) for value in row.values() if isinstance(value, str))
        if some and size + length > _CHARACTERS:
            yield some
            some, size = [], 0
        some.append(row)
        size += length
    if some:
        yield some


def _insert_new(
    connection: sa.Connection,
    table: sa.TableClause,
    rows: Mapping[tuple[Any, ...], Row],
) -> Sequence[tuple[Any, ...]]:
    """Insert those rows whose key is not there; return the other keys, locked."""
    for left in reversed(range(_TRIES)):
        found = _locked(connection, tuple(table.primary_key), [*rows])
        new = [row for key, row in rows.items() if key not in found]
        try:
            if new:
                connection.execute(sa.insert(table), new)
        except sa.exc.IntegrityError:
            if not left:
                raise
        else:
            break
    return [key for key in rows if key in found]


def _keys(columns: Sequence[Any], rows: Sequence[Row]) -> Iterator[tuple[Any, ...]]:
    """Yield the key of each row as the database gives it back."""
    for row in rows:
        yield tuple(
            check_uuid(row[c.name], c.name) if isinstance(c.type, Uuid) else row[c.name]
            for c in columns
        )


def _locked(
    connection: sa.Connection,
    columns: Sequence[Any],
    keys: Sequence[tuple[Any, ...]],
) -> set[tuple[Any, ...]]:
    among: sa.ColumnElement[bool] = columns[0].in_([key[0] for key in keys])
    if len(columns) > 1:
        among = dialect_of(connection).among(columns, keys)
    statement = sa.select(*columns).where(among).with_for_update()
    return {tuple(row) for row in connection.execute(statement)}
