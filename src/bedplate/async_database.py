"""AsyncDatabase: the same database for an event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from bedplate.acting import act_as, act_for
from bedplate.database import Database, milliseconds_since
from bedplate.engine import Engines
from bedplate.errors import BedplateError, SettingsError
from bedplate.face import Face
from bedplate.session import (
    Retry,
    UnitOfWork,
    is_idempotent,
    is_read_only,
    pause_after,
)
from bedplate.translation import translating

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import Session

    from bedplate.ops.health import Health
    from bedplate.ops.pool_advice import PoolAdvice
    from bedplate.ops.revisions import MigrationStatus
    from bedplate.settings import Settings

__all__ = ["AsyncDatabase"]

P = ParamSpec("P")
T = TypeVar("T")


class AsyncDatabase(Face):
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
        pauses = self._scope.pauses((*args, *kwargs.values()))
        while True:
            try:
                async with self.transaction(read_only=is_read_only(work)) as session:
                    return await session.run_sync(lambda s: work(s, *args, **kwargs))
            except BedplateError as error:
                if self._scope.moves(error, (*args, *kwargs.values())):
                    with self.primary():
                        return await self.run(work, *args, **kwargs)
                pause = pause_after(error, pauses, idempotent=is_idempotent(work))
            await asyncio.sleep(pause)

    @asynccontextmanager
    async def transaction(
        self,
        *,
        read_only: bool = False,
        user_id: UUID | str | None = None,
        actor: str | None = None,
    ) -> AsyncIterator[AsyncSession]:
        """Open a transaction, or join the one that is open in this task."""
        unit = self._scope.current
        if unit is not None and unit.blocks:
            unit.refuse_other(user_id, actor)
            with self._scope.joined(unit, read_only=read_only, atomic=True):
                yield unit.session.info["async"]
            return
        session = self._open_session(read_only)
        user = act_for(session.sync_session, self._engines, user_id)
        named = (
            None if read_only else act_as(session.sync_session, self._engines, actor)
        )
        if read_only:
            await self._settle(session)
        unit = UnitOfWork(session.sync_session, read_only, user, named)
        with self._scope.entered(unit):
            try:
                await session.run_sync(self._scope.look)
                yield session
                await session.run_sync(lambda _: self._scope.complete(unit))
            finally:
                # Shielded: a cancelled task must still give its connection back.
                if not unit.is_inherited:
                    await asyncio.shield(asyncio.ensure_future(session.close()))

    async def _settle(self, session: AsyncSession) -> None:
        if self._scope.replicas is None:
            return
        try:
            await session.run_sync(self._scope.settle)
        except BaseException:
            await asyncio.shield(asyncio.ensure_future(session.close()))
            raise

    def _open_session(self, read_only: bool) -> AsyncSession:
        from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

        chosen = self._engines.reader if read_only else self._engines.writer
        session = AsyncSession(AsyncEngine(chosen), expire_on_commit=False)
        session.sync_session.info.update({"async": session, "engines": self._engines})
        return session

    async def wait(self, seconds: float = 60) -> None:
        """Wait until the server answers, which may still be starting."""
        await asyncio.to_thread(self._beside, Database.wait, seconds)

    async def export_user_data(self, user_id: UUID | str) -> dict[str, Any]:
        """Return all that hangs on a user as one JSON document, as Database's does."""
        from bedplate.domains.privacy import Privacy

        async with self.transaction(read_only=True) as session:
            return await session.run_sync(
                lambda s: Privacy(s).export_user_data(user_id)
            )

    async def erase_user(self, user_id: UUID | str) -> dict[str, int]:
        """Delete a user with all that hangs on it; return the counts by table."""
        from bedplate.domains.privacy import Privacy

        return await self.run(lambda session: Privacy(session).erase_user(user_id))

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
        from sqlalchemy.ext.asyncio import AsyncEngine

        told = self._told()
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self.settings.connect_timeout):
                with translating(self._engines):
                    engine = AsyncEngine(self._engines.reader)
                    async with engine.connect() as connection:
                        version = self._engines.dialect.server_version
                        told["version"] = await connection.run_sync(version)
        except BedplateError as error:
            told |= {"status": "error", "message": str(error)}
        except TimeoutError:
            seconds = self.settings.connect_timeout
            message = f"no answer within {seconds:g} s"
            told |= {"status": "error", "message": message}
        return told | {"latency_ms": milliseconds_since(started)}

    async def health(self) -> Health:
        """Ask the database how it is, within DB_CONNECT_TIMEOUT; never raises."""
        from sqlalchemy.ext.asyncio import AsyncEngine

        from bedplate.ops import health

        engines = self._engines
        if not self.settings.in_memory:
            asked = (engines, self.pool_metrics, self._health_of_replicas)
            return await asyncio.to_thread(health.look, *asked)
        answer = None
        if not self.pool_metrics().checked_out:
            started = time.perf_counter()
            async with AsyncEngine(engines.reader).connect() as connection:
                answer = await connection.run_sync(health.ask, engines, started)
        return health.health_of(engines, self.pool_metrics(), answer)

    async def pool_advice(self, processes: int = 1) -> PoolAdvice:
        """Say what each of so many processes should set its pool to."""
        return self._advice(await self.health(), processes)

    async def prewarm(self) -> int:
        """Open DB_POOL_PREWARM connections at once; return how many are open."""
        from sqlalchemy.ext.asyncio import AsyncEngine

        wanted = min(self.settings.pool_prewarm, self.settings.pool_size)
        engine = AsyncEngine(self._engines.pools[-1])
        async with AsyncExitStack() as held:
            for _ in range(wanted):
                await held.enter_async_context(engine.connect())
        return wanted

    async def close(self) -> None:
        """Close every idle connection."""
        self._leave_replicas()
        for engines in (self._engines, *self._engines_of_replicas()):
            await engines.dispose_async()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

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
