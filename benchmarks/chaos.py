"""Chaos: writers, workers and readers go on while the server and they are killed.

    python benchmarks/chaos.py --seconds 60 --db sqlite,postgresql,mysql,mariadb

Each database but SQLite is a server in a container of its own, which is killed with
SIGKILL and started again every few seconds; in between its connections are cut, and
writers and workers are killed. Then everything is held against what was acknowledged:

- each acknowledged unit is there, none twice, and none that was reported as not done;
- the counts of n-grams are those of the units and runs that are there, exactly;
- every queued run has completed, whichever of its workers died;
- the search index has every text, the doctor finds nothing, and so does SQLite.

Exit code 0: no difference.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bedplate import BedplateError, Database, TrainingRepository
from bedplate.domains.training import AccuracyMetric, MarkovNGram, TrainingJob
from bedplate.domains.training.counting import count_ngrams
from bedplate.errors import CommitUnknownError
from bedplate.worker import Worker

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PROCESSES = multiprocessing.get_context("forkserver")
# Else most are killed before they have loaded these.
PROCESSES.set_forkserver_preload(
    [
        "bedplate.domains.training.counting",
        "bedplate.ops.migrations",
        "bedplate.worker",
        "psycopg",
        "pymysql",
    ]
)
WRITERS, WORKERS, READERS = 3, 2, 1
TEXT = "Es war einmal ein Text, den las ein Rechner immer wieder. " * 20
RUNS = 10
PASSWORD = "x"  # noqa: S105  # of a container that lives for a minute

SERVERS = {
    "postgresql": ("pgvector/pgvector:pg18", 5432, "POSTGRES_PASSWORD", "postgres"),
    "mysql": ("mysql:9.7", 3306, "MYSQL_ROOT_PASSWORD", "root"),
    "mariadb": ("mariadb:11.8", 3306, "MARIADB_ROOT_PASSWORD", "root"),
}


@dataclass
class Outcome:
    """What came of one database.

    Attributes:
        database: Which one.
        acknowledged: Units whose commit was confirmed.
        unknown: Units that ended with CommitUnknownError.
        unknown_there: How many of these turned out to be committed.
        refused: Units that ended with another error, so nothing of them may be there.
        errors: Those errors, by name.
        read: How many times readers got an answer.
        runs: How many runs of training were completed.
        server_kills: How often the server was killed and started again.
        cuts: How often all connections were cut.
        process_kills: How many writers and workers were killed.
        differences: What is not as it should be.
        seconds: How long it all took.
    """

    database: str
    acknowledged: int = 0
    unknown: int = 0
    unknown_there: int = 0
    refused: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    read: int = 0
    runs: int = 0
    server_kills: int = 0
    cuts: int = 0
    process_kills: int = 0
    differences: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class Place:
    """A database that may be killed.

    Attributes:
        kind: Which one.
        url: Where it is.
        container: The name of its container, None for a file.
    """

    kind: str
    url: str
    container: str | None = None


def main() -> int:
    """Let chaos reign over each database, and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--db", default="sqlite", help="sqlite, postgresql, mysql, mariadb (sqlite)")
    add("--seconds", type=float, default=60, help="how long it lasts (60)")
    add("--seed", type=int, default=0, help="where chance begins (0)")
    add("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    outcomes = []
    for kind in given.db.split(","):
        with place(kind) as somewhere, tempfile.TemporaryDirectory() as folder:
            outcomes.append(reign(somewhere, Path(folder), given))
        if given.json:
            print(json.dumps(asdict(outcomes[-1])), flush=True)
        else:
            tell(outcomes[-1])
    return int(any(outcome.differences for outcome in outcomes))


@contextmanager
def place(kind: str) -> Iterator[Place]:
    """Yield a database without tables, and take it away afterwards."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield Place(kind, f"sqlite:///{Path(folder) / 'chaos.db'}")
        return
    image, inside, variable, user = SERVERS[kind]
    name, port = f"chaos-{uuid.uuid4().hex[:8]}", free_port()
    publish = f"127.0.0.1:{port}:{inside}"
    password = f"{variable}={PASSWORD}"
    docker("run", "-d", "--name", name, "-p", publish, "-e", password, image)
    server = f"{kind}://{user}:{PASSWORD}@127.0.0.1:{port}"
    try:
        own = "postgres" if kind == "postgresql" else "mysql"
        with Database(f"{server}/{own}") as database:
            database.wait(120)
            time.sleep(3)  # an image's server starts twice: once to set itself up
            database.wait(120)
            autocommit = database.engine.execution_options(isolation_level="AUTOCOMMIT")
            with autocommit.connect() as connection:
                connection.exec_driver_sql("CREATE DATABASE chaos")
        yield Place(kind, f"{server}/chaos", name)
    finally:
        docker("rm", "-f", "-v", name)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def docker(*arguments: str) -> str:
    """Run a command of Docker's, and return what it says."""
    program = shutil.which("docker") or "docker"
    command = [program, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # ours
    return done.stdout


# What goes on


def unit(session: Session, writer: int, number: int) -> None:
    """Write a metric, two n-grams and now and then a text, all or nothing."""
    training = TrainingRepository(session)
    training.record_accuracy(f"chaos {writer}", 1.0, step=number)
    training.merge_markov_ngrams(2, {("a", "b"): 1, (chr(0x4E00 + writer), "c"): 1})
    if number % 10 == 0:
        training.add_corpus_text(f"unit{writer}x{number} {TEXT}")


def write(url: str, writer: int, first: int, notes: str) -> None:
    """Do units for ever, and note what is said of each."""
    file = os.open(f"{notes}/{writer}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with Database(url) as database:
        number = first
        while True:
            number += 1
            os.write(file, f"begun {number}\n".encode())
            try:
                database.run(unit, writer, number)
                said = "done"
            except CommitUnknownError:
                said = "unknown"
            except BedplateError as error:
                said = type(error).__name__
            os.write(file, f"{said} {number}\n".encode())
            time.sleep(0 if said == "done" else 0.2)


def train(url: str, number: int, _first: int, _notes: str) -> None:
    """Work on the queue for ever."""
    with Database(url) as database:
        for _ in Worker(database, f"w{number}:{os.getpid()}", 3, 0.1).work():
            pass


def read(url: str, _number: int, _first: int, notes: str) -> None:
    """Read for ever, and note each answer."""
    file = os.open(f"{notes}/reader.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with Database(url) as database:
        training = database.repository(TrainingRepository)
        while True:
            try:
                training.get_accuracy_metrics(limit=20)
                training.get_markov_ngrams(2, "a")
                training.search_corpus("einmal", limit=5)
                os.write(file, b"read 0\n")
            except BedplateError:
                time.sleep(0.2)


# What is done to it


def reign(place: Place, notes: Path, given: argparse.Namespace) -> Outcome:
    """Let everybody work, kill them, and compare."""
    outcome, began = Outcome(place.kind), time.monotonic()
    with Database(place.url) as database:
        database.upgrade()
        training = database.repository(TrainingRepository)
        corpus = training.add_corpus_text(TEXT)
        for _ in range(RUNS):
            training.start_markov_run(3, [corpus.id], chunk=200, holdout=0)
    roles = [(write, n) for n in range(WRITERS)] + [(train, n) for n in range(WORKERS)]
    people = [start(place, notes, *role) for role in roles]
    readers = [start(place, notes, read, n) for n in range(READERS)]
    for writer in range(WRITERS):
        while not noted(notes, writer)["done"]:
            time.sleep(0.1)
    began = time.monotonic()
    chance = random.Random(given.seed)
    while time.monotonic() < began + given.seconds:
        time.sleep(chance.uniform(1, 3))
        what = chance.choice(("server", "cut", "process", "process"))
        if what == "server" and place.container:
            docker("kill", "--signal", "KILL", place.container)
            time.sleep(chance.uniform(0, 1))
            docker("start", place.container)
            outcome.server_kills += 1
        elif what == "cut" and place.container:
            outcome.cuts += cut(place)
        else:
            victim = chance.randrange(len(people))
            end(people[victim])
            people[victim] = start(place, notes, *roles[victim])
            outcome.process_kills += 1
    for process in people + readers:
        end(process)
    with Database(place.url) as database:
        database.wait(120)
        compare(database, notes, outcome)
    outcome.seconds = round(time.monotonic() - began, 1)
    return outcome


def start(
    place: Place, notes: Path, role: Callable[[str, int, int, str], None], number: int
) -> BaseProcess:
    """Start one of them, a writer after the last unit that was begun."""
    first = max(noted(notes, number)["begun"], default=0) if role is write else 0
    process = PROCESSES.Process(
        target=role, args=(place.url, number, first, str(notes)), daemon=True
    )
    process.start()
    return process


def end(process: BaseProcess) -> None:
    """Kill a process of ours."""
    process.kill()
    process.join()


def cut(place: Place) -> int:
    """Cut every connection but the own; return 1 if that could be done."""
    if place.kind == "postgresql":
        others = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        others += " AND datname = 'chaos'"
        act = "SELECT pg_terminate_backend({})"
    else:
        others = "SELECT id FROM information_schema.processlist WHERE db = 'chaos'"
        others += " AND id <> connection_id()"
        act = "KILL {}"
    try:
        with Database(place.url) as database, database.engine.connect() as connection:
            for key in connection.exec_driver_sql(others).scalars().all():
                try:
                    connection.exec_driver_sql(act.format(key))
                except sa.exc.DBAPIError:  # it has gone by itself
                    connection.rollback()
    except (sa.exc.DBAPIError, BedplateError):
        return 0
    return 1


# What is left


def noted(notes: Path, writer: int | str) -> dict[str, list[int]]:
    """Return the numbers of units by what was said of them."""
    found: dict[str, list[int]] = {"begun": [], "done": [], "unknown": []}
    path = notes / f"{writer}.log"
    for line in path.read_text().splitlines() if path.exists() else ():
        said, _, number = line.partition(" ")
        found.setdefault(said, []).append(int(number))
    return found


def compare(database: Database, notes: Path, outcome: Outcome) -> None:
    """Hold what is there against what was said."""
    wrong = outcome.differences
    training = database.repository(TrainingRepository)
    outcome.read = len(noted(notes, "reader").get("read", ()))
    total = 0
    for writer in range(WRITERS):
        total += compare_units(database, notes, writer, outcome)
    there = training.get_markov_counts(2, ["a"]).get("a", {}).get("b", 0)
    if there != total:
        wrong.append(f"an n-gram was counted {there} times in {total} units")
    compare_runs(database, outcome)
    for finding in database.examine():
        if finding.level == "error":
            wrong.append(f"doctor: {finding.check}: {finding.message}")
    if outcome.database == "sqlite":
        with database.engine.connect() as connection:
            said = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        wrong.extend(f"integrity: {line}" for line in said if line != "ok")


def compare_units(
    database: Database, notes: Path, writer: int, outcome: Outcome
) -> int:
    """Compare one writer's units; return how many are there."""
    said, wrong = noted(notes, writer), outcome.differences
    of_writer = AccuracyMetric.metric_type == f"chaos {writer}"
    with database.transaction(read_only=True) as session:
        steps = session.scalars(sa.select(AccuracyMetric.step).where(of_writer)).all()
    there = Counter(steps)
    refused = {n for name, some in said.items() if name.endswith("Error") for n in some}
    if lost := {*said["done"]} - there.keys():
        wrong.append(f"writer {writer}: acknowledged and lost: {sorted(lost)[:5]}")
    if twice := [n for n, count in there.items() if count > 1]:
        wrong.append(f"writer {writer}: there twice: {twice[:5]}")
    if ghosts := refused & there.keys():
        wrong.append(f"writer {writer}: refused and there: {sorted(ghosts)[:5]}")
    if strange := there.keys() - {*said["begun"]}:
        wrong.append(f"writer {writer}: never begun: {[*strange][:5]}")
    training = database.repository(TrainingRepository)
    texts = [n for n in there if n is not None and n % 10 == 0]
    for number in texts:
        if len(training.search_corpus(f"unit{writer}x{number}")) != 1:
            wrong.append(f"writer {writer}: text {number} is not found once")
    outcome.acknowledged += len(said["done"])
    outcome.unknown += len(said["unknown"])
    outcome.unknown_there += len({*said["unknown"]} & there.keys())
    outcome.refused += len(refused)
    for name, some in said.items():
        if name.endswith("Error"):
            outcome.errors[name] = outcome.errors.get(name, 0) + len(some)
    return sum(there.values())


def compare_runs(database: Database, outcome: Outcome) -> None:
    """Let the queue be finished, and compare the model with the texts."""
    training = database.repository(TrainingRepository)
    time.sleep(4)  # until every lease of the dead has run out
    for _ in Worker(database, "last", 60, 0.1).work(drain=True):
        pass
    jobs = training.of(TrainingJob).list(limit=RUNS + 1)
    outcome.runs = sum(job.status == "completed" for job in jobs)
    outcome.differences += [
        f"run {job.job_id} is {job.status}: {job.error}"
        for job in jobs
        if job.status != "completed"
    ]
    contexts, characters, counts = count_ngrams(TEXT, 3).columns(0, None)
    wanted = {
        (context, character): RUNS * int(count)
        for context, character, count in zip(contexts, characters, counts, strict=True)
    }
    rows = training.of(MarkovNGram).list(MarkovNGram.n == 3, limit=100_000)
    if {(row.context, row.next_char): row.count for row in rows} != wanted:
        outcome.differences.append("the model is not that of the runs")


def tell(outcome: Outcome) -> None:
    """Print what came of it."""
    print(
        f"{outcome.database}: {outcome.acknowledged:,} units acknowledged, "
        f"{outcome.unknown} unknown ({outcome.unknown_there} of them there), "
        f"{outcome.refused} refused {outcome.errors}, {outcome.read:,} reads, "
        f"{outcome.runs} runs; the server killed {outcome.server_kills} times, "
        f"connections cut {outcome.cuts} times, {outcome.process_kills} processes "
        f"killed; {len(outcome.differences)} differences, {outcome.seconds} s",
        flush=True,
    )
    for line in outcome.differences:
        print(f"  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
