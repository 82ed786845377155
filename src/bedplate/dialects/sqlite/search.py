"""Search with FTS5: the table `<table>_fts` holds the index, triggers keep it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from bedplate.search import Match, SearchQuery, Term

__all__ = ["ranked"]


def ranked(table: sa.Table, columns: Sequence[str], query: SearchQuery) -> Match:
    """Say how to find and rank the rows whose columns match the query.

    Args:
        table: The table searched; its key is the first primary key column.
        columns: Those the index covers; FTS5 knows them itself.
        query: What to look for.
    """
    name = f"{table.name}_fts"
    index = sa.table(name, sa.column("rowid"), sa.column(name), sa.column("rank"))
    key = next(iter(table.primary_key))
    return Match(
        table.join(index, index.c.rowid == key),
        index.c[name].op("MATCH", is_comparison=True)(_expression(query)),
        -sa.type_coerce(index.c.rank, sa.Double()),
    )


def _expression(query: SearchQuery) -> str:
    wanted = " AND ".join(map(_phrase, query.positive))
    # A lone quote pair is a query without a token: it finds nothing.
    if not wanted or not query.negative:
        return wanted or '""'
    return f"({wanted}) NOT ({_any(query.negative)})"


def _any(terms: Iterable[Term]) -> str:
    return " OR ".join(map(_phrase, terms))


def _phrase(term: Term) -> str:
    # Words hold no quote: they are letters, digits, marks and underscores.
    return f'"{" ".join(term.words)}"' + ("*" if term.prefix else "")
