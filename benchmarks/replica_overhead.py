"""What replicas cost a call: the same calls with DB_REPLICA_URLS and without, in turns.

A primary and a replica of it run in containers. Two databases of this process call
them, one of which has the replica. What counts is processor time of this process, the
threads that look at the replica included. Of the turns the quickest quarter is looked
at; the last column is the median of the ratios of neighbouring turns.

    PYTHONPATH=tests python benchmarks/replica_overhead.py --db postgresql
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from contest import options, say
from replication import PRODUCTS_THAT_REPLICATE, READER, Pair

from bedplate import Database, TrainingRepository

TURN = 50
NAME = "bedplate_measured"


def read_alone(training: TrainingRepository) -> None:
    """Read a row without a session."""
    training.get_training_job("measured")


def read(training: TrainingRepository) -> None:
    """Read a row in a transaction of its own."""
    training.get_neural_config(1)


def write(training: TrainingRepository) -> None:
    """Write a row without a session."""
    training.record_accuracy("loss", 0.5)


WORK: dict[str, Callable[[TrainingRepository], None]] = {
    "get_training_job, without a session": read_alone,
    "get_neural_config, in a transaction": read,
    "record_accuracy, which writes": write,
}


def measure(pair: Pair, rounds: int) -> None:
    """Tell what each call takes without a replica and with one."""
    url, replica = pair.url("primary", NAME), pair.url("replica", NAME, READER)
    say(f"\n{pair.product.name} {pair.product.version}, {rounds} turns of {TURN}")
    with Database(url) as plain, Database(url, replica_urls=replica) as other:
        plain.repository(TrainingRepository).create_neural_config("small", {})
        plain.repository(TrainingRepository).create_training_job(job_id="measured")
        while not other.health().replicas[0].in_use:
            time.sleep(0.1)
        for subject, work in WORK.items():
            compare(subject, work, (plain, other), rounds)
        taken = {pool.name: pool.checkouts for pool in other.pool_metrics().pools}
        say(f"  connections taken with a replica: {taken}")


def compare(
    subject: str,
    work: Callable[[TrainingRepository], None],
    databases: tuple[Database, Database],
    rounds: int,
) -> None:
    """Do the work in turns, and say what it took."""
    times: dict[Database, list[float]] = {one: [] for one in databases}
    for turn in range(rounds):
        for database in databases if turn % 2 else reversed(databases):
            training = database.repository(TrainingRepository)
            started = time.process_time()
            for _ in range(TURN):
                work(training)
            times[database].append((time.process_time() - started) / TURN * 1e6)
    bare, full = (statistics.quantiles(times[one], n=4)[0] for one in databases)
    ratios = (b / a for a, b in zip(*times.values(), strict=True))
    middle = statistics.median(ratios)
    say(f"  {subject:<38} {bare:7.1f} us {full:7.1f} us {middle:6.3f}")


def main() -> int:
    """Measure each product."""
    given = options(__doc__, turns=200)
    wanted = {name for name in (given.db or "").split(",") if name}
    for product in PRODUCTS_THAT_REPLICATE:
        if wanted and product.name not in wanted:
            continue
        pair = Pair(product)
        try:
            pair.start()
            pair.create(NAME)
            with Database(pair.url("primary", NAME)) as database:
                database.upgrade()
            measure(pair, int(given.turns))
        finally:
            pair.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
