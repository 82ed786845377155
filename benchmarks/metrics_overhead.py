"""What metrics cost: the same small queries with their meters and without, in turns.

One database, whose meters are taken away and put back every few queries: two databases
differ in where their objects lie in memory, by more than is measured here. What metrics
add is processor time of this process, which other programs disturb the least; it is
told as a share of that, and of the time a query takes, in which the server and the way
to it have a part. What a machine does besides comes and goes over many turns: so a turn
is compared with the one right beside it, and the median of the differences is told.

    python benchmarks/metrics_overhead.py --db sqlite
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from contest import options, say
from places import Place, places

from bedplate import Database, TrainingRepository
from bedplate.domains.training.models import TrainingJob

TURN = 20
"""Queries in a turn: few, so that both meet the same moments."""

SELECT_ONE = sa.text("SELECT 1")


WAYS = ("do_execute", "do_executemany", "do_execute_no_params")
"""A dialect's ways to the driver, in whose place a meter's stand."""


class Meters:
    """What is there for the sake of metrics alone, to be taken away and put back."""

    def __init__(self, database: Database) -> None:
        self._engines: Any = database._engines
        self._observer = self._engines.observer
        self._parts: list[tuple[Any, Any, dict[str, Any]]] = []
        engine: Any
        for engine in self._engines.pools:
            ways = {way: vars(engine.dialect)[way] for way in WAYS}
            self._parts.append((engine, engine.pool.watcher, ways))

    def put_back(self) -> None:
        self._engines.observer = self._observer
        for engine, watcher, ways in self._parts:
            engine.pool.watcher = watcher
            vars(engine.dialect).update(ways)

    def take_away(self) -> None:
        self._engines.observer = None
        for engine, _, ways in self._parts:
            engine.pool.watcher = None
            for way in ways:
                vars(engine.dialect).pop(way, None)


def in_transaction(database: Database, times: int) -> None:
    """Take a connection for a session's transaction."""
    for _ in range(times):
        with database.transaction(read_only=True) as session:
            session.execute(SELECT_ONE).all()


def on_engine(database: Database, times: int) -> None:
    """Take a connection of the engine's."""
    engine = database._engines.reader
    for _ in range(times):
        with engine.connect() as connection:
            connection.execute(SELECT_ONE).all()


def on_connection(database: Database, times: int) -> None:
    """Take none: it is open."""
    with database._engines.reader.connect() as connection:
        for _ in range(times):
            connection.execute(SELECT_ONE).all()


def by_repository(database: Database, times: int) -> None:
    """Read rows as programs do, in a session."""
    training = database.repository(TrainingRepository)
    for _ in range(times):
        training.list_neural_configs()


def by_key(database: Database, times: int) -> None:
    """Read a row by its key in a transaction."""
    for _ in range(times):
        with database.transaction(read_only=True) as session:
            session.get(TrainingJob, 1)


def by_itself(database: Database, times: int) -> None:
    """Read a row without a session."""
    training = database.repository(TrainingRepository)
    for _ in range(times):
        training.get_training_job("a")


WORK: dict[str, Callable[[Database, int], None]] = {
    "a list of one row by repository": by_repository,
    "one row by its key in a transaction": by_key,
    "one row by a call that needs no session": by_itself,
    "SELECT 1 in a transaction": in_transaction,
    "SELECT 1 on a connection taken for it": on_engine,
    "SELECT 1 on an open connection": on_connection,
}


def measure(place: Place, rounds: int) -> None:
    """Tell what each kind of work takes without metrics, and what they add."""
    training = place.database.repository(TrainingRepository)
    training.create_neural_config("small", {})
    training.create_training_job(job_id="a")
    say(f"\n{place.name}, {rounds} turns of {TURN}")
    with Database(place.url) as database:
        meters = Meters(database)
        for subject, work in WORK.items():
            plain, metered, waited = list[float](), list[float](), list[float]()
            for turn in range(rounds * 2):
                is_plain = turn % 4 in (0, 3)
                (meters.take_away if is_plain else meters.put_back)()
                began, started = time.perf_counter(), time.process_time()
                work(database, TURN)
                spent = time.process_time() - started
                (plain if is_plain else metered).append(spent)
                if is_plain:
                    waited.append(time.perf_counter() - began)
            pairs = zip(plain, metered, strict=True)
            added = each(full - bare for bare, full in pairs)
            bare, taken = each(plain), each(waited)
            say(
                f"  {subject:<40} {taken:8.1f} us, of this process {bare:6.1f}"
                f" {added:+6.1f} us: {added / bare * 100:+.1f} % of the processor's,"
                f" {added / taken * 100:+.1f} % of the time"
            )


def each(times: Iterable[float]) -> float:
    """Return the median of turns, in microseconds a query."""
    return statistics.median(times) / TURN * 1e6


def main() -> int:
    """Measure on each server."""
    given = options(__doc__, turns=1_000)
    for place in places(given.db):
        measure(place, int(given.turns))
    return 0


if __name__ == "__main__":
    sys.exit(main())
