"""Repositories: every method, on single and composite keys, a few rows and many."""

from __future__ import annotations

import importlib.util
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bedplate import (
    AsyncDatabase,
    BookRepository,
    ConversationRepository,
    Database,
    Repository,
    TelemetryRepository,
    TrainingRepository,
    WorkflowRepository,
)
from bedplate.base import Base
from bedplate.domains import load_models
from bedplate.domains.books import Plot
from bedplate.domains.conversations import Conversation
from bedplate.domains.training import (
    AccuracyMetric,
    MarkovNGram,
    NeuralConfig,
    TextCorpus,
    TrainingJob,
)
from bedplate.errors import (
    AlreadyExistsError,
    InvalidValueError,
    MissingValueError,
    NotFoundError,
    ReferenceFailedError,
)

ROOT = Path(__file__).resolve().parent.parent
MANY = 70_001
"""More rows than any database takes parameters in one statement."""


class Configs(Repository[NeuralConfig]):
    """A repository of one's own."""

    def named(self, name: str) -> NeuralConfig | None:
        return self._first(sa.select(NeuralConfig).where(NeuralConfig.name == name))


@pytest.fixture
def configs(database: Database) -> Configs:
    return database.repository(Configs)


@pytest.fixture
def metrics(database: Database) -> Repository[AccuracyMetric]:
    return database.repository(TrainingRepository).of(AccuracyMetric)


@pytest.fixture
def ngrams(database: Database) -> Repository[MarkovNGram]:
    return database.repository(TrainingRepository).of(MarkovNGram)


def config(name: str, **values: Any) -> NeuralConfig:
    return NeuralConfig(name=name, config=values)


def metric(step: int, **values: Any) -> dict[str, Any]:
    return {"metric_type": "loss", "value": step / 4, "step": step, **values}


def ngram(key: str, count: int = 1) -> dict[str, Any]:
    return {"n": len(key), "context": key[:-1], "next_char": key[-1], "count": count}


