"""What metrics cost: the same small queries with their meters and without, in turns.

Two programs' databases on the same server, one of which has its meters taken away. The
two take turns every few queries. What metrics add is processor time of this process,
which other programs disturb the least; it is told as a share of that, and of the time
a query takes, in which the server and the way to it have a part. What a machine does
besides comes and goes over many turns: so a turn is compared with the one right beside
it, and the median of the differences is told.

    python benchmarks/metrics_overhead.py --db sqlite
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable

import sqlalchemy as sa
from contest import options, say
from places import Place, places

from bedplate import Database, TrainingRepository

TURN = 20
"""Queries in a turn: few, so that both meet the same moments."""

SELECT_ONE = sa.text("SELECT 1")


def without_meters(database: Database) -> Database:
    """Take away what is there for the sake of metrics; everything else stays."""
    database._engines.observers.clear()
    for engine in database.engines():
        engine.pool.watcher = None  # type: ignore[attr-defined]  # of Bedplate's pools
        for way in ("do_execute", "do_executemany", "do_execute_no_params"):
            delattr(engine.dialect, way)
    return database


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


def by_itself(database: Database, times: int) -> None:
    """Read a row without a session."""
    training = database.repository(TrainingRepository)
    for _ in range(times):
        training.get_training_job("a")


WORK: dict[str, Callable[[Database, int], None]] = {
    "a list of one row by repository": by_repository,
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
    with Database(place.url) as metered, Database(place.url) as plain:
        without_meters(plain)
        for subject, work in WORK.items():
            times: dict[Database, list[float]] = {plain: [], metered: []}
            waited: list[float] = []
            for turn in range(rounds):
                pair = (plain, metered) if turn % 2 else (metered, plain)
                for database in pair:
                    began, started = time.perf_counter(), time.process_time()
                    work(database, TURN)
                    times[database].append(time.process_time() - started)
                    if database is plain:
                        waited.append(time.perf_counter() - began)
            pairs = zip(times[plain], times[metered], strict=True)
            added = each(full - bare for bare, full in pairs)
            bare, taken = each(times[plain]), each(waited)
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
