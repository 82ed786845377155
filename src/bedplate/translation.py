"""The one door through which errors of drivers become ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, cast

from sqlalchemy import exc

from bedplate import errors
from bedplate.dialects import READ_ONLY

if TYPE_CHECKING:
    from bedplate.dialects import Dialect
    from bedplate.engine import Engines
    from bedplate.settings import Settings

__all__ = [
    "driver_error",
    "is_lost",
    "note",
    "place",
    "raise_translated",
    "translated",
    "translating",
]

_CONNECTING = "bedplate_connecting"
"""Marks a driver's error that came before there was a connection."""

_REFUSED = "bedplate_refused"
"""Marks a driver's error by which a server that should has refused to write."""


def note(context: Any, ours: Dialect) -> None:
    """Tell our dialect of an error, and the pool whether it is worth keeping."""
    connection, error = context.connection, context.original_exception
    if connection is None:
        setattr(error, _CONNECTING, True)
        return
    ours.on_error(connection, error)
    read_only = bool(connection.get_execution_options().get(READ_ONLY))
    if _is_demoted(ours, error, read_only=read_only):
        context.is_disconnect = True


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
