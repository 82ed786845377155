"""Finding rows by their words, and showing where they have them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from bedplate.checks import check_whole
from bedplate.errors import InvalidValueError
from bedplate.repository import DomainRepository
from bedplate.search import SearchHit, SearchQuery, parse, snippet
from bedplate.types import searched

if TYPE_CHECKING:
    from sqlalchemy.orm import InstrumentedAttribute

__all__ = ["PIECE", "TextSearch"]

PIECE = 4_000_000
"""Characters read at once of a long text: the server walks to each piece from the
start, so few and large; at four bytes a character 16 MB."""

_HEAD = 10_000
"""Characters of each hit that a search brings along to show where it matches."""

_PIECES_LOOKED_AT = 4
"""Pieces of a hit in which a place to show is looked for; then its head has to do."""


class TextSearch(DomainRepository):
    """What the search over a table is made of; the table has a search index."""

    def _search(
        self,
        shown: InstrumentedAttribute[Any],
        query: str,
        limit: int,
        *where: sa.ColumnElement[bool],
        title: InstrumentedAttribute[Any] | None = None,
    ) -> Sequence[SearchHit[Any]]:
        """Return the rows that match a query, the best first.

        Args:
            shown: The column that a snippet is cut from. All columns of SearchText
                of its table are searched.
            query: What to look for; any text is a query.
            limit: The most hits to return.
            where: Conditions that must hold besides.
            title: The column that names a hit, None where nothing does.
        """
        check_whole(limit, "limit", 0, sys.maxsize)
        parsed = parse(_text(query))
        if not parsed.positive:
            return []
        table, key = _table(shown), _key(shown)
        match = self.dialect.ranked(table, searched(table), parsed)
        named = sa.null() if title is None else table.c[title.name]
        statement = (
            sa.select(key, named, match.rank, _part(shown, 1, _HEAD))
            .select_from(match.from_clause)
            .where(match.condition, *where)
            .order_by(match.rank.desc(), key)
            .limit(limit)
        )
        return [
            SearchHit(row, name, float(rank), self._snippet(parsed, shown, row, head))
            for row, name, rank, head in self.session.execute(statement)
        ]

    def _slice(
        self, column: InstrumentedAttribute[Any], key: Any, start: int, length: int
    ) -> str | None:
        """Return characters of a long text, the first being 0; None for no row."""
        statement = sa.select(_part(column, start + 1, length))
        return self._first(statement.where(_key(column) == key))

    def _snippet(
        self,
        query: SearchQuery,
        shown: InstrumentedAttribute[Any],
        key: Any,
        head: str | None,
    ) -> str:
        if head is None or len(head) < _HEAD:
            return snippet([head or ""], query)
        return snippet(self._continued(shown, key, head), query)

    def _continued(
        self, shown: InstrumentedAttribute[Any], key: Any, head: str
    ) -> Iterator[str]:
        yield head
        starts = range(len(head), sys.maxsize, PIECE)
        for start in islice(starts, _PIECES_LOOKED_AT):
            piece = self._slice(shown, key, start, PIECE) or ""
            yield piece
            if len(piece) < PIECE:
                return


def _text(query: object) -> str:
    if not isinstance(query, str):
        message = f"text is needed, not {type(query).__name__}"
        raise InvalidValueError(message, "query")
    return query


def _table(column: InstrumentedAttribute[Any]) -> sa.Table:
    return cast("sa.Table", column.class_.__table__)


def _key(column: InstrumentedAttribute[Any]) -> sa.Column[Any]:
    (key,) = _table(column).primary_key
    return key


def _part(
    column: InstrumentedAttribute[Any], first: int, length: int
) -> sa.ColumnElement[str]:
    """Return a part of a text, the first character being 1."""
    text = _table(column).c[column.name]
    return sa.type_coerce(sa.func.substr(text, first, length), sa.Text())
