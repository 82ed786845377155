"""Calls by themselves: one prepared statement, and no session."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from proxy import Proxy

from bedplate import Database, TrainingRepository
from bedplate.domains.training import AccuracyMetric, TrainingJob
from bedplate.errors import (
    AlreadyExistsError,
    CommitUnknownError,
    InvalidValueError,
    NotFoundError,
    ReferenceFailedError,
    TransitionError,
)

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
