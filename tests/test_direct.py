"""Calls by themselves: one prepared statement, and no session."""

from __future__ import annotations

import copy
import logging
import math
import pickle
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from proxy import Proxy
from sqlalchemy.orm import Mapped, Session, deferred, reconstructor, relationship

from bedplate import BookRepository, Database, TrainingRepository
from bedplate.base import Base
from bedplate.conversions import making_ready, naming
from bedplate.domains.training import (
    AccuracyMetric,
    MarkovNGram,
    NeuralConfig,
    TrainingJob,
)
from bedplate.domains.users import User
from bedplate.errors import (
    AlreadyExistsError,
    CommitUnknownError,
    InvalidValueError,
    NotFoundError,
    PoolTimeoutError,
    ReadOnlyError,
    ReferenceFailedError,
    StatementError,
    TransactionError,
    TransitionError,
)
from bedplate.ops.pool_metrics import LongHolder
from bedplate.prepared import Change, Prepared
from bedplate.repository import Repository, prepared, reads
from bedplate.testing.servers import Server

servers = pytest.mark.databases("postgresql", "mysql", "mariadb")


@pytest.fixture
def training(database: Database) -> TrainingRepository:
    return database.repository(TrainingRepository)


@contextmanager
def without_sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail where a session is opened."""

    def opened(*_: Any, **__: Any) -> None:
        raise AssertionError("a session was opened")

    with monkeypatch.context() as patch:
        patch.setattr("bedplate.session.open_session", opened)
        yield


def test_a_call_by_itself_needs_no_session(
    training: TrainingRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    training.create_training_job(job_id="a")
    training.update_markov_ngram(3, "ab", "c")
    with without_sessions(monkeypatch):
        assert training.record_accuracy("loss", 0.5).id is not None
        assert training.update_training_job("a", "running", 10).progress == 10
        job = training.get_training_job("a")
        assert job is not None
        assert (job.status, job.job_id) == ("running", "a")
        assert [g.count for g in training.get_markov_ngrams(3, "ab")] == [1]
        assert training.get_training_job("b") is None
        with pytest.raises(NotFoundError, match="no training job 'b'"):
            training.update_training_job("b", progress=1)
        with pytest.raises(TransitionError):
            training.update_training_job("a", "pending")


def test_a_row_is_read_by_its_key_without_one(
    database: Database,
    training: TrainingRepository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = training.create_neural_config("small", {"layers": [1, None, "ü"]})
    training.update_markov_ngram(3, "ab", "c")
    user = database.repository(BookRepository).create_user("a", "a@example.org")
    with without_sessions(monkeypatch):
        found = training.get_neural_config(config.id)
        assert found is not None
        assert found.as_dict() == config.as_dict()
        assert training.get_neural_config(config.id + 1) is None
        ngrams = training.of(MarkovNGram)
        assert ngrams.require((3, "ab", "c")).count == 1
        with pytest.raises(NotFoundError, match="no row of markov_ngrams"):
            ngrams.require((3, "ab", "d"))
        with pytest.raises(InvalidValueError, match="a key of markov_ngrams has"):
            ngrams.get(1)
        users = training.of(User)
        assert users.require(str(user.id)).id == user.id
    with database.transaction() as session:
        inside = training.get_neural_config(config.id)
        assert inside is not None
        assert inside in session
        assert training.get_neural_config(config.id) is inside


def test_a_search_needs_none(
    training: TrainingRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The second is shown from behind its head, by a statement of its own.
    long = "filler " * 3_000 + "the grey heron"
    keys = [
        training.add_corpus_text("a heron", "a").id,
        training.add_corpus_text(long, "b").id,
    ]
    training.search_corpus("heron")
    with without_sessions(monkeypatch):
        found = {hit.id: hit for hit in training.search_corpus("heron -egret")}
        assert [*found] == keys
        assert found[keys[0]].snippet == "a [heron]"
        assert found[keys[1]].snippet.endswith("filler the grey [heron]")
        assert found[keys[0]].title == "a"
        assert training.search_corpus("egret") == []
        assert training.get_corpus_slice(keys[1], 21_000, 8) == "the grey"
        with pytest.raises(NotFoundError):
            training.get_corpus_slice(keys[1] + 1, 0, 1)


class Again(Base):
    """Apart from Bedplate's own classes of the same tables."""

    __abstract__ = True
    registry = sa.orm.registry(metadata=Base.metadata)


