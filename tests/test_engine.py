"""The engine: what a connection is like on each database, and how it is shared."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from bedplate import AsyncDatabase, Database, TrainingRepository
from bedplate.errors import (
    BedplateError,
    ConnectionFailedError,
    ConnectionLostError,
    DatabaseMissingError,
    LockTimeoutError,
    PoolTimeoutError,
    ReadOnlyError,
    ServerMismatchError,
    StatementTimeoutError,
    ValueTooLargeError,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from bedplate.testing.servers import Server

servers = pytest.mark.databases("postgresql", "mysql", "mariadb")
family = pytest.mark.databases("mysql", "mariadb")
sqlite = pytest.mark.databases("sqlite")

OWN_ID = {
    "postgresql": "SELECT pg_backend_pid()",
    "mysql": "SELECT connection_id()",
    "mariadb": "SELECT connection_id()",
}
KILL = {
    "postgresql": "SELECT pg_terminate_backend({}, 10000)",  # and wait for its end
    "mysql": "KILL {}",
    "mariadb": "KILL {}",
}
NUMBERS = (
    "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000) "
)
ENDLESS = NUMBERS + "SELECT count(*) FROM c AS a, c AS b, c AS d, c AS e"
"""Counts to 10^12: hours, on any database."""


def ask(session: Session, statement: str) -> Any:
    return session.connection().scalar(sa.text(statement))


def ask_async(url: str, statement: str, **settings: Any) -> Any:
    async def asked() -> Any:
        async with AsyncDatabase(url, **settings) as database:
            return await database.run(ask, statement)

    return asyncio.run(asked())


def in_thread(work: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(work).result(timeout=60)


# SQLite

PRAGMAS = {
    "foreign_keys": 1,
    "synchronous": 1,
    "cache_size": -65536,
    "mmap_size": 268435456,
    "temp_store": 2,
    "journal_size_limit": 67108864,
    "journal_mode": "wal",
}


@sqlite
@pytest.mark.parametrize("read_only", [False, True])
def test_pragmas_of_writers_and_readers(database: Database, read_only: bool) -> None:
    for _ in range(2):  # a connection that comes from the pool as well
        with database.transaction(read_only=read_only) as session:
            found = {name: ask(session, f"PRAGMA {name}") for name in PRAGMAS}
            assert found == PRAGMAS
            assert ask(session, "PRAGMA query_only") == read_only
            assert ask(session, "PRAGMA busy_timeout") == 30_000


@sqlite
def test_pragmas_of_an_asynchronous_connection(database_url: str) -> None:
    for name, value in PRAGMAS.items():
        assert ask_async(database_url, f"PRAGMA {name}") == value


@sqlite
def test_foreign_keys_hold(database: Database) -> None:
    training = database.repository(TrainingRepository)
    with pytest.raises(BedplateError, match="FOREIGN KEY"):
        training.create_training_job(neural_config_id=99)


@sqlite
def test_a_file_that_cannot_use_wal_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Database(f"sqlite:///file:{tmp_path}/a.db?vfs=unix-none") as database:
        mode = database.run(ask, "PRAGMA journal_mode")
    assert mode == "delete"
    assert "stays in journal mode delete" in caplog.text


@pytest.fixture(params=["sqlite://", "sqlite:///:memory:", "sqlite:///file::memory:"])
def memory_url(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("settings", [{}, {"use_pool": False}, {"pgbouncer": True}])
def test_memory_keeps_its_data(memory_url: str, settings: dict[str, Any]) -> None:
    with Database(memory_url, **settings) as database:
        database.upgrade()
        training = database.repository(TrainingRepository)
        with ThreadPoolExecutor(8) as executor:
            names = [str(n) for n in range(40)]
            list(executor.map(lambda n: training.create_neural_config(n, {}), names))
        assert {c.name for c in training.list_neural_configs()} == set(names)
        training.analyze_database()  # after a reader, in autocommit
        training.vacuum_database()
        with pytest.raises(ReadOnlyError), database.transaction(read_only=True) as s:
            s.execute(sa.text("DELETE FROM neural_configs"))
        assert len(training.list_neural_configs()) == 40
        assert database.migration_status().at_head


def test_memory_databases_are_apart(memory_url: str) -> None:
    with Database(memory_url) as one, Database(memory_url) as other:
        one.upgrade()
        assert one.migration_status().at_head
        assert other.migration_status().current is None


def test_memory_for_an_event_loop() -> None:
    async def main() -> int:
        async with AsyncDatabase("sqlite://") as database:
            await database.run(lambda s: s.execute(sa.text("CREATE TABLE t (n INT)")))
            insert = sa.text("INSERT INTO t VALUES (1)")
            await asyncio.gather(
                *(database.run(lambda s: s.execute(insert)) for _ in range(20))
            )
            return int(await database.run(ask, "SELECT count(*) FROM t"))

    assert asyncio.run(main()) == 20


# Pools


@servers
def test_no_pool_keeps_no_connection(server: Server, database_url: str) -> None:
    with Database(database_url, use_pool=False) as database:
        own = OWN_ID[server.kind]
        assert database.run(ask, own) != database.run(ask, own)
    with Database(database_url) as database:
        assert database.run(ask, own) == database.run(ask, own)


@sqlite
def test_no_pool_keeps_no_file_open(database_url: str) -> None:
    def is_open() -> bool:
        links = Path("/proc/self/fd").iterdir()
        path = database_url.removeprefix("sqlite:///")
        return any(path == os.path.realpath(link) for link in links)

    with Database(database_url) as database:
        database.run(ask, "SELECT 1")
        assert is_open()
    with Database(database_url, use_pool=False) as database:
        database.run(ask, "SELECT 1")
        assert not is_open()


def test_a_full_pool_says_so(database_url: str) -> None:
    with Database(
        database_url, pool_size=1, max_overflow=0, pool_timeout=0.2
    ) as database:
        with database.transaction() as session:
            session.connection()
            with pytest.raises(PoolTimeoutError, match=r"within 0\.2 s") as caught:
                in_thread(lambda: database.run(ask, "SELECT 1"))
            assert isinstance(caught.value, TimeoutError)
        assert in_thread(lambda: database.run(ask, "SELECT 1")) == 1


@servers
def test_the_pool_grows_to_its_limit(server: Server, database_url: str) -> None:
    barrier = threading.Barrier(3)

    def held(session: Session) -> Any:
        own = ask(session, OWN_ID[server.kind])
        barrier.wait(timeout=30)
        return own

    with (
        Database(database_url, pool_size=1, max_overflow=2) as database,
        ThreadPoolExecutor(3) as executor,
    ):
        first = {*executor.map(lambda _: database.run(held), range(3))}
        assert len(first) == 3
        # Overflow is closed after use: one is kept.
        assert len({database.run(ask, OWN_ID[server.kind]) for _ in range(5)}) == 1


def test_prewarm(database_url: str) -> None:
    with Database(database_url, pool_prewarm=3) as database:
        assert database.prewarm() == 3
        assert sum(engine.pool.checkedin() for engine in database.engines()) == 3  # type: ignore[attr-defined]  # of a queue


# Connections that end


def kill(url: str, kind: str, connection: int) -> None:
    """Kill a connection, and wait until it has ended."""
    with Database(url) as other:
        other.run(
            lambda s: s.connection().exec_driver_sql(KILL[kind].format(connection))
        )
        if kind == "postgresql":
            return
        there = "SELECT count(*) FROM information_schema.processlist WHERE id = {}"
        end = time.monotonic() + 10
        while ask_number(other, there.format(connection)):
            assert time.monotonic() < end


def ask_number(database: Database, question: str) -> int:
    with database.transaction() as session:
        found: int = session.connection().exec_driver_sql(question).scalar_one()
        return found


@servers
def test_a_killed_connection_is_replaced(server: Server, database_url: str) -> None:
    own = OWN_ID[server.kind]
    with Database(database_url, pool_size=1) as database:
        first = database.run(ask, own)
        kill(database_url, server.kind, first)
        with database.transaction() as session:  # without a second try
            assert ask(session, own) != first


@servers
def test_a_killed_connection_of_an_event_loop(
    server: Server, database_url: str
) -> None:
    own = OWN_ID[server.kind]

    async def main() -> None:
        async with AsyncDatabase(database_url, pool_size=1) as database:
            first = await database.run(ask, own)
            await asyncio.to_thread(kill, database_url, server.kind, first)
            async with database.transaction() as session:
                assert await session.run_sync(ask, own) != first

    asyncio.run(main())


@servers
def test_a_connection_killed_while_it_works(server: Server, database_url: str) -> None:
    tries: list[int] = []

    def work(session: Session) -> str:
        TrainingRepository(session).create_neural_config(f"try {len(tries)}", {})
        tries.append(ask(session, OWN_ID[server.kind]))
        if len(tries) == 1:
            kill(database_url, server.kind, tries[0])
            ask(session, "SELECT 1")
        return "done"

    with Database(database_url) as database:
        assert database.run(work) == "done"
        configs = database.repository(TrainingRepository).list_neural_configs()
        assert [config.name for config in configs] == ["try 1"]


@servers
def test_a_killed_connection_is_reported_as_lost(
    server: Server, database_url: str
) -> None:
    def work() -> None:
        with database.transaction() as session:
            kill(database_url, server.kind, ask(session, OWN_ID[server.kind]))
            ask(session, "SELECT 1")

    with Database(database_url) as database, pytest.raises(ConnectionLostError):
        work()


# What a session is like


@pytest.mark.parametrize("read_only", [False, True])
@servers
def test_the_session_speaks_utc(database: Database, read_only: bool) -> None:
    with database.transaction(read_only=read_only) as session:
        told = ask(session, "SELECT now()")
    aware = told.replace(tzinfo=told.tzinfo or UTC)
    assert abs(aware - datetime.now(UTC)) < timedelta(minutes=5)


@servers
def test_the_settings_of_a_session(server: Server, database_url: str) -> None:
    family = {
        "SELECT @@time_zone": "+00:00",
        "SELECT @@sql_mode LIKE '%STRICT_ALL_TABLES%'": 1,
        "SELECT @@sql_mode LIKE '%NO_ZERO_DATE%'": 1,
        "SELECT @@character_set_client": "utf8mb4",
    }
    expected: dict[str, dict[str, Any]] = {
        "postgresql": {
            "SHOW timezone": "UTC",
            "SHOW application_name": "bedplate",
            "SHOW transaction_isolation": "read committed",
            "SHOW client_encoding": "UTF8",
        },
        "mysql": {
            **family,
            "SELECT @@transaction_isolation": "READ-COMMITTED",
            "SELECT attr_value FROM performance_schema.session_connect_attrs "
            "WHERE attr_name = 'program_name' AND processlist_id = connection_id()": (
                "bedplate"
            ),
        },
        "mariadb": {**family, "SELECT @@tx_isolation": "READ-COMMITTED"},
    }
    with Database(database_url) as database:
        for statement, value in expected[server.kind].items():
            assert database.run(ask, statement) == value
    for statement, value in expected[server.kind].items():
        assert ask_async(database_url, statement) == value


@servers
def test_others_commits_are_seen(database: Database) -> None:
    training = database.repository(TrainingRepository)
    with database.transaction() as session:
        count = sa.text("SELECT count(*) FROM neural_configs")
        assert session.scalar(count) == 0
        in_thread(lambda: training.create_neural_config("a", {}))
        assert session.scalar(count) == 1


@servers
def test_nothing_is_cut_to_fit(database: Database) -> None:
    statement = sa.text(
        "INSERT INTO database_versions (version, applied_at) VALUES (:v, :t)"
    )
    values = {"v": "x" * 101, "t": datetime(2026, 1, 1, tzinfo=UTC)}
    with pytest.raises(ValueTooLargeError), database.transaction() as session:
        session.execute(statement, values)


@pytest.mark.databases("mysql", "mariadb")
def test_the_wrong_type_of_server(server: Server, database_url: str) -> None:
    other = {"mysql": "mariadb", "mariadb": "mysql"}[server.kind]
    url = database_url.replace(f"{server.kind}+pymysql://", f"{other}://")
    with Database(url) as database:
        with pytest.raises(ServerMismatchError, match="DB_TYPE"):
            database.run(ask, "SELECT 1")
        assert "DB_TYPE" in database.test_connection()["message"]


# Time limits


def test_a_statement_ends_in_time(database_url: str) -> None:
    with Database(database_url, statement_timeout=0.3) as database:
        for read_only in (False, True):
            started = time.monotonic()
            with (
                pytest.raises(StatementTimeoutError),
                database.transaction(read_only=read_only) as session,
            ):
                ask(session, ENDLESS)
            assert 0.2 < time.monotonic() - started < 10
        assert database.run(ask, "SELECT 1") == 1


def test_a_statement_of_an_event_loop_ends_in_time(database_url: str) -> None:
    with pytest.raises(StatementTimeoutError):
        ask_async(database_url, ENDLESS, statement_timeout=0.3)


@pytest.mark.databases("sqlite", "postgresql", "mariadb")  # MySQL limits SELECT alone
def test_a_writing_statement_ends_in_time(database_url: str) -> None:
    with Database(database_url, statement_timeout=0.3) as database:
        training = database.repository(TrainingRepository)
        training.create_neural_config("a", {})
        endless = ENDLESS.removeprefix(NUMBERS)
        table = f"({NUMBERS} SELECT n FROM c)"
        for alias in "abde":
            endless = endless.replace(f"c AS {alias}", f"{table} AS {alias}")
        statement = f"UPDATE neural_configs SET name = ({endless})"

        def work() -> None:
            with database.transaction() as session:
                training.create_neural_config("b", {})
                session.execute(sa.text(statement))

        with pytest.raises(StatementTimeoutError):
            work()
        configs = training.list_neural_configs()
        assert [config.name for config in configs] == ["a"]


def test_no_limit_unless_one_is_set(database_url: str) -> None:
    long_enough = NUMBERS + "SELECT count(*) FROM c AS a, c AS b"
    for limit in (None, 0, 60):
        with Database(database_url, statement_timeout=limit) as database:
            assert database.run(ask, long_enough) == 1_000_000


@pytest.mark.parametrize("limit", [0, 1])
def test_waiting_for_a_lock_ends_in_time(database_url: str, limit: float) -> None:
    def rename(session: Session) -> None:
        session.execute(sa.text("UPDATE neural_configs SET name = 'b'"))

    with (
        Database(database_url) as holder,
        Database(database_url, lock_timeout=limit) as database,
    ):
        holder.repository(TrainingRepository).create_neural_config("a", {})
        with holder.transaction() as session:
            rename(session)
            started = time.monotonic()
            with pytest.raises(LockTimeoutError), database.transaction() as other:
                rename(other)
            waited = time.monotonic() - started
        assert waited < 8
        assert waited > 0.8 or limit == 0
        database.run(rename)


# Forks

FORK = """
import os, sys
from bedplate import Database, TrainingRepository

