from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bedplate import Database
from bedplate.errors import ConnectionFailedError
from bedplate.ops.pool_advice import Demand, PoolAdvice, advise
from bedplate.testing.servers import Server


@pytest.mark.parametrize(
    ("measured", "processes", "verdict"),
    [
        (None, 2, "what is set can stay"),
        (None, 10, "DB_POOL_SIZE=10 and DB_MAX_OVERFLOW=20 are set: better is"),
        (Demand(1000, 5.0, 0.0, 0), 3, "what is set can stay"),
        (
            Demand(1000, 9.5, 0.5, 0),
            2,
            "DB_POOL_SIZE=10 and DB_MAX_OVERFLOW=20 are set: better is",
        ),
    ],
)
def test_the_last_sentence_agrees_with_what_is_advised(
    plain: Database, measured: Demand | None, processes: int, verdict: str
) -> None:
    found = advice(plain, demand=measured, processes=processes)
    assert found.reasons[-1] == verdict
    same = (found.pool_size, found.max_overflow) == (10, 20)
    assert same == (verdict == "what is set can stay")


def test_waits_that_the_server_gives_no_more_for(plain: Database) -> None:
    found = advice(plain, demand=demand(9.5, 0.5), processes=9, now=(10, 0))
    assert (found.pool_size, found.max_overflow) == (10, 0)
    assert "all that the server allows" in found.reasons[-1]


@pytest.mark.databases("postgresql", "mysql")
@pytest.mark.parametrize("variable", ["DB_PGBOUNCER=true", "DB_USE_POOL=false"])
def test_no_pool_is_told_of_where_none_is_kept(
    database_url: str, variable: str
) -> None:
    name, _, value = variable.partition("=")
    variables = {"DATABASE_URL": database_url, name: value}
    done = bedplate("pool", **variables)
    assert (done.returncode, done.stderr) == (0, "")
    (told,) = done.stdout.splitlines()
    assert told.startswith("no pool is kept (DB_PGBOUNCER, or DB_USE_POOL=false)")
    assert json.loads(bedplate("pool", "--json", **variables).stdout)["fits"] is True
    for command in ("doctor", "health"):
        assert "none is kept: " in bedplate(command, **variables).stdout


def advice(database: Database, **changed: Any) -> PoolAdvice:
    """Advice for a server with 100 connections, 10 of them spare."""
    given: dict[str, Any] = {
        "now": (10, 20),
        "processes": 2,
        "demand": None,
        "limit": 100,
        **changed,
    }
    found = database.health()
    object.__setattr__(found, "max_connections", given.pop("limit"))
    return advise(found, **given)


def demand(in_use: float, wait_p95: float = 0.0, timeouts: int = 0) -> Demand:
    return Demand(1000, in_use, wait_p95, timeouts)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Database:
    folder = tmp_path_factory.mktemp("advice")
    return Database(f"sqlite:////{folder}/a.db")


def test_all_processes_together_leave_a_tenth(plain: Database) -> None:
    found = advice(plain, processes=2)
    assert (found.per_process, found.fits) == (45, True)
    assert (found.pool_size, found.max_overflow) == (10, 20)
    found = advice(plain, processes=10)
    assert (found.per_process, found.fits) == (9, False)
    assert (found.pool_size, found.max_overflow) == (9, 0)


def test_more_processes_than_connections(plain: Database) -> None:
    found = advice(plain, processes=200)
    assert not found.fits
    assert (found.pool_size, found.max_overflow) == (1, 0)
    assert any("DB_PGBOUNCER" in reason for reason in found.reasons)


def test_a_pool_nobody_waits_for_may_shrink(plain: Database) -> None:
    found = advice(plain, demand=demand(1.0))
    assert (found.pool_size, found.max_overflow) == (3, 20)
    assert "nobody waited" in found.reasons[0]


@pytest.mark.parametrize(("wait", "timeouts"), [(0.25, 0), (0.0, 1)])
def test_a_pool_that_is_waited_for_grows(
    wait: float, timeouts: int, plain: Database
) -> None:
    found = advice(plain, demand=demand(9.5, wait, timeouts))
    assert found.pool_size == 16
    found = advice(plain, demand=demand(9.5, wait, timeouts), processes=10)
    assert found.pool_size == 9  # however much is wanted


def test_a_file_has_no_limit(plain: Database) -> None:
    found = advice(plain, limit=None)
    assert (found.per_process, found.fits) == (None, True)


def test_waits_of_this_process_count(server: Server, database: Database) -> None:
    for _ in range(3):
        with database.transaction(read_only=True) as session:
            session.execute(sa.text("SELECT 1"))
    found = database.pool_advice(2)
    assert found.demand is not None
    assert found.demand.checkouts >= 3
    assert 0 < found.demand.in_use < 1
    assert (found.max_connections is None) == (server.kind == "sqlite")


@pytest.mark.databases("postgresql", "mysql")
def test_a_server_that_cannot_be_asked(server: Server) -> None:
    url = f"{server.kind}://ann@127.0.0.1:1/d"
    with Database(url) as database, pytest.raises(ConnectionFailedError):
        database.pool_advice()


def bedplate(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "bedplate", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | variables,
    )


@pytest.mark.databases("postgresql", "mariadb")
def test_the_command_reads_what_others_measured(
    database_url: str, tmp_path: Path
) -> None:
    with Database(database_url, metrics_dir=tmp_path) as database:
        with database.transaction(read_only=True) as session:
            session.execute(sa.text("SELECT 1"))
        database._metrics._publisher.publish()  # type: ignore[union-attr]  # it has one
        done = bedplate(
            *("pool", "--processes", "2", "--json"),
            DATABASE_URL=database_url,
            DB_METRICS_DIR=str(tmp_path),
        )
    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert told["demand"]["checkouts"] >= 1
    assert told["per_process"] <= told["max_connections"] // 2
    done = bedplate("pool", "-p", "5000", DATABASE_URL=database_url)
    assert done.returncode == 1
    assert "DB_POOL_SIZE=1\n" in done.stdout
    assert done.stderr == ""


@pytest.mark.databases("sqlite", "postgresql")
def test_the_command_health(database_url: str) -> None:
    done = bedplate("health", "--json", DATABASE_URL=database_url)
    assert json.loads(done.stdout)["status"] == "ok"
    assert done.returncode == 0
    done = bedplate("health", DATABASE_URL="postgresql://ann@127.0.0.1:1/d")
    assert done.returncode == 1
    assert done.stdout.startswith("unreachable: ")
    assert done.stderr == ""
