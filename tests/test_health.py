from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bedplate import AsyncDatabase, Database
from bedplate.ops.health import Health
from bedplate.testing.servers import Server

servers = pytest.mark.databases("postgresql", "mysql", "mariadb")


def checks(health: Health) -> dict[str, bool]:
    return {check.name: check.ok for check in health.checks}


def test_a_healthy_database(server: Server, database: Database) -> None:
    found = database.health()
    assert (found.status, found.ready) == ("ok", True), found.message
    assert found.database == server.kind
    assert found.schema_current == found.schema_head
    assert found.server_version
    assert server.version().startswith(found.server_version.split(".")[0])
    assert found.size_bytes is not None
    assert found.size_bytes > 10_000
    assert found.latency_ms is not None
    assert found.replica_lag is None
    assert {"connection", "schema", "pool"} <= checks(found).keys()
    assert database.pool_metrics().checkouts == 0  # it asks beside the pool


def test_the_same_of_an_event_loop(database: Database) -> None:
    async def told() -> Health:
        async with AsyncDatabase(database.settings) as other:
            return await other.health()

    both = asyncio.run(told())
    assert (both.status, both.ready) == ("ok", True)
    assert checks(both) == checks(database.health())


def test_without_a_schema_it_is_not_ready(blank_url: str) -> None:
    with Database(blank_url) as database:
        database.test_connection()  # this makes a file, where it is one
        found = database.health()
    assert (found.status, found.ready) == ("degraded", False)
    assert "bedplate upgrade" in found.message
    assert not checks(found)["schema"]


def test_with_another_schema_it_is_not_ready(blank_url: str) -> None:
    with Database(blank_url) as database:
        database.upgrade("001")
        found = database.health()
    assert (found.status, found.ready) == ("degraded", False)
    assert found.schema_current == "001"


def test_who_waits_is_told(database_url: str) -> None:
    with Database(
        database_url, pool_size=1, max_overflow=0, pool_timeout=0.2
    ) as database:
        engine = database.engines()[-1]
        with engine.connect():
            found = database.health()
            assert found.status == "ok"  # the server is well, however full the pool
            assert found.pool_saturation


@servers
def test_a_server_that_is_not_there(server: Server) -> None:
    with Database(f"{server.kind}://ann:hush@127.0.0.1:1/d") as database:
        found = database.health()
    assert (found.status, found.ready) == ("unreachable", False)
    assert "ann@127.0.0.1:1/d" in found.message
    assert "hush" not in str(found)
    assert found.latency_ms is None


@pytest.fixture
def silent() -> Iterator[int]:
    """A port where somebody listens who never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@servers
def test_a_server_that_hangs(server: Server, silent: int) -> None:
    url = f"{server.kind}://ann:hush@127.0.0.1:{silent}/d"
    with Database(url, connect_timeout=0.3) as database:
        started = time.perf_counter()
        found = database.health()
        told = database.test_connection()
        assert time.perf_counter() - started < 2
    assert found.status == "unreachable"
    assert told["status"] == "error"
    assert "0.3 s" in found.message


@pytest.mark.databases("sqlite")
def test_a_database_in_memory() -> None:
    with Database("sqlite://") as database:
        assert not database.health().ready
        database.upgrade()
        assert database.health().ready
        with database.transaction() as session:
            session.execute(sa.text("SELECT 1"))
            assert database.health().status == "ok"  # and does not wait for us

    async def told() -> list[Health]:
        async with AsyncDatabase("sqlite://") as other:
            before = await other.health()
            async with other.transaction() as session:
                await session.execute(sa.text("SELECT 1"))
                return [before, await other.health()]

    assert [found.status for found in asyncio.run(told())] == ["degraded", "ok"]


def test_a_monitor_looks_now_and_then(database: Database) -> None:
    told: list[str] = []
    monitor = database.monitor(interval=0.01, on_change=lambda h: told.append(h.status))
    assert monitor.latest is None
    with monitor:
        first = monitor.wait(10)
        assert first is not None
        assert first.status == "ok"
        until(lambda: monitor.latest is not first)
    after = monitor.latest
    time.sleep(0.05)
    assert monitor.latest is after  # it has stopped
    assert told == ["ok"]


@pytest.mark.databases("sqlite")
def test_a_monitor_tells_of_changes(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    file = Path(database.settings.path)
    told: list[str] = []

    def note(health: Health) -> None:
        told.append(health.status)
        raise RuntimeError("which does no harm")

    with database.monitor(interval=0.01, on_change=note) as monitor:
        monitor.wait(10)
        file.rename(file.with_suffix(".away"))
        until(lambda: len(told) == 2)
        file.unlink(missing_ok=True)
        file.with_suffix(".away").rename(file)
        until(lambda: len(told) == 3)
    assert told == ["ok", "unreachable", "ok"]
    assert "the database is unreachable" in caplog.text


@pytest.mark.databases("sqlite", "postgresql")
def test_a_monitor_of_an_event_loop(database_url: str) -> None:
    async def main() -> Health | None:
        async with AsyncDatabase(database_url) as database:
            with database.monitor() as monitor:
                return await asyncio.to_thread(monitor.wait, 10)

    found = asyncio.run(main())
    assert found is not None
    assert found.status == "ok"


def until(reached: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.002)


@servers
def test_prewarming_an_event_loop(database_url: str) -> None:
    async def main() -> None:
        async with AsyncDatabase(database_url, pool_prewarm=2) as database:
            assert await database.prewarm() == 2
            assert database.pool_metrics().idle == 2

    asyncio.run(main())
