"""Migrate one database from many processes, killed at random, and see what is left.

    python benchmarks/migrate_storm.py --count 200 postgresql://user@host/empty

Several processes bring the same schema up and down, each at random, while one after
another is killed with SIGKILL. In the end the schema is brought to its head by one
more upgrade, and held against the models, the rows against those there were before,
and the entries of database_versions against each other.

Exit code 0: no difference, and no run met an error that it should not have met.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bedplate import Base, BedplateError, Database, TrainingRepository
from bedplate.errors import LockTimeoutError, MigrationError, MigrationLockError
from bedplate.ops import revisions

PROCESSES = multiprocessing.get_context("forkserver")
# Else most are killed before they have loaded these.
PROCESSES.set_forkserver_preload(
    [
        "bedplate.database",
        "bedplate.domains.training",
        "bedplate.ops.environment",
        "bedplate.ops.migrations",
        "psycopg",
        "pymysql",
    ]
)

TIRED = (MigrationLockError, LockTimeoutError)
"""What a run may end with beside others: it has waited for as long as it may."""

_STARTS = 10
"""Seconds a process has to begin before it is killed all the same."""


@dataclass
class Outcome:
    """What came of one database.

    Attributes:
        database: Which one, as SQLAlchemy names it.
        kills: How many processes were killed.
        runs: How many upgrades and downgrades came to their end.
        cut: How many did not, because their process was killed.
        tired: How many waited too long for the others.
        errors: What a run met that it should not have met.
        differences: What is not as it should be in the end.
        seconds: How long it all took.
    """

    database: str
    kills: int = 0
    runs: int = 0
    cut: int = 0
    tired: int = 0
    errors: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class Worker:
    """A process that migrates, and the end of the pipe on which it tells of it."""

    process: BaseProcess
    told: Connection


def main() -> int:
    """Run the storm on each database and return the exit code."""
    given = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        urls = given.urls or [f"sqlite:///{Path(folder) / 'storm.db'}"]
        outcomes = [_storm(url, given) for url in urls]
    if given.json:
        _say(json.dumps([asdict(outcome) for outcome in outcomes], indent=2))
    for outcome in () if given.json else outcomes:
        _tell(outcome)
    return int(any(outcome.errors or outcome.differences for outcome in outcomes))


def _arguments() -> argparse.Namespace:
    words = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(description=words)
    add = parser.add_argument
    add("urls", nargs="*", help="empty databases; by default an SQLite file of its own")
    add("--count", type=int, default=100, help="how many kills (100)")
    add("--processes", type=int, default=4, help="how many migrate at once (4)")
    add("--seconds", type=float, default=600, help="when to stop at the latest (600)")
    add("--seed", type=int, default=0, help="where chance begins (0)")
    add("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def _storm(url: str, given: argparse.Namespace) -> Outcome:
    began = time.monotonic()
    with Database(url) as database:
        outcome = Outcome(database.engine.dialect.name)
        if sa.inspect(database.engine).get_table_names():
            outcome.differences.append("the database is not empty: nothing was done")
            return outcome
        database.upgrade()
        _fill(database)
        # What a downgrade has to give up is given up before the storm.
        database.downgrade("001")
        database.upgrade()
        before = _rows(database)
        _blow(url, given, outcome, until=began + given.seconds)
        database.upgrade()
        outcome.differences += database.schema_differences()
        outcome.differences += _changed(before, _rows(database))
        outcome.differences += _gaps(database)
    outcome.seconds = round(time.monotonic() - began, 1)
    return outcome


def _blow(
    url: str, given: argparse.Namespace, outcome: Outcome, *, until: float
) -> None:
    chance = random.Random(given.seed)
    workers = [_start(url, chance) for _ in range(given.processes)]
    while outcome.kills < given.count and time.monotonic() < until:
        place = chance.randrange(len(workers))
        # Once it is at work: on a busy machine a process takes seconds to start.
        workers[place].told.poll(_STARTS)
        time.sleep(chance.uniform(0.01, 0.4))
        workers[place].process.kill()
        outcome.kills += 1
        _end(workers[place], outcome)
        workers[place] = _start(url, chance)
    for worker in workers:
        worker.process.kill()
        _end(worker, outcome)


def _start(url: str, chance: random.Random) -> Worker:
    told, telling = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_migrate, args=(url, chance.random(), telling))
    process.start()
    telling.close()
    return Worker(process, told)


def _end(worker: Worker, outcome: Outcome) -> None:
    worker.process.join()
    heard: Counter[str] = Counter()
    while True:
        try:
            heard[worker.told.recv()] += 1
        except (EOFError, OSError):  # the last word may be half
            break
    worker.told.close()
    begun = heard.pop("begun", 0)
    outcome.cut += begun - heard.total()
    outcome.runs += heard.pop("done", 0)
    outcome.tired += heard.pop("tired", 0)
    outcome.errors += heard


def _migrate(url: str, seed: float, telling: Connection) -> None:
    """Migrate at random, never below 001, until the process is killed."""
    chance = random.Random(seed)
    known = [revision for revision, _ in revisions.history()]
    while True:
        with Database(url) as database:
            move = chance.choice((database.upgrade, database.downgrade))
            telling.send("begun")
            telling.send(_ended(move, chance.choice(known)))


def _ended(move: Any, revision: str) -> str:
    try:
        move(revision)
    except TIRED:
        return "tired"
    except MigrationError as error:
        # An upgrade to what is below, a downgrade to what is above: nothing to do.
        return "done" if error.__cause__ is not None else f"{error}"
    except BedplateError as error:
        return f"{type(error).__name__}: {error}"
    return "done"


def _fill(database: Database) -> None:
    """Write rows, so that indexes are built over something."""
    training = database.repository(TrainingRepository)
    training.add_corpus_texts(
        {"content": f"Text {n} " * 50, "source": f"text/{n}", "title": f"Title {n}"}
        for n in range(200)
    )
    for n in range(20):
        config = training.create_neural_config(f"config {n}", {"n": n})
        training.create_training_job(config.id)


def _rows(database: Database) -> dict[str, set[str]]:
    kept = {name for name in Base.metadata.tables if name != "database_versions"}
    with database.engine.connect() as connection:
        return {
            name: {repr(row) for row in connection.execute(sa.select(table))}
            for name, table in Base.metadata.tables.items()
            if name in kept
        }


def _changed(before: dict[str, set[str]], after: dict[str, set[str]]) -> list[str]:
    return [
        f"{name}: {len(rows - after[name])} rows lost, {len(after[name] - rows)} new"
        for name, rows in before.items()
        if rows != after[name]
    ]


def _gaps(database: Database) -> list[str]:
    """Find a step that was not written down, or written down twice."""
    order = ["base", *(revision for revision, _ in revisions.history())]
    steps = [order.index(step.version) for step in database.migration_status().applied]
    return [
        f"database_versions goes from {order[one]} to {order[next_one]}"
        for one, next_one in zip([0, *steps], steps, strict=False)
        if abs(next_one - one) != 1
    ]


def _tell(outcome: Outcome) -> None:
    _say(
        f"{outcome.database}: {outcome.kills} kills, {outcome.runs} runs ended, "
        f"{outcome.cut} were cut off, {outcome.tired} waited too long, "
        f"{len(outcome.errors)} errors, "
        f"{len(outcome.differences)} differences, {outcome.seconds} s"
    )
    for line in outcome.errors + outcome.differences:
        _say(f"  {line}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
