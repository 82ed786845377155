"""Rows come through every revision, and what cannot is dropped only when asked for."""

from __future__ import annotations

import json

import pytest

from bedplate import Database
from bedplate.errors import MigrationError
from migrations.commands import bedplate
from migrations.history import HEAD, HISTORY, LISTED
from migrations.rows import fill, read


def test_rows_survive_every_revision_down_and_up(blank_url: str) -> None:
    with Database(blank_url) as database:
        database.upgrade()
        with database.engine.begin() as connection:
            fill(connection)
            wanted = read(connection)
        assert all(wanted.values())
        for revision in (*HISTORY[-2::-1], *HISTORY[1:], "001", HEAD):
            there = database.migration_status().current or ""
            (database.upgrade if revision > there else database.downgrade)(revision)
            with database.engine.connect() as connection:
                found = read(connection)
            # What an older schema has no table for is dropped, and comes back empty.
            wanted = {name: wanted.get(name, []) for name in found}
            assert found == wanted, f"{there} -> {revision}"
            assert found["text_corpora"]


def test_rows_written_under_each_revision_survive(blank_url: str) -> None:
    with Database(blank_url) as database:
        for revision in HISTORY[:-1]:
            database.upgrade(revision)
            with database.engine.begin() as connection:
                fill(connection)
                wanted = read(connection)
            assert all(wanted.values())
            database.upgrade()
            with database.engine.connect() as connection:
                found = read(connection)
            assert {name: found[name] for name in wanted} == wanted
            database.downgrade("base")


def test_a_downgrade_that_drops_rows_wants_to_be_told_so(blank_url: str) -> None:
    assert bedplate(blank_url, "upgrade").code == 0
    with Database(blank_url) as database:
        with database.engine.begin() as connection:
            fill(connection)
            wanted = read(connection)

        refused = bedplate(blank_url, "downgrade", "base")
        assert refused.code == 1
        assert refused.out == ""
        dropped = "; ".join(database.migration_losses("base"))
        assert dropped.endswith("every table with all its rows")
        assert refused.err == (
            f"error: this drops {dropped}: say --yes to do it all the same\n"
        )
        with database.engine.connect() as connection:
            assert read(connection) == wanted
        assert database.migration_status().at_head

        # What keeps every row is done at once: to 001 by steps, and then no further.
        database.downgrade("003")
        with database.engine.connect() as connection:
            wanted = read(connection)
        assert wanted["text_corpora"]
        assert bedplate(blank_url, "downgrade", "-1").out == "schema: 003 -> 002\n"
        assert bedplate(blank_url, "downgrade", "001").out == "schema: 002 -> 001\n"
        with database.engine.connect() as connection:
            assert read(connection) == wanted
        assert bedplate(blank_url, "downgrade", "-1").code == 1

        agreed = bedplate(blank_url, "downgrade", "-1", "--yes", "--json")
        assert agreed.code == 0
        assert json.loads(agreed.out)["current"] is None
        with database.engine.connect() as connection:
            assert read(connection) == {}


@pytest.mark.parametrize("revision", ["base", "-3", "-2"])
def test_every_way_to_name_the_beginning_says_what_is_lost(
    blank_url: str, revision: str
) -> None:
    with Database(blank_url) as database:
        database.upgrade("003")
        found = database.migration_losses(revision)
    assert [*found] == ([] if revision == "-2" else ["every table with all its rows"])


@pytest.mark.parametrize("revision", ["999", "nonsense", "-9", "002"])
def test_a_downgrade_to_what_is_not_there_changes_nothing(
    blank_url: str, revision: str
) -> None:
    with Database(blank_url) as database:
        database.upgrade("001")

    done = bedplate(blank_url, "downgrade", revision, "--yes")

    assert done.code == 1, done.out
    assert done.out == ""
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    with Database(blank_url) as database:
        assert database.migration_status().current == "001"


def test_a_downgrade_of_nothing_says_so(blank_url: str) -> None:
    with Database(blank_url) as database:
        database.upgrade("001")
        database.downgrade("base")
        done = bedplate(blank_url, "downgrade", "base")
        assert (done.code, done.out) == (0, "the schema is at base already\n")
        with pytest.raises(MigrationError):
            database.downgrade("-1")


@pytest.mark.parametrize("revision", ["999", "nonsense", "+99"])
def test_an_upgrade_to_what_is_not_there_changes_nothing(
    blank_url: str, revision: str
) -> None:
    done = bedplate(blank_url, "upgrade", revision)

    assert done.code == 1
    assert done.err.startswith("error: ")
    assert LISTED in done.err
    with Database(blank_url) as database:
        assert database.migration_status().current is None
