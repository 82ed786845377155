"""The revisions this program has, and where a database stands among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TextIO

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError

from bedplate.engine import Engines, translating
from bedplate.errors import (
    MigrationError,
    SchemaAheadError,
    SchemaBehindError,
    SchemaHalfAppliedError,
)
from bedplate.ops.fit import script_location
from bedplate.ops.halfway import half_step
from bedplate.types import UTCDateTime

__all__ = [
    "VERSIONS",
    "AppliedStep",
    "MigrationStatus",
    "check_schema",
    "configuration",
    "explained",
    "history",
    "losses",
    "refuse_unknown",
    "scripts",
    "status",
    "subject",
]

VERSIONS = sa.table(
    "database_versions",
    sa.column("version", sa.String),
    sa.column("description", sa.String),
    sa.column("applied_at", UTCDateTime()),
)
"""Where each step is written down; revision 001 creates it."""


@dataclass(frozen=True)
class AppliedStep:
    """One revision step that was run here.

    Attributes:
        version: The revision the schema was at after it; "base" for none.
        description: What was done.
        applied_at: When.
    """

    version: str
    description: str
    applied_at: datetime


@dataclass(frozen=True)
class MigrationStatus:
    """Where a schema stands.

    Attributes:
        current: Its revision, None where nothing was migrated yet.
        head: The newest revision this version of the program has.
        pending: The revisions from the one to the other, in order.
        applied: The steps run so far, oldest first.
        half_step: What was stopped half way, and what to do about it; None for nothing.
    """

    current: str | None
    head: str
    pending: tuple[str, ...]
    applied: tuple[AppliedStep, ...]
    half_step: str | None = None

    @property
    def at_head(self) -> bool:
        """Whether there is nothing to do."""
        return self.current == self.head and self.half_step is None


def configuration(output: TextIO | None = None) -> Config:
    """Return Alembic's configuration; it never holds an address or a password.

    Args:
        output: Where a script is written to, if one is.
    """
    config = Config(output_buffer=output)
    config.set_main_option("script_location", str(script_location()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@lru_cache(maxsize=1)
def scripts() -> ScriptDirectory:
    """Return the revisions."""
    return ScriptDirectory.from_config(configuration())


def history() -> Sequence[tuple[str, str]]:
    """Return the revisions this program has, oldest first: (revision, subject)."""
    ordered = reversed([*scripts().walk_revisions()])
    return [(script.revision, script.doc.rstrip(".")) for script in ordered]


def subject(revision: str) -> str:
    """Return what a revision is about."""
    return scripts().get_revision(revision).doc.rstrip(".")


def status(engines: Engines) -> MigrationStatus:
    """Return where the schema stands."""
    with translating(engines), engines.reader.connect() as connection:
        return _status(connection)


def check_schema(engines: Engines) -> None:
    """Make sure that the schema is the one this program was written for.

    Raises:
        SchemaBehindError: It is older.
        SchemaHalfAppliedError: A migration was stopped half way.
        SchemaAheadError: It is newer, or of another program.
    """
    found = status(engines)
    if found.current is not None:
        _known(found.current)
    if found.half_step is not None:
        raise SchemaHalfAppliedError(found.half_step)
    if not found.at_head:
        now = f"the schema is at {found.current}" if found.current else "there is none"
        raise SchemaBehindError(
            f"{now}, this program needs {found.head}: run `bedplate upgrade`"
        )


def losses(engines: Engines, revision: str) -> Sequence[str]:
    """Return what a downgrade to a revision would drop for good.

    A revision whose downgrade loses rows that the older schema cannot hold says so in
    a constant, `DROPS = "what it loses"`.

    Raises:
        MigrationError: There is no such revision.
        SchemaAheadError: The schema's own is newer than this program.
    """
    current = status(engines).current
    if current is None:
        return ()
    _known(current)
    try:
        steps = scripts().revision_map.iterate_revisions(
            current, _below(revision, current), select_for_downgrade=True
        )
        undone = [scripts().get_revision(step.revision) for step in steps]
    except (CommandError, RevisionError) as error:
        raise MigrationError(explained(error)) from error
    found = [getattr(script.module, "DROPS", None) for script in undone]
    return [loss for loss in found if loss]


def _below(revision: str, current: str) -> str:
    """Return the revision that `-2` means, seen from the current one."""
    if not revision.startswith("-"):
        return revision
    order = ["base", *(name for name, _ in history())]
    place = order.index(current) + int(revision)
    return order[max(place, 0)]


def explained(error: Exception) -> str:
    """Return Alembic's words with the revisions that one may mean."""
    known = ", ".join(
        script.revision for script in reversed([*scripts().walk_revisions()])
    )
    return f"{error} (revisions here: {known})"


def refuse_unknown(connection: sa.Connection) -> None:
    """Make sure that this program has the revision a schema is at.

    Raises:
        SchemaAheadError: It has not.
    """
    for revision in MigrationContext.configure(connection).get_current_heads():
        _known(revision)


def _status(connection: sa.Connection) -> MigrationStatus:
    current = MigrationContext.configure(connection).get_current_heads()
    applied: Sequence[Any] = ()
    if sa.inspect(connection).has_table(VERSIONS.name):
        order: sa.ColumnElement[int] = sa.literal_column("id")
        applied = connection.execute(sa.select(VERSIONS).order_by(order)).all()
    at = ",".join(sorted(current)) or None
    half = half_step(connection, current)
    return MigrationStatus(
        current=at,
        head=scripts().get_current_head() or "",
        pending=_pending(at),
        applied=tuple(AppliedStep(*row) for row in applied),
        half_step=str(half) if half else None,
    )


def _pending(current: str | None) -> tuple[str, ...]:
    revisions = [script.revision for script in scripts().walk_revisions()][::-1]
    if current is None:
        return tuple(revisions)
    if current not in revisions:
        return ()
    return tuple(revisions[revisions.index(current) + 1 :])


def _known(revision: str) -> None:
    if revision not in {script.revision for script in scripts().walk_revisions()}:
        raise SchemaAheadError(
            f"the schema is at revision {revision}, which this program does not have: "
            "it was written by a newer version, so update the program"
        )
