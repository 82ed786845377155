"""Runs that end too early: by an error after some of their changes, or by SIGKILL."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import sqlalchemy as sa

from bedplate import BedplateError, Database

__all__ = ["at_change", "failed", "killed", "move", "processes"]

_LOOKS = ("BEGIN", "DESCRIBE", "PRAGMA", "SELECT", "SET", "SHOW", "START")

processes = multiprocessing.get_context("forkserver")
"""Starts processes in milliseconds: the modules they need are loaded once."""
processes.set_forkserver_preload(
    ["migrations.interruptions", "migrations.rows", "bedplate.ops.migrations"]
)


def failed(database: Database, revision: str, after: int, *, up: bool) -> bool:
    """Run a migration that fails after so many changes; return whether it did."""
    done = False

    def spoil() -> str:
        nonlocal done
        done = True
        return "the test wants this to fail"

    try:
        with at_change(after + 1, spoil):
            move(database, revision, up=up)
    except BedplateError:
        if not done:
            raise
    return done


def killed(url: str, revision: str, after: int, *, up: bool) -> bool:
    """Run a migration in a process that kills itself after so many changes."""
    child = processes.Process(target=_die, args=(url, revision, after, up))
    child.start()
    child.join(60)
    assert child.exitcode in (0, -signal.SIGKILL), f"it ended with {child.exitcode}"
    return child.exitcode != 0


def move(database: Database, revision: str, *, up: bool) -> None:
    """Bring a schema up or down to a revision."""
    (database.upgrade if up else database.downgrade)(revision)


def _die(url: str, revision: str, after: int, up: bool) -> None:
    def die() -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return ""

    with Database(url) as database, at_change(after + 1, die):
        move(database, revision, up=up)


@contextmanager
def at_change(number: int, replacement: Callable[[], str]) -> Iterator[None]:
    """Have a statement replaced that changes something, the first being number 1."""
    changes = count(1)

    def execute(
        _connection: object, _cursor: object, statement: str, parameters: Any, *_: Any
    ) -> tuple[str, Any]:
        looks = statement.lstrip().upper().startswith(_LOOKS)
        if not looks and next(changes) == number:
            return replacement(), ()
        return statement, parameters

    sa.event.listen(sa.Engine, "before_cursor_execute", execute, retval=True)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", execute)
