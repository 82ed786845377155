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
from bedplate.engine import translating
from bedplate.errors import BedplateError, InvalidValueError
from bedplate.primary_keys import among, following
from bedplate.session import Retry, pause_after

if TYPE_CHECKING:
    from bedplate.engine import Engines
    from bedplate.ops.retention.rules import Conditions, Rule

__all__ = ["Pruned", "prune", "vacuum"]

_FIRST, _LEAST, _MOST = 500, 50, 5_000
"""Rows a batch: to begin with, and within which bounds it is fitted to the time."""

_SHORT, _LONG = 0.02, 0.05
"""Seconds a batch should take: below, the next one is larger; above, smaller."""


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
        InvalidValueError: A rule names what there is not.
        ReferenceFailedError: A row that should go is needed by one that stays.
    """
    for rule in rules:  # all of them are looked at before anything goes
        rule.columns(_table(metadata, rule))
    work, now = _Work(engines, metadata, seconds), utcnow()
    for rule in rules:
        table = _table(metadata, rule)
        for conditions in rule.groups(table, work.read, engines.dialect, now):
            if dry_run:
                work.count(table, conditions)
            elif not work.delete(table, conditions):
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
class _Work:
    """Deletes and counts, and knows when to stop."""

    engines: Engines
    metadata: sa.MetaData
    limit: float | None
    rows: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    size: int = _FIRST
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
        self, table: sa.Table, keys: Sequence[tuple[Any, ...]], conditions: Conditions
    ) -> bool:
        these = among(table, keys, self.engines.dialect)
        for child, column in self._children(table):
            living = sa.select(*table.primary_key.columns).where(these, *conditions)
            if not self._delete_children(child, column, living):
                return False
        if self._is_over():
            return False
        # Once more with its conditions: a row may have changed since it was read.
        self._batch(table, sa.delete(table).where(these, *conditions))
        return True

    def _delete_children(
        self, table: sa.Table, column: sa.Column[Any], living: sa.Select[Any]
    ) -> bool:
        """Delete what hangs on parents, as long as these are to be deleted."""
        before = -1
        # A parent may have changed since the last batch: then its children stay too.
        while parents := [key for (key,) in self.read(living)]:
            condition = column.in_(parents)
            # In no order: for one, all of them would be sorted for each batch.
            chosen = sa.select(*table.primary_key.columns).where(condition)
            some = self.read(chosen.limit(self.size))
            if not some:
                return True
            if before == self.rows[table.name]:
                return True  # they come as fast as they go: the parent takes the rest
            before = self.rows[table.name]
            if not self._delete_these(table, [tuple(row) for row in some], [condition]):
                return False
        return True

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
                    self.rows[table.name] += opened.execute(statement).rowcount
                break
            except BedplateError as error:
                pause = pause_after(error, pauses, idempotent=True)
            time.sleep(pause)
            began = time.monotonic()
        took = time.monotonic() - began
        self.longest = max(self.longest, took)
        if took < _SHORT:
            self.size = min(self.size * 2, _MOST)
        elif took > _LONG:
            self.size = max(self.size // 2, _LEAST)
        time.sleep(took / 2)

    def _is_over(self) -> bool:
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
