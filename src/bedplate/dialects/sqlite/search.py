"""Search with FTS5: the table `<table>_fts` holds the index, triggers keep it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.dialects.sqlite.fts import Index
from bedplate.search import Match, SearchQuery, Term

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["indexing_many", "ranked"]

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
    key = next(iter(table.primary_key))
    made = Index(table.name, columns, key)
    index = sa.table(
        made.fts, sa.column("rowid"), sa.column(made.fts), sa.column("rank")
    )
    source: sa.FromClause = table
    number: sa.ColumnElement[Any] = key
    if made.is_numbered:
        keys = sa.table(made.keys, sa.column("rowid"), sa.column(key.name, key.type))
        source, number = table.join(keys, keys.c[key.name] == key), keys.c.rowid
    return Match(
        source.join(index, index.c.rowid == number),
        index.c[made.fts].op("MATCH", is_comparison=True)(_expression(columns, query)),
        -sa.type_coerce(index.c.rank, sa.Double()),
    )


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

    Dropping the triggers and rebuilding the index afterwards is hardly faster on an
    empty table, and on a full one several times slower.
    """
    index = f"{table.name}_fts"
    asked = f"SELECT v FROM {index}_config WHERE k = 'hashsize'"  # noqa: S608
    before = connection.exec_driver_sql(asked).scalar()
    _hold(connection, index, _PENDING)
    try:
        yield
    finally:
        _hold(connection, index, before or _USUAL_PENDING)


def _hold(connection: Connection, index: str, size: int) -> None:
    connection.exec_driver_sql(
        f"INSERT INTO {index} ({index}, rank) VALUES ('hashsize', ?)",  # noqa: S608
        (size,),
    )
