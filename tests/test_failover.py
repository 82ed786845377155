"""Failover: another server takes the place of the one that was written to."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from migrations.programs import ROOT, environment
from pymysql.err import (  # type: ignore[import-untyped]  # it has no types
    OperationalError,
)

from bedplate import Database, TrainingRepository
from bedplate.dialects import dialect
from bedplate.errors import ReadOnlyError
from bedplate.testing.servers import Server
from bedplate.worker import Worker

FAILOVER = ROOT / "benchmarks" / "failover.py"


@pytest.mark.one_of_each_kind
@pytest.mark.databases("postgresql", "mysql", "mariadb")
def test_a_replica_takes_the_place_of_its_primary(
    server: Server, tmp_path: Path
) -> None:
    """Both are killed for real; benchmarks/failover.py compares what is left."""
    if not shutil.which("docker"):
        pytest.skip("no Docker here, whose containers are the pair")
    arguments = ("--db", server.kind, "--seconds", "4", "--json")
    done = subprocess.run(
        [sys.executable, str(FAILOVER), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment("sqlite://"),
        cwd=tmp_path,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["differences"] == []
    assert outcome["acknowledged"] > 0
    assert (outcome["runs"], outcome["server_kills"]) == (10, 1)


@pytest.fixture
def demoted(database: Database, database_url: str) -> Iterator[Callable[[bool], None]]:
    """Let connections that are made from now on write, or not, as a replica's do."""
    name = sa.make_url(database_url).database

    def act(on: bool) -> None:
        change = "SET default_transaction_read_only = on" if on else "RESET ALL"
        with database.engine.connect() as connection:
            connection.exec_driver_sql("SET default_transaction_read_only = off")
            connection.commit()
            connection.exec_driver_sql(f"ALTER DATABASE {name} {change}")
            connection.commit()
            connection.invalidate()

    yield act
    act(False)


@pytest.mark.databases("postgresql")
def test_a_pool_lets_go_of_a_server_that_takes_no_writes(
    database: Database, database_url: str, demoted: Callable[[bool], None]
) -> None:
    demoted(True)
    with Database(database_url, pool_size=3) as other:
        training = other.repository(TrainingRepository)
        assert training.list_training_jobs() == []
        with other.transaction(read_only=True) as session:
            session.connection()
        for write in (
            lambda: training.record_accuracy("loss", 1.0),  # without a session
            lambda: other.run(lambda s: TrainingRepository(s).create_training_job()),
        ):
            with pytest.raises(ReadOnlyError):
                write()
            demoted(False)  # the address leads to another server now
            write()
            demoted(True)
            other.engine.dispose()


@pytest.mark.databases("postgresql")
def test_a_worker_waits_for_a_server_that_takes_writes(
    database: Database, database_url: str, demoted: Callable[[bool], None]
) -> None:
    training = database.repository(TrainingRepository)
    training.add_corpus_text("abcabc" * 20)
    run = training.start_markov_run(2, holdout=0)
    demoted(True)
    with Database(database_url) as other:
        assert other.repository(TrainingRepository).list_training_jobs()
        worker = Worker(other, "w", poll_seconds=0.1)
        seen = []

        def wait_out(error: Exception) -> None:
            seen.append(type(error))
            assert len(seen) < 20
            demoted(False)

        worker._wait_out = wait_out  # type: ignore[method-assign]  # watched
        (worked,) = worker.work(drain=True)
    assert seen[0] is ReadOnlyError
    assert (worked.job_id, worked.outcome) == (run.job_id, "completed")


@pytest.mark.parametrize(
    ("number", "told"), [(1290, True), (1836, True), (1792, False), (1213, False)]
)
def test_which_refusals_are_the_servers(number: int, told: bool) -> None:
    for name in ("mysql", "mariadb"):
        error = OperationalError(number, "read-only")
        assert dialect(name).is_demoted(error) is told
