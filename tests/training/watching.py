"""What a test does at once from several threads, and which statements it took."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any, TypeVar

import sqlalchemy as sa

from bedplate import Database

__all__ = ["foreign_keys", "statements", "together"]

T = TypeVar("T")


def together(works: Sequence[Callable[[], T]]) -> tuple[list[T], list[BaseException]]:
    """Run each in a thread of its own, started at once: results, and errors."""
    barrier = Barrier(len(works))

    def start(work: Callable[[], T]) -> T:
        barrier.wait(timeout=30)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(start, work) for work in works]
    errors = [future.exception() for future in futures]
    results = [
        f.result() for f, error in zip(futures, errors, strict=True) if not error
    ]
    return results, [error for error in errors if error]


@contextmanager
def statements(
    database: Database, beginning: str | tuple[str, ...] = ""
) -> Iterator[list[str]]:
    """Collect the statements, of those that begin so, that the block executes.

    A batch that the driver is given as a whole counts once.
    """
    found: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith(beginning):
            found.append(statement)

    for engine in database.engines():
        sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        for engine in database.engines():
            sa.event.remove(engine, "before_cursor_execute", note)


def foreign_keys(database: Database, table: str) -> dict[str, str]:
    """Return the table each foreign key of a table refers to, by its column."""
    found = sa.inspect(database.engine).get_foreign_keys(table)
    return {key["constrained_columns"][0]: key["referred_table"] for key in found}
