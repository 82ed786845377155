"""What Psycopg tells of a connection, and does to it, without asking the server."""

from __future__ import annotations

from typing import Any

from bedplate.dialects.pooled import Pooled

__all__ = ["PsycopgConnections"]


class PsycopgConnections(Pooled):
    """Connections of Psycopg, which knows the state of each."""

    looks_at_sockets = True

    def socket(self, driver: Any) -> int:
        descriptor: int = driver.fileno()
        return descriptor

    def begin_autocommit(self, driver: Any) -> None:
        if (
            not driver.autocommit
        ):  # the server is not asked, but the driver takes a lock
            driver.autocommit = True

    def end_autocommit(self, driver: Any) -> None:
        if driver.autocommit:  # never on a driver of an event loop
            driver.autocommit = False
