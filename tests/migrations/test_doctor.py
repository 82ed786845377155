"""The doctor finds what is wrong, and mends what it says it mends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bedplate import Database, TrainingRepository
from bedplate.testing.servers import Server
from migrations.commands import bedplate
from migrations.history import HEAD
from migrations.rows import fill, read


def examined(url: str, *options: str, **variables: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the findings, by what was looked at."""
    done = bedplate(url, "doctor", "--json", *options, **variables)
    return done.code, {finding["check"]: finding for finding in json.loads(done.out)}


def executed(url: str, *statements: str) -> None:
    with Database(url) as database, database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_sound_database_has_no_errors(database_url: str) -> None:
    code, found = examined(database_url)
    assert code == 0
    assert found["schema"]["level"] == "ok"
    assert found["schema"]["message"] == f"at {HEAD}, as the models say"
    assert {finding["level"] for finding in found.values()} <= {"ok", "warning"}
    assert not any(finding["repairable"] for finding in found.values())
    assert "version" in found


def test_people_get_a_table(database_url: str) -> None:
    done = bedplate(database_url, "doctor")
    assert done.code == 0
    assert done.out.split()[:3] == ["level", "check", "message"]
    assert "as the models say" in done.out


def test_nothing_to_mend_is_no_error(database_url: str) -> None:
    assert examined(database_url, "--repair") == examined(database_url)


@pytest.mark.parametrize("revision", ["001", "002"])
def test_a_schema_that_is_behind_is_an_error(blank_url: str, revision: str) -> None:
    bedplate(blank_url, "upgrade", revision)
    code, found = examined(blank_url, "--repair")
    assert code == 1
    assert found["schema"]["message"] == (
        f"the schema is at {revision}, this program needs {HEAD}: "
        "run `bedplate upgrade`"
    )


def test_a_schema_of_nobody_is_an_error(blank_url: str) -> None:
    bedplate(blank_url, "upgrade")
    executed(blank_url, "UPDATE alembic_version SET version_num = '999'")
    code, found = examined(blank_url)
    assert code == 1
    assert "update the program" in found["schema"]["message"]


def test_a_missing_index_is_an_error_that_a_person_mends(blank_url: str) -> None:
    bedplate(blank_url, "upgrade")
    with Database(blank_url) as database, database.engine.begin() as connection:
        on = " ON text_corpora" * (database.engine.dialect.name in ("mysql", "mariadb"))
        connection.exec_driver_sql(f"DROP INDEX ix_text_corpora_source{on}")
    code, found = examined(blank_url, "--repair")
    assert code == 1
    assert found["schema"]["message"] == (
        "add index: ix_text_corpora_source on text_corpora"
    )


@pytest.mark.databases("postgresql", "mysql", "mariadb")
def test_a_pool_larger_than_the_server_is_a_warning(database_url: str) -> None:
    code, found = examined(database_url, DB_POOL_SIZE="1000", DB_MAX_OVERFLOW="1000")
    assert code == 0
    assert found["pool"]["level"] == "warning"
    assert "2000 connections" in found["pool"]["message"]
    assert "DB_POOL_SIZE" in found["pool"]["message"]
    _, found = examined(database_url, DB_POOL_SIZE="2", DB_MAX_OVERFLOW="1")
    assert found["pool"]["level"] == "ok"


@pytest.mark.databases("postgresql")
def test_an_invalid_index_is_built_anew(blank_url: str) -> None:
    bedplate(blank_url, "upgrade")
    executed(
        blank_url,
        "UPDATE pg_index SET indisvalid = false "
        "WHERE indexrelid = 'ix_text_corpora_source'::regclass",
    )
    code, found = examined(blank_url)
    assert code == 1
    assert found["indexes"]["repairable"]
    assert "ix_text_corpora_source is not valid" in found["indexes"]["message"]

    code, found = examined(blank_url, "--repair")

    assert (code, found["indexes"]["level"]) == (0, "ok")
    assert examined(blank_url)[0] == 0


