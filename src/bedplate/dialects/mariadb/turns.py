"""A lock over the nodes of a Galera cluster, where GET_LOCK is each node's own.

It is a row: the cluster lets one of many insert it. The holder counts it up every
second, on a connection of its own. Whoever waits takes the lock of one that has not
counted for ten seconds, by its own watch, in which the cluster did answer: while a
node changes a table it takes no writes, and the count stands still for everybody.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc

from bedplate.dialects.mariadb.cluster import CAUSAL
from bedplate.errors import MigrationLockError, NodeNotReadyError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

__all__ = ["LOCKS", "held"]

LOCKS = "bedplate_locks"
"""The table of the locks; only a cluster has one."""

_CREATE = f"""\
CREATE TABLE IF NOT EXISTS {LOCKS} (
name VARCHAR(64) PRIMARY KEY, token CHAR(32) NOT NULL, holder VARCHAR(200) NOT NULL,
beats BIGINT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"""

_TAKE = sa.text(f"INSERT INTO {LOCKS} VALUES (:name, :token, :holder, 0)")  # noqa: S608
_LOOK = sa.text(f"SELECT token, beats, holder FROM {LOCKS} WHERE name = :name")  # noqa: S608
_MINE = "WHERE name = :name AND token = :token"
_BEAT = sa.text(f"UPDATE {LOCKS} SET beats = beats + 1 {_MINE}")  # noqa: S608
_STEAL = sa.text(
    f"UPDATE {LOCKS} SET token = :token, holder = :holder, beats = 0 "  # noqa: S608
    "WHERE name = :name AND token = :theirs AND beats = :beats"
)
_RELEASE = sa.text(f"DELETE FROM {LOCKS} {_MINE}")  # noqa: S608

_EVERY = 1.0
"""Seconds between two counts."""
_DEAD = 10.0
"""Seconds without one after which the holder is taken for dead."""
_PAUSE = 0.2
"""Seconds between two looks."""

_NO_TABLE, _DUPLICATE = 1146, 1062
_LATER = (1205, 1213)  # a lock, or a write of another node, was in the way


@contextmanager
def held(connection: Connection, name: str, timeout: float) -> Iterator[None]:
    """Hold the lock of a name.

    Args:
        connection: One with no transaction open, before and inside.
        name: The lock's, at most 64 characters.
        timeout: Seconds to wait for whoever holds it.

    Raises:
        MigrationLockError: Somebody held it for longer, or took it away meanwhile.
    """
    lock = _Lock(connection.engine, name)
    lock.take(timeout)
    beating = threading.Thread(target=lock.beat, name="bedplate-lock", daemon=True)
    beating.start()
    try:
        yield
    finally:
        lock.done.set()
        beating.join()
        kept = lock.release()
    if not kept:
        raise MigrationLockError(
            f"the lock {name!r} was lost: this program, or its node, stood still for "
            f"{_DEAD:g} s, so another process may have worked at the same time; run "
            "`bedplate check`"
        )


class _Lock:
    """A row of the table of locks, as the one who wants it sees it."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.done = threading.Event()
        self._engine = engine
        self._values = {
            "name": name,
            "token": uuid.uuid4().hex,
            "holder": f"process {os.getpid()} on {socket.gethostname()}"[:200],
        }

    def take(self, timeout: float) -> None:
        """Insert the row, or wait until it can be."""
        deadline = time.monotonic() + timeout
        watch = _Watch()
        while not self._insert():
            found = self._found()
            if watch.is_dead(found) and self._steal(found):
                return
            if time.monotonic() >= deadline:
                raise MigrationLockError(_waited(timeout, found))
            time.sleep(_PAUSE)

    def beat(self) -> None:
        """Count until it is done; a node that fails is left for another."""
        while not self.done.wait(_EVERY):
            with suppress(exc.DBAPIError, NodeNotReadyError):
                self._changed(_BEAT)

    def release(self) -> bool:
        """Delete the row; return whether it was ours to the end."""
        unclear = False
        for _ in range(int(_DEAD / _PAUSE)):
            try:
                return self._changed(_RELEASE) == 1 or unclear
            except (exc.DBAPIError, NodeNotReadyError):
                unclear = True  # it may be deleted
            time.sleep(_PAUSE)
        return True  # no node answers; whoever comes next waits until it is dead

    def _insert(self) -> bool:
        try:
            self._changed(_TAKE)
        except exc.DBAPIError as error:
            number = _number(error)
            if number == _NO_TABLE:
                self._run(lambda connection: connection.exec_driver_sql(_CREATE))
            elif number not in (_DUPLICATE, *_LATER):
                raise
            return False
        return True

    def _steal(self, found: Any) -> bool:
        try:
            return self._changed(_STEAL, theirs=found[0], beats=found[1]) == 1
        except exc.DBAPIError as error:
            if _number(error) not in _LATER:
                raise
            return False

    def _found(self) -> Any:
        """Return the row; None where it is gone, or cannot be read just now."""
        try:
            return self._run(lambda c: c.execute(_LOOK, self._values).first())
        except exc.DBAPIError as error:
            if _number(error) not in _LATER:
                raise
            return None

    def _changed(self, statement: sa.TextClause, **values: Any) -> int:
        given = {**self._values, **values}
        return int(self._run(lambda c: c.execute(statement, given).rowcount))

    def _run(self, work: Callable[[Connection], Any]) -> Any:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(CAUSAL)
            found = work(connection)
            connection.commit()
            return found


class _Watch:
    """How long a lock's count has stood still, while it could be read."""

    def __init__(self) -> None:
        self._seen: Any = None
        self._last = time.monotonic()
        self._quiet = 0.0

    def is_dead(self, found: Any) -> bool:
        """Look once more; a look that took long counts as a short one."""
        now = time.monotonic()
        same = found is not None and found == self._seen
        passed = min(now - self._last, 5 * _PAUSE)
        self._quiet = self._quiet + passed if same else 0.0
        self._seen, self._last = found, now
        return self._quiet >= _DEAD


def _number(error: exc.DBAPIError) -> Any:
    return error.orig.args[0] if error.orig is not None and error.orig.args else None


def _waited(timeout: float, found: Any) -> str:
    holder = f": {found[2]}" if found is not None else ""
    return (
        f"another process has been migrating this database for {timeout:g} s{holder}; "
        "wait for it, or raise DB_MIGRATION_LOCK_TIMEOUT"
    )
