"""Settings to Engine."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa
from sqlalchemy import event, exc

from bedplate import errors
from bedplate.dialects import Dialect, dialect
from bedplate.dialects.pooled import POOLER
from bedplate.encryption import hold
from bedplate.idle import ask_seldom, reset_seldom
from bedplate.listening import Listeners
from bedplate.translation import note, translated

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from bedplate.settings import Settings

__all__ = ["Engines", "Observer"]

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

    def failed(self, sql: str, seconds: float) -> None:
        """Be told of one that failed.

        Args:
            sql: The statement, without values.
            seconds: After how long.
        """


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
        observer: Who is told of every statement; None for nobody.
        failed: Who is told of each error of ours; None for nobody.
    """

    failed: Callable[[errors.BedplateError], None] | None = None
    observer: Observer | None = None

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
        self._ours = [Listeners(engine) for engine in self.pools]

    def may_go_direct(self, *, read_only: bool) -> bool:
        """Return whether a call may use the driver without SQLAlchemy's Connection.

        Not where each connection, transaction or statement needs something that only
        its events see to, or where somebody else listens to them.
        """
        if not self._plain:
            return False
        place = -1 if read_only else 0
        return self._ours[place].are_those_of(self.pools[place])

    @cached_property
    def _plain(self) -> bool:
        settings = self.settings
        limited = settings.statement_timeout and self.dialect.times_statements
        special = settings.in_memory or settings.pgbouncer or settings.echo or limited
        return not (special or self._asynchronous)

    def observe(self, observer: Observer) -> None:
        """Have an observer told of every statement: one, once."""
        for engine in self.pools:
            observer.listen(engine)
        self.observer = observer
        self._ours = [Listeners(engine) for engine in self.pools]

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

        self._listen_to_connecting(engine, read_only=read_only)

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
            except exc.DBAPIError as error:  # before COMMIT: nothing has happened
                raise translated(error, self) from error
            except errors.TransactionError:
                # SQLAlchemy takes the transaction for ended: left open, it would
                # be the next one's who takes this connection from the pool.
                connection.connection.rollback()
                raise

        @event.listens_for(engine, "rollback")
        def rollback(connection: sa.Connection) -> None:
            if not connection.invalidated:  # with which the actor has gone as well
                with suppress(exc.DBAPIError):
                    ours.audits.end(connection)

        @event.listens_for(engine, "handle_error")
        def failed(context: Any) -> None:
            note(context, ours)

        _heed_nodes(engine, ours)
        self._listen_to_statements(engine)
        if not self._asynchronous and ours.looks_at_sockets:
            ask_seldom(engine, ours)
        if self._resets_seldom:
            reset_seldom(engine, ours)

    def _listen_to_connecting(self, engine: sa.Engine, *, read_only: bool) -> None:
        settings, ours = self.settings, self.dialect

        @event.listens_for(engine, "do_connect")
        def before(engine_dialect: Any, _: Any, given: Any, named: Any) -> Any:
            with self._telling():
                ours.before_connect(settings)
                return ours.connected(engine_dialect, (given, named), settings)

        @event.listens_for(engine, "connect")
        def connect(dbapi: Any, _: Any) -> None:
            with self._telling():
                ours.on_connect(dbapi, settings, read_only=read_only)

        known = False

        @event.listens_for(engine, "engine_connect")
        def first(connection: sa.Connection) -> None:
            nonlocal known
            if not known:  # nor does a refused server pass the next time
                with self._telling():
                    ours.on_first_connect(connection, settings)
                known = True

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell of an error of ours, which nobody translates, so nobody would tell."""
        try:
            yield
        except errors.BedplateError as error:
            if self.failed is not None:
                self.failed(error)
            raise

    def _listen_to_statements(self, engine: sa.Engine) -> None:
        settings, ours = self.settings, self.dialect
        if ours.sends_rows:

            @event.listens_for(engine, "do_execute")
            def execute(_cursor: Any, statement: str, _: Any, context: Any) -> bool:
                started, observer = time.perf_counter(), self.observer
                try:
                    if not ours.on_execute(statement, context):
                        return False
                except BaseException:
                    if observer is not None:
                        observer.failed(statement, time.perf_counter() - started)
                    raise
                if observer is not None:
                    observer.ran(statement, time.perf_counter() - started, -1)
                return True

        limit = settings.statement_timeout
        if limit and ours.times_statements:

            @event.listens_for(engine, "before_cursor_execute")
            def started(connection: sa.Connection, *_: Any) -> None:
                ours.on_statement(connection, limit)


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
