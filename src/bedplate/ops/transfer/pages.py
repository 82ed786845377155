"""The rows of a table by key, in pages of bounded length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.dialects import dialect_of
from bedplate.primary_keys import following
from bedplate.types import Encrypted, JSONDocument, LongText, SearchText, Vector

if TYPE_CHECKING:
    from bedplate.ops.transfer.tables import Part

__all__ = ["Key", "Page", "pages"]

_ROWS = 10_000
"""Rows a page at most: a hundredth of a second for a statement hardly counts then."""

_SIZE = 8_000_000
"""Characters or bytes of long values a page; a longer value has one of its own."""

_SHORT = 4_000
"""Characters of a text that is no long value."""

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Page:
    """Some rows of a table.

    Attributes:
        columns: Column name to the values of the rows, in their order.
        rows: How many rows.
        last: The key of the last one.
    """

    columns: dict[str, list[Any]]
    rows: int
    last: Key


def pages(
    connection: sa.Connection,
    part: Part,
    after: Key | None = None,
    columns: Sequence[sa.Column[Any]] | None = None,
) -> Iterator[Page]:
    """Yield the rows of a table, or some of their columns, in the order of the key.

    Args:
        connection: One whose transaction reads as at one moment.
        part: Which table.
        after: Only rows with a greater key.
        columns: Which columns, by default all; the key's always come with them.
    """
    wanted = [*dict.fromkeys((*part.key, *(columns or part.columns)))]
    long = [column for column in wanted if _is_long(column)]
    while True:
        sizes = _sizes(connection, part, long, after) if long else [0] * _ROWS
        for rows in _cuts(sizes):
            found = connection.execute(
                _some(connection, part, wanted, after).limit(rows)
            ).all()
            if found:
                page = _page(part, wanted, found)
                after = page.last
                yield page
        if len(sizes) < _ROWS or len(found) < rows:
            return


def _page(
    part: Part, wanted: Sequence[sa.Column[Any]], found: Sequence[sa.Row[Any]]
) -> Page:
    names = [column.name for column in wanted]
    columns = dict(zip(names, map(list, zip(*found, strict=True)), strict=True))
    last = tuple(columns[column.name][-1] for column in part.key)
    return Page(columns, len(found), last)


def _some(
    connection: sa.Connection,
    part: Part,
    wanted: Sequence[sa.ColumnElement[Any]],
    after: Key | None,
) -> sa.Select[Any]:
    chosen = sa.select(*wanted).order_by(*part.key)
    if after is None:
        return chosen
    return chosen.where(following(part.table, after, dialect_of(connection)))


def _sizes(
    connection: sa.Connection,
    part: Part,
    long: Sequence[sa.Column[Any]],
    after: Key | None,
) -> Sequence[int]:
    """Return how long the next rows are, without having them all here."""
    size = dialect_of(connection).transfers.stored_size
    total = sum((sa.func.coalesce(size(c), 0) for c in long), sa.literal(0))
    some = _some(connection, part, [total], after).limit(_ROWS)
    return [int(size) for size in connection.scalars(some)]


def _cuts(sizes: Sequence[int]) -> Iterator[int]:
    """Yield how many rows make a page, until all of them are in one."""
    rows = total = 0
    for size in sizes:
        if rows and total + size > _SIZE:
            yield rows
            rows = total = 0
        rows += 1
        total += size
    if rows:
        yield rows


def _is_long(column: sa.Column[Any]) -> bool:
    kind = column.type
    if isinstance(kind, Encrypted | JSONDocument | LongText | Vector | sa.JSON):
        return True
    if isinstance(kind, SearchText | sa.String | sa.LargeBinary):
        return kind.length is None or kind.length > _SHORT
    return False
