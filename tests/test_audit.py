"""Who changed what: noted by triggers, whichever way the change was made."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from migrations.rows import fill, rows

from bedplate import AsyncDatabase, Base, BookRepository, Database, TrainingRepository
from bedplate.auditing import AuditRepository, Change
from bedplate.cli.app import run
from bedplate.dialects import table_options
from bedplate.domains.training import AccuracyMetric, TrainingJob
from bedplate.encryption import new_key
from bedplate.errors import (
    BedplateError,
    ConnectionLostError,
    InvalidValueError,
    PermissionDeniedError,
    TransactionError,
)
from bedplate.types import CodeText, Encrypted, Key, Uuid


@pytest.fixture
def audited(database: Database) -> Iterator[Database]:
    yield database
    forget(database)


def forget(database: Database) -> None:
    database.audit.off(*database.audit.tables())
    with database.engine.begin() as connection:
        for name in ("bedplate_audit_tables", "bedplate_audit", "bedplate_actor"):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("DROP FUNCTION IF EXISTS bedplate_audit_keep")


def changes(database: Database, table: str | None = None) -> Sequence[Change]:
    """Return what was noted, the earliest first."""
    found = database.repository(AuditRepository).list_changes(table, limit=1_000)
    return [*reversed(found)]


def told(database: Database) -> list[tuple[str, str, str | None]]:
    return [(c.action, c.key[0], c.actor) for c in changes(database)]


def test_every_way_of_changing_a_row_is_noted(audited: Database) -> None:
    training = audited.repository(TrainingRepository)
    earlier = training.create_training_job(job_id="earlier")
    assert audited.audit.on("training_jobs") == ["training_jobs"]
    started = datetime.now(UTC) - timedelta(minutes=10)
    with audited.transaction(actor="ann"):
        job = training.create_training_job(job_id="a")
    training.update_training_job("a", "running", 10)  # without a session
    with audited.transaction(actor="bob 🙂") as session:
        session.execute(sa.update(TrainingJob).values(message="core"))
        session.delete(session.get_one(TrainingJob, job.id))
    first, second, *updates, last = changes(audited)
    assert (first.table, first.action, first.actor) == (
        "training_jobs",
        "insert",
        "ann",
    )
    assert (first.key, first.before) == ((str(job.id),), None)
    assert first.after is not None
    assert first.after["job_id"] == "a"
    assert first.after["created_at"] == job.created_at.isoformat(
        timespec="microseconds"
    )
    assert started < first.at < datetime.now(UTC) + timedelta(minutes=10)
    assert (second.action, second.actor) == ("update", None)
    assert second.before is not None
    assert second.after is not None
    assert (second.before["status"], second.after["status"]) == ("pending", "running")
    keys = {(change.key[0], change.actor) for change in updates}
    assert keys == {(str(n), "bob 🙂") for n in (earlier.id, job.id)}
    assert (last.action, last.after, last.actor) == ("delete", None, "bob 🙂")
    assert last.before is not None
    assert last.before["message"] == "core"
    repository = audited.repository(AuditRepository)
    mine = repository.list_changes("training_jobs", job.id)
    assert [c.action for c in mine] == ["delete", "update", "update", "insert"]
    page = repository.list_changes(before=mine[0].id, limit=2)
    assert [c.id for c in page] == sorted((c.id for c in page), reverse=True)
    assert len(page) == 2
    assert max(c.id for c in page) < mine[0].id


@pytest.mark.databases("postgresql")
def test_a_temporary_table_takes_nothing_away(audited: Database) -> None:
    audited.audit.on("training_jobs")
    mine = "CREATE TEMP TABLE bedplate_audit (LIKE bedplate_audit) ON COMMIT DROP"
    with audited.transaction() as session:
        session.execute(sa.text(mine))
        audited.repository(TrainingRepository).create_training_job(job_id="a")
    assert [change.action for change in changes(audited)] == ["insert"]


def test_bulk_methods_are_noted_too(audited: Database) -> None:
    audited.audit.on("accuracy_metrics", "training_jobs")
    training = audited.repository(TrainingRepository)
    job = training.create_training_job(job_id="a")
    numbers = [0.1, -1e300, math.nan, math.inf, -math.inf, 2.5e-7, 0.0]
    with audited.transaction(actor="bulk"):
        training.of(AccuracyMetric).add_many(
            [{"metric_type": "loss", "value": n, "step": 1} for n in numbers]
        )
    found = changes(audited, "accuracy_metrics")
    assert [c.actor for c in found] == ["bulk"] * len(numbers)
    values = [c.after["value"] for c in found if c.after]
    values = [float(v) if isinstance(v, int) else v for v in values]
    assert values == [0.1, -1e300, "NaN", "Infinity", "-Infinity", 2.5e-7, 0.0]
    assert changes(audited, "training_jobs")[0].key == (str(job.id),)


def test_every_table_with_whatever_it_holds(audited: Database) -> None:
    names = [name for name in rows() if not name.startswith("markov")]
    audited.audit.on(*names)
    with audited.engine.begin() as connection:
        fill(connection)
    noted = {c.table for c in changes(audited)}
    assert noted == {name for name in names if rows()[name]}
    long = [
        value
        for change in changes(audited)
        for value in (change.after or {}).values()
        if isinstance(value, str) and value.endswith(" characters]")
    ]
    assert long
    assert max(map(len, long)) < 2_100
    with audited.engine.begin() as connection:
        for name in reversed(names):
            connection.execute(sa.delete(Base.metadata.tables[name]))
    assert {c.table for c in changes(audited) if c.action == "delete"} == noted


def test_keys_and_documents_are_written_as_they_are(audited: Database) -> None:
    audited.audit.on("users")
    document = {"ä": [1, -1.5, None, True, '🙂 " \\ \n'], "n": 2**62}
    books = audited.repository(BookRepository)
    with audited.transaction(actor="ann"):
        user = books.create_user("ada", "ada@example.org", document)
    books.create_user("long", None, {"text": "x" * 3_000})
    (found,) = audited.repository(AuditRepository).list_changes("users", user.id)
    assert found.key == (str(user.id),)
    assert found.after is not None
    assert found.after["id"] == str(user.id)
    assert found.after["metadata"] == document
    (long,) = [c for c in changes(audited) if c.actor is None]
    assert long.after is not None
    assert long.after["email"] is None
    assert long.after["metadata"].startswith('{"text":')
    assert long.after["metadata"].endswith(" characters]")


def test_rows_that_go_with_others_are_noted(audited: Database) -> None:
    """A database may delete them without a statement; each is noted once."""
    corpus, config, job, metrics = fill_a_chain(audited)
    audited.audit.on("accuracy_metrics")  # nothing of what it hangs on
    with audited.transaction(actor="ann") as session:
        session.execute(sa.text("DELETE FROM neural_checkpoints WHERE path = 'other'"))
    assert changes(audited) == []  # nothing hung on that one
    audited.audit.on("training_jobs")
    with audited.transaction(actor="bob") as session:
        session.execute(sa.text(f"DELETE FROM text_corpora WHERE id = {corpus}"))
    with audited.transaction(actor="cid") as session:
        session.execute(sa.text(f"DELETE FROM neural_configs WHERE id = {config}"))
    cleared, *deleted = changes(audited)
    noted = (cleared.table, cleared.action, cleared.key, cleared.actor)
    assert noted == ("training_jobs", "update", (str(job),), "bob")
    assert cleared.before is not None
    assert cleared.before["text_corpus_id"] == corpus
    assert cleared.after == {**cleared.before, "text_corpus_id": None}
    assert {(c.action, c.actor) for c in deleted} == {("delete", "cid")}
    assert sorted((c.table, int(c.key[0])) for c in deleted) == [
        *(("accuracy_metrics", key) for key in metrics),
        ("training_jobs", job),
    ]
    values = {c.before["value"] for c in deleted if c.before and "value" in c.before}
    assert values == {0.0, 1.0, 2.0}
    with audited.transaction() as session:
        assert session.scalar(sa.select(sa.func.count(AccuracyMetric.id))) == 0


def fill_a_chain(database: Database) -> tuple[int, int, int, list[int]]:
    """A configuration with a job, its checkpoint, and metrics of both; its corpus."""
    training = database.repository(TrainingRepository)
    corpus = training.add_corpus_text("text")
    config = training.create_neural_config("config", {})
    job = training.create_training_job(config.id, corpus.id)
    other = training.create_training_job()
    training.create_checkpoint(1, 1, "other", training_job_id=other.id)
    point = training.create_checkpoint(1, 1, "own", training_job_id=job.id)
    owners = ({"training_job_id": job.id}, {"model_checkpoint_id": point.id})
    metrics = [
        training.of(AccuracyMetric).add(
            AccuracyMetric(metric_type="loss", value=value, **owner)
        )
        for value, owner in enumerate((*owners, owners[0] | owners[1]))
    ]
    return corpus.id, config.id, job.id, [metric.id for metric in metrics]


def test_a_user_who_is_erased_is_noted_once(audited: Database) -> None:
    books = audited.repository(BookRepository)
    user = books.create_user("ada")
    books.create_session(user.id)
    audited.audit.on("users", "sessions")
    with audited.transaction(actor="ann"):
        books.erase_user(user.id)
    assert [(c.table, c.action) for c in changes(audited)] == [
        ("sessions", "delete"),
        ("users", "delete"),
    ]


def test_what_is_encrypted_stays_so(audited: Database, database_url: str) -> None:
    table = sa.Table(
        "audited_diaries",
        Base.metadata,
        sa.Column("id", Uuid(), primary_key=True),
        sa.Column("number", Key(), primary_key=True, autoincrement=False),
        sa.Column('it\'s 100% "text"', Encrypted()),
        **table_options(),
    )
    key = (UUID(int=5), 7)
    try:
        with Database(database_url, encryption_keys=new_key()) as database:
            with database.engine.begin() as connection:
                table.create(connection)
            database.audit.on("audited_diaries")
            row = dict(zip(table.columns.keys(), (*key, "secret"), strict=True))
            with database.transaction(actor="ann") as session:
                session.execute(sa.insert(table), [row])
            (noted,) = database.repository(AuditRepository).list_changes(
                "audited_diaries", key
            )
            assert noted.after is not None
            assert noted.after['it\'s 100% "text"'][8:14] == ".gAAAA"
            assert "secret" not in str(noted)
            assert noted.key == (str(key[0]), "7")
            forget(database)
    finally:
        with audited.engine.begin() as connection:
            table.drop(connection, checkfirst=True)
        Base.metadata.remove(table)


def test_what_is_rolled_back_is_not_noted(audited: Database) -> None:
    audited.audit.on("training_jobs")
    training = audited.repository(TrainingRepository)

    class StopError(Exception):
        pass

    for _ in range(3):
        with pytest.raises(StopError), audited.transaction(actor="ann"):
            training.create_training_job(job_id="a")
            raise StopError
    assert changes(audited) == []
    training.create_training_job(job_id="b")
    assert [c.actor for c in changes(audited)] == [None]


def test_an_actor_ends_with_its_transaction(audited: Database) -> None:
    audited.audit.on("training_jobs")
    training = audited.repository(TrainingRepository)
    for actor in ("ann", None, "bob", None, None):
        with audited.transaction(actor=actor), audited.transaction():
            training.create_training_job()
        training.create_training_job()  # by itself
    wanted = ["ann", None, None, None, "bob", None, None, None, None, None]
    assert [c.actor for c in changes(audited)] == wanted
    with audited.transaction(actor="ann"), audited.transaction(actor="ann"):
        pass
    for outer in ("ann", None):
        with (
            pytest.raises(TransactionError, match="cannot become bob"),
            audited.transaction(actor=outer),
            audited.transaction(actor="bob"),
        ):
            pass
    with (
        pytest.raises(InvalidValueError, match="actor: "),
        audited.transaction(actor=""),
    ):
        pass
    with audited.transaction(read_only=True, actor="ann"):
        assert training.list_training_jobs()


def test_so_it_is_on_an_event_loop(audited: Database, database_url: str) -> None:
    audited.audit.on("training_jobs")

    async def work() -> None:
        async with AsyncDatabase(database_url) as database:
            async with database.transaction(actor="ann") as session:
                session.add(TrainingJob(job_id="a"))
            async with database.transaction() as session:
                session.add(TrainingJob(job_id="b"))

    asyncio.run(work())
    assert [c.actor for c in changes(audited)] == ["ann", None]


@pytest.mark.parametrize(
    "statement", ["UPDATE bedplate_audit SET actor = 'x'", "DELETE FROM bedplate_audit"]
)
def test_the_log_is_only_added_to(audited: Database, statement: str) -> None:
    audited.audit.on("training_jobs")
    audited.repository(TrainingRepository).create_training_job(job_id="a")
    with (
        pytest.raises(BedplateError, match="the audit log is only ever added to"),
        audited.transaction() as session,
    ):
        session.execute(sa.text(statement))
    assert len(changes(audited)) == 1


@pytest.mark.databases("postgresql")
def test_a_role_without_rights_to_the_log_is_noted(
    audited: Database, database_url: str
) -> None:
    audited.audit.on("training_jobs")
    role = f"bedplate_{uuid4().hex[:12]}"
    password = "of-a-test"  # noqa: S105  # the role lives as long as the test
    with audited.engine.begin() as connection:
        run_sql = connection.exec_driver_sql
        run_sql(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
        run_sql(f"GRANT SELECT, INSERT ON training_jobs, alembic_version TO {role}")
        run_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
    url = sa.make_url(database_url).set(username=role, password=password)
    try:
        with Database(url.render_as_string(hide_password=False)) as database:
            training = database.repository(TrainingRepository)
            with database.transaction(actor="ann"):
                training.create_training_job(job_id="a")
            with (
                pytest.raises(PermissionDeniedError),
                database.transaction() as session,
            ):
                session.execute(sa.text("INSERT INTO bedplate_audit DEFAULT VALUES"))
    finally:
        with audited.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {role}")
            connection.exec_driver_sql(f"DROP ROLE {role}")
    assert [(c.login, c.actor) for c in changes(audited)] == [(role, "ann")]


def test_it_is_turned_on_and_off_by_table_and_by_domain(audited: Database) -> None:
    assert audited.audit.tables() == audited.audit.off("users") == []
    assert changes(audited) == []
    assert "plots" in audited.audit.on("books", "training_jobs")
    assert "training_jobs" in audited.audit.tables()
    audited.audit.on("training_jobs")  # again
    training = audited.repository(TrainingRepository)
    training.create_training_job()
    assert audited.audit.off("training_jobs") == ["training_jobs"]
    training.create_training_job()
    audited.repository(BookRepository).create_plot("Salt Roads")
    assert [c.table for c in changes(audited)] == ["training_jobs", "plots"]
    audited.audit.off("books")
    assert audited.audit.tables() == []
    for act in (audited.audit.on, audited.audit.off):
        with pytest.raises(InvalidValueError, match="no table or domain 'nowhere'"):
            act("nowhere")
        with audited.transaction(), pytest.raises(TransactionError, match="end it"):
            act("books")


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("name", "length", "is_key", "wanted"),
    [
        ("x" * 46, 5, True, "longer than 45 characters"),
        ("audited_long", 501, True, "key of audited_long is too long"),
        ("audited_loose", 5, False, "has no primary key"),
    ],
)
def test_a_table_that_cannot_be_audited_is_refused(
    audited: Database, name: str, length: int, is_key: bool, wanted: str
) -> None:
    column: sa.Column[str] = sa.Column("name", CodeText(length), primary_key=is_key)
    table = sa.Table(name, Base.metadata, column)
    try:
        with pytest.raises(InvalidValueError, match=wanted):
            audited.audit.on(name)
    finally:
        Base.metadata.remove(table)


def test_the_doctor_brings_lost_triggers_back(audited: Database) -> None:
    audited.audit.on("training_jobs", "users")

    def findings() -> list[Any]:
        return [f for f in audited.examine() if f.check == "audit"]

    assert [f.level for f in findings()] == ["ok"]
    audits = audited._engines.dialect.audits
    with audited.engine.begin() as connection:
        for statement in audits.off("training_jobs"):
            connection.exec_driver_sql(statement)
    (found,) = findings()
    assert (found.level, "training_jobs" in found.message) == ("error", True)
    audited.repair([found])
    assert [f.level for f in findings()] == ["ok"]
    audited.repository(TrainingRepository).create_training_job()
    assert len(changes(audited)) == 1
    assert audited.schema_differences() == []


def test_migrations_keep_it(blank_url: str) -> None:
    with Database(blank_url) as database:
        database.upgrade()
        database.audit.on("training_jobs", "text_corpora")
        database.downgrade("009")
        database.upgrade()
        assert {f.level for f in database.examine() if f.check == "audit"} == {"ok"}
        with database.transaction(actor="ann"):
            database.repository(TrainingRepository).create_training_job(job_id="a")
        (change,) = changes(database)
        columns = set(Base.metadata.tables["training_jobs"].columns.keys())
        assert set(change.after or ()) == columns
        database.downgrade("base")
        database.upgrade()
        assert len(changes(database)) == 1


@pytest.mark.databases("sqlite")
def test_the_commands(
    audited: Database,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)

    def ran(*arguments: str) -> tuple[int, str]:
        code = run(["audit", *arguments])
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    assert ran("list") == (0, "no table is audited\n")
    assert ran("on", "training_jobs", "users")[0] == 0
    assert ran("list", "--json") == (0, '[\n  "training_jobs",\n  "users"\n]\n')
    with audited.transaction(actor="ann"):
        audited.repository(TrainingRepository).create_training_job(job_id="a")
    code, text = ran("log", "--table", "training_jobs")
    assert (code, "insert" in text, "ann" in text) == (0, True, True)
    code, text = ran("log", "--json", "-n", "1")
    assert (code, json.loads(text)[0]["after"]["job_id"]) == (0, "a")
    assert ran("off", "users") == (0, "no longer audited: users\n")
    assert ran("on", "nowhere")[0] == 1


def test_a_log_that_was_begun_half_way_is_finished(audited: Database) -> None:
    audited.audit.on("training_jobs")
    with audited.engine.begin() as connection:  # as a program leaves it that is killed
        connection.exec_driver_sql("DROP TABLE bedplate_audit_tables")
    assert audited.audit.on("training_jobs") == ["training_jobs"]
    audited.repository(TrainingRepository).create_training_job(job_id="a")
    assert [action for action, _, _ in told(audited)] == ["insert"]


@pytest.mark.databases("mysql", "mariadb")
def test_an_actor_whose_connection_breaks_before_commit_has_done_nothing(
    audited: Database,
) -> None:
    training = audited.repository(TrainingRepository)
    with (
        pytest.raises(ConnectionLostError),
        audited.transaction(actor="ann") as session,
    ):
        training.create_training_job(job_id="a")
        number = session.scalar(sa.text("SELECT connection_id()"))
        with audited.engine.connect() as other:
            other.exec_driver_sql(f"KILL {number}")
    assert training.get_training_job("a") is None
