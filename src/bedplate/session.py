"""The unit of work: one session a context, transactions that join, retries.

A *context* is a thread, or a task of an event loop. Whatever runs in a context while a
transaction is open there takes part in it; the outermost block commits.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy import exc
from sqlalchemy.orm import Session

from bedplate.acting import act_as, act_for
from bedplate.checks import check_uuid
from bedplate.errors import (
    BedplateError,
    CommitUnknownError,
    ReadOnlyError,
    TransactionError,
)
from bedplate.pools import Loan
from bedplate.replicas import is_of_replica
from bedplate.retries import Retry, pause_after
from bedplate.translation import is_lost, translating

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bedplate.engine import Engines
    from bedplate.replicas import Replicas

__all__ = [
    "Retry",
    "Scope",
    "UnitOfWork",
    "idempotent",
    "open_session",
    "pause_after",
]

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class UnitOfWork:
    """A session in the context it belongs to.

    Attributes:
        session: The session.
        read_only: Whether it may only read.
        blocks: How many transaction() blocks are open in it.
        failed: Whether an error has left an inner block.
        user_id: The user whose rows alone it may see and write, None for no such one.
        actor: Who makes its changes, None for nobody in particular.
    """

    session: Session
    read_only: bool
    user_id: UUID | None = None
    actor: str | None = None
    blocks: int = 0
    failed: bool = False
    owner: object = field(default_factory=lambda: _context())
    process: int = field(default_factory=os.getpid)

    @property
    def engines(self) -> Engines:
        """The engines it works with: a replica's, or the primary's."""
        found: Engines = self.session.info["engines"]
        return found

    @property
    def is_inherited(self) -> bool:
        """Whether this is a forked child, and the transaction its parent's."""
        return self.process != os.getpid()

    def refuse_other(self, user_id: UUID | str | None, actor: str | None) -> None:
        """Refuse a block that would change whose transaction this is.

        Raises:
            TransactionError: It is another user's or actor's, or nobody's.
        """
        if actor not in (None, self.actor):
            raise TransactionError(
                f"the actor of the open transaction is {self.actor or 'nobody'}, and "
                f"cannot become {actor}: give actor to the outermost block"
            )
        if user_id is None or check_uuid(user_id, "user_id") == self.user_id:
            return
        whose = "no user's" if self.user_id is None else f"that of user {self.user_id}"
        raise TransactionError(
            f"the open transaction is {whose}, and cannot become that of {user_id}: "
            "give user_id to the outermost block, or end that one first"
        )


def _context() -> object:
    """Identify the running process, thread and task.

    A ContextVar alone is not enough: a task starts with a copy of its parent's
    context, asyncio.to_thread() carries it to another thread, a fork to a process.
    """
    loop = asyncio._get_running_loop()
    task = asyncio.current_task(loop) if loop is not None else None
    return (os.getpid(), threading.get_ident(), task)


def open_session(engines: Engines, *, read_only: bool = False) -> Session:
    """Return a new session whose entities stay readable after the transaction."""
    bind = engines.reader if read_only else engines.writer
    return Session(
        bind, expire_on_commit=False, autoflush=True, info={"engines": engines}
    )


