"""SQLAlchemy's pools, which also tell who takes a connection, and who waits for one.

A pool has events for all of it but waiting, and calling a listener costs more than what
it does. So what happens most often is told from the methods that a pool's subclass is
meant to supply, and the events are left for what is rare. And what each short statement
comes by is written down here, for a call costs more than a note.
"""

from __future__ import annotations

from contextvars import ContextVar
from threading import get_ident
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, Self

from sqlalchemy import exc, pool

from bedplate.durations import PENDING
from bedplate.queues import FairAsyncQueue, FairQueue

if TYPE_CHECKING:
    from sqlalchemy.util.queue import QueueCommon

    from bedplate.durations import Durations

__all__ = [
    "AsyncQueue",
    "Loan",
    "NoPool",
    "Queue",
    "Watched",
    "Watcher",
    "loan_here",
]


class Loan:
    """A block whose sessions give their connections back before their thread goes on.

    So who has one can be seen by where the thread is, and need not be remembered.

    Attributes:
        thread: The thread's identifier.
        is_over: Whether the block has ended.
    """

    __slots__ = ("_before", "is_over", "thread")

    def __enter__(self) -> None:
        self.thread = get_ident()
        self.is_over = False
        self._before = loan_here.get()
        loan_here.set(self)

    def __exit__(self, *_: object) -> None:
        loan_here.set(self._before)
        self.is_over = True


loan_here: ContextVar[Loan | None] = ContextVar("loan", default=None)
"""That of this context, which other threads and later tasks may have a copy of."""


class Watcher(Protocol):
    """Who is told what a pool does.

    The pool counts without a lock: see Durations. A connection that is collected comes
    back in the midst of whatever its thread does.

    Attributes:
        held: By their places in the pool, the connections that are in use: since when
            (`perf_counter()`), which thread took it, and who asked for it; None for a
            thread that gives it back before it goes on.
        holds: For how long those were in use that have come back.
        checkouts: How often one was taken.
        unused: The places whose connection has been opened and not been taken yet.
    """

    held: dict[Any, tuple[float, int, Any]]
    holds: Durations
    checkouts: int
    unused: set[Any]

    def asker(self) -> Any:
        """Return who asks for a connection, called by connect()."""

    def first_use(self, entry: Any) -> None:
        """Some are unused; this one was taken."""

    def begin_wait(self) -> None:
        """Somebody waits for a connection to be given back."""

    def end_wait(self, seconds: float, *, in_vain: bool) -> None:
        """The wait is over; in vain where the pool's timeout ended it."""


_connect = pool.Pool.connect  # what super() would find, without looking for it


class Watched(pool.Pool):
    """A pool that tells a watcher.

    Attributes:
        watcher: Who is told; None for nobody.
    """

    watcher: Watcher | None = None

    def connect(self) -> pool.PoolProxiedConnection:
        """Return a connection of the pool."""
        connection: Any = _connect(self)
        watcher = self.watcher
        if watcher is not None:
            entry = connection._connection_record
            watcher.held[entry] = perf_counter(), get_ident(), watcher.asker()
            watcher.checkouts += 1
            if watcher.unused:
                watcher.first_use(entry)
        return connection  # type: ignore[no-any-return]  # what the pool returned

    def lend(self) -> Any:
        """Return a place in the pool, its connection open, until take_back().

        That is as good as connect(), for whoever is sure to give it back: there is no
        proxy that sees to it, and no event of checkout, reset and checkin. All of that
        costs as much as a short statement.
        """
        entry: Any = self._do_get()
        try:
            connection = entry.get_connection()
            asks = self._pre_ping and not entry.fresh
            if asks and not self._dialect._do_ping_w_event(connection):
                self._replace(entry)
            entry.fresh = False
        except BaseException as error:
            entry._checkin_failed(error, _fairy_was_created=False)
            raise
        watcher = self.watcher
        if watcher is not None:
            watcher.held[entry] = perf_counter(), get_ident(), None
            watcher.checkouts += 1
            if watcher.unused:
                watcher.first_use(entry)
        return entry

    def take_back(self, entry: Any) -> None:
        """Take back what was lent, with no transaction open on it."""
        watcher = self.watcher
        if watcher is not None:  # first: then another one may take it
            held = watcher.held.pop(entry, None)
            if held is not None:
                holds = watcher.holds  # as its add() does, in place
                holds.pending.append(perf_counter() - held[0])
                if len(holds.pending) >= PENDING:
                    holds.settle()
        super()._do_return_conn(entry)

    _do_return_conn: Any = take_back  # what SQLAlchemy calls: change both or neither

    def give_up(self, entry: Any, error: Exception) -> None:
        """Close a connection that is of no use, and each older one when it is taken."""
        entry.invalidate(error)
        self._invalidate(entry, error, _checkin=False)

    def _replace(self, entry: Any) -> None:
        self.give_up(entry, exc.InvalidatePoolError())
        entry.get_connection()

    def recreate(self) -> Self:
        """Return a new pool with the same settings and the same watcher."""
        fresh: Any = super().recreate()
        fresh.watcher = self.watcher
        return fresh  # type: ignore[no-any-return]  # of the same class


class Queue(Watched, pool.QueuePool):
    """A fair queue of connections that tells of waiting as well."""

    _queue_class: type[QueueCommon[Any]] = FairQueue
    _pool: FairQueue | FairAsyncQueue

    def _do_get(self) -> pool.ConnectionPoolEntry:
        idle: pool.ConnectionPoolEntry | None = self._pool.take_idle()
        if idle is not None:
            return idle
        watcher = self.watcher
        # Below its limit a pool opens a connection rather than wait; where others
        # were faster it comes here again.
        if watcher is None or self._overflow < self._max_overflow:
            return super()._do_get()
        in_vain = False
        started = perf_counter()
        watcher.begin_wait()
        try:
            return super()._do_get()
        except exc.TimeoutError:
            in_vain = True
            raise
        finally:
            watcher.end_wait(perf_counter() - started, in_vain=in_vain)


class AsyncQueue(Queue, pool.AsyncAdaptedQueuePool):
    """The same for an event loop."""

    _queue_class = FairAsyncQueue


class NoPool(Watched, pool.NullPool):
    """No pool: each connection is opened when it is taken, and closed after."""
