"""A call by itself: prepared statements on a pooled connection, without a session.

A call that runs one short statement would spend most of its time in the unit of work
of a session. Here a single statement commits itself, as the driver's autocommit does;
errors, the queue of writers and the log of slow statements are those of a session.
"""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar

from sqlalchemy import exc

from bedplate.dialects import dialect_of
from bedplate.errors import BedplateError, CommitUnknownError, TransactionError
from bedplate.prepared import (
    Rows,
    by_key,
    completed,
    insertion,
    is_plain,
    loaded,
    once_prepared,
)
from bedplate.translation import driver_error, is_lost

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    import sqlalchemy as sa
    from sqlalchemy.orm import Session

    from bedplate.base import Base
    from bedplate.dialects import Dialect
    from bedplate.dialects.taking import Queue
    from bedplate.engine import Engines
    from bedplate.prepared import Change, Prepared, Written

__all__ = ["Direct", "NeedsSessionError", "ThroughSession", "Way"]

_DIRECT = "bedplate_direct"
"""Where a connection keeps what runs calls on it."""

M = TypeVar("M", bound="Base")
Values = dict[str, Any]


class NeedsSessionError(Exception):
    """A call by itself would not do what it does in a session; nothing is changed."""


class Way(Protocol):
    """How a repository runs prepared statements."""

    def rows(self, prepared: Prepared[M], values: Values) -> Sequence[M]:
        """Return the rows that a select finds."""

    def get(self, model: type[M], key: tuple[Any, ...]) -> M | None:
        """Return the row of a primary key, None where there is none."""

    def tuples(
        self, select: sa.Select[*tuple[Any, ...]], values: Values
    ) -> Sequence[Any]:
        """Return the rows of a select that is kept for the next time."""

    def add(self, model: type[M], given: Values) -> M:
        """Insert a row, its attributes given by name, and return it with its key."""

    def change(self, change: Change[M], values: Values) -> M | None:
        """Update one row and return it as it is then, None where there is none."""

    def take(
        self, model: type[M], queue: Queue, given: Values, most: int
    ) -> Sequence[M]:
        """Change the first rows of a queue and return them; see Dialect.take()."""


