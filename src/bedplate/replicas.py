"""Replicas: which server serves what only reads.

What is known of a replica is one moment: all that was committed before it is there.
It follows from positions in the log of changes that both servers tell (see
`bedplate.ops.replica_watch`), so no clock is compared, and it answers both questions:
a replica may serve anybody while that moment is no older than DB_REPLICA_MAX_LAG, and
those who have written once it is later than their last write.
"""

from __future__ import annotations

import logging
import math
import os
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from bedplate.dialects import READ_ONLY
from bedplate.engine import Engines
from bedplate.errors import (
    BedplateError,
    ConnectionFailedError,
    ConnectionLostError,
    LockTimeoutError,
    SchemaError,
    StatementError,
    TransactionError,
)
from bedplate.open_connections import OpenConnections
from bedplate.translation import translating

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.orm import Session

    from bedplate.settings import Settings

__all__ = ["Replica", "Replicas", "is_of_replica"]

_log = logging.getLogger(__name__)

_DEAD = (ConnectionFailedError, ConnectionLostError)

_ELSEWHERE = (*_DEAD, SchemaError, StatementError, TransactionError, LockTimeoutError)
"""What a replica may say and the primary may not: that it is gone, that it lacks what
was created or granted just now, that replaying and this query were in each other's way.
"""

_THEIRS = "bedplate_of_replica"
"""Marks an error of a replica that says nothing of the primary."""

_WRITES = "bedplate_writes"
"""Marks a connection whose transaction may write."""

_living: weakref.WeakSet[Replicas] = weakref.WeakSet()


def _forget() -> None:
    for replicas in list(_living):
        replicas.forget()


os.register_at_fork(after_in_child=_forget)


class Replica:
    """A server that follows the primary.

    Attributes:
        name: Its host and port.
        engines: Its pool; only `reader` is used.
        connections: Those of the pool that are open.
        complete: All that was committed before this moment of time.monotonic() is
            there; minus infinity where nobody knows, so nothing is read there.
        reachable: Whether it answered when it was last asked; None before that.
        reason: Why it is left out; None where it is not.
        lag: Seconds it was behind at most when it was last asked; None for unknown.
        failed_at: When it last failed, by time.monotonic().
        failures: How often since it was well for a while.
    """

    def __init__(self, settings: Settings, *, asynchronous: bool) -> None:
        self.name = ",".join(f"{host}:{port}" for host, port in settings.hosts)
        self.engines = Engines(settings, asynchronous=asynchronous)
        self.engines.failed = self._failed
        self.complete = -math.inf
        self.reachable: bool | None = None
        self.reason: str | None = "it was not asked yet"
        self.lag: float | None = None
        self.failed_at = -math.inf
        self.failures = 0
        self.connections = OpenConnections(self.engines)

    def forget(self) -> None:
        """Begin anew in a forked child."""
        self.connections.forget()
        self.complete, self.reason = -math.inf, "it was not asked yet"

    def see(
        self,
        complete: float,
        asked: float,
        max_lag: float,
        unknown: BedplateError | None = None,
    ) -> None:
        """Note an answer.

        Args:
            complete: All that was committed before is there.
            asked: When it was asked.
            max_lag: Seconds that may lie between the two.
            unknown: Why nobody knows where the primary is, where that is so.
        """
        self.reachable = True
        self.lag = None if math.isinf(complete) else asked - complete
        if asked - complete <= max_lag:
            self._tell(None)
        elif unknown is not None:
            self._tell(str(unknown))
        elif self.lag is None:
            self._tell("it has not replayed yet what the primary has written")
        else:
            self._tell(f"it is {self.lag:.1f} s behind")
        self.complete = complete

    def lose(self, error: BedplateError, *, reachable: bool = False) -> None:
        """Leave it out at once, until it has answered again."""
        self.complete = -math.inf
        self.reachable, self.lag = reachable, None
        self.failed_at = time.monotonic()
        self.failures += 1
        self._tell(str(error))

    def _failed(self, error: BedplateError) -> None:
        if isinstance(error, _ELSEWHERE):
            setattr(error, _THEIRS, True)
        if isinstance(error, _DEAD):
            self.lose(error)

    def _tell(self, reason: str | None) -> None:
        before, self.reason = self.reason, reason
        if reason is None and before is not None:
            _log.info("replica %s is in use", self.name)
        elif reason is not None and before is None:
            _log.warning("replica %s is left out: %s", self.name, reason)


class Replicas:
    """The replicas of one database, and who may read there.

    Args:
        engines: The primary's.

    Attributes:
        all: The replicas.
        max_lag: Seconds that what one serves may be old.
        needed: Called where no replica could be chosen, which begins to look at them.
    """

    def __init__(self, engines: Engines) -> None:
        from bedplate.replica_urls import replicas_of

        settings = engines.settings
        asynchronous = engines.writer.dialect.is_async
        self.all = tuple(
            Replica(one, asynchronous=asynchronous) for one in replicas_of(settings)
        )
        self.max_lag = settings.replica_max_lag
        self.needed: Callable[[], None] = lambda: None
        self._primary = engines
        self._turns = count()
        self._wrote: ContextVar[float] = ContextVar("wrote", default=-math.inf)
        self._forced: ContextVar[bool] = ContextVar("forced", default=False)
        _living.add(self)
        for engine in engines.pools:
            self._note_writes(engine)

    @classmethod
    def of(cls, engines: Engines) -> Replicas | None:
        """Return the replicas that the settings name, None where there are none."""
        named = engines.settings.replica_urls.get_secret_value()
        return cls(engines) if named.strip(", ") else None

    def choose(self) -> Engines | None:
        """Return the engines of a replica for this context, None for the primary.

        They take turns. Nobody is asked anything.
        """
        if self._forced.get():
            return None
        wrote = self._wrote.get()
        oldest = time.monotonic() - self.max_lag
        turn, every = next(self._turns), self.all
        for place in range(len(every)):
            replica = every[(turn + place) % len(every)]
            if replica.complete > wrote and replica.complete >= oldest:
                return replica.engines
        self.needed()
        return None

    def begin(self, session: Session) -> None:
        """Begin the transaction of a session on a replica that answers, if any does."""
        for _ in self.all:
            engines = self.choose()
            if engines is None:
                break
            session.bind = engines.reader
            session.info["engines"] = engines
            try:
                with translating(engines):
                    session.connection()
                return
            except _DEAD:  # so it is chosen no more
                session.rollback()
            except BaseException:
                session.close()
                raise
        session.bind = self._primary.reader
        session.info["engines"] = self._primary

    def wrote(self) -> None:
        """Note that this context has just written."""
        self._wrote.set(time.monotonic())

    @contextmanager
    def primary(self) -> Iterator[None]:
        """Let nothing in this context be read from a replica."""
        before = self._forced.get()
        self._forced.set(True)
        try:
            yield
        finally:
            # Not reset(): a framework may leave the block in another context.
            self._forced.set(before)

    def forget(self) -> None:
        """Begin anew in a forked child."""
        for replica in self.all:
            replica.forget()

    def _note_writes(self, engine: sa.Engine) -> None:
        @event.listens_for(engine, "begin")
        def begun(connection: sa.Connection) -> None:
            if not connection.get_execution_options().get(READ_ONLY):
                connection.info[_WRITES] = True

        @event.listens_for(engine, "checkin")
        def back(_: Any, record: Any) -> None:
            if record.info.pop(_WRITES, False):  # committed, or rolled back
                self.wrote()


def is_of_replica(error: BedplateError) -> bool:
    """Return whether the primary may be able to do what failed with this error."""
    return getattr(error, _THEIRS, False)
