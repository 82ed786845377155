from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bedplate import AsyncDatabase, Database, TrainingRepository
from bedplate.dialects import dialect
from bedplate.domains.users import User
from bedplate.durations import Durations
from bedplate.errors import BedplateError, PoolTimeoutError, StatementTimeoutError
from bedplate.ops.pool_metrics import LongHolder, PoolMetrics
from bedplate.ops.shapes import shape_of
from bedplate.ops.snapshots import merged

READ_ONE = sa.text("SELECT 1")


def ask(database: Database) -> None:
    with database.transaction(read_only=True) as session:
        session.execute(READ_ONE)


def opened(url: str, **settings: Any) -> Database:
    """A database whose schema was looked at, and that has done nothing else."""
    database = Database(url, **settings)
    ask(database)
    database.close()
    database.reset_metrics()
    return database


@pytest.fixture
def small(database_url: str) -> Iterator[Database]:
    """One whose readers have two places, and wait for a tenth of a second."""
    with opened(
        database_url, pool_size=2, max_overflow=0, pool_timeout=0.1
    ) as database:
        yield database


def readers(database: Database) -> PoolMetrics:
    found = database.pool_metrics(longer_than=0)
    return found.pools[-1] if found.pools else found


# The pool


def test_connections_in_use_and_idle(small: Database) -> None:
    with small.transaction(read_only=True) as session:
        session.execute(READ_ONE)
        found = readers(small)
        assert (found.size, found.capacity) == (2, 2)
        assert (found.checked_out, found.overflow, found.waiting) == (1, 0, 0)
        assert found.saturation == 0.5
    found = readers(small)
    assert (found.checked_out, found.idle) == (0, 1)
    assert found.created == 1


def test_hits_are_connections_used_again(small: Database) -> None:
    ask(small)
    small.reset_metrics()
    for _ in range(3):
        ask(small)
    found = readers(small)
    assert (found.checkouts, found.reused, found.hit_rate) == (3, 3, 1.0)
    assert found.hold_seconds.count == 3
    assert found.wait_seconds.count == 3
    assert found.wait_seconds.p99 is not None
    assert found.wait_seconds.p99 < 0.1


def test_nothing_was_measured_yet(small: Database) -> None:
    found = small.pool_metrics()
    assert (found.checkouts, found.hit_rate, found.hold_seconds.p50) == (0, None, None)


def test_waiting_is_told_and_timed(database_url: str) -> None:
    with (
        opened(database_url, pool_size=1, max_overflow=0) as database,
        ThreadPoolExecutor() as threads,
    ):
        with database.transaction(read_only=True) as session:
            session.execute(READ_ONE)
            others = [threads.submit(ask, database) for _ in range(2)]
            until(lambda: readers(database).waiting == 2)
            time.sleep(0.05)
        for other in others:
            other.result()
        found = readers(database)
    assert found.waiting == 0
    assert found.wait_seconds.count == 3
    assert found.wait_seconds.longest >= 0.05
    assert found.hold_seconds.longest >= 0.05


def until(reached: Any) -> None:
    end = time.monotonic() + 10
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_waiting_in_vain_is_counted(small: Database) -> None:
    engine = small.engines()[-1]
    with engine.connect(), engine.connect(), pytest.raises(PoolTimeoutError):
        ask(small)
    assert readers(small).timeouts == 1
    assert readers(small).wait_seconds.longest >= 0.1


def test_long_holders_are_told_with_the_stack_that_took_them(small: Database) -> None:
    def hold() -> None:
        with small.transaction(read_only=True) as session:
            session.execute(READ_ONE)
            (holder,) = readers(small).long_holders
            assert holder.thread == threading.current_thread().name
            assert holder.seconds < 10
            assert any("in test_long_holders" in line for line in holder.stack)
            assert holder.stack[-1].endswith(".hold")
            assert __file__ in holder.stack[-1]
            assert small.pool_metrics(longer_than=60).long_holders == ()

    hold()
    assert readers(small).long_holders == ()


@contextmanager
def _noted() -> Iterator[None]:
    yield


class Watching(TrainingRepository):
    """Says who holds a connection while it is at work."""

    def who_holds_one(self, database: Database) -> LongHolder:
        self.session.execute(READ_ONE)
        return self._told(database)

    @_noted()
    def _told(self, database: Database) -> LongHolder:
        return one(database)


