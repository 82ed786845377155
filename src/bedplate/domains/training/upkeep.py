"""Versions, sizes and housekeeping of the database itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from bedplate.base import Base
from bedplate.domains import load_models
from bedplate.domains.training.models import DatabaseVersion
from bedplate.errors import TransactionError
from bedplate.repository import DomainRepository, reads

__all__ = ["TableStats", "Upkeep"]


@dataclass(frozen=True)
class TableStats:
    """The size of a table.

    Attributes:
        rows: How many rows it has, counted.
        bytes: What it takes on disk with its indexes, None where that is not known.
    """

    rows: int
    bytes: int | None


class Upkeep(DomainRepository):
    """The database looked at from inside."""

    @reads
    def get_database_version(self) -> DatabaseVersion | None:
        """Return the latest step of the schema."""
        return self._first(
            sa.select(DatabaseVersion).order_by(DatabaseVersion.id.desc())
        )

    def set_database_version(
        self, version: str, description: str | None = None
    ) -> DatabaseVersion:
        """Note a version of your own data; migrations write their steps themselves."""
        entity = DatabaseVersion(version=version, description=description)
        return self.of(DatabaseVersion).add(entity)

    @reads
    def get_table_stats(self) -> dict[str, TableStats]:
        """Return the size of every table, by its name."""
        load_models()
        sizes = self.dialect.table_bytes(self.connection)
        present = set(sa.inspect(self.connection).get_table_names())
        return {
            table.name: TableStats(
                self.session.scalars(
                    sa.select(sa.func.count()).select_from(table)
                ).one(),
                sizes.get(table.name),
            )
            for table in Base.metadata.sorted_tables
            if table.name in present
        }

    def vacuum_database(self) -> None:
        """Give the space of deleted rows back to the disk.

        Raises:
            TransactionError: A transaction is open here.
        """
        self._maintain(self.dialect.vacuum)

    def analyze_database(self) -> None:
        """Renew the statistics that queries are planned by.

        Raises:
            TransactionError: A transaction is open here.
        """
        self._maintain(self.dialect.analyze)

    def _maintain(self, act: Callable[[sa.Connection, Sequence[str]], None]) -> None:
        if self.session.in_transaction():
            raise TransactionError(
                "this cannot be done inside a transaction: end it first"
            )
        bind = self.session.get_bind()
        engine = bind if isinstance(bind, sa.Engine) else bind.engine
        with engine.connect() as connection:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            present = set(sa.inspect(connection).get_table_names())
            load_models()
            tables = [table.name for table in Base.metadata.sorted_tables]
            act(connection, [name for name in tables if name in present])
