"""Settings to Engine, and the one door through which driver errors become ours."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, cast

import sqlalchemy as sa
from sqlalchemy import event, exc

from bedplate import errors
from bedplate.dialects import READ_ONLY, Dialect, dialect
from bedplate.dialects.pooled import POOLER
from bedplate.encryption import hold
from bedplate.idle import ask_seldom, reset_seldom

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from bedplate.settings import Settings

__all__ = [
    "Engines",
    "Observer",
    "driver_error",
    "is_lost",
    "raise_translated",
    "translated",
    "translating",
]

_CONNECTING = "bedplate_connecting"
"""Marks a driver's error that came before there was a connection."""

_REFUSED = "bedplate_refused"
"""Marks a driver's error by which a server that should has refused to write."""

_living: weakref.WeakSet[sa.Engine] = weakref.WeakSet()
"""Engines whose connections a forked child must not touch."""


def _forget_connections() -> None:
    for engine in list(_living):
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_connections)


class Observer(Protocol):
    """Who is told what statements do, whichever way they go."""

    def listen(self, engine: sa.Engine) -> None:
        """Be told of those that SQLAlchemy executes, by its events."""

    def ran(self, sql: str, seconds: float, rows: int) -> None:
        """Be told of one that the driver was given directly.

        Args:
            sql: The statement, without values.
            seconds: How long it took.
            rows: How many it returned or changed; negative where nobody knows.
        """

    def failed(self, sql: str) -> None:
        """Be told of one that failed."""