def one(database: Database) -> LongHolder:
    (holder,) = database.pool_metrics(longer_than=0).long_holders
    return holder


def names(holder: LongHolder) -> list[str]:
    return [line.rpartition(" in ")[2].rpartition(".")[2] for line in holder.stack]


def takes(database: Database, way: str) -> LongHolder:
    engine = database.engines()[-1]
    if way == "the engine":
        with engine.connect():
            return one(database)
    if way == "the driver":
        with closing(engine.raw_connection()):
            return one(database)
    if way == "the pool":
        with closing(engine.pool.connect()):
            return one(database)
    with database.transaction(read_only=True) as session:
        if way == "a session":
            session.execute(READ_ONE)
        else:
            session.get(User, uuid4())
        return one(database)


WAYS = ["a session", "a row by its key", "the engine", "the driver", "the pool"]


@pytest.mark.parametrize("ways", [*([way] for way in WAYS), WAYS])
def test_who_took_one_is_told_with_its_callers(
    small: Database, ways: list[str]
) -> None:
    test = "test_who_took_one_is_told_with_its_callers"
    for take in (takes, _noted()(takes)):  # with a call that is not the program's

        def asks(way: str) -> LongHolder:
            return take(small, way)  # noqa: B023  # called right here

        for _ in range(3):  # the first time it is looked for
            for way in ways:
                assert names(asks(way)) == [test, "asks", "takes"]


def test_who_holds_one_in_a_call_is_seen_where_it_is(small: Database) -> None:
    def call() -> LongHolder:
        return small.repository(Watching).who_holds_one(small)

    # Of what goes on further in, that which is nearest to the call.
    assert names(call()) == ["call", "who_holds_one", "_told"]


def test_who_holds_one_in_work_that_is_run_is_seen_where_it_is(small: Database) -> None:
    @_noted()
    def work(session: Session) -> LongHolder:
        session.execute(READ_ONE)
        return further(3)

    def further(levels: int) -> LongHolder:
        return further(levels - 1) if levels else one(small)

    def caller() -> LongHolder:
        return small.run(work)

    assert names(caller()) == ["caller", "work", "further"]


def test_work_that_is_run_may_name_the_engine(small: Database) -> None:
    def work(session: Session) -> bool:
        session.execute(READ_ONE)
        named = {"bind": small.engine}
        session.execute(READ_ONE, bind_arguments=named)
        return session.get_bind() is small.engine

    assert small.run(work)


def test_a_session_that_outlives_its_work_is_told_with_who_goes_on_with_it(
    small: Database,
) -> None:
    kept = small.run(lambda session: session)

    def goes_on() -> LongHolder:
        kept.execute(READ_ONE)
        return one(small)

    with kept:
        assert names(goes_on())[-1] == "goes_on"


def test_who_begins_on_an_engine_is_told(small: Database) -> None:
    def begins() -> LongHolder:
        with small.engine.begin():
            return one(small)

    for _ in range(2):  # known or not
        assert names(begins())[-2:] == [
            "test_who_begins_on_an_engine_is_told",
            "begins",
        ]


def test_a_connection_forgotten_in_a_call_is_told_with_who_took_it(
    small: Database,
) -> None:
    class Forgetful(TrainingRepository):
        def forget(self) -> sa.Connection:
            return small.engines()[-1].connect()

    with small.repository(Forgetful).forget():
        (holder,) = small.pool_metrics(longer_than=0).long_holders
    assert holder.stack[-1].endswith(".forget")


def test_broken_connections_are_counted(small: Database) -> None:
    engine = small.engines()[-1]
    with engine.connect() as connection:
        connection.invalidate()
    found = readers(small)
    assert (found.created, found.closed, found.invalidated) == (1, 1, 1)


@pytest.mark.databases("postgresql", "mysql", "mariadb")
def test_failed_health_checks_are_counted(small: Database) -> None:
    with small.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
    driver.close()
    ask(small)
    found = readers(small)
    assert (found.failed_health_checks, found.created, found.hit_rate) == (1, 2, 0.0)


def test_a_closed_database_goes_on_counting(small: Database) -> None:
    ask(small)
    small.close()
    ask(small)
    assert (readers(small).checkouts, readers(small).created) == (2, 2)


