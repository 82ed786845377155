"""How large each process's pool may be, and how large it should be.

May: all processes together have to leave the server some connections. Should: as many
as are in use at once, by Little's law (the time that connections were held, over the
time that passed), and a margin of twice its root for chance, as telephone exchanges
have it (Halfin and Whitt, "Heavy-Traffic Limits for Queues", 1981); more where somebody
waited all the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedplate.durations import Told
from bedplate.ops.snapshots import LIMITS, REPLICA, Snapshot

if TYPE_CHECKING:
    from bedplate.ops.health import Health

__all__ = ["Demand", "PoolAdvice", "advise", "demand_of"]

_SPARE = 0.1
"""The part of the server's connections left to people, backups and migrations."""

_LEAST_SPARE = 3

_NO_POOL = (
    "no pool is kept (DB_PGBOUNCER, or DB_USE_POOL=false): each transaction connects "
    "anew, DB_POOL_SIZE and DB_MAX_OVERFLOW change nothing, and a pooler in between "
    "has its own limits"
)

_NOTICED = 0.01
"""Seconds a wait may last: as long as many a statement."""


@dataclass(frozen=True)
class Demand(Told):
    """What was asked of the pools of all processes that were measured.

    Attributes:
        checkouts: How often a connection was taken.
        in_use: How many were in use at once, on average, in one process.
        wait_p95: Seconds 95 % of the checkouts waited at most, to a factor of two.
        timeouts: How often somebody waited in vain.
    """

    checkouts: int
    in_use: float
    wait_p95: float
    timeouts: int


@dataclass(frozen=True)
class PoolAdvice(Told):
    """What to set.

    Attributes:
        processes: For how many processes.
        max_connections: What the server allows; None for a file.
        per_process: The most that each process may open; None where nothing limits it.
        pool_size: What to set DB_POOL_SIZE to; None where no pool is kept.
        max_overflow: What to set DB_MAX_OVERFLOW to; None where no pool is kept.
        fits: Whether what is set now stays within the limit.
        demand: What was measured; None where nothing was.
        reasons: Why, a sentence each.
    """

    processes: int
    max_connections: int | None
    per_process: int | None
    pool_size: int | None
    max_overflow: int | None
    fits: bool
    demand: Demand | None
    reasons: tuple[str, ...]


def demand_of(found: Snapshot) -> Demand | None:
    """Return what was asked of the pools of one process or several; None for none."""
    ours = [p for name, p in found["pools"].items() if not name.startswith(REPLICA)]
    pools = ours[-1:]  # the readers', where a file has two
    checkouts = sum(pool["counters"]["checkouts"] for pool in pools)
    if not checkouts:
        return None
    held = sum(pool["histograms"]["hold_seconds"]["total"] for pool in pools)
    waits = [pool["histograms"]["wait_seconds"]["counts"] for pool in pools]
    return Demand(
        checkouts=checkouts,
        in_use=held / max(found["seconds"], 1e-3),
        wait_p95=max(_p95(counts) for counts in waits),
        timeouts=sum(pool["counters"]["timeouts"] for pool in pools),
    )


def _p95(counts: Sequence[int]) -> float:
    wanted = 0.95 * counts[-1]
    if counts[0] >= wanted:
        return 0.0
    reached = (limit for limit, n in zip(LIMITS, counts, strict=False) if n >= wanted)
    return next(reached, math.inf)


def advise(
    health: Health, now: tuple[int, int] | None, processes: int, demand: Demand | None
) -> PoolAdvice:
    """Return what to set.

    Args:
        health: What the server says.
        now: DB_POOL_SIZE and DB_MAX_OVERFLOW as they are; None where no pool is kept.
        processes: How many processes the application has.
        demand: What was measured.
    """
    limit = health.max_connections
    if now is None:
        kept = (None, None, None)
        return PoolAdvice(processes, limit, *kept, True, demand, (_NO_POOL,))
    share = None if limit is None else max(_shared(limit, processes), 0)
    size, overflow, reasons = _wanted(now, demand)
    if share is not None:
        reasons.append(_limit_reason(limit, processes, share))
        size = max(min(size, share), 1)
        overflow = max(min(overflow, share - size), 0)
    else:
        reasons.append(
            "a database file has no limit; each process has one connection that "
            "writes, and these that read"
        )
    reasons.append(_verdict(now, (size, overflow), demand))
    return PoolAdvice(
        processes=processes,
        max_connections=limit,
        per_process=share,
        pool_size=size,
        max_overflow=overflow,
        fits=share is None or sum(now) <= share,
        demand=demand,
        reasons=tuple(reasons),
    )


def _shared(limit: int, processes: int) -> int:
    spare = max(_LEAST_SPARE, math.ceil(limit * _SPARE))
    return (limit - spare) // processes


def _wanted(now: tuple[int, int], demand: Demand | None) -> tuple[int, int, list[str]]:
    size, overflow = now
    if demand is None:
        return size, overflow, ["nothing was measured yet"]
    used = math.ceil(demand.in_use + 2 * math.sqrt(demand.in_use))
    told = f"{demand.in_use:.2g} connections were in use at once, on average"
    if _is_short(demand):
        size = max(used, math.ceil(1.5 * size))
        noticed = f"{told}, and waits were noticed (p95 {demand.wait_p95:.3g} s)"
        return size, max(overflow, size), [noticed]
    size = max(used, 2)
    return size, max(overflow, size), [f"{told}, and nobody waited"]


def _verdict(
    now: tuple[int, int], wanted: tuple[int, int], demand: Demand | None
) -> str:
    if now != wanted:
        return f"DB_POOL_SIZE={now[0]} and DB_MAX_OVERFLOW={now[1]} are set: better is"
    if demand is not None and _is_short(demand):
        return "more would be better, but what is set is all that the server allows"
    return "what is set can stay"


def _is_short(demand: Demand) -> bool:
    return demand.wait_p95 > _NOTICED or demand.timeouts > 0


def _limit_reason(limit: int | None, processes: int, share: int) -> str:
    whom = "one process" if processes == 1 else f"each of {processes} processes"
    told = f"the server allows {limit}, a tenth stays free: {share} for {whom}"
    if share >= 1:
        return told
    return (
        f"{told}: raise max_connections, start fewer, or put a transaction pooler in "
        "between (DB_PGBOUNCER)"
    )
