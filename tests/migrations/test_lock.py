"""One lock a database: whoever migrates it, and by whatever program, does it alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from bedplate import Database
from bedplate.dialects import dialect_of
from bedplate.engine import Engines
from bedplate.errors import LockTimeoutError, MigrationLockError
from bedplate.ops import migrations
from bedplate.settings import Settings
from bedplate.testing.servers import Server
from migrations.history import HEAD, HISTORY
from migrations.interruptions import failed, processes
from migrations.programs import run, started
from migrations.schemas import history_of, schema_of

IDENTIFY = {
    "postgresql": "SELECT pg_backend_pid()",
    "mysql": "SELECT connection_id()",
    "mariadb": "SELECT connection_id()",
}
PAUSE = {
    "postgresql": "SELECT pg_sleep(2)",
    "mysql": "SELECT sleep(2)",
    "mariadb": "SELECT sleep(2)",
}
SERVERS = pytest.mark.databases("postgresql", "mysql", "mariadb")


@contextmanager
def held(url: str) -> Iterator[sa.Connection]:
    """Hold the migration lock, as somebody does who migrates."""
    engines = Engines(Settings.of(url))
    with migrations.migrating(engines) as connection:
        yield connection
    engines.dispose()


def applied(url: str) -> list[str]:
    with Database(url) as database, database.engine.connect() as connection:
        return [version for version, _ in history_of(connection)]


def test_threads_take_turns(blank_url: str) -> None:
    shared = Database(blank_url)

    def upgrade(number: int) -> str | None:
        if number % 2:
            return shared.upgrade().current
        with Database(blank_url) as own:
            return own.upgrade().current

    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(upgrade, range(4))] == [HEAD] * 4
    shared.close()
    assert applied(blank_url) == HISTORY


@pytest.mark.one_of_each_kind
def test_programs_take_turns(blank_url: str) -> None:
    commands = (("bedplate", "upgrade"), ("alembic", "upgrade", "head"))
    all_started = [started(blank_url, *command) for command in commands * 2]
    with Database(blank_url) as database:
        assert database.upgrade().at_head
    for process in all_started:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert applied(blank_url) == HISTORY


def test_who_waits_too_long_hears_who_holds_it(blank_url: str) -> None:
    with (
        held(blank_url) as holder,
        Database(blank_url, migration_lock_timeout=0.2) as database,
    ):
        began = time.monotonic()
        with pytest.raises(MigrationLockError) as caught:
            database.upgrade()
        assert time.monotonic() - began < 5
        name = dialect_of(holder).name
        if name in IDENTIFY:
            number = holder.exec_driver_sql(IDENTIFY[name]).scalar_one()
            assert f" {number} " in str(caught.value)
    assert "0.2 s" in str(caught.value)
    assert "DB_MIGRATION_LOCK_TIMEOUT" in str(caught.value)


@pytest.mark.one_of_each_kind
@pytest.mark.parametrize("command", ["bedplate upgrade", "alembic upgrade head"])
def test_a_program_waits_as_well(blank_url: str, command: str) -> None:
    with held(blank_url):
        code, _, err = run(blank_url, *command.split(), DB_MIGRATION_LOCK_TIMEOUT="0.2")
    assert code == 1
    assert "DB_MIGRATION_LOCK_TIMEOUT" in err
    assert applied(blank_url) == []


def test_at_head_nobody_waits(blank_url: str) -> None:
    with Database(blank_url, migration_lock_timeout=0) as database:
        database.upgrade()
        with held(blank_url):
            assert database.upgrade().at_head
            for command in ("bedplate upgrade", "alembic upgrade head"):
                variables = {"DB_MIGRATION_LOCK_TIMEOUT": "0"}
                code, _, err = run(blank_url, *command.split(), **variables)
                assert code == 0, err


def test_a_downgrade_waits(blank_url: str) -> None:
    with Database(blank_url, migration_lock_timeout=0) as database:
        database.upgrade("001")
        with held(blank_url), pytest.raises(MigrationLockError):
            database.downgrade("base")
        with held(blank_url), pytest.raises(MigrationLockError):
            database.stamp("002")
        assert database.migration_status().current == "001"


def test_a_failed_migration_lets_go(blank_url: str) -> None:
    with Database(blank_url, migration_lock_timeout=1) as database:
        assert failed(database, "head", 3, up=True)
        assert database.upgrade().at_head


def test_a_pool_of_one_connection_is_enough(blank_url: str) -> None:
    with Database(blank_url, pool_size=1, max_overflow=0, pool_timeout=1) as database:
        assert database.upgrade().at_head
        assert database.downgrade("001").current == "001"


@SERVERS
def test_another_database_of_the_server_has_its_own(
    blank_url: str, server: Server, tmp_path: Path
) -> None:
    other = server.create_database(f"bedplate_{uuid4().hex[:12]}", tmp_path)
    try:
        with held(blank_url), Database(other, migration_lock_timeout=0) as database:
            assert database.upgrade().at_head
    finally:
        server.drop_database(other)


def hold_and_die(url: str, statement: str) -> None:
    with held(url) as connection:
        connection.exec_driver_sql(statement)


@SERVERS
def test_the_lock_outlives_its_program_until_its_statement_has_ended(
    blank_url: str,
) -> None:
    """What a killed program has begun, the server goes on with."""
    with Database(blank_url, migration_lock_timeout=0) as database:
        pause = PAUSE[dialect_of(database.engine).name]
        child = processes.Process(target=hold_and_die, args=(blank_url, pause))
        child.start()
        for _ in range(600):  # until the child has it
            try:
                with held_at_once(blank_url):
                    time.sleep(0.05)
            except MigrationLockError:
                break
        time.sleep(0.2)  # until its statement runs
        child.kill()
        child.join()
        with pytest.raises(MigrationLockError):
            database.upgrade()
    with Database(blank_url, migration_lock_timeout=30) as database:
        assert database.upgrade().at_head


@contextmanager
def held_at_once(url: str) -> Iterator[None]:
    engines = Engines(Settings.of(url, migration_lock_timeout=0))
    try:
        with migrations.migrating(engines):
            yield
    finally:
        engines.dispose()


@SERVERS
def test_a_transaction_pooler_waits_as_well(blank_url: str) -> None:
    """What holds behind a real one is in tests/clusters."""
    with (
        held(blank_url),
        Database(blank_url, pgbouncer=True, migration_lock_timeout=0) as database,
        pytest.raises(MigrationLockError),
    ):
        database.upgrade()
    with Database(blank_url, pgbouncer=True, migration_lock_timeout=0) as database:
        assert database.upgrade().at_head


@SERVERS
def test_a_step_does_not_wait_for_a_table_for_ever(blank_url: str) -> None:
    """Everybody else would queue behind it: it gives way, and is tried again."""
    with Database(blank_url, migration_lock_timeout=0.5) as database:
        database.upgrade("002")
        with database.engine.connect() as connection:
            below = schema_of(connection)
        with database.engine.connect() as reader:
            reader.execute(sa.text("SELECT * FROM text_corpora")).all()
            with pytest.raises(LockTimeoutError):
                database.upgrade()
        with database.engine.connect() as connection:
            assert schema_of(connection) == below
        assert database.upgrade().at_head
