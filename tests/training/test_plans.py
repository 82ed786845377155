"""No hot statement reads a whole table, or sorts what an index has in order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from bedplate import Database, TrainingRepository
from bedplate.dialects import dialect_of

ROWS = 4_000
TABLES = ("markov_ngrams", "accuracy_metrics", "text_corpora")

HOT: dict[str, Callable[[TrainingRepository], object]] = {
    "the followers of a context": lambda t: t.get_markov_ngrams(2, chr(0x4E00)),
    "the counts of contexts": lambda t: t.get_markov_counts(2, [chr(0x4E00), "x"]),
    "a text by a large model": lambda t: t.generate_text(2, chr(0x4E00), 1),
    "one more n-gram": lambda t: t.update_markov_ngram(2, chr(0x4E00), "x"),
    "the newest metrics": lambda t: t.get_accuracy_metrics(limit=10),
    "the newest of a kind": lambda t: t.get_accuracy_metrics("kind 7", limit=10),
    "a page of texts": lambda t: t.list_corpus_texts(10, after=5),
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
    with database.engine.execution_options(
        isolation_level="AUTOCOMMIT"
    ).connect() as connection:
        dialect_of(connection).analyze(connection, TABLES)
    return training


@pytest.mark.parametrize("name", HOT)
def test_a_hot_statement_uses_an_index(
    filled: TrainingRepository, database: Database, name: str
) -> None:
    sent: list[tuple[str, Any]] = []

    def note(_c: Any, _k: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            sent.append((statement, parameters))

    for engine in database.engines():
        sa.event.listen(engine, "before_cursor_execute", note)
    HOT[name](filled)
    for engine in database.engines():
        sa.event.remove(engine, "before_cursor_execute", note)

    assert sent
    with database.engine.connect() as connection:
        for statement, parameters in sent:
            wrong = [*complaints(connection, statement, parameters)]
            assert wrong == [], statement


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
        kinds = [*nodes(plan[0]["Plan"])]
        yield from (kind for kind in kinds if kind in ("Seq Scan", "Sort"))
    else:
        table = "FORMAT=TRADITIONAL" if connection.dialect.name == "mysql" else ""
        for row in run(f"EXPLAIN {table} {statement}", parameters).mappings():
            extra = row["Extra"] or ""
            if row["type"] == "ALL" or "filesort" in extra or "temporary" in extra:
                yield json.dumps({**row}, default=str)


def nodes(plan: dict[str, Any]) -> Iterator[str]:
    yield plan["Node Type"]
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
        assert any("Index" in kind for kind in nodes(plan["Plan"])), plan
