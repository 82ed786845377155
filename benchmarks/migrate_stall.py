"""Migrate a large table while others write to it, and see how long they wait.

    python benchmarks/migrate_stall.py --rows 200000 postgresql://user@host/empty

A table of texts is filled at revision 002. Then 003 gives it a search index, in a
process of its own, while two writers go on: one adds texts, one changes them, each
write a transaction. Told is the longest wait of a single write, before and meanwhile,
and how many writes were done.

Exit code 0: the migration succeeded, and every acknowledged write is there.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bedplate import Database
from bedplate.domains.training import TextCorpus

BELOW, REVISION = "002", "003"
TABLE: Any = TextCorpus.__table__
WORDS = [f"word{n:04}" for n in range(5_000)]


@dataclass
class Outcome:
    """What came of one database; times are in seconds.

    Attributes:
        database: Which one, as SQLAlchemy names it.
        rows: How many texts there were.
        took: How long the migration took.
        before: The longest wait of a write while nothing else went on.
        longest: The longest wait of a write during the migration.
        median: The median wait of a write during the migration.
        writes: How many writes were done during the migration.
        problems: What is not as it should be in the end.
    """

    database: str
    rows: int
    took: float = 0.0
    before: float = 0.0
    longest: float = 0.0
    median: float = 0.0
    writes: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass
class Waits:
    """How long each write of a writer took, and what was written."""

    seconds: list[float] = field(default_factory=list)
    acknowledged: int = 0


def main() -> int:
    """Migrate each database and return the exit code."""
    given = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        urls = given.urls or [f"sqlite:///{Path(folder) / 'stall.db'}"]
        outcomes = [_migrated(url, given.rows) for url in urls]
    if given.json:
        _say(json.dumps([asdict(outcome) for outcome in outcomes], indent=2))
    for outcome in () if given.json else outcomes:
        _tell(outcome)
    return int(any(outcome.problems for outcome in outcomes))


def _arguments() -> argparse.Namespace:
    words = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(description=words)
    add = parser.add_argument
    add("urls", nargs="*", help="empty databases; by default an SQLite file of its own")
    add("--rows", type=int, default=200_000, help="how many texts (200000)")
    add("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def _migrated(url: str, rows: int) -> Outcome:
    with Database(url, lock_timeout=600) as database:
        outcome = Outcome(database.engine.dialect.name, rows)
        if sa.inspect(database.engine).get_table_names():
            outcome.problems.append("the database is not empty: nothing was done")
            return outcome
        database.upgrade(BELOW)
        _fill(database.engine, rows)
        with _writing(database.engine, rows) as quiet:
            time.sleep(3)
        with _writing(database.engine, rows) as waits:
            outcome.took = _upgrade(url, outcome)
        outcome.before = round(max(_all(quiet)), 3)
        outcome.longest = round(max(_all(waits)), 3)
        outcome.median = round(statistics.median(_all(waits)), 5)
        outcome.writes = len(_all(waits))
        added = sum(wait.acknowledged for wait in (*quiet, *waits))
        outcome.problems += _problems(database, rows + added)
    return outcome


def _fill(engine: sa.Engine, rows: int) -> None:
    chance = random.Random(0)  # no secret
    for start in range(0, rows, 5_000):
        some = [_row(chance) for _ in range(min(5_000, rows - start))]
        with engine.begin() as connection:
            connection.execute(sa.insert(TABLE), some)


def _row(chance: random.Random) -> dict[str, Any]:
    content = " ".join(chance.choices(WORDS, k=40))
    return {
        "title": content[:18],
        "content": content,
        "word_count": 40,
        "char_count": len(content),
        "created_at": datetime.now(UTC),
    }


@contextmanager
def _writing(engine: sa.Engine, rows: int) -> Iterator[tuple[Waits, Waits]]:
    """Have two writers at work, until the block ends."""
    adder, changer = Waits(), Waits()
    ended = threading.Event()
    chance = random.Random(1)  # no secret

    def add() -> None:
        _timed(engine, sa.insert(TABLE).values(_row(chance)), adder)
        adder.acknowledged += 1

    def change() -> None:
        row = _row(chance)
        new = {"content": row["content"], "title": row["title"]}
        which = TABLE.c.id == chance.randrange(1, rows)
        _timed(engine, sa.update(TABLE).where(which).values(new), changer)

    def repeat(write: Callable[[], None]) -> None:
        while not ended.is_set():
            write()
            time.sleep(0.002)

    threads = [threading.Thread(target=repeat, args=(w,)) for w in (add, change)]
    for thread in threads:
        thread.start()
    try:
        yield adder, changer
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _timed(engine: sa.Engine, statement: sa.Executable, waits: Waits) -> None:
    began = time.perf_counter()
    with engine.begin() as connection:
        connection.execute(statement)
    waits.seconds.append(time.perf_counter() - began)


def _all(waits: tuple[Waits, ...]) -> list[float]:
    return [seconds for wait in waits for seconds in wait.seconds]


def _upgrade(url: str, outcome: Outcome) -> float:
    command = [sys.executable, "-m", "bedplate", "upgrade", REVISION]
    variables = os.environ | {"DATABASE_URL": url, "DB_MIGRATION_LOCK_TIMEOUT": "600"}
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603  # our own command
        command, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        outcome.problems.append(done.stderr.strip())
    return round(time.perf_counter() - began, 1)


def _problems(database: Database, rows: int) -> list[str]:
    database.upgrade()
    found = [*database.schema_differences()]
    found += [f.message for f in database.examine() if f.level == "error"]
    with database.engine.connect() as connection:
        there = connection.scalar(sa.select(sa.func.count()).select_from(TABLE))
    if there != rows:
        found.append(f"{there} texts, {rows} were acknowledged")
    return found


def _tell(outcome: Outcome) -> None:
    _say(
        f"{outcome.database}: {outcome.rows:,} texts, 003 took {outcome.took} s; "
        f"longest wait of a write {outcome.longest} s (before: {outcome.before} s), "
        f"median {outcome.median * 1e3:.1f} ms of {outcome.writes:,} writes"
    )
    for line in outcome.problems:
        _say(f"  {line}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
