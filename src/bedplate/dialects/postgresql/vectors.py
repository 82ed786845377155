"""The nearest of many vectors, by pgvector's HNSW."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.dialects.pooled import is_pooled
from bedplate.dialects.postgresql import turns
from bedplate.dialects.vectors import Native, SideTable

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from bedplate.vectors import Array

__all__ = ["PgVectors"]

_M, _EF_CONSTRUCTION = 16, 100
"""Neighbours a node, and how many are looked at to choose them."""

_LEAST_EF, _MOST_EF = 200, 1_000
"""How many candidates a search keeps: below, recall falls; above is not allowed."""

_BUILD_BYTES = 512 << 20
"""Memory for building: 200,000 vectors of 384 numbers; beyond, it takes much longer."""

_MOST = {"vector": 2_000, "halfvec": 4_000}
"""The most numbers HNSW takes, of 32 bits and of 16."""

_VERSION = """\
SELECT coalesce(installed_version, default_version)
FROM pg_available_extensions WHERE name = 'vector'"""
_OLDEST = (0, 8)
"""Before, a search with a filter found fewer than there are."""

_IS_WHOLE = """\
EXISTS (SELECT FROM pg_index AS i JOIN pg_attribute AS a
ON a.attrelid = i.indrelid AND a.attname = 'embedding' AND a.atttypmod = {dimension}
WHERE i.indexrelid = to_regclass('ix_{side}') AND i.indisvalid)"""

# The bytes of a float32, the lowest first. PostgreSQL has no cast for them.
_READ = """\
CREATE OR REPLACE FUNCTION bedplate_vector(stored bytea)
RETURNS real[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $function$
DECLARE
    numbers real[] := '{}';
    high int;
    low int;
    exponent int;
BEGIN
    FOR at IN 0 .. octet_length(stored) - 4 BY 4 LOOP
        high := get_byte(stored, at + 3);
        low := (get_byte(stored, at + 2) << 16)
            | (get_byte(stored, at + 1) << 8) | get_byte(stored, at);
        exponent := ((high & 127) << 1) | (low >> 23);
        low := low & 8388607;
        numbers[at / 4 + 1] := (1 - ((high >> 7) << 1)) * CASE exponent
            WHEN 0 THEN low * 2.0::float8 ^ (-149)
            ELSE (low + 8388608) * 2.0::float8 ^ (exponent - 150) END;
    END LOOP;
    RETURN numbers;
END $function$"""

_FOLLOW = """\
CREATE OR REPLACE FUNCTION {side}() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    INSERT INTO {side} (id, embedding)
    VALUES (NEW.{key}, bedplate_vector(NEW.{column})::{kind})
    ON CONFLICT (id) DO UPDATE SET embedding = excluded.embedding;
    RETURN NULL;
END $function$"""


class PgVectors(SideTable):
    """A table of pgvector's type; a foreign key lets rows go with theirs."""

    def obstacle(self, connection: Connection, dimension: int, rows: int) -> str | None:
        version = connection.exec_driver_sql(_VERSION).scalar()
        if version is None:
            return "the extension pgvector is not installed on the server"
        if tuple(map(int, version.split(".")[:2])) < _OLDEST:
            return f"pgvector is {version}: an index needs 0.8 or later"
        if dimension > _MOST["halfvec"]:
            return f"pgvector indexes {_MOST['halfvec']:,} numbers at most"
        return None

    def indexed(self, column: sa.Column[Any], dimension: int) -> sa.ColumnElement[bool]:
        side = self.side(column).name
        whole = _IS_WHOLE.format(side=side, dimension=int(dimension))
        return sa.literal_column(whole, sa.Boolean)

    def converted(self, column: sa.Column[Any], dimension: int) -> Any:
        stored = sa.type_coerce(column, sa.LargeBinary)
        return sa.cast(sa.func.bedplate_vector(stored), Native(_kind(dimension)))

    def build(
        self, connection: Connection, column: sa.Column[Any], dimension: int
    ) -> None:
        run, side = connection.exec_driver_sql, self.side(column)
        with turns.alone(connection, side.name):
            if connection.scalar(sa.select(self.indexed(column, dimension))):
                self.fill(connection, column, dimension)
                return
            run("CREATE EXTENSION IF NOT EXISTS vector")
            self.drop(connection, column)
            for statement in self._made(connection, column, dimension):
                run(statement)
            self.fill(connection, column, dimension)
            # After the rows: several times as fast, and a whole one has them all.
            operators = _kind(dimension).partition("(")[0] + "_ip_ops"
            with _roomy(connection):
                run(
                    f"CREATE INDEX CONCURRENTLY ix_{side.name} ON {side.name} "
                    f"USING hnsw (embedding {operators}) "
                    f"WITH (m = {_M}, ef_construction = {_EF_CONSTRUCTION})"
                )
            run(f"ANALYZE {side.name}")

    def drop(self, connection: Connection, column: sa.Column[Any]) -> None:
        side = self.side(column).name
        # One statement, one transaction: no row may meet half of it.
        connection.exec_driver_sql(
            f"DROP FUNCTION IF EXISTS {side}() CASCADE; DROP TABLE IF EXISTS {side}"
        )

    def near(
        self,
        connection: Connection,
        column: sa.Column[Any],
        wanted: Array,
        where: Sequence[sa.ColumnElement[bool]],
        count: int,
    ) -> Sequence[Any]:
        ef = str(min(max(2 * count, _LEAST_EF), _MOST_EF))
        # Until the end of the transaction. Strict order: a filter lets it go on.
        options = {"hnsw.ef_search": ef, "hnsw.iterative_scan": "strict_order"}
        connection.execute(
            sa.select(*(sa.func.set_config(k, v, True) for k, v in options.items()))
        )
        spelled = "[" + ",".join(map(repr, wanted.tolist())) + "]"
        kind = Native(_kind(wanted.size))
        distance = self.side(column).c.embedding.op("<#>")(sa.cast(spelled, kind))
        return connection.scalars(self.nearest(column, distance, where, count)).all()

    def _made(
        self, connection: Connection, column: sa.Column[Any], dimension: int
    ) -> Iterator[str]:
        """Yield what makes an empty index that follows from now on."""
        key, side, table = self.key(column), self.side(column).name, column.table.name
        names = {"side": side, "key": key.name, "column": column.name}
        kind = _kind(dimension)
        yield _READ
        yield (
            f"CREATE TABLE {side} "
            f"(id {key.type.compile(connection.dialect)} PRIMARY KEY "
            f"REFERENCES {table} ON DELETE CASCADE, embedding {kind} NOT NULL)"
        )
        yield _FOLLOW.format(**names, kind=kind)
        yield (
            f"CREATE TRIGGER {side} AFTER INSERT OR UPDATE OF {column.name} ON {table} "
            f"FOR EACH ROW WHEN (octet_length(NEW.{column.name}) = {4 * dimension}) "
            f"EXECUTE FUNCTION {side}()"
        )


def _kind(dimension: int) -> str:
    kind = "vector" if dimension <= _MOST["vector"] else "halfvec"
    return f"{kind}({dimension})"


@contextmanager
def _roomy(connection: Connection) -> Iterator[None]:
    """Let a graph be built in memory, where the server allows little of it.

    By one process: several would take it all at once, as shared memory, of which a
    container has 64 MB. Behind a pooler a session is shared, and so is what it sets:
    there the server's own limit has to do.
    """
    run = connection.exec_driver_sql
    allowed = run("SELECT pg_size_bytes(current_setting('maintenance_work_mem'))")
    if allowed.scalar_one() >= _BUILD_BYTES or is_pooled(connection):
        yield
        return
    run(f"SET maintenance_work_mem = '{_BUILD_BYTES >> 20}MB'")
    run("SET max_parallel_maintenance_workers = 0")
    try:
        yield
    finally:
        run("RESET maintenance_work_mem")
        run("RESET max_parallel_maintenance_workers")
