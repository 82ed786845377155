"""Migrations take turns by GET_LOCK, which ends with the connection that took it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bedplate.errors import MigrationLockError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["take"]


def take(connection: Connection, timeout: float) -> None:
    """Wait for the lock of this database.

    Raises:
        MigrationLockError: Another connection had it for too long.
    """
    # Names are the server's, not the database's, and at most 64 characters.
    name = "concat('bedplate:', left(sha2(database(), 256), 40))"
    got = connection.exec_driver_sql(
        f"SELECT get_lock({name}, {math.ceil(timeout)})"
    ).scalar_one()
    if not got:
        holder = connection.exec_driver_sql(f"SELECT is_used_lock({name})").scalar()
        who = f": connection {holder} of the server" if holder else ""
        raise MigrationLockError(
            f"another process has been migrating this database for {timeout:g} s"
            f"{who}; wait for it, or raise DB_MIGRATION_LOCK_TIMEOUT"
        )
    connection.rollback()
