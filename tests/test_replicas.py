"""Replicas: real ones of three products, which lag, hang, die and come back."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar
from uuid import uuid4

import pytest
import sqlalchemy as sa
from replication import PRODUCTS_THAT_REPLICATE, READER, WRITER, Pair
from sqlalchemy.orm import Session

from bedplate import AsyncDatabase, Database, Settings, TrainingRepository
from bedplate.dialects.postgresql.replication import PgReplication, _end_of_records
from bedplate.engine import Engines
from bedplate.errors import (
    AuthenticationError,
    BedplateError,
    NodeNotReadyError,
    PermissionDeniedError,
    ReadOnlyError,
    SchemaBehindError,
    UnsupportedError,
)
from bedplate.ops import replica_watch
from bedplate.ops.replica_watch import _Line
from bedplate.repository import reads
from bedplate.testing.containers import ContainerServer
from bedplate.testing.servers import UnavailableError
from bedplate.web import Calls

T = TypeVar("T")
NAME = "bedplate_replicated"
LAG = 2.0
"""Seconds; on a busy machine a thread may sleep for one longer than it wants to."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "pair" not in metafunc.fixturenames:
        return
    wanted = {n for n in metafunc.config.getoption("--db").split(",") if n}
    servers = [ContainerServer(product) for product in PRODUCTS_THAT_REPLICATE]
    if wanted:
        servers = [one for one in servers if {one.id, one.kind} & wanted]
    kinds = [mark.args for mark in metafunc.definition.iter_markers("databases")]
    found = [
        pytest.param(one.product, id=one.id, marks=pytest.mark.xdist_group("replicas"))
        for one in servers
        if all(one.kind in some for some in kinds)
    ]
    metafunc.parametrize("pair", found, indirect=True, scope="session")


class Pairs:
    """The pairs of servers, each started once, all of them at the same time."""

    def __init__(self, required: set[str]) -> None:
        self._required = required
        self._starting: dict[str, Any] = {}
        self._pairs: list[Pair] = []
        self._pool = ThreadPoolExecutor()
        self._migrating = threading.Lock()

    def start(self, product: Any) -> None:
        if product.name not in self._starting:
            self._starting[product.name] = self._pool.submit(self._started, product)

    def _started(self, product: Any) -> Pair:
        pair = Pair(product)
        self._pairs.append(pair)
        pair.start()
        pair.create(NAME)
        # One at a time: Alembic has one context a process.
        with self._migrating, Database(pair.url("primary", NAME)) as database:
            database.upgrade()
        return pair

    def get(self, product: Any) -> Pair:
        self.start(product)
        try:
            pair: Pair = self._starting[product.name].result()
        except UnavailableError as error:
            if self._required & {"all", product.name}:
                pytest.fail(str(error), pytrace=False)
            pytest.skip(str(error))
        return pair

    def stop(self) -> None:
        self._pool.shutdown(wait=True)
        with ThreadPoolExecutor() as pool:
            [*pool.map(Pair.stop, self._pairs)]


@pytest.fixture(scope="session")
def pairs(request: pytest.FixtureRequest) -> Iterator[Pairs]:
    required = request.config.getoption("--require-db").split(",")
    found = Pairs({name for name in required if name})

    def end(*_: object) -> None:
        raise KeyboardInterrupt  # so that what was started is stopped

    before = signal.signal(signal.SIGTERM, end)
    try:
        for item in request.session.items:
            callspec = getattr(item, "callspec", None)
            if callspec is not None and "pair" in callspec.params:
                found.start(callspec.params["pair"])
        yield found
    finally:
        found.stop()
        signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def pair(pairs: Pairs, request: pytest.FixtureRequest) -> Pair:
    """A primary and its replica; the test runs once for each product."""
    return pairs.get(request.param)


def options(pair: Pair, **settings: Any) -> dict[str, Any]:
    usual = {
        "replica_urls": pair.url("replica", NAME, READER),
        "replica_max_lag": LAG,
        "connect_timeout": 1,
    }
    return usual | settings


