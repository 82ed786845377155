"""The revisions this program has, and where a database stands among them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TextIO

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError

from bedplate.errors import (
    MigrationError,
    SchemaBehindError,
    SchemaHalfAppliedError,
)
from bedplate.ops import fit
from bedplate.ops.halfway import half_step
from bedplate.session import Retry
from bedplate.translation import translating
from bedplate.types import UTCDateTime

if TYPE_CHECKING:
    from bedplate.engine import Engines

__all__ = [
    "VERSIONS",
    "AppliedStep",
    "MigrationStatus",
    "check_schema",
    "configuration",
    "explained",
    "history",
    "losses",
    "refuse_ambiguous",
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
        current: Its revision, None where nothing was migrated yet. Where projects
            have added revisions there may be several, between commas.
        head: The newest revision this version of the program has, likewise.
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
    def branches(self) -> tuple[str, ...]:
        """The revisions the schema is at: more than one where projects add theirs."""
        return tuple(self.current.split(",")) if self.current else ()

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
    locations = os.pathsep.join(map(str, fit.folders()))
    for name, value in (
        ("script_location", str(fit.script_location())),
        ("version_locations", locations),
        ("path_separator", "os"),
    ):
        config.set_main_option(name, value.replace("%", "%%"))
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
    """Return where the schema stands, also while others are changing it.

    To look at a schema is enough to meet a lock, or a deadlock, with those.
    """

    def look() -> MigrationStatus:
        with translating(engines), engines.reader.connect() as connection:
            return _status(connection)

    return Retry(deadline=engines.settings.migration_lock_timeout).call(look)


def refuse_ambiguous(revision: str, current: Sequence[str]) -> None:
    """Make sure that "-1" says which branch goes back, where there are several.

    Raises:
        MigrationError: It does not.
    """
    if revision.startswith("-") and len(current) > 1:
        labels = sorted(
            label
            for name in current
            if name in fit.revisions()
            for label in scripts().get_revision(name).branch_labels
        )
        ways = " or ".join(f"{label}@{revision}" for label in labels)
        raise MigrationError(
            f"the schema is at {','.join(current)}: say which branch goes back, as in "
            f"{ways}"
        )


def check_schema(engines: Engines) -> None:
    """Make sure that the schema is the one this program was written for.

    Raises:
        SchemaBehindError: It is older.
        SchemaHalfAppliedError: A migration was stopped half way.
        SchemaAheadError: It is newer, or of another program.
    """
    found = status(engines)
    fit.refuse_unknown(found.branches)
    if found.half_step is not None:
        raise SchemaHalfAppliedError(found.half_step)
    if not found.at_head:
        now = f"the schema is at {found.current}"
        if not found.current:
            now = "the database has no schema yet"
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
    now = status(engines).branches
    if not now:
        return ()
    fit.refuse_unknown(now)
    refuse_ambiguous(revision, now)
    try:
        steps = scripts()._downgrade_revs(revision, now)  # type: ignore[arg-type]  # several, too
    except (CommandError, RevisionError) as error:
        raise MigrationError(explained(error)) from error
    found = [getattr(step.revision.module, "DROPS", None) for step in steps]
    return [loss for loss in found if loss]


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
    fit.refuse_unknown(MigrationContext.configure(connection).get_current_heads())


def _status(connection: sa.Connection) -> MigrationStatus:
    current = MigrationContext.configure(connection).get_current_heads()
    applied: Sequence[Any] = ()
    if sa.inspect(connection).has_table(VERSIONS.name):
        order: sa.ColumnElement[int] = sa.literal_column("id")
        applied = connection.execute(sa.select(VERSIONS).order_by(order)).all()
    half = half_step(connection, current)
    return MigrationStatus(
        current=",".join(sorted(current)) or None,
        head=fit.head(),
        pending=_pending(current),
        applied=tuple(AppliedStep(*row) for row in applied),
        half_step=str(half) if half else None,
    )


def _pending(current: Sequence[str]) -> tuple[str, ...]:
    if not fit.revisions().keys() >= {*current}:
        return ()  # nobody knows what comes after an unknown one
    done = fit.applied(current)
    return tuple(revision for revision, _ in history() if revision not in done)