def test_without_a_pool(database_url: str) -> None:
    with opened(database_url, use_pool=False) as database:
        ask(database)
        found = readers(database)
    assert (found.capacity, found.saturation, found.size) == (None, None, 0)
    assert (found.checkouts, found.hit_rate, found.closed) == (1, 0.0, 1)


def test_it_can_be_shown_as_json(small: Database) -> None:
    ask(small)
    told = small.pool_metrics().to_dict()
    assert told["wait_seconds"]["count"] == 1
    assert [*told] == [*PoolMetrics.__dataclass_fields__]


@pytest.mark.databases("sqlite", "postgresql")
def test_an_event_loop(database_url: str) -> None:
    async def main() -> None:
        async with AsyncDatabase(database_url, pool_size=1, max_overflow=0) as database:

            async def one() -> None:
                async with database.transaction(read_only=True) as session:
                    await session.execute(READ_ONE)
                    (holder,) = database.pool_metrics(longer_than=0).long_holders
                    assert any(line.endswith(".one") for line in holder.stack)
                    await asyncio.sleep(0.01)

            await asyncio.gather(*(one() for _ in range(3)))
            found = database.pool_metrics()
            assert found.checkouts >= 3
            assert found.wait_seconds.longest >= 0.01
            assert found.checked_out == 0
            assert database.query_metrics().count >= 3

    asyncio.run(main())


@pytest.mark.databases("sqlite")
def test_a_forked_child_counts_for_itself(small: Database) -> None:
    ask(small)
    with small.engines()[-1].connect():
        child = os.fork()
        if child == 0:
            found = readers(small)
            os._exit(found.checkouts + found.checked_out + found.created)
        assert os.waitpid(child, 0)[1] == 0
    assert readers(small).checkouts == 2


# Statements


def statement(database: Database, part: str) -> Any:
    (found,) = [s for s in database.query_metrics().statements if part in s.statement]
    return found


def test_statements_are_counted_by_shape(database: Database) -> None:
    for number in (1, 2, 3):
        with database.transaction(read_only=True) as session:
            session.execute(sa.text(f"SELECT {number} AS a_secret"))
    found = statement(database, "a_secret")
    assert (found.statement, found.count) == ("SELECT ? AS a_secret", 3)
    assert (found.errors, found.slow) == (0, 0)
    assert 0 < found.p50 <= found.p95 <= found.p99 <= found.longest <= found.total
    assert database.query_metrics().count >= 3


def test_failures_are_counted(database: Database) -> None:
    with pytest.raises(BedplateError), database.transaction() as session:
        session.execute(sa.text("SELECT nothing FROM nowhere"))
    found = statement(database, "nowhere")
    assert (found.count, found.errors) == (1, 1)
    assert database.query_metrics().errors == 1


@pytest.mark.databases("postgresql", "mysql", "mariadb")
def test_a_statement_that_ran_out_of_time_was_slow(database_url: str) -> None:
    with Database(database_url, statement_timeout=0.3, slow_query_ms=100) as database:
        sleep = "pg_sleep" if database.settings.database == "postgresql" else "sleep"
        asked = sa.text(f"SELECT {sleep}(20) AS slept")
        if database.settings.database == "mysql":  # whose SLEEP() is only cut short
            asked = sa.text(
                "SELECT count(*) AS slept FROM information_schema.columns AS a, "
                "information_schema.columns AS b, information_schema.columns AS c"
            )
        with pytest.raises(StatementTimeoutError), database.transaction() as session:
            session.execute(asked).all()
        found = statement(database, "slept")
    assert (found.count, found.errors, found.slow) == (1, 1, 1)
    assert 0.25 < found.longest < 10
    assert found.total == found.longest


def test_a_failure_while_rows_are_fetched_is_counted(database: Database) -> None:
    numbers = (
        "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c "
        "WHERE n < 900) SELECT "
    )
    fails = {
        "sqlite": "abs(-9223372036854775807 - (n > 500)) AS failing FROM c",
        "postgresql": "1 / (900 - n) AS failing FROM c",
        "mysql": "9223372036854775807 + (n > 500) AS failing FROM c",
        "mariadb": "9223372036854775807 + (n > 500) AS failing FROM c",
    }[database.settings.database]
    with pytest.raises(BedplateError), database.transaction(read_only=True) as session:
        streamed = {"stream_results": True, "max_row_buffer": 10}
        session.execute(sa.text(numbers + fails), execution_options=streamed).all()
    found = statement(database, "failing")
    assert (found.count, found.errors) == (1, 1)