class Engines:
    """The engines of one database: one that writes, one whose transactions only read.

    The reader shares the writer's pool where the database lets both write; where only
    one connection may write at a time (a database file) it has a pool of its own.

    Attributes:
        settings: What they were made from.
        dialect: The database's dialect.
        writer: The engine for transactions that may write.
        reader: The engine for read-only transactions.
        pools: The engines that own a pool.
        observers: Who is told of statements that the driver is given directly.
        failed: Who is told of each error of ours; None for nobody.
    """

    failed: Callable[[errors.BedplateError], None] | None = None

    def __init__(self, settings: Settings, *, asynchronous: bool = False) -> None:
        self.settings = settings
        self.dialect: Dialect = dialect(settings.database)
        self._asynchronous = asynchronous
        self._async_engines: list[AsyncEngine] = []
        self.writer = self._create(read_only=False)
        if self.dialect.has_reader_pool(settings):
            own = self._create(read_only=True)
        else:
            own = self.writer
        self.pools = tuple(dict.fromkeys((self.writer, own)))
        self.reader = own.execution_options(**self.dialect.read_only_options)
        self.observers: list[Observer] = []
        self._ours = [_listeners(engine) for engine in self.pools]

    def may_go_direct(self, *, read_only: bool) -> bool:
        """Return whether a call may use the driver without SQLAlchemy's Connection.

        Not where each connection, transaction or statement needs something that only
        its events see to, or where somebody else listens to them.
        """
        place = -1 if read_only else 0
        return self._plain and _listeners(self.pools[place]) == self._ours[place]

    @cached_property
    def _plain(self) -> bool:
        settings = self.settings
        limited = settings.statement_timeout and self.dialect.times_statements
        special = settings.in_memory or settings.pgbouncer or settings.echo or limited
        return not (special or self._asynchronous)

    def observe(self, observer: Observer) -> None:
        """Have an observer told of every statement."""
        for engine in self.pools:
            observer.listen(engine)
        self.observers.append(observer)
        self._ours = [_listeners(engine) for engine in self.pools]

    def dispose(self) -> None:
        """Close every idle connection; the engines stay usable."""
        for engine in self.pools:
            engine.dispose()

    async def dispose_async(self) -> None:
        """Close every idle connection of an asynchronous pair."""
        for engine in self._async_engines:
            await engine.dispose()

    def _create(self, *, read_only: bool) -> sa.Engine:
        options = self._options(read_only=read_only)
        url = self.dialect.url(self.settings, asynchronous=self._asynchronous)
        if self._asynchronous:
            from sqlalchemy.ext.asyncio import create_async_engine

            asynchronous = create_async_engine(url, **options)
            self._async_engines.append(asynchronous)
            engine = asynchronous.sync_engine
        else:
            engine = sa.create_engine(url, **options)
        hold(engine.dialect, self.settings.encryption_key_list)
        self._listen(engine, read_only=read_only)
        if not self.settings.in_memory:
            _living.add(engine)
        return engine

    def _options(self, *, read_only: bool) -> dict[str, Any]:
        arguments = self.dialect.connect_args(
            self.settings, asynchronous=self._asynchronous
        )
        reset = {"pool_reset_on_return": None} if self._resets_seldom else {}
        return {
            "connect_args": arguments,
            "echo": self.settings.echo,
            # Values may be secret or huge; an error names the statement alone.
            "hide_parameters": True,
            "execution_options": {POOLER: True} if self.settings.pgbouncer else {},
            **self.dialect.engine_options,
            **self.dialect.pool_options(
                self.settings, asynchronous=self._asynchronous, read_only=read_only
            ),
            **reset,
        }

    @property
    def _resets_seldom(self) -> bool:
        return self.dialect.resets_by_itself and not self._asynchronous

    def _listen(self, engine: sa.Engine, *, read_only: bool) -> None:
        settings, ours = self.settings, self.dialect

        @event.listens_for(engine, "do_connect")
        def before(engine_dialect: Any, _: Any, given: Any, named: Any) -> Any:
            ours.before_connect(settings)
            return ours.connected(engine_dialect, (given, named), settings)

        @event.listens_for(engine, "connect")
        def connect(dbapi: Any, _: Any) -> None:
            ours.on_connect(dbapi, settings, read_only=read_only)

        # A pool may close outside of any event loop; and what on_close does, writes.
        if not self._asynchronous and not read_only:

            @event.listens_for(engine, "close")
            def close(dbapi: Any, _: Any) -> None:
                ours.on_close(dbapi)

        @event.listens_for(engine, "begin")
        def begin(connection: sa.Connection) -> None:
            ours.on_begin(connection, settings)

        @event.listens_for(engine, "commit")
        def commit(connection: sa.Connection) -> None:
            try:
                ours.audits.end(connection)
                ours.on_commit(connection)
            except errors.TransactionError:
                # SQLAlchemy takes the transaction for ended: left open, it would
                # be the next one's who takes this connection from the pool.
                connection.connection.rollback()
                raise

        @event.listens_for(engine, "rollback")
        def rollback(connection: sa.Connection) -> None:
            if not connection.invalidated:  # with which the actor has gone as well
                ours.audits.end(connection)

        @event.listens_for(engine, "handle_error")
        def failed(context: Any) -> None:
            if context.connection is not None:
                _look_at(context, ours)
            else:
                setattr(context.original_exception, _CONNECTING, True)

        known = False

        @event.listens_for(engine, "engine_connect")
        def first(connection: sa.Connection) -> None:
            nonlocal known
            if not known:  # nor does a refused server pass the next time
                ours.on_first_connect(connection, settings)
                known = True

        _heed_nodes(engine, ours)
        self._listen_to_statements(engine)
        if not self._asynchronous and ours.looks_at_sockets:
            ask_seldom(engine, ours)
        if self._resets_seldom:
            reset_seldom(engine, ours)

    def _listen_to_statements(self, engine: sa.Engine) -> None:
        settings, ours = self.settings, self.dialect
        if ours.sends_rows:

            @event.listens_for(engine, "do_execute")
            def execute(_cursor: Any, statement: str, _: Any, context: Any) -> bool:
                started = time.perf_counter()
                if not ours.on_execute(statement, context):
                    return False
                for observer in self.observers:
                    observer.ran(statement, time.perf_counter() - started, -1)
                return True

        limit = settings.statement_timeout
        if limit and ours.times_statements:

            @event.listens_for(engine, "before_cursor_execute")
            def started(connection: sa.Connection, *_: Any) -> None:
                ours.on_statement(connection, limit)


