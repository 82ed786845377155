"""Schema changes: Alembic, under one lock a database, atomic where the database can be.

The revisions are Alembic's own files. Whoever runs them, `bedplate upgrade`,
`db.upgrade()` or plain `alembic upgrade head`, does it inside `migrating()`.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import exc

from alembic import command
from bedplate.engine import Engines
from bedplate.errors import (
    BedplateError,
    LockTimeoutError,
    MigrationError,
    MigrationLockError,
    SchemaBehindError,
    SchemaHalfAppliedError,
)
from bedplate.ops.audit_triggers import kept
from bedplate.ops.revisions import (
    MigrationStatus,
    configuration,
    explained,
    refuse_ambiguous,
    refuse_unknown,
    status,
)
from bedplate.session import Retry
from bedplate.translation import translated, translating

if TYPE_CHECKING:
    import sqlalchemy as sa
    from alembic.config import Config

__all__ = [
    "downgrade",
    "migrating",
    "migrating_from_env",
    "script",
    "stamp",
    "upgrade",
]

T = TypeVar("T")


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
    return _move(engines, command.upgrade, _every(revision))


def downgrade(engines: Engines, revision: str) -> MigrationStatus:
    """Take the schema back to an older revision ("base" for none at all).

    Raises:
        MigrationError: There is no such revision, or a step failed.
        MigrationLockError: Another process held the lock for too long.
    """
    refuse_ambiguous(revision, status(engines).branches)
    return _move(engines, command.downgrade, revision)


def stamp(engines: Engines, revision: str) -> MigrationStatus:
    """Write down that the schema is at a revision, without running anything."""
    return _move(engines, command.stamp, _every(revision))


def script(engines: Engines, revision: str = "head", *, down: bool = False) -> str:
    """Return the SQL that would bring this database to a revision, for a person to run.

    It is written for the revision the database is at now; nothing is changed.

    Raises:
        MigrationError: There is no such revision.
    """
    written = io.StringIO()
    config = configuration(written)
    config.attributes["database"] = engines.dialect.name
    start = status(engines).branches
    if down:
        refuse_ambiguous(revision, start)
    try:
        _write_script(config, start, _every(revision), down=down)
    except CommandError as error:
        raise MigrationError(explained(error)) from error
    return written.getvalue()


def _write_script(
    config: Config, start: tuple[str, ...], revision: str, *, down: bool
) -> None:
    # As alembic.command does it, but from more than one revision where there are.
    directory = ScriptDirectory.from_config(config)
    plan: Any = directory._downgrade_revs if down else directory._upgrade_revs
    with EnvironmentContext(
        config,
        directory,
        fn=lambda heads, _: plan(revision, heads),
        as_sql=True,
        starting_rev=start or None,
        destination_rev=revision,
    ):
        directory.run_env()


def _every(revision: str) -> str:
    """Return what "head" means where projects have branches of their own."""
    return "heads" if revision == "head" else revision


def _move(
    engines: Engines, verb: Callable[[Config, str], None], revision: str
) -> MigrationStatus:
    def once() -> MigrationStatus:
        config = configuration()
        with migrating(engines) as connection:
            config.attributes["connection"] = connection
            verb(config, revision)
        return status(engines)

    return _retried(engines, once)


def _retried(engines: Engines, act: Callable[[], T]) -> T:
    """Do what meets a lock once more: what was done before it stays done.

    To look at a schema is enough to meet one, where others are changing it.
    """
    pauses = Retry(deadline=engines.settings.migration_lock_timeout).pauses()
    while True:
        try:
            with translating(engines):
                return act()
        except CommandError as error:
            raise MigrationError(explained(error)) from error
        except SchemaHalfAppliedError:
            raise
        except SchemaBehindError as error:
            raise _table_missing(error) from error
        except BedplateError as error:
            pause = next(pauses, None) if error.retryable else None
            if pause is None:
                raise
        time.sleep(pause)


def _table_missing(error: SchemaBehindError) -> MigrationError:
    """Return what a missing table means here; elsewhere it means: run this."""
    original = getattr(error.__cause__, "orig", None) or error
    words = " ".join(str(original).split())
    return MigrationError(
        "a revision needs a table that is not there: is the schema at the revision "
        "that is written down, and does depends_on name the revision that makes the "
        f"table? [{words}]"
    )


@contextmanager
def migrating(engines: Engines) -> Iterator[sa.Connection]:
    """Give a connection that alone may change the schema until it is given back."""
    dialect, timeout = engines.dialect, engines.settings.migration_lock_timeout
    with (
        _apart(engines) as engine,
        engine.connect() as connection,
        dialect.migrating_alone(connection, timeout),
        dialect.migrating(connection, timeout),
        _guarded(connection, engines),
    ):
        yield connection


@contextmanager
def _guarded(connection: sa.Connection, engines: Engines) -> Iterator[None]:
    """Begin what is one transaction, and let no unknown revision be touched."""
    if engines.dialect.upgrade_is_one_transaction:
        with _begun(connection, engines):
            refuse_unknown(connection)
            yield
    else:
        refuse_unknown(connection)
        connection.rollback()
        yield
        connection.commit()


@contextmanager
def _apart(engines: Engines) -> Iterator[sa.Engine]:
    """Give an engine without a pool, which others may have emptied, or time limits."""
    settings = engines.settings
    if settings.in_memory:
        yield engines.writer
        return
    own = Engines(settings.of(settings, use_pool=False, statement_timeout=None))
    try:
        yield own.writer
    finally:
        own.dispose()


@contextmanager
def _begun(connection: sa.Connection, engines: Engines) -> Iterator[None]:
    """Begin the one transaction of an upgrade; waiting for it is the lock."""
    try:
        transaction = connection.begin()
    except exc.DBAPIError as error:
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
def migrating_from_env(
    models: Callable[[], sa.MetaData], revision: str | None = None
) -> Iterator[sa.Connection]:
    """Give such a connection to the database that the environment names.

    Where the schema is to be brought to its head and is there, it is a plain one.

    Args:
        models: Declares every table; called where some are audited.
        revision: Where the schema is to be brought, where that is known.
    """
    from bedplate.settings import Settings

    engines = Engines(Settings())
    try:
        if revision in ("head", "heads") and status(engines).at_head:
            with engines.reader.connect() as connection:
                yield connection
        else:
            with migrating(engines) as connection, kept(connection, models):
                yield connection
    finally:
        engines.dispose()