def test_rows_changed_are_counted(database: Database) -> None:
    with database.transaction() as session:
        session.execute(sa.text("CREATE TEMPORARY TABLE few (n INTEGER)"))
        session.execute(sa.text("INSERT INTO few VALUES (1), (2), (3)"))
        session.execute(sa.text("UPDATE few SET n = 7 WHERE n > 1"))
        session.execute(sa.text("DROP TABLE few"))
    assert statement(database, "INSERT INTO few").rows == 3
    assert statement(database, "UPDATE few").rows == 2


def test_resetting_begins_anew(database: Database) -> None:
    ask(database)
    before = database.query_metrics()
    database.reset_metrics()
    after = database.query_metrics()
    assert (after.count, after.statements) == (0, ())
    assert after.since > before.since


SHAPES = {
    "SELECT  a\n FROM t WHERE b = 'it''s' AND c=12.5e3": (
        "SELECT a FROM t WHERE b = ? AND c=?"
    ),
    "SELECT t1.a2 FROM t1 WHERE a IN (%s, %s,  %s)": (
        "SELECT t1.a2 FROM t1 WHERE a IN (?, ...)"
    ),
    "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')": (
        "INSERT INTO t VALUES (?, ...), ..."
    ),
    "UPDATE t SET a = %(a_1)s::VARCHAR WHERE id = :id": (
        "UPDATE t SET a = ? WHERE id = ?"
    ),
    "SELECT a::text, now() AT TIME ZONE 'x'": "SELECT a::text, now() AT TIME ZONE ?",
    "SELECT 'cut off": "SELECT ?",
    r"SELECT 'a\'b', x": "SELECT ?, x",
}


@pytest.mark.parametrize("text", SHAPES)
def test_a_shape_has_no_values(text: str) -> None:
    assert shape_of(text, dialect("mysql").text_literal) == SHAPES[text]


@pytest.mark.parametrize(
    ("kind", "text", "shape"),
    [
        ("sqlite", r"SELECT 'C:\', 'a_secret'", "SELECT ?, ?"),
        ("postgresql", r"SELECT 'C:\', 'a_secret'", "SELECT ?, ?"),
        ("postgresql", r"SELECT E'it\'s', 'a_secret'", "SELECT ?, ?"),
        ("postgresql", "SELECT $$a_secret$$, $x$ $$ $x$, $1", "SELECT ?, ?, ?"),
        pytest.param(
            *("mysql", "SELECT 'a_secret (" + "x" * 1981 + "\\n')", "SELECT ?"),
            id="cut after a backslash",
        ),
        (
            "mysql",
            "SELECT `o'c`, 1 /* don't */ FROM t, 'x'",
            "SELECT `o'c`, ? FROM t, ?",
        ),
        ("postgresql", """SELECT "o'c" -- don't\n, 'x'""", """SELECT "o'c" , ?"""),
        ("mysql", r"""SELECT "a\"secret", 'it''s'""", "SELECT ?, ?"),
        ("mariadb", 'SELECT "a_secret', "SELECT ?"),
    ],
)
def test_texts_are_found_as_each_database_writes_them(
    kind: str, text: str, shape: str
) -> None:
    assert shape_of(text, dialect(kind).text_literal) == shape


@pytest.mark.parametrize(
    "kind",
    ["TIMESTAMP WITH TIME ZONE", "DOUBLE PRECISION", "NUMERIC(10, 2)", "VARCHAR[]"],
)
def test_rows_of_parameters_with_types_have_one_shape(kind: str) -> None:
    literal = dialect("postgresql").text_literal
    found = {
        shape_of(f"INSERT INTO t VALUES {', '.join([row] * rows)}", literal)
        for row in [f"(%(a__0)s::INTEGER, %(b__0)s::{kind})"]
        for rows in (2, 3, 5)
    }
    assert found == {"INSERT INTO t VALUES (?, ...), ..."}


@pytest.mark.parametrize("row", ["(?, ?, ?)", "(%s, %s)", "(5, 'it''s', 'x')"])
@pytest.mark.parametrize("rows", [700, 701, 702, 703, 1_000])
def test_a_long_statement_has_the_shape_of_a_short_one(row: str, rows: int) -> None:
    text = f"INSERT INTO t (a, b) VALUES {', '.join([row] * rows)}"
    literal = dialect("mysql").text_literal
    assert shape_of(text, literal) == "INSERT INTO t (a, b) VALUES (?, ...), ..."