def _look_at(context: Any, ours: Dialect) -> None:
    """Tell our dialect of an error, and the pool whether it is worth keeping."""
    connection, error = context.connection, context.original_exception
    ours.on_error(connection, error)
    read_only = bool(connection.get_execution_options().get(READ_ONLY))
    if _is_demoted(ours, error, read_only=read_only):
        context.is_disconnect = True


def _listeners(engine: sa.Engine) -> tuple[int, int, int, int]:
    """Return how many listen to an engine's statements and checkouts."""
    # Looked up each time: who is the first to listen replaces the collection.
    statements: Any = engine.dispatch
    pool: Any = engine.pool.dispatch
    return (
        len(statements.before_cursor_execute),
        len(statements.after_cursor_execute),
        len(pool.checkout),
        len(pool.checkin),
    )


def _heed_nodes(engine: sa.Engine, ours: Dialect) -> None:
    """Let go of what is of no more use: a node that works no more, a transaction.

    The next connection leads elsewhere. And a transaction that another node's commit
    has ended answers even a ROLLBACK with the deadlock that it was.
    """
    dialect: Any = engine.dialect
    is_gone, roll_back = dialect.is_disconnect, dialect.do_rollback

    def is_useless(error: Any, connection: Any, cursor: Any) -> bool:
        gone: bool = is_gone(error, connection, cursor)
        return gone or ours.classify(error) is errors.NodeNotReadyError

    def rolled_back(connection: Any) -> None:
        try:
            roll_back(connection)
        except dialect.loaded_dbapi.Error as error:
            if ours.classify(error) is not errors.DeadlockError:
                raise

    dialect.is_disconnect, dialect.do_rollback = is_useless, rolled_back


@contextmanager
def translating(engines: Engines) -> Iterator[None]:
    """Raise our errors for SQLAlchemy's and the driver's."""
    try:
        yield
    except exc.SQLAlchemyError as error:
        raise_translated(error, engines)


def raise_translated(error: exc.SQLAlchemyError, engines: Engines) -> NoReturn:
    """Raise our error for one of SQLAlchemy's."""
    ours = translated(error, engines)
    if engines.failed is not None:
        engines.failed(ours)
    raise ours from (ours.__cause__ if ours is error.__cause__ else error)


def translated(error: exc.SQLAlchemyError, engines: Engines) -> errors.BedplateError:
    """Return our error for one of SQLAlchemy's; the driver's number tells which."""
    original = getattr(error, "orig", None)
    if isinstance(original, errors.BedplateError):
        return original
    if isinstance(error, exc.TimeoutError):
        return errors.PoolTimeoutError(_pool_is_full(engines))
    if isinstance(error, exc.PendingRollbackError):
        return errors.TransactionError(
            "an earlier flush failed, so the session was rolled back: let its error "
            "pass, or use session.begin_nested() for a part that may fail"
        )
    if isinstance(error, exc.NoResultFound):
        return errors.NotFoundError("there is no such row")
    if isinstance(error, exc.DBAPIError) and original is not None:
        return _explained(_kind_of(error, original, engines), original, engines)
    return errors.StatementError(f"{type(error).__name__}: {error}")


def is_lost(error: exc.SQLAlchemyError, engines: Engines) -> bool:
    """Return whether nobody knows if what was under way has happened.

    The connection broke, or a node left its cluster: one that answers a COMMIT with
    1047 or 1180 may have sent it to the others before.
    """
    unclear = (errors.ConnectionLostError, errors.NodeNotReadyError)
    return isinstance(translated(error, engines), unclear)


