"""What a pool does: who holds its connections, who waits for them, and for how long.

All of it comes from SQLAlchemy's own events, and from what the pool writes down.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, exc
from sqlalchemy.pool import QueuePool

from bedplate.base import utcnow
from bedplate.durations import Distribution, Durations, Told
from bedplate.ops.stacks import Calls, asker, asker_awaiting, calls_of, stack_of
from bedplate.pools import Loan, Watched

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["LongHolder", "PoolMeter", "PoolMetrics", "pool_metrics"]


@dataclass(frozen=True)
class LongHolder(Told):
    """Somebody who has had a connection for long, and has it still.

    Attributes:
        pool: The name of the pool it is of.
        seconds: For how long.
        thread: The name of the thread that took it.
        stack: Who took it: "file:line in function", the innermost call last. Of a call
            of a repository, or work that is run: where that is now.
    """

    pool: str
    seconds: float
    thread: str
    stack: tuple[str, ...]


@dataclass(frozen=True)
class PoolMetrics(Told):
    """What a pool of connections does, and has done since `since`.

    Attributes:
        name: "pool", "writer" or "reader", "replica " and its address; "all" for
            several together.
        since: When counting began: the start, or the last reset_metrics().
        size: Connections it keeps open; 0 where none are kept.
        max_overflow: Further ones it opens under load.
        capacity: The most that can be open, None where there is no limit.
        checked_out: Connections in use now.
        idle: Connections open and unused now.
        overflow: Connections above `size` now.
        waiting: How many threads or tasks wait for a connection now.
        saturation: `checked_out / capacity`, None where there is no limit.
        checkouts: How often a connection was taken.
        reused: How often that was one that had been open before.
        hit_rate: `reused / checkouts`, None before the first.
        created: Connections opened.
        closed: Connections closed.
        invalidated: Connections found broken, or given up, and replaced.
        failed_health_checks: Idle connections that no longer answered when they were
            to be used; they are among the invalidated.
        timeouts: How often somebody waited in vain, for DB_POOL_TIMEOUT.
        wait_seconds: How long a checkout waited for others to give one back.
        hold_seconds: How long connections were in use, by the time they came back.
        long_holders: Who has had one for long and has it still, the longest first.
        pools: The single pools, where it is several together; else empty.
    """

    name: str
    since: datetime
    size: int
    max_overflow: int
    capacity: int | None
    checked_out: int
    idle: int
    overflow: int
    waiting: int
    saturation: float | None
    checkouts: int
    reused: int
    hit_rate: float | None
    created: int
    closed: int
    invalidated: int
    failed_health_checks: int
    timeouts: int
    wait_seconds: Distribution
    hold_seconds: Distribution
    long_holders: tuple[LongHolder, ...]
    pools: tuple[PoolMetrics, ...] = ()


_COUNTED = (
    "fresh",
    "created",
    "closed",
    "invalidated",
    "failed_health_checks",
    "timeouts",
)


class PoolMeter:
    """Counts what one engine's pool does.

    Args:
        engine: Whose pool.
        name: What to call it.
    """

    def __init__(self, engine: sa.Engine, name: str) -> None:
        self.name = name
        self.engine = engine
        self.held: dict[Any, tuple[float, int, Calls | Loan | None]] = {}
        self.unused: set[Any] = set()
        self.waiting = 0
        self.asker = asker_awaiting if engine.dialect.is_async else asker
        self.reset()
        if isinstance(engine.pool, Watched):
            engine.pool.watcher = self
        for event_name, listener in self.listeners().items():
            event.listen(engine, event_name, listener)

    def reset(self) -> None:
        """Begin to count anew; what is in use stays so."""
        self.since = utcnow()
        self.counts = dict.fromkeys(_COUNTED, 0)
        self.checkouts = 0
        self.waits = Durations()
        self.holds = Durations()

    def forget(self) -> None:
        """Begin anew in a forked child, which shares no connection with its parent."""
        self.held = {}
        self.unused = set()
        self.waiting = 0
        self.reset()

    def begin_wait(self) -> None:
        """Somebody waits for a connection to be given back."""
        self.waiting += 1

    def end_wait(self, seconds: float, *, in_vain: bool) -> None:
        """The wait is over."""
        self.waiting -= 1
        self.waits.add(seconds)
        if in_vain:
            self.counts["timeouts"] += 1

    def listeners(self) -> dict[str, Any]:
        """Return what listens to the pool's events, by their names."""
        return {
            "connect": self._connected,
            "close": self._closed,
            "close_detached": self._closed,
            "invalidate": self._invalidated,
            "soft_invalidate": self._invalidated,
        }

    def first_use(self, entry: Any) -> None:
        """Count a connection that is taken for the first time, if it is one."""
        if entry in self.unused:
            self.unused.discard(entry)
            self.counts["fresh"] += 1

    def _connected(self, _dbapi: Any, entry: Any) -> None:
        self.unused.add(entry)
        self.counts["created"] += 1

    def _closed(self, *_: Any) -> None:
        self.counts["closed"] += 1

    def _invalidated(self, _dbapi: Any, _record: Any, error: Any) -> None:
        self.counts["invalidated"] += 1
        if isinstance(error, exc.InvalidatePoolError):
            self.counts["failed_health_checks"] += 1