class Dated(Again):
    """A configuration whose key is a date, as far as its program knows."""

    __table__ = sa.Table(
        "neural_configs", sa.MetaData(), sa.Column("id", sa.DateTime, primary_key=True)
    )


class Complete(Again):
    """A job together with its configuration."""

    __table__ = TrainingJob.__table__
    neural_config: Mapped[NeuralConfig | None] = relationship(
        NeuralConfig, lazy="joined", viewonly=True
    )


class Brief(Again):
    """A job without its error."""

    __table__ = TrainingJob.__table__
    error: Mapped[str | None] = deferred(TrainingJob.__table__.c.error)


class Told(Again):
    """A job that is told when it was loaded."""

    __table__ = TrainingJob.__table__

    @reconstructor
    def note(self) -> None:
        self.shown = self.job_id.upper()  # type: ignore[attr-defined]  # of the table


def test_what_is_loaded_in_other_ways_goes_through_a_session(
    training: TrainingRepository,
) -> None:
    config = training.create_neural_config("small", {})
    key = training.create_training_job(config.id, job_id="a").id
    complete = training.of(Complete).require(key)
    assert complete.neural_config is not None
    assert complete.neural_config.name == "small"
    assert "error" not in training.of(Brief).require(key).__dict__
    assert training.of(Told).require(key).shown == "A"


class Configs(Repository[NeuralConfig]):
    """Reads by key in its own way, and so does what calls it."""

    @reads
    def get(self, key: Any) -> NeuralConfig | None:
        return self.session.get(NeuralConfig, key)


class Careless(TrainingRepository):
    @prepared
    def write_and_ask_for_a_session(self) -> None:
        self._way.add(AccuracyMetric, {"metric_type": "loss", "value": 1.0})
        self.session.flush()


def test_what_needs_a_session_after_all_gets_one(
    database: Database, training: TrainingRepository
) -> None:
    config = training.create_neural_config("small", {})
    configs = database.repository(Configs)
    assert configs.require(config.id).name == "small"
    with pytest.raises(NotFoundError):
        configs.require(config.id + 1)
    with pytest.raises(TransactionError, match="has written, and then wants a session"):
        database.repository(Careless).write_and_ask_for_a_session()


@pytest.mark.databases("sqlite")
def test_a_key_that_is_none_is_told(training: TrainingRepository) -> None:
    training.create_neural_config("small", {})
    with pytest.raises(StatementError, match="TypeError. SQLite DateTime"):
        training.of(Dated).get("2020-01-01")


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (sa.Engine, "before_cursor_execute"),
        (sa.Engine, "begin"),
        (sa.pool.Pool, "checkout"),
        (Session, "do_orm_execute"),
    ],
)
def test_whoever_listens_to_all_hears_it(
    training: TrainingRepository, target: Any, name: str
) -> None:
    config = training.create_neural_config("small", {})
    training.get_neural_config(config.id)
    heard: list[str] = []

    def note(*_: Any) -> None:
        heard.append(name)

    sa.event.listen(target, name, note)
    training.get_neural_config(config.id)
    sa.event.remove(target, name, note)
    training.get_neural_config(config.id)
    assert {*heard} == {name}  # on MySQL there are statements before it


def test_whoever_listens_to_loading_hears_it(training: TrainingRepository) -> None:
    config = training.create_neural_config("small", {})
    training.get_neural_config(config.id)
    heard: list[str] = []

    def note(entity: NeuralConfig, _: Any) -> None:
        heard.append(entity.name)

    sa.event.listen(NeuralConfig, "load", note)
    training.get_neural_config(config.id)
    sa.event.remove(NeuralConfig, "load", note)
    training.get_neural_config(config.id)
    assert heard == ["small"]


