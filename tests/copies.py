"""What copies have in common: all rows told, and a process that is killed."""

from __future__ import annotations

import json
import os
import signal

import sqlalchemy as sa
from migrations.interruptions import at_change, processes
from migrations.rows import rows

from bedplate import Base, Database
from bedplate.ops.transfer import pages

__all__ = ["ROWS", "kill_copy", "rows_of"]

ROWS = 2
"""Rows a page, where there should be many pages."""


def kill_copy(source: str, target: str, after: int) -> bool:
    """Copy, and be killed after so many changes; return whether it came to that."""
    child = processes.Process(target=_copy, args=(source, target, after))
    child.start()
    child.join(60)
    assert child.exitcode in (0, -signal.SIGKILL), f"it ended with {child.exitcode}"
    return child.exitcode != 0


def _copy(source: str, target: str, after: int) -> None:
    pages._ROWS = ROWS

    def die() -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return ""

    one, other = Database(source), Database(target)
    with at_change(after + 1, die):
        one.copy_to(other)


def rows_of(database: Database) -> dict[str, list[str]]:
    with database.engine.connect() as connection:
        return {
            name: sorted(
                "".join(map(written, row))
                for row in connection.execute(sa.select(Base.metadata.tables[name]))
            )
            for name in rows()
        }


def written(value: object) -> str:
    """Write a value; the order of keys and the sign of 0 not every database keeps."""
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    return repr(value).replace("-0.0", "0.0")
