"""Claims: many workers empty one queue of training jobs.

    make bench SUBJECTS=claims

Each worker is a process with a connection of its own; all begin at once, and the time
is that of the last. "raw" is the best way through the bare driver: one UPDATE that
returns the row, where there is one; else a row locked, others' passed over, and
changed; the UPDATE with LIMIT 1 and LAST_INSERT_ID is measured beside it. Plain Core is
such a statement, built at each call, in a transaction of its own; `--core 0` leaves it
out, for it takes several times as long as all others together.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import sqlalchemy as sa
from contest import Contender, Contest, options, report, say
from places import Place, connect, places

from bedplate import Database, TrainingRepository
from bedplate.domains.training import TrainingJob

PROCESSES = multiprocessing.get_context("spawn")
GOAL = 1 / 0.7
BATCH = 10
RETURNING = ("sqlite", "postgresql")

NOW = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
    "postgresql": "clock_timestamp()",
    "mysql": "utc_timestamp(6)",
    "mariadb": "utc_timestamp(6)",
}
LATER = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', 'now', '60 seconds')",
    "postgresql": "clock_timestamp() + interval '60 seconds'",
    "mysql": "utc_timestamp(6) + INTERVAL 60 SECOND",
    "mariadb": "utc_timestamp(6) + INTERVAL 60 SECOND",
}


def changes(kind: str) -> str:
    """Return what a claim sets."""
    now = NOW[kind]
    return (
        "status = 'running', worker = 'w', token = token + 1, attempts = attempts + 1, "
        f"lease_until = {LATER[kind]}, updated_at = {now}, not_before = NULL, "
        f"error = NULL, completed_at = NULL, started_at = coalesce(started_at, {now})"
    )


def first(kind: str) -> str:
    """Return which jobs are claimed, and in which order."""
    return (
        "status = 'pending' AND queue = 'default' AND "
        f"(not_before IS NULL OR not_before <= {NOW[kind]}) ORDER BY turn, id"
    )


def by_returning(kind: str, cursor: Any, most: int) -> int:
    """Claim by one statement."""
    skip = " FOR UPDATE SKIP LOCKED" if kind == "postgresql" else ""
    chosen = f"SELECT id FROM training_jobs WHERE {first(kind)} LIMIT {most}{skip}"
    if most == 1:
        where = f"id = ({chosen})"
    elif kind == "postgresql":
        where = f"id = ANY(ARRAY({chosen}))"
    else:
        where = f"id IN ({chosen})"
    cursor.execute(
        f"UPDATE training_jobs SET {changes(kind)} WHERE {where} RETURNING *"
    )
    return len(cursor.fetchall())


def by_lock(kind: str, cursor: Any, most: int) -> int:
    """Claim rows that nobody else has locked."""
    cursor.execute(
        f"SELECT * FROM training_jobs WHERE {first(kind)} LIMIT {most} "
        "FOR UPDATE SKIP LOCKED"
    )
    keys = [str(row[0]) for row in cursor.fetchall()]
    if keys:
        cursor.execute(
            f"UPDATE training_jobs SET {changes(kind)} WHERE id IN ({','.join(keys)})"
        )
    cursor.connection.commit()
    return len(keys)


def by_last_insert_id(kind: str, cursor: Any, _most: int) -> int:
    """Claim one row by an UPDATE with LIMIT 1."""
    cursor.execute(
        f"UPDATE training_jobs SET id = LAST_INSERT_ID(id), {changes(kind)} "
        f"WHERE {first(kind)} LIMIT 1"
    )
    found = cursor.rowcount
    cursor.connection.commit()
    if found:
        cursor.execute(f"SELECT * FROM training_jobs WHERE id = {cursor.lastrowid}")
        cursor.fetchall()
        cursor.connection.commit()
    return int(found)


def raw(way: Callable[[str, Any, int], int], kind: str, url: str) -> Any:
    """Return a way to claim through a bare driver's connection."""
    connection = connect(kind, url)
    if kind == "sqlite":
        connection.isolation_level = None
    elif kind == "postgresql":
        connection.autocommit = True
    cursor = connection.cursor()
    return lambda most: persisted(partial(way, kind, cursor, most), connection)


def persisted(claim: Callable[[], int], connection: Any) -> int:
    """Claim again after a deadlock, which MySQL's LIMIT 1 runs into."""
    while True:
        try:
            return claim()
        except Exception as error:
            if error.args[0] != 1213:
                raise
            connection.rollback()