def driver_error(
    error: Any,
    engines: Engines,
    connection: Any,
    statement: str | None = None,
    *,
    read_only: bool = False,
) -> exc.DBAPIError:
    """Return SQLAlchemy's error for one that a driver has raised without it.

    Args:
        error: The driver's.
        engines: Whose driver.
        connection: On which of the driver's; None where there is none yet.
        statement: What was run.
        read_only: Whether it was to read only.
    """
    dialect = engines.writer.dialect
    if connection is None:
        setattr(error, _CONNECTING, True)
    demoted = connection and _is_demoted(engines.dialect, error, read_only=read_only)
    lost = demoted or dialect.is_disconnect(error, connection, None)
    found: Any = exc.DBAPIError.instance(
        statement,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=bool(lost),
        dialect=dialect,
    )
    return cast("exc.DBAPIError", found)


def _is_demoted(ours: Dialect, error: BaseException, *, read_only: bool) -> bool:
    """Return whether a server that was to write takes no writes, and mark its error."""
    demoted = not read_only and ours.is_demoted(error)
    if demoted:
        setattr(error, _REFUSED, True)
    return demoted


def _kind_of(
    error: exc.DBAPIError, original: BaseException, engines: Engines
) -> type[errors.BedplateError]:
    found = engines.dialect.classify(original)
    if getattr(original, _CONNECTING, False):
        # Nothing was sent yet: whatever broke, there is no work to lose or repeat.
        lost = found is None or found is errors.ConnectionLostError
        return errors.ServerUnreachableError if lost else found or errors.StatementError
    if found is errors.NodeNotReadyError:
        return found  # the connection is there, and of no use
    # A server that takes no writes any more has done nothing, and answered.
    if error.connection_invalidated and found is not errors.ReadOnlyError:
        return errors.ConnectionLostError
    return found or errors.StatementError


def _explained(
    kind: type[errors.BedplateError], original: BaseException, engines: Engines
) -> errors.BedplateError:
    """Say what happened, where, and what to do about it."""
    detail = " ".join(str(original.args[-1] if original.args else original).split())
    hint = engines.dialect.advice(original) or _HINTS.get(kind)
    if getattr(original, _REFUSED, False):
        hint = "the server takes no writes. Is it the primary, was there a failover?"
    where = place(engines.settings)
    text = (kind.__doc__ or "").strip().splitlines()[0].rstrip(".")
    if hint is not None:
        return kind(f"{text} ({where}): {hint} [{detail}]")
    return kind(f"{text}: {detail}")


_HINTS: dict[type[errors.BedplateError], str] = {
    errors.ServerUnreachableError: "is it running, are DB_HOST and DB_PORT right?",
    errors.AuthenticationError: "check DB_USER and DB_PASSWORD.",
    errors.ServerMismatchError: "set DB_TYPE to what it is.",
    errors.NodeNotReadyError: "wait until it is, or connect to another node.",
    errors.DatabaseMissingError: "create it, or correct DB_NAME.",
    errors.DatabaseFileError: "is it an SQLite database, and may you write there?",
    errors.ConnectionFailedError: "see the server's own words.",
    errors.DatabaseBusyError: "let the other program finish, or raise DB_LOCK_TIMEOUT.",
    errors.StorageFullError: "free some space and try again.",
    errors.SchemaBehindError: "a table is not there.",
}


def place(settings: Settings) -> str:
    """Return where the database is, without any secret."""
    if settings.port is None:
        return settings.path
    hosts = ",".join(f"{host}:{port}" for host, port in settings.hosts)
    return f"{settings.user}@{hosts}/{settings.name}"


def _pool_is_full(engines: Engines) -> str:
    settings = engines.settings
    waited = f"no connection became free within {settings.pool_timeout:g} s"
    if engines.dialect.has_reader_pool(settings):
        return (
            f"{waited}: one transaction writes at a time, and {settings.pool_size} + "
            f"{settings.max_overflow} read; look for one that stays open, and open "
            "those that only read with read_only=True"
        )
    return (
        f"{waited}: all {settings.pool_size} + {settings.max_overflow} are in use; "
        "raise DB_POOL_SIZE, or look for transactions that stay open"
    )
