"""How a PostgreSQL server is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedplate.dialects.vitals import Vitals

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["vitals"]

# A replica that has replayed all it received is not behind, however long ago the last
# transaction was.
_ASK = """\
SELECT current_setting('server_version'), pg_database_size(current_database()),
  (SELECT sum(numbackends) FROM pg_stat_database),
  current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int,
  pg_is_in_recovery(),
  CASE WHEN NOT pg_is_in_recovery() THEN NULL
    WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
    ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())
  END"""


def vitals(connection: Connection) -> Vitals:
    """Ask the server how it is."""
    row = connection.exec_driver_sql(_ASK).one()
    version, size, connections, allowed, is_replica, lag = row
    return Vitals(
        version=version.split()[0],
        size_bytes=int(size),
        connections=int(connections),
        max_connections=allowed,
        is_replica=is_replica,
        replica_lag=None if lag is None else float(lag),
    )