def many_ngrams(count: int) -> Iterator[dict[str, Any]]:
    first = ord("一")
    for n in range(MANY):
        yield ngram(chr(first + n // 300) + chr(first + n % 300), count)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Collect the statements that are sent meanwhile."""
    sent: list[str] = []

    def collect(*arguments: Any) -> None:
        if not arguments[2].startswith(("BEGIN", "START", "PRAGMA")):
            sent.append(arguments[2])

    for engine in database.engines():
        sa.event.listen(engine, "before_cursor_execute", collect)
    try:
        yield sent
    finally:
        for engine in database.engines():
            sa.event.remove(engine, "before_cursor_execute", collect)


# One row


def test_add_and_get(configs: Configs) -> None:
    before = datetime.now(UTC)
    added = configs.add(config("a", width=3))
    after = datetime.now(UTC)
    assert added.id > 0
    assert before <= added.created_at <= after
    assert added.updated_at >= added.created_at
    found = configs.get(added.id)
    assert found is not None
    assert found is not added
    assert found.as_dict() == added.as_dict()
    assert f"id={added.id}" in repr(found)
    assert configs.get(added.id + 1) is None
    assert configs.named("a") is not None
    assert configs.named("A") is None


def test_a_composite_key(ngrams: Repository[MarkovNGram]) -> None:
    ngrams.add(MarkovNGram(n=2, context="a", next_char="b", count=1))
    found = ngrams.require((2, "a", "b"))
    assert (found.context, found.count) == ("a", 1)
    assert ngrams.get((2, "b", "a")) is None
    assert ngrams.update((2, "a", "b"), count=7).count == 7
    assert ngrams.require((2, "a", "b")).count == 7
    assert ngrams.delete((2, "a", "b"))
    assert not ngrams.delete((2, "a", "b"))
    for wrong in ((2, "a"), (2, "a", "b", "c")):
        with pytest.raises(InvalidValueError):
            ngrams.get_many([wrong])
        with pytest.raises(InvalidValueError):
            ngrams.delete_many([wrong])
        with pytest.raises(InvalidValueError):
            ngrams.list(after=wrong)


def test_what_is_no_repository_is_refused(database: Database) -> None:
    training = database.repository(TrainingRepository)
    wrong: Any
    for wrong in (training, dict, NeuralConfig):
        with pytest.raises(InvalidValueError, match="give the class itself"):
            database.repository(wrong)


def test_require_says_what_is_missing(configs: Configs) -> None:
    with pytest.raises(NotFoundError, match="no row of neural_configs has the key 99"):
        configs.require(99)
    with pytest.raises(LookupError):
        configs.update(99, name="b")


def test_update(configs: Configs) -> None:
    added = configs.add(config("a", width=3))
    changed = configs.update(added.id, name="b", config={"width": [4]})
    found = configs.require(added.id)
    assert (found.name, found.config) == ("b", {"width": [4]})
    assert found.updated_at == changed.updated_at > added.updated_at
    assert found.created_at == added.created_at
    with pytest.raises(InvalidValueError, match="no column 'nmae'"):
        configs.update(added.id, nmae="c")


def test_attributes_that_are_not_called_like_their_column(
    metrics: Repository[AccuracyMetric],
) -> None:
    metrics.add_many([metric(1, metadata={"a": 1}), metric(2, metadata_={"a": 2})])
    first, second = metrics.list()
    assert [first.metadata_, second.metadata_] == [{"a": 1}, {"a": 2}]
    assert first.as_dict()["metadata"] == {"a": 1}
    assert metrics.update(first.id, metadata={"a": 3}).metadata_ == {"a": 3}
    assert metrics.update(first.id, metadata_={"a": 4}).metadata_ == {"a": 4}


def test_delete_takes_what_depends_along(configs: Configs, database: Database) -> None:
    training = database.repository(TrainingRepository)
    added = configs.add(config("a"))
    job = training.create_training_job(added.id)
    training.record_accuracy("loss", 1.0, training_job_id=job.id)
    assert configs.delete(added.id)
    assert not configs.delete(added.id)
    assert training.of(TrainingJob).count() == 0
    assert training.of(AccuracyMetric).count() == 0


def test_constraints_have_errors_of_their_own(
    configs: Configs, metrics: Repository[AccuracyMetric]
) -> None:
    configs.add(config("a"))
    with pytest.raises(AlreadyExistsError):
        configs.add(config("a"))
    with pytest.raises(AlreadyExistsError):
        configs.add_many([{"name": "b", "config": {}}, {"name": "a", "config": {}}])
    with pytest.raises(MissingValueError):
        configs.add_many([{"name": "b"}])
    with pytest.raises(ReferenceFailedError):
        metrics.add_many([metric(1, training_job_id=99)])
    assert [found.name for found in configs.list()] == ["a"]
    assert metrics.count() == 0


# Pages


def test_list(metrics: Repository[AccuracyMetric]) -> None:
    metrics.add_many(metric(step) for step in range(10))
    everything = metrics.list()
    assert [found.step for found in everything] == list(range(10))
    assert [found.step for found in metrics.list(limit=3)] == [0, 1, 2]
    assert metrics.list(limit=0) == []
    even = metrics.list(AccuracyMetric.step < 6, AccuracyMetric.step > 2)
    assert [found.step for found in even] == [3, 4, 5]
    after = metrics.list(limit=3, after=everything[6].id)
    assert [found.step for found in after] == [7, 8, 9]
    for limit in (-1, True, 1.5, "2"):
        with pytest.raises(InvalidValueError, match="limit"):
            metrics.list(limit=limit)  # type: ignore[arg-type]


def test_list_has_a_limit_unless_told(metrics: Repository[AccuracyMetric]) -> None:
    metrics.add_many(metric(step) for step in range(101))
    assert len(metrics.list()) == 100


def test_pages_of_a_composite_key(ngrams: Repository[MarkovNGram]) -> None:
    keys = ["ab", "aB", "a ", "a\t", "áb", "Ab", "abc", "a c", "b", "😀b", "é", "é"]
    keys = [key for key in keys if len(key) <= 3]
    keys[-1] = "e\u0301"
    ngrams.add_many(ngram(key) for key in keys)
    expected = sorted((len(key), key[:-1], key[-1]) for key in keys)
    found: list[tuple[int, str, str]] = []
    while page := ngrams.list(limit=2, after=found[-1] if found else None):
        found += [(row.n, row.context, row.next_char) for row in page]
    assert found == expected


def test_count(metrics: Repository[AccuracyMetric]) -> None:
    assert metrics.count() == 0
    metrics.add_many(metric(step) for step in range(10))
    assert metrics.count() == 10
    assert metrics.count(AccuracyMetric.step < 4) == 4


def test_stream_while_writing(metrics: Repository[AccuracyMetric]) -> None:
    metrics.add_many(metric(step) for step in range(25))
    seen = []
    for row in metrics.stream(batch=10):
        seen.append(row.step)
        metrics.update(row.id, value=-1.0)
        if row.step == 3:
            metrics.delete(row.id + 10)  # of the next batch
            metrics.add_many([metric(25)])
    assert seen == [step for step in range(26) if step != 13]
    assert metrics.count(AccuracyMetric.value == -1.0) == 25
    assert [row.step for row in metrics.stream(AccuracyMetric.step > 23)] == [24, 25]
    assert list(metrics.stream(AccuracyMetric.step > 99)) == []


def test_stream_holds_no_connection(database: Database) -> None:
    metrics = database.repository(TrainingRepository).of(AccuracyMetric)
    metrics.add_many(metric(step) for step in range(5))
    stream = metrics.stream(batch=2)
    next(stream)
    assert all(engine.pool.checkedout() == 0 for engine in database.engines())  # type: ignore[attr-defined]  # of a queue
    assert len(list(stream)) == 4


def test_get_many_keeps_the_order_asked_for(
    metrics: Repository[AccuracyMetric], ngrams: Repository[MarkovNGram]
) -> None:
    metrics.add_many(metric(step) for step in range(5))
    ids = [row.id for row in metrics.list()]
    wanted = [ids[3], ids[0], 10**9, ids[4], ids[0]]
    assert [row.step for row in metrics.get_many(wanted)] == [3, 0, 4, 0]
    assert metrics.get_many([]) == []
    assert [row.step for row in metrics.get_many(iter(ids))] == [0, 1, 2, 3, 4]
    ngrams.add_many(ngram(key) for key in ("ab", "ba", "abc"))
    keys = [(3, "ab", "c"), (2, "x", "y"), (2, "a", "b")]
    found = [row.context + row.next_char for row in ngrams.get_many(keys)]
    assert found == ["abc", "ab"]


# Many rows


def test_bulk_methods_take_any_number_of_rows(
    ngrams: Repository[MarkovNGram],
) -> None:
    assert ngrams.add_many(many_ngrams(1)) == MANY
    assert ngrams.count() == MANY
    assert ngrams.upsert_many(many_ngrams(2)) == MANY
    assert ngrams.count(MarkovNGram.count == 2) == MANY
    some = list(islice(many_ngrams(3), 1_501))
    assert ngrams.update_many(some) == 1_501
    assert ngrams.count(MarkovNGram.count == 3) == 1_501
    keys = [(r["n"], r["context"], r["next_char"]) for r in many_ngrams(0)]
    some_keys = keys[25_000:0:-1]  # three parameters each
    found = ngrams.get_many(some_keys)
    assert [(row.n, row.context, row.next_char) for row in found] == some_keys
    assert ngrams.delete_many(keys) == MANY
    assert ngrams.count() == 0


def test_nothing_at_all(
    metrics: Repository[AccuracyMetric], database: Database
) -> None:
    empty: Iterable[Any]
    for empty in ([], iter(()), ()):
        assert metrics.add_many(empty) == 0
        assert metrics.upsert_many(empty) == 0
        assert metrics.update_many(empty) == 0
        assert metrics.delete_many(empty) == 0
    assert metrics.update_many([{"id": 1}]) == 0  # nothing to change
    assert metrics.count() == 0


def test_rows_that_name_different_columns(metrics: Repository[AccuracyMetric]) -> None:
    when = datetime(2026, 1, 2, tzinfo=UTC)
    rows = [
        metric(0, metric_type="a"),
        metric(1, metric_type="b", created_at=when),
        {"metric_type": "c", "value": 1.0},
        metric(3, metric_type="d", metadata={"a": 1}),
        metric(4, metric_type="e"),
    ]
    assert metrics.add_many(rows) == 5
    found = {row.metric_type: row for row in metrics.list()}
    steps = {name: row.step for name, row in found.items()}
    assert steps == {"a": 0, "b": 1, "c": None, "d": 3, "e": 4}
    documents = {name: row.metadata_ for name, row in found.items() if row.metadata_}
    assert documents == {"d": {"a": 1}}
    assert found.pop("b").created_at == when
    now = datetime.now(UTC)
    assert all(now - row.created_at < timedelta(minutes=5) for row in found.values())
    changes: list[dict[str, Any]] = [
        {"id": found["a"].id, "value": 5.0},
        {"id": found["c"].id, "step": 9},
        {"metadata": None, "id": found["d"].id},
        {"id": found["e"].id, "value": 6.0, "step": None},
    ]
    assert metrics.update_many(changes) == 4
    now_found = {row.metric_type: (row.value, row.step) for row in metrics.list()}
    assert now_found == {
        "a": (5.0, 0),
        "b": (0.25, 1),
        "c": (1.0, 9),
        "d": (0.75, 3),
        "e": (6.0, None),
    }
    assert metrics.count(AccuracyMetric.metadata_.is_(None)) == 5


def test_rows_are_mappings(database: Database) -> None:
    """One row where many are meant is refused, and so is what is no row at all."""
    workflows = database.repository(WorkflowRepository)
    telemetry = database.repository(TelemetryRepository)
    books = database.repository(BookRepository)
    chats = database.repository(ConversationRepository)
    chat = chats.create_conversation()
    bulk: list[Callable[[Any], object]] = [
        workflows.insert_articles,
        workflows.insert_alerts,
        telemetry.record_metrics,
        telemetry.record_events,
        books.create_multiple_plots,
        partial(books.batch_insert, Plot),
        partial(books.batch_update, Plot),
        partial(chats.append_messages, chat.id),
        chats.remember_many,
    ]
    for write in bulk:
        for rows in ({"id": "a", "title": "b"}, ["text"], [3], [None]):
            with pytest.raises(InvalidValueError, match="rows are mappings"):
                write(rows)


def test_what_cannot_be_a_key_is_refused(database: Database) -> None:
    books = database.repository(BookRepository)
    workflows = database.repository(WorkflowRepository)
    by_key: list[Callable[[Any], object]] = [
        books.get_plot,
        books.delete_plot,
        partial(books.update_plot, title="new"),
        workflows.get_article,
        workflows.get_workflow,
    ]
    for read in by_key:
        for key in ({"id": 1}, {1}, [], ["a", "b"], [["a"]], bytearray(b"a")):
            with pytest.raises(InvalidValueError, match="key|UUID"):
                read(key)
    for query in (None, 3, b"words", ["words"]):
        with pytest.raises(InvalidValueError, match="query: text is needed"):
            workflows.search_articles(query)  # type: ignore[arg-type]


def test_unknown_columns_are_named(metrics: Repository[AccuracyMetric]) -> None:
    told = "accuracy_metrics has no column 'stpe'"
    for work in (metrics.add_many, metrics.upsert_many, metrics.update_many):
        with pytest.raises(InvalidValueError, match=told):
            work([metric(1), metric(2, stpe=3)])
    with pytest.raises(InvalidValueError, match=told):
        metrics.upsert_many([metric(1)], keys=["stpe"])
    with pytest.raises(InvalidValueError, match=told):
        metrics.upsert_many([metric(1)], update=["stpe"])
    with pytest.raises(InvalidValueError, match="each row needs id"):
        metrics.update_many([metric(1)])
    assert metrics.count() == 0


def test_a_bad_row_leaves_nothing_behind(metrics: Repository[AccuracyMetric]) -> None:
    rows = [metric(step) for step in range(6_000)] + [metric(1, value="high")]
    with pytest.raises(InvalidValueError, match="value: a number is needed"):
        metrics.add_many(rows)
    with pytest.raises(KeyError, match="of the caller"):
        metrics.add_many(failing())
    assert metrics.count() == 0


def failing() -> Iterator[dict[str, Any]]:
    for step in range(6_000):
        yield metric(step)
    raise KeyError("of the caller")


def test_upsert_changes_what_is_there(configs: Configs) -> None:
    first = configs.add(config("a", v=1))
    rows = [{"name": name, "config": {"v": 2}} for name in "ab"]
    assert configs.upsert_many(rows, keys=["name"]) == 2
    found, other = configs.list()
    assert (found.id, found.config, other.config) == (first.id, {"v": 2}, {"v": 2})
    assert found.created_at == first.created_at
    assert found.updated_at > first.updated_at


def test_upsert_may_leave_what_is_there(configs: Configs) -> None:
    first = configs.add(config("a", v=1))
    rows = [{"name": name, "config": {"v": 2}} for name in "ab"]
    assert configs.upsert_many(rows, keys=["name"], update=[]) == 2
    found, other = configs.list()
    assert found.as_dict() == first.as_dict()
    assert other.config == {"v": 2}
    only_keys = [{"name": "a", "config": {}}]
    assert configs.upsert_many(only_keys, keys=["name"], update=()) == 1
    assert configs.require(first.id).config == {"v": 1}


def test_upsert_may_change_some_columns(ngrams: Repository[MarkovNGram]) -> None:
    ngrams.add_many([ngram("ab", 1) | {"probability": 0.5}])
    rows = [ngram(key, 9) | {"probability": 0.25} for key in ("ab", "ac")]
    ngrams.upsert_many(rows, update=["count"])
    found = [(row.next_char, row.count, row.probability) for row in ngrams.list()]
    assert found == [("b", 9, 0.5), ("c", 9, 0.25)]


def test_the_last_of_the_same_key_counts(ngrams: Repository[MarkovNGram]) -> None:
    assert ngrams.upsert_many([ngram("ab", 1), ngram("ab", 2), ngram("ab", 3)]) == 3
    assert ngrams.require((2, "a", "b")).count == 3
    assert ngrams.update_many([ngram("ab", 4), ngram("ab", 5)]) == 1
    assert ngrams.require((2, "a", "b")).count == 5
    assert ngrams.delete_many([(2, "a", "b"), (2, "a", "b")]) == 1


def test_upsert_swallows_no_other_error(configs: Configs) -> None:
    configs.add(config("a"))
    with pytest.raises(MissingValueError):
        configs.upsert_many([{"name": "b"}], keys=["name"], update=[])
    updates: tuple[list[str] | None, ...] = ([], None)
    for update in updates:
        with pytest.raises(InvalidValueError):
            configs.upsert_many(
                [{"name": "b" * 256, "config": {}}], keys=["name"], update=update
            )
    assert configs.count() == 1


def test_bulk_updates_move_updated_at(configs: Configs) -> None:
    configs.add_many({"name": name, "config": {}} for name in "abc")
    first = {row.name: row for row in configs.list()}
    assert configs.update_many([{"id": first["a"].id, "config": {"v": 1}}]) == 1
    configs.upsert_many([{"name": "b", "config": {"v": 1}}], keys=["name"])
    now = {row.name: row for row in configs.list()}
    assert now["a"].updated_at > first["a"].updated_at
    assert now["b"].updated_at > first["b"].updated_at
    assert now["c"].updated_at == first["c"].updated_at
    assert [row.created_at for row in configs.list()] == [
        row.created_at for row in first.values()
    ]
    when = datetime(2026, 1, 2, tzinfo=UTC)
    configs.update_many([{"id": first["c"].id, "updated_at": when}])
    assert configs.require(first["c"].id).updated_at == when


def test_update_many_of_every_type(database: Database) -> None:
    metrics = database.repository(TrainingRepository).of(AccuracyMetric)
    metrics.add_many(metric(step) for step in range(3))
    ids = [row.id for row in metrics.list()]
    when = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    rows: list[dict[str, Any]] = [
        {"value": math.nan, "step": None, "metadata": None, "metric_type": "é"},
        {"value": math.inf, "step": 2**62, "metadata": {"a": [1]}, "metric_type": " "},
        {
            "value": math.pi * 1e300,
            "step": -1,
            "metadata": [None],
            "metric_type": "'%s:x",
        },
    ]
    changes = [
        row | {"id": key, "created_at": when}
        for key, row in zip(ids, rows, strict=True)
    ]
    assert metrics.update_many(changes) == 3
    for found, row in zip(metrics.list(), rows, strict=True):
        stored = found.as_dict()
        assert repr(stored["value"]) == repr(row["value"])
        for name in ("step", "metadata", "metric_type"):
            assert stored[name] == row[name]
        assert stored["created_at"] == when
    nulls = [{"id": key, "step": None, "metadata": None} for key in ids]
    assert (
        metrics.update_many([*nulls, {"id": 10**9, "step": None, "metadata": None}])
        == 3
    )
    assert [row.step for row in metrics.list()] == [None] * 3


def test_update_many_by_an_expression(ngrams: Repository[MarkovNGram]) -> None:
    ngrams.add_many([ngram("ab", 1), ngram("ac", 5)])
    more = MarkovNGram.__table__.c.count + 1
    rows = [ngram(key) | {"count": more} for key in ("ab", "ac")]
    assert ngrams.update_many(rows) == 2
    assert [row.count for row in ngrams.list()] == [2, 6]


def test_entities_of_the_session_follow(database: Database) -> None:
    with database.transaction() as session:
        configs = Configs(session)
        kept, gone = configs.add(config("a")), configs.add(config("b"))
        configs.update_many([{"id": kept.id, "config": {"v": 1}}])
        assert kept.config == {"v": 1}
        configs.delete_many([gone.id])
        assert configs.get(gone.id) is None
        assert gone not in session
        kept.name = "c"  # not flushed yet
        assert configs.count(NeuralConfig.name == "c") == 1
    assert [row.name for row in database.repository(Configs).list()] == ["c"]


def test_entities_of_the_session_follow_together(database: Database) -> None:
    """In one statement, however many; and what was left out of them stays out."""
    with database.transaction() as session:
        training = TrainingRepository(session)
        corpora = training.of(TextCorpus)
        training.add_corpus_texts([{"content": "text"}] * 20)
        session.expunge_all()
        held = training.list_corpus_texts()
        with counted(database) as sent:
            corpora.update_many([{"id": c.id, "title": f"T{c.id}"} for c in held])
        assert len([s for s in sent if s.startswith("SELECT")]) == 1
        assert [c.title for c in held] == [f"T{c.id}" for c in held]
        assert not any("content" in c.as_dict() for c in held)


def test_pending_entities_reach_the_database_before_bulk_work(
    database: Database,
) -> None:
    with database.transaction() as session:
        configs = Configs(session)
        added = configs.add(config("a"))
        added.name = "b"
        configs.upsert_many([{"name": "b", "config": {"v": 1}}], keys=["name"])
        configs.update_many([{"id": added.id, "config": {"v": 2}}])
    (found,) = database.repository(Configs).list()
    assert (found.name, found.config) == ("b", {"v": 2})


# How many statements


def test_statements_do_not_grow_with_rows(database: Database) -> None:
    training = database.repository(TrainingRepository)
    metrics = training.of(AccuracyMetric)
    metrics.count()  # the first call of all looks at the schema
    sent: dict[int, list[int]] = {}
    for size in (2, 400):
        sent[size] = []
        rows = [metric(step) for step in range(size)]

        def tell(size: int = size) -> None:
            sent[size].append(len(statements))
            statements.clear()

        with counted(database) as statements:
            assert metrics.add_many(rows) == size
            tell()
            found = metrics.list(limit=1_000)
            assert len(found) == size
            tell()
            changes = [{"id": row.id, "value": 1.0, "step": row.step} for row in found]
            assert metrics.update_many(changes) == size
            tell()
            assert metrics.upsert_many(changes_of(found)) == size
            tell()
            assert len(metrics.get_many(row.id for row in found)) == size
            tell()
            assert metrics.count() == size
            tell()
            assert metrics.delete_many(row.id for row in found) == size
            tell()
    assert sent[2] == sent[400] == [1] * 7


@pytest.mark.databases("mysql", "mariadb")
def test_the_driver_sends_rows_together(database: Database) -> None:
    told = sa.text("SHOW SESSION STATUS LIKE 'Com_insert'")
    with database.transaction() as session:
        repository = TrainingRepository(session).of(MarkovNGram)
        before = session.execute(told).one()[1]
        rows = list(islice(many_ngrams(1), 2_000))
        repository.add_many(rows)
        repository.upsert_many(rows)
        repository.upsert_many(rows, update=[])
        after = session.execute(told).one()[1]
    assert int(after) - int(before) == 3


def changes_of(found: Iterable[AccuracyMetric]) -> list[dict[str, Any]]:
    return [metric(0) | {"id": row.id} for row in found]


def test_a_call_is_one_transaction(database: Database) -> None:
    configs = database.repository(Configs)
    configs.count()  # the first call of all looks at the schema
    begun: list[object] = []
    for engine in database.engines():
        sa.event.listen(engine, "begin", begun.append)
    configs.add_many({"name": str(n), "config": {}} for n in range(6_000))
    assert len(begun) == 1
    configs.list()
    assert len(begun) == 2


# Binding and types


def test_a_bound_repository_is_what_it_was(database: Database) -> None:
    training = database.repository(TrainingRepository)
    assert isinstance(training, TrainingRepository)
    assert isinstance(database.repository(Configs), Configs)
    assert isinstance(training.of(TextCorpus), Repository)
    assert training.of(TextCorpus).model is TextCorpus
    assert training.create_training_job.__doc__ == (
        TrainingRepository.create_training_job.__doc__
    )
    beside = training.beside(Configs)
    beside.add(config("a"))
    assert database.repository(Configs).count() == 1


async def _on_loop(database: Database) -> list[str]:
    async with AsyncDatabase(database.settings) as other:
        await other.run(lambda session: Configs(session).add(config("a")))
        rows = await other.run(lambda session: Configs(session).list())
        return [row.name for row in rows]


def test_the_same_repository_on_an_event_loop(database: Database) -> None:
    import asyncio

    assert asyncio.run(_on_loop(database)) == ["a"]


def test_every_column_of_a_key_and_reference_is_indexed() -> None:
    load_models()
    for table in Base.metadata.sorted_tables:
        unique = [c for c in table.constraints if isinstance(c, sa.UniqueConstraint)]
        kept: list[Any] = [*table.indexes, *unique, table.primary_key]
        indexed = {next(iter(index.columns)).name for index in kept}
        for key in table.foreign_keys:
            assert key.parent.name in indexed, f"{table.name}.{key.parent.name}"


SNIPPET = """
from collections.abc import Sequence

from sqlalchemy.orm import Session

from bedplate import Base, Database, Repository, TrainingRepository
from bedplate.domains.training import TextCorpus


class Corpora(Repository[TextCorpus]):
    def titles(self) -> list[str | None]:
        return [row.title for row in self.list()]


def work(session: Session, n: int, *, name: str = "") -> list[int]:
    return [n]


db = Database("sqlite://")
training = db.repository(TrainingRepository)
reveal_type(training)
reveal_type(training.of(TextCorpus))
reveal_type(training.of(TextCorpus).get(1))
reveal_type(training.of(TextCorpus).require(1))
reveal_type(training.of(TextCorpus).list())
reveal_type(training.beside(Corpora))
reveal_type(db.repository(Corpora))
reveal_type(db.repository(Corpora).get(1))
reveal_type(db.repository(Corpora).titles())
reveal_type(db.run(work, 1, name="a"))
db.run(work, "1")
db.repository(TextCorpus)
"""

REVEALED = [
    "bedplate.domains.training.repository.TrainingRepository",
    "bedplate.repository.Repository[bedplate.domains.training.models.TextCorpus]",
    "bedplate.domains.training.models.TextCorpus | None",
    "bedplate.domains.training.models.TextCorpus",
    "typing.Sequence[bedplate.domains.training.models.TextCorpus]",
    "snippet.Corpora",
    "snippet.Corpora",
    "bedplate.domains.training.models.TextCorpus | None",
    "list[str | None]",
    "list[int]",
]


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="no mypy here")
def test_what_a_type_checker_makes_of_it(tmp_path: Path) -> None:
    (tmp_path / "snippet.py").write_text(SNIPPET, encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--hide-error-context"),
            *("--cache-dir", str(ROOT / ".mypy_cache"), "--no-error-summary"),
            "snippet.py",
        ],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT / "src"), "COLUMNS": "500"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    told = [line for line in done.stdout.splitlines() if line.startswith("snippet.py:")]
    revealed = [line.split('"')[1] for line in told if "Revealed type" in line]
    assert revealed == REVEALED, done.stdout + done.stderr
    errors = [line for line in told if " error: " in line]
    assert len(errors) == 2, done.stdout
    assert "arg-type" in errors[0]
    assert "type-var" in errors[1]


@pytest.mark.parametrize("rows", [1, 30])
def test_rows_of_nothing_but_defaults_are_added(database: Database, rows: int) -> None:
    conversations = database.repository(ConversationRepository).of(Conversation)

    assert conversations.add_many([{}] * rows) == rows

    assert conversations.count() == rows
