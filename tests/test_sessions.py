"""Sessions: transactions, who shares them, and when work is done again."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from proxy import Proxy

from bedplate import AsyncDatabase, Database, TrainingRepository, idempotent
from bedplate.domains.training import MarkovNGram, NeuralConfig, TrainingJob
from bedplate.errors import (
    AlreadyExistsError,
    BedplateError,
    CommitUnknownError,
    ConnectionLostError,
    DatabaseBusyError,
    InvalidValueError,
    LockTimeoutError,
    NotFoundError,
    ReadOnlyError,
    TransactionError,
)
from bedplate.session import Retry

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from bedplate.testing.servers import Server

servers = pytest.mark.databases("postgresql", "mysql", "mariadb")
family = pytest.mark.databases("mysql", "mariadb")
sqlite = pytest.mark.databases("sqlite")


def add(session: Session, name: str) -> NeuralConfig:
    return TrainingRepository(session).create_neural_config(name, {"name": name})


def names(database: Database) -> list[str]:
    configs = database.repository(TrainingRepository).list_neural_configs()
    return [config.name for config in configs]


def in_thread(work: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(work).result(timeout=60)


@pytest.fixture
def training(database: Database) -> TrainingRepository:
    return database.repository(TrainingRepository)


# Commit and roll back


def test_a_transaction_commits(database: Database) -> None:
    with database.transaction() as session:
        add(session, "a")
        assert in_thread(lambda: names(database)) == []
    assert names(database) == ["a"]


def test_a_transaction_rolls_back(database: Database) -> None:
    def work() -> None:
        with database.transaction() as session:
            add(session, "a")
            raise KeyError("of the caller")

    with pytest.raises(KeyError, match="of the caller"):
        work()
    assert names(database) == []


def test_even_an_interrupt_rolls_back(database: Database) -> None:
    def work() -> None:
        with database.transaction() as session:
            add(session, "a")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert names(database) == []


def test_what_is_pending_is_flushed(database: Database) -> None:
    with database.transaction() as session:
        session.add(NeuralConfig(name="a", config={}))
    assert names(database) == ["a"]


def test_run_gives_what_the_work_returns(database: Database) -> None:
    def work(session: Session, name: str, *, times: int) -> str:
        add(session, name)
        return name * times

    assert database.run(work, "a", times=3) == "aaa"
    assert names(database) == ["a"]


def test_entities_stay_readable(
    database: Database, training: TrainingRepository
) -> None:
    config = training.create_neural_config("a", {"k": [1, 2]})
    with database.transaction() as session:
        job = TrainingRepository(session).create_training_job(config.id)
    assert (config.name, config.config) == ("a", {"k": [1, 2]})
    assert (job.status, job.neural_config_id) == ("pending", config.id)
    found = training.get_training_job(job.job_id)
    assert found is not None
    assert found.created_at == job.created_at
    with pytest.raises(sa.exc.InvalidRequestError, match="lazy='raise'"):
        _ = found.neural_config  # no query behind the reader's back
    assert checked_out(database) == 0


def checked_out(database: Database | AsyncDatabase) -> int:
    return sum(engine.pool.checkedout() for engine in database.engines())  # type: ignore[attr-defined]  # of a queue


# Joining


def test_nested_transactions_are_one(
    database: Database, training: TrainingRepository
) -> None:
    def work() -> None:
        with database.transaction() as outer:
            add(outer, "a")
            with database.transaction() as inner:
                assert inner is outer
                add(inner, "b")
            training.create_neural_config("c", {})
            database.run(add, "d")
            with database.transaction(read_only=True) as reader:
                assert reader is outer
            assert database.session is outer
            assert len(training.list_neural_configs()) == 4
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert names(database) == []


@pytest.mark.parametrize("error", [KeyError("x"), NotFoundError(), KeyboardInterrupt()])
def test_an_inner_failure_dooms_the_whole(
    database: Database, error: BaseException
) -> None:
    def inner() -> None:
        with database.transaction() as session:
            add(session, "inner")
            raise error

    def work() -> None:
        with database.transaction() as session:
            add(session, "outer")
            with pytest.raises(type(error)):
                inner()
            add(session, "after")

    with pytest.raises(TransactionError, match="an inner block failed"):
        work()
    assert names(database) == []


def test_a_failed_run_inside_dooms_the_whole(database: Database) -> None:
    tries: list[Any] = []

    def fail(session: Session) -> None:
        tries.append(add(session, "inner"))
        raise DatabaseBusyError

    def work() -> None:
        with database.transaction() as session:
            add(session, "outer")
            with pytest.raises(DatabaseBusyError):
                database.run(fail)

    with pytest.raises(TransactionError, match="an inner block failed"):
        work()
    assert len(tries) == 1  # a part of a transaction is not run again alone
    assert names(database) == []


def test_a_call_that_changed_nothing_dooms_nothing(
    database: Database, training: TrainingRepository
) -> None:
    with database.transaction():
        training.create_neural_config("a", {})
        with pytest.raises(NotFoundError):
            training.of(TrainingJob).require(99)
        with pytest.raises(InvalidValueError):
            training.create_neural_config("b\0", {})
        with pytest.raises(AlreadyExistsError):
            training.create_neural_config("a", {})
        training.create_neural_config("c", {})
    assert names(database) == ["a", "c"]


def test_a_part_may_fail_in_a_savepoint(database: Database) -> None:
    with database.transaction() as session:
        add(session, "a")
        with pytest.raises(sa.exc.IntegrityError), session.begin_nested():
            session.execute(duplicate("a"))
        add(session, "b")
    assert names(database) == ["a", "b"]


def duplicate(name: str) -> sa.Insert:
    return sa.insert(NeuralConfig).values(name=name, config={})


# Read-only


def test_read_only_refuses_statements_that_write(
    server: Server, database: Database
) -> None:
    def work(statement: str) -> None:
        with database.transaction(read_only=True) as session:
            assert session.scalar(sa.select(sa.func.count(NeuralConfig.id))) == 1
            session.execute(sa.text(statement))

    database.run(add, "a")
    statements = ["DELETE FROM neural_configs", "UPDATE neural_configs SET name = 'b'"]
    if server.kind in ("sqlite", "postgresql"):  # elsewhere it ends the transaction
        statements.append("CREATE TABLE refused (n INT)")
    for statement in statements:
        with pytest.raises(ReadOnlyError):
            work(statement)
    assert names(database) == ["a"]


@pytest.mark.parametrize("flush", [False, True])
def test_read_only_refuses_entities(database: Database, flush: bool) -> None:
    def change() -> None:
        with database.transaction(read_only=True) as session:
            config = session.scalars(sa.select(NeuralConfig)).one()
            config.name = "b"
            if flush:
                session.flush()

    def create() -> None:
        with database.transaction(read_only=True) as session:
            session.add(NeuralConfig(name="c", config={}))
            if flush:
                session.flush()

    database.run(add, "a")
    for work in (change, create):
        with pytest.raises(ReadOnlyError):
            work()
    assert names(database) == ["a"]


def test_read_only_refuses_to_be_joined_for_writing(
    database: Database, training: TrainingRepository
) -> None:
    with database.transaction(read_only=True) as session:
        with pytest.raises(ReadOnlyError), database.transaction():
            pass
        with pytest.raises(ReadOnlyError):
            training.create_neural_config("a", {})
        with pytest.raises(ReadOnlyError):
            database.run(add, "a")
        assert training.list_neural_configs() == []
        with database.transaction(read_only=True) as inner:
            assert inner is session
    assert names(database) == []


def test_a_reader_of_the_pool_may_write_the_next_time(database: Database) -> None:
    for n in range(3):
        with database.transaction(read_only=True) as session:
            session.connection()
        database.run(add, str(n))
    assert names(database) == ["0", "1", "2"]


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    with database.transaction() as session:
        add(session, "a")
        started = time.monotonic()
        assert in_thread(lambda: names(database)) == []
        assert time.monotonic() - started < 5


# Threads and tasks


def test_each_thread_has_its_own_session(database: Database) -> None:
    with database.transaction(read_only=True) as session:
        other = in_thread(lambda: id(own_session(database)))
        assert other != id(session)
        assert own_session(database) is session


def own_session(database: Database) -> Session:
    with database.transaction(read_only=True) as session:
        return session


def test_each_task_has_its_own_session(database: Database) -> None:
    async def held(barrier: asyncio.Barrier) -> Session:
        with database.transaction(read_only=True) as session:
            await barrier.wait()
            assert database.session is session
            await asyncio.to_thread(apart, session)
            return session

    def apart(session: Session) -> None:
        assert own_session(database) is not session

    async def main() -> None:
        barrier = asyncio.Barrier(3)
        with database.transaction(read_only=True) as outer:
            found = await asyncio.gather(*(held(barrier) for _ in range(3)))
            assert len({id(session) for session in (outer, *found)}) == 4
            assert database.session is outer

    asyncio.run(main())


def test_a_task_left_behind_has_its_own_session(database: Database) -> None:
    async def later(go: asyncio.Event) -> Session:
        await go.wait()
        return own_session(database)

    async def main() -> None:
        go = asyncio.Event()
        with database.transaction(read_only=True) as session:
            task = asyncio.create_task(later(go))
            await asyncio.sleep(0)
        go.set()
        assert await task is not session

    asyncio.run(main())


# db.session


def test_the_session_is_kept_until_it_ends(database: Database) -> None:
    session = database.session
    assert database.session is session
    session.add(NeuralConfig(name="a", config={}))
    session.commit()
    session.add(NeuralConfig(name="b", config={}))
    session.flush()
    session.rollback()
    session.close()
    assert names(database) == ["a"]


def test_a_block_takes_the_session_over(database: Database) -> None:
    database.session.add(NeuralConfig(name="a", config={}))
    database.session.flush()
    with database.transaction() as session:
        add(session, "b")
    assert names(database) == ["a", "b"]
    assert checked_out(database) == 0


def test_close_gives_up_what_was_not_committed(database: Database) -> None:
    database.session.add(NeuralConfig(name="a", config={}))
    database.session.flush()
    assert checked_out(database) == 1
    database.close()
    assert checked_out(database) == 0
    assert names(database) == []


# Again


@pytest.fixture
def counters(training: TrainingRepository) -> Callable[[], dict[str, int]]:
    """Two rows to count up, and what they stand at."""
    training.merge_markov_ngrams(1, {("", "a"): 1, ("", "b"): 1})

    def read() -> dict[str, int]:
        return {row.next_char: row.count for row in training.get_markov_ngrams(1, "")}

    return read


def count_up(session: Session, key: str, by: int = 1) -> None:
    session.execute(
        sa.update(MarkovNGram)
        .where(MarkovNGram.n == 1, MarkovNGram.context == "")
        .where(MarkovNGram.next_char == key)
        .values(count=MarkovNGram.count + by)
    )


class Crossing:
    """Work that meets its like between two locks, the first time it is tried."""

    def __init__(self) -> None:
        self.tries = 0
        self._barrier = threading.Barrier(2)

    def __call__(self, session: Session, first: str, then: str) -> None:
        count_up(session, first)
        self.tries += 1
        if self.tries <= 2:
            self._barrier.wait(timeout=30)
        count_up(session, then)


@servers
def test_a_deadlock_is_resolved_and_retried(
    database: Database, counters: Callable[[], dict[str, int]]
) -> None:
    work = Crossing()
    with ThreadPoolExecutor(2) as executor:
        one = executor.submit(database.run, work, "a", "b")
        other = executor.submit(database.run, work, "b", "a")
        one.result(timeout=60)
        other.result(timeout=60)
    assert work.tries == 3
    assert counters() == {"a": 3, "b": 3}


@servers
def test_a_deadlock_is_resolved_and_retried_by_tasks(
    database: Database, counters: Callable[[], dict[str, int]]
) -> None:
    tries = 0

    async def main() -> None:
        barrier = asyncio.Barrier(2)
        async with AsyncDatabase(database.settings) as other:

            async def work(first: str, then: str) -> None:
                nonlocal tries
                async with other.transaction() as session:
                    await session.run_sync(count_up, first)
                    tries += 1
                    if tries <= 2:
                        await barrier.wait()
                    await session.run_sync(count_up, then)

            done = await asyncio.gather(
                work("a", "b"), work("b", "a"), return_exceptions=True
            )
            (failure,) = [error for error in done if error is not None]
            assert isinstance(failure, BedplateError)
            assert failure.retryable
            await other.run(count_up, "a")

    asyncio.run(main())
    assert counters() == {"a": 3, "b": 2}


def test_a_lock_timeout_is_retried(
    database: Database, counters: Callable[[], dict[str, int]]
) -> None:
    with Database(database.settings, lock_timeout=1, pool_size=5) as other:
        give_up, given_up = threading.Event(), threading.Event()
        locked = threading.Event()
        tries: list[Any] = []

        def hold() -> None:
            with database.transaction() as session:
                count_up(session, "a")
                locked.set()
                give_up.wait(timeout=30)
            given_up.set()

        def work() -> None:
            with other.transaction() as session:
                count_up(session, "a")

        def attempt(session: Session) -> None:
            tries.append(1)
            count_up(session, "a")

        with ThreadPoolExecutor(1) as executor:
            holder = executor.submit(hold)
            assert locked.wait(timeout=30)
            with pytest.raises(LockTimeoutError):
                work()
            threading.Timer(1.5, give_up.set).start()
            other.run(attempt)
            holder.result(timeout=30)
    assert counters() == {"a": 3, "b": 1}
    # SQLite waits before the work begins, the others in its first statement.
    assert len(tries) >= 1


@pytest.mark.databases("postgresql")
def test_a_serialization_failure_is_retried(
    database: Database, counters: Callable[[], dict[str, int]]
) -> None:
    barrier = threading.Barrier(2)
    tries = 0

    def work(session: Session) -> None:
        nonlocal tries
        session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
        total = session.scalar(sa.select(sa.func.sum(MarkovNGram.count)))
        tries += 1
        if tries <= 2:
            barrier.wait(timeout=30)
        count_up(session, "a", by=int(total or 0))

    with ThreadPoolExecutor(2) as executor:
        list(executor.map(lambda _: database.run(work), range(2)))
    assert tries == 3
    assert counters() == {"a": 7, "b": 1}


def test_what_fails_for_good_is_not_tried_again(database: Database) -> None:
    tries: list[Any] = []

    def work(session: Session, error: Exception) -> None:
        tries.append(add(session, f"try {len(tries)}"))
        raise error

    for error in (KeyError(), InvalidValueError(), AlreadyExistsError()):
        with pytest.raises(type(error)):
            database.run(work, error)
    assert len(tries) == 3
    assert names(database) == []


def test_the_pauses_between_tries() -> None:
    assert list(Retry(deadline=0).pauses()) == []
    retry = Retry(deadline=3600)
    found = [pause for pause, _ in zip(retry.pauses(), range(200), strict=False)]
    bounds = [min(0.01 * 2**n, 1.0) for n in range(200)]
    assert all(0 <= p <= b for p, b in zip(found, bounds, strict=True))
    assert len(set(found)) > 150
    assert max(found) > 0.5


# A commit whose outcome is unknown


@pytest.fixture(params=[True, False], ids=["committed", "not committed"])
def proxy(request: pytest.FixtureRequest, database_url: str) -> Iterator[Proxy]:
    with Proxy(database_url, forwards=request.param) as started:
        yield started


@servers
def test_an_unknown_commit_is_not_tried_again(proxy: Proxy, database: Database) -> None:
    tries: list[NeuralConfig] = []

    def work(session: Session) -> None:
        tries.append(add(session, f"try {len(tries)}"))

    with Database(proxy.url, ssl_mode="disable") as other:
        other.run(lambda session: session.connection())
        proxy.armed = 1
        with pytest.raises(CommitUnknownError) as caught:
            other.run(work)
        assert not caught.value.retryable
        assert len(tries) == 1
        assert proxy.armed == 0
        other.run(add, "after")
        assert checked_out(other) == 0
    assert names(database) == (["try 0", "after"] if proxy.forwards else ["after"])


@servers
def test_an_unknown_commit_of_a_call_is_not_tried_again(
    proxy: Proxy, database: Database
) -> None:
    with Database(proxy.url, ssl_mode="disable") as other:
        names(other)
        proxy.armed = 1
        with pytest.raises(CommitUnknownError):
            other.repository(TrainingRepository).create_neural_config("a", {})
    assert names(database) == (["a"] if proxy.forwards else [])


@servers
def test_idempotent_work_is_tried_again(proxy: Proxy, database: Database) -> None:
    tries: list[Any] = []

    @idempotent
    def work(session: Session) -> None:
        tries.append(1)
        rows = [{"name": "a", "config": {"try": len(tries)}}]
        training = TrainingRepository(session)
        training.of(NeuralConfig).upsert_many(rows, keys=["name"])

    with Database(proxy.url, ssl_mode="disable") as other:
        other.test_connection()
        proxy.armed = 1
        other.run(work)
        assert proxy.armed == 0
    (config,) = database.repository(TrainingRepository).list_neural_configs()
    assert config.config == {"try": 2}


@servers
def test_an_unknown_commit_of_an_event_loop(proxy: Proxy, database: Database) -> None:
    tries: list[Any] = []

    def work(session: Session) -> None:
        tries.append(add(session, f"try {len(tries)}"))

    async def main() -> None:
        async with AsyncDatabase(proxy.url, ssl_mode="disable") as other:
            await other.test_connection()
            proxy.armed = 1
            with pytest.raises(CommitUnknownError):
                await other.run(work)
            assert len(tries) == 1
            await other.test_connection()
            proxy.armed = 1
            await other.run(idempotent(lambda s: s.execute(sa.text("SELECT 1"))))
            assert proxy.armed == 0
            assert checked_out(other) == 0

    asyncio.run(main())
    assert names(database) == (["try 0"] if proxy.forwards else [])


@servers
def test_reading_is_tried_again(proxy: Proxy, database: Database) -> None:
    database.run(add, "a")
    with Database(proxy.url, ssl_mode="disable") as other:
        names(other)
        proxy.armed = 1
        assert names(other) == ["a"]
        assert proxy.armed == 0


# Errors that were caught


@pytest.mark.databases("postgresql")
def test_an_aborted_transaction_does_not_pass_for_committed(
    database: Database,
) -> None:
    def work() -> None:
        with database.transaction() as session:
            add(session, "a")
            with pytest.raises(sa.exc.IntegrityError):
                session.execute(duplicate("a"))

    with pytest.raises(TransactionError, match="would commit nothing"):
        work()
    assert names(database) == []
    database.run(add, "next")
    assert names(database) == ["next"]


@pytest.mark.databases("sqlite", "mysql", "mariadb")
def test_a_failed_statement_leaves_the_others(database: Database) -> None:
    with database.transaction() as session:
        add(session, "a")
        with pytest.raises(sa.exc.IntegrityError):
            session.execute(duplicate("a"))
        add(session, "b")
    assert names(database) == ["a", "b"]


def test_a_failed_flush_does_not_pass_for_committed(
    database: Database, training: TrainingRepository
) -> None:
    def work() -> None:
        with database.transaction():
            training.create_neural_config("a", {})
            with pytest.raises(AlreadyExistsError):
                training.of(NeuralConfig).add(NeuralConfig(name="a", config={}))

    with pytest.raises(TransactionError, match="failed, so the"):
        work()
    assert names(database) == []


@family
def test_a_deadlock_that_was_caught_does_not_pass_for_committed(
    database: Database,
    training: TrainingRepository,
    counters: Callable[[], dict[str, int]],
) -> None:
    barrier = threading.Barrier(2)
    caught = []

    def work(first: str, then: str) -> None:
        with database.transaction() as session:
            # Not into a table with a unique name: what is deleted there still locks.
            TrainingRepository(session).record_accuracy(first, 1.0)
            count_up(session, first)
            barrier.wait(timeout=30)
            try:
                count_up(session, then)
            except sa.exc.OperationalError as error:
                caught.append(error)
            TrainingRepository(session).record_accuracy(f"after {first}", 1.0)

    with ThreadPoolExecutor(2) as executor:
        futures = [
            executor.submit(work, "a", "b"),
            executor.submit(work, "b", "a"),
        ]
        errors = [future.exception(timeout=60) for future in futures]
    assert len(caught) == 1
    (lost,) = [n for n, error in enumerate(errors) if error is not None]
    assert isinstance(errors[lost], TransactionError)
    winner = "ba"[lost]
    written = {metric.metric_type for metric in training.get_accuracy_metrics()}
    assert written == {winner, f"after {winner}"}
    assert counters() == {"a": 2, "b": 2}
    training.record_accuracy("next", 1.0)  # the connection is as good as new
    assert len(training.get_accuracy_metrics()) == 3


@sqlite
@pytest.mark.parametrize("after", [True, False])
def test_an_automatic_rollback_does_not_pass_for_committed(
    database: Database, after: bool
) -> None:
    statement = sa.text(
        "INSERT OR ROLLBACK INTO neural_configs SELECT * FROM neural_configs"
    )

    def work() -> None:
        with database.transaction() as session:
            add(session, "a")
            with pytest.raises(sa.exc.IntegrityError):
                session.execute(statement)
            if after:
                session.execute(duplicate("b"))

    with pytest.raises(TransactionError, match="nothing was committed"):
        work()
    assert names(database) == []
    database.run(add, "next")
    assert names(database) == ["next"]


# Many at once


def read_then_write(session: Session) -> None:
    statement = sa.select(MarkovNGram).where(MarkovNGram.next_char == "a")
    row = session.scalars(statement.with_for_update()).one()
    row.count += 1


def test_threads_that_read_and_then_write(
    database: Database, counters: Callable[[], dict[str, int]]
) -> None:
    def work(_: int) -> None:
        for _ in range(10):
            with database.transaction() as session:  # not even a second try
                read_then_write(session)

    with ThreadPoolExecutor(8) as executor:
        list(executor.map(work, range(8)))
    assert counters()["a"] == 81


PROCESS = """
import sqlalchemy as sa
from bedplate import Database
from bedplate.domains.training import MarkovNGram

