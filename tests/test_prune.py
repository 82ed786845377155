"""Old rows go by rules, with what hangs on them, and nothing else does."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bedplate import Base, Database, safekeeping
from bedplate.base import Keyed, utcnow
from bedplate.cli.app import run
from bedplate.dialects import table_options
from bedplate.domains import load_models
from bedplate.errors import InvalidValueError
from bedplate.ops.retention import Rule, pruning
from bedplate.ops.retention.rules import duration
from bedplate.types import Key, UTCDateTime

load_models()
JOBS, METRICS, CHECKPOINTS = (
    Base.metadata.tables[name]
    for name in ("training_jobs", "accuracy_metrics", "neural_checkpoints")
)
LOSSES = (0.5, 0.1, math.nan, None, 0.1, 0.9)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_FIRST", "_LEAST", "_MOST"):
        monkeypatch.setattr(pruning, name, 2)


@pytest.fixture
def filled(database: Database) -> Database:
    """Three jobs of 30, 20 and 10 days of age, with six metrics and checkpoints each.

    Of a job's, number 0 is the oldest; all have the age of their job, less hours.
    """
    now = utcnow()
    with database.engine.begin() as connection:
        for job in (1, 2, 3):
            at = now - (4 - job) * 10 * DAY
            row: dict[str, object] = {"id": job, "job_id": f"job-{job}"}
            row |= {
                "status": "completed",
                "progress": 1.0,
                "created_at": at,
                "updated_at": at,
            }
            connection.execute(sa.insert(JOBS), row)
            times = [at + timedelta(hours=hour) for hour in range(6)]
            connection.execute(
                sa.insert(METRICS),
                [
                    metric(10 * job + n, job, moment, value=float(n))
                    for n, moment in enumerate(times)
                ],
            )
            connection.execute(
                sa.insert(CHECKPOINTS),
                [
                    checkpoint(10 * job + n, job, moment, loss=LOSSES[n])
                    for n, moment in enumerate(times)
                ],
            )
    return database


def metric(key: int, job: int | None, at: object, value: float) -> dict[str, object]:
    row = {"id": key, "metric_type": "loss", "value": value, "created_at": at}
    return row | {"training_job_id": job}


def checkpoint(key: int, job: int, at: object, loss: object) -> dict[str, object]:
    row = {"id": key, "epochs": 1, "path": f"p{key}", "loss": loss, "created_at": at}
    return row | {"training_job_id": job, "block_size": 0, "is_best": None}


def left(database: Database, table: sa.Table) -> list[int]:
    with database.engine.connect() as connection:
        return [*connection.scalars(sa.select(table.c.id).order_by(table.c.id))]


def test_old_rows_go_with_what_hangs_on_them(filled: Database) -> None:
    rule = Rule("training_jobs", older_than=15 * DAY)
    would = filled.prune(rule, dry_run=True)
    assert left(filled, JOBS) == [1, 2, 3]
    told = filled.prune(rule)
    assert left(filled, JOBS) == [3]
    assert left(filled, METRICS) == left(filled, CHECKPOINTS) == [*range(30, 36)]
    wanted = {"training_jobs": 2, "accuracy_metrics": 12, "neural_checkpoints": 12}
    assert told.rows == would.rows == wanted
    assert told.is_complete
    assert filled.prune(rule).rows == {}


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (
            Rule("accuracy_metrics", keep_last=2, per="training_job_id"),
            "14 15 24 25 34 35",
        ),
        (Rule("accuracy_metrics", keep_last=3), "33 34 35"),
        (Rule("accuracy_metrics", keep_last=3, by="value"), "15 25 35"),
        (Rule("accuracy_metrics", 15 * DAY, keep_last=8), "24 25 30 31 32 33 34 35"),
        (Rule("accuracy_metrics", keep_last=99), None),
        (Rule("accuracy_metrics", 99 * DAY), None),
        (
            Rule("neural_checkpoints", keep_best=2, best="loss", per="training_job_id"),
            "11 14 21 24 31 34",
        ),
        (
            Rule("neural_checkpoints", keep_best=1, best="loss", order="max"),
            "15",
        ),
        (
            Rule("neural_checkpoints", keep_last=1, keep_best=1, best="loss"),
            "11 35",
        ),
    ],
)
def test_the_last_and_the_best_stay(
    filled: Database, rule: Rule, wanted: str | None
) -> None:
    table = Base.metadata.tables[rule.table]
    before = left(filled, table)
    told = filled.prune(rule)
    kept = [*map(int, wanted.split())] if wanted else before
    assert left(filled, table) == kept
    assert sum(told.rows.values()) == len(before) - len(kept)
    assert left(filled, JOBS) == [1, 2, 3]


def test_rows_of_one_moment_and_of_no_group_are_told_apart(filled: Database) -> None:
    at = utcnow() - DAY
    with filled.engine.begin() as connection:
        some = [metric(key, None, at, value=0.0) for key in range(100, 105)]
        connection.execute(sa.insert(METRICS), some)
    filled.prune(Rule("accuracy_metrics", keep_last=3, per="training_job_id"))
    assert left(filled, METRICS) == [13, 14, 15, 23, 24, 25, 33, 34, 35, 102, 103, 104]


def test_time_that_is_up_leaves_the_rest(filled: Database) -> None:
    told = filled.prune(Rule("accuracy_metrics", DAY), seconds=0)
    assert (told.is_complete, told.rows) == (False, {})
    assert len(left(filled, METRICS)) == 18
    none = Rule("neural_checkpoints", 900 * DAY, per="training_job_id")
    assert not filled.prune(none, seconds=0).is_complete  # it could not look at all
    told = filled.prune(Rule("accuracy_metrics", DAY), seconds=600, vacuum=True)
    assert (told.is_complete, told.rows) == (True, {"accuracy_metrics": 18})


class Own(DeclarativeBase):
    """Apart from Bedplate's: other tests compare its metadata with the schema."""

    metadata = sa.MetaData(naming_convention=Base.metadata.naming_convention)


