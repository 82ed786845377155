"""How far PostgreSQL's servers are: positions in the write-ahead log."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bedplate.dialects.replication import Replication
from bedplate.errors import UnsupportedError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["PgReplication"]

# Where the next record goes, for with synchronous_commit off the last ones may not be
# written yet.
_SOURCE = """\
SELECT system_identifier,
  CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_insert_lsn() - '0/0' END,
  current_setting('wal_block_size')::int,
  (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size')
FROM pg_control_system()"""

_REPLICA = """\
SELECT system_identifier, pg_is_in_recovery(), pg_last_wal_replay_lsn() - '0/0'
FROM pg_control_system()"""

_PAGE_HEADER, _SEGMENT_HEADER = 24, 40


class PgReplication(Replication):
    """Streaming replicas: byte for byte the same cluster."""

    def position(self, connection: Connection) -> str:
        cluster, inserted, page, segment = connection.exec_driver_sql(_SOURCE).one()
        if inserted is None:
            raise UnsupportedError("it follows another server itself")
        return f"{cluster}:{_end_of_records(int(inserted), page, segment)}"

    def replayed(self, connection: Connection, positions: Sequence[str]) -> int:
        cluster, follows, at = connection.exec_driver_sql(_REPLICA).one()
        if not follows:
            raise UnsupportedError(
                "it follows no other server: it was promoted, or never was a replica"
            )
        known = [position.split(":") for position in positions]
        if any(name != str(cluster) for name, _ in known):
            raise UnsupportedError("it is no replica of the primary, but of another")
        return bisect_right([int(end) for _, end in known], int(at or 0))


def _end_of_records(inserted: int, page: int, segment: int) -> int:
    """Return where the last record ends, given where the next one begins.

    At the beginning of a page a header stands between the two, which no replica
    replays before there is a record behind it. No record ends within a header.
    """
    if inserted % segment == _SEGMENT_HEADER:
        return inserted - _SEGMENT_HEADER
    if inserted % page == _PAGE_HEADER:
        return inserted - _PAGE_HEADER
    return inserted
