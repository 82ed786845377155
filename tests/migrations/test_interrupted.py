"""A revision that is stopped after any statement is finished by the next run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest

from bedplate import Database
from bedplate.dialects import dialect_of
from migrations.history import HISTORY
from migrations.interruptions import failed, killed, move
from migrations.rows import Rows, fill, read
from migrations.schemas import Schema, history_of, revision_of, schema_of

pytestmark = pytest.mark.one_of_each_kind

# Before 001 there is no table for rows: it is run up without, and down with them.
WITH_ROWS = (
    pytest.param("base", "001", True, id="001"),
    *(pytest.param(*pair, True, id=f"{pair[1]}-rows") for pair in pairwise(HISTORY)),
)
# Later ones make tables, which have no rows at first either way.
EMPTY = tuple(
    pytest.param(*pair, False, id=f"{pair[1]}-empty") for pair in pairwise(HISTORY[:3])
)
NAMES = ("below", "revision", "rows")


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
        self.upper = self.now = self.run(up=True)
        self.lower = self.now = self.run(up=False)

    def target(self, up: bool) -> str:
        return self.revision if up else self.below

    def run(self, *, up: bool) -> State:
        move(self.database, self.target(up), up=up)
        if up:
            self.fill()
        return self.state()

    def fill(self) -> None:
        with self.database.engine.begin() as connection:
            if self.rows or self.below == "base":
                fill(connection)

    def state(self) -> State:
        with self.database.engine.connect() as connection:
            return State(
                revision_of(connection),
                schema_of(connection),
                read(connection),
                history_of(connection),
            )

    def be_ready(self, *, up: bool) -> None:
        """Go to where the step begins."""
        if self.now.revision == self.target(up):
            self.now = self.run(up=not up)

    def check_same(self, stop: Interruption, after: int, *, up: bool) -> bool:
        """Stop a run; the next one ends where an undisturbed one does."""
        self.be_ready(up=up)
        stopped = stop(self, after, up)
        if stopped and self.transactional and self.nothing_is_left():
            return True  # what the next run does was seen already
        before, self.now = self.now, self.run(up=up)
        wanted = self.upper if up else self.lower
        assert self.now.revision == wanted.revision
        assert self.now.schema == wanted.schema
        assert self.now.rows == wanted.rows
        if self.now.history:  # 001 takes it with it
            verb = "upgrade" if up else "downgrade"
            assert self.now.history[:-1] == before.history
            assert self.now.history[-1][0] == wanted.revision
            assert self.now.history[-1][1].startswith(f"{verb} {self.revision}: ")
        return stopped

    def check_opposite(self, stop: Interruption, after: int, *, up: bool) -> None:
        """Stop a run, run the opposite: it ends where it began."""
        self.be_ready(up=up)
        stop(self, after, up)
        before, self.now = self.now, self.run(up=not up)
        assert self.now.revision == before.revision
        assert self.now.schema == before.schema
        if self.below != "base":  # whose rows are dropped table by table
            assert self.now.rows == before.rows
            added = len(self.now.history) - len(before.history)
            assert added in (0, 2)  # where it was stopped too late, it was run

    def nothing_is_left(self) -> bool:
        """Find nothing, or an index that was built beside writers."""
        found, before = self.state(), self.now
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


@pytest.mark.parametrize(NAMES, [*WITH_ROWS, *EMPTY])
def test_any_statement_may_be_the_last(
    blank: Database, below: str, revision: str, rows: bool
) -> None:
    step = Step(blank, below, revision, rows)
    after, up, down = 0, True, True
    while up or down:
        up = up and step.check_same(by_an_error, after, up=True)
        down = down and step.check_same(by_an_error, after, up=False)
        after += 1
    assert after > 2


@pytest.mark.parametrize(NAMES, WITH_ROWS)
def test_a_killed_process_leaves_nothing_in_the_way(
    blank: Database, below: str, revision: str, rows: bool
) -> None:
    step = Step(blank, below, revision, rows)
    assert step.check_same(by_a_kill, 1, up=True)
    assert step.check_same(by_a_kill, 1, up=False)


@pytest.mark.databases("mysql", "mariadb")  # the others keep nothing of it
@pytest.mark.parametrize(NAMES, WITH_ROWS)
def test_a_stopped_run_may_be_taken_back(
    blank: Database, below: str, revision: str, rows: bool
) -> None:
    step = Step(blank, below, revision, rows)
    for after in (1, 3):
        step.check_opposite(by_an_error, after, up=True)
    for after in (1, 3):
        step.check_opposite(by_an_error, after, up=False)