class Scope:
    """The units of work of one Database, one a context."""

    def __init__(
        self,
        engines: Engines,
        retry: Retry,
        first_look: Callable[[Connection], None] | None = None,
        replicas: Replicas | None = None,
    ) -> None:
        self.engines = engines
        self.replicas = replicas
        self.retry = retry
        self._first_look = first_look
        self._current: ContextVar[UnitOfWork | None] = ContextVar("unit", default=None)

    @property
    def current(self) -> UnitOfWork | None:
        """The unit of work of this context, if there is one."""
        unit = self._current.get()
        return unit if unit is not None and unit.owner == _context() else None

    @property
    def is_inside(self) -> bool:
        """Whether a transaction is open in this context."""
        unit = self.current
        return unit is not None and bool(unit.blocks or unit.session.in_transaction())

    def refuse_inside(self) -> None:
        """Refuse what cannot be part of a transaction.

        Raises:
            TransactionError: One is open here.
        """
        if self.is_inside:
            raise TransactionError(
                "this cannot be done inside a transaction: end it first"
            )

    @property
    def session(self) -> Session:
        """The session of this context; opened when there is none."""
        unit = self.current
        if unit is None:
            unit = UnitOfWork(open_session(self.engines), read_only=False)
            self._current.set(unit)
        return unit.session

    def remove(self) -> None:
        """Close this context's session; what was not committed is rolled back."""
        unit = self.current
        if unit is not None:
            self._current.set(None)
            unit.session.close()

    @contextmanager
    def transaction(
        self,
        *,
        read_only: bool = False,
        user_id: UUID | str | None = None,
        actor: str | None = None,
    ) -> Iterator[Session]:
        """Open a transaction, or join the one that is open here.

        Raises:
            ReadOnlyError: It would write inside a read-only one.
            TransactionError: An inner block failed, so this one cannot commit; or the
                open one is another user's.
            UnsupportedError: The database cannot keep users apart.
        """
        unit = self.current
        if unit is None or not (unit.blocks or unit.session.in_transaction()):
            self.remove()
            unit = self._opened(read_only, user_id, actor)
            with self._outermost(unit):
                yield unit.session
            return
        unit.refuse_other(user_id, actor)
        if unit.blocks or read_only:
            with self.joined(unit, read_only=read_only, atomic=True):
                yield unit.session
        else:  # work begun on db.session: this block is the first, so it commits
            with self._outermost(unit):
                yield unit.session

    def may_go_direct(self, *, read_only: bool) -> bool:
        """Return whether a call here takes part in nothing, and needs nothing."""
        if self._first_look is not None:
            return False
        # In most calls nothing is open, which costs less to see than whose it is.
        if self._current.get() is not None and self.is_inside:
            return False
        return self.engines.may_go_direct(read_only=read_only)

    @property
    def reading(self) -> Engines:
        """The engines of a call by itself that reads."""
        chosen = None if self.replicas is None else self.replicas.choose()
        return chosen or self.engines

    def primary(self) -> AbstractContextManager[None]:
        """Let nothing in this context be read from a replica."""
        return nullcontext() if self.replicas is None else self.replicas.primary()

    def settle(self, session: Session) -> None:
        """Begin a read-only session's transaction on a replica, if one may serve it."""
        if self.replicas is not None:
            with translating(self.engines):
                self.look(session)
            self.replicas.begin(session)

    def moves(self, error: BedplateError, arguments: Iterable[object]) -> bool:
        """Return whether work that a replica has failed is to be done by the primary.

        Not a part of a transaction, nor what has used an iterator up.
        """
        return (
            self.replicas is not None
            and is_of_replica(error)
            and not self._is_part(arguments)
        )

    def _opened(
        self, read_only: bool, user_id: UUID | str | None, actor: str | None
    ) -> UnitOfWork:
        session = open_session(self.engines, read_only=read_only)
        user = act_for(session, self.engines, user_id)
        named = None if read_only else act_as(session, self.engines, actor)
        if read_only:
            self.settle(session)
        return UnitOfWork(session, read_only, user, named)

    def run(
        self,
        work: Callable[Concatenate[Session, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run work(session, ...) in a transaction, again where that is safe.

        Work that is marked as reading gets one that is read-only.
        """
        return self.attempt(
            lambda: self._once(work, *args, **kwargs),
            (*args, *kwargs.values()),
            idempotent=is_idempotent(work),
        )

    def attempt(
        self,
        unit: Callable[[], T],
        arguments: Iterable[object] = (),
        *,
        idempotent: bool = False,
        failed: BedplateError | None = None,
    ) -> T:
        """Call a unit of work until it succeeds, fails for good, or time is up.

        Args:
            unit: What to call.
            arguments: What it works on.
            idempotent: Whether it may be done twice.
            failed: With what it has failed once; None where it was not tried yet.
        """
        pauses: Iterator[float] | None = None
        while True:
            try:
                if failed is not None:
                    raise failed
                return unit()
            except BedplateError as error:
                if self.moves(error, arguments):
                    with self.primary():
                        return self.attempt(unit, arguments, idempotent=idempotent)
                pauses = pauses or self.pauses(arguments)
                pause = pause_after(error, pauses, idempotent=idempotent)
            failed = None
            time.sleep(pause)

    def pauses(self, arguments: Iterable[object]) -> Iterator[float]:
        """Return how long to wait before each further try; nothing where none is safe.

        A part of a transaction cannot be run again alone, nor can work on an iterator
        that the first try has used up.
        """
        return iter(()) if self._is_part(arguments) else self.retry.pauses()

    def _is_part(self, arguments: Iterable[object]) -> bool:
        used_up = any(isinstance(given, Iterator) for given in arguments)
        return used_up or self.is_inside

    def _once(
        self,
        work: Callable[Concatenate[Session, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        with Loan(), self.transaction(read_only=is_read_only(work)) as session:
            return work(session, *args, **kwargs)

    @contextmanager
    def _outermost(self, unit: UnitOfWork) -> Iterator[None]:
        with self.entered(unit):
            try:
                self.look(unit.session)
                yield
                self.complete(unit)
            finally:
                if not unit.is_inherited:
                    unit.session.close()

    def look(self, session: Session) -> None:
        """Let the database be looked at once, before anything is done to it."""
        look = self._first_look
        if look is None or session.in_transaction():
            return
        with self.engines.reader.connect() as connection:
            look(connection)
        self._first_look = None

    @contextmanager
    def entered(self, unit: UnitOfWork) -> Iterator[None]:
        """Make a unit of work this context's own for the length of a block."""
        before = self._current.get()
        self._current.set(unit)
        unit.blocks = 1
        try:
            with translating(unit.engines):
                yield
        finally:
            unit.blocks = 0
            # Not reset(): a framework may leave the block in another context than it
            # entered it in. And what was begun on db.session ends with this block.
            self._current.set(None if before is unit else before)

    def complete(self, unit: UnitOfWork) -> None:
        """Flush and commit; a connection that breaks in COMMIT leaves it unknown.

        Raises:
            TransactionError: An inner block failed, so nothing may be committed.
            ReadOnlyError: Entities were changed in a read-only transaction.
            CommitUnknownError: The connection broke during COMMIT.
        """
        _refuse(unit)
        unit.session.flush()
        try:
            unit.session.commit()
        except exc.DBAPIError as error:
            if is_lost(error, self.engines) and not unit.read_only:
                if self.replicas is not None:
                    self.replicas.wrote()
                raise CommitUnknownError() from error
            raise

    @contextmanager
    def joined(
        self, unit: UnitOfWork, *, read_only: bool, atomic: bool = False
    ) -> Iterator[None]:
        """Take part in the open transaction.

        Args:
            unit: The unit of work that is open here.
            read_only: Whether this part only reads.
            atomic: Whether any error that leaves this part dooms the whole. Of a
                call only one that the database raised while it wrote does, outside
                of a savepoint: one that found nothing, or refused a value, has changed
                nothing.
        """
        if unit.read_only and not read_only:
            raise ReadOnlyError(
                "this would write inside a read-only transaction: open the outer one "
                "without read_only=True"
            )
        unit.blocks += 1
        saved = unit.session.in_nested_transaction()
        try:
            with translating(unit.engines):
                yield
        except BaseException as error:
            refused = isinstance(error.__cause__, exc.DBAPIError)
            half_done = refused and not read_only and not saved
            unit.failed = unit.failed or atomic or half_done
            raise
        finally:
            unit.blocks -= 1


def idempotent(work: Callable[P, T]) -> Callable[P, T]:
    """Mark work that may be done twice: it is run again after an unknown commit."""
    work.__idempotent__ = True  # type: ignore[attr-defined]  # ours, on a function
    return work


def is_idempotent(work: Callable[..., object]) -> bool:
    """Return whether work was marked as idempotent."""
    return bool(getattr(work, "__idempotent__", False))


def is_read_only(work: Callable[..., object]) -> bool:
    """Return whether work was marked as only reading."""
    return bool(getattr(work, "__read_only__", False))


def _refuse(unit: UnitOfWork) -> None:
    if unit.is_inherited:
        raise TransactionError(
            "this process was forked inside a transaction, which is its parent's"
        )
    if unit.failed:
        raise TransactionError(
            "an inner block failed, so the whole transaction was rolled back: let its "
            "error pass, or use session.begin_nested() for a part that may fail"
        )
    session = unit.session
    if unit.read_only and (session.new or session.dirty or session.deleted):
        raise ReadOnlyError()
