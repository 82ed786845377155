"""Many clients, few connections: no error, never more of them than allowed, waits told.

Threads read and write for a while through one Database whose pool has ten places and
no overflow, several threads for each place. Ends with exit code 1 where a client met an
error, the server saw more connections than the pool may open, or the metrics do not
agree with what the clients did.

    python benchmarks/pool_load.py --clients 64 --duration 60
"""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contest import options, say
from places import Place, places

from bedplate import Database, TrainingRepository

if TYPE_CHECKING:
    from bedplate.ops.pool_metrics import PoolMetrics

POOL = 10


@dataclass
class Load:
    """What the clients have met.

    Attributes:
        calls: How many calls they made.
        errors: What went wrong.
        most: The most connections that were in use at once, of all pools together.
        waiting: The most clients that waited at once.
    """

    calls: int = 0
    errors: list[str] = field(default_factory=list)
    most: int = 0
    waiting: int = 0


def client(database: Database, load: Load, number: int, end: float) -> None:
    """Read three times, then write once, until time is up."""
    training = database.repository(TrainingRepository)
    made = 0
    for turn in itertools.count():
        if time.monotonic() >= end:
            break
        try:
            if turn % 4:
                training.list_neural_configs(limit=5)
            else:
                training.create_neural_config(f"{number}-{turn}", {"turn": turn})
            made += 1
        except Exception as error:  # noqa: BLE001  # whatever it is, it is told
            load.errors.append(f"{type(error).__name__}: {error}")
    with lock:
        load.calls += made


lock = threading.Lock()


@contextmanager
def watched(database: Database, load: Load) -> Iterator[None]:
    """Look at the pool a hundred times a second."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            found = database.pool_metrics(longer_than=60)
            load.most = max(load.most, found.checked_out)
            load.waiting = max(load.waiting, found.waiting)

    thread = threading.Thread(target=watch)
    thread.start()
    yield
    done.set()
    thread.join()


def run(url: str, clients: int, duration: float) -> tuple[Load, PoolMetrics]:
    """Let clients work, and return what they and the pool have met."""
    load = Load()
    limits = {"pool_size": POOL, "max_overflow": 0}
    with Database(url, **limits) as database, watched(database, load):
        end = time.monotonic() + duration
        threads = [
            threading.Thread(target=client, args=(database, load, number, end))
            for number in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = database.pool_metrics()
    return load, found


def faults(load: Load, found: PoolMetrics) -> Iterator[str]:
    """Yield what is not as it should be."""
    if load.errors:
        yield f"{len(load.errors)} errors, the first {load.errors[0]}"
    if found.capacity is None or load.most > found.capacity:
        yield f"{load.most} connections in use of {found.capacity}"
    if found.checkouts < load.calls:
        yield f"{found.checkouts} checkouts for {load.calls} calls"
    if found.checked_out or found.waiting or found.timeouts:
        yield f"afterwards {found.checked_out} in use, {found.waiting} waiting"
    if found.created > (found.capacity or 0):
        yield f"{found.created} connections opened for {found.capacity} places"


def tell(place: Place, load: Load, found: PoolMetrics, duration: float) -> None:
    """Say what was measured."""
    wait, hold = found.wait_seconds, found.hold_seconds
    say(
        f"{place.name}: {load.calls / duration:,.0f} calls/s, "
        f"{len(load.errors)} errors; at most {load.most} of {found.capacity} in use, "
        f"{load.waiting} waiting;"
        f" hit rate {found.hit_rate or 0:.2%}"
    )
    for name, spread in (("waited", wait), ("held", hold)):
        shares = (spread.p50, spread.p95, spread.p99, spread.longest)
        told = " ".join(f"{(share or 0) * 1e3:.1f}" for share in shares)
        say(f"  {name}: p50, p95, p99, longest: {told} ms")


def main() -> int:
    """Load each server."""
    given = options(__doc__, clients=64, duration=60.0)
    wrong = 0
    for place in places(given.db):
        load, found = run(place.url, given.clients, given.duration)
        tell(place, load, found, given.duration)
        for fault in faults(load, found):
            say(f"  WRONG: {fault}")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
