"""The application's database, and the dependencies that hand it to an endpoint.

No dependency holds a session: each call of a repository is a transaction of its own,
and its connection is back in the pool when the call returns. So a response that
streams for an hour keeps none. And none needs a thread: a dependency that does waits
where all of them are busy, whatever the endpoint wants.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from inspect import iscoroutinefunction
from typing import Annotated, Any, Concatenate, Generic, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from fastapi import Depends
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.requests import HTTPConnection

from bedplate.async_database import AsyncDatabase
from bedplate.database import Database
from bedplate.errors import BedplateError, SettingsError
from bedplate.repository import DomainRepository
from bedplate.session import Retry

__all__ = [
    "PATIENCE",
    "Calls",
    "Repo",
    "awaited",
    "calls",
    "get_db",
    "lifespan",
    "worked",
]

_log = logging.getLogger("bedplate.web")

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R", bound=DomainRepository)

PATIENCE = Retry(deadline=5)
"""Whoever waits for an answer gives up before a batch job would."""


_LOOKS = 5.0
"""Seconds between two looks at the database: as old as readiness may be."""

_WORKERS = 40
"""Calls of a `Database` at once: as many as Starlette has threads for endpoints."""

_LOOKERS = 8

_workers: RunVar[CapacityLimiter] = RunVar("bedplate.web.workers")
_lookers: RunVar[CapacityLimiter] = RunVar("bedplate.web.lookers")


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Open the environment's database for an application, and close it at the end.

    It is looked at every few seconds, for whoever asks whether it is ready.

    Where `app.state.database` is set already, a `Database` or an `AsyncDatabase`, that
    one is used, and left to whoever opened it.
    """
    given = getattr(app.state, "database", None)
    if given is not None:
        async with _watched(app, given):
            yield
        return
    with Database.from_env(retry=PATIENCE) as database:
        app.state.database = database
        try:
            async with _watched(app, database):
                yield
        finally:
            app.state.database = None


@asynccontextmanager
async def _watched(
    app: Starlette, database: Database | AsyncDatabase
) -> AsyncIterator[None]:
    await _prewarm(database)
    if database.settings.in_memory:  # in its one connection, which others need
        yield
        return
    monitor = app.state.monitor = database.monitor(interval=_LOOKS)
    monitor.start()
    try:
        yield
    finally:
        app.state.monitor = None
        await awaited(monitor.stop)


async def _prewarm(database: Database | AsyncDatabase) -> None:
    """Open DB_POOL_PREWARM connections, if the server answers already."""
    if database.settings.pool_prewarm:
        try:
            await awaited(database.prewarm)
        except BedplateError as error:
            _log.warning("no connection could be opened beforehand: %s", error)


async def get_db(connection: HTTPConnection) -> Any:
    """Return the application's database, the one that `lifespan` opened.

    Raises:
        SettingsError: The application has none.
    """
    database = getattr(connection.app.state, "database", None)
    if database is None:
        raise SettingsError(
            {"app.state.database": "is not set: FastAPI(lifespan=lifespan) sets it"}
        )
    return database


async def awaited(act: Callable[..., Any], *args: Any) -> Any:
    """Await what looks at a database: it ends soon, and waits for no connection.

    Of a `Database` it runs in a thread that is none of those that calls run in: it is
    there also where all of these wait for the pool.
    """
    if iscoroutinefunction(act):
        return await act(*args)
    return await to_thread.run_sync(
        act, *args, abandon_on_cancel=True, limiter=_limiter(_lookers, _LOOKERS)
    )


async def worked(act: Callable[..., Any], *args: Any) -> Any:
    """Await what works with a database, and may wait for a connection of its pool.

    Of a `Database` it runs in one of 40 threads that are kept for it. Whatever else is
    asked for, files of the dashboard among it, needs none of these.
    """
    if iscoroutinefunction(act):
        return await act(*args)
    return await to_thread.run_sync(act, *args, limiter=_limiter(_workers, _WORKERS))


def _limiter(kept: RunVar[CapacityLimiter], threads: int) -> CapacityLimiter:
    """Return the limiter of this event loop."""
    try:
        return kept.get()
    except LookupError:
        limiter = CapacityLimiter(threads)
        kept.set(limiter)
        return limiter


class Calls(Generic[R]):
    """Calls of a repository that are awaited, on either kind of database.

    `await training(TrainingRepository.list_corpus_texts, 10)` is one transaction, run
    again where that is safe. Of a `Database` it runs in a thread, of an
    `AsyncDatabase` on the event loop.
    """

    def __init__(self, database: Database | AsyncDatabase, repository: type[R]) -> None:
        self._database = database
        self._repository = repository

    async def __call__(
        self,
        method: Callable[Concatenate[R, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Call a method, or any function of the repository, in one transaction."""

        def work(session: Session) -> T:
            return method(self._repository(session), *args, **kwargs)

        read_only = getattr(method, "__read_only__", False)
        work.__read_only__ = read_only  # type: ignore[attr-defined]  # as @reads does
        try:
            found: T = await worked(self._database.run, work)
        finally:
            if not read_only:  # in a thread perhaps, of which this task knows nothing
                self._database.note_write()
        return found


def calls(repository: type[DomainRepository]) -> Any:
    """Return a dependency that is `Calls` of a repository."""

    async def provide(database: Annotated[Any, Depends(get_db)]) -> Any:
        return Calls(database, repository)

    return Depends(provide)


def Repo(repository: type[DomainRepository]) -> Any:  # noqa: N802  # reads like Depends
    """Return a dependency that is a repository of the application's database.

    Of a `Database` it is the repository itself, `training.list_corpus_texts(10)`. Of
    an `AsyncDatabase`, whose calls have to be awaited, it is `Calls`:
    `await training(TrainingRepository.list_corpus_texts, 10)`.
    """

    async def provide(database: Annotated[Any, Depends(get_db)]) -> Any:
        if isinstance(database, AsyncDatabase):
            return Calls(database, repository)
        return database.repository(repository)

    return Depends(provide)
