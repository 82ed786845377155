"""What hangs on one row, found by following the foreign keys."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import sqlalchemy as sa

from bedplate.columns import batches
from bedplate.dialects import dialect_of

__all__ = ["Belongings", "Reference", "matching", "owning_references"]

_BATCH = 5_000
"""Keys a statement, fewer where a key has many columns."""

Values = tuple[Any, ...]
Row = dict[str, Any]


@dataclass(frozen=True)
class Reference:
    """A foreign key whose row cannot, or is not to, outlive what it refers to."""

    child: sa.Table
    columns: tuple[sa.Column[Any], ...]
    parent: sa.Table
    targets: tuple[sa.Column[Any], ...]

    @property
    def may_be_empty(self) -> bool:
        """Whether the reference can be taken out of a row."""
        return all(column.nullable for column in self.columns)

    def values(self, rows: Iterable[Row]) -> list[Values]:
        """Return what children of these rows hold; what has no value has none."""
        found = (tuple(row[c.name] for c in self.targets) for row in rows)
        return [values for values in found if None not in values]


def owning_references(tables: Iterable[sa.Table]) -> Iterator[Reference]:
    """Yield the foreign keys by which a row hangs on another."""
    for table in tables:
        for key in table.foreign_key_constraints:
            if not _may_outlive(key):
                columns = tuple(element.parent for element in key.elements)
                targets = tuple(element.column for element in key.elements)
                yield Reference(table, columns, key.referred_table, targets)


def _may_outlive(key: sa.ForeignKeyConstraint) -> bool:
    """Return whether a row stays when what it refers to goes."""
    action = (key.ondelete or "").upper()
    if action == "SET NULL":
        return all(column.nullable for column in key.columns)
    return action == "SET DEFAULT"


class Belongings:
    """The rows that hang on one row, directly or through others.

    Keys are held of those rows alone that others may hang on; the many rows at the
    ends, messages or measurements, are reached through what they refer to.

    Args:
        connection: Where they are.
        tables: All tables there are, the root's among them.
        root: The table of the one row.
        key: Its primary key.
    """

    def __init__(
        self,
        connection: sa.Connection,
        tables: Iterable[sa.Table],
        root: sa.Table,
        key: Values,
    ) -> None:
        self._connection = connection
        self._root, self._key = root, key
        self._references = [*owning_references(tables)]

    @cached_property
    def tables(self) -> Sequence[sa.Table]:
        """The tables that may have such rows, each before those that hang on it."""
        finished: dict[sa.Table, None] = {}
        self._visit(self._root, finished, set())
        return [*reversed(finished)]

    def rows(self, table: sa.Table) -> Sequence[Row]:
        """Return the rows of a table, each once, in the order of their keys."""
        found = {}
        for condition in self._conditions(table):
            for row in self._connection.execute(sa.select(table).where(condition)):
                values = dict(row._mapping)
                found[_key_of(table, values)] = values
        try:
            return [found[key] for key in sorted(found)]
        except TypeError:  # keys of a kind that has no order
            return [*found.values()]

    def delete(self, table: sa.Table) -> int:
        """Delete the rows of a table and return how many there were.

        What hangs on them has to be deleted before, or the database would take it
        along, uncounted.
        """
        deleted = sum(
            self._connection.execute(sa.delete(table).where(condition)).rowcount
            for condition in self._conditions(table)
        )
        # Of rows that hang on one another the first takes the rest along.
        return max(deleted, len(self._held.get(table, {})))

    def untie(self) -> None:
        """Empty the references that go in circles, which no order of deleting meets."""
        place = {table: n for n, table in enumerate(self.tables)}
        for reference in self._inner:
            backwards = place[reference.child] <= place[reference.parent]
            if backwards and reference.may_be_empty:
                nothing = dict.fromkeys((c.name for c in reference.columns), None)
                for condition in self._conditions(reference.child):
                    emptied = sa.update(reference.child).where(condition)
                    self._connection.execute(emptied.values(nothing))

    def _visit(
        self, table: sa.Table, finished: dict[sa.Table, None], seen: set[sa.Table]
    ) -> None:
        seen.add(table)
        children = {
            r.child.name: r.child for r in self._references if r.parent is table
        }
        for _, child in sorted(children.items(), reverse=True):
            if child not in seen:
                self._visit(child, finished, seen)
        finished[table] = None

    @cached_property
    def _inner(self) -> Sequence[Reference]:
        """References between tables that others hang on."""
        parents = {reference.parent for reference in self._references}
        return [
            reference
            for reference in self._references
            if reference.parent in self.tables and reference.child in parents
        ]

    @cached_property
    def _held(self) -> dict[sa.Table, dict[Values, Row]]:
        """The rows that others may hang on: by key, with what these refer to."""
        held: dict[sa.Table, dict[Values, Row]] = {table: {} for table in self.tables}
        columns = tuple(self._root.primary_key.columns)
        news = deque([(self._root, columns, [self._key])])
        while news:
            table, columns, values = news.popleft()
            fresh = [
                row
                for row in self._select(table, columns, values)
                if _key_of(table, row) not in held[table]
            ]
            held[table] |= {_key_of(table, row): row for row in fresh}
            for reference in self._inner if fresh else ():
                if reference.parent is table:
                    wanted = reference.values(fresh)
                    news.append((reference.child, reference.columns, wanted))
        return {table: rows for table, rows in held.items() if rows}

    def _select(
        self,
        table: sa.Table,
        columns: Sequence[sa.Column[Any]],
        values: Sequence[Values],
    ) -> Iterator[Row]:
        """Yield keys, and what others refer to, of the rows with such values."""
        referred = (r.targets for r in self._references if r.parent is table)
        needed = dict.fromkeys(chain(_identity(table), *referred))
        for condition in matching(self._connection, columns, values):
            for row in self._connection.execute(sa.select(*needed).where(condition)):
                yield dict(row._mapping)

    def _conditions(self, table: sa.Table) -> Iterator[sa.ColumnElement[bool]]:
        """Yield conditions that all rows of a table together meet."""
        if any(reference.parent is table for reference in self._references):
            # Those found last first: what hangs on another row goes before it.
            keys = [*reversed(self._held.get(table, {}))]
            yield from matching(self._connection, _identity(table), keys)
            return
        for reference in self._references:
            if reference.child is table:
                rows = self._held.get(reference.parent, {}).values()
                values = reference.values(rows)
                yield from matching(self._connection, reference.columns, values)


def matching(
    connection: sa.Connection,
    columns: Sequence[sa.Column[Any]],
    values: Sequence[Values],
) -> Iterator[sa.ColumnElement[bool]]:
    """Yield conditions that these columns have some of the values, batch by batch."""
    dialect = dialect_of(connection)
    size = min(_BATCH, dialect.parameter_limit // len(columns))
    for some in batches(dict.fromkeys(values), size):
        if len(columns) == 1:
            yield columns[0].in_([value for (value,) in some])
        else:
            yield dialect.among(columns, some)


def _identity(table: sa.Table) -> Sequence[sa.Column[Any]]:
    """Return the columns that tell a row from others; all, where none are named so."""
    return table.primary_key.columns.values() or table.columns.values()


def _key_of(table: sa.Table, row: Row) -> Values:
    if not table.primary_key.columns:
        return tuple(map(repr, row.values()))  # a document cannot be a key
    return tuple(row[column.name] for column in _identity(table))