def opened(pair: Pair, **settings: Any) -> Database:
    return Database(pair.url("primary", NAME), **options(pair, **settings))


@pytest.fixture
def db(pair: Pair) -> Iterator[Database]:
    """The database, whose replica is in use."""
    with opened(pair) as database:
        eventually(lambda: asked(pair, database) == 1)
        yield database
        taken = [pool.checked_out for pool in database.pool_metrics().pools]
    assert taken == [0, 0]


def eventually(holds: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.02)


def elsewhere(work: Callable[..., T], *args: Any) -> T:
    """Run work in a thread that has written nothing."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *args).result()


def asked(pair: Pair, database: Database) -> int:
    """Return 1 where a replica answers what only reads, 0 where the primary does."""

    @reads
    def who(session: Session) -> int:
        return int(session.scalars(sa.text(pair.way.who)).one())

    return database.run(who)


def in_use(database: Database) -> bool:
    return database.health().replicas[0].in_use


def configs(database: Database) -> set[str]:
    found = database.repository(TrainingRepository).list_neural_configs(limit=1000)
    return {config.name for config in found}


def add_config(database: Database) -> str:
    name = f"config-{uuid4().hex[:12]}"
    database.repository(TrainingRepository).create_neural_config(name, {})
    return name


# Where work goes


def test_what_only_reads_goes_to_the_replica(pair: Pair, db: Database) -> None:
    training = db.repository(TrainingRepository)

    def checkouts() -> list[int]:
        return [pool.checkouts for pool in db.pool_metrics().pools]

    before = checkouts()
    training.list_neural_configs()
    assert training.get_training_job("of no name") is None  # without a session
    with db.transaction(read_only=True) as session:
        assert session.scalar(sa.text(pair.way.who)) == 1
        assert session.scalar(sa.text(pair.way.user)) == READER
    after = checkouts()
    assert [b - a for a, b in zip(before, after, strict=True)] == [0, 3]


def test_what_may_write_goes_to_the_primary(pair: Pair, db: Database) -> None:
    def who(session: Session) -> Any:
        return session.scalar(sa.text(pair.way.who))

    assert db.run(who) == 0
    with db.transaction() as session:
        assert who(session) == 0
        with db.transaction(read_only=True) as inner:
            assert who(inner) == 0  # it joins
    assert who(db.session) == 0
    db.session.rollback()


def test_the_reader_may_not_write_and_need_not(pair: Pair, db: Database) -> None:
    add_config(db)
    url = pair.url("primary", NAME, READER)
    with Database(url) as reader, pytest.raises(PermissionDeniedError):
        add_config(reader)


def test_a_block_of_the_primary(pair: Pair, db: Database) -> None:
    with db.primary():
        assert asked(pair, db) == 0
        with db.primary():
            assert asked(pair, db) == 0
        assert asked(pair, db) == 0
        assert elsewhere(asked, pair, db) == 1
    assert asked(pair, db) == 1


@pytest.mark.databases("postgresql")
def test_replicas_take_turns(pair: Pair) -> None:
    url = pair.url("replica", NAME, READER)
    both = f"{url}, {url.replace('127.0.0.1', 'localhost')}"
    with opened(pair, replica_urls=both) as database:
        eventually(lambda: all(one.in_use for one in database.health().replicas))
        configs(database)  # with the first look, at the primary
        before = database.pool_metrics().pools
        for _ in range(10):
            configs(database)
        after = database.pool_metrics().pools
        taken = [b.checkouts - a.checkouts for a, b in zip(before, after, strict=True)]
        assert taken == [0, 5, 5]


# Own writes, and lag


def test_who_has_written_reads_it(pair: Pair) -> None:
    with opened(pair, replica_max_lag=60) as db:
        eventually(lambda: asked(pair, db) == 1)
        training = db.repository(TrainingRepository)
        with pair.lagging():
            name = add_config(db)
            config = training.get_neural_config_by_name(name)
            assert config is not None
            job = training.create_training_job(config.id)
            assert training.get_training_job(job.job_id) is not None
            training.update_training_job(job.job_id, progress=0.5)  # by itself
            found = training.get_training_job(job.job_id)
            assert found is not None
            assert found.progress == 0.5
            time.sleep(1.5)  # the replica has been asked since
            assert asked(pair, db) == 0
            assert name in configs(db)
            # Who has written nothing may be told what was so a minute ago.
            assert elsewhere(asked, pair, db) == 1
            assert name not in elsewhere(configs, db)
        eventually(lambda: asked(pair, db) == 1)
        assert name in configs(db)


@pytest.mark.parametrize(
    "write",
    [
        lambda db: (
            db.session.execute(sa.text("DELETE FROM neural_configs WHERE 1=0"))
            and db.session.commit()
        ),
        lambda db: db.run(lambda s: s.execute(sa.text("SELECT 1")).one()),
        lambda db: _begun(db),
    ],
    ids=["session", "run", "engine"],
)
def test_each_way_to_write_counts(
    pair: Pair, db: Database, write: Callable[[Database], Any]
) -> None:
    with pair.lagging():
        write(db)
        assert asked(pair, db) == 0
        assert elsewhere(asked, pair, db) == 1


def test_who_has_a_thread_write_reads_it(pair: Pair) -> None:
    """A call of a `Database` is awaited, and done in a thread."""

    async def work(db: Database) -> None:
        training = Calls(db, TrainingRepository)
        name = f"config-{uuid4().hex[:12]}"
        await training(TrainingRepository.list_neural_configs)
        assert asked(pair, db) == 1  # for it has read
        with pair.lagging():
            made = await training(TrainingRepository.create_neural_config, name, {})
            found = await training(TrainingRepository.get_neural_config_by_name, name)
            assert found is not None
            assert found.id == made.id
            assert elsewhere(asked, pair, db) == 1

    with opened(pair, replica_max_lag=60) as db:
        eventually(lambda: asked(pair, db) == 1)
        asyncio.run(work(db))


def _begun(db: Database) -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM neural_configs WHERE 1=0"))


def test_a_replica_that_lags_is_left_out_until_it_has_caught_up(
    pair: Pair, db: Database
) -> None:
    with pair.lagging():
        name = elsewhere(add_config, db)
        eventually(lambda: asked(pair, db) == 0)
        assert name in configs(db)
        found = db.health()
        (replica,) = found.replicas
        assert (replica.reachable, replica.in_use) == (True, False)
        assert "behind" in str(replica.reason)
        assert (found.status, found.ready) == ("degraded", True)
        assert "behind" in found.message
    eventually(lambda: asked(pair, db) == 1)
    assert name in configs(db)
    assert db.health().status == "ok"


def test_nothing_stale_is_ever_read(pair: Pair, db: Database) -> None:
    """A writer hands each name to a reader after the bound has passed."""
    missing: list[str] = []

    def look(name: str) -> None:
        time.sleep(LAG)
        if name not in configs(db):
            missing.append(name)

    with ThreadPoolExecutor(32) as pool:
        with pair.lagging():
            for _ in range(20):
                pool.submit(look, add_config(db))
                time.sleep(0.1)
        for _ in range(5):
            pool.submit(look, add_config(db))
            time.sleep(0.1)
    assert missing == []
    eventually(lambda: asked(pair, db) == 1)


def test_a_table_that_the_replica_has_not_yet(pair: Pair) -> None:
    table = f"late_{uuid4().hex[:8]}"

    @reads
    def look(session: Session) -> Any:
        return session.scalar(sa.text(f"SELECT count(*) FROM {table}"))

    with opened(pair, replica_max_lag=60) as db:
        eventually(lambda: asked(pair, db) == 1)
        with pair.lagging():
            pair.on("primary", f"CREATE TABLE {table} (id integer)", NAME)
            assert db.run(look) == 0
            assert asked(pair, db) == 1  # it is not at fault
        pair.on("primary", f"DROP TABLE {table}", NAME)
        with db.primary(), pytest.raises(SchemaBehindError):
            db.run(look)


# Faults


def test_a_killed_replica_is_left_out_and_comes_back(pair: Pair, db: Database) -> None:
    stopped = threading.Event()
    failed: list[BaseException] = []
    served = [0]

    def read() -> None:
        training = db.repository(TrainingRepository)
        while not stopped.is_set():
            try:
                training.list_neural_configs(limit=1)
                training.get_training_job("none")
                served[0] += 1
            except BedplateError as error:
                failed.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        pair.kill("replica")
        so_far = served[0]
        eventually(lambda: served[0] > so_far + 20)
        (replica,) = db.health().replicas
        assert (replica.reachable, replica.in_use) == (False, False)
        assert replica.reason
    finally:
        pair.restart("replica")
        stopped.set()
        for reader in readers:
            reader.join()
    assert failed == []
    eventually(lambda: asked(pair, db) == 1)


def test_a_read_whose_replica_hangs_is_done_by_the_primary(
    pair: Pair, db: Database
) -> None:
    held: list[Any] = []
    done = threading.Event()

    @reads
    def work(session: Session) -> int:
        where = int(session.scalars(sa.text(pair.way.who)).one())
        if where == 1 and not held:
            held.append(pair.hung("replica"))
            held[0].__enter__()
        return int(session.scalars(sa.text(pair.way.who)).one())

    try:
        assert elsewhere(db.run, work) == 0
        assert held
        begun = time.monotonic()
        for _ in range(5):
            assert asked(pair, db) == 0
        assert time.monotonic() - begun < 1  # nobody waits for it any more
    finally:
        held[0].__exit__(None, None, None)
        done.set()
    eventually(lambda: asked(pair, db) == 1)


def test_a_reader_who_is_refused_is_told(pair: Pair) -> None:
    url = sa.make_url(pair.url("replica", NAME, READER)).set(password="wrong-one")  # noqa: S106
    wrong = url.render_as_string(hide_password=False)
    with opened(pair, replica_urls=wrong, connect_timeout=5) as db:
        assert asked(pair, db) == 0
        (replica,) = db.health().replicas
        assert not replica.in_use
        assert "password" in str(replica.reason)
        assert "wrong-one" not in repr(db.health()) + repr(db.settings)


@pytest.mark.parametrize("kind", [NodeNotReadyError, AuthenticationError])
@pytest.mark.parametrize("way", ["session", "directly"])
def test_a_replica_that_our_own_check_refuses(
    pair: Pair,
    db: Database,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[BedplateError],
    way: str,
) -> None:
    """While the watch, on a connection of its own, finds it well."""
    engines, tries = db._engines_of_replicas()[0], 0
    check = engines.dialect.on_connect

    def refuse(dbapi: Any, settings: Any, *, read_only: bool) -> None:
        nonlocal tries
        if settings is engines.settings:
            tries += 1
            raise kind
        check(dbapi, settings, read_only=read_only)

    engines.dispose()
    begun = time.monotonic()
    with monkeypatch.context() as patched:
        patched.setattr(engines.dialect, "on_connect", refuse)
        if way == "session":
            assert asked(pair, db) == 0
        else:
            assert db.repository(TrainingRepository).get_training_job("none") is None
    assert tries == 1
    assert time.monotonic() - begun < 5
    eventually(lambda: asked(pair, db) == 1)


def test_no_replica_is_tried_again_and_again(pair: Pair, db: Database) -> None:
    """Nor one of whose refusal nobody is told."""
    engine, tries = db._engines_of_replicas()[0].writer, 0

    def refuse(*_: Any) -> None:
        nonlocal tries
        tries += 1
        raise AuthenticationError

    engine.dispose()
    sa.event.listen(engine, "connect", refuse)
    try:
        assert asked(pair, db) == 0
    finally:
        sa.event.remove(engine, "connect", refuse)
    assert tries == 1
    eventually(lambda: asked(pair, db) == 1)


def test_a_fork_looks_for_itself(pair: Pair, db: Database) -> None:
    child = os.fork()
    if child == 0:
        status = 1
        with suppress(BaseException):
            try:
                eventually(lambda: asked(pair, db) == 1)
                status = 0
            except BaseException:  # noqa: BLE001 - it must not go on as a test run
                traceback.print_exc()
        os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert asked(pair, db) == 1


def test_it_can_be_used_after_it_was_closed(pair: Pair, db: Database) -> None:
    db.close()
    names = [thread.name for thread in threading.enumerate()]
    assert asked(pair, db) == 0
    eventually(lambda: asked(pair, db) == 1)
    assert db.health().replicas[0].in_use, names


@pytest.mark.databases("mysql", "mariadb")
def test_a_primary_that_takes_no_writes_any_more_is_let_go(pair: Pair) -> None:
    """As after a switchover, which closes no connection and restarts nothing."""
    url = pair.url("primary", NAME)
    line = _Line(Engines(Settings.of(url)))

    def who(connection: sa.Connection) -> int:
        return int(connection.exec_driver_sql("SELECT connection_id()").scalar_one())

    before = line.ask(who)
    assert line.ask(line.dialect.replication.position)
    assert line.ask(who) == before
    with opened(pair) as db:
        eventually(lambda: asked(pair, db) == 1)
        pair.on("primary", "SET GLOBAL read_only = 1")
        try:
            with pytest.raises(UnsupportedError, match="takes no writes"):
                line.ask(line.dialect.replication.position)
            assert line.ask(who) != before  # it asks whoever has the name now
            eventually(lambda: not in_use(db))
            eventually(lambda: "takes no writes" in repr(db.health().replicas))
        finally:
            pair.on("primary", "SET GLOBAL read_only = 0")
            line.close()
        eventually(lambda: asked(pair, db) == 1)


def test_a_look_that_is_under_way_when_it_is_closed(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(pair) as db:
        eventually(lambda: asked(pair, db) == 1)
        assert db._watch is not None
        (look,), (replica,) = db._watch._looks, db._watch._replicas.all
        asking, go_on, ask = threading.Event(), threading.Event(), look._there.ask

        def ask_slowly(question: Any) -> Any:
            asking.set()
            assert go_on.wait(10)
            return ask(question)

        monkeypatch.setattr(look._there, "ask", ask_slowly)
        assert asking.wait(10)
        db.close()
        go_on.set()
        name = f"bedplate-replica-{replica.name}"
        eventually(lambda: name not in {one.name for one in threading.enumerate()})
        assert replica.complete == -math.inf
        pools: list[Any] = [line._engines.writer.pool for line in look._lines]
        assert [pool.checkedin() + pool.checkedout() for pool in pools] == [0, 0]
        eventually(lambda: asked(pair, db) == 1)


def test_a_look_that_fails_is_not_the_last(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(replica_watch, "_REST", 0.1)
    with opened(pair) as db:
        eventually(lambda: asked(pair, db) == 1)
        assert db._watch is not None
        line = db._watch._looks[0]._there
        with monkeypatch.context() as patched:

            def fail(_: object) -> None:
                raise ValueError("of no known kind")

            patched.setattr(line, "ask", fail)
            eventually(lambda: not in_use(db))
        assert "of no known kind" in caplog.text
        eventually(lambda: asked(pair, db) == 1)


def test_a_server_that_takes_no_writes_says_so(pair: Pair) -> None:
    """As after a failover, where the address still leads to the old primary."""
    with Database(pair.url("replica", NAME, WRITER)) as database:
        for _ in range(2):
            with pytest.raises(ReadOnlyError, match="takes no writes"):
                add_config(database)
        training = database.repository(TrainingRepository)
        with pytest.raises(ReadOnlyError, match="takes no writes"):
            training.record_accuracy("loss", 0.5)
        assert database.pool_metrics().invalidated == 3
        assert training.list_neural_configs(limit=1) is not None


# What is told


def test_the_pools_are_told_apart(pair: Pair, db: Database) -> None:
    pools = db.pool_metrics().pools
    where = f"replica 127.0.0.1:{pair.port('replica')}"
    assert [pool.name for pool in pools] == ["pool", where]
    assert len(db.engines()) == 2
    assert db.query_metrics().count > 0
    primary = pools[0].checkouts
    advice = db.pool_advice()
    assert advice.demand is not None
    assert advice.demand.checkouts == primary


# The event loop


def test_an_event_loop_does_the_same(pair: Pair) -> None:
    asyncio.run(_in_a_loop(pair))


async def _in_a_loop(pair: Pair) -> None:
    @reads
    def who(session: Session) -> int:
        return int(session.scalars(sa.text(pair.way.who)).one())

    def add(session: Session) -> str:
        name = f"config-{uuid4().hex[:12]}"
        TrainingRepository(session).create_neural_config(name, {})
        return name

    async def settled() -> bool:
        return await database.run(who) == 1

    url = pair.url("primary", NAME)
    async with AsyncDatabase(url, **options(pair, replica_max_lag=60)) as database:
        await _eventually(settled)
        async with database.transaction(read_only=True) as session:
            assert await session.run_sync(who) == 1
        with database.primary():
            assert await database.run(who) == 0
            assert await asyncio.create_task(database.run(who)) == 0
        other = asyncio.Event()

        async def another() -> int:
            await other.wait()
            return await database.run(who)

        beside = asyncio.create_task(another())
        with pair.lagging():
            await database.run(add)
            assert await database.run(who) == 0
            other.set()
            assert await beside == 1
        await _eventually(settled)
        assert (await database.health()).replicas[0].in_use
        held = pair.hung("replica")
        begun = False

        @reads
        def hang(session: Session) -> int:
            nonlocal begun
            if who(session) and not begun:
                begun = True
                held.__enter__()
            return who(session)

        try:
            assert await database.run(hang) == 0
            assert begun
        finally:
            held.__exit__(None, None, None)


async def _eventually(holds: Callable[[], Any], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < end, "it did not come to be"
        await asyncio.sleep(0.02)


# PostgreSQL's positions


@pytest.mark.databases("postgresql")
def test_an_idle_primary_at_the_beginning_of_a_segment(pair: Pair) -> None:
    with opened(pair) as db:
        pair.on("primary", "SELECT pg_switch_wal()")
        time.sleep(LAG + 0.5)  # longer than the bound, and nothing is written
        assert db.health().replicas[0].in_use


def test_where_the_last_record_ends() -> None:
    page, segment = 8192, 16 << 20
    ends = {
        3 * segment + 40: 3 * segment,
        3 * segment + page + 24: 3 * segment + page,
        3 * segment + page + 40: 3 * segment + page + 40,
        3 * segment + 48: 3 * segment + 48,
    }
    for inserted, end in ends.items():
        assert _end_of_records(inserted, page, segment) == end


@pytest.mark.databases("postgresql")
def test_what_is_no_replica_of_the_primary_is_refused(pair: Pair) -> None:
    primary = pair.url("primary", NAME)
    with opened(pair, replica_urls=primary) as db:
        assert asked(pair, db) == 0
        (replica,) = db.health().replicas
        assert (replica.reachable, replica.in_use) == (True, False)
        assert "follows no other server" in str(replica.reason)
    engine = sa.create_engine(pair.url("replica", NAME))
    with engine.connect() as connection:
        with pytest.raises(UnsupportedError, match="of another"):
            PgReplication().replayed(connection, ["123:456"])
        with pytest.raises(UnsupportedError, match="itself"):
            PgReplication().position(connection)
    engine.dispose()


@pytest.mark.databases("postgresql")
def test_of_several_hosts_the_primary_is_taken(pair: Pair) -> None:
    hosts = ",".join(pair.address(role) for role in ("replica", "primary"))
    url = sa.make_url(pair.url("primary", NAME)).set(host=hosts, port=5432)
    named = url.render_as_string(hide_password=False)
    with Database(named) as database:
        assert add_config(database) in configs(database)
        assert database.health().status == "ok"

    async def write() -> int:
        async with AsyncDatabase(named) as database:
            return await database.run(
                lambda session: int(session.scalars(sa.text(pair.way.who)).one())
            )

    assert asyncio.run(write()) == 0
