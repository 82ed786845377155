"""Finding rows by their words, and showing where they have them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from bedplate.checks import check_whole
from bedplate.errors import InvalidValueError
from bedplate.repository import DomainRepository
from bedplate.search import Match, SearchHit, SearchQuery, matches, parse, snippet
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
"""Rows for each hit wanted that the server checks at first, where it has to."""

_GLANCES = ((1, 2), (4, 0))
"""Rows that are read to be checked here: so many for each hit wanted, and so many."""

_GLANCED_AT = 50
"""Hits wanted for which that is done: the heads of all these rows are in memory."""

_LIMIT, _MOST = "search_limit", "search_most"
"""Names of how many hits are wanted, and how many rows of the ranking looked at."""

_KEY, _FIRST, _LENGTH = "slice_key", "slice_first", "slice_length"
"""Names of a row's key, and of the first character and the length of its slice."""

_PIECES_LOOKED_AT = 4
"""Pieces of a hit in which a place to show is looked for; then its head has to do."""


@dataclass(frozen=True)
class _Columns:
    """The columns of a table that are searched.

    Attributes:
        names: Their names.
        has_shown: Whether that is one of them which snippets are cut from.
        has_title: Whether that is one which names a hit.
        others: The names of those beside the two.
    """

    names: tuple[str, ...]
    has_shown: bool
    has_title: bool
    others: tuple[str, ...]


@dataclass
class _Sought:
    """What a search is for, and where.

    Attributes:
        match: How the database finds it.
        query: What is looked for.
        shown: The column that snippets are cut from.
        title: The column that names a hit.
        where: Conditions that must hold besides.
        columns: Those that are searched.
        has_all: Whether the ranking was seen to its end, so that only what an index
            leaves out for a moment can be missing.
    """

    match: Match
    query: SearchQuery
    shown: InstrumentedAttribute[Any]
    title: InstrumentedAttribute[Any] | None
    where: tuple[sa.ColumnElement[bool], ...]
    columns: _Columns
    has_all: bool = False

    def sift(self, rows: Sequence[Any], limit: int) -> tuple[list[Any], bool]:
        """Return rows that match, and whether what was read of them tells of enough."""
        found: list[Any] = []
        columns, query = self.columns, self.query
        for row in rows:
            _, name, _, *heads = row
            texts = [head or "" for head in heads[not columns.has_shown :]]
            whole = max(map(len, texts), default=0) < _HEAD
            if columns.has_title:
                texts.append(name or "")
            verdict = matches(texts, query, whole=whole)
            if verdict is None:
                return found, False
            if verdict:
                found.append(row)
                if len(found) == limit:
                    break
        return found, True

    def looks(self, limit: int) -> Iterator[int | None]:
        """Yield how many rows of the ranking to have checked, then how many if need be.

        What needs a check mostly passes it, so those at the top are asked first. Where
        too few pass, all are asked, these once more: InnoDB's index (a FULLTEXT) leaves
        out what it is just moving from memory to its tables, and the next answer has
        it. What needs none are the best already.
        """
        if self.match.check is None:
            yield limit
            return
        if not self.has_all:
            yield _CHECKED_FIRST * limit
        yield None


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
        columns = _columns(shown, title)
        match = self.dialect.ranked(_table(shown), columns.names, parsed)
        sought = _Sought(match, parsed, shown, title, where, columns)
        found: Sequence[Any] = self._glanced(sought, limit)
        for most in sought.looks(limit) if len(found) < limit else ():
            rows = self._best(sought, match.check, most, limit)
            found = max(found, rows, key=len)
            if len(found) == limit:
                break
        return [
            SearchHit(row, name, float(rank), self._snippet(parsed, shown, row, head))
            for row, name, rank, head, *_ in found
        ]

    def _glanced(self, sought: _Sought, limit: int) -> Sequence[Any]:
        """Read the best rows and check them here, which is quicker than having it done.

        Returns:
            The hits that are the best for sure, maybe fewer than wanted.
        """
        if sought.match.check is None or limit > _GLANCED_AT:
            return ()
        found: list[Any] = []
        others = sought.columns.others
        for each, further in _GLANCES:
            most = each * limit + further
            rows = self._best(sought, None, most, most, others)
            found, told = sought.sift(rows, limit)
            if len(found) == limit or not told:
                break
            if len(rows) < most:
                sought.has_all = True
                break
        return found

    def _best(
        self,
        sought: _Sought,
        check: sa.ColumnElement[bool] | None,
        most: int | None,
        limit: int,
        others: tuple[str, ...] = (),
    ) -> Sequence[Any]:
        """Return the best rows, each a key, a title, a rank, a head and other heads.

        Args:
            sought: What is looked for.
            check: What must hold for a row.
            most: How many rows of the ranking are looked at, None for all.
            limit: The most rows to return.
            others: Columns whose heads are to be read as well.
        """
        match, where = sought.match, sought.where
        wanted = (match.rows, check, sought.shown, sought.title, others)
        order = (most is not None, match.is_sorted)
        values = {**match.values, _LIMIT: limit, _MOST: most}
        if where:  # new ones at each call; what is kept is found by identity
            return self.session.execute(_hits(*wanted, *order, *where), values).all()
        return self._way.tuples(_kept_hits(*wanted, *order), values)

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
def _columns(
    shown: InstrumentedAttribute[Any], title: InstrumentedAttribute[Any] | None
) -> _Columns:
    # A mapped attribute takes a microsecond to tell its name.
    names = searched(_table(shown))
    named = None if title is None else title.name
    others = tuple(sorted({*names} - {shown.name, named}))
    return _Columns(names, shown.name in names, named in names, others)


