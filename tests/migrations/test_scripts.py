"""What `--sql` prints does what running it here does."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bedplate import Database
from migrations.commands import bedplate
from migrations.history import BELOW, HEAD, HISTORY, LISTED
from migrations.rows import fill, read
from migrations.schemas import Schema, history_of, revision_of, schema_of
from migrations.scripts import run_script


@dataclass
class State:
    schema: Schema
    revision: str


def state_of(database: Database) -> State:
    with database.engine.connect() as connection:
        return State(schema_of(connection), revision_of(connection))


def entries(database: Database) -> list[tuple[str, str]]:
    with database.engine.connect() as connection:
        return history_of(connection)


def test_a_script_does_what_a_run_does(blank_url: str) -> None:
    with Database(blank_url) as database:
        states = {}
        for revision in HISTORY:
            database.upgrade(revision)
            states[revision] = state_of(database)
        up = entries(database)
        database.downgrade("001")
        down = entries(database)[len(up) :]
        database.downgrade("base")
        states["base"] = state_of(database)

    def moved(verb: str, revision: str) -> list[tuple[str, str]]:
        printed = bedplate(blank_url, verb, revision, "--sql")
        assert (printed.code, printed.err) == (0, "")
        with Database(blank_url) as database:
            before = entries(database)
            run_script(blank_url, printed.out)
            assert state_of(database) == states[revision.replace("head", HEAD)]
            return entries(database)[len(before) :]

    assert [*moved("upgrade", "001"), *moved("upgrade", "002")] == up[:2]
    with Database(blank_url) as database, database.engine.begin() as connection:
        fill(connection)
        wanted = read(connection)
    assert moved("upgrade", "head") == up[2:]
    assert [*moved("downgrade", "002"), *moved("downgrade", "001")] == down
    with Database(blank_url) as database, database.engine.begin() as connection:
        assert read(connection) == wanted
    assert moved("downgrade", "base") == []
    assert moved("upgrade", "head") == up
    assert moved("downgrade", "base") == []


def test_a_script_tells_the_time_it_is_run_at(blank_url: str) -> None:
    printed = bedplate(blank_url, "upgrade", "--sql")
    run_script(blank_url, printed.out)
    with Database(blank_url) as database:
        written = [step.applied_at for step in database.migration_status().applied]
        assert database.upgrade("head").at_head
        database.downgrade("002")
        later = database.migration_status().applied[-1].applied_at
    assert [*sorted(written), later] == [*written, later]
    assert (later - written[0]).total_seconds() < 60


def test_printing_changes_nothing(blank_url: str) -> None:
    with Database(blank_url) as database:
        before = state_of(database)
        assert "CREATE TABLE" in database.migration_script()
        assert state_of(database) == before


def test_at_head_there_is_nothing_to_print(database_url: str) -> None:
    printed = bedplate(database_url, "upgrade", "--sql")
    assert printed.code == 0
    assert "INSERT" not in printed.out
    assert "CREATE" not in printed.out


@pytest.mark.parametrize("revision", ["-1", BELOW])
def test_a_step_back_may_be_counted(blank_url: str, revision: str) -> None:
    with Database(blank_url) as database:
        database.upgrade()
        printed = bedplate(blank_url, "downgrade", revision, "--sql")
        assert printed.code == 0, printed.err
        run_script(blank_url, printed.out)
        assert database.migration_status().current == BELOW


def test_an_unknown_revision_is_an_error(database_url: str) -> None:
    for command in ("upgrade", "downgrade"):
        printed = bedplate(database_url, command, "nonsense", "--sql")
        assert (printed.code, printed.out) == (1, "")
        assert LISTED in printed.err