def pool_metrics(meters: Sequence[PoolMeter], longer_than: float) -> PoolMetrics:
    """Return how things stand; holders of so many seconds are told one by one."""
    if len(meters) == 1:
        return _metrics(meters[0].name, meters, longer_than)
    single = tuple(_metrics(meter.name, [meter], longer_than) for meter in meters)
    return _metrics("all", meters, longer_than, single)


def _metrics(
    name: str,
    meters: Sequence[PoolMeter],
    longer_than: float,
    single: tuple[PoolMetrics, ...] = (),
) -> PoolMetrics:
    counts, waits, holds = _summed(meters)
    checkouts = sum(meter.checkouts for meter in meters)
    reused = checkouts - counts.pop("fresh")
    taken = sum(len(meter.held) for meter in meters)
    places = _places(meters)
    capacity = places["capacity"]
    return PoolMetrics(
        name=name,
        since=min(meter.since for meter in meters),
        **places,
        checked_out=taken,
        waiting=sum(meter.waiting for meter in meters),
        saturation=taken / capacity if capacity else None,
        checkouts=checkouts,
        reused=reused,
        hit_rate=reused / checkouts if checkouts else None,
        **counts,
        # Who found one free has waited for no time.
        wait_seconds=waits.distribution(
            max(checkouts + counts["timeouts"] - waits.count, 0)
        ),
        hold_seconds=holds.distribution(),
        long_holders=_long_holders(meters, longer_than),
        pools=single,
    )


def _summed(meters: Sequence[PoolMeter]) -> tuple[dict[str, int], Durations, Durations]:
    counts, waits, holds = dict.fromkeys(_COUNTED, 0), Durations(), Durations()
    for meter in meters:
        for what in _COUNTED:
            counts[what] += meter.counts[what]
        waits.merge(meter.waits)
        holds.merge(meter.holds)
    return counts, waits, holds


def _places(meters: Sequence[PoolMeter]) -> dict[str, Any]:
    """Return the limits of pools, and how many of their connections are idle."""
    pools = [meter.engine.pool for meter in meters]
    queues = [pool for pool in pools if isinstance(pool, QueuePool)]
    size = sum(pool.size() for pool in queues)
    further = sum(pool._max_overflow for pool in queues)
    return {
        "size": size,
        "max_overflow": further,
        "capacity": size + further if len(queues) == len(pools) else None,
        "idle": sum(pool.checkedin() for pool in queues),
        "overflow": sum(max(pool.overflow(), 0) for pool in queues),
    }


def _long_holders(
    meters: Sequence[PoolMeter], longer_than: float
) -> tuple[LongHolder, ...]:
    now = perf_counter()
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    found = [
        LongHolder(
            meter.name,
            now - at,
            names.get(thread, "ended"),
            _stack(thread, by),
        )
        for meter in meters
        for at, thread, by in [*meter.held.values()]
        if now - at >= longer_than
    ]
    return tuple(sorted(found, key=lambda one: -one.seconds))


def _stack(thread: int, by: Calls | Loan | None) -> tuple[str, ...]:
    """Spell out who took a connection, or for whom a thread has it."""
    if isinstance(by, Loan) and by.is_over:
        return ()  # the thread has gone on
    return stack_of(by if isinstance(by, tuple) else calls_of(thread))
