"""Idle connections: found dead, and cleaned up, with as few round trips as are safe.

A server, or a proxy before it, that ends a connection says so to the socket. A look at
it costs a microsecond, the question whether somebody is there a round trip, which is as
long as a short statement takes.
"""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    import sqlalchemy as sa

    from bedplate.dialects import Dialect

__all__ = ["ask_seldom", "reset_seldom"]

_LOOK = "_bedplate_look"
"""Where a driver's connection has its last look at the socket."""

_TRUSTED = 10.0
"""Seconds after an answer in which a look will do: who drops a connection without a
word, as firewalls do, does it after a minute or more."""


class _Look:
    """Looks at the socket of a connection that has just answered.

    Attributes:
        socket: Its file descriptor.
        until: When the server has to be asked again.
        poll: Returns what has come in: nothing, or an end, or a last word.
    """

    __slots__ = ("poll", "socket", "until")

    def __init__(self, socket: int) -> None:
        self.socket = socket
        self.until = time.monotonic() + _TRUSTED
        look = select.poll()
        look.register(socket, select.POLLIN | select.POLLPRI)
        self.poll = look.poll


def ask_seldom(engine: sa.Engine, ours: Dialect) -> None:
    """Have the pool's health check look at the socket, and ask every ten seconds."""
    if not hasattr(select, "poll"):  # on Windows the server is asked each time
        return
    dialect: Any = engine.dialect
    ask, now = dialect.do_ping, time.monotonic

    def is_there(driver: Any) -> bool:
        last: Any = getattr(driver, _LOOK, None)
        socket = ours.socket(driver)
        trusted = last is not None and socket == last.socket and now() < last.until
        if trusted and not last.poll(0):
            return True
        answered: bool = ask(driver)
        setattr(driver, _LOOK, _Look(socket))
        return answered

    dialect.do_ping = is_there


def reset_seldom(engine: sa.Engine, ours: Dialect) -> None:
    """Roll back what comes back to the pool only where a transaction is open."""

    @event.listens_for(engine, "reset")
    def reset(driver: Any, _record: Any, state: Any) -> None:
        if not state.terminate_only and ours.is_in_transaction(driver):
            driver.rollback()
