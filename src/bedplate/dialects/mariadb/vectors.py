"""The nearest of many vectors, by MariaDB's VECTOR INDEX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.dialects.vectors import SideTable
from bedplate.errors import MigrationLockError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from bedplate.vectors import Array

__all__ = ["MariaVectors"]

_OLDEST = (11, 7)
_MOST = 16_383

_M = 8
"""Neighbours a node; 16 take three times as long, and find hardly more."""

_NODE_BYTES = 64 * _M + 300
"""About what a node of the graph takes beside two bytes a number: 10,000 vectors of 384
numbers fit into 16 MB. Of 100,000 in so little half of the neighbours are missed."""

_LEAST_EF, _MOST_EF = 200, 10_000
"""How many candidates a search keeps: below, recall falls; above is not allowed."""

_IS = """\
EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = database()
AND table_name = '{side}' AND table_comment = '{comment}')"""

_PUT = (
    "INSERT INTO {side} (id, embedding) VALUES (NEW.{key}, NEW.{column}) "
    "ON DUPLICATE KEY UPDATE embedding = VALUES(embedding)"
)


class MariaVectors(SideTable):
    """A table with a VECTOR INDEX, without a foreign key.

    InnoDB deletes by a foreign key below the server, and the index does not see it: it
    would find nothing from then on. So an entry may outlive its row, where that went by
    a cascade; searching leaves it out and building deletes it.
    """

    def obstacle(self, connection: Connection, dimension: int, rows: int) -> str | None:
        version = connection.exec_driver_sql("SELECT version()").scalar_one()
        if tuple(map(int, version.split(".")[:2])) < _OLDEST:
            return f"MariaDB is {version.split('-')[0]}: an index needs 11.7 or later"
        if dimension > _MOST:
            return f"MariaDB indexes {_MOST:,} numbers at most"
        ask = "SELECT @@global.mhnsw_max_cache_size"
        cache = connection.exec_driver_sql(ask).scalar_one()
        wanted = rows * (2 * dimension + _NODE_BYTES)
        if wanted <= cache:
            return None
        # A graph that was built in pieces finds half of what it should.
        return (
            f"{rows:,} vectors take {wanted:,} bytes of memory, and "
            f"mhnsw_max_cache_size is {cache:,}: raise it, for example with "
            f"SET GLOBAL mhnsw_max_cache_size = {1 << wanted.bit_length()}"
        )

    def indexed(self, column: sa.Column[Any], dimension: int) -> sa.ColumnElement[bool]:
        return _is(self.side(column).name, _comment(dimension))

    def build(
        self, connection: Connection, column: sa.Column[Any], dimension: int
    ) -> None:
        run, side = connection.exec_driver_sql, self.side(column).name
        with _alone(connection, side):
            if not connection.scalar(sa.select(self.indexed(column, dimension))):
                if not connection.scalar(sa.select(_is(side, _begun(dimension)))):
                    self.drop(connection, column)  # it is of another dimension
                for statement in self._made(connection, column, dimension):
                    run(statement)
            self.fill(connection, column, dimension)
            self.clear(connection, column)
            # Last: only a whole one is asked.
            run(f"ALTER TABLE {side} COMMENT = '{_comment(dimension)}'")

    def drop(self, connection: Connection, column: sa.Column[Any]) -> None:
        side = self.side(column).name
        for ending in ("ai", "au", "ad"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {side}_{ending}")
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {side}")

    def near(
        self,
        connection: Connection,
        column: sa.Column[Any],
        wanted: Array,
        where: Sequence[sa.ColumnElement[bool]],
        count: int,
    ) -> Sequence[Any]:
        ef = min(max(2 * count, _LEAST_EF), _MOST_EF)
        connection.exec_driver_sql(f"SET SESSION mhnsw_ef_search = {ef}")
        stored = sa.func.unhex(wanted.astype("<f4").tobytes().hex())
        embedding = self.side(column).c.embedding
        distance = sa.func.vec_distance_cosine(embedding, stored)
        statement = self.nearest(column, distance, where, count)
        # The index gives its rows in order only where it is the first to be read.
        statement = statement.prefix_with("STRAIGHT_JOIN")
        return connection.scalars(statement).all()

    def _made(
        self, connection: Connection, column: sa.Column[Any], dimension: int
    ) -> Iterator[str]:
        """Yield what makes an empty index that follows from now on."""
        key, side, table = self.key(column), self.side(column).name, column.table.name
        put = _PUT.format(side=side, key=key.name, column=column.name)
        fits = f"length(NEW.{column.name}) = {4 * dimension}"
        changed = f"NOT NEW.{column.name} <=> OLD.{column.name}"
        each = f"ON {table} FOR EACH ROW"
        yield (
            f"CREATE TABLE IF NOT EXISTS {side} "
            f"(id {key.type.compile(connection.dialect)} PRIMARY KEY, "
            f"embedding VECTOR({dimension}) NOT NULL, "
            f"VECTOR INDEX ix_{side} (embedding) M={_M} DISTANCE=cosine) "
            f"ENGINE=InnoDB COMMENT '{_begun(dimension)}'"
        )
        yield (
            f"CREATE OR REPLACE TRIGGER {side}_ai AFTER INSERT {each} "
            f"IF {fits} THEN {put}; END IF"
        )
        yield (
            f"CREATE OR REPLACE TRIGGER {side}_au AFTER UPDATE {each} "
            f"IF {fits} AND {changed} THEN {put}; END IF"
        )
        gone = f"DELETE FROM {side} WHERE id = OLD.{key.name}"  # noqa: S608  # names
        yield f"CREATE OR REPLACE TRIGGER {side}_ad AFTER DELETE {each} {gone}"


def _comment(dimension: int) -> str:
    return f"{dimension} numbers"


def _begun(dimension: int) -> str:
    return f"{dimension} numbers, not all rows yet"


def _is(side: str, comment: str) -> sa.ColumnElement[bool]:
    return sa.literal_column(_IS.format(side=side, comment=comment), sa.Boolean)


@contextmanager
def _alone(connection: Connection, name: str) -> Iterator[None]:
    """Hold the lock of an index."""
    lock = f"concat('bedplate:', left(sha2(concat(database(), '.{name}'), 256), 40))"
    if not connection.exec_driver_sql(f"SELECT get_lock({lock}, 0)").scalar():
        raise MigrationLockError(f"somebody else is building {name}: wait for them")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"SELECT release_lock({lock})")
