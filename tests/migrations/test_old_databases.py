"""A database of every earlier revision is known for what it is, upgrades, and works."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from bedplate import AsyncDatabase, Database, TrainingRepository
from bedplate.errors import (
    SchemaAheadError,
    SchemaBehindError,
    SchemaError,
    SchemaHalfAppliedError,
)
from bedplate.testing.servers import Server
from migrations.commands import bedplate as command
from migrations.history import HEAD, HISTORY
from migrations.interruptions import killed
from migrations.rows import read
from migrations.schemas import history_of, schema_of
from migrations.scripts import run_script

OLD = Path(__file__).parent / "old"
REVISIONS = pytest.mark.parametrize("revision", HISTORY[:-1])
FAMILY = pytest.mark.databases("mysql", "mariadb")  # the others leave nothing half


@pytest.fixture
def old_url(blank_url: str, server: Server, revision: str) -> str:
    script = OLD / server.kind / f"{revision}.sql"
    run_script(blank_url, script.read_text(encoding="utf-8"))
    return blank_url


def first_use(url: str) -> SchemaError:
    """Use a database, both ways; return what is said of its schema."""
    with (
        Database(url) as database,
        pytest.raises(SchemaError) as caught,
    ):
        database.repository(TrainingRepository).list_corpus_texts()

    async def use() -> None:
        async with AsyncDatabase(url) as database:
            await database.run(lambda session: session.execute(sa.text("SELECT 1")))

    with pytest.raises(type(caught.value)) as again:
        asyncio.run(use())
    assert str(again.value) == str(caught.value)
    with Database(url) as database, pytest.raises(type(caught.value)) as checked:
        database.check_schema()
    assert str(checked.value) == str(caught.value)
    return caught.value


@REVISIONS
def test_an_old_database_upgrades_and_is_used(old_url: str, revision: str) -> None:
    with Database(old_url) as database:
        with database.engine.connect() as connection:
            wanted = read(connection)
        assert all(wanted.values())

        database.upgrade()

        with database.engine.connect() as connection:
            assert {k: v for k, v in read(connection).items() if k in wanted} == wanted
            assert [version for version, _ in history_of(connection)] == HISTORY
        assert database.schema_differences() == []
        training = database.repository(TrainingRepository)
        assert [hit.id for hit in training.search_corpus("wörter zwei")] == [1]
        added = training.add_corpus_text("Etwas Neues", source="neu")
        assert added.id > 9
        assert [hit.id for hit in training.search_corpus("neues")] == [added.id]
        config = training.get_neural_config_by_name("A")
        assert config is not None
        assert training.delete_neural_config(config.id)
        assert [job.id for job in training.list_training_jobs()] == [4]


@REVISIONS
def test_an_old_database_has_the_schema_of_its_revision(
    old_url: str, revision: str, server: Server, tmp_path: Path
) -> None:
    """What is stored is what that revision makes."""
    with Database(old_url) as database, database.engine.connect() as connection:
        stored = schema_of(connection)
    fresh = server.create_database(f"bedplate_{uuid4().hex[:12]}", tmp_path)
    try:
        with Database(fresh) as database:
            database.upgrade(revision)
            with database.engine.connect() as connection:
                assert schema_of(connection) == stored
    finally:
        server.drop_database(fresh)


@pytest.mark.databases("postgresql")
def test_a_generated_vector_becomes_a_kept_one(blank_url: str) -> None:
    """003 made a generated column once, which a large table could not be given."""
    script = OLD / "postgresql" / "003-generated.sql"
    run_script(blank_url, script.read_text(encoding="utf-8"))
    with Database(blank_url) as database:
        with database.engine.connect() as connection:
            wanted = read(connection)
        database.upgrade()
        with database.engine.connect() as connection:
            found = read(connection)
            upgraded = schema_of(connection)
        assert {name: found[name] for name in wanted} == wanted
        assert database.schema_differences() == []
        training = database.repository(TrainingRepository)
        assert [hit.id for hit in training.search_corpus("wörter zwei")] == [1]
        added = training.add_corpus_text("Etwas Neues")
        assert [hit.id for hit in training.search_corpus("neues")] == [added.id]
        database.downgrade("base")
        database.upgrade()
        with database.engine.connect() as connection:
            assert upgraded == schema_of(connection)


@REVISIONS
def test_an_old_database_is_told_at_its_first_use(old_url: str, revision: str) -> None:
    told = first_use(old_url)
    assert type(told) is SchemaBehindError
    assert str(told) == (
        f"the schema is at {revision}, this program needs {HEAD}: "
        "run `bedplate upgrade`"
    )
    assert command(old_url, "jobs").err == f"error: {told}\n"
    status = command(old_url, "status")
    assert status.code == 0
    assert f"schema: {revision}, pending: " in status.out
    assert "(run `bedplate upgrade`)" in status.out


def test_a_newer_database_is_told_at_its_first_use(database_url: str) -> None:
    stamp = "UPDATE alembic_version SET version_num = '{}'"
    with Database(database_url) as database, database.engine.begin() as connection:
        connection.exec_driver_sql(stamp.format("999"))
    try:
        told = first_use(database_url)
        assert type(told) is SchemaAheadError
        assert "revision 999" in str(told)
        assert "update the program" in str(told)
        for words in ("jobs", "check", "upgrade", "downgrade 002", "downgrade base"):
            done = command(database_url, *words.split())
            assert (done.code, done.err) == (1, f"error: {told}\n"), words
        status = command(database_url, "status")
        assert status.code == 0
        assert "999" in status.out
        assert "update the program" in status.out
    finally:
        with Database(database_url) as database, database.engine.begin() as connection:
            connection.exec_driver_sql(stamp.format(HEAD))


@FAMILY
@pytest.mark.parametrize("after", [2, 4])
def test_a_killed_upgrade_is_told_and_finished(blank_url: str, after: int) -> None:
    with Database(blank_url) as database:
        database.upgrade("001")
    assert killed(blank_url, "002", after, up=True)

    told = first_use(blank_url)

    assert type(told) is SchemaHalfAppliedError
    assert str(told) == (
        "the upgrade of 002 was stopped half way: run `bedplate upgrade` to finish it"
    )
    for words in ("jobs", "check"):
        assert command(blank_url, words).err == f"error: {told}\n"
    status = command(blank_url, "status")
    assert f"schema: 001, and {told}\n" in status.out
    assert command(blank_url, "doctor").code == 1
    assert command(blank_url, "upgrade").out == f"schema: 001 -> {HEAD}\n"
    assert command(blank_url, "check").code == 0


@FAMILY
def test_a_killed_downgrade_is_told_and_taken_back(blank_url: str) -> None:
    """The schema is at 002 by its version, and has not all that 002 made."""
    with Database(blank_url) as database:
        database.upgrade("002")
        with database.engine.connect() as connection:
            whole = schema_of(connection)
    assert killed(blank_url, "001", 3, up=False)

    told = first_use(blank_url)

    assert type(told) is SchemaHalfAppliedError
    assert str(told) == (
        "the downgrade of 002 was stopped half way: run the downgrade again, or "
        "`bedplate upgrade` to take it back"
    )
    with Database(blank_url) as database:
        assert not database.migration_status().at_head
        database.upgrade("002")
        with database.engine.connect() as connection:
            assert schema_of(connection) == whole
        assert database.upgrade().at_head
        assert database.schema_differences() == []


@FAMILY
def test_a_killed_first_upgrade_is_told(blank_url: str) -> None:
    assert killed(blank_url, "head", 5, up=True)
    assert type(first_use(blank_url)) is SchemaHalfAppliedError
    status = json.loads(command(blank_url, "status", "--json").out)
    assert status["current"] is None
    assert "upgrade of 001" in status["half_step"]
    assert command(blank_url, "downgrade", "base").code == 0
    with Database(blank_url) as database, database.engine.connect() as connection:
        assert [*schema_of(connection)] == ["table alembic_version"]
    assert command(blank_url, "upgrade").out == f"schema: base -> {HEAD}\n"


@FAMILY
def test_plain_alembic_puts_a_half_step_right(blank_url: str) -> None:
    from migrations.programs import run

    with Database(blank_url) as database:
        database.upgrade()
    assert killed(blank_url, "002", 2, up=False)  # an index is gone, 003 is written
    code, _, err = run(blank_url, "alembic", "current")
    assert code == 0, err
    assert type(first_use(blank_url)) is SchemaHalfAppliedError
    code, _, err = run(blank_url, "alembic", "upgrade", "head")
    assert code == 0, err
    assert command(blank_url, "check").code == 0


@FAMILY
def test_a_stamp_takes_the_word_of_who_gives_it(blank_url: str) -> None:
    with Database(blank_url) as database:
        database.upgrade("001")
        assert killed(blank_url, "002", 3, up=True)
        assert database.stamp("001").half_step is None
        assert database.upgrade().at_head
        assert database.schema_differences() == []
