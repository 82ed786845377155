"""How far MariaDB's servers are: the last transaction of each replication domain."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from bedplate.dialects.mysql.replication import GtidReplication, refuse_demoted
from bedplate.errors import UnsupportedError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["DomainReplication"]


class DomainReplication(GtidReplication):
    """Replication by GTID, which the binary log always has."""

    def position(self, connection: Connection) -> str:
        ask = "SELECT @@global.read_only, @@global.log_bin, @@global.gtid_binlog_pos"
        read_only, logs, written = connection.exec_driver_sql(ask).one()
        refuse_demoted(read_only)
        if not logs:
            raise UnsupportedError("it keeps no binary log: start it with log_bin")
        return str(written or "")

    def replayed(self, connection: Connection, positions: Sequence[str]) -> int:
        ask = "SELECT @@global.gtid_slave_pos"
        done = _domains(connection.exec_driver_sql(ask).scalar_one() or "")
        if not done and any(positions):
            raise UnsupportedError("it follows no other server")
        return len([*takewhile(lambda p: _has(done, _domains(p)), positions)])


def _has(done: dict[str, int], wanted: dict[str, int]) -> bool:
    return all(done.get(domain, -1) >= number for domain, number in wanted.items())


def _domains(position: str) -> dict[str, int]:
    """Return the last number of each domain of "domain-server-number,..."."""
    parts = (one.strip().split("-") for one in position.split(",") if one.strip())
    return {domain: int(number) for domain, _, number in parts}
