"""Database and AsyncDatabase: the face that composes the rest."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from bedplate.engine import Engines, place, translating
from bedplate.errors import BedplateError, SettingsError
from bedplate.repository import DomainRepository, bind
from bedplate.session import (
    Retry,
    Scope,
    UnitOfWork,
    is_idempotent,
    worth_retrying,
)

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import Session

    from bedplate.dialects.findings import Finding
    from bedplate.ops.revisions import MigrationStatus
    from bedplate.settings import Settings

__all__ = [
    "AsyncDatabase",
    "Database",
    "close_all",
    "get_database",
    "get_migration_status",
    "get_repository",
    "rollback_to_version",
    "run_migrations",
]

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R", bound=DomainRepository)


class _Face:
    """What both faces share: settings, engines, and what they say of themselves."""

    def __init__(self, engines: Engines, retry: Retry | None = None) -> None:
        self._engines = engines
        self._scope = Scope(engines, retry or Retry(), _refuse_misfit)

    @property
    def settings(self) -> Settings:
        """What this database was opened with."""
        return self._engines.settings

    def engines(self) -> tuple[sa.Engine, ...]:
        """Return every engine that owns a pool."""
        return self._engines.pools

    def __repr__(self) -> str:
        kind = self._engines.dialect.name
        return f"{type(self).__name__}({kind}, {place(self.settings)})"


class Database(_Face):
    """A database, opened when it is first used.

    Args:
        target: A URL, Settings, or None for the environment's.
        retry: When to run a unit of work again; by default for up to 30 seconds.
        settings: Single settings to replace, as in `pool_size=5`.

    Raises:
        SettingsError: A setting is not valid.
    """

    def __init__(
        self,
        target: str | Settings | None = None,
        *,
        retry: Retry | None = None,
        **settings: Any,
    ) -> None:
        from bedplate.settings import Settings

        super().__init__(Engines(Settings.of(target, **settings)), retry)

    @classmethod
    def from_env(cls, **settings: Any) -> Self:
        """Open the database that DB_TYPE and its companions name."""
        return cls(None, **settings)

    # Work

    @property
    def engine(self) -> sa.Engine:
        """SQLAlchemy's engine, for what Bedplate has no word for."""
        return self._engines.writer

    @property
    def session(self) -> Session:
        """The session of this thread or task; inside transaction() that block's own."""
        return self._scope.session

    def transaction(
        self, *, read_only: bool = False
    ) -> AbstractContextManager[Session]:
        """Open a transaction: commit on success, roll back on any exception.

        Where one is open already in this thread or task, the block joins it, and the
        outermost block commits. `read_only=True` begins without a write lock and may
        not write.
        """
        return self._scope.transaction(read_only=read_only)

    def run(
        self,
        work: Callable[Concatenate[Session, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `work(session, ...)` in one transaction, and again after a deadlock.

        Work that cannot have been committed is run again for up to 30 seconds: after
        a deadlock, a lock timeout, a serialization failure or a lost connection. After
        a COMMIT whose outcome is unknown only work marked `@idempotent` is.
        """
        return self._scope.run(work, *args, **kwargs)

    def repository(self, repository: type[R]) -> R:
        """Return a repository whose every call is a transaction of its own.

        Inside transaction() its calls join that one instead.
        """
        return bind(repository, self._scope)

    # Schema

    def upgrade(self, revision: str = "head") -> MigrationStatus:
        """Bring the schema up to a revision, under the migration lock."""
        from bedplate.ops import migrations

        return migrations.upgrade(self._engines, revision)

    def downgrade(self, revision: str) -> MigrationStatus:
        """Take the schema back to an older revision; "base" empties the database."""
        from bedplate.ops import migrations

        return migrations.downgrade(self._engines, revision)

    def migration_script(self, revision: str = "head", *, down: bool = False) -> str:
        """Return the SQL that would bring this database to a revision."""
        from bedplate.ops import migrations

        return migrations.script(self._engines, revision, down=down)

    def stamp(self, revision: str) -> MigrationStatus:
        """Write down that the schema is at a revision, without running anything."""
        from bedplate.ops import migrations

        return migrations.stamp(self._engines, revision)

    def migration_losses(self, revision: str) -> Sequence[str]:
        """Return what a downgrade to a revision would drop for good."""
        from bedplate.ops import revisions

        return revisions.losses(self._engines, revision)

    def schema_differences(self) -> Sequence[str]:
        """Return where the schema is not what the models say, a sentence each."""
        from bedplate.base import Base
        from bedplate.domains import training  # noqa: F401  # its tables count
        from bedplate.ops import drift

        return drift.differences(self._engines, Base.metadata)

    def examine(self) -> Sequence[Finding]:
        """Look for what is wrong with the server, the schema and the indexes."""
        from bedplate.base import Base
        from bedplate.domains import training  # noqa: F401  # its tables count
        from bedplate.ops import doctor

        return doctor.examine(self._engines, Base.metadata)

    def repair(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Mend what can be mended without losing anything; return what was mended."""
        from bedplate.ops import doctor

        return doctor.repair(self._engines, findings)

    def migration_status(self) -> MigrationStatus:
        """Return the current revision, the newest, what is pending, what was run."""
        from bedplate.ops import revisions

        return revisions.status(self._engines)

    def check_schema(self) -> None:
        """Make sure the schema is this program's.

        Raises:
            SchemaBehindError: It is older: run `bedplate upgrade`.
            SchemaAheadError: It is newer: update the program.
        """
        from bedplate.ops import revisions

        revisions.check_schema(self._engines)

    # Health

    def test_connection(self) -> dict[str, Any]:
        """Connect, ask for the version, and say what came of it; never raises.

        Returns:
            status ("ok" or "error"), message, database, version, host, port,
            latency_ms.
        """
        told = _told_of(self._engines)
        started = time.perf_counter()
        engines = self._engines
        try:
            with translating(engines), engines.reader.connect() as connection:
                told["version"] = self._engines.dialect.server_version(connection)
        except BedplateError as error:
            told |= {"status": "error", "message": str(error)}
        return told | {"latency_ms": _milliseconds_since(started)}

    def prewarm(self) -> int:
        """Open DB_POOL_PREWARM connections at once; return how many are open."""
        wanted = min(self.settings.pool_prewarm, self.settings.pool_size)
        engine = self._engines.pools[-1]
        with translating(self._engines):
            held = [engine.connect() for _ in range(wanted)]
            for connection in held:
                connection.close()
        return len(held)

    def close(self) -> None:
        """Close this context's session and every idle connection."""
        self._scope.remove()
        self._engines.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncDatabase(_Face):
    """The same database for an event loop: the very same functions and repositories.

    Needs the `async` extra for SQLite, MySQL and MariaDB.
    """

    def __init__(
        self,
        target: str | Settings | None = None,
        *,
        retry: Retry | None = None,
        **settings: Any,
    ) -> None:
        from bedplate.settings import Settings

        resolved = Settings.of(target, **settings)
        try:
            super().__init__(Engines(resolved, asynchronous=True), retry)
        except ModuleNotFoundError as error:
            raise SettingsError(
                {
                    "DB_TYPE": f"the driver {error.name} is missing: "
                    "pip install 'bedplate[async]'"
                }
            ) from error

    @classmethod
    def from_env(cls, **settings: Any) -> Self:
        """Open the database that DB_TYPE and its companions name."""
        return cls(None, **settings)

    async def run(
        self,
        work: Callable[Concatenate[Session, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `work(session, ...)` in one transaction, as Database.run does."""
        active = self._scope.current
        if active is not None and active.blocks:
            session: AsyncSession = active.session.info["async"]
            return await session.run_sync(lambda s: work(s, *args, **kwargs))
        pauses = self._scope.retry.pauses()
        while True:
            try:
                async with self.transaction() as session:
                    return await session.run_sync(lambda s: work(s, *args, **kwargs))
            except BedplateError as error:
                again = worth_retrying(error, is_idempotent(work))
                pause = next(pauses, None) if again else None
                if pause is None:
                    raise
            await asyncio.sleep(pause)

    @asynccontextmanager
    async def transaction(
        self, *, read_only: bool = False
    ) -> AsyncIterator[AsyncSession]:
        """Open a transaction, or join the one that is open in this task."""
        unit = self._scope.current
        if unit is not None and unit.blocks:
            with self._scope.joined(unit, read_only=read_only, atomic=True):
                yield unit.session.info["async"]
            return
        session = self._open_session(read_only)
        unit = UnitOfWork(session.sync_session, read_only=read_only)
        with self._scope.entered(unit):
            try:
                await session.run_sync(self._scope.look)
                yield session
                await session.run_sync(lambda _: self._scope.complete(unit))
            finally:
                # Shielded: a cancelled task must still give its connection back.
                await asyncio.shield(asyncio.ensure_future(session.close()))

    def _open_session(self, read_only: bool) -> AsyncSession:
        from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

        chosen = self._engines.reader if read_only else self._engines.writer
        session = AsyncSession(AsyncEngine(chosen), expire_on_commit=False)
        session.sync_session.info["async"] = session
        return session

    async def upgrade(self, revision: str = "head") -> MigrationStatus:
        """Bring the schema up to a revision; Alembic runs in a thread of its own."""
        return await asyncio.to_thread(self._beside, Database.upgrade, revision)

    async def downgrade(self, revision: str) -> MigrationStatus:
        """Take the schema back to an older revision."""
        return await asyncio.to_thread(self._beside, Database.downgrade, revision)

    async def migration_status(self) -> MigrationStatus:
        """Return the current revision, the newest, what is pending, what was run."""
        return await asyncio.to_thread(self._beside, Database.migration_status)

    async def check_schema(self) -> None:
        """Make sure the schema is this program's; raises as Database's does."""
        await asyncio.to_thread(self._beside, Database.check_schema)

    async def test_connection(self) -> dict[str, Any]:
        """Connect, ask for the version, and say what came of it; never raises."""
        told = _told_of(self._engines)
        started = time.perf_counter()
        try:
            async with self.transaction(read_only=True) as session:
                told["version"] = await session.run_sync(self._version)
        except BedplateError as error:
            told |= {"status": "error", "message": str(error)}
        return told | {"latency_ms": _milliseconds_since(started)}

    async def close(self) -> None:
        """Close every idle connection."""
        await self._engines.dispose_async()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _version(self, session: Session) -> str:
        return self._engines.dialect.server_version(session.connection())

    def _beside(
        self, act: Callable[Concatenate[Database, P], T], *args: P.args, **kw: P.kwargs
    ) -> T:
        if self.settings.in_memory:
            raise SettingsError(
                {
                    "DATABASE_PATH": "a database in memory belongs to one connection: "
                    "migrate it through Database, or use a file"
                }
            )
        with Database(self.settings) as database:
            return act(database, *args, **kw)


def _refuse_misfit(connection: sa.Connection) -> None:
    from bedplate.ops import fit

    fit.refuse_misfit(connection)


def _told_of(engines: Engines) -> dict[str, Any]:
    """Return what test_connection() says before it knows better."""
    settings = engines.settings
    return {
        "status": "ok",
        "message": f"connected to {place(settings)}",
        "database": engines.dialect.name,
        "version": None,
        "host": None if settings.port is None else settings.host,
        "port": settings.port,
    }


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1e3, 3)


# Named databases of this process

_opened: dict[str, Database] = {}
_opening = threading.Lock()


def get_database(name: str = "default") -> Database:
    """Return the database of that name, opened from the environment the first time.

    "default" is the one that DB_TYPE and its companions name; "other" is read from
    the variable DATABASE_URL_OTHER.

    Raises:
        SettingsError: There is no such variable, or a setting is not valid.
    """
    with _opening:
        if name not in _opened:
            from bedplate.settings import url_of

            _opened[name] = Database(url_of(name))
        return _opened[name]


def get_repository(repository: type[R]) -> R:
    """Return a repository of the default database."""
    return get_database().repository(repository)


def close_all() -> None:
    """Close every named database."""
    with _opening:
        for database in _opened.values():
            database.close()
        _opened.clear()


def run_migrations(revision: str = "head") -> MigrationStatus:
    """Bring the default database's schema up to a revision."""
    return get_database().upgrade(revision)


def get_migration_status() -> MigrationStatus:
    """Return where the default database's schema stands."""
    return get_database().migration_status()


def rollback_to_version(revision: str) -> MigrationStatus:
    """Take the default database's schema back to a revision."""
    return get_database().downgrade(revision)
