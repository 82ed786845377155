"""Three nodes of MariaDB that all take writes: what they refuse, and what is kept."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from migrations.history import HEAD, HISTORY
from migrations.programs import started
from migrations.schemas import history_of
from sqlalchemy.orm import Session
from training.watching import together

from bedplate import Database, TrainingRepository
from bedplate.domains.training import NeuralConfig, TrainingJob
from bedplate.engine import Engines
from bedplate.errors import (
    CommitUnknownError,
    DeadlockError,
    LeaseLostError,
    MigrationLockError,
    NodeNotReadyError,
    ServerUnreachableError,
    ValueTooLargeError,
)
from bedplate.ops import migrations
from bedplate.settings import Settings
from bedplate.testing.galera import GaleraServer

pytestmark = pytest.mark.databases("galera")

NODES = range(3)


def at(galera: GaleraServer, number: int, url: str) -> str:
    """Return the URL of a database at one node alone."""
    node = galera.nodes[number].set(database=galera.direct(url).database)
    return node.render_as_string(hide_password=False)


@pytest.fixture
def nodes(galera: GaleraServer, database_url: str) -> Iterator[list[Database]]:
    """The same database, opened at each node."""
    with ExitStack() as stack:
        opened = (Database(at(galera, n, database_url)) for n in NODES)
        yield [stack.enter_context(database) for database in opened]


def tell(galera: GaleraServer, number: int, statement: str) -> Any:
    """Run a statement at a node, whatever state it is in."""
    import pymysql  # type: ignore[import-untyped]  # it has no types

    node = galera.nodes[number]
    try:
        connection = pymysql.connect(
            host=node.host, port=node.port, user=node.username, password=node.password
        )
    except pymysql.err.OperationalError as error:
        raise ConnectionError(str(error)) from error
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def until_synced(galera: GaleraServer, number: int) -> None:
    deadline = time.monotonic() + 120
    state = "SHOW STATUS WHERE Variable_name IN ('wsrep_local_state', 'wsrep_ready')"
    while True:
        try:
            if {*dict(tell(galera, number, state)).values()} == {"4", "ON"}:
                return
        except ConnectionError:
            pass  # it is not up yet
        if time.monotonic() > deadline:
            words = galera.container(number).logs(tail=50).decode()
            pytest.fail(f"node {number} does not come back:\n{words}")
        time.sleep(0.2)


@contextmanager
def isolated(galera: GaleraServer, number: int) -> Iterator[None]:
    """Cut a node off from the others; clients still reach it."""
    tell(galera, number, "SET GLOBAL wsrep_provider_options = 'gmcast.isolate=1'")
    try:
        deadline = time.monotonic() + 30
        while dict(tell(galera, number, "SHOW STATUS LIKE 'wsrep_ready'")) != {
            "wsrep_ready": "OFF"
        }:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield
    finally:
        tell(galera, number, "SET GLOBAL wsrep_provider_options = 'gmcast.isolate=0'")
        until_synced(galera, number)


def add(database: Database, job: str = "j") -> None:
    database.repository(TrainingRepository).create_training_job(job_id=job)


def say(session: Session, words: str) -> None:
    session.execute(sa.update(TrainingJob).values(message=words))


def said(database: Database) -> str | None:
    job = database.repository(TrainingRepository).get_training_job("j")
    assert job is not None
    return job.message


# Writes


def test_connections_lead_to_every_node(database: Database) -> None:
    """So that the training suite, which passes here, is about a cluster."""
    query = sa.text("SELECT @@hostname")
    names = set()
    for _ in range(40):
        with database.engine.connect() as connection:
            names.add(connection.scalar(query))
            connection.invalidate()
    assert len(names) == 3


def test_what_was_written_on_one_node_is_read_on_another(
    nodes: list[Database],
) -> None:
    here, there, far = (node.repository(TrainingRepository) for node in nodes)
    for n in range(100):
        job = here.create_training_job(job_id=f"j{n}")
        assert there.get_training_job(job.job_id) is not None
        assert far.update_training_job(job.job_id, message="seen") is not None
        found = here.get_training_job(job.job_id)
        assert found is not None
        assert found.message == "seen"


@pytest.mark.parametrize(("causal", "wanted"), [(True, 15), (False, 0)])
def test_waiting_for_others_can_be_left_off(
    database_url: str, causal: bool, wanted: int
) -> None:
    query = sa.text("SELECT @@wsrep_sync_wait")
    with (
        Database(database_url, causal_reads=causal) as database,
        database.engine.connect() as connection,
    ):
        assert connection.scalar(query) == wanted


def test_a_conflict_between_nodes_fails_at_commit(nodes: list[Database]) -> None:
    """Both changed the row, and neither waited: the second to commit is told so."""
    add(nodes[0])
    tried: list[str] = []
    with pytest.raises(DeadlockError) as caught, nodes[0].transaction() as session:
        say(session, "of node 0")
        with nodes[1].transaction() as other:
            say(other, "of node 1")
        time.sleep(0.5)
        tried.append("came to its end")
    assert tried
    cause = caught.value.__cause__
    assert isinstance(cause, sa.exc.DBAPIError)
    assert cause.statement is None  # it was the COMMIT
    assert said(nodes[2]) == "of node 1"


def test_a_conflict_between_nodes_is_run_again(nodes: list[Database]) -> None:
    add(nodes[0])
    tries = []

    def work(session: Session) -> None:
        tries.append(1)
        say(session, "of node 0")
        if len(tries) == 1:
            with nodes[1].transaction() as other:
                say(other, "of node 1")
            time.sleep(0.5)

    nodes[0].run(work)

    assert len(tries) == 2
    assert said(nodes[2]) == "of node 0"


def test_writers_of_the_same_counts_lose_nothing(nodes: list[Database]) -> None:
    keys = {(f"k{n}", "x"): 1 for n in range(10)}

    def merge(number: int) -> None:
        training = nodes[number % 3].repository(TrainingRepository)
        for _ in range(10):
            training.merge_markov_ngrams(3, keys)

    _, errors = together([partial(merge, n) for n in range(6)])
    assert errors == []
    counted = nodes[0].repository(TrainingRepository).get_markov_ngrams(3, "k0")
    assert [row.count for row in counted] == [60]


@pytest.mark.parametrize("limit", [1, 7])
def test_no_job_is_claimed_on_two_nodes(nodes: list[Database], limit: int) -> None:
    """Row locks are each node's own: that two took the same shows at COMMIT."""
    first = nodes[0].repository(TrainingRepository)
    for n in range(60):
        first.create_training_job(job_id=f"j{n:03}")

    def claim(number: int) -> list[str]:
        training = nodes[number % 3].repository(TrainingRepository)
        mine: list[str] = []
        while jobs := training.claim_training_jobs(f"w{number}", limit=limit):
            mine += [job.job_id for job in jobs]
        return mine

    found, errors = together([partial(claim, n) for n in range(6)])
    assert errors == []
    counted = Counter(job for mine in found for job in mine)
    assert counted == Counter(f"j{n:03}" for n in range(60))
    assert {job.attempts for job in first.list_training_jobs(limit=100)} == {1}


