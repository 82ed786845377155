"""What one call costs: a read, an update and its commit, alone and from eight threads.

    python benchmarks/calls.py --calls 500

A raw reading is one statement in autocommit; a raw update is BEGIN, UPDATE, COMMIT.
Peers are measured where they can be imported; see benchmarks/requirements.txt.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from typing import Any

import sqlalchemy as sa
from contest import Contender, Contest, options, report, say
from places import Place, connect, places

from bedplate import Database, TrainingRepository
from bedplate.domains.training import MarkovNGram, TrainingJob

JOB = "of the benchmark"
CONTEXT = "ab"
FOLLOWERS = 8
MOMENT = "2026-01-02 03:04:05.678901"

READ = "SELECT * FROM training_jobs WHERE job_id = {}"
FOLLOW = "SELECT * FROM markov_ngrams WHERE n = {} AND context = {} ORDER BY next_char"
UPDATE = "UPDATE training_jobs SET progress = {}, updated_at = {} WHERE job_id = {}"

READ_GOAL = {"sqlite": 2.0}
UPDATE_GOAL = {"sqlite": 3.5}
"""Where nothing else is asked, 1.5 times."""

ADDED = 60
"""Microseconds a call may add to the statement it runs."""

THREADS = 8
PAUSE = 0.002
"""Seconds between two updates of a thread: without, one keeps the lock of a database
file to itself, and the others poll for it."""

STARTS = 7


def main() -> int:
    """Measure on every database."""
    given = options(__doc__, calls=500, span=0.5)
    return report(contests(given), given)


def contests(given: argparse.Namespace) -> Iterator[Contest]:
    """Yield the contests of each database."""
    starts()
    for place in places(given.db):
        prepare(place)
        goal = READ_GOAL.get(place.kind, 1.5)
        job = Contest("get a job", place.name, given.calls, "calls")
        yield told(job.hold(list(reading(place, given.calls)), given))
        context = Contest("get a context's n-grams", place.name, given.calls, "calls")
        yield told(context.hold(list(following(place, given.calls, goal)), given))
        step = Contest("update a job", place.name, given.calls, "calls")
        yield told(step.hold(list(updating(place, given.calls)), given))
        together(place, given)


def told(contest: Contest) -> Contest:
    """Say what a call of ours adds to the same statement through SQLAlchemy."""
    by_name = {result.name.split()[0]: result for result in contest.results}
    ours = by_name["Bedplate"]
    for name, other in by_name.items():
        if name in ("raw", "SQLAlchemy"):
            waited = added(ours.wall, other.wall, contest.units)
            processor = added(ours.processor, other.processor, contest.units)
            say(
                f"  a call adds {waited:,.0f} us to {other.name}, "
                f"{processor:,.0f} us of processor time (goal {ADDED})"
            )
    return contest


def added(ours: list[float], base: list[float], units: int) -> float:
    """Return by how many microseconds one of ours is longer, by the median."""
    pairs = zip(ours, base, strict=True)
    return statistics.median(one - other for one, other in pairs) / units * 1e6


def prepare(place: Place) -> None:
    """Write the rows that are read and changed."""
    training = place.database.repository(TrainingRepository)
    training.create_training_job(job_id=JOB)
    counts = {(CONTEXT, chr(99 + i)): i + 1 for i in range(FOLLOWERS)}
    training.merge_markov_ngrams(3, counts)


def reading(place: Place, count: int) -> Iterator[Contender]:
    """Yield who reads one row by its key."""
    training = place.database.repository(TrainingRepository)
    raw = one_statement(place)
    jobs: Any = TrainingJob.__table__
    core = sa.select(jobs).where(jobs.c.job_id == sa.bindparam("job"))
    yield Contender("raw SELECT", partial(repeat, count, partial(raw, READ, (JOB,))))
    ours = partial(training.get_training_job, JOB)
    yield Contender("Bedplate get_training_job", partial(repeat, count, ours))
    through = partial(read_core, place.database, core, {"job": JOB})
    yield Contender("SQLAlchemy Core", partial(repeat, count, through))
    through = partial(read_orm, place.database, TrainingJob.job_id == JOB, TrainingJob)
    yield Contender("ORM, a session each", partial(repeat, count, through))
    if find_spec("advanced_alchemy"):
        through = advanced_alchemy_get(place)
        yield Contender("Advanced Alchemy get_one", partial(repeat, count, through))


def following(place: Place, count: int, goal: float) -> Iterator[Contender]:
    """Yield who reads the eight rows of a context."""
    training = place.database.repository(TrainingRepository)
    raw = partial(one_statement(place), FOLLOW, (3, CONTEXT))
    yield Contender("raw SELECT", partial(repeat, count, raw))
    ours = partial(training.get_markov_ngrams, 3, CONTEXT)
    yield Contender(
        "Bedplate get_markov_ngrams", partial(repeat, count, ours), goal=goal
    )
    where = sa.and_(MarkovNGram.n == 3, MarkovNGram.context == CONTEXT)
    through = partial(read_orm, place.database, where, MarkovNGram)
    yield Contender("ORM, a session each", partial(repeat, count, through))


def updating(place: Place, count: int) -> Iterator[Contender]:
    """Yield who changes a row and commits."""
    training = place.database.repository(TrainingRepository)
    goal = UPDATE_GOAL.get(place.kind, 1.5)
    raw = raw_update(place.kind, place.raw)
    yield Contender("raw BEGIN, UPDATE, COMMIT", partial(repeat, count, raw))
    ours = partial(training.update_training_job, JOB, progress=50.0)
    yield Contender(
        "Bedplate update_training_job", partial(repeat, count, ours), goal=goal
    )
    through = partial(update_orm, place.database)
    yield Contender("ORM, a session each", partial(repeat, count, through))


def repeat(count: int, act: Callable[[], object]) -> None:
    """Do something so often."""
    for _ in range(count):
        act()


# Raw techniques


def marked(kind: str, statement: str) -> str:
    """Return a statement with the marks of the driver."""
    return statement.replace("{}", "?" if kind == "sqlite" else "%s")


def one_statement(place: Place) -> Callable[[str, tuple[Any, ...]], object]:
    """Return what runs a statement in autocommit and fetches its rows."""
    raw = connect(place.kind, place.url)
    if place.kind == "sqlite":
        raw.isolation_level = None
    elif place.kind == "postgresql":
        raw.autocommit = True
    else:
        raw.autocommit(True)
    cursor = raw.cursor()

    def run(statement: str, values: tuple[Any, ...]) -> object:
        cursor.execute(marked(place.kind, statement), values)
        return cursor.fetchall()

    return run


def next_moment() -> str:
    """Return ever another moment: a row that stays the same is not written.

    Not by another thread either.
    """
    return f"{MOMENT[:20]}{next(_numbers) % 1_000_000:06}"


_numbers = itertools.count()


def raw_update(kind: str, raw: Any) -> Callable[[], None]:
    """Return what runs the three statements."""
    cursor, statement = raw.cursor(), marked(kind, UPDATE)
    if kind == "sqlite":
        raw.isolation_level = None
    begin = "BEGIN IMMEDIATE" if kind == "sqlite" else "BEGIN"

    def run() -> None:
        if kind != "postgresql":  # whose driver sends it by itself
            cursor.execute(begin)
        cursor.execute(statement, (50.0, next_moment(), JOB))
        cursor.execute("COMMIT") if kind == "sqlite" else raw.commit()

    return run


# SQLAlchemy, as it is used every day


def read_core(database: Database, statement: Any, values: dict[str, Any]) -> object:
    """Read through an engine's connection, by a statement that was built before."""
    with database.engine.connect() as connection:
        return connection.execute(statement, values).all()


