"""The connections of a pool that are open, to be broken where a server hangs.

A server that hangs closes nothing, and drivers wait for its answer without a limit.
Who ends the socket under them makes them say that the connection is lost.
"""

from __future__ import annotations

import os
import socket
import threading
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from bedplate.engine import Engines

__all__ = ["OpenConnections"]


class OpenConnections:
    """Those of one engine's pool, in use or idle."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self.forget()
        event.listen(engines.writer, "connect", self._connected)

    def forget(self) -> None:
        """Begin anew in a forked child, which shares none with its parent."""
        self._changing = threading.Lock()
        self._drivers: weakref.WeakSet[Any] = weakref.WeakSet()

    def cut(self) -> None:
        """Break them all."""
        with self._changing:
            drivers = [*self._drivers]
        port = self._engines.settings.port
        for driver in drivers:
            with suppress(Exception):  # it is closed, in another thread perhaps
                _shut(self._engines.dialect.socket(driver), port)

    def _connected(self, dbapi: Any, _: Any) -> None:
        with self._changing:
            self._drivers.add(getattr(dbapi, "driver_connection", dbapi))


def _shut(descriptor: int, port: int | None) -> None:
    with socket.socket(fileno=os.dup(descriptor)) as end:
        # Not somebody else's, who was given the number of one just closed.
        if end.getpeername()[1] == port:
            end.shutdown(socket.SHUT_RDWR)
