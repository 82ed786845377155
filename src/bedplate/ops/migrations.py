"""Schema changes: Alembic, under one lock a database, atomic where the database can be.

The revisions are Alembic's own files. Whoever runs them, `bedplate upgrade`,
`db.upgrade()` or plain `alembic upgrade head`, comes through `run()`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError

from alembic import command
from bedplate.base import Base, utcnow
from bedplate.dialects import Dialect, dialect_of
from bedplate.engine import Engines, translated, translating
from bedplate.errors import (
    BedplateError,
    LockTimeoutError,
    MigrationError,
    MigrationLockError,
    SchemaAheadError,
    SchemaBehindError,
)
from bedplate.ops.drift import is_modelled
from bedplate.ops.steps import adapt
from bedplate.session import Retry
from bedplate.types import UTCDateTime

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationInfo
    from alembic.script.revision import Revision

__all__ = [
    "AppliedStep",
    "MigrationStatus",
    "check_schema",
    "configuration",
    "configure",
    "downgrade",
    "history",
    "losses",
    "migrating",
    "stamp",
    "status",
    "upgrade",
]

_log = logging.getLogger(__name__)

_VERSIONS = sa.table(
    "database_versions",
    sa.column("version", sa.String),
    sa.column("description", sa.String),
    sa.column("applied_at", UTCDateTime()),
)


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
    """

    current: str | None
    head: str
    pending: tuple[str, ...]
    applied: tuple[AppliedStep, ...]

    @property
    def at_head(self) -> bool:
        """Whether there is nothing to do."""
        return self.current == self.head


