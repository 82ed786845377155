"""Rows deleted by key, in short transactions, children before their parents.

A batch is made to take some hundredths of a second, and a pause follows it: whoever
writes at the same time gets a turn. What is deleted when the work is interrupted stays
deleted.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.base import utcnow
from bedplate.errors import BedplateError, InvalidValueError
from bedplate.primary_keys import among, following
from bedplate.session import Retry, pause_after
from bedplate.translation import translating

if TYPE_CHECKING:
    from bedplate.engine import Engines
    from bedplate.ops.retention.rules import Conditions, Rule

__all__ = ["Pruned", "prune", "vacuum"]

_FIRST, _LEAST, _MOST = 500, 50, 5_000
"""Rows a batch: to begin with, and within which bounds it is fitted to the time."""

_SHORT, _LONG = 0.02, 0.05
"""Seconds a batch should take: below, the next one is larger; above, smaller."""

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Pruned:
    """What was deleted, or would be.

    Attributes:
        rows: How many rows of each table, children too.
        is_complete: Whether nothing is left that should go.
        seconds: How long it took.
        longest: Seconds the longest transaction took.
    """

    rows: dict[str, int]
    is_complete: bool
    seconds: float
    longest: float


def prune(
    engines: Engines,
    metadata: sa.MetaData,
    rules: Sequence[Rule],
    *,
    dry_run: bool = False,
    seconds: float | None = None,
) -> Pruned:
    """Delete what the rules say, one after the other.

    Args:
        engines: Where.
        metadata: The tables.
        rules: What should go.
        dry_run: Whether rows are only counted; those of two rules then count twice.
        seconds: When to stop, though something is left; None for never.

    Raises:
        InvalidValueError: A rule names what there is not, or the seconds are no time.
        ReferenceFailedError: A row that should go is needed by one that stays.
    """
    if seconds is not None and not seconds >= 0:  # NaN neither
        raise InvalidValueError(f"{seconds!r} is not a time in seconds", "seconds")
    for rule in rules:  # all of them are looked at before anything goes
        rule.columns(_table(metadata, rule))
    work, now = _Work(engines, metadata, seconds), utcnow()
    for rule in rules:
        table = _table(metadata, rule)
        for conditions in rule.groups(table, work.read, engines.dialect, now):
            if dry_run:
                work.count(table, conditions)
            elif work.is_over() or not work.delete(table, conditions):
                return work.pruned(is_complete=False)
    return work.pruned(is_complete=not dry_run)


def vacuum(engines: Engines, tables: Sequence[str]) -> None:
    """Give the space of deleted rows back, as far as the database does that."""
    with translating(engines), engines.writer.connect() as opened:
        connection = opened.execution_options(isolation_level="AUTOCOMMIT")
        engines.dialect.vacuum(connection, tables)


def _table(metadata: sa.MetaData, rule: Rule) -> sa.Table:
    found = metadata.tables.get(rule.table)
    if found is None:
        raise InvalidValueError(f"there is no table {rule.table!r}")
    return found


@dataclass
class _Level:
    """Rows that should go when all that hangs on them has gone.

    Attributes:
        table: Theirs.
        keys: Which.
        conditions: What still has to hold of each.
        looked: Column that refers to them to the rows that had gone from its table when
            it was looked at last.
    """

    table: sa.Table
    keys: Sequence[Key]
    conditions: Conditions
    looked: dict[sa.Column[Any], int] = field(default_factory=dict)


@dataclass
class _Work:
    """Deletes and counts, and knows when to stop."""

    engines: Engines
    metadata: sa.MetaData
    limit: float | None
    rows: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    size: int = field(default_factory=lambda: _FIRST)
    started: float = field(default_factory=time.monotonic)
    there: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        with translating(self.engines), self.engines.reader.connect() as connection:
            self.there = frozenset(sa.inspect(connection).get_table_names())

    def pruned(self, *, is_complete: bool) -> Pruned:
        seconds = round(time.monotonic() - self.started, 3)
        longest = round(self.longest, 4)
        return Pruned(dict(self.rows), is_complete, seconds, longest)

    def read(self, statement: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        """Run a statement in a transaction that only reads."""
        with translating(self.engines), self.engines.reader.connect() as connection:
            return connection.execute(statement).all()

    def delete(self, table: sa.Table, conditions: Conditions) -> bool:
        """Delete rows with all that hangs on them; return whether time was enough."""
        keys = [*table.primary_key.columns]
        chosen = sa.select(*keys).where(*conditions).order_by(*keys)
        following_ones = chosen
        while some := self.read(following_ones.limit(self.size)):
            found = [tuple(row) for row in some]
            if not self._delete_these(table, found, conditions):
                return False
            after = following(table, found[-1], self.engines.dialect)
            following_ones = chosen.where(after)
        return True

    def _delete_these(
        self, table: sa.Table, keys: Sequence[Key], conditions: Conditions
    ) -> bool:
        """Delete rows, and first what hangs on them; return whether time was enough.

        Not by calls inside of calls: a table that refers to itself may hold a chain of
        any length.
        """
        levels = [_Level(table, keys, conditions)]
        while levels:
            below = self._below(levels)
            if below is not None:
                levels.append(below)
                continue
            if self.is_over():
                return False
            level = levels.pop()
            # Once more with its conditions: a row may have changed since it was read.
            chosen = (self._these(level), *level.conditions)
            self._batch(level.table, sa.delete(level.table).where(*chosen))
        return True

    def _below(self, levels: Sequence[_Level]) -> _Level | None:
        """Return some rows that hang on the last level's, None where there are none.

        A parent may have changed since the last look: then its children stay too.
        """
        level = levels[-1]
        for child, column in self._children(level.table):
            done = self.rows[child.name]
            if level.looked.get(column) == done:
                continue  # they come as fast as they go: the parent takes the rest
            level.looked[column] = done
            keys = level.table.primary_key.columns
            living = sa.select(*keys).where(self._these(level), *level.conditions)
            parents = [key for (key,) in self.read(living)]
            if not parents:
                return None
            condition = column.in_(parents)
            # In no order: for one, all of them would be sorted for each batch.
            chosen = sa.select(*child.primary_key.columns).where(condition)
            held = {k for held in levels if held.table is child for k in held.keys}
            some = self.read(chosen.limit(self.size + len(held)))
            fresh = [key for key in map(tuple, some) if key not in held]
            if fresh:
                return _Level(child, fresh[: self.size], [condition])
            if some and child is level.table:
                ends = self._ends(column, parents)
                if ends:  # else it is a circle, which goes at once
                    return _Level(child, ends, level.conditions)
        return None

    def _ends(self, column: sa.Column[Any], keys: Sequence[Any]) -> Sequence[Key]:
        """Return which of these rows no other hangs on: InnoDB goes 15 levels deep."""
        asked = sa.select(column).where(column.in_(keys)).distinct()
        referred = {key for (key,) in self.read(asked)}
        return [(key,) for key in keys if key not in referred]

    def _these(self, level: _Level) -> sa.ColumnElement[bool]:
        return among(level.table, level.keys, self.engines.dialect)

    def count(self, table: sa.Table, conditions: Conditions) -> None:
        """Count rows with all that hangs on them."""
        counted = sa.select(sa.func.count()).select_from(table).where(*conditions)
        found = self.read(counted)[0][0]
        if not found:
            return
        self.rows[table.name] += found
        for child, key in self._references(table):
            if child is table or len(key.elements) > 1:
                continue  # a count of these would need them one by one
            (element,) = key.elements
            parents = sa.select(element.column).where(*conditions)
            self.count(child, [element.parent.in_(parents)])

    def _children(self, table: sa.Table) -> Iterator[tuple[sa.Table, sa.Column[Any]]]:
        """Yield which columns refer to a table's primary key, if that is one column."""
        names = [column.name for column in table.primary_key.columns]
        for child, key in self._references(table):
            by_name = {e.column.name: e.parent for e in key.elements}
            if [*by_name] == names and len(names) == 1:
                yield child, by_name[names[0]]

    def _batch(self, table: sa.Table, statement: sa.Delete) -> None:
        """Delete in one transaction, again after a deadlock, and let others write."""
        began = time.monotonic()
        pauses = Retry().pauses()
        while True:
            try:
                with translating(self.engines), self.engines.writer.begin() as opened:
                    deleted = opened.execute(statement).rowcount
                break
            except BedplateError as error:
                pause = pause_after(error, pauses, idempotent=True)
            time.sleep(pause)
            began = time.monotonic()
        self.rows[table.name] += deleted
        took = time.monotonic() - began
        self.longest = max(self.longest, took)
        if took < _SHORT:
            self.size = min(self.size * 2, _MOST)
        elif took > _LONG:
            self.size = max(self.size // 2, _LEAST)
        time.sleep(took / 2)

    def is_over(self) -> bool:
        """Return whether time is up."""
        return self.limit is not None and time.monotonic() - self.started > self.limit

    def _references(
        self, table: sa.Table
    ) -> Iterator[tuple[sa.Table, sa.ForeignKeyConstraint]]:
        """Yield the references by which rows go when those of a table do."""
        for child in self.metadata.tables.values():
            for key in child.foreign_key_constraints:
                cascades = (key.ondelete or "").upper() == "CASCADE"
                if (
                    cascades
                    and key.referred_table is table
                    and child.name in self.there
                ):
                    yield child, key
