"""Looks at the replicas, now and then, in threads of their own: how far each one is.

The primary is asked for its position in the log of changes, and the moment of asking
is kept beside it. A replica that has replayed that position has all that was committed
before that moment.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from bedplate.durations import Told
from bedplate.engine import Engines
from bedplate.errors import BedplateError, UnsupportedError
from bedplate.open_connections import OpenConnections
from bedplate.ops.deadline import within
from bedplate.translation import translating

if TYPE_CHECKING:
    import sqlalchemy as sa

    from bedplate.replicas import Replica, Replicas

__all__ = ["ReplicaHealth", "ReplicaWatch"]

_log = logging.getLogger("bedplate.replicas")

T = TypeVar("T")

_LONGEST = 1.0
"""Seconds between two looks, at most: how long who has written reads the primary."""

_LOOKS_A_LAG = 4
"""Looks in the time that a replica may be behind."""

_REST = 5.0
"""Seconds until a replica that failed is asked again, at most."""

_WELL = 10.0
"""Seconds after which a replica that has not failed again counts as well."""


@dataclass(frozen=True)
class ReplicaHealth(Told):
    """How a replica is.

    Attributes:
        name: Its host and port.
        reachable: Whether it answered when it was last asked.
        in_use: Whether what only reads may go there.
        lag: Seconds it was behind at most, when it was last asked; None for unknown.
        reason: Why it is left out; None where it is in use.
    """

    name: str
    reachable: bool
    in_use: bool
    lag: float | None
    reason: str | None


class ReplicaWatch:
    """Looks at all replicas of a database.

    Args:
        engines: The primary's.
        replicas: Which replicas.
    """

    def __init__(self, engines: Engines, replicas: Replicas) -> None:
        self._engines, self._replicas = engines, replicas
        self._lock = threading.Lock()
        self._looks: list[_Look] = []
        self._process = 0
        replicas.needed = self.start

    def start(self) -> None:
        """Begin to look, where that is not done yet in this process."""
        if self._process == os.getpid():
            return
        if self._process:  # forked: nobody is there to release it
            self._lock = threading.Lock()
        with self._lock:
            if self._process != os.getpid():
                self._process = os.getpid()
                self._looks = [
                    _Look(self._engines, replica, self._replicas.max_lag)
                    for replica in self._replicas.all
                ]
                for look in self._looks:
                    look.start()

    def stop(self) -> None:
        """End; the next read begins anew."""
        if self._process != os.getpid():
            return  # forked: it is the parent who looks
        with self._lock:
            looks, self._looks, self._process = self._looks, [], 0
        for look in looks:
            look.stop()

    def told(self, deadline: float) -> tuple[ReplicaHealth, ...]:
        """Return how each replica was when it was last asked.

        Args:
            deadline: Until when, of time.monotonic(), to wait for the first answers.
        """
        self.start()
        for look in [*self._looks]:
            look.looked.wait(max(0.0, deadline - time.monotonic()))
        now, max_lag = time.monotonic(), self._replicas.max_lag
        return tuple(_health(replica, now, max_lag) for replica in self._replicas.all)


def _health(replica: Replica, now: float, max_lag: float) -> ReplicaHealth:
    behind = now - replica.complete
    in_use = behind <= max_lag
    reason = None if in_use else replica.reason or f"it is {behind:.1f} s behind"
    return ReplicaHealth(
        replica.name, bool(replica.reachable), in_use, replica.lag, reason
    )


class _Look:
    """Looks at one replica."""

    def __init__(self, engines: Engines, replica: Replica, max_lag: float) -> None:
        self._replica, self._max_lag = replica, max_lag
        self._interval = min(_LONGEST, max_lag / _LOOKS_A_LAG)
        self._primary, self._there = _Line(engines), _Line(replica.engines)
        self._lines = (self._primary, self._there)
        self._asked: deque[tuple[float, str]] = deque()
        self._complete = -math.inf
        self.looked = threading.Event()
        self._stopped = threading.Event()
        self._noting = threading.Lock()
        self._busy = threading.Lock()

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(
            target=_go_on,
            args=(weakref.ref(self), self._lines, self._stopped),
            name=f"bedplate-replica-{self._replica.name}",
            daemon=True,
        ).start()

    def stop(self) -> None:
        """End, and leave the replica out."""
        with self._noting:
            self._stopped.set()
            self._replica.complete = -math.inf
        if self._busy.acquire(blocking=False):  # else the thread does it, after a look
            try:
                _close(self._lines)
            finally:
                self._busy.release()

    def once(self) -> float:
        """Look, and return how long to wait before the next time."""
        with self._busy:
            try:
                return self._look(time.monotonic())
            except Exception:  # noqa: BLE001  # without the thread nobody would look
                _log.exception("a look at replica %s failed", self._replica.name)
                return _REST
            finally:
                self.looked.set()

    def _look(self, now: float) -> float:
        why = self._ask_primary(now)
        try:
            self._ask_replica(now, why)
        except BedplateError as error:
            self._complete = -math.inf  # it may come back as an older copy
            with self._noting:
                if not self._stopped.is_set():
                    self._lose(error)
            return self._rest
        return self._interval

    def _lose(self, error: BedplateError) -> None:
        reachable = isinstance(error, UnsupportedError)
        self._replica.lose(error, reachable=reachable)
        if not reachable:
            self._replica.connections.cut()

    @property
    def _rest(self) -> float:
        """How long to leave a replica that has failed alone."""
        return min(self._interval * 2.0 ** min(self._replica.failures, 9), _REST)

    def _ask_primary(self, now: float) -> BedplateError | None:
        """Note where the primary is; return why it does not tell, if it does not."""
        tells = self._primary.dialect.replication
        try:
            at = self._primary.ask(tells.position)
        except BedplateError as error:
            return UnsupportedError(f"the primary does not tell how far it is: {error}")
        if self._asked and self._asked[-1][1] == at:
            self._asked.pop()  # nothing has been written since
        self._asked.append((now, at))
        while now - self._asked[0][0] > self._max_lag:
            self._asked.popleft()  # too long ago to be of use
        return None

    def _ask_replica(self, now: float, why: BedplateError | None) -> None:
        replica, asked = self._replica, [*self._asked]
        positions = [position for _, position in asked]
        tells = self._there.dialect.replication
        done = self._there.ask(lambda there: tells.replayed(there, positions))
        if done:
            self._complete = asked[done - 1][0]
            for _ in range(done):
                self._asked.popleft()
        if now - replica.failed_at > _WELL:
            replica.failures = 0
        rested = now - replica.failed_at >= self._rest or not replica.failures
        with self._noting:
            if rested and not self._stopped.is_set():
                replica.see(self._complete, now, self._max_lag, why)


class _Line:
    """A connection to a server of its own, on which an answer comes in time or not.

    A full pool would say nothing of the server.
    """

    def __init__(self, engines: Engines) -> None:
        settings = engines.settings
        self._patience = settings.connect_timeout
        self._engines = Engines(
            settings.of(
                settings,
                pool_size=1,
                max_overflow=0,
                pool_timeout=self._patience,
                statement_timeout=self._patience,
            )
        )
        self._open = OpenConnections(self._engines)
        self.dialect = engines.dialect

    def ask(self, question: Callable[[sa.Connection], T]) -> T:
        """Return the answer to a question.

        Raises:
            BedplateError: There was none in time, or it was an error.
        """
        try:
            return within(self._patience, lambda: self._ask(question))
        except BedplateError:
            self._open.cut()  # or the one who still waits would keep the connection
            raise

    def _ask(self, question: Callable[[sa.Connection], T]) -> T:
        engines = self._engines
        with translating(engines), engines.reader.connect() as connection:
            return question(connection)

    def close(self) -> None:
        """Close the connection."""
        self._engines.dispose()


def _close(lines: Iterable[_Line]) -> None:
    for line in lines:
        line.close()


def _go_on(
    alive: weakref.ref[_Look], lines: Iterable[_Line], stopped: threading.Event
) -> None:
    process = os.getpid()
    while os.getpid() == process and not stopped.is_set():
        look = alive()
        if look is None:
            break
        pause = look.once()
        del look
        stopped.wait(pause)
    _close(lines)  # a look that was under way may have opened them once more
