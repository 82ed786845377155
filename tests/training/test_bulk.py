"""Many rows at once: what arrives, beside whom, and what is left where it fails."""

from __future__ import annotations

import asyncio
import math
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa

from bedplate import AsyncDatabase, Database, TrainingRepository
from bedplate.domains.training import AccuracyMetric, MarkovNGram, TextCorpus
from bedplate.errors import (
    CheckFailedError,
    InvalidValueError,
    MissingValueError,
    ReadOnlyError,
    ReferenceFailedError,
    ValueTooLargeError,
)
from training.watching import statements, together

MANY = 1_200
"""Rows that no database takes one by one."""

ODD_TEXTS = (
    *("", " ", "\t", "\n", "\r\n", "\\", "\\N", "\\.", "\\n", "\\\\", "'", "''", "\\'"),
    *('"', "%", "%s", "%(a)s", "?", ":a", "$1", "--", "/*", ";", ",", "(", "NULL"),
    *("a\tb\nc", "{}", "é", "漢字", "🙂", "\x01", "\x1a", "\ufeff", "e\u0301"),
)

DOCUMENTS: tuple[Any, ...] = (
    None,
    {},
    [],
    {"a": "\t\n\\'\"%s", "🙂": [1, -(2**63), 1.5, None, True]},
    "text",
    0,
    False,
)

CHILD = """
import sys
from bedplate import Database, TrainingRepository
with Database(sys.argv[1]) as database:
    training = database.repository(TrainingRepository)
    keys = [chr(0x4E00 + n) for n in range(int(sys.argv[2]))]
    for turn in range(3):
        training.merge_markov_ngrams(2, {(key, "x"): int(sys.argv[3]) for key in keys})
"""


def keys(count: int = MANY) -> list[tuple[str, str]]:
    return [(chr(0x4E00 + n), "x") for n in range(count)]


def totals(training: TrainingRepository, n: int = 2) -> dict[tuple[str, str], int]:
    stream = training.of(MarkovNGram).stream(MarkovNGram.n == n, batch=5_000)
    return {(row.context, row.next_char): row.count for row in stream}


def point(step: int, **values: Any) -> dict[str, Any]:
    return {"metric_type": "loss", "value": 0.5, "step": step, **values}


# Several at once


def test_threads_that_merge_the_same_keys_lose_nothing(
    training: TrainingRepository,
) -> None:
    def merge(seed: int) -> None:
        turned = keys()[100 * seed :] + keys()[: 100 * seed]
        for _ in range(3):
            training.merge_markov_ngrams(2, dict.fromkeys(turned, seed))

    _, errors = together([partial(merge, seed) for seed in (1, 2, 3, 4)])

    assert errors == []
    assert totals(training) == dict.fromkeys(keys(), 3 * (1 + 2 + 3 + 4))


@pytest.mark.one_of_each_kind
def test_processes_that_merge_the_same_keys_lose_nothing(
    training: TrainingRepository, database_url: str
) -> None:
    arguments = [sys.executable, "-c", CHILD, database_url, str(MANY)]
    children = [subprocess.Popen([*arguments, str(n)]) for n in (1, 2, 3)]

    assert [child.wait(timeout=120) for child in children] == [0, 0, 0]
    assert totals(training) == dict.fromkeys(keys(), 3 * (1 + 2 + 3))


def test_merging_beside_those_who_count_one_at_a_time(
    training: TrainingRepository,
) -> None:
    def merge() -> None:
        for _ in range(4):
            training.merge_markov_ngrams(2, dict.fromkeys(keys(), 1))

    def count(step: int) -> None:
        for context, char in keys()[::step]:
            training.update_markov_ngram(2, context, char)

    works: list[Callable[[], None]] = [merge, partial(count, 40), partial(count, -60)]
    _, errors = together([*works, merge])

    assert errors == []
    expected = dict.fromkeys(keys(), 8)
    for key in [*keys()[::40], *keys()[::-60]]:
        expected[key] += 1
    assert totals(training) == expected


