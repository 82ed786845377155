"""Operations of revisions: give a table a search index, and take it away again.

    op.create_search_index("articles", ["title", "content"], key)
    op.drop_search_index("articles")

`key` is the primary key as the revision declares it, `sa.Column("id", types.Uuid())`.
Like Alembic's own operations they leave out what a killed run has done already, and
they write themselves into scripts. Importing this module makes them known to `op`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic.operations import MigrateOperation, Operations

from bedplate.dialects import Dialect, dialect
from bedplate.types import Key

__all__ = ["CreateSearchIndex", "DropSearchIndex"]


@Operations.register_operation("create_search_index")
class CreateSearchIndex(MigrateOperation):
    """Index the words of some columns, those of the rows that are there too."""

    def __init__(self, table: str, columns: Sequence[str], key: sa.Column[Any]) -> None:
        self.table, self.columns, self.key = table, tuple(columns), key

    @classmethod
    def create_search_index(
        cls,
        operations: Operations,
        table_name: str,
        columns: Sequence[str],
        key: sa.Column[Any] | None = None,
    ) -> None:
        """Give a table the index that a search over these columns asks.

        Args:
            operations: Those of the revision.
            table_name: The table; it may have rows.
            columns: Its columns of SearchText, all of them.
            key: Its primary key, of one column; None for an `id` of type Key.
        """
        given = sa.Column("id", Key()) if key is None else key
        operations.invoke(cls(table_name, columns, given))


@Operations.register_operation("drop_search_index")
class DropSearchIndex(MigrateOperation):
    """Take the index of a table away, before its columns or itself go."""

    def __init__(self, table: str) -> None:
        self.table = table

    @classmethod
    def drop_search_index(cls, operations: Operations, table_name: str) -> None:
        """Take away all that create_search_index() has made for a table."""
        operations.invoke(cls(table_name))


@Operations.implementation_for(CreateSearchIndex)
def _create(operations: Operations, made: CreateSearchIndex) -> None:
    ours = _dialect(operations)
    ours.create_search_index(operations, made.table, made.columns, made.key)


@Operations.implementation_for(DropSearchIndex)
def _drop(operations: Operations, dropped: DropSearchIndex) -> None:
    _dialect(operations).drop_search_index(operations, dropped.table)


def _dialect(operations: Operations) -> Dialect:
    return dialect(operations.get_context().dialect.name)
