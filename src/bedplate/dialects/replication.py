"""The contract of a database: what its servers tell of how far each of them is.

By positions in the log of changes, not by clocks: a replica that has replayed up to
where its source was at a moment has all that was committed before that moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bedplate.errors import UnsupportedError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["Replication"]


class Replication:
    """What a database tells of servers that follow others."""

    def position(self, connection: Connection) -> str:
        """Return up to where a server has written: all that is committed is before.

        Raises:
            UnsupportedError: It does not tell; the message says what to turn on.
        """
        raise UnsupportedError("the database has no replicas")

    def replayed(self, connection: Connection, positions: Sequence[str]) -> int:
        """Return how many of its source's positions a replica has replayed.

        Args:
            connection: One to the replica.
            positions: Those that position() returned, the oldest first.

        Raises:
            UnsupportedError: It is no replica of that server, as far as it tells.
        """
        raise UnsupportedError("the database has no replicas")
