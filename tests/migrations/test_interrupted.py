"""A revision that is stopped after any of its statements is finished by the next run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from migrations.interruptions import failed, killed, move
from migrations.rows import Rows, fill, read
from migrations.schemas import Schema, history_of, revision_of, schema_of

from bedplate import Database
from bedplate.dialects import dialect_of

# Before 001 there is no table for rows: it is run up without, and down with them.
CASES = pytest.mark.parametrize(
    ("below", "revision", "rows"),
    [
        pytest.param("base", "001", True, id="001"),
        pytest.param("001", "002", False, id="002-empty"),
        pytest.param("001", "002", True, id="002-rows"),
        pytest.param("002", "003", False, id="003-empty"),
        pytest.param("002", "003", True, id="003-rows"),
    ],
)


@dataclass
class State:
    """All that a migration could change."""

    revision: str
    schema: Schema
    rows: Rows
    history: list[tuple[str, str]]


class Step:
    """One revision of one database, and what undisturbed runs of it leave."""

    def __init__(self, database: Database, below: str, revision: str, rows: bool):
        self.database, self.below, self.revision = database, below, revision
        self.rows = rows
        self.transactional = dialect_of(database.engine).transactional_ddl
        if below != "base":
            database.upgrade(below)
            self.fill()
        self.run(up=True)
        self.upper = self.state()
        self.run(up=False)
        self.lower = self.state()

    def target(self, up: bool) -> str:
        return self.revision if up else self.below

    def run(self, *, up: bool) -> None:
        move(self.database, self.target(up), up=up)
        if up and self.below == "base":
            self.fill()

    def fill(self) -> None:
        with self.database.engine.begin() as connection:
            if self.rows and not any(read(connection).values()):
                fill(connection)

    def state(self) -> State:
        with self.database.engine.connect() as connection:
            return State(
                revision_of(connection),
                schema_of(connection),
                read(connection),
                history_of(connection),
            )

    def check_same(self, stop: Interruption, after: int, *, up: bool) -> bool:
        """Stop a run; the next one ends where an undisturbed one does."""
        before = self.state()
        stopped = stop(self, after, up)
        if stopped and self.transactional and self.nothing_is_left(before):
            return True  # what the next run does was seen already
        self.run(up=up)
        self.check_arrived(before, up=up)
        if stopped:
            self.run(up=not up)
        return stopped

    def check_arrived(self, before: State, *, up: bool) -> None:
        found, wanted = self.state(), self.upper if up else self.lower
        assert found.revision == wanted.revision
        assert found.schema == wanted.schema
        assert found.rows == wanted.rows
        if found.history:  # 001 takes it with it
            verb = "upgrade" if up else "downgrade"
            assert found.history[:-1] == before.history
            assert found.history[-1][0] == wanted.revision
            assert found.history[-1][1].startswith(f"{verb} {self.revision}: ")

    def check_opposite(self, stop: Interruption, after: int, *, up: bool) -> None:
        """Stop a run, run the opposite: it ends where it began."""
        before = self.state()
        assert before.revision == self.target(not up)
        stop(self, after, up)
        self.run(up=not up)
        found = self.state()
        assert found.revision == before.revision
        assert found.schema == before.schema
        if self.below != "base":  # whose rows are dropped table by table
            assert found.rows == before.rows
            assert len(found.history) in (len(before.history), len(before.history) + 2)

    def nothing_is_left(self, before: State) -> bool:
        """Find nothing, or an index that was built beside writers."""
        found = self.state()
        assert (found.revision, found.rows) == (before.revision, before.rows)
        assert found.history == before.history
        left = {k: v for k, v in found.schema.items() if k not in before.schema}
        assert found.schema == before.schema | left
        for name, made in left.items():
            assert self.rows, f"{name} is left"
            assert made.removesuffix(" INVALID") == self.upper.schema[name]
        return not left


Interruption = Callable[[Step, int, bool], bool]
"""Runs a step and stops it after so many statements; False where it has fewer."""


def by_an_error(step: Step, after: int, up: bool) -> bool:
    return failed(step.database, step.target(up), after, up=up)


def by_a_kill(step: Step, after: int, up: bool) -> bool:
    url = step.database.settings.url
    assert url is not None
    return killed(url.get_secret_value(), step.target(up), after, up=up)


@pytest.fixture
def blank(blank_url: str) -> Iterator[Database]:
    with Database(blank_url) as database:
        yield database


@CASES
def test_any_statement_may_be_the_last(
    blank: Database, below: str, revision: str, rows: bool
) -> None:
    step = Step(blank, below, revision, rows)
    for up in (True, False):
        after = 0
        while step.check_same(by_an_error, after, up=up):
            after += 1
        assert after > 2


@CASES
def test_a_killed_process_leaves_nothing_in_the_way(
    blank: Database, below: str, revision: str, rows: bool
) -> None:
    step = Step(blank, below, revision, rows)
    assert step.check_same(by_a_kill, 3, up=True)
    step.run(up=True)
    assert step.check_same(by_a_kill, 2, up=False)


@pytest.mark.databases("mysql", "mariadb")  # the others keep nothing of it
@CASES
def test_a_stopped_run_may_be_taken_back(
    blank: Database, below: str, revision: str, rows: bool
) -> None:
    step = Step(blank, below, revision, rows)
    for after in (1, 3, 8):
        step.check_opposite(by_an_error, after, up=True)
    step.run(up=True)
    for after in (1, 3, 8):
        step.check_opposite(by_an_error, after, up=False)