def test_a_row_that_another_transaction_is_about_to_commit(
    training: TrainingRepository, database: Database
) -> None:
    key = keys()[MANY // 2]
    inserted = Event()

    def insert() -> None:
        with database.transaction() as session:
            training.merge_markov_ngrams(2, {key: 5})
            inserted.set()
            session.execute(sa.select(sa.func.count()).select_from(MarkovNGram))

    def merge() -> None:
        assert inserted.wait(timeout=30)
        training.merge_markov_ngrams(2, dict.fromkeys(keys(), 1))

    _, errors = together([insert, merge])

    assert errors == []
    assert totals(training) == {**dict.fromkeys(keys(), 1), key: 6}


def test_models_that_are_merged_in_opposite_order(
    training: TrainingRepository, database: Database
) -> None:
    three = {("a" + context, char): 1 for context, char in keys()}

    def both(work: Sequence[Callable[[], object]]) -> None:
        def unit(_: object) -> None:
            for step in work:
                step()

        database.run(unit)

    two = partial(training.merge_markov_ngrams, 2, dict.fromkeys(keys(), 1))
    merge_three = partial(training.merge_markov_ngrams, 3, three)
    orders = [[two, merge_three], [merge_three, two]]
    _, errors = together([partial(both, order) for order in orders])

    assert errors == []
    assert totals(training) == dict.fromkeys(keys(), 2)
    assert totals(training, 3) == dict.fromkeys(three, 2)


def test_the_asynchronous_database_goes_the_same_way(database_url: str) -> None:
    rows = [point(step, metadata={"a": "\t"}) for step in range(MANY)]

    async def work() -> list[int]:
        async with AsyncDatabase(database_url) as database:
            merged = [
                database.run(_merge, dict.fromkeys(keys(), count)) for count in (1, 2)
            ]
            await asyncio.gather(*merged)
            return await database.run(_record, rows)

    def _merge(session: Any, counts: Any) -> None:
        TrainingRepository(session).merge_markov_ngrams(2, counts)

    def _record(session: Any, rows: Any) -> list[int]:
        training = TrainingRepository(session)
        training.record_metrics(rows)
        return [training.of(AccuracyMetric).count()]

    assert asyncio.run(work()) == [MANY]
    with Database(database_url) as database:
        training = database.repository(TrainingRepository)
        assert totals(training) == dict.fromkeys(keys(), 3)
        found = training.get_accuracy_metrics(limit=MANY)
        assert all(row.metadata_ == {"a": "\t"} for row in found)


def test_an_error_of_the_asynchronous_database_is_ours(database_url: str) -> None:
    async def work() -> None:
        async with AsyncDatabase(database_url) as database:
            rows = [point(step, training_job_id=99) for step in range(MANY)]
            with pytest.raises(ReferenceFailedError):
                await database.run(lambda s: TrainingRepository(s).record_metrics(rows))
            assert await database.run(_count) == 0

    def _count(session: Any) -> int:
        return TrainingRepository(session).of(AccuracyMetric).count()

    asyncio.run(work())


# In a transaction


def test_nothing_is_committed_before_the_caller_does(
    training: TrainingRepository, database: Database
) -> None:
    def work() -> None:
        with database.transaction():
            training.merge_markov_ngrams(2, dict.fromkeys(keys(), 1))
            training.record_metrics(point(step) for step in range(MANY))
            training.merge_markov_ngrams(2, dict.fromkeys(keys(), 1))
            assert set(totals(training).values()) == {2}
            raise InvalidValueError("enough")

    with pytest.raises(InvalidValueError, match="enough"):
        work()
    assert totals(training) == {}
    assert training.of(AccuracyMetric).count() == 0


@pytest.mark.databases("postgresql")
def test_the_planners_settings_are_left_as_they_were(
    training: TrainingRepository, database: Database
) -> None:
    rows = [(f"{number:04d}", "x", 1) for number in range(1_000)]
    contexts, following, counts = map(list, zip(*rows, strict=True))
    with database.transaction() as session:
        session.execute(sa.text("SET LOCAL random_page_cost = 3"))
        training.merge_markov_ngrams(5, (contexts, following, counts))
        left = session.scalar(sa.text("SHOW random_page_cost"))
    assert left == "3"


def test_a_savepoint_takes_it_back(
    training: TrainingRepository, database: Database
) -> None:
    with database.transaction() as session:
        training.merge_markov_ngrams(2, dict.fromkeys(keys(), 1))
        with session.begin_nested() as savepoint:
            training.merge_markov_ngrams(2, dict.fromkeys(keys(), 1))
            savepoint.rollback()
        training.merge_markov_ngrams(2, dict.fromkeys(keys(), 3))

    assert totals(training) == dict.fromkeys(keys(), 4)


def test_what_fails_in_a_savepoint_leaves_the_transaction(
    training: TrainingRepository, database: Database
) -> None:
    good = [point(step) for step in range(MANY)]
    bad = [*good, point(MANY, training_job_id=99)]
    with database.transaction() as session:
        training.record_metrics(good)
        with pytest.raises(ReferenceFailedError), session.begin_nested():
            training.record_metrics(bad)
        training.record_accuracy("loss", 1.0)

    assert training.of(AccuracyMetric).count() == MANY + 1


def test_one_bad_row_of_many(training: TrainingRepository) -> None:
    metrics, ngrams = training.of(AccuracyMetric), training.of(MarkovNGram)
    good = [point(step) for step in range(MANY)]
    wrong: tuple[tuple[dict[str, Any], type[Exception], str], ...] = (
        ({"training_job_id": 99}, ReferenceFailedError, "."),
        ({"metric_type": "a\0b"}, InvalidValueError, "^metric_type: .*NUL"),
        ({"metric_type": "\ud800"}, InvalidValueError, "^metric_type: .*surrogate"),
        ({"metric_type": "x" * 101}, ValueTooLargeError, "^metric_type: .*100"),
        ({"metric_type": 7}, InvalidValueError, "^metric_type: text"),
        ({"metric_type": None}, MissingValueError, "."),
        ({"value": "much"}, InvalidValueError, "^value: a number"),
        ({"step": 1.5}, InvalidValueError, "^step: "),
        ({"step": True}, InvalidValueError, "^step: "),
        ({"step": 2**63}, InvalidValueError, "^step: "),
        ({"metadata": {"a": math.nan}}, InvalidValueError, "^metadata: "),
        ({"metadata": {"a": "\0"}}, InvalidValueError, "^metadata: .*NUL"),
    )
    for values, error, message in wrong:
        with pytest.raises(error, match=message):
            metrics.add_many([*good, point(0) | values])
    naive = {"created_at": datetime(2026, 1, 1)}  # noqa: DTZ001  # that is the error
    moments = [point(0, created_at=datetime.now(UTC)) for _ in good]
    with pytest.raises(InvalidValueError, match="no time zone"):
        metrics.add_many([*moments, point(0) | naive])
    with pytest.raises(CheckFailedError):
        ngrams.add_many(
            {"n": 2, "context": c, "next_char": d, "count": n}
            for n, (c, d) in enumerate(keys())
        )

    assert metrics.count() == ngrams.count() == 0


def test_a_transaction_that_only_reads_refuses_many_rows(
    training: TrainingRepository, database: Database
) -> None:
    with (
        pytest.raises(ReadOnlyError),
        database.transaction(read_only=True) as session,
    ):
        bare = TrainingRepository(session)
        bare.merge_markov_ngrams(2, dict.fromkeys(keys(), 1))
    assert totals(training) == {}


def test_the_number_of_statements_follows_batches(
    training: TrainingRepository, database: Database
) -> None:
    with statements(database) as sent:
        training.record_metrics(point(step) for step in range(4_000))

    assert len(sent) < 10
    assert not any("0.5" in statement for statement in sent)  # values stay out of logs


# What arrives


def test_values_arrive_as_one_by_one(training: TrainingRepository) -> None:
    job = training.create_training_job()
    floats = (
        *(0.0, 1 / 3, 5e-324, 1.5e300, -1e16, 0.1, math.nan),
        *(math.inf, -math.inf, 1e308, 123456789.123456789),
    )
    rows = [
        point(
            step,
            metric_type=ODD_TEXTS[step % len(ODD_TEXTS)],
            value=floats[step % len(floats)],
            metadata=DOCUMENTS[step % len(DOCUMENTS)],
            created_at=datetime(2026, 1, 2, 3, 4, 5, step, tzinfo=UTC),
            training_job_id=job.id if step % 2 else None,
        )
        for step in range(MANY)
    ]

    training.record_metrics(rows)

    found = training.of(AccuracyMetric).list(limit=MANY)
    assert len(found) == MANY
    for given, row in zip(rows, found, strict=True):
        assert row.metric_type == given["metric_type"]
        assert repr(row.value) == repr(given["value"])
        assert (row.step, row.metadata_) == (given["step"], given["metadata"])
        assert row.created_at == given["created_at"]
        assert row.training_job_id == given["training_job_id"]


def test_values_of_other_kinds_are_taken(training: TrainingRepository) -> None:
    import numpy as np

    values: list[Any] = [1, np.float64(0.25), np.int64(3), 2.5, True]
    rows: list[dict[str, Any]] = [
        {"metric_type": "a", "value": values[n % 5], "step": np.int32(n)}
        for n in range(MANY)
    ]

    training.record_metrics(rows)

    found = training.of(AccuracyMetric).list(limit=MANY)
    assert [row.value for row in found] == [float(row["value"]) for row in rows]
    assert [row.step for row in found] == [*range(MANY)]


def test_texts_and_their_words(training: TrainingRepository) -> None:
    texts = [f"{odd} number{place} {odd}" for place, odd in enumerate(ODD_TEXTS * 20)]
    rows = [
        {"content": text, "title": "\\ %s '" if place % 3 else None, "source": text}
        for place, text in enumerate(texts)
    ]

    assert training.add_corpus_texts(rows) == len(rows)
    training.add_corpus_text("one more")

    found = training.of(TextCorpus).list(limit=len(rows))
    assert [row.content for row in found] == texts
    assert {row.title for row in found} == {None, "\\ %s '"}
    last = len(texts) - 1
    for place in (30, last):
        hits = training.search_corpus(f"number{place}")
        assert [hit.id for hit in hits] == [found[place].id]
    assert len(training.search_corpus("more")) == 1


def test_the_index_holds_its_rows_after_a_load_that_failed(
    training: TrainingRepository, database: Database
) -> None:
    texts = [{"content": f"text number{n}"} for n in range(MANY)]
    with pytest.raises(InvalidValueError, match="is empty"):
        training.add_corpus_texts([*texts, {"content": ""}])
    assert training.search_corpus("text") == []
    training.add_corpus_texts(texts)
    assert len(training.search_corpus("text number7")) == 1
    assert [f for f in database.examine() if f.level == "error"] == []


@pytest.mark.parametrize("text", ["loss", "%s %% %(a)s '\\' \x1a 🙂"])
def test_columns_of_one_value_arrive(training: TrainingRepository, text: str) -> None:
    same = {"metric_type": text, "value": 1e-7, "metadata": {"of": text}}

    assert training.record_metrics([same] * 30) == 30  # nothing differs in them
    assert training.record_metrics({**same, "step": n} for n in range(30)) == 30

    found = training.get_accuracy_metrics(text, limit=100)
    assert [m.step for m in found] == [*range(29, -1, -1), *[None] * 30]
    assert {(m.metric_type, m.value) for m in found} == {(text, 1e-7)}
    assert all(m.metadata_ == {"of": text} for m in found)