def read_orm(database: Database, where: Any, model: Any) -> object:
    """Read in a session of its own, by a statement built each time."""
    with sa.orm.Session(database.engine) as session:
        return session.scalars(sa.select(model).where(where)).all()


def update_orm(database: Database) -> None:
    """Load, change and commit."""
    with sa.orm.Session(database.engine) as session:
        wanted = sa.select(TrainingJob).where(TrainingJob.job_id == JOB)
        job = session.scalars(wanted).one()
        job.progress = 49.0 if job.progress == 50.0 else 50.0
        session.commit()


def advanced_alchemy_get(place: Place) -> Callable[[], object]:
    """Return what reads a job through Advanced Alchemy's repository."""
    from advanced_alchemy.repository import (  # type: ignore[import-not-found]
        SQLAlchemySyncRepository,
    )

    class Jobs(SQLAlchemySyncRepository):  # type: ignore[misc]
        model_type = TrainingJob

    def get() -> object:
        with sa.orm.Session(place.database.engine) as session:
            return Jobs(session=session).get_one(job_id=JOB)

    return get


# From eight threads


def together(place: Place, given: argparse.Namespace) -> None:
    """Say how long the slowest hundredth of updates takes, from eight threads."""
    training = place.database.repository(TrainingRepository)
    ours = partial(training.update_training_job, JOB, progress=50.0)
    found: dict[str, list[float]] = {"raw": [], "Bedplate": []}
    for _ in range(given.rounds):
        raws = [connect(place.kind, place.url) for _ in range(THREADS)]
        acts = [raw_update(place.kind, raw) for raw in raws]
        found["raw"].append(slowest(acts, given.span))
        found["Bedplate"].append(slowest([ours] * THREADS, given.span))
        for raw in raws:
            raw.close()
    pairs = zip(found["Bedplate"], found["raw"], strict=True)
    ratio = statistics.median(one / other for one, other in pairs)
    times = (f"{name} {statistics.median(t) * 1e3:.2f} ms" for name, t in found.items())
    say(
        f"  p99 of an update from {THREADS} threads: {', '.join(times)}: "
        f"{ratio:.2f} x raw  goal 1.50: {'reached' if ratio <= 1.5 else 'MISSED'}"
    )


def slowest(acts: list[Callable[[], object]], span: float) -> float:
    """Return the 99th percentile of all calls within so many seconds, in seconds."""
    taken: list[float] = []
    barrier = threading.Barrier(len(acts))

    def work(act: Callable[[], object]) -> None:
        barrier.wait()
        end = time.perf_counter() + span
        while (started := time.perf_counter()) < end:
            act()
            taken.append(time.perf_counter() - started)
            time.sleep(PAUSE)

    threads = [threading.Thread(target=work, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statistics.quantiles(taken, n=100)[98]


# Starting


def starts() -> None:
    """Say how long imports and the command's help take."""
    programs = {
        "python": ["-c", "pass"],
        "import sqlalchemy.orm": ["-c", "import sqlalchemy.orm"],
        "import sqlalchemy.orm, bedplate": ["-c", "import sqlalchemy.orm, bedplate"],
        "bedplate --help": ["-m", "bedplate", "--help"],
    }
    times: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(STARTS):
        for name, program in programs.items():
            started = time.perf_counter()
            command = [sys.executable, *program]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # ours
            times[name].append(time.perf_counter() - started)
    say("\nstarting a program")
    for name, taken in times.items():
        say(f"  {name:<34} {statistics.median(taken) * 1e3:8.0f} ms")


if __name__ == "__main__":
    sys.exit(main())
