"""Finding rows by their words, and showing where they have them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from bedplate.checks import check_whole
from bedplate.errors import InvalidValueError
from bedplate.repository import DomainRepository
from bedplate.search import Match, SearchHit, SearchQuery, parse, snippet
from bedplate.types import searched

if TYPE_CHECKING:
    from sqlalchemy.orm import InstrumentedAttribute

__all__ = ["PIECE", "TextSearch"]

PIECE = 4_000_000
"""Characters read at once of a long text: the server walks to each piece from the
start, so few and large; at four bytes a character 16 MB."""

_HEAD = 10_000
"""Characters of each hit that a search brings along to show where it matches."""

_CHECKED_FIRST = 2
"""Rows for each hit wanted that are read at first, where each has to be checked."""

_LIMIT, _MOST = "search_limit", "search_most"
"""Names of how many hits are wanted, and how many rows of the ranking looked at."""

_KEY, _FIRST, _LENGTH = "slice_key", "slice_first", "slice_length"
"""Names of a row's key, and of the first character and the length of its slice."""

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
        match = self.dialect.ranked(_table(shown), searched(_table(shown)), parsed)
        found: Sequence[Any] = []
        for most in _looked_at(match, limit):
            wanted = (match.rows, match.check, shown, title, most is not None)
            values = {**match.values, _LIMIT: limit, _MOST: most}
            if where:  # new ones at each call; what is kept is found by identity
                rows = self.session.execute(_hits(*wanted, *where), values).all()
            else:
                rows = self._way.tuples(_kept_hits(*wanted), values)
            found = max(found, rows, key=len)
            if len(found) == limit:
                break
        return [
            SearchHit(row, name, float(rank), self._snippet(parsed, shown, row, head))
            for row, name, head, rank in found
        ]

    def _slice(
        self, column: InstrumentedAttribute[Any], key: Any, start: int, length: int
    ) -> str | None:
        """Return characters of a long text, the first being 0; None for no row."""
        values = {_KEY: key, _FIRST: start + 1, _LENGTH: length}
        found = self._way.tuples(_sliced(column), values)
        return found[0][0] if found else None

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


@cache
def _sliced(column: InstrumentedAttribute[Any]) -> sa.Select[Any]:
    key = _key(column)
    first, length = (sa.bindparam(n, type_=sa.Integer()) for n in (_FIRST, _LENGTH))
    part = _part(column, first, length)
    return sa.select(part).where(key == sa.bindparam(_KEY, type_=key.type))


def _looked_at(match: Match, limit: int) -> Iterator[int | None]:
    """Yield how many rows of the ranking to look at, then how many if need be.

    What needs a check mostly passes it, so those at the top are asked first. Where too
    few pass, all are asked, these once more: InnoDB's index (a FULLTEXT) leaves out
    what it is just moving from memory to its tables, and the next answer has it.
    """
    if match.check is None:
        yield limit
    else:
        yield _CHECKED_FIRST * limit
        yield None


def _hits(
    rows: sa.Select[Any, float] | sa.CompoundSelect[Any, float],
    check: sa.ColumnElement[bool] | None,
    shown: InstrumentedAttribute[Any],
    title: InstrumentedAttribute[Any] | None,
    limits: bool,
    *where: sa.ColumnElement[bool],
) -> sa.Select[Any, Any, str, float]:
    """Return the statement of a search, as _search() executes it."""
    named = sa.null() if title is None else _table(shown).c[title.name]
    columns = (_key(shown), named, _part(shown, 1, _HEAD))
    best = _best(rows, columns[0], where)
    if limits:
        best = best.limit(sa.bindparam(_MOST, type_=sa.BigInteger()))
    limit = sa.bindparam(_LIMIT, type_=sa.BigInteger())
    return _shown(best, columns, check).limit(limit)


_kept_hits = lru_cache(maxsize=64)(_hits)
"""Building the statement takes longer than SQLite does to find a rare word."""


def _best(
    rows: sa.Select[Any, float] | sa.CompoundSelect[Any, float],
    key: sa.Column[Any],
    where: Sequence[sa.ColumnElement[bool]],
) -> sa.Select[Any, float]:
    """Return those of the rows for which the conditions hold, the best first."""
    found = rows.subquery("found")
    best = sa.select(found.c.key, found.c.rank)
    if where:
        best = best.join_from(found, key.table, key == found.c.key).where(*where)
    return best.order_by(found.c.rank.desc(), found.c.key)


def _shown(
    rows: sa.Select[Any, float],
    columns: tuple[sa.Column[Any], sa.ColumnElement[Any], sa.ColumnElement[str]],
    check: sa.ColumnElement[bool] | None,
) -> sa.Select[Any, Any, str, float]:
    """Return columns of ranked rows: their texts are read of these alone."""
    key, *_ = columns
    best = rows.subquery("best")
    shown = sa.select(*columns, best.c.rank)
    shown = shown.join_from(best, key.table, key == best.c.key)
    if check is not None:
        shown = shown.where(check)
    return shown.order_by(best.c.rank.desc(), key)


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
    column: InstrumentedAttribute[Any], first: Any, length: Any
) -> sa.ColumnElement[str]:
    """Return a part of a text, the first character being 1."""
    text = _table(column).c[column.name]
    return sa.type_coerce(sa.func.substr(text, first, length), sa.Text())
