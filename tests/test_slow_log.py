from __future__ import annotations

import asyncio
import logging
import re
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bedplate import AsyncDatabase, Database, TrainingRepository
from bedplate.dialects import dialect
from bedplate.ops.plans import masked

NUMBERS = (
    "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 300) "
)
SLOW = NUMBERS + "SELECT count(*) FROM c AS a, c AS b WHERE a.n > :a_secret"


def run_slow(session: Session, secret: int = -123456) -> Any:
    return session.scalar(sa.text(SLOW), {"a_secret": secret})


def logged(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [r for r in caplog.records if "c AS b" in r.getMessage()]


def test_a_slow_statement_is_logged_with_its_plan(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Database(database_url, slow_query_ms=0.1) as database:
        database.run(run_slow)
    (record,) = logged(caplog)
    assert (record.name, record.levelno) == ("bedplate.slow", logging.WARNING)
    shape, *plan = record.getMessage().splitlines()
    assert " ms: WITH RECURSIVE" in shape
    assert re.search("scan|all", " ".join(plan), re.IGNORECASE)
    assert "123456" not in record.getMessage()


def test_a_shape_is_logged_once(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Database(database_url, slow_query_ms=0.1) as database:
        for number in range(3):
            database.run(run_slow, number)
        assert len(logged(caplog)) == 1
        statements = database.query_metrics().statements
        (found,) = [one for one in statements if "c AS b" in one.statement]
        assert (found.count, found.slow, found.rows) == (3, 3, 3)
        assert found.plan
        assert found.plan in caplog.text
        database.reset_metrics()
        database.run(run_slow)
    assert len(logged(caplog)) == 2


def test_quick_statements_are_not_logged(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    for limit in (0, 60_000):
        with Database(database_url, slow_query_ms=limit) as database:
            database.run(run_slow)
            assert database.query_metrics().slow == 0
    assert not caplog.records


def test_slow_statements_of_an_event_loop_are_logged(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with AsyncDatabase(database_url, slow_query_ms=0.1) as database:
            assert await database.run(run_slow) == 90_000

    asyncio.run(main())
    (record,) = logged(caplog)
    assert len(record.getMessage().splitlines()) > 1


WRITES = (
    "UPDATE text_corpora SET source = 'x' WHERE source IS NULL",
    "DELETE FROM text_corpora WHERE source = 'y'",
    "INSERT INTO text_corpora (title, content, word_count, char_count, created_at) "
    "SELECT title, content, word_count, char_count, created_at FROM text_corpora",
    "SELECT * FROM text_corpora",
    "DELETE FROM text_corpora WHERE source = '; DELETE FROM text_corpora'",
)


def test_asking_for_a_plan_changes_nothing(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Database(database_url, slow_query_ms=0.000_001) as database:
        training = database.repository(TrainingRepository)
        training.add_corpus_text("Some text.", "Title")
        with database.transaction() as session:
            for text in WRITES:
                session.execute(sa.text(text))
            assert session.scalar(sa.text("SELECT count(*) FROM text_corpora")) == 2
    plans = [r.getMessage().count("\n") > 0 for r in logged_of(caplog, "text_corpora")]
    assert sum(plans) >= len(WRITES) - 1


def logged_of(caplog: pytest.LogCaptureFixture, part: str) -> list[logging.LogRecord]:
    return [r for r in caplog.records if part in r.getMessage()]


def test_a_plan_that_fails_leaves_the_transaction_whole(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = type(database._engines.dialect)
    monkeypatch.setattr(kind, "explain", "NO SUCH THING")
    with Database(database.settings, slow_query_ms=0.000_001) as other:
        training = other.repository(TrainingRepository)
        with other.transaction():
            training.add_corpus_text("Some text.", "Title")
            training.list_corpus_texts()
    assert len(database.repository(TrainingRepository).list_corpus_texts()) == 1


def test_a_stream_is_left_alone(database_url: str) -> None:
    statement = sa.text(NUMBERS + "SELECT n FROM c")
    with (
        Database(database_url, slow_query_ms=0.000_001) as database,
        database.transaction(read_only=True) as session,
    ):
        streaming = {"stream_results": True}
        rows = session.execute(statement, execution_options=streaming)
        assert [row.n for row in rows] == [*range(1, 301)]


def test_every_row_is_counted(database: Database) -> None:
    statement = sa.text(NUMBERS + "SELECT n FROM c")
    with database.transaction(read_only=True) as session:
        assert len(session.execute(statement).all()) == 300
        assert len([*session.execute(statement)]) == 300
        assert len(session.execute(statement).fetchmany(100)) == 100
    statements = database.query_metrics().statements
    (found,) = [one for one in statements if "SELECT n FROM c" in one.statement]
    # A driver that has them all tells of all, however few are fetched.
    assert found.rows in (700, 900)


PLANS = {
    "Filter: (title = 'it''s'::text)": "Filter: (title = ?::text)",
    "Seq Scan on t  (cost=0.00..1.25 rows=3 width=4)": (
        "Seq Scan on t  (cost=0.00..1.25 rows=3 width=4)"
    ),
    "Filter: (a.n > -123.5) (cost=3 rows=1)": "Filter: (a.n > ?) (cost=3 rows=1)",
    "filter (t.a in (1,2,'x'))": "filter (t.a in (?, ...))",
    "-> Limit: 66666 row(s)  (cost=1.2e+6..3 rows=2)": (
        "-> Limit: ? row(s)  (cost=1.2e+6..3 rows=2)"
    ),
    "range scan on t1 over (77 <= age <= '7')": "range scan on t1 over (? <= age <= ?)",
    "Filter: ((age + 77777) > (id * 88888))": "Filter: ((age + ?) > (id * ?))",
    "id=1 select_type=SIMPLE key_len=8 rows=300": (
        "id=1 select_type=SIMPLE key_len=8 rows=300"
    ),
    "lookup using PRIMARY (id=77, name='my x') (rows=1)": (
        "lookup using PRIMARY (id=?, name=?) (rows=1)"
    ),
    "SubPlan 1 -> SCALAR SUBQUERY 2": "SubPlan 1 -> SCALAR SUBQUERY 2",
}


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_has_no_values(plan: str) -> None:
    assert masked(plan, dialect("mysql").text_literal) == PLANS[plan]


def test_no_value_gets_into_a_plan(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    asked = sa.text(
        "SELECT id FROM text_corpora WHERE title = :path AND content = :words "
        "AND word_count BETWEEN :low AND :high AND char_count + :low > id * :high "
        "AND content LIKE :words OR id = 55555 AND title = :path LIMIT 66666"
    )
    given = {"path": "C:\\", "words": "it's\nHUNTER2", "low": 77777, "high": 88888}
    with Database(database_url, slow_query_ms=0.000_001) as database:
        with database.transaction(read_only=True) as session:
            session.execute(asked, given)
        statements = database.query_metrics().statements
    (found,) = [one for one in statements if "FROM text_corpora" in one.statement]
    assert found.plan
    for secret in ("HUNTER2", "77777", "88888", "66666", "55555", "C:"):
        assert secret not in found.plan
        assert secret not in caplog.text