def script_location() -> Path:
    """Return the folder of the revisions: in the wheel, or beside src in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "alembic"
    return inside if inside.is_dir() else package.parent.parent / "alembic"


def configuration() -> Config:
    """Return Alembic's configuration; it never holds an address or a password."""
    config = Config()
    config.set_main_option("script_location", str(script_location()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@lru_cache(maxsize=1)
def scripts() -> ScriptDirectory:
    """Return the revisions."""
    return ScriptDirectory.from_config(configuration())


def upgrade(engines: Engines, revision: str = "head") -> MigrationStatus:
    """Bring the schema up to a revision and return where it stands then.

    Raises:
        SchemaAheadError: It is at a revision this program does not know.
        MigrationError: There is no such revision, or a step failed.
        MigrationLockError: Another process held the lock for too long.
    """
    if revision == "head":
        found = status(engines)
        if found.at_head:
            return found  # the usual case in a deploy needs no lock
    return _move(engines, command.upgrade, revision)


def downgrade(engines: Engines, revision: str) -> MigrationStatus:
    """Take the schema back to an older revision ("base" for none at all)."""
    return _move(engines, command.downgrade, revision)


def stamp(engines: Engines, revision: str) -> MigrationStatus:
    """Write down that the schema is at a revision, without running anything."""
    return _move(engines, command.stamp, revision)


def losses(engines: Engines, revision: str) -> Sequence[str]:
    """Return what a downgrade to a revision would drop for good.

    A revision whose downgrade loses rows that the older schema cannot hold says so in
    a constant, `DROPS = "what it loses"`.

    Raises:
        MigrationError: There is no such revision.
    """
    current = status(engines).current
    if current is None:
        return ()
    try:
        steps = scripts().revision_map.iterate_revisions(
            current, _below(revision, current), select_for_downgrade=True
        )
        undone = [scripts().get_revision(step.revision) for step in steps]
    except (CommandError, RevisionError) as error:
        raise MigrationError(_about(error)) from error
    found = [getattr(script.module, "DROPS", None) for script in undone]
    return [loss for loss in found if loss]


def history() -> Sequence[tuple[str, str]]:
    """Return the revisions this program has, oldest first: (revision, subject)."""
    ordered = reversed([*scripts().walk_revisions()])
    return [(script.revision, script.doc.rstrip(".")) for script in ordered]


def status(engines: Engines) -> MigrationStatus:
    """Return where the schema stands."""
    with translating(engines), engines.reader.connect() as connection:
        return _status(connection)


def check_schema(engines: Engines) -> None:
    """Make sure that the schema is the one this program was written for.

    Raises:
        SchemaBehindError: It is older.
        SchemaAheadError: It is newer, or of another program.
    """
    found = status(engines)
    if found.current is not None:
        _known(found.current)
    if not found.at_head:
        raise SchemaBehindError(
            f"the schema is at {found.current or 'no revision'}, this program needs "
            f"{found.head}: run `bedplate upgrade`"
        )


def _move(
    engines: Engines, verb: Callable[[Config, str], None], revision: str
) -> MigrationStatus:
    def once() -> None:
        config = configuration()
        with migrating(engines) as connection:
            config.attributes["connection"] = connection
            verb(config, revision)

    # A step that met a lock is tried again: what was done before it stays done.
    pauses = Retry(deadline=engines.settings.migration_lock_timeout).pauses()
    while True:
        try:
            with translating(engines):
                once()
            return status(engines)
        except CommandError as error:
            raise MigrationError(_about(error)) from error
        except BedplateError as error:
            pause = next(pauses, None) if error.retryable else None
            if pause is None:
                raise
        time.sleep(pause)


def _below(revision: str, current: str) -> str:
    """Return the revision that `-2` means, seen from the current one."""
    if not revision.startswith("-"):
        return revision
    order = ["base", *(name for name, _ in history())]
    place = order.index(current) + int(revision)
    return order[max(place, 0)]


def _about(error: Exception) -> str:
    known = ", ".join(
        script.revision for script in reversed([*scripts().walk_revisions()])
    )
    return f"{error} (revisions here: {known})"


@contextmanager
def migrating(engines: Engines) -> Iterator[sa.Connection]:
    """Give a connection that alone may change the schema until it is given back."""
    dialect, timeout = engines.dialect, engines.settings.migration_lock_timeout
    with (
        _apart(engines) as engine,
        dialect.migration_lock(engine, timeout),
        engine.connect() as connection,
        dialect.migrating(connection, timeout),
    ):
        if dialect.upgrade_is_one_transaction:
            with _begun(connection, engines):
                _refuse_unknown(connection)
                yield connection
        else:
            _refuse_unknown(connection)
            connection.rollback()
            yield connection
            connection.commit()


@contextmanager
def _apart(engines: Engines) -> Iterator[sa.Engine]:
    """Give an engine without a pool, which others may have emptied, or time limits."""
    settings = engines.settings
    if settings.in_memory:
        yield engines.writer
        return
    if settings.pgbouncer:
        _log.warning(
            "migrating through a transaction pooler, where the migration lock does not "
            "hold: connect to the server itself, or run one migration at a time"
        )
    own = Engines(settings.of(settings, use_pool=False, statement_timeout=None))
    yield own.writer
    own.dispose()


@contextmanager
def _begun(connection: sa.Connection, engines: Engines) -> Iterator[None]:
    """Begin the one transaction of an upgrade; waiting for it is the lock."""
    try:
        transaction = connection.begin()
    except sa.exc.DBAPIError as error:
        if not isinstance(translated(error, engines), LockTimeoutError):
            raise
        timeout = engines.settings.migration_lock_timeout
        raise MigrationLockError(
            f"another process has been writing to this database for {timeout:g} s; "
            "wait for it, or raise DB_MIGRATION_LOCK_TIMEOUT"
        ) from error
    with transaction:
        yield


@contextmanager
def migrating_from_env() -> Iterator[sa.Connection]:
    """Give such a connection to the database that the environment names."""
    from bedplate.settings import Settings

    engines = Engines(Settings())
    try:
        with migrating(engines) as connection:
            yield connection
    finally:
        engines.dispose()


def configure(context: Any, connection: sa.Connection) -> None:
    """Set Alembic's environment up; what env.py calls with its `context`."""
    dialect = dialect_of(connection)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transactional_ddl=dialect.transactional_ddl,
        transaction_per_migration=not dialect.upgrade_is_one_transaction,
        render_as_batch=True,
        compare_type=True,
        include_name=is_modelled,
        render_item=_render_type,
        on_version_apply=(_checker(dialect), _record_step),
    )
    adapt(context.get_context(), dialect)


def _render_type(kind: str, item: Any, context: Any) -> str | bool:
    if kind == "type" and type(item).__module__ == "bedplate.types":
        context.imports.add("from bedplate import types")
        length = getattr(item, "length", None)
        return f"types.{type(item).__name__}({length or ''})"
    return False


def _checker(dialect: Dialect) -> Callable[..., None]:
    def check(*, ctx: MigrationContext, **_: Any) -> None:
        if ctx.connection is not None:
            dialect.after_step(ctx.connection)

    return check


def _record_step(
    *, ctx: MigrationContext, step: MigrationInfo, heads: Any, **_: Any
) -> None:
    """Write the step into database_versions, in the step's own transaction."""
    connection = ctx.connection
    if connection is None or not sa.inspect(connection).has_table(_VERSIONS.name):
        return
    verb = "upgrade" if step.is_upgrade else "downgrade"
    revision = step.up_revision
    about = f"{verb} {revision.revision}: {_subject(revision)}" if revision else verb
    connection.execute(
        sa.insert(_VERSIONS).values(
            version=",".join(sorted(heads)) or "base",
            description=about,
            applied_at=utcnow(),
        )
    )


def _subject(revision: Revision) -> str:
    return scripts().get_revision(revision.revision).doc.rstrip(".")


def _status(connection: sa.Connection) -> MigrationStatus:
    current = MigrationContext.configure(connection).get_current_heads()
    applied: Sequence[Any] = ()
    if sa.inspect(connection).has_table(_VERSIONS.name):
        order: sa.ColumnElement[int] = sa.literal_column("id")
        applied = connection.execute(sa.select(_VERSIONS).order_by(order)).all()
    at = ",".join(sorted(current)) or None
    return MigrationStatus(
        current=at,
        head=scripts().get_current_head() or "",
        pending=_pending(at),
        applied=tuple(AppliedStep(*row) for row in applied),
    )


def _pending(current: str | None) -> tuple[str, ...]:
    revisions = [script.revision for script in scripts().walk_revisions()][::-1]
    if current is None:
        return tuple(revisions)
    if current not in revisions:
        return ()
    return tuple(revisions[revisions.index(current) + 1 :])


def _refuse_unknown(connection: sa.Connection) -> None:
    for revision in MigrationContext.configure(connection).get_current_heads():
        _known(revision)


def _known(revision: str) -> None:
    if revision not in {script.revision for script in scripts().walk_revisions()}:
        raise SchemaAheadError(
            f"the schema is at revision {revision}, which this program does not have: "
            "it was written by a newer version, so update the program"
        )