@cache
def _sliced(column: InstrumentedAttribute[Any]) -> sa.Select[Any]:
    key = _key(column)
    first, length = (sa.bindparam(n, type_=sa.Integer()) for n in (_FIRST, _LENGTH))
    part = _part(_table(column).c[column.name], first, length)
    return sa.select(part).where(key == sa.bindparam(_KEY, type_=key.type))


def _hits(
    rows: sa.Select[Any, float] | sa.CompoundSelect[Any, float],
    check: sa.ColumnElement[bool] | None,
    shown: InstrumentedAttribute[Any],
    title: InstrumentedAttribute[Any] | None,
    others: tuple[str, ...],
    limits: bool,
    is_sorted: bool,
    *where: sa.ColumnElement[bool],
) -> sa.Select[Any]:
    """Return the statement of a search, as _best() executes it."""
    table, key = _table(shown), _key(shown)
    named = sa.null() if title is None else table.c[title.name]
    heads = [_part(table.c[name], 1, _HEAD) for name in (shown.name, *others)]
    if is_sorted and limits and not where:
        ranked = rows.order_by(sa.desc("rank"))
    else:
        ranked = _ordered(rows, key, where)
    if limits:
        ranked = ranked.limit(sa.bindparam(_MOST, type_=sa.BigInteger()))
    best = ranked.subquery("best")
    # Texts are read of the best alone.
    found = sa.select(key, named, best.c.rank, *heads)
    found = found.join_from(best, table, key == best.c.key)
    if check is not None:
        found = found.where(check)
    limit = sa.bindparam(_LIMIT, type_=sa.BigInteger())
    return found.order_by(best.c.rank.desc(), key).limit(limit)


_kept_hits = lru_cache(maxsize=64)(_hits)
"""Building the statement takes longer than SQLite does to find a rare word."""


def _ordered(
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


def _part(column: sa.Column[Any], first: Any, length: Any) -> sa.ColumnElement[str]:
    """Return a part of a text, the first character being 1."""
    return sa.type_coerce(sa.func.substr(column, first, length), sa.Text())
