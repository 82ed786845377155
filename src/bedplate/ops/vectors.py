"""The indexes over vectors: built when somebody asks for them, and looked after.

Which columns they are about is read from the models: every column of the type Vector,
in a table with one key column.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.dialects import dialect_of
from bedplate.dialects.findings import Finding, Level
from bedplate.errors import BedplateError
from bedplate.session import Retry, pause_after
from bedplate.translation import translating
from bedplate.types import Vector

if TYPE_CHECKING:
    from bedplate.engine import Engines

__all__ = ["build", "drop", "examine", "is_indexed"]

_MANY = 10_000
"""Vectors that are compared one by one in some tenths of a second; beyond, an index
is worth its while."""


def build(engines: Engines, metadata: sa.MetaData) -> Sequence[str]:
    """Build every index there can be, bring those up to date that there are.

    Returns:
        A sentence for each column of vectors: what was done, or why nothing was.

    Raises:
        MigrationLockError: Somebody else is building it.
    """

    def once() -> Sequence[str]:
        with translating(engines), _autocommit(engines) as connection:
            return [_built(connection, c) for c in _columns(connection, metadata)]

    # Writers get in its way, and it in theirs: what was built stays built.
    pauses = Retry().pauses()
    while True:
        try:
            return once()
        except BedplateError as error:
            pause = pause_after(error, pauses, idempotent=True)
        time.sleep(pause)


def drop(engines: Engines, metadata: sa.MetaData) -> Sequence[str]:
    """Drop every index, after which each vector is compared; return what was done."""
    with translating(engines), _autocommit(engines) as connection:
        told = []
        for column in _columns(connection, metadata):
            engines.dialect.vectors.drop(connection, column)
            told.append(f"{column.table.name}: no index over its vectors")
        return told


def examine(connection: sa.Connection, metadata: sa.MetaData) -> Iterator[Finding]:
    """Yield what there is to say about each column of vectors."""
    for column in _columns(connection, metadata):
        yield _finding(connection, column, f"vectors of {column.table.name}")


def is_indexed(connection: sa.Connection, metadata: sa.MetaData) -> bool:
    """Return whether any column of vectors has an index."""
    vectors = dialect_of(connection).vectors
    return any(
        (dimension := _dimension(connection, column)) is not None
        and connection.scalar(sa.select(vectors.indexed(column, dimension)))
        for column in _columns(connection, metadata)
    )


def _built(connection: sa.Connection, column: sa.Column[Any]) -> str:
    name = column.table.name
    rows, dimension = _rows(connection, column), _dimension(connection, column)
    if dimension is None:
        return f"{name}: no vectors yet, and so no dimension to index"
    vectors = dialect_of(connection).vectors
    obstacle = vectors.obstacle(connection, dimension, rows)
    if obstacle is not None:
        return f"{name}: {obstacle}; every vector is compared"
    vectors.build(connection, column, dimension)
    return f"{name}: {rows:,} vectors of {dimension:,} numbers are indexed"


def _finding(connection: sa.Connection, column: sa.Column[Any], check: str) -> Finding:
    rows, dimension = _rows(connection, column), _dimension(connection, column)
    vectors = dialect_of(connection).vectors
    obstacle = vectors.obstacle(connection, dimension or 1, rows)
    if obstacle is not None:
        level: Level = "warning" if vectors.promised else "ok"
        return Finding(check, level, f"{obstacle}; every vector is compared")
    if dimension is None:
        return Finding(check, "ok", "none yet")
    told = f"{rows:,} of {dimension:,} numbers"
    mend = _mend(column)
    if not connection.scalar(sa.select(vectors.indexed(column, dimension))):
        if rows < _MANY:
            return Finding(check, "ok", f"{told}, without an index: each is compared")
        advice = "run `bedplate vectors` to index them"
        return Finding(check, "warning", f"{told}, each is compared: {advice}", mend)
    missing, orphans = vectors.pending(connection, column, dimension)
    if missing:
        return Finding(check, "error", f"the index misses {missing:,} rows", mend)
    if orphans:
        left = f"the index has {orphans:,} entries of rows that are gone"
        return Finding(check, "warning", left, mend)
    return Finding(check, "ok", f"{told}, indexed")


def _mend(column: sa.Column[Any]) -> Callable[[sa.Connection], None]:
    def repair(connection: sa.Connection) -> None:
        _built(connection, column)

    return repair


def _columns(
    connection: sa.Connection, metadata: sa.MetaData
) -> Iterator[sa.Column[Any]]:
    present = {*sa.inspect(connection).get_table_names()}
    for table in metadata.sorted_tables:
        if table.name in present and len(table.primary_key.columns) == 1:
            yield from (c for c in table.columns if isinstance(c.type, Vector))


def _rows(connection: sa.Connection, column: sa.Column[Any]) -> int:
    counted = sa.select(sa.func.count()).select_from(column.table)
    return connection.scalar(counted.where(column.is_not(None))) or 0


def _dimension(connection: sa.Connection, column: sa.Column[Any]) -> int | None:
    """Return how many numbers the vectors have: as many as any of them."""
    size = sa.func.length(sa.type_coerce(column, sa.LargeBinary))
    found = connection.scalar(sa.select(size).where(column.is_not(None)).limit(1))
    return None if found is None else int(found) // 4


def _autocommit(engines: Engines) -> sa.Connection:
    connection = engines.writer.connect()
    return connection.execution_options(isolation_level="AUTOCOMMIT")
