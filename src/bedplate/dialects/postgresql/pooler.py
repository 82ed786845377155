"""Behind a transaction pooler: what a session is told elsewhere, each transaction is.

The pooler hands each transaction another session of the server, and that session to
somebody else after. So nothing may be set, prepared or locked for longer, and options
of the start are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["at_each_begin", "begin"]

_UTC = ("UTC", "Etc/UTC", "GMT")


def begin(connection: Connection, limits: Mapping[str, int]) -> None:
    """Set, until its end, what a transaction needs: one statement, or none.

    Args:
        connection: One whose transaction begins.
        limits: The time limits, in milliseconds.
    """
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        return  # there is no transaction it could be set for
    wanted = {name: str(value) for name, value in limits.items()}
    driver: Any = connection.connection.driver_connection
    if driver.info.parameter_status("TimeZone") not in _UTC:
        wanted["timezone"] = "UTC"
    if wanted:
        calls = ", ".join(f"set_config('{k}', '{v}', true)" for k, v in wanted.items())
        connection.exec_driver_sql(f"SELECT {calls}")


def at_each_begin(connection: Connection, statement: str) -> None:
    """Run a statement whenever a transaction begins on a connection."""

    @event.listens_for(connection, "begin")
    def run(begun: Connection) -> None:
        begun.exec_driver_sql(statement)