def test_shapes_are_bounded(database: Database) -> None:
    with database.transaction(read_only=True) as session:
        for number in range(600):
            session.execute(sa.text(f"SELECT 1 AS n_{number}"))
    found = database.query_metrics()
    assert len(found.statements) == 501
    assert statement(database, "(others)").count >= 100


def test_percentiles_are_right_to_a_quarter() -> None:
    durations = Durations()
    for milliseconds in range(1, 1001):
        durations.add(milliseconds / 1e3)
    found = durations.distribution()
    assert found.count == 1000
    assert found.total == pytest.approx(500.5)
    for share, value in ((0.5, found.p50), (0.95, found.p95), (0.99, found.p99)):
        assert value == pytest.approx(share, rel=0.25)
    assert found.longest == 1.0
    assert found.buckets[-1] == (1.0, 1000)


def test_each_duration_is_counted_once_however_often_one_asks(
    small: Database,
) -> None:
    for times in (1, 100, 149):  # they are counted by the hundred
        for _ in range(times):
            ask(small)
        found, holds = small.query_metrics(), readers(small).hold_seconds
        [asked] = [one for one in found.statements if one.statement == "SELECT ?"]
        assert asked.count == holds.count == readers(small).checkouts
        assert found.seconds.count == found.count
    assert holds.count == holds.buckets[-1][1] == 250


def test_durations_are_counted_while_others_add_some() -> None:
    durations = Durations()

    def add() -> None:
        for _ in range(5_000):
            durations.add(0.001)

    adding = [threading.Thread(target=add) for _ in range(4)]
    for thread in adding:
        thread.start()
    while any(thread.is_alive() for thread in adding):
        found = durations.distribution()
        assert found.count <= 20_000
    for thread in adding:
        thread.join()
    assert durations.distribution().count == 20_000


def test_prometheus_reads_it(small: Database) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    from bedplate.ops.prometheus import prometheus_text

    ask(small)
    found = text_string_to_metric_families(prometheus_text(small))
    families = {family.name: family for family in found}
    assert families["bedplate_pool_size"].samples[-1].value == 2
    waits = [
        sample.value
        for sample in families["bedplate_pool_wait_seconds"].samples
        if sample.name.endswith("_bucket")
        and sample.labels["pool"] == readers(small).name
    ]
    assert waits == sorted(waits)
    assert waits[-1] == 1
    assert "bedplate_query_seconds" in families


WORKER = """
import os, sys
from bedplate import Database
import sqlalchemy as sa
database = Database(sys.argv[1])
with database.transaction(read_only=True) as session:
    session.execute(sa.text("SELECT 1"))
child = os.fork()
with database.transaction(read_only=True) as session:
    session.execute(sa.text("SELECT 1"))
    if child:
        os.waitpid(child, 0)
"""


