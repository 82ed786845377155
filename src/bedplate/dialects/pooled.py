"""The contract of a database: its driver's connections between two uses.

Only of drivers that block: those of event loops are SQLAlchemy's affair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine.interfaces import Dialect as EngineDialect

__all__ = ["POOLER", "Pooled", "is_pooled"]

POOLER = "bedplate_pooler"
"""The execution option that marks an engine with a transaction pooler in between."""


def is_pooled(connection: Connection) -> bool:
    """Return whether each transaction may have another session of the server."""
    return bool(connection.get_execution_options().get(POOLER))


class Pooled:
    """What can be told of a driver's connection, or done to it, between two uses."""

    title: ClassVar[str]
    looks_at_sockets: ClassVar[bool] = False
    """Whether a connection has a socket that tells of its end."""
    resets_by_itself: ClassVar[bool] = False
    """Whether rolling back costs a round trip where there is nothing to roll back."""

    def socket(self, driver: Any) -> int:
        """Return the file descriptor of a driver's connection, -1 if it is closed.

        Called only where looks_at_sockets is set.
        """
        raise AssertionError(f"{self.title} has no sockets")

    def is_in_transaction(self, driver: Any) -> bool:
        """Return whether a transaction may be open, without asking the server.

        Called only where resets_by_itself is set.
        """
        raise AssertionError(f"{self.title} resets connections by the pool")

    def cursor(self, driver: Any) -> Any:
        """Return a driver's cursor, for few statements that are run often."""
        return driver.cursor()

    def sends_ahead(self, engine_dialect: EngineDialect) -> bool:
        """Return whether two statements may be sent at once: what announce() is for."""
        return False

    def announce(self, cursor: Any, statement: str, values: Any) -> None:
        """Say what is run after the next statement, on one of these cursors.

        It is sent together with that one: then it is run, or passed over.
        """

    def pass_over(self, cursor: Any) -> None:
        """Leave what was announced: nobody wants its answer any more."""

    def begin_autocommit(self, driver: Any) -> None:
        """Let each statement on a driver's connection commit itself.

        Called with no transaction open, for a call by itself. It stays so in the pool:
        those who make one call after the other turn it on once.
        """

    def end_autocommit(self, driver: Any) -> None:
        """Let a transaction begin on a connection that a call by itself has used."""
