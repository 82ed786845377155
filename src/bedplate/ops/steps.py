"""How the steps of a revision are made, whatever database it meets.

A revision is plain Alembic. Its operations are adapted here to what the database can
do: where a schema change cannot be rolled back, each step first looks whether a killed
run has done it already; where writers can go on while an index is built, they do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.ops import halfway

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep

    from bedplate.dialects import Dialect

__all__ = ["adapt", "adapt_script", "watch"]


def adapt(context: MigrationContext, dialect: Dialect) -> None:
    """Adapt the operations of a migration context to its database."""
    impl: Any = context.impl
    kind = _Online if dialect.transactional_ddl else _Repeatable
    impl.__class__ = type(
        f"{kind.__name__}{type(impl).__name__}", (kind, type(impl)), {}
    )
    impl.migration_context = context
    impl.database = dialect


def adapt_script(context: MigrationContext) -> None:
    """Adapt the operations of a migration context that writes a script."""
    impl: Any = context.impl
    impl.__class__ = type(f"Script{type(impl).__name__}", (_Script, type(impl)), {})
    impl.migration_context = context


def watch(context: MigrationContext) -> None:
    """Have each step written down before it begins, and a half one put right first."""
    plan: Any = context.opts["fn"]

    def steps(heads: Any, context: MigrationContext) -> Iterator[RevisionStep]:
        planned: list[RevisionStep] = [*plan(heads, context)]
        connection: Any = context.connection
        half = halfway.half_step(connection, heads)
        if "destination_rev" not in context.opts:  # `alembic current` only looks
            half = None
        if "purge" in context.opts:  # a stamp runs nothing
            yield from planned
        else:
            if half and not (planned and half == _half(planned[0], context)):
                _take_back(half, context)
            yield from _marked(planned, context)
        if planned or half:
            halfway.clear(connection)

    context._migrations_fn = steps


def _marked(
    planned: list[RevisionStep], context: MigrationContext
) -> Iterator[RevisionStep]:
    connection: Any = context.connection
    for step in planned:
        halfway.mark(connection, _half(step, context))
        yield step


def _take_back(half: halfway.HalfStep, context: MigrationContext) -> None:
    scripts: Any = context.script
    module = scripts.get_revision(half.revision).module
    (module.downgrade if half.verb == "upgrade" else module.upgrade)()


def _half(step: RevisionStep, context: MigrationContext) -> halfway.HalfStep:
    heads = context.get_current_heads()
    return halfway.HalfStep.of(step.revision.revision, heads, up=step.is_upgrade)


class _Adapted:
    """Mixed into Alembic's implementation for the database."""

    if TYPE_CHECKING:
        connection: sa.Connection
        migration_context: MigrationContext
        database: Dialect

    def _has_index(self, index: sa.Index) -> bool:
        table = None if index.table is None else index.table.name
        inspector = sa.inspect(self.connection)
        if table is None or not inspector.has_table(table):
            return False
        return index.name in {found["name"] for found in inspector.get_indexes(table)}


class _Script(_Adapted):
    """Finds Alembic's own table where a downgrade has left it."""

    def _exec(self, construct: Any, *args: Any, **options: Any) -> Any:
        if isinstance(construct, sa.schema.CreateTable):
            own = construct.element.name == self.migration_context.version_table
            construct.if_not_exists = own
        return super()._exec(construct, *args, **options)  # type: ignore[misc]  # a mixin


class _Online(_Adapted):
    """Builds an index over a table with rows beside its writers, where that can be.

    Such an index is not part of the revision's transaction: a killed run leaves it,
    valid or not, and the next one takes it or builds it anew.
    """

    def create_index(self, index: sa.Index, **options: Any) -> None:
        if self.database.builds_beside_writers(self.connection, index):
            with self.migration_context.autocommit_block():
                self.database.build_index(self.connection, index)
        else:
            super().create_index(index, **options)  # type: ignore[misc]  # a mixin


class _Repeatable(_Adapted):
    """Skips what is done already."""

    def create_table(self, table: sa.Table, **options: Any) -> None:
        if not sa.inspect(self.connection).has_table(table.name):
            super().create_table(table, **options)  # type: ignore[misc]  # a mixin
            return
        for index in table.indexes:
            self.create_index(index)

    def drop_table(self, table: sa.Table, **options: Any) -> None:
        if sa.inspect(self.connection).has_table(table.name):
            super().drop_table(table, **options)  # type: ignore[misc]  # a mixin

    def create_index(self, index: sa.Index, **options: Any) -> None:
        if not self._has_index(index):
            super().create_index(index, **options)  # type: ignore[misc]  # a mixin

    def drop_index(self, index: sa.Index, **options: Any) -> None:
        if self._has_index(index):
            super().drop_index(index, **options)  # type: ignore[misc]  # a mixin

    def add_column(self, table_name: str, column: Any, **options: Any) -> None:
        if column.name not in self._columns(table_name):
            super().add_column(table_name, column, **options)  # type: ignore[misc]  # a mixin

    def drop_column(self, table_name: str, column: Any, **options: Any) -> None:
        if column.name in self._columns(table_name):
            super().drop_column(table_name, column, **options)  # type: ignore[misc]  # a mixin

    def _columns(self, table: str) -> set[str]:
        inspector = sa.inspect(self.connection)
        return {column["name"] for column in inspector.get_columns(table)}