class Link(Keyed, Own):
    """One of a chain: it goes when the one goes that it hangs on."""

    __tablename__ = "pruned_links"
    __table_args__ = (table_options(),)

    after_id: Mapped[int | None] = mapped_column(
        Key(), sa.ForeignKey("pruned_links.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime] = mapped_column(UTCDateTime())


@pytest.mark.parametrize("circle", [False, True])
def test_rows_that_hang_on_one_another_go(
    database: Database, monkeypatch: pytest.MonkeyPatch, circle: bool
) -> None:
    """Chains longer than InnoDB cascades, and than Python calls inside of calls."""
    monkeypatch.setattr(safekeeping, "_tables", lambda: Own.metadata)
    monkeypatch.setattr("time.sleep", lambda _: None)
    links = Own.metadata.tables[Link.__tablename__]
    length = 4 if circle else 600 if database.engine.dialect.name == "sqlite" else 40
    old, now = utcnow() - DAY, utcnow()
    with database.engine.begin() as connection:
        Own.metadata.create_all(connection)
        keys = range(1, length + 1)
        rows = [{"id": n, "after_id": n - 1 or None, "at": old} for n in keys]
        rows += [{"id": 999, "after_id": None, "at": now}]
        connection.execute(sa.insert(links), rows)
        if circle:
            last = sa.update(links).where(links.c.id == 1)
            connection.execute(last.values(after_id=length))
    try:
        told = database.prune(Rule("pruned_links", DAY / 2, by="at"))
    finally:
        found = left(database, links)
        Own.metadata.drop_all(database.engine)
    assert found == [999]
    assert told.is_complete


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"table": "t"}, "would delete every row"),
        ({"table": "t", "older_than": "soon"}, "'soon' is no duration"),
        ({"table": "t", "older_than": "9" * 30 + "w"}, "is too long a time"),
        ({"table": "t", "keep_last": 0}, "keep_last: 0 is no number of rows"),
        ({"table": "t", "keep_best": "3", "best": "x"}, "'3' is no number of rows"),
        ({"table": "t", "keep_best": 1}, "keep_best and best go together"),
        ({"table": "t", "keep_last": 1, "order": "up"}, "'up' is not min or max"),
        ({"table": "t", "keep": 1}, "a rule has no keep"),
        ({"keep_last": 1}, "table: is needed"),
    ],
)
def test_a_rule_that_says_nothing_clear_is_refused(
    given: dict[str, object], told: str
) -> None:
    with pytest.raises(InvalidValueError, match=told):
        Rule.read(given)


def test_durations_are_read() -> None:
    found = [duration(text) for text in ("90s", "5m", "12h", "30d", "2w")]
    assert [d.total_seconds() for d in found] == [90, 300, 43_200, 2_592_000, 1_209_600]


@pytest.mark.databases("sqlite")
def test_a_rule_about_nothing_there_deletes_nothing(filled: Database) -> None:
    good = Rule("accuracy_metrics", DAY)
    for bad, told in (
        (Rule("nothing", DAY), "there is no table 'nothing'"),
        (Rule("accuracy_metrics", DAY, by="at"), "has no column 'at'"),
        (Rule("accuracy_metrics", DAY, by="step"), "step tells no moment"),
        (Rule("accuracy_metrics", keep_last=1, per="job"), "has no column 'job'"),
        (Rule("accuracy_metrics", keep_best=1, best="loss"), "has no column 'loss'"),
    ):
        with pytest.raises(InvalidValueError, match=told):
            filled.prune(good, bad)
    for seconds in (-1, math.nan):
        with pytest.raises(InvalidValueError, match="is not a time in seconds"):
            filled.prune(good, seconds=seconds)
    assert len(left(filled, METRICS)) == 18


@pytest.mark.databases("sqlite")
def test_the_command_prunes(
    filled: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_PATH", filled.settings.path)
    old = ["accuracy_metrics", "--older-than", "15d"]
    assert run(["prune", *old, "--dry-run"]) == 0
    assert "12 rows would go" in capsys.readouterr().out
    assert run(["prune", *old, "--keep-last", "8", "--vacuum"]) == 0
    assert "pruned: 10 rows in" in capsys.readouterr().out
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[rule]]\ntable = "accuracy_metrics"\nolder_than = "15d"\n'
        '[[rule]]\ntable = "neural_checkpoints"\nkeep_best = 1\nbest = "loss"\n'
    )
    assert run(["prune", "--rules", str(rules), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == {"accuracy_metrics": 2, "neural_checkpoints": 17}
    assert told["is_complete"] is True
    assert run(["prune", "training_jobs"]) == 2
    assert "would delete every row" in capsys.readouterr().err
    assert run(["prune"]) == 2
    assert "name a table, or a file with --rules" in capsys.readouterr().err
    rules.write_text("rule = 3")
    assert run(["prune", "--rules", str(rules)]) == 1
    assert "is no file of rules" in capsys.readouterr().err


def test_an_age_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="longer than nothing"):
        Rule("accuracy_metrics", older_than=timedelta())