database = Database.from_env()
statement = sa.select(MarkovNGram).where(MarkovNGram.next_char == "a")
print("ready", flush=True)
input()
for _ in range(25):
    with database.transaction() as session:
        row = session.scalars(statement.with_for_update()).one()
        row.count += 1
database.close()
"""


@sqlite
def test_processes_that_read_and_then_write(
    database_url: str,
    database: Database,
    counters: Callable[[], dict[str, int]],
    tmp_path: Path,
) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS],
            env={**os.environ, "DATABASE_URL": database_url},
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    outcomes = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        out, err = process.communicate(timeout=60)
        outcomes.append((process.returncode, out, err))
    assert outcomes == [(0, "", "")] * 4
    assert counters()["a"] == 101


@sqlite
def test_a_file_that_another_program_writes_to(
    database_url: str, database: Database
) -> None:
    path = database_url.removeprefix("sqlite:///")
    stranger = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    stranger.execute("BEGIN IMMEDIATE")
    tries: list[Any] = []

    def work(session: Session) -> None:
        tries.append(add(session, "a"))

    with Database(database_url, lock_timeout=0) as other:
        with pytest.raises(DatabaseBusyError), other.transaction() as session:
            session.connection()
        timer = threading.Timer(0.3, stranger.execute, ["COMMIT"])
        timer.start()
        other.run(work)
        timer.join()
    stranger.close()
    assert len(tries) == 1
    assert names(database) == ["a"]


# Event loops


@pytest.fixture
def on_loop(database: Database) -> Callable[[Callable[[AsyncDatabase], Any]], Any]:
    """Run a coroutine function with an AsyncDatabase, which must end up idle."""

    def run(main: Callable[[AsyncDatabase], Any]) -> Any:
        async def whole() -> Any:
            async with AsyncDatabase(database.settings) as opened:
                found = await main(opened)
                assert checked_out(opened) == 0
                return found

        return asyncio.run(whole())

    return run


OnLoop = Callable[[Callable[[AsyncDatabase], Any]], Any]


def test_the_same_functions_on_an_event_loop(
    on_loop: OnLoop, database: Database
) -> None:
    def work(session: Session, name: str, *, times: int) -> list[str]:
        training = TrainingRepository(session)
        for n in range(times):
            training.create_neural_config(f"{name}{n}", {"n": n})
        return [config.name for config in training.list_neural_configs()]

    async def main(adb: AsyncDatabase) -> None:
        assert await adb.run(work, "a", times=2) == ["a0", "a1"]
        with pytest.raises(InvalidValueError):
            await adb.run(work, "b\0", times=1)
        async with adb.transaction() as session:
            config = await session.run_sync(add, "c")
            session.add(NeuralConfig(name="d", config={}))
        assert config.name == "c"
        async with adb.transaction(read_only=True) as session:
            found = (await session.scalars(sa.select(NeuralConfig.name))).all()
            assert sorted(found) == ["a0", "a1", "c", "d"]

    on_loop(main)
    assert names(database) == ["a0", "a1", "c", "d"]


def test_nested_transactions_on_an_event_loop(
    on_loop: OnLoop, database: Database
) -> None:
    async def main(adb: AsyncDatabase) -> None:
        async with adb.transaction() as outer:
            await outer.run_sync(add, "a")
            async with adb.transaction() as inner:
                assert inner is outer
            await adb.run(add, "b")
            async with adb.transaction(read_only=True) as reader:
                assert reader is outer
        with pytest.raises(KeyError):
            await failing(adb)
        with pytest.raises(TransactionError, match="an inner block failed"):
            await doomed(adb)
        with pytest.raises(ReadOnlyError):
            await writing_in_a_reader(adb)

    async def failing(adb: AsyncDatabase) -> None:
        async with adb.transaction():
            await adb.run(add, "c")
            raise KeyError

    async def doomed(adb: AsyncDatabase) -> None:
        async with adb.transaction():
            await adb.run(add, "d")
            with pytest.raises(KeyError):
                await failing(adb)

    async def writing_in_a_reader(adb: AsyncDatabase) -> None:
        async with adb.transaction(read_only=True) as session:
            await session.execute(sa.text("DELETE FROM neural_configs"))

    on_loop(main)
    assert names(database) == ["a", "b"]


def test_tasks_on_an_event_loop_are_apart(on_loop: OnLoop, database: Database) -> None:
    async def main(adb: AsyncDatabase) -> None:
        async def child() -> object:
            async with adb.transaction(read_only=True) as session:
                await session.connection()
                return session

        async with adb.transaction(read_only=True) as outer:
            found = await asyncio.gather(child(), child())
            assert len({id(outer), *map(id, found)}) == 3

    on_loop(main)


def test_twenty_runs_at_once(
    on_loop: OnLoop, counters: Callable[[], dict[str, int]]
) -> None:
    async def main(adb: AsyncDatabase) -> None:
        await asyncio.gather(*(adb.run(read_then_write) for _ in range(20)))

    on_loop(main)
    assert counters()["a"] == 21


def test_a_task_cancelled_in_the_middle(
    on_loop: OnLoop, counters: Callable[[], dict[str, int]]
) -> None:
    async def main(adb: AsyncDatabase) -> None:
        started = asyncio.Event()

        async def work() -> None:
            async with adb.transaction() as session:
                await session.run_sync(count_up, "a")
                started.set()
                await asyncio.sleep(60)

        for _ in range(3):
            started.clear()
            task = asyncio.create_task(work())
            await started.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert checked_out(adb) == 0
        await asyncio.wait_for(adb.run(count_up, "b"), 10)

    on_loop(main)
    assert counters() == {"a": 1, "b": 2}


SLOW = {
    "sqlite": "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c "
    "WHERE n < 1000) SELECT count(*) FROM c AS a, c AS b, c AS d, c AS e",
    "postgresql": "SELECT pg_sleep(30)",
    "mysql": "SELECT sleep(2)",
    "mariadb": "SELECT sleep(2)",
}


def test_a_task_cancelled_in_a_statement(
    server: Server, on_loop: OnLoop, counters: Callable[[], dict[str, int]]
) -> None:
    async def main(adb: AsyncDatabase) -> None:
        async def work() -> None:
            async with adb.transaction() as session:
                await session.run_sync(count_up, "a")
                started.set()
                await session.execute(sa.text(SLOW[server.kind]))
                await asyncio.sleep(60)

        started = asyncio.Event()
        task = asyncio.create_task(work())
        await started.wait()
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(asyncio.shield(task), 20)
        assert checked_out(adb) == 0
        await asyncio.wait_for(adb.run(count_up, "b"), 20)
        # Its lock is free too, though somebody still holds what became of the task.
        await asyncio.wait_for(adb.run(count_up, "a"), 20)

    on_loop(main)
    assert counters() == {"a": 2, "b": 2}


@servers
def test_a_lost_connection_on_an_event_loop_is_retried(
    server: Server, on_loop: OnLoop, database: Database
) -> None:
    kill = {"postgresql": "SELECT pg_terminate_backend({})"}.get(server.kind, "KILL {}")
    own = {"postgresql": "SELECT pg_backend_pid()"}.get(
        server.kind, "SELECT connection_id()"
    )
    tries: list[int] = []

    def work(session: Session) -> None:
        add(session, f"try {len(tries)}")
        tries.append(session.scalar(sa.text(own)) or 0)
        if len(tries) == 1:
            database.run(lambda s: s.execute(sa.text(kill.format(tries[0]))))
        session.execute(sa.text("SELECT 1"))

    async def main(adb: AsyncDatabase) -> None:
        await adb.run(work)
        assert len(tries) == 2
        with pytest.raises(ConnectionLostError):
            await lose(adb)

    async def lose(adb: AsyncDatabase) -> None:
        async with adb.transaction() as session:
            key = await session.scalar(sa.text(own))
            database.run(lambda s: s.execute(sa.text(kill.format(key))))
            await session.execute(sa.text("SELECT 1"))

    on_loop(main)
    assert names(database) == ["try 1"]


@pytest.mark.databases("sqlite")
def test_an_interrupt_in_the_midst_of_reading_is_told_as_it_is(
    database: Database,
) -> None:
    many = sa.text("SELECT value FROM json_each('[1, 2, 3]')")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for read_only in (True, False):
        with (
            pytest.raises(KeyboardInterrupt),
            database.transaction(read_only=read_only) as session,
        ):
            if not read_only:
                session.add(NeuralConfig(name="lost", config={}))
                session.flush()
            engine = session.get_bind()
            sa.event.listen(engine, "after_cursor_execute", interrupt)
            try:
                session.execute(many)
            finally:
                sa.event.remove(engine, "after_cursor_execute", interrupt)
    training = database.repository(TrainingRepository)
    assert training.list_neural_configs() == []
    training.create_neural_config("lost", {})