def test_it_gives_what_a_session_gives(
    database: Database, training: TrainingRepository
) -> None:
    training.create_training_job(job_id="a")
    given = ("loss", math.nan, {"of": ["a", 1.5, None]}, None, 7)
    alone = training.record_accuracy(*given)
    with database.transaction() as session:
        within = training.record_accuracy(*given)
        read = session.get_one(AccuracyMetric, alone.id)
        one, two, three = (e.as_dict() for e in (alone, within, read))
        assert read is not alone
    for each in (one, two, three):
        moment = each.pop("created_at")
        assert abs((datetime.now(UTC) - moment).total_seconds()) < 600
        assert math.isnan(each.pop("value"))
    assert one == three
    assert {**one, "id": 0} == {**two, "id": 0}
    changed = training.update_training_job("a", "running", 12.5, "on it")
    again = training.get_training_job("a")
    with database.transaction(read_only=True):
        within_job = training.get_training_job("a")
    assert again is not None
    assert within_job is not None
    assert changed.as_dict() == again.as_dict() == within_job.as_dict()
    assert again.started_at is not None
    assert again.started_at.utcoffset() is not None


def test_what_it_gives_may_go_on_in_a_session(
    database: Database, training: TrainingRepository
) -> None:
    training.create_training_job(job_id="a")
    metric = training.record_accuracy("loss", 0.5)
    job = training.get_training_job("a")
    assert job is not None
    assert sa.inspect(job).detached
    with database.transaction() as session:
        session.add_all([job, metric])
        job.message = "by hand"
        metric.step = 3
    (read,) = training.get_accuracy_metrics()
    assert (read.id, read.step) == (metric.id, 3)
    changed = training.get_training_job("a")
    assert changed is not None
    assert changed.message == "by hand"


