"""The index over a column of vectors: the contract, and what those that have one share.

Such an index needs to know the dimension, which the first row decides, so no revision
can make it. It is derived data in a table of its own, `<table>_vector_index`, that is
built when somebody asks for it and that triggers keep in step from then on: whatever
writes to the table, the index follows in the same transaction. Models do not know it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from bedplate.vectors import Array

__all__ = ["SUFFIX", "Native", "Pending", "SideTable", "Vectors"]

SUFFIX = "_vector_index"
"""What the name of such a table ends with."""

_BATCH = 1_000
"""Rows put into an index at once: a writer who comes in between waits that long."""


class Pending(NamedTuple):
    """What an index has not followed.

    Attributes:
        missing: Rows that it does not have, and so cannot find.
        orphans: Entries of rows that are gone; a search leaves them out.
    """

    missing: int
    orphans: int


class Vectors:
    """What a database has for the nearest of many vectors; this one has nothing.

    `column` is a column of vectors of length 1, in a table with one key column.
    """

    def obstacle(self, connection: Connection, dimension: int, rows: int) -> str | None:
        """Return why there can be no index over so many vectors of that dimension."""
        return "this database has no index over vectors"

    @property
    def promised(self) -> bool:
        """Whether a database of this kind may have one."""
        return False

    def indexed(self, column: sa.Column[Any], dimension: int) -> sa.ColumnElement[bool]:
        """Return an expression that is true where a whole index can be asked."""
        return sa.false()

    def build(
        self, connection: Connection, column: sa.Column[Any], dimension: int
    ) -> None:
        """Build the index, finish what a killed run left, or bring it up to date.

        Args:
            connection: One in autocommit; others go on reading and writing.
            column: What to index.
            dimension: How many numbers each vector has.

        Raises:
            MigrationLockError: Somebody else is building it.
        """
        raise AssertionError("there is an obstacle")

    def drop(self, connection: Connection, column: sa.Column[Any]) -> None:
        """Drop the index, if there is one; the connection is in autocommit."""

    def pending(
        self, connection: Connection, column: sa.Column[Any], dimension: int
    ) -> Pending:
        """Return what a whole index does not follow."""
        raise AssertionError("there is no index")

    def near(
        self,
        connection: Connection,
        column: sa.Column[Any],
        wanted: Array,
        where: Sequence[sa.ColumnElement[bool]],
        count: int,
    ) -> Sequence[Any]:
        """Return keys of rows that are near to a vector, by the index.

        Args:
            connection: Where to look.
            column: Which vectors.
            wanted: Near to what, of length 1.
            where: What the rows have to fulfil as well.
            count: How many are wanted; a few may be missed, and fewer may be found.
        """
        raise AssertionError("there is no index")


class Native(sa.types.UserDefinedType[Any]):
    """The database's own type of a vector."""

    cache_ok = True

    def __init__(self, spelled: str) -> None:
        self.spelled = spelled

    def get_col_spec(self, **_: Any) -> str:
        """Return its name."""
        return self.spelled


class SideTable(Vectors):
    """An index that is a table beside the one it is about."""

    @property
    def promised(self) -> bool:
        return True

    def side(self, column: sa.Column[Any]) -> sa.TableClause:
        """Return the table of the index."""
        key = self.key(column)
        return sa.table(
            f"{column.table.name}{SUFFIX}",
            sa.column("id", key.type),
            sa.column("embedding"),
        )

    def key(self, column: sa.Column[Any]) -> sa.Column[Any]:
        """Return the key of the table that is indexed."""
        (key,) = column.table.primary_key.columns
        return key

    def converted(self, column: sa.Column[Any], dimension: int) -> Any:
        """Return the column's value as the index has it."""
        return column

    def fill(
        self, connection: Connection, column: sa.Column[Any], dimension: int
    ) -> None:
        """Add the rows that the index does not have."""
        key, side = self.key(column), self.side(column)
        keys = sa.select(key).order_by(key).limit(_BATCH)
        values = sa.select(key, self.converted(column, dimension))
        values = values.where(*self._absent(column, dimension))
        some = connection.scalars(keys).all()
        while some:
            part = values.where(key.between(some[0], some[-1]))
            names = ["id", "embedding"]
            connection.execute(sa.insert(side).from_select(names, part))
            some = connection.scalars(keys.where(key > some[-1])).all()

    def clear(self, connection: Connection, column: sa.Column[Any]) -> None:
        """Delete what the index has of rows that are gone."""
        side = self.side(column)
        connection.execute(sa.delete(side).where(self._is_orphan(side, column)))

    def pending(
        self, connection: Connection, column: sa.Column[Any], dimension: int
    ) -> Pending:
        rows = sa.select(sa.func.count()).select_from(column.table)
        rows = rows.where(*self._absent(column, dimension))
        side = self.side(column)
        orphans = sa.select(sa.func.count()).select_from(side)
        orphans = orphans.where(self._is_orphan(side, column))
        return Pending(connection.scalar(rows) or 0, connection.scalar(orphans) or 0)

    def nearest(
        self,
        column: sa.Column[Any],
        distance: sa.ColumnElement[Any],
        where: Sequence[sa.ColumnElement[bool]],
        count: int,
    ) -> sa.Select[Any]:
        """Return the statement for the keys with the least distance."""
        key, side = self.key(column), self.side(column)
        return (
            sa.select(key)
            .select_from(side.join(column.table, side.c.id == key))
            .where(*where)
            .order_by(distance)
            .limit(count)
        )

    def _absent(
        self, column: sa.Column[Any], dimension: int
    ) -> Sequence[sa.ColumnElement[bool]]:
        size = sa.func.length(sa.type_coerce(column, sa.LargeBinary))
        # Not IN, for which the whole index would be read for each batch.
        there = sa.exists().where(self.side(column).c.id == self.key(column))
        return size == 4 * dimension, ~there

    def _is_orphan(
        self, side: sa.TableClause, column: sa.Column[Any]
    ) -> sa.ColumnElement[bool]:
        return ~sa.exists().where(self.key(column) == side.c.id)
