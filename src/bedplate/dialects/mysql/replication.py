"""How far MySQL's servers are: sets of global transaction identifiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bedplate.dialects.replication import Replication
from bedplate.errors import UnsupportedError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["GtidReplication", "refuse_demoted"]


def refuse_demoted(read_only: object) -> None:
    """Refuse the position of a server that was the primary before a switchover.

    It closes nothing, so who keeps a connection to it would ask it for ever, whatever
    its name leads to by now.

    Args:
        read_only: Its variable of that name: a number, or a word such as "OFF".

    Raises:
        UnsupportedError: It takes no writes.
    """
    if str(read_only).upper() not in ("0", "OFF"):
        raise UnsupportedError("it takes no writes: it follows another server")


class GtidReplication(Replication):
    """Replication by GTID."""

    def position(self, connection: Connection) -> str:
        ask = (
            "SELECT @@global.read_only, @@global.gtid_mode, @@global.log_bin, "
            "@@global.gtid_executed"
        )
        read_only, mode, logs, executed = connection.exec_driver_sql(ask).one()
        refuse_demoted(read_only)
        if mode != "ON" or not logs:
            raise UnsupportedError(
                "without GTIDs nobody can tell how far a replica is: start the servers "
                "with gtid_mode=ON and enforce_gtid_consistency=ON"
            )
        return str(executed)

    def replayed(self, connection: Connection, positions: Sequence[str]) -> int:
        # It is said in the same language, tags and all, so the server compares.
        subsets = (
            sa.func.gtid_subset(position, sa.text("@@global.gtid_executed"))
            for position in positions
        )
        if not positions:
            return 0
        return sum(map(int, connection.execute(sa.select(*subsets)).one()))