def test_it_joins_what_is_open(
    database: Database, training: TrainingRepository
) -> None:
    training.create_training_job(job_id="a")
    with database.transaction() as session:
        training.record_accuracy("loss", 1.0)
        job = training.update_training_job("a", progress=50)
        assert training.get_training_job("a") is job
        session.rollback()
    training.record_accuracy("kept", 1.0)
    assert [m.metric_type for m in training.get_accuracy_metrics()] == ["kept"]
    after = training.get_training_job("a")
    assert after is not None
    assert after.progress == 0


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"metric_type": "a\0b", "value": 1.0}, InvalidValueError),
        ({"metric_type": "a", "value": "much"}, InvalidValueError),
        ({"metric_type": "a", "value": 1.0, "step": 1.5}, InvalidValueError),
        ({"metric_type": "a", "value": 1.0, "metadata": {1: 2}}, InvalidValueError),
        (
            {"metric_type": "a", "value": 1.0, "training_job_id": 2**40},
            ReferenceFailedError,
        ),
    ],
)
def test_what_is_refused_leaves_nothing(
    training: TrainingRepository, given: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        training.record_accuracy(**given)
    training.record_accuracy("next", 1.0)
    assert [m.metric_type for m in training.get_accuracy_metrics()] == ["next"]


def test_many_threads_lose_nothing(training: TrainingRepository) -> None:
    training.create_training_job(job_id="a")

    def work(number: int) -> None:
        for step in range(5):
            training.record_accuracy(f"of {number}", step, step=step)
            training.update_training_job("a", progress=step)
            training.get_training_job("a")

    with ThreadPoolExecutor(8) as executor:
        list(executor.map(work, range(8)))
    assert len(training.get_accuracy_metrics(limit=100)) == 40


def test_calls_and_transactions_take_turns(
    database: Database, training: TrainingRepository
) -> None:
    training.create_training_job(job_id="a")
    for step in range(3):
        training.record_accuracy("alone", step)
        with pytest.raises(AlreadyExistsError), database.transaction() as session:
            session.execute(sa.insert(AccuracyMetric), {"metric_type": "b", "value": 1})
            training.create_training_job(job_id="a")
        with database.transaction() as session:
            session.execute(sa.insert(AccuracyMetric), {"metric_type": "c", "value": 1})
    found = sorted(m.metric_type for m in training.get_accuracy_metrics())
    assert found == ["alone"] * 3 + ["c"] * 3


def test_slow_ones_are_logged(
    database_url: str, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with Database(database_url, slow_query_ms=0.001) as other:
        training = other.repository(TrainingRepository)
        training.get_training_job("a")
        with caplog.at_level(logging.WARNING, "bedplate.slow"):
            caplog.clear()
            training.record_accuracy("loss", 1.0)
    assert [
        r.message.count("INSERT INTO accuracy_metrics") for r in caplog.records
    ] == [1]


@servers
def test_an_insert_whose_outcome_is_unknown_is_not_repeated(database_url: str) -> None:
    with (
        Proxy(database_url, forwards=True) as proxy,
        Database(proxy.url, ssl_mode="disable") as database,
    ):
        training = database.repository(TrainingRepository)
        training.record_accuracy("before", 1.0)
        proxy.word, proxy.armed = b"INSERT INTO accuracy_metrics", 1
        with pytest.raises(CommitUnknownError):
            training.record_accuracy("unknown", 1.0)
        assert proxy.armed == 0
        training.record_accuracy("after", 1.0)
        found = {m.metric_type for m in training.get_accuracy_metrics()}
        assert {"before", "after"} <= found


@servers
def test_a_reading_whose_connection_breaks_is_repeated(database_url: str) -> None:
    with (
        Proxy(database_url, forwards=False) as proxy,
        Database(proxy.url, ssl_mode="disable") as database,
    ):
        training = database.repository(TrainingRepository)
        training.create_training_job(job_id="a")
        proxy.word, proxy.armed = b"FROM training_jobs", 1
        job = training.get_training_job("a")
        assert proxy.armed == 0
        assert isinstance(job, TrainingJob)


@pytest.mark.databases("sqlite")
def test_whoever_listens_to_statements_hears_it(
    database: Database, training: TrainingRepository
) -> None:
    heard: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        heard.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    training.record_accuracy("loss", 1.0)
    sa.event.remove(database.engine, "before_cursor_execute", note)
    assert any("INSERT INTO accuracy_metrics" in statement for statement in heard)


def test_it_is_counted(database: Database, training: TrainingRepository) -> None:
    training.get_training_job("a")
    database.reset_metrics()
    training.record_accuracy("loss", 1.0)
    with pytest.raises(ReferenceFailedError):
        training.record_accuracy("loss", 1.0, checkpoint_id=2**40)
    (told,) = database.query_metrics().statements
    assert told.statement.startswith("INSERT INTO accuracy_metrics")
    assert (told.count, told.errors) == (2, 1)
    assert database.pool_metrics().checkouts == 2


class TimeIsUpError(Exception):
    """What a program's handler of a signal raises."""


@contextmanager
def time_is_up_after(seconds: float) -> Iterator[None]:
    def handle(_signal: int, _frame: object) -> None:
        raise TimeIsUpError

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


SLEEPS = {
    name: sa.select(getattr(sa.func, function)(sa.bindparam("for", type_=sa.Double())))
    for name, function in {
        "postgresql": "pg_sleep",
        "mysql": "sleep",
        "mariadb": "sleep",
    }.items()
}


class Slow(TrainingRepository):
    """A repository of a program, whose calls take their time."""

    @prepared
    @reads
    def sleep(self, seconds: float) -> object:
        return self._way.tuples(SLEEPS[self.dialect.name], {"for": seconds})


@servers
def test_an_exception_of_a_signal_gives_the_connection_up(
    database: Database, training: TrainingRepository
) -> None:
    """What the server answers after it is not read by the next one."""
    training.create_training_job(job_id="a")
    calls = database.repository(Slow)
    for _ in range(2):
        calls.sleep(0.0)
    with pytest.raises(TimeIsUpError), time_is_up_after(0.2):
        calls.sleep(1.0)
    assert database.pool_metrics().invalidated == 1
    for _ in range(3):
        job = training.get_training_job("a")
        assert job is not None
        assert job.job_id == "a"
    assert database.pool_metrics().checked_out == 0


JOB: Any = TrainingJob.__table__
OF_JOB = JOB.c.job_id == sa.bindparam("job", type_=JOB.c.job_id.type)
MESSAGE = Change(
    TrainingJob,
    sa.update(JOB).where(OF_JOB).values(message="changed", updated_at=JOB.c.created_at),
    Prepared(TrainingJob, sa.select(TrainingJob).where(OF_JOB)),
)


class Changing(TrainingRepository):
    """A repository of a program, which changes a row."""

    @prepared
    def say(self, job_id: str) -> TrainingJob | None:
        return self._way.change(MESSAGE, {"job": job_id})


def test_an_update_that_changes_nothing_leaves_the_connection_in_step(
    database_url: str,
) -> None:
    with Database(database_url, pool_size=1, max_overflow=0) as database:
        calls = database.repository(Changing)
        calls.create_training_job(job_id="a")
        for _ in range(2):
            changed = calls.say("a")
            assert changed is not None
            assert (changed.job_id, changed.message) == ("a", "changed")
            assert calls.say("b") is None
            with database.transaction() as session:  # by another cursor
                assert session.scalar(sa.text("SELECT 1")) == 1


@pytest.mark.databases("mysql", "mariadb")
def test_behind_a_proxy_of_its_own_mind_one_statement_is_sent_at_a_time(
    database: Database, training: TrainingRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a proxy tells another number than the server, and refuses two."""
    from pymysql.connections import (  # type: ignore[import-untyped]  # it has none
        Connection,
    )

    training.create_training_job(job_id="a")
    sent: list[bytes] = []
    write = Connection._write_bytes

    def note(connection: Any, data: bytes) -> None:
        sent.append(data)
        write(connection, data)

    monkeypatch.setattr(Connection, "_write_bytes", note)
    training.update_training_job("a", progress=1.0)
    assert [b"SELECT" in data for data in sent if b"UPDATE" in data] == [True]
    monkeypatch.setattr(Connection, "thread_id", lambda _: 2**31)
    sent.clear()
    with Database(database.settings) as other:
        jobs = other.repository(TrainingRepository)
        jobs.get_training_job("a")
        job = jobs.update_training_job("a", progress=3.0)
        assert job.progress == 3.0
    assert [b"SELECT" in data for data in sent if b"UPDATE" in data] == [False]


@pytest.mark.databases("mysql", "mariadb")
@pytest.mark.parametrize("moment", ["BEGIN", "COMMIT", "an answer nobody wants"])
def test_an_exception_around_the_statements_gives_the_connection_up(
    database: Database,
    training: TrainingRepository,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    from pymysql.connections import (
        Connection,
    )

    from bedplate.dialects.mysql.cursors import KnowingCursor

    training.create_training_job(job_id="a")
    owner, name = {
        "BEGIN": (KnowingCursor, "execute"),
        "COMMIT": (Connection, "commit"),
        "an answer nobody wants": (KnowingCursor, "pass_over"),
    }[moment]
    usual = getattr(owner, name)

    def broken_off(self: Any, *given: Any) -> Any:
        usual(self, *given)
        if moment != "BEGIN" or given[0] == "BEGIN":
            raise TimeIsUpError
        return self.rowcount

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, broken_off)
        with pytest.raises(TimeIsUpError):
            if name == "pass_over":
                training.update_training_job("no such job", progress=1.0)
            else:
                training.claim_training_job("w")
    assert database.pool_metrics().invalidated == 1
    found = training.get_training_job("a")
    assert found is not None
    assert found.status == ("running" if moment == "COMMIT" else "pending")


class Interrupted(TrainingRepository):
    """Repositories of a program, whose calls end in other ways."""

    @prepared
    def read_and_raise(self, error: BaseException) -> None:
        every = Prepared(TrainingJob, sa.select(TrainingJob))
        self._way.rows(every, {})
        raise error


def test_an_interrupt_gives_the_connection_up(
    database: Database, training: TrainingRepository
) -> None:
    training.create_training_job(job_id="a")
    calls = database.repository(Interrupted)
    with pytest.raises(KeyError):
        calls.read_and_raise(KeyError("of the caller"))
    assert database.pool_metrics().invalidated == 0
    with pytest.raises(KeyboardInterrupt):
        calls.read_and_raise(KeyboardInterrupt())
    found = database.pool_metrics()
    assert (found.invalidated, found.checked_out) == (1, 0)
    assert training.record_accuracy("after", 1.0).id is not None
    assert training.get_training_job("a") is not None


def test_it_waits_for_a_connection_as_others_do(database_url: str) -> None:
    with Database(
        database_url, pool_size=1, max_overflow=0, pool_timeout=0.1
    ) as database:
        training = database.repository(TrainingRepository)
        training.record_accuracy("before", 1.0)
        with ThreadPoolExecutor(1) as executor, database.transaction() as session:
            session.execute(sa.insert(AccuracyMetric), {"metric_type": "b", "value": 1})
            late = executor.submit(training.record_accuracy, "late", 1.0)
            with pytest.raises(PoolTimeoutError):
                late.result(timeout=60)
        training.record_accuracy("after", 1.0)
        assert database.pool_metrics().timeouts == 1
        assert len(training.get_accuracy_metrics()) == 3


def test_who_has_a_connection_for_long_is_told(database_url: str) -> None:
    with Database(database_url) as ours, Database(database_url) as other:
        training = ours.repository(TrainingRepository)
        training.create_training_job(job_id="a")

        def waits_for_a_lock() -> None:
            training.update_training_job("a", progress=50)

        thread = threading.Thread(target=waits_for_a_lock, name="who waits")
        with other.transaction():
            other.repository(TrainingRepository).update_training_job("a", progress=1)
            thread.start()
            end = time.monotonic() + 30
            holders: tuple[LongHolder, ...] = ()
            while not holders and time.monotonic() < end:
                time.sleep(0.01)
                holders = ours.pool_metrics(longer_than=0.05).long_holders
        thread.join()
        (holder,) = holders
        assert holder.thread == "who waits"
        assert holder.stack[-1].endswith("waits_for_a_lock")
        assert ours.pool_metrics(longer_than=0).long_holders == ()


@servers
def test_a_connection_that_was_killed_is_replaced_first(
    server: Server, database_url: str
) -> None:
    kill = {"postgresql": "SELECT pg_terminate_backend({}, 10000)"}
    own = {"postgresql": "SELECT pg_backend_pid()"}
    with Database(database_url, pool_size=1) as database:
        training = database.repository(TrainingRepository)
        training.record_accuracy("before", 1.0)
        with database.engine.connect() as connection:
            ask = sa.text(own.get(server.kind, "SELECT connection_id()"))
            number = connection.scalar(ask)
        with Database(database_url) as other, other.engine.connect() as connection:
            connection.execute(sa.text(kill.get(server.kind, "KILL {}").format(number)))
            time.sleep(0.2)  # until the end has come through
        training.record_accuracy("after", 1.0)
        found = database.pool_metrics()
        assert (found.failed_health_checks, found.created) == (1, 2)


def test_a_transaction_after_it_is_one(
    database: Database, training: TrainingRepository
) -> None:
    training.record_accuracy("kept", 1.0)
    with pytest.raises(KeyError), database.transaction() as session:
        session.execute(sa.insert(AccuracyMetric), {"metric_type": "b", "value": 1})
        raise KeyError("of the caller")
    training.get_training_job("a")
    with (
        pytest.raises(ReadOnlyError),
        database.transaction(read_only=True) as session,
    ):
        session.execute(sa.insert(AccuracyMetric), {"metric_type": "c", "value": 1})
    training.record_accuracy("too", 1.0)
    with database.engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        alone.execute(sa.delete(AccuracyMetric).where(AccuracyMetric.value == 7))
        alone.execute(sa.insert(AccuracyMetric), {"metric_type": "d", "value": 1})
    found = [m.metric_type for m in training.get_accuracy_metrics()]
    assert found == ["d", "too", "kept"]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("name", ["checkout", "checkin"])
def test_whoever_listens_to_the_pool_hears_it(
    database: Database, training: TrainingRepository, name: str
) -> None:
    heard: list[Any] = []

    def note(*told: Any) -> None:
        heard.append(told)

    training.record_accuracy("loss", 1.0)
    sa.event.listen(database.engine, name, note)
    training.record_accuracy("loss", 1.0)
    sa.event.remove(database.engine, name, note)
    assert heard


@pytest.mark.databases("sqlite")
def test_moments_in_other_words_are_read(
    database: Database, training: TrainingRepository
) -> None:
    words = {
        "2026-01-02 03:04:05.678901": datetime(2026, 1, 2, 3, 4, 5, 678901, UTC),
        "2026-01-02 03:04:05": datetime(2026, 1, 2, 3, 4, 5, 0, UTC),
        "2026-01-02": datetime(2026, 1, 2, 0, 0, 0, 0, UTC),
        "2026-01-02 03:04:05+02:00": datetime(2026, 1, 2, 1, 4, 5, 0, UTC),
    }
    training.create_training_job(job_id="a")
    for written, moment in words.items():
        with database.transaction() as session:
            change = sa.text("UPDATE training_jobs SET started_at = :moment")
            session.execute(change, {"moment": written})
        job = training.get_training_job("a")
        assert job is not None
        assert job.started_at == moment
        assert str(job.started_at) == str(moment)


# What the ORM knows of it


def test_its_rows_are_entities_like_others(
    database: Database, training: TrainingRepository
) -> None:
    training.create_training_job(job_id="a")
    for again in (lambda job: job, copy.copy, copy.deepcopy, _pickled):
        job = training.get_training_job("a")
        assert job is not None
        job = again(job)
        assert "_sa_instance_state" not in vars(job)
        assert sa.inspect(job).detached
        assert sa.inspect(job).identity == (job.id,)
        assert not sa.inspect(job).modified
        assert sa.orm.object_session(job) is None
        with pytest.raises(sa.exc.InvalidRequestError):
            assert job.metrics
        with database.transaction() as session:
            merged = session.merge(job, load=False)
            assert merged is session.get_one(TrainingJob, job.id)
        job.message = "changed"
        assert sa.inspect(job).modified
        assert _pickled(job).message == "changed"


def _pickled(job: TrainingJob) -> TrainingJob:
    found: TrainingJob = pickle.loads(pickle.dumps(job))  # noqa: S301  # our own
    return found


def test_those_that_are_made_here_are_new(training: TrainingRepository) -> None:
    job = TrainingJob(job_id="a")
    assert sa.inspect(job).transient
    assert sa.inspect(job).key is None
    with pytest.raises(AttributeError):
        TrainingJob.__new__(TrainingJob)._sa_instance_state  # noqa: B018  # it raises


def test_all_who_ask_at_once_get_the_same_state(training: TrainingRepository) -> None:
    training.create_training_job(job_id="a")
    with ThreadPoolExecutor(8) as executor:
        for _ in range(20):
            job = training.get_training_job("a")
            found = executor.map(lambda _, job=job: sa.inspect(job), range(8))
            assert len({id(state) for state in found}) == 1


# Conversions


def word(value: Any) -> str:
    return "nothing" if value is None else str(value)


def number(value: Any) -> float | None:
    return None if value is None else float(value)


def test_values_are_made_ready_in_their_order() -> None:
    ready = making_ready(
        [("a", 1, None), ("it's", None, word), ("b", None, number), ("a", 1, word)]
    )
    assert ready({"a": 2, "b": 3}.get) == [2, "nothing", 3.0, "2"]
    assert ready({"it's": 4}.get) == [1, "4", None, "1"]


def test_rows_are_named_and_read() -> None:
    named = naming(["a", "b", "c"], [None, word, number])
    assert named([(1, None, "2.5"), (None, 2, None)]) == [
        {"a": 1, "b": "nothing", "c": 2.5},
        {"a": None, "b": "2", "c": None},
    ]
    assert naming(["a"], [word])([(1,), (None,)]) == [{"a": "1"}, {"a": "nothing"}]
    with pytest.raises(ValueError, match="unpack"):
        named([(1, 2)])


@pytest.mark.databases("postgresql", "mysql", "mariadb")
def test_a_broken_connection_takes_older_ones_with_it(database: Database) -> None:
    pool: Any = database.engine.pool
    broken, other = pool.lend(), pool.lend()
    older = other.dbapi_connection
    pool.give_up(broken, Exception("its server takes no writes any more"))
    pool.take_back(broken)
    pool.take_back(other)
    again = [pool.lend() for _ in range(2)]
    assert older not in [entry.dbapi_connection for entry in again]
    assert None not in [entry.dbapi_connection for entry in again]
    for entry in again:
        pool.take_back(entry)


def test_it_commits_on_a_connection_that_was_in_autocommit(
    database: Database, database_url: str
) -> None:
    training = database.repository(TrainingRepository)
    training.record_accuracy("loss", 1.0)  # looks at the schema, too
    plain = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with plain.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    training.record_accuracy("loss", 2.0)
    with Database(database_url) as other:
        seen = other.repository(TrainingRepository).get_accuracy_metrics("loss")
    assert sorted(metric.value for metric in seen) == [1.0, 2.0]
    with database.transaction():  # begins, as ever
        training.record_accuracy("loss", 3.0)
