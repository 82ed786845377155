"""No hot statement reads a whole table, or sorts what an index has in order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bedplate import Database, TrainingRepository
from bedplate.base import utcnow
from bedplate.dialects import dialect_of
from bedplate.domains.training import AccuracyMetric, TrainingJob
from bedplate.ops.retention import Rule

ROWS = 4_000
FEW = 100
"""Rows whose sorting is no cost: those of a few contexts, say."""

TABLES = ("markov_ngrams", "accuracy_metrics", "text_corpora", "training_jobs")

HOT: dict[str, Callable[[TrainingRepository], object]] = {
    "the followers of a context": lambda t: t.get_markov_ngrams(2, chr(0x4E00)),
    "the counts of contexts": lambda t: t.get_markov_counts(2, [chr(0x4E00), "x"]),
    "a text by a large model": lambda t: t.generate_text(2, chr(0x4E00), 1),
    "one more n-gram": lambda t: t.update_markov_ngram(2, chr(0x4E00), "x"),
    "a little training": lambda t: t.train_markov(2, f"{chr(0x4E00)}{chr(0x4E05)}z"),
    "the newest metrics": lambda t: t.get_accuracy_metrics(limit=10),
    "the newest of a kind": lambda t: t.get_accuracy_metrics("kind 7", limit=10),
    "a page of texts": lambda t: t.list_corpus_texts(10, after=5),
    "the progress of a job": lambda t: t.update_training_job("job 7", progress=50),
    "a claim": lambda t: t.claim_training_job("w"),
    "ten claims": lambda t: t.claim_training_jobs("w", 10),
    "a heartbeat": lambda t: t.heartbeat_training_job("job 9", 1),
    "a job that is done": lambda t: t.complete_training_job("job 9", 1),
    "leases that have ended": lambda t: t.requeue_expired_training_jobs(),
    "one text less": lambda t: t.delete_corpus_text(7),
    "some metrics less": lambda t: t.of(AccuracyMetric).delete_many(range(5, 50)),
}


@pytest.fixture
def filled(training: TrainingRepository, database: Database) -> TrainingRepository:
    training.merge_markov_ngrams(
        2, {(chr(0x4E00 + n // 2), "xy"[n % 2]): 1 for n in range(ROWS)}
    )
    training.merge_markov_ngrams(1, {("", chr(0x4E00 + n)): 1 for n in range(ROWS)})
    training.record_metrics(
        {"metric_type": f"kind {n % 100}", "value": 1.0, "step": n} for n in range(ROWS)
    )
    training.add_corpus_texts(
        {"content": f"text {n}", "source": f"source {n}"} for n in range(ROWS // 4)
    )
    training.of(TrainingJob).add_many(
        {"job_id": f"job {n}", "status": "pending" if n % 4 else "completed"}
        for n in range(ROWS)
    )
    # Job 9 is somebody's.
    (job,) = training.of(TrainingJob).list(TrainingJob.job_id == "job 9")
    held = {"status": "running", "worker": "w", "token": 1}
    training.of(TrainingJob).update(
        job.id, **held, lease_until=utcnow() + timedelta(hours=1)
    )
    with database.engine.execution_options(
        isolation_level="AUTOCOMMIT"
    ).connect() as connection:
        dialect_of(connection).analyze(connection, TABLES)
    return training


@pytest.mark.parametrize("name", HOT)
def test_a_hot_statement_uses_an_index(
    filled: TrainingRepository, database: Database, name: str
) -> None:
    sent, wrong = watched(database, lambda: HOT[name](filled))

    assert sent
    assert wrong == []


@pytest.mark.parametrize("by", ["key", "age"])
def test_pruning_deletes_by_index(
    filled: TrainingRepository, database: Database, by: str
) -> None:
    rules = {
        # Twenty go: for seventy PostgreSQL may read the whole of so small a table.
        "key": Rule("accuracy_metrics", keep_last=ROWS),
        "age": Rule("training_jobs", older_than=timedelta(days=365)),
    }
    old = filled.of(TrainingJob).list(limit=20)
    for job in old:
        moment = utcnow() - timedelta(days=400)
        filled.of(TrainingJob).update(job.id, created_at=moment)
        filled.record_accuracy("loss", 0.5, training_job_id=job.id)

    sent, wrong = watched(database, lambda: database.prune(rules[by]), "DELETE")

    assert sent
    assert wrong == []


def watched(
    database: Database, work: Callable[[], object], *verbs: str
) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the statements of a piece of work, and what is wrong with their plans.

    Each is explained just before it runs: temporary tables are there by then.
    """
    sent: list[str] = []
    wrong: list[tuple[str, str]] = []

    def explain(
        connection: sa.Connection, _k: Any, statement: str, given: Any, *_: Any
    ) -> None:
        statement = statement.lstrip()
        if statement.startswith("SET STATEMENT"):  # some variables, for one statement
            statement = statement.partition(" FOR\n")[2]
        if statement.startswith(verbs or ("SELECT", "UPDATE", "DELETE", "WITH")):
            sent.append(statement)
            found = complaints(connection, statement, given)
            wrong.extend((statement, complaint) for complaint in found)

    for engine in database.engines():
        sa.event.listen(engine, "before_cursor_execute", explain)
    try:
        work()
    finally:
        for engine in database.engines():
            sa.event.remove(engine, "before_cursor_execute", explain)
    return sent, wrong


def complaints(
    connection: sa.Connection, statement: str, parameters: Any
) -> Iterator[str]:
    run = connection.exec_driver_sql
    if connection.dialect.name == "sqlite":
        for *_, detail in run(f"EXPLAIN QUERY PLAN {statement}", parameters):
            # In the order of the key and up to a limit, a scan reads what it returns.
            reads_all = detail.startswith("SCAN") and "LIMIT" not in statement
            if reads_all or "TEMP B-TREE" in detail:
                yield detail
    elif connection.dialect.name == "postgresql":
        plan = run(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
        for node in nodes(plan[0]["Plan"]):
            sorts = node["Node Type"] == "Sort" and node["Plan Rows"] > FEW
            if sorts or node["Node Type"] == "Seq Scan":
                yield node["Node Type"]
    else:
        table = "FORMAT=TRADITIONAL" if connection.dialect.name == "mysql" else ""
        for row in run(f"EXPLAIN {table} {statement}", parameters).mappings():
            extra = row["Extra"] or ""
            wrong = row["type"] == "ALL" or "filesort" in extra or "temporary" in extra
            many = row["rows"] is None or int(row["rows"]) > FEW
            if wrong and many and row["select_type"] != "UNION RESULT":
                yield json.dumps({**row}, default=str)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


@pytest.mark.databases("postgresql")
def test_a_merge_can_look_its_rows_up(
    filled: TrainingRepository, database: Database
) -> None:
    """Types and collations of the temporary table are those of the key's index."""
    plans: list[Any] = []

    def explain(connection: sa.Connection, _k: Any, statement: str, *_: Any) -> None:
        if statement.startswith("MERGE"):
            # This table is so small that reading all of it would be the right choice.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_mergejoin = off")
            asked = f"EXPLAIN (FORMAT JSON) {statement}"
            plans.extend(connection.exec_driver_sql(asked).scalar_one())

    sa.event.listen(database.engine, "before_cursor_execute", explain)
    filled.merge_markov_ngrams(2, {(chr(0x4E00 + n), "x"): 1 for n in range(600)})
    sa.event.remove(database.engine, "before_cursor_execute", explain)

    assert plans
    for plan in plans:
        assert any("Index" in n["Node Type"] for n in nodes(plan["Plan"])), plan
