"""How a MySQL or MariaDB server is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc

from bedplate.dialects.vitals import Vitals

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["vitals"]

_ASK = """\
SELECT version(), @@max_connections, (SELECT sum(data_length + index_length)
  FROM information_schema.tables WHERE table_schema = database())"""


def vitals(connection: Connection) -> Vitals:
    """Ask the server how it is."""
    ask = connection.exec_driver_sql
    version, allowed, size = ask(_ASK).one()
    connections = ask("SHOW GLOBAL STATUS LIKE 'Threads_connected'").one()[1]
    replica = _replica(connection)
    behind = [v for name, v in replica.items() if name.startswith("Seconds_Behind_")]
    return Vitals(
        version=version.split("-")[0],
        size_bytes=int(size or 0),
        connections=int(connections),
        max_connections=int(allowed),
        is_replica=bool(replica),
        replica_lag=float(behind[0]) if behind and behind[0] is not None else None,
    )


def _replica(connection: Connection) -> Mapping[str, Any]:
    try:
        row = connection.exec_driver_sql("SHOW REPLICA STATUS").mappings().first()
    except exc.DBAPIError:  # this user may not ask (REPLICATION CLIENT)
        return {}
    return {} if row is None else {**row}