class ThroughSession:
    """Prepared statements as part of a session's work: rows become its entities."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def rows(self, prepared: Prepared[M], values: Values) -> Sequence[M]:
        return self._session.scalars(prepared.statement, values).all()

    def get(self, model: type[M], key: tuple[Any, ...]) -> M | None:
        return self._session.get(model, key)

    def tuples(
        self, select: sa.Select[*tuple[Any, ...]], values: Values
    ) -> Sequence[Any]:
        return self._session.execute(select, values).all()

    def add(self, model: type[M], given: Values) -> M:
        entity = model(**given)
        self._session.add(entity)
        self._session.flush()
        return entity

    def change(self, change: Change[M], values: Values) -> M | None:
        session = self._session
        if session.autoflush:
            session.flush()
        changed: Any = session.execute(change.update.statement, values)
        if changed.rowcount == 0:
            return None
        options = {"populate_existing": True}
        fresh = change.fresh.statement
        found: M = session.scalars(fresh, values, execution_options=options).one()
        return found

    def take(
        self, model: type[M], queue: Queue, given: Values, most: int
    ) -> Sequence[M]:
        if self._session.autoflush:
            self._session.flush()
        ours = dialect_of(self._session.get_bind())
        return ours.take(_InSession(self._session, model), queue, given, most)


class _InSession:
    """Runs statements of a table in a session, whose entities become what they say."""

    def __init__(self, session: Session, model: type[Base]) -> None:
        self._session = session
        self._model = model

    def rows(self, statement: Any, values: Mapping[str, Any]) -> Sequence[Any]:
        found = self._session.connection().execute(statement, values).mappings().all()
        rows = (loaded(self._model, {**row}) for row in found)
        return [self._session.merge(row, load=False) for row in rows]

    def run(self, statement: Any, values: Mapping[str, Any]) -> None:
        self._session.connection().execute(statement, values)


class _Alone:
    """Runs statements of a table on a connection, each prepared once."""

    def __init__(self, direct: Direct, model: type[Base]) -> None:
        self._direct = direct
        self._model = model

    def rows(self, statement: Any, values: Mapping[str, Any]) -> Sequence[Any]:
        return self._direct.rows(once_prepared(self._model, statement), {**values})

    def run(self, statement: Any, values: Mapping[str, Any]) -> None:
        self._direct.run(once_prepared(self._model, statement), {**values})


class Direct:
    """Runs the calls that are made on one connection, one after the other.

    It stays with its connection, for there are few of these and many calls.

    Args:
        engines: Whose connection.
        driver: The driver's connection.
        dialect: The engine's dialect, which keeps what is prepared.
    """

    _pool: Any
    _entry: Any
    """The connection's place in the pool, during a call; it keeps this one."""

    _read_only: bool
    """Whether the call only reads."""

    _sent: bool
    """Whether it has sent a statement."""

    _unclean: bool
    """Whether one of them has failed."""

    _begun: bool
    """Whether what fails now is rolled back for certain, and not yet committed."""

    def __init__(self, engines: Engines, driver: Any, dialect: Any) -> None:
        self._engines = engines
        self._driver = driver
        self._dialect = dialect
        # On some drivers making one costs as much as a third of a short statement.
        self._cursor: Any = engines.dialect.cursor(driver)

    @classmethod
    def lent(cls, engines: Engines, read_only: bool) -> Direct:
        """Return what runs a call on a connection of the pool, until its block ends.

        Args:
            engines: Whose pool.
            read_only: Whether the call only reads.

        Raises:
            DBAPIError: There is no connection.
            PoolTimeoutError: None became free in time.
        """
        engine = engines.pools[-1 if read_only else 0]
        pool: Any = engine.pool
        entry: Any = None
        try:
            entry = pool.lend()
            driver = entry.dbapi_connection
            engines.dialect.begin_autocommit(driver)
            direct: Direct | None = entry.info.get(_DIRECT)
            if direct is None:
                direct = entry.info[_DIRECT] = cls(engines, driver, engine.dialect)
            direct._pool, direct._entry, direct._read_only = pool, entry, read_only
            direct._sent = direct._unclean = direct._begun = False
        except BaseException as error:  # nothing has been sent yet
            if entry is not None:
                entry.invalidate(error)
                pool.take_back(entry)
            if isinstance(error, engine.dialect.loaded_dbapi.Error):
                raise driver_error(error, engines, entry and driver) from error
            raise
        return direct

    @property
    def _errors(self) -> type[Exception]:
        """What the driver raises: asked for only where something is raised."""
        errors: type[Exception] = self._dialect.loaded_dbapi.Error
        return errors

    @property
    def database(self) -> Dialect:
        """What the database can do."""
        return self._engines.dialect

    def refuse(self) -> NoReturn:
        """Have the call done in a session instead.

        Raises:
            NeedsSessionError: Always, for whoever made the call.
            TransactionError: It has written already.
        """
        if self._sent and not self._read_only:
            raise TransactionError(
                "a method marked as prepared has written, and then wants a session: "
                "it may do nothing but run prepared statements"
            )
        raise NeedsSessionError

    def __enter__(self) -> Direct:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        entry = self._entry
        try:
            if error is None:
                pass
            elif not isinstance(error, Exception):  # an interrupt, in the midst of it
                entry.invalidate(error)
            elif self._unclean or self._begun or not isinstance(error, BedplateError):
                self._tidy()
        finally:
            self._entry = None
            self._pool.take_back(entry)

    def _tidy(self) -> None:
        """After an error, let nothing of it go back to the pool."""
        if self._entry.dbapi_connection is None:
            return
        ours = self._engines.dialect
        try:
            self._entry.info.pop(_DIRECT)
            self._cursor.close()
            if not ours.resets_by_itself or ours.is_in_transaction(self._driver):
                self._driver.rollback()
        except BaseException as error:
            self._entry.invalidate(error)
            if not isinstance(error, self._errors):
                raise

    def rows(self, prepared: Prepared[M], values: Values) -> Sequence[M]:
        form = prepared.on(self._dialect)
        return form.entities(self._execute(form, values), self._cursor)

    def get(self, model: type[M], key: tuple[Any, ...]) -> M | None:
        if not is_plain(model):
            self.refuse()
        select, names = by_key(model)
        found = self.rows(select, dict(zip(names, key, strict=True)))
        return found[0] if found else None

    def tuples(
        self, select: sa.Select[*tuple[Any, ...]], values: Values
    ) -> Sequence[Any]:
        form = Rows.of(select, self._dialect)
        return form.tuples(self._execute(form, values), self._cursor)

    def add(self, model: type[M], given: Values) -> M:
        values = completed(model, given)
        tells = self._dialect.postfetch_lastrowid
        form = insertion(model, returning=not tells).on(self._dialect)
        new = {f"new_{name}": value for name, value in values.items()}
        rows = self._execute(form, new, fetch=not tells)
        values[form.key] = self._cursor.lastrowid if tells else rows[0][0]
        return loaded(model, values)

    def change(self, change: Change[M], values: Values) -> M | None:
        if self._dialect.update_returning:
            return next(iter(self.rows(change.returning, values)), None)
        # Two, each by itself: BEGIN and COMMIT would be two round trips more.
        ours, update = self._engines.dialect, change.update.on(self._dialect)
        ahead = ours.sends_ahead(self._dialect)
        fresh = change.fresh.on(self._dialect) if ahead else None
        self._execute(update, values, fetch=False, then=fresh)
        if self._cursor.rowcount <= 0:
            self._whole(partial(ours.pass_over, self._cursor))
            return None
        try:
            return next(iter(self.rows(change.fresh, values)), None)
        except exc.DBAPIError as error:  # it is done, and must not be done again
            raise CommitUnknownError from error

    def run(self, prepared: Prepared[Any], values: Values) -> None:
        """Run a statement that returns nothing."""
        self._execute(prepared.on(self._dialect), values, fetch=False)

    def take(
        self, model: type[M], queue: Queue, given: Values, most: int
    ) -> Sequence[M]:
        ours, alone = self._engines.dialect, _Alone(self, model)
        if self._dialect.update_returning:
            return ours.take(alone, queue, given, most)
        self._begun = True
        try:  # an error rolls back, at the end of the call
            self._whole(partial(self._cursor.execute, "BEGIN"))
            taken = ours.take(alone, queue, given, most)
            self._begun = False
            self._whole(self._driver.commit)
        except self._errors as error:
            self._failed(error)
        return taken

    def _execute(
        self,
        form: Written,
        values: Values,
        *,
        fetch: bool = True,
        then: Written | None = None,
    ) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows, if they are to be fetched.

        Args:
            form: The statement.
            values: Its values, and those of the next one.
            fetch: Whether it returns rows.
            then: What is run next, if that is known.
        """
        cursor, observer = self._cursor, self._engines.observer
        rows: list[tuple[Any, ...]] = []
        try:
            parameters = form.parameters(values)
            if then is not None:
                following = then.parameters(values)
                self._engines.dialect.announce(cursor, then.sql, following)
        except Exception as error:
            told = f"({type(error).__name__}) {error}"
            raise exc.StatementError(told, form.sql, None, error) from error
        self._sent = True
        started = perf_counter()
        try:
            cursor.execute(form.sql, parameters)
            seconds = perf_counter() - started
            # An SQLite statement runs, may fail, and holds its lock, while its rows
            # are fetched.
            if fetch:
                rows = cursor.fetchall()
        except BaseException as error:
            if observer is not None:
                observer.failed(form.sql, perf_counter() - started)
            if isinstance(error, self._errors):
                self._failed(error, form.sql)
            self._entry.invalidate(error)  # of a signal's handler, in the midst of it
            raise
        if observer is not None:
            observer.ran(form.sql, seconds, cursor.rowcount)
        return rows

    def _whole(self, act: Callable[[], object]) -> None:
        """Do what a server answers; where it is broken off, give the connection up."""
        try:
            act()
        except self._errors:
            raise
        except BaseException as error:  # of a signal's handler, in the midst of it
            self._entry.invalidate(error)
            raise

    def _failed(self, error: Exception, sql: str | None = None) -> NoReturn:
        """Raise what a driver's error amounts to, and give up a broken connection."""
        self._unclean = True
        found = driver_error(
            *(error, self._engines, self._driver, sql), read_only=self._read_only
        )
        if found.connection_invalidated:
            self._pool.give_up(self._entry, error)
        commits = not (self._read_only or self._begun)
        if commits and is_lost(found, self._engines):
            raise CommitUnknownError from found
        raise found from error
