"""Upserts in parts, where a single statement would lose words of a search index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa

from bedplate.dialects import dialect_of
from bedplate.primary_keys import among, key_values

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
    table = cast("sa.Table", statement.table)
    primary = tuple(table.primary_key)
    given = {*keys} & rows[0].keys()
    if given != {column.name for column in primary}:
        for row in rows:
            connection.execute(statement, row)
        return
    merged: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = key_values(table, [row[column.name] for column in primary])
        merged[key] = {**merged.get(key, row), **{name: row[name] for name in changed}}
    there = _insert_new(connection, table, merged)
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
    table: sa.Table,
    rows: Mapping[tuple[Any, ...], Row],
) -> Sequence[tuple[Any, ...]]:
    """Insert those rows whose key is not there; return the other keys, locked."""
    for left in reversed(range(_TRIES)):
        found = _locked(connection, table, [*rows])
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


def _locked(
    connection: sa.Connection, table: sa.Table, keys: Sequence[tuple[Any, ...]]
) -> set[tuple[Any, ...]]:
    there = among(table, keys, dialect_of(connection))
    statement = sa.select(*table.primary_key).where(there).with_for_update()
    return {tuple(row) for row in connection.execute(statement)}