@pytest.mark.databases("mysql", "mariadb")
def test_a_table_in_another_character_set_is_an_error(blank_url: str) -> None:
    bedplate(blank_url, "upgrade")
    executed(blank_url, "ALTER TABLE database_versions DEFAULT CHARACTER SET latin1")
    code, found = examined(blank_url, "--repair")
    assert code == 1
    assert found["tables"]["level"] == "error"
    assert "database_versions (latin1_swedish_ci)" in found["tables"]["message"]
    assert not found["tables"]["repairable"]


@pytest.mark.databases("sqlite")
def test_a_search_index_out_of_step_is_rebuilt(blank_url: str) -> None:
    with Database(blank_url) as database:
        database.upgrade()
        training = database.repository(TrainingRepository)
        text = training.add_corpus_text("Wörter und mehr Wörter")
    executed(
        blank_url,
        "INSERT INTO text_corpora_fts (text_corpora_fts, rowid, title, content) "
        f"SELECT 'delete', id, title, content FROM text_corpora WHERE id = {text.id}",
    )
    check = "search index text_corpora_fts"
    code, found = examined(blank_url)
    assert (code, found[check]["level"], found[check]["repairable"]) == (
        1,
        "error",
        True,
    )

    code, found = examined(blank_url, "--repair")

    assert (code, found[check]["level"]) == (0, "ok")
    with Database(blank_url) as database:
        hits = database.repository(TrainingRepository).search_corpus("mehr")
        assert [hit.id for hit in hits] == [text.id]


@pytest.mark.databases("postgresql")
def test_words_that_nobody_kept_are_collected(blank_url: str) -> None:
    with Database(blank_url) as database:
        database.upgrade()
        training = database.repository(TrainingRepository)
        text = training.add_corpus_text("Wörter und mehr Wörter")
    executed(
        blank_url,
        "ALTER TABLE text_corpora DISABLE TRIGGER ALL",
        "UPDATE text_corpora SET content = 'etwas anderes'",
        "ALTER TABLE text_corpora ENABLE TRIGGER ALL",
    )
    check = "search index text_corpora"
    code, found = examined(blank_url)
    assert (code, found[check]["level"]) == (1, "error")
    assert found[check]["message"] == "differs from 1 of the rows it is about"

    code, found = examined(blank_url, "--repair")

    assert (code, found[check]["level"]) == (0, "ok")
    with Database(blank_url) as database:
        hits = database.repository(TrainingRepository).search_corpus("anderes")
        assert [hit.id for hit in hits] == [text.id]


UNCHECKED = {
    "sqlite": "PRAGMA foreign_keys = OFF",
    "postgresql": "SET session_replication_role = replica",
    "mysql": "SET SESSION foreign_key_checks = 0",
    "mariadb": "SET SESSION foreign_key_checks = 0",
}


def test_a_row_that_refers_to_nothing_is_an_error(
    blank_url: str, server: Server
) -> None:
    with Database(blank_url) as database:
        database.upgrade()
        with database.engine.begin() as connection:
            fill(connection)
            wanted = read(connection)
    executed(
        blank_url,
        UNCHECKED[server.kind],
        "UPDATE training_jobs SET neural_config_id = 77 WHERE id = 3",
    )
    code, found = examined(blank_url, "--repair")
    assert code == 1
    assert found["foreign keys"]["message"] == (
        "1 rows refer to nothing, the first in training_jobs"
    )
    assert not found["foreign keys"]["repairable"]
    with Database(blank_url) as database, database.engine.connect() as connection:
        assert {k: len(v) for k, v in read(connection).items()} == {
            k: len(v) for k, v in wanted.items()
        }  # a person decides what becomes of the row


def test_a_database_in_memory_is_sound() -> None:
    with Database("sqlite:///:memory:") as database:
        database.upgrade()
        found = {finding.check: finding for finding in database.examine()}
    assert found["journal"].level == "ok"  # nobody else can be there
    assert found["schema"].level == "ok"
