"""PostgreSQL behind PgBouncer, where each transaction may have another session."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from migrations.history import HEAD, HISTORY
from migrations.programs import started
from migrations.rows import fill
from migrations.schemas import history_of
from sqlalchemy.orm import Session

from bedplate import (
    AsyncDatabase,
    ConversationRepository,
    Database,
    TrainingRepository,
)
from bedplate.engine import Engines
from bedplate.errors import (
    AuthenticationError,
    BackupError,
    ConnectionLostError,
    DatabaseMissingError,
    LockTimeoutError,
    MigrationLockError,
    ServerUnreachableError,
    StatementTimeoutError,
)
from bedplate.ops import migrations
from bedplate.settings import Settings
from bedplate.testing.containers import free_port
from bedplate.testing.pgbouncer import PgBouncerServer
from bedplate.testing.servers import Server

pytestmark = pytest.mark.databases("pgbouncer")

MANY = 40
"""Transactions, of which each session of the pool gets some."""

LOCKS = (
    "FROM pg_locks WHERE locktype = 'advisory' AND database = "
    "(SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.fixture
def pooler(server: Server) -> PgBouncerServer:
    assert isinstance(server, PgBouncerServer)
    return server


@pytest.fixture
def behind(pooler: PgBouncerServer, database_url: str) -> Iterator[sa.Connection]:
    """A connection to the server itself, past the pooler."""
    engine = sa.create_engine(pooler.direct(database_url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


def asked(database: Database, query: str, times: int = MANY) -> set[str]:
    """Ask in many transactions, and return the different answers."""
    found = set()
    for _ in range(times):
        with database.transaction() as session:
            found.add(str(session.scalar(sa.text(query))))
    return found


def test_it_is_a_pooler(database: Database) -> None:
    """So that what follows tests one: no two transactions have the same session."""
    with ThreadPoolExecutor(4) as pool:
        query = "SELECT pg_backend_pid() FROM pg_sleep(0.01)"
        answers = pool.map(lambda _: asked(database, query, 10), range(4))
    assert len(set().union(*answers)) > 2


def test_ten_upgrades_at_once_take_turns(blank_url: str) -> None:
    programs = [
        started(blank_url, "bedplate", "upgrade"),
        started(blank_url, "alembic", "upgrade", "head"),
    ]

    def upgrade(_: int) -> str | None:
        with Database(blank_url) as own:
            return own.upgrade().current

    with ThreadPoolExecutor(8) as pool:
        assert [*pool.map(upgrade, range(8))] == [HEAD] * 8
    for process in programs:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    with Database(blank_url) as database, database.engine.connect() as connection:
        assert [version for version, _ in history_of(connection)] == HISTORY


def test_the_lock_holds_behind_the_pooler_and_past_it(
    pooler: PgBouncerServer, blank_url: str
) -> None:
    plain = pooler.direct(blank_url).set(drivername="postgresql")
    straight = plain.render_as_string(hide_password=False)
    for holder, other in ((blank_url, straight), (straight, blank_url)):
        engines = Engines(Settings.of(holder))
        with (
            migrations.migrating(engines),
            Database(other, migration_lock_timeout=0.3) as database,
            pytest.raises(MigrationLockError, match=r"for 0\.3 s: process \d+ from"),
        ):
            database.upgrade()
        engines.dispose()
    with Database(blank_url, migration_lock_timeout=1) as database:
        assert database.upgrade().at_head  # and it is let go


def test_a_lock_whose_connection_was_cut_is_told(
    pooler: PgBouncerServer, blank_url: str
) -> None:
    engines = Engines(Settings.of(blank_url))
    straight = sa.create_engine(pooler.direct(blank_url), poolclass=sa.NullPool)
    cut = f"SELECT pg_terminate_backend(pid) {LOCKS}"
    with (
        pytest.raises(MigrationLockError, match="the lock was cut"),
        migrations.migrating(engines),
        straight.connect() as connection,
    ):
        assert connection.exec_driver_sql(cut).all() == [(True,)]
    engines.dispose()


def test_an_index_is_built_beside_writers(blank_url: str) -> None:
    """Outside of any transaction, while one of them holds the lock."""
    with Database(blank_url) as database:
        database.upgrade("001")
        with database.engine.begin() as connection:
            fill(connection)
        built: list[str] = []

        @sa.event.listens_for(sa.Engine, "before_cursor_execute")
        def note(_: object, _cursor: object, sql: str, *_rest: object) -> None:
            built.extend(["index"] if "CONCURRENTLY" in sql else [])

        try:
            assert database.upgrade().at_head
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", note)
        assert built
        assert database.schema_differences() == []


def test_a_step_does_not_wait_for_a_table_for_ever(blank_url: str) -> None:
    with Database(blank_url, migration_lock_timeout=0.5) as database:
        database.upgrade("002")
        with database.engine.connect() as reader:
            reader.execute(sa.text("SELECT * FROM text_corpora")).all()
            with pytest.raises(LockTimeoutError):
                database.upgrade()
        assert database.upgrade().at_head


def test_nothing_stays_with_a_session(blank_url: str, pooler: PgBouncerServer) -> None:
    """Whoever gets it next would have the settings and the locks of another."""
    with Database(blank_url, statement_timeout=30, lock_timeout=7) as database:
        database.upgrade("001")
        with database.engine.begin() as connection:
            fill(connection)
        database.upgrade()
        conversations = database.repository(ConversationRepository)
        chat = conversations.create_conversation("chat")
        row = {"conversation_id": chat.id, "content": "c", "embedding": [1.0, 2.0]}
        conversations.remember_many([row])
        (told,) = database.index_vectors()
        assert "are indexed" in told
        with database.transaction(actor="somebody"):
            conversations.create_conversation("another")

    straight = sa.create_engine(pooler.direct(blank_url), poolclass=sa.NullPool)
    with Database(blank_url) as database, straight.connect() as connection:
        for name in ("statement_timeout", "lock_timeout", "maintenance_work_mem"):
            usual = connection.exec_driver_sql(f"SHOW {name}").scalar_one()
            assert asked(database, f"SHOW {name}") == {usual}, name
        assert connection.exec_driver_sql(f"SELECT count(*) {LOCKS}").scalar() == 0


def test_time_limits_hold(database_url: str) -> None:
    with Database(database_url, statement_timeout=0.2, lock_timeout=7) as database:
        assert asked(database, "SHOW statement_timeout") == {"200ms"}
        assert asked(database, "SHOW lock_timeout") == {"7s"}
        began = time.monotonic()
        with pytest.raises(StatementTimeoutError), database.transaction() as session:
            session.execute(sa.text("SELECT pg_sleep(20)"))
        assert time.monotonic() - began < 10


def test_time_is_utc_wherever_the_server_is(
    pooler: PgBouncerServer, blank_url: str
) -> None:
    straight = sa.create_engine(
        pooler.direct(blank_url), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    name = straight.url.database
    with straight.connect() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'")
    with Database(blank_url) as database:
        assert asked(database, "SHOW timezone") == {"UTC"}


def test_rows_stream_while_others_write(database: Database) -> None:
    """A cursor of the server lives in its transaction, and in one session."""
    numbers = sa.text("SELECT n FROM generate_series(1, 5000) AS n")
    other = database.repository(TrainingRepository)
    with database.engine.connect() as connection:
        options = {"yield_per": 100}
        found = connection.execute(numbers, execution_options=options).scalars()
        seen = 0
        for n in found:
            if n % 1_000 == 0:
                other.create_neural_config(f"c{n}", {})
            seen += 1
    assert seen == 5_000


def test_an_event_loop_takes_turns_as_well(database_url: str) -> None:
    async def work() -> set[str]:
        def ask(session: Session) -> str:
            return str(session.scalar(sa.text("SHOW lock_timeout")))

        async with AsyncDatabase(database_url, lock_timeout=3) as database:
            return {*await asyncio.gather(*(database.run(ask) for _ in range(MANY)))}

    assert asyncio.run(work()) == {"3s"}


def test_a_session_that_is_cut_is_replaced(
    behind: sa.Connection, database: Database
) -> None:
    cut = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    training = database.repository(TrainingRepository)
    training.create_neural_config("a", {})
    with pytest.raises(ConnectionLostError), database.transaction() as session:
        session.execute(sa.text("SELECT 1"))
        behind.execute(cut)
        session.execute(sa.text("SELECT 1"))

    tries = []

    def work(session: Session) -> str:
        tries.append(1)
        session.execute(sa.text("SELECT 1"))
        if len(tries) == 1:
            behind.execute(cut)
        return str(session.scalar(sa.text("SELECT 'done'")))

    assert (database.run(work), len(tries)) == ("done", 2)


def test_what_the_pooler_refuses_is_told(
    pooler: PgBouncerServer, database_url: str
) -> None:
    with Database(database_url.replace("?pgbouncer=true", "")) as database:
        answer = database.test_connection()
    assert "DB_PGBOUNCER" in answer["message"]
    url = sa.make_url(database_url)
    for wrong, error in (
        (url.set(database="no_such_one"), DatabaseMissingError),
        (url.set(username="nobody"), AuthenticationError),
        (url.set(port=free_port()), ServerUnreachableError),
    ):
        text = wrong.render_as_string(hide_password=False)
        with Database(text) as database, pytest.raises(error):
            database.repository(TrainingRepository).list_training_jobs()


def test_a_backup_wants_the_server_itself(database: Database, tmp_path: Path) -> None:
    """pg_dump empties search_path, and leaves it so for whoever comes next."""
    with pytest.raises(BackupError, match="the server itself"):
        database.backup(tmp_path / "b.dump")
    assert asked(database, "SHOW search_path") == {'"$user", public'}
