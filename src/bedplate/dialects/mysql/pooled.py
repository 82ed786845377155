"""What PyMySQL tells of a connection, from the server's last answer, and does to it."""

from __future__ import annotations

from typing import Any

from bedplate.dialects.pooled import Pooled

__all__ = ["PyMySQLConnections"]

_IN_TRANSACTION = 1
"""SERVER_STATUS_IN_TRANS of the protocol."""


class PyMySQLConnections(Pooled):
    """Connections of PyMySQL: the server's answers tell the state of each."""

    looks_at_sockets = True
    resets_by_itself = True

    def ready(self, driver: Any) -> None:
        """Make a connection of PyMySQL, which has been greeted, ready for work."""
        from bedplate.dialects.mysql.cursors import QuietSocket

        if hasattr(driver, "_read_timeout"):  # not one of an event loop
            driver._read_timeout = None  # it was for the greeting; work takes longer
            driver._sock = QuietSocket(driver._sock)

    def socket(self, driver: Any) -> int:
        if hasattr(driver, "_sock"):
            descriptor: int = driver._sock.fileno() if driver.open else -1
            return descriptor
        found = driver._writer and driver._writer.get_extra_info("socket")
        return found.fileno() if found else -1

    def is_in_transaction(self, driver: Any) -> bool:
        # As the last answer said; an error's says nothing, and a transaction of which
        # the first statement failed is rolled back by those who began it.
        return bool(driver.server_status & _IN_TRANSACTION)

    def cursor(self, driver: Any) -> Any:
        from bedplate.dialects.mysql.cursors import KnowingCursor

        return driver.cursor(KnowingCursor)

    def announce(self, cursor: Any, statement: str, values: Any) -> None:
        cursor.announce(statement, values)

    def begin_autocommit(self, driver: Any) -> None:
        if not driver.get_autocommit():  # it costs a round trip
            driver.autocommit(True)

    def end_autocommit(self, driver: Any) -> None:
        if driver.get_autocommit():  # never on a driver of an event loop
            driver.autocommit(False)
