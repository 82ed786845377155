"""The contract of a database: how its schema is changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import sqlalchemy as sa
    from alembic.operations import Operations
    from sqlalchemy import Connection

__all__ = ["SchemaChanges"]


class SchemaChanges(ABC):
    """What revisions, and whoever runs them, ask of a database."""

    title: ClassVar[str]
    transactional_ddl: ClassVar[bool] = True
    """Whether a failed revision is rolled back whole."""
    upgrade_is_one_transaction: ClassVar[bool] = False
    """Whether a whole upgrade is one transaction, whose write lock is its lock."""

    @contextmanager
    def migrating_alone(self, connection: Connection, timeout: float) -> Iterator[None]:
        """Hold the one lock a database that lets a single connection migrate it.

        It lives as long as the connection that does the work, not as a process: the
        server goes on with the statement of a client that was killed, and until that
        has ended nobody else may begin. Where a session's lock does not hold, behind a
        pooler or over the nodes of a cluster, something else stands for it.

        Args:
            connection: One with no transaction open, before and inside.
            timeout: Seconds to wait for whoever holds it.

        Raises:
            MigrationLockError: Somebody held it for longer, or it was lost.
        """
        yield

    @contextmanager
    def migrating(self, connection: Connection, timeout: float) -> Iterator[None]:
        """Prepare a connection for changing the schema, and put it back after.

        Args:
            connection: One with no transaction open.
            timeout: Seconds to wait for others, in all.
        """
        yield

    def builds_beside_writers(self, connection: Connection, index: sa.Index) -> bool:
        """Return whether an index should be built by build_index()."""
        return False

    def build_index(self, connection: Connection, index: sa.Index) -> None:
        """Build an index while others write; the connection is in autocommit.

        One that a killed run has left is taken if it is whole, else built anew.
        """
        raise AssertionError(f"{self.title} builds no index beside writers")

    @abstractmethod
    def create_search_index(
        self, op: Operations, table: str, columns: Sequence[str], key: sa.Column[Any]
    ) -> None:
        """Give a table the index that ranked() asks, as a step of a revision.

        Revisions that were run rely on it: what it makes stays as it is.

        Args:
            op: The revision's operations, which make each step repeatable where one
                cannot be rolled back.
            table: The table; it may have rows.
            columns: Its columns of SearchText.
            key: Its primary key, by name and type.
        """

    @abstractmethod
    def drop_search_index(self, op: Operations, table: str) -> None:
        """Take away all that create_search_index() has made for a table."""

    @abstractmethod
    def has_search_index(
        self, connection: Connection, table: sa.Table, columns: Sequence[str]
    ) -> bool:
        """Return whether ranked() can be asked about these columns."""

    def after_step(self, connection: Connection) -> None:
        """Check the data at the end of a revision, before it is committed.

        Raises:
            MigrationError: The step broke something.
        """

    def row_security_on(self, table: str, user_column: str) -> Sequence[str]:
        """Return the statements that turn row security on.

        A role that is bound by it, the table's owner included, sees and writes only
        the rows whose user is the one act_for() named; without one, none at all.

        Args:
            table: The table, quoted.
            user_column: The column with the user's UUID, quoted.
        """
        raise AssertionError(f"{self.title} has no row security")

    def row_security_off(self, table: str) -> Sequence[str]:
        """Return the statements that turn row security off again."""
        raise AssertionError(f"{self.title} has no row security")
