"""Repeatable steps for databases that cannot roll a schema change back.

A killed revision leaves some of its steps done. Running it again must do the others
only, so each operation first looks whether it was done already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

__all__ = ["guard"]


def guard(context: MigrationContext) -> None:
    """Make the operations of a migration context skip what is done already."""
    impl = context.impl
    guarded = type(f"Guarded{type(impl).__name__}", (_Guarded, type(impl)), {})
    impl.__class__ = guarded


class _Guarded:
    """Mixed into Alembic's implementation for the database."""

    if TYPE_CHECKING:
        connection: sa.Connection

    def create_table(self, table: sa.Table, **options: Any) -> None:
        if not self._look().has_table(table.name):
            super().create_table(table, **options)  # type: ignore[misc]  # a mixin
        else:
            for index in table.indexes:
                self.create_index(index)

    def drop_table(self, table: sa.Table, **options: Any) -> None:
        if self._look().has_table(table.name):
            super().drop_table(table, **options)  # type: ignore[misc]  # a mixin

    def create_index(self, index: sa.Index, **options: Any) -> None:
        if not self._has_index(index):
            super().create_index(index, **options)  # type: ignore[misc]  # a mixin

    def drop_index(self, index: sa.Index, **options: Any) -> None:
        if self._has_index(index):
            super().drop_index(index, **options)  # type: ignore[misc]  # a mixin

    def add_column(
        self, table_name: str, column: sa.Column[Any], **options: Any
    ) -> None:
        if column.name not in self._columns(table_name):
            super().add_column(table_name, column, **options)  # type: ignore[misc]  # a mixin

    def drop_column(
        self, table_name: str, column: sa.Column[Any], **options: Any
    ) -> None:
        if column.name in self._columns(table_name):
            super().drop_column(table_name, column, **options)  # type: ignore[misc]  # a mixin

    def _look(self) -> sa.Inspector:
        return sa.inspect(self.connection)

    def _columns(self, table: str) -> set[str]:
        return {column["name"] for column in self._look().get_columns(table)}

    def _has_index(self, index: sa.Index) -> bool:
        table = index.table.name if index.table is not None else None
        if table is None or not self._look().has_table(table):
            return False
        return index.name in {
            found["name"] for found in self._look().get_indexes(table)
        }
