"""Search with FTS5: the table `<table>_fts` holds the index, triggers keep it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.dialects.sqlite.fts import Index
from bedplate.search import Match, SearchQuery, Term

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["indexing_many", "ranked"]

_WORDS = "search_words"
"""The name of what FTS5 is asked."""

_USUAL_PENDING = 1 << 20
_PENDING = 64 << 20
"""Bytes of an index that FTS5 holds before it writes a segment: ordinarily, and while
many rows come. Fewer, larger segments are written faster, and searched faster."""


def ranked(table: sa.Table, columns: Sequence[str], query: SearchQuery) -> Match:
    """Say how to find and rank the rows whose columns match the query.

    Args:
        table: The table searched; its key is the first primary key column.
        columns: Those of the index to look in.
        query: What to look for.
    """
    values = {_WORDS: _expression(columns, query)}
    return Match(_rows(table, tuple(columns)), values)


@lru_cache(maxsize=64)
def _rows(table: sa.Table, columns: tuple[str, ...]) -> sa.Select[Any, float]:
    key = next(iter(table.primary_key))
    made = Index(table.name, columns, key)
    index = sa.table(
        made.fts, sa.column("rowid"), sa.column(made.fts), sa.column("rank")
    )
    source: sa.FromClause = index
    number: sa.ColumnElement[Any] = sa.type_coerce(index.c.rowid, key.type)
    if made.is_numbered:
        keys = sa.table(made.keys, sa.column("rowid"), sa.column(key.name, key.type))
        source = index.join(keys, keys.c.rowid == index.c.rowid)
        number = keys.c[key.name]
    rank: sa.Label[float] = (-sa.type_coerce(index.c.rank, sa.Double())).label("rank")
    matches = index.c[made.fts].op("MATCH", is_comparison=True)
    rows = sa.select(number.label("key"), rank).select_from(source)
    return rows.where(matches(sa.bindparam(_WORDS, type_=sa.Text())))


def _expression(columns: Sequence[str], query: SearchQuery) -> str:
    # A lone pair of quotes is a query without a token: it finds nothing.
    wanted = " AND ".join(map(_phrase, query.positive)) or '""'
    unwanted = " OR ".join(map(_phrase, query.negative))
    expression = f"({wanted}) NOT ({unwanted})" if unwanted else wanted
    return f"{{{' '.join(columns)}}} : ({expression})"


def _phrase(term: Term) -> str:
    # Words hold no quote: they are letters, digits, marks and underscores.
    return f'"{" ".join(term.words)}"' + ("*" if term.prefix else "")


@contextmanager
def indexing_many(connection: Connection, table: sa.Table) -> Iterator[None]:
    """Let the index gather more in memory before it writes, in this transaction.

    That of an empty table is built after the rows, all at once, which takes seven
    tenths of the time. Where rows are already, it would be built of these again.
    """
    index = Index(table.name, (), next(iter(table.primary_key)))
    asked = f"SELECT v FROM {index.fts}_config WHERE k = 'hashsize'"  # noqa: S608
    before = connection.exec_driver_sql(asked).scalar()
    _hold(connection, index.fts, _PENDING)
    try:
        with _deferred(connection, index):
            yield
    finally:
        _hold(connection, index.fts, before or _USUAL_PENDING)


@contextmanager
def _deferred(connection: Connection, index: Index) -> Iterator[None]:
    """Build the index after the block, if that pays: its trigger is away meanwhile."""
    some = connection.exec_driver_sql(f"SELECT 1 FROM {index.table} LIMIT 1")  # noqa: S608
    if index.is_numbered or some.first() is not None:
        yield
        return
    trigger = _trigger(connection, index)
    connection.exec_driver_sql(f"DROP TRIGGER {index.fts}_ai")
    try:
        yield
    finally:
        # There again where an error has ended the transaction.
        if _trigger(connection, index) is None:
            connection.exec_driver_sql(
                f"INSERT INTO {index.fts} ({index.fts}) VALUES ('rebuild')"  # noqa: S608
            )
            connection.exec_driver_sql(str(trigger))


def _trigger(connection: Connection, index: Index) -> str | None:
    asked = "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?"
    found: str | None = connection.exec_driver_sql(asked, (f"{index.fts}_ai",)).scalar()
    return found


def _hold(connection: Connection, index: str, size: int) -> None:
    connection.exec_driver_sql(
        f"INSERT INTO {index} ({index}, rank) VALUES ('hashsize', ?)",  # noqa: S608
        (size,),
    )