def test_a_lease_that_ran_out_ends_its_worker_on_another_node(
    nodes: list[Database],
) -> None:
    """The lock of a worker that is just writing is not seen by the other node."""
    near, far = (node.repository(TrainingRepository) for node in nodes[:2])
    near.create_training_job(job_id="j")
    job = near.claim_training_job("w", 1)
    assert job is not None
    time.sleep(1.2)
    with pytest.raises(DeadlockError), nodes[0].transaction():
        near.heartbeat_training_job("j", job.token)
        assert far.requeue_expired_training_jobs() == 1
        time.sleep(0.5)
    with pytest.raises(LeaseLostError):
        near.heartbeat_training_job("j", job.token)


def test_more_than_the_cluster_takes_at_once_is_told(
    galera: GaleraServer, nodes: list[Database]
) -> None:
    training = nodes[0].repository(TrainingRepository)
    limits = {"wsrep_max_ws_size": 65_536, "wsrep_max_ws_rows": 50}
    usual = {name: tell(galera, 0, f"SELECT @@{name}")[0][0] for name in limits}
    works: dict[str, Callable[[], object]] = {
        "wsrep_max_ws_size": lambda: training.add_corpus_text("word " * 60_000),
        "wsrep_max_ws_rows": lambda: training.merge_markov_ngrams(
            2, {(chr(n), "x"): 1 for n in range(100, 300)}
        ),
    }
    for name, limit in limits.items():
        tell(galera, 0, f"SET GLOBAL {name} = {limit}")
        try:
            with pytest.raises(ValueTooLargeError, match=r"exceeded"):
                works[name]()
        finally:
            tell(galera, 0, f"SET GLOBAL {name} = {usual[name]}")
        works[name]()