@pytest.mark.databases("sqlite", "postgresql")
def test_prometheus_is_told_of_every_process(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_METRICS_DIR", str(tmp_path))
    with opened(database_url) as database:
        ask(database)
        database._metrics._publisher.publish()  # type: ignore[union-attr]  # it has one
        before = counted(database, "checkouts")
        subprocess.run([sys.executable, "-c", WORKER, database_url], check=True)
        # Its own, then the same of the parent and the child, who also look once.
        assert counted(database, "checkouts") - before >= 3
        assert counted(database, "checked_out") == 0  # they are gone
    assert not list(tmp_path.glob("*.new"))


@pytest.mark.databases("sqlite", "postgresql")
def test_files_of_processes_that_are_gone_become_one(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_METRICS_DIR", str(tmp_path))
    for _ in range(2):
        subprocess.run([sys.executable, "-c", WORKER, database_url], check=True)
    files = [*tmp_path.glob("*.json")]
    # One who was killed before the files were deleted that another stands for.
    gone = json.loads(files[0].read_text())
    gone["instead_of"] = [file.name for file in files]
    pools = gone["metrics"]["pools"].values()
    of_the_first = sum(pool["counters"]["checkouts"] for pool in pools)
    joined = tmp_path / "bedplate-ended-1.json"
    joined.write_text(json.dumps(gone))
    grow_old(tmp_path)
    with Database(database_url) as database:
        wait_until(lambda: len([*tmp_path.glob("*.json")]) == 2)
        assert not joined.exists()
        assert counted(database, "checkouts") == of_the_first
        subprocess.run([sys.executable, "-c", WORKER, database_url], check=True)
        grow_old(tmp_path)
        before = counted(database, "checkouts")
        with Database(database_url):
            wait_until(lambda: len([*tmp_path.glob("*.json")]) == 3)
            assert counted(database, "checkouts") == before


def grow_old(folder: Path) -> None:
    for file in folder.glob("*.json"):
        os.utime(file, (0, 0))


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def counted(database: Database, name: str) -> int:
    pools = database.metrics_snapshot()["pools"].values()
    return sum({**pool["gauges"], **pool["counters"]}[name] for pool in pools)


def test_snapshots_add_up(small: Database) -> None:
    ask(small)
    one = small.metrics_snapshot()
    both = merged([one, one])
    name = readers(small).name
    assert both["pools"][name]["counters"]["checkouts"] == 2
    waits = both["pools"][name]["histograms"]["wait_seconds"]
    assert waits["counts"][-1] == 2
    assert both["queries"]["histograms"]["seconds"]["total"] == pytest.approx(
        2 * one["queries"]["histograms"]["seconds"]["total"]
    )


def test_a_load_of_many_clients_keeps_to_the_pool(database_url: str) -> None:
    with opened(database_url, pool_size=3, max_overflow=0) as database:
        training = database.repository(TrainingRepository)
        most: list[int] = []

        def client(number: int) -> None:
            for turn in range(8):
                if turn % 4:
                    training.list_neural_configs(limit=5)
                else:
                    training.create_neural_config(f"{number}-{turn}", {})
                most.append(database.pool_metrics(longer_than=60).checked_out)

        with ThreadPoolExecutor(24) as clients:
            for done in clients.map(client, range(24)):
                assert done is None
        found = database.pool_metrics()
    assert found.capacity is not None
    assert max(most) <= found.capacity
    assert found.created <= found.capacity
    assert found.checkouts >= 24 * 8
    assert (found.checked_out, found.waiting, found.timeouts) == (0, 0, 0)
    assert found.wait_seconds.longest > 0
    assert found.hold_seconds.count == found.wait_seconds.count == found.checkouts


def test_who_waits_longest_is_served_first(database_url: str) -> None:
    order: list[int] = []
    with opened(database_url, pool_size=1, max_overflow=0) as database:
        engine = database.engines()[-1]

        def client(number: int) -> None:
            with engine.connect():
                order.append(number)

        with ThreadPoolExecutor(4) as clients:
            with engine.connect():
                for number in range(4):
                    clients.submit(client, number)
                    until(lambda n=number: readers(database).waiting == n + 1)
            client(9)  # it comes by while they wake up
    assert order == [0, 1, 2, 3, 9]


@pytest.mark.databases("sqlite", "postgresql")
def test_tasks_are_served_in_their_order(database_url: str) -> None:
    async def main() -> list[int]:
        order: list[int] = []
        async with AsyncDatabase(
            database_url, pool_size=1, max_overflow=0, pool_timeout=10
        ) as database:

            async def client(number: int) -> None:
                async with database.transaction(read_only=True) as session:
                    await session.execute(READ_ONE)
                    order.append(number)

            await client(0)
            tasks = []
            async with database.transaction(read_only=True) as session:
                await session.execute(READ_ONE)
                for number in range(4):
                    tasks.append(asyncio.create_task(client(number)))
                    await asyncio.sleep(0.01)
                tasks.pop(1).cancel()  # one who leaves is passed over
                await asyncio.sleep(0)
            await client(9)
            await asyncio.gather(*tasks)
            assert database.pool_metrics().checked_out == 0
        return order

    assert asyncio.run(main()) == [0, 0, 2, 3, 9]


def test_waiting_in_vain_leaves_the_queue_whole(small: Database) -> None:
    engine = small.engines()[-1]
    with engine.connect(), engine.connect():
        for _ in range(2):
            with pytest.raises(PoolTimeoutError):
                ask(small)
    ask(small)
    assert (readers(small).idle, readers(small).waiting) == (2, 0)
