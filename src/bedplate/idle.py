"""Idle connections: found dead, and cleaned up, with as few round trips as are safe.

A server, or a proxy before it, that ends a connection says so to the socket. A look at
it costs a microsecond, the question whether somebody is there a round trip, which is as
long as a short statement takes.
"""

from __future__ import annotations

import math
import select
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    import sqlalchemy as sa

    from bedplate.dialects import Dialect

__all__ = ["ask_seldom", "reset_seldom"]

_ANSWERED = "_bedplate_answered"
"""When a driver's connection has had an answer to the question."""

_TRUSTED = 10.0
"""Seconds after an answer in which a look will do: who drops a connection without a
word, as firewalls do, does it after a minute or more."""


def ask_seldom(engine: sa.Engine, ours: Dialect) -> None:
    """Have the pool's health check look at the socket, and ask every ten seconds."""
    dialect: Any = engine.dialect
    ask = dialect.do_ping

    def is_there(driver: Any) -> bool:
        now = time.monotonic()
        trusted = now - getattr(driver, _ANSWERED, -math.inf) < _TRUSTED
        if trusted and _is_quiet(ours.socket(driver)):
            return True
        answered: bool = ask(driver)
        setattr(driver, _ANSWERED, now)
        return answered

    dialect.do_ping = is_there


def _is_quiet(socket: int) -> bool:
    """Return whether nothing has come in: neither an end nor a last word."""
    if socket < 0 or not hasattr(select, "poll"):  # closed; not on Windows
        return False
    look = select.poll()
    look.register(socket, select.POLLIN | select.POLLPRI)
    return not look.poll(0)


def reset_seldom(engine: sa.Engine, ours: Dialect) -> None:
    """Roll back what comes back to the pool only where a transaction is open."""

    @event.listens_for(engine, "reset")
    def reset(driver: Any, _record: Any, state: Any) -> None:
        if not state.terminate_only and ours.is_in_transaction(driver):
            driver.rollback()
