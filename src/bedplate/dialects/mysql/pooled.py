"""What PyMySQL tells of a connection, from the server's last answer, and does to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bedplate.dialects.pooled import Pooled

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine.interfaces import Dialect as EngineDialect

__all__ = ["PyMySQLConnections"]

_IN_TRANSACTION = 1
"""SERVER_STATUS_IN_TRANS of the protocol."""

_ASKED = (
    "SHOW VARIABLES WHERE variable_name IN "
    "('aurora_version', 'max_allowed_packet', 'pseudo_thread_id', 'version')"
)

_ITSELF = "bedplate_is_server"
"""Where an engine's dialect notes that no proxy answers for the server."""

_BUFFER = 1 << 16
"""Bytes that are taken from the system at once: rows of long texts are more than the
8,192 that are usual."""


class PyMySQLConnections(Pooled):
    """Connections of PyMySQL: the server's answers tell the state of each."""

    looks_at_sockets = True
    resets_by_itself = True

    def ready(self, driver: Any) -> None:
        """Make a connection of PyMySQL, which has been greeted, ready for work."""
        from bedplate.dialects.mysql.cursors import QuietSocket

        if _is_blocking(driver):
            driver._read_timeout = None  # it was for the greeting; work takes longer
            driver._rfile = driver._sock.makefile("rb", _BUFFER)
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

    def sends_ahead(self, engine_dialect: EngineDialect) -> bool:
        return bool(getattr(engine_dialect, _ITSELF, False))

    def see_who_answers(self, connection: Connection) -> dict[str, str]:
        """Note whether a server itself is at the other end, once an engine.

        A proxy that lends servers' connections, as ProxySQL does, may take a statement
        before the last one's answer for an error, and end the session; Aurora is said
        to hang. Such a proxy greets with a number and a version of its own.

        Returns:
            The server's variables that were asked for, by their names.
        """
        told = {row[0]: row[1] for row in connection.exec_driver_sql(_ASKED)}
        driver: Any = connection.connection.driver_connection
        itself = (
            _is_blocking(driver)
            and driver.thread_id() == int(told.get("pseudo_thread_id", -1)) & 0xFFFFFFFF
            and driver.server_version.endswith(told.get("version", "?"))
            and "aurora_version" not in told
        )
        setattr(connection.dialect, _ITSELF, itself)
        return told

    def announce(self, cursor: Any, statement: str, values: Any) -> None:
        cursor.announce(statement, values)

    def pass_over(self, cursor: Any) -> None:
        cursor.pass_over()

    def begin_autocommit(self, driver: Any) -> None:
        if not driver.get_autocommit():  # it costs a round trip
            driver.autocommit(True)

    def end_autocommit(self, driver: Any) -> None:
        if driver.get_autocommit():  # never on a driver of an event loop
            driver.autocommit(False)


def _is_blocking(driver: Any) -> bool:
    """Return whether a connection is PyMySQL's, not one of an event loop."""
    return hasattr(driver, "_read_timeout")
