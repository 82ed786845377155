"""Advisory locks: one migrates at a time, and one builds an index of vectors.

A session's lock would stay with a connection of the pooler's, for whomever it likes.
There a transaction holds it, on a connection of its own that does nothing else: the
pooler gives nobody else the server's connection until it ends.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import exc

from bedplate.dialects.pooled import is_pooled
from bedplate.errors import MigrationLockError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["alone", "migrating_alone"]

_MIGRATION = 0x62656470
"""The class of the lock of migrations ("bedp"), paired with a hash of the schema."""

_BUILD = 0x62656476
"""That of building an index ("bedv"), paired with a hash of the table's name."""

_HOLDER = f"""\
SELECT a.pid, coalesce(a.client_addr::text, 'a local socket'), a.backend_start
FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = {_MIGRATION}
AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608  # a number of ours


@contextmanager
def migrating_alone(connection: Connection, timeout: float) -> Iterator[None]:
    """Hold the lock of migrations."""
    key = f"{_MIGRATION}, hashtext(current_schema())"
    if is_pooled(connection):
        with _keeper(connection) as keeper:
            _await(keeper, f"pg_try_advisory_xact_lock({key})", timeout)
            with _kept(keeper):
                yield
    else:
        _await(connection, f"pg_try_advisory_lock({key})", timeout)
        connection.commit()  # it ends with the connection
        yield


@contextmanager
def alone(connection: Connection, name: str) -> Iterator[None]:
    """Hold the lock of an index; the connection is in autocommit."""
    key = f"{_BUILD}, hashtext(current_schema() || '.{name}')"
    taken = MigrationLockError(f"somebody else is building {name}: wait for them")
    if is_pooled(connection):
        with _keeper(connection) as keeper:
            if not _got(keeper, f"pg_try_advisory_xact_lock({key})"):
                raise taken
            with _kept(keeper):
                yield
        return
    if not _got(connection, f"pg_try_advisory_lock({key})"):
        raise taken
    try:
        yield
    finally:
        connection.exec_driver_sql(f"SELECT pg_advisory_unlock({key})")


def _keeper(connection: Connection) -> Connection:
    """Return a second connection to the same database.

    Read committed: one statement's snapshot is no longer held after it, and does not
    stall the CREATE INDEX CONCURRENTLY of the first connection.
    """
    keeper = connection.engine.connect()
    return keeper.execution_options(isolation_level="READ COMMITTED")


@contextmanager
def _kept(keeper: Connection) -> Iterator[None]:
    """Keep the keeper's transaction open, and make sure that it was to the end."""
    keeper.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
    yield
    try:
        keeper.exec_driver_sql("SELECT 1")
    except exc.DBAPIError as error:
        raise MigrationLockError(
            "the connection that held the lock was cut, so another process may have "
            "worked at the same time: run `bedplate check`, and raise the pooler's "
            "idle_transaction_timeout"
        ) from error


def _await(connection: Connection, lock: str, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    # Asking again, not waiting: a waiting backend holds a snapshot, and that
    # would stall the other one's CREATE INDEX CONCURRENTLY for ever.
    while not _got(connection, lock):
        connection.rollback()
        if time.monotonic() >= deadline:
            raise MigrationLockError(_waited(timeout, _holder(connection)))
        time.sleep(0.1)


def _got(connection: Connection, lock: str) -> bool:
    return bool(connection.exec_driver_sql(f"SELECT {lock}").scalar_one())


def _holder(connection: Connection) -> str:
    row = connection.exec_driver_sql(_HOLDER).first()
    if row is None:
        return ""
    return f": process {row[0]} from {row[1]}, connected at {row[2]:%Y-%m-%d %H:%M:%S}"


def _waited(timeout: float, holder: str) -> str:
    return (
        f"another process has been migrating this database for {timeout:g} s{holder}; "
        "wait for it, or raise DB_MIGRATION_LOCK_TIMEOUT"
    )
