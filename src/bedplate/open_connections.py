"""The connections of a pool that are open, to be broken where a server hangs.

A server that hangs closes nothing, and drivers wait for its answer without a limit.
Who ends the socket under them makes them say that the connection is lost.
"""

from __future__ import annotations

import os
import socket
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from bedplate.addresses import Address
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
        hosts = self._engines.settings.hosts
        for driver in drivers:
            with suppress(Exception):  # it is closed, in another thread perhaps
                _shut(self._engines.dialect.socket(driver), hosts)

    def _connected(self, dbapi: Any, _: Any) -> None:
        with self._changing:
            self._drivers.add(getattr(dbapi, "driver_connection", dbapi))


def _shut(descriptor: int, hosts: Sequence[Address]) -> None:
    with socket.socket(fileno=os.dup(descriptor)) as end:
        # Not somebody else's, who was given the number of one just closed.
        if _port_of(end) in {port for _, port in hosts}:
            end.shutdown(socket.SHUT_RDWR)


def _port_of(end: socket.socket) -> int | None:
    """Return the port of the server; a socket in a folder has it in its name."""
    peer = end.getpeername()
    if not isinstance(peer, str):
        return int(peer[1])
    number = PurePath(peer).suffix.removeprefix(".")
    return int(number) if number.isdecimal() else None