# Migrations


def test_ten_upgrades_at_once_take_turns(galera: GaleraServer, blank_url: str) -> None:
    urls = [at(galera, n % 3, blank_url) for n in range(10)]
    programs = [started(url, "bedplate", "upgrade") for url in urls[:2]]

    def upgrade(url: str) -> str | None:
        with Database(url) as own:
            return own.upgrade().current

    with ThreadPoolExecutor(8) as pool:
        assert [*pool.map(upgrade, urls[2:])] == [HEAD] * 8
    for process in programs:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    with Database(blank_url) as database, database.engine.connect() as connection:
        assert [version for version, _ in history_of(connection)] == HISTORY
        assert connection.exec_driver_sql("SELECT * FROM bedplate_locks").all() == []
        assert database.schema_differences() == []


@contextmanager
def held(url: str) -> Iterator[sa.Connection]:
    engines = Engines(Settings.of(url))
    with migrations.migrating(engines) as connection:
        yield connection
    engines.dispose()


def test_the_lock_of_one_node_holds_on_another(
    galera: GaleraServer, blank_url: str
) -> None:
    with (
        held(at(galera, 0, blank_url)),
        Database(at(galera, 1, blank_url), migration_lock_timeout=0.5) as database,
        pytest.raises(MigrationLockError, match=r"for 0\.5 s: process \d+ on "),
    ):
        database.upgrade()
    with Database(at(galera, 2, blank_url), migration_lock_timeout=0) as database:
        assert database.upgrade().at_head


def test_the_lock_of_a_dead_program_is_taken_from_it(
    galera: GaleraServer, blank_url: str
) -> None:
    with held(at(galera, 0, blank_url)):
        pass  # the table is there
    with Database(blank_url) as database, database.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO bedplate_locks VALUES ('migration', 'dead', 'process 1', 5)"
        )
    began = time.monotonic()
    with ThreadPoolExecutor(3) as pool:

        def upgrade(number: int) -> bool:
            with Database(at(galera, number, blank_url)) as database:
                return database.upgrade().at_head

        assert all(pool.map(upgrade, NODES))
    assert time.monotonic() - began > 9
    with Database(blank_url) as database, database.engine.connect() as connection:
        assert [version for version, _ in history_of(connection)] == HISTORY


def test_a_lock_that_was_taken_away_is_told(
    galera: GaleraServer, blank_url: str
) -> None:
    with (
        pytest.raises(MigrationLockError, match="was lost"),
        held(at(galera, 0, blank_url)),
        Database(at(galera, 1, blank_url)) as other,
        other.engine.begin() as connection,
    ):
        connection.exec_driver_sql("UPDATE bedplate_locks SET token = 'another'")


# Nodes that are not in sync, or gone


def test_a_node_that_lags_is_refused(
    galera: GaleraServer, nodes: list[Database]
) -> None:
    tell(galera, 2, "SET GLOBAL wsrep_desync = ON")
    try:
        with pytest.raises(NodeNotReadyError, match="Donor/Desynced"):
            nodes[2].engine.connect()
        answer = nodes[2].test_connection()
        assert answer["status"] == "error"
        assert "not in sync" in answer["message"]
    finally:
        tell(galera, 2, "SET GLOBAL wsrep_desync = OFF")
    until_synced(galera, 2)
    assert nodes[2].test_connection()["status"] == "ok"


def test_a_node_that_was_cut_off_is_refused_and_others_are_used(
    galera: GaleraServer, nodes: list[Database], database_url: str
) -> None:
    add(nodes[1], "before")  # a connection to it is in the pool
    hosts = ",".join(
        f"{galera.nodes[n].host}:{galera.nodes[n].port}" for n in (1, 0, 2)
    )
    account, name = database_url.partition("@")[0], galera.direct(database_url).database
    several = f"{account}@{hosts}/{name}"
    with Database(several) as database:
        add(database, "on node 1")
        with isolated(galera, 1):
            add(database, "on another")
            with Database(several) as fresh:
                add(fresh, "on another as well")
            with pytest.raises(NodeNotReadyError), nodes[1].transaction() as session:
                session.scalar(sa.text("SELECT count(*) FROM training_jobs"))
            with pytest.raises(NodeNotReadyError, match="not in sync"):
                nodes[1].engine.connect()
    there = nodes[1].repository(TrainingRepository).list_training_jobs()
    names = {job.job_id for job in there}
    assert names == {"before", "on node 1", "on another", "on another as well"}


