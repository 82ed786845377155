"""How far MySQL's servers are: sets of global transaction identifiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bedplate.dialects.replication import Replication
from bedplate.errors import UnsupportedError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["GtidReplication"]


class GtidReplication(Replication):
    """Replication by GTID."""

    def position(self, connection: Connection) -> str:
        ask = "SELECT @@global.gtid_mode, @@global.log_bin, @@global.gtid_executed"
        mode, logs, executed = connection.exec_driver_sql(ask).one()
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