def plain_core(kind: str, url: str) -> Any:
    """Return a way to claim as one writes it with SQLAlchemy."""
    waits = {"timeout": 300} if kind == "sqlite" else {}
    engine = sa.create_engine(url, connect_args=waits)
    jobs: Any = TrainingJob.__table__
    now = sa.literal_column(NOW[kind])

    def claim(most: int) -> int:
        chosen = (
            sa.select(jobs.c.id)
            .where(
                jobs.c.status == "pending",
                jobs.c.queue == "default",
                sa.or_(jobs.c.not_before.is_(None), jobs.c.not_before <= now),
            )
            .order_by(jobs.c.turn, jobs.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        values = {"status": "running", "worker": "w", "token": jobs.c.token + 1}
        if kind in RETURNING:
            change = sa.update(jobs).where(jobs.c.id.in_(chosen)).values(values)
            with engine.begin() as connection:
                return len(connection.execute(change.returning(jobs)).all())
        with engine.begin() as connection:
            keys = connection.scalars(chosen).all()
            connection.execute(
                sa.update(jobs).where(jobs.c.id.in_(keys)).values(values)
            )
            whole = sa.select(jobs).where(jobs.c.id.in_(keys))
            return len(connection.execute(whole).all())

    return claim


def ours(_kind: str, url: str) -> Any:
    """Return a way to claim through a repository."""
    training = Database(url).repository(TrainingRepository)

    def claim(most: int) -> int:
        if most == 1:
            return int(training.claim_training_job("w", 60) is not None)
        return len(training.claim_training_jobs("w", 60, most))

    return claim


Claim = Callable[[str, int, bool], tuple[int, float]]
"""Given a way, how many at once, and whether it counts: claims, and returns how many
were claimed and the processor time of all workers."""

WAYS: dict[str, Callable[[str, str], Any]] = {
    "raw, UPDATE RETURNING": partial(raw, by_returning),
    "raw, SKIP LOCKED": partial(raw, by_lock),
    "raw, LAST_INSERT_ID": partial(raw, by_last_insert_id),
    "plain Core": plain_core,
    "bedplate": ours,
}


def work(kind: str, url: str, told: Connection) -> None:
    """Claim until nothing is left, whenever told how."""
    ways: dict[str, Any] = {}
    while order := told.recv():
        name, most, go = order
        if name not in ways:
            ways[name] = WAYS[name](kind, url)
        claim = ways[name]
        if not go:
            claim(most)  # connects, prepares, takes one
            told.send((0, 0.0))
            continue
        found, started = 0, time.process_time()
        while some := claim(most):
            found += some
        told.send((found, time.process_time() - started))


@contextmanager
def workers(place: Place, count: int) -> Iterator[Claim]:
    """Start processes, and yield a way to let all of them claim at once."""
    pairs = [PROCESSES.Pipe() for _ in range(count)]
    made = [
        PROCESSES.Process(target=work, args=(place.kind, place.url, end), daemon=True)
        for _, end in pairs
    ]
    for process in made:
        process.start()

    def claim(name: str, most: int, go: bool) -> tuple[int, float]:
        for ours, _ in pairs:
            ours.send((name, most, go))
        found, seconds = zip(*(ours.recv() for ours, _ in pairs), strict=True)
        return sum(found), sum(seconds)

    yield claim
    for process in made:
        process.terminate()
        process.join()


def main(given: argparse.Namespace) -> Iterator[Contest]:
    """Measure each database."""
    for place in places(given.db):
        with workers(place, given.workers) as claim:
            for most in (1, BATCH):
                yield held(place, claim, most, given)


def held(
    place: Place,
    claim: Claim,
    most: int,
    given: argparse.Namespace,
) -> Contest:
    """Let everybody empty the same queue."""
    jobs = place.database.repository(TrainingRepository).of(TrainingJob)

    def fill(name: str) -> None:
        place.empty("training_jobs")
        first = range(given.workers * most)
        jobs.add_many({"job_id": f"first{n}"} for n in first)
        claim(name, most, False)
        place.empty("training_jobs")
        jobs.add_many({"job_id": f"j{n}"} for n in range(given.jobs))

    spent: dict[str, list[float]] = {}

    def drain(name: str) -> None:
        claimed, seconds = claim(name, most, True)
        spent.setdefault(name, []).append(seconds / given.jobs)
        if claimed != given.jobs:
            raise AssertionError(f"{name}: {claimed} claimed of {given.jobs}")

    returning = place.kind in RETURNING
    names = ["raw, UPDATE RETURNING"] if returning else ["raw, SKIP LOCKED"]
    if not returning and most == 1:
        names.append("raw, LAST_INSERT_ID")
    names += ["bedplate", "plain Core"] if given.core else ["bedplate"]
    contenders = [
        Contender(
            name,
            partial(drain, name),
            partial(fill, name),
            GOAL if name == "bedplate" else None,
        )
        for name in names
    ]
    subject = "claiming" if most == 1 else f"claiming {most} at a time"
    contest = Contest(subject, place.name, given.jobs, "jobs")
    contest.hold(contenders, given)
    for name, times in spent.items():
        ratio = statistics.median(
            r / t for r, t in zip(spent[names[0]], times, strict=True)
        )
        microseconds = statistics.median(times) * 1e6
        say(f"  {name:<24} {microseconds:8.1f} us of the workers a job: {ratio:.2f}")
    return contest


if __name__ == "__main__":
    given = options(__doc__, jobs=5_000, workers=8, core=1)
    sys.exit(report(main(given), given))
