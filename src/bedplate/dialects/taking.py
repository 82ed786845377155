"""Taking rows from a queue: each by one of many who ask at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

if TYPE_CHECKING:
    from datetime import datetime

    Moment = sa.ColumnElement[datetime]

__all__ = ["MOST", "Queue", "Runner", "by_lock", "by_update"]

MOST = sa.bindparam("most", type_=sa.Integer())
"""How many rows are taken at most."""


class Runner(Protocol):
    """Runs statements about the rows of one table."""

    def rows(self, statement: Any, values: Mapping[str, Any]) -> Sequence[Any]:
        """Return the whole rows of a statement, columns as attributes."""

    def run(self, statement: Any, values: Mapping[str, Any]) -> None:
        """Run a statement that returns nothing."""


@dataclass(frozen=True, eq=False)
class Queue:
    """Rows that wait, and what becomes of one that is taken.

    Attributes:
        table: Their table; its primary key is one column.
        waits: Given the present moment, the condition that a row may be taken.
        order: Who is first; the key comes last in it.
        changes: Given the present moment, column to new value.
        stamp: A column whose new value is the present moment.
        now: The present moment, in the database's words.
    """

    table: sa.Table
    waits: Callable[[Moment], sa.ColumnElement[bool]]
    order: tuple[sa.Column[Any], ...]
    changes: Callable[[Moment], Mapping[str, Any]]
    stamp: sa.Column[Any]
    now: Moment

    @property
    def key(self) -> sa.Column[Any]:
        """The primary key."""
        return self.table.primary_key.columns[0]

    def place(self, row: Any) -> tuple[Any, ...]:
        """Return where in the queue a row has stood."""
        values = vars(row)  # an entity's own; by their names it would be asked for each
        return tuple([values[column.name] for column in self.order])


def by_update(
    runner: Runner, queue: Queue, given: Mapping[str, Any], most: int
) -> Sequence[Any]:
    """Take rows by one statement, where an UPDATE returns what it has changed."""
    rows = runner.rows(_update(queue, most == 1), {**given, "most": most})
    return sorted(rows, key=queue.place) if most > 1 else rows


def by_lock(
    runner: Runner, queue: Queue, given: Mapping[str, Any], most: int
) -> Sequence[Any]:
    """Take rows where an UPDATE returns nothing: read what they will be, then do it.

    Measured on MySQL 9.7 and MariaDB 11.8: an UPDATE with ORDER BY and LIMIT 1 makes
    all who take wait for the same row until its COMMIT is on the disk, one after
    another, and on MySQL some of them deadlock. Those who pass over locked rows commit
    together.
    """
    rows = runner.rows(_locked(queue), {**given, "most": most})
    if rows:
        keys = {f"key_{n}": getattr(r, queue.key.name) for n, r in enumerate(rows)}
        moment = {"moment": getattr(rows[0], queue.stamp.name)}
        runner.run(_update_keys(queue, len(rows)), {**given, **keys, **moment})
    return rows


def _first(queue: Queue, *columns: Any) -> sa.Select[Any]:
    """Return a select that locks the first rows and passes over those others hold."""
    return (
        sa.select(*columns)
        .where(queue.waits(queue.now))
        .order_by(*queue.order)
        .limit(MOST)
        .with_for_update(skip_locked=True)
    )


@cache
def _update(queue: Queue, one: bool) -> sa.Update:
    first = _first(queue, queue.key)
    if one:
        chosen = queue.key == first.scalar_subquery()
    else:  # a subquery of its own: joined to the table, it could be run for each row
        chosen = queue.key.in_(sa.select(first.cte("first").c[queue.key.name]))
    statement = sa.update(queue.table).where(chosen)
    return statement.values(**queue.changes(queue.now)).returning(*queue.table.columns)


@cache
def _locked(queue: Queue) -> sa.Select[Any]:
    changes = queue.changes(queue.now)
    columns = [
        sa.type_coerce(changes.get(c.name, c), c.type).label(c.name)
        for c in queue.table.columns
    ]
    return _first(queue, *columns)


@cache
def _update_keys(queue: Queue, rows: int) -> sa.Update:
    kind = queue.key.type
    keys = [sa.bindparam(f"key_{place}", type_=kind) for place in range(rows)]
    now: Any = sa.bindparam("moment", type_=queue.stamp.type)
    statement = sa.update(queue.table).where(sa.or_(*(queue.key == k for k in keys)))
    return statement.values(**queue.changes(now))