def test_work_waits_for_its_node_to_come_back(
    galera: GaleraServer, nodes: list[Database]
) -> None:
    add(nodes[1], "before")
    done = threading.Event()

    def write() -> None:
        add(nodes[1], "meanwhile")
        done.set()

    with isolated(galera, 1):
        thread = threading.Thread(target=write)
        thread.start()
        assert not done.wait(1)
    thread.join(30)
    assert done.is_set()


class Writer(threading.Thread):
    """Writes rows, each under a name of its own, until it is told to stop."""

    def __init__(self, database: Database, name: str) -> None:
        super().__init__(name=name)
        self._database = database
        self.stop = threading.Event()
        self.acknowledged: list[str] = []
        self.unknown: list[str] = []
        self.errors: list[BaseException] = []

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            name = f"{self.name}-{number}"
            try:
                self._database.run(self._add, name)
                self.acknowledged.append(name)
            except CommitUnknownError:
                self.unknown.append(name)
            except Exception as error:  # noqa: BLE001  # whatever it is
                self.errors.append(error)

    @staticmethod
    def _add(session: Session, name: str) -> None:
        session.add(NeuralConfig(name=name, config={}))


@contextmanager
def writing(url: str) -> Iterator[list[Writer]]:
    """Let six write to whichever nodes there are."""
    with ExitStack() as stack:
        databases = [stack.enter_context(Database(url)) for _ in range(6)]
        writers = [Writer(database, f"w{n}") for n, database in enumerate(databases)]
        for writer in writers:
            writer.start()
        try:
            yield writers
        finally:
            for writer in writers:
                writer.stop.set()
            for writer in writers:
                writer.join()


def hold_to_account(writers: list[Writer], database: Database) -> None:
    """Every acknowledged write is there once; what was unknown, at most once."""
    with database.transaction(read_only=True) as session:
        found = Counter(session.scalars(sa.select(NeuralConfig.name)))
    acknowledged = {name for writer in writers for name in writer.acknowledged}
    unknown = {name for writer in writers for name in writer.unknown}
    assert [e for writer in writers for e in writer.errors] == []
    assert acknowledged <= {*found}
    assert {*found} <= acknowledged | unknown
    assert {*found.values()} == {1}


def test_nothing_is_lost_where_a_node_is_cut_off_under_load(
    galera: GaleraServer, database_url: str, database: Database
) -> None:
    with writing(database_url) as writers:
        time.sleep(1.5)
        with isolated(galera, 1):
            before = [len(writer.acknowledged) for writer in writers]
            time.sleep(3)
        time.sleep(1)
    after = [len(writer.acknowledged) for writer in writers]
    assert all(a > b for a, b in zip(after, before, strict=True))
    hold_to_account(writers, database)


def test_nothing_is_lost_where_a_node_stands_still_under_load(
    galera: GaleraServer, database_url: str, nodes: list[Database]
) -> None:
    """Its COMMIT may be answered by a refusal, and be in the others all the same."""
    with writing(database_url) as writers:
        time.sleep(1.5)
        galera.container(2).pause()
        time.sleep(7)  # the others give it up
        galera.container(2).unpause()
        until_synced(galera, 2)
        time.sleep(1)
    hold_to_account(writers, nodes[0])


def test_nothing_is_lost_where_a_node_is_killed_under_load(
    galera: GaleraServer, database_url: str, nodes: list[Database]
) -> None:
    with writing(database_url) as writers:
        time.sleep(1.5)
        galera.container(1).kill()
        time.sleep(5)
        before = [len(writer.acknowledged) for writer in writers]
        time.sleep(3)
    after = [len(writer.acknowledged) for writer in writers]
    assert all(a > b for a, b in zip(after, before, strict=True))
    hold_to_account(writers, nodes[0])
    with pytest.raises(ServerUnreachableError):
        add(nodes[1])
    galera.container(1).start()
    until_synced(galera, 1)
    hold_to_account(writers, nodes[1])