database = Database.from_env()
training = database.repository(TrainingRepository)

def own(session):
    if len(sys.argv) == 1:
        return None
    return session.connection().exec_driver_sql(sys.argv[1]).scalar_one()

def work(name):
    found = set()
    for n in range(20):
        training.create_neural_config(f"{name} {n}", {})
        found.add(database.run(own))
    return found

before = database.run(own)
child = os.fork()
if child == 0:
    found = work("child")
    assert len(found) == 1
    assert before is None or before not in found
    sys.exit()  # its finalizers must not end the parent's connections
found = work("parent")
_, status = os.waitpid(child, 0)
assert status == 0, status
assert found | work("parent again") == {before}

with database.transaction() as session:  # a connection in use is not shared either
    before = own(session)
    child = os.fork()
    if child == 0:
        assert before is None or database.run(own) != before
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0, status
    assert own(session) == before
assert len(training.list_neural_configs()) == 60
database.close()
"""


def test_a_forked_child_has_its_own_connections(
    server: Server, database_url: str, tmp_path: Path
) -> None:
    arguments = [OWN_ID[server.kind]] if server.kind in OWN_ID else []
    done = subprocess.run(
        [sys.executable, "-c", FORK, *arguments],
        env={**os.environ, "DATABASE_URL": database_url},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# TLS

ENCRYPTED = {
    "postgresql": "SELECT ssl::int FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    "mysql": "SELECT count(*) FROM performance_schema.session_status "
    "WHERE variable_name = 'Ssl_cipher' AND variable_value <> ''",
    "mariadb": "SELECT count(*) FROM information_schema.session_status "
    "WHERE variable_name = 'Ssl_cipher' AND variable_value <> ''",
}


@pytest.fixture(params=["sync", "async"])
def encrypted(
    request: pytest.FixtureRequest, server: Server, database_url: str
) -> Iterator[Callable[..., bool]]:
    """Whether a connection made with such settings is encrypted."""

    def ask_so(**settings: Any) -> bool:
        statement = ENCRYPTED[server.kind]
        if request.param == "async":
            return bool(ask_async(database_url, statement, **settings))
        with Database(database_url, **settings) as database:
            return bool(database.run(ask, statement))

    yield ask_so
    gc.collect()  # what aiomysql leaves open must not be blamed on a later test


# aiomysql closes nothing where TLS could not be agreed upon.
forgetful = pytest.mark.filterwarnings("ignore::ResourceWarning")


@servers
@forgetful
def test_tls_is_used_or_refused(
    encrypted: Callable[..., bool], strange_certificate: Path
) -> None:
    assert not encrypted(ssl_mode="disable")
    if encrypted(ssl_mode="prefer"):
        assert encrypted(ssl_mode="require")
    else:
        with pytest.raises(ConnectionFailedError, match="or set DB_SSL_MODE=prefer"):
            encrypted(ssl_mode="require")
    for mode in ("verify-ca", "verify-full", None):
        with pytest.raises(ConnectionFailedError):
            encrypted(ssl_mode=mode, ssl_ca=strange_certificate)


def test_a_missing_authority_is_told_from_a_missing_database(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))  # where libpq looks for one
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        ThreadPoolExecutor() as pool,
    ):
        pool.submit(agree_to_tls, listener)
        port = listener.getsockname()[1]
        url = f"postgresql://ann@127.0.0.1:{port}/notes?sslmode=verify-full"
        with (
            Database(url) as database,
            pytest.raises(ConnectionFailedError, match="in DB_SSL_CA, or") as caught,
        ):
            database.run(ask, "SELECT 1")
    assert not isinstance(caught.value, DatabaseMissingError)


def agree_to_tls(listener: socket.socket) -> None:
    """Answer as a PostgreSQL that has TLS, and say no more."""
    with listener.accept()[0] as client:
        client.recv(8)
        client.sendall(b"S")
        client.recv(1)


@family
@forgetful
def test_tls_with_the_servers_own_authority(
    encrypted: Callable[..., bool], server: Server, database_url: str, tmp_path: Path
) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text(last_certificate(database_url), encoding="ascii")
    if not authority.read_text(encoding="ascii"):
        assert not encrypted(ssl_mode="prefer")
        return
    assert encrypted(ssl_mode="verify-ca", ssl_ca=authority)
    assert encrypted(ssl_ca=authority)
    with pytest.raises(ConnectionFailedError):  # it is not made out to 127.0.0.1
        encrypted(ssl_mode="verify-full", ssl_ca=authority)


def last_certificate(url: str) -> str:
    """The end of the chain a server shows, as PEM; nothing where it has no TLS."""
    with Database(url, ssl_mode="prefer") as database:
        connection = database.engine.raw_connection()
        try:
            socket = connection.driver_connection._sock.socket  # type: ignore[union-attr]  # of PyMySQL
            if not isinstance(socket, ssl.SSLSocket):
                return ""
            chain = socket._sslobj.get_unverified_chain()  # type: ignore[attr-defined]  # public from 3.13 on
            return str(chain[-1].public_bytes())
        finally:
            connection.close()


@pytest.fixture(scope="session")
def strange_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority that signed no server's certificate."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a stranger")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "stranger.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path


# What it says of itself


def test_test_connection(server: Server, database: Database) -> None:
    told = database.test_connection()
    assert told["status"] == "ok"
    assert told["database"] == server.kind
    assert server.version().startswith(told["version"].split(".")[0])
    assert told["port"] == database.settings.port
    assert told.keys() == {
        *("status", "message", "database", "version", "host", "port", "latency_ms")
    }

    async def told_async() -> dict[str, Any]:
        async with AsyncDatabase(database.settings) as other:
            return await other.test_connection()

    both = asyncio.run(told_async())
    assert both | {"latency_ms": told["latency_ms"]} == told


@servers
def test_a_server_that_is_not_there(server: Server) -> None:
    with Database(f"{server.kind}://ann:hush@127.0.0.1:1/d") as database:
        told = database.test_connection()
    assert told["status"] == "error"
    assert "ann@127.0.0.1:1/d" in told["message"]
    assert "DB_HOST" in told["message"]
    assert "hush" not in str(told)


@servers
def test_a_database_that_is_not_there(database_url: str) -> None:
    url = sa.make_url(database_url).set(database="bedplate_nowhere")
    with Database(url.render_as_string(hide_password=False)) as database:
        assert "DB_NAME" in database.test_connection()["message"]
