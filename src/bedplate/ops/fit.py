"""Whether a schema fits this program, told without loading Alembic.

A program that meets an older or a newer schema should hear so at its first use of the
database, and not by a missing column some day; and that look must cost next to nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa

from bedplate.errors import (
    SchemaAheadError,
    SchemaBehindError,
    SchemaHalfAppliedError,
)
from bedplate.ops.halfway import VERSION, half_step

__all__ = ["head", "refuse_misfit", "script_location"]

_ASSIGNED = re.compile(r"^(revision|down_revision) = (?:\"([^\"]+)\"|None)$", re.M)


def script_location() -> Path:
    """Return the folder of the revisions: in the wheel, or beside src in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "alembic"
    return inside if inside.is_dir() else package.parent.parent / "alembic"


@lru_cache(maxsize=1)
def revisions() -> dict[str, str]:
    """Return the revision before each revision, "" before the first."""
    found = {}
    for file in sorted((script_location() / "versions").glob("*.py")):
        names = dict(_ASSIGNED.findall(file.read_text(encoding="utf-8")))
        found[names["revision"]] = names["down_revision"]
    return found


def head() -> str:
    """Return the newest revision this program has."""
    (newest,) = revisions().keys() - set(revisions().values())
    return newest


def refuse_misfit(connection: sa.Connection) -> None:
    """Make sure that a migrated schema is the one this program was written for.

    One that was never migrated is let pass: its tables may be somebody's own.

    Raises:
        SchemaBehindError: It is older.
        SchemaHalfAppliedError: A migration was stopped half way.
        SchemaAheadError: It is newer, or of another program.
    """
    if not sa.inspect(connection).has_table(VERSION.name):
        return
    current = connection.scalars(sa.select(VERSION.c.version_num)).all()
    if half := half_step(connection, current):
        raise SchemaHalfAppliedError(str(half))
    if not current or head() in current:
        return
    if set(current) <= revisions().keys():
        raise SchemaBehindError(
            f"the schema is at {current[0]}, this program needs {head()}: "
            "run `bedplate upgrade`"
        )
    raise SchemaAheadError(
        f"the schema is at revision {current[0]}, which this program does not have: "
        "it was written by a newer version, so update the program"
    )
