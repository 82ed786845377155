"""The search index of a table: a vector of each row's words, kept by a trigger.

A generated column would need no trigger, but to add one rewrites the table while nobody
may read it. A row that has no vector yet is found all the same, by its text, so the
rows that are there get theirs in batches, and the index is built, while others write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR

from bedplate.dialects.findings import Finding

if TYPE_CHECKING:
    from alembic.operations import Operations

__all__ = ["VECTOR", "create_index", "drop_index", "examine", "has_index"]

VECTOR = "search_vector"

_KEPT = """\
SELECT tgrelid::regclass::text, pg_get_triggerdef(pg_trigger.oid)
FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE tgname = relname || '_search_vector'
AND relnamespace = current_schema()::regnamespace ORDER BY relname"""

_BATCH = 200
"""Rows filled at once: of 2 KB each, their writers wait 50 ms at most."""


def create_index(
    op: Operations, table: str, columns: Sequence[str], key: sa.Column[Any]
) -> None:
    """Add the vector, which revision 003's function makes, and index it.

    A table with rows is given the vector and the trigger first, for good: a killed run
    leaves them, and the next one goes on from there.
    """
    quote = op.get_context().dialect.identifier_preparer.quote
    names = [quote(name) for name in columns]
    op.execute(f"ALTER TABLE {quote(table)} ADD COLUMN IF NOT EXISTS {VECTOR} tsvector")
    keep_vector(op, table, columns)
    made = sa.literal_column(f"bedplate_search_vector({', '.join(names)})", TSVECTOR())
    _fill(op, table, key, made)
    words, missing = _indexes(table)
    op.create_index(words, table, [VECTOR], postgresql_using="gin")
    none = sa.text(f"{VECTOR} IS NULL")
    op.create_index(missing, table, [key.name], postgresql_where=none)


def keep_vector(op: Operations, table: str, columns: Sequence[str]) -> None:
    """Create the trigger that keeps the vector, or put the right one in its place."""
    quote = op.get_context().dialect.identifier_preparer.quote
    name, names = quote(_trigger(table)), [quote(column) for column in columns]
    op.execute(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$function$ BEGIN NEW.{VECTOR} := "
        f"bedplate_search_vector({', '.join(f'NEW.{column}' for column in names)}); "
        "RETURN NEW; END $function$"
    )
    op.execute(
        f"CREATE OR REPLACE TRIGGER {name} BEFORE INSERT OR UPDATE OF "
        f"{', '.join(names)} ON {quote(table)} FOR EACH ROW EXECUTE FUNCTION {name}()"
    )


def drop_index(op: Operations, table: str) -> None:
    """Drop the trigger and the vector, and the indexes with it."""
    quote = op.get_context().dialect.identifier_preparer.quote
    name = quote(_trigger(table))
    op.execute(f"DROP TRIGGER IF EXISTS {name} ON {quote(table)}")
    op.execute(f"DROP FUNCTION IF EXISTS {name}()")
    op.drop_column(table, VECTOR)


def has_index(
    connection: sa.Connection, table: sa.Table, columns: Sequence[str]
) -> bool:
    """Look for the vector, for the trigger and its columns, and for the indexes."""
    inspector = sa.inspect(connection)
    found = {column["name"] for column in inspector.get_columns(table.name)}
    names = {index["name"] for index in inspector.get_indexes(table.name)}
    query = sa.text(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = :name "
        "AND tgrelid = to_regclass(quote_ident(:table)) AND tgenabled <> 'D'"
    )
    wanted = {"name": _trigger(table.name), "table": table.name}
    kept = connection.scalar(query, wanted) or ""
    return (
        VECTOR in found
        and names.issuperset(_indexes(table.name))
        and {*columns} == {*re.findall(r"\w+", _kept_of(kept))}
    )


def examine(connection: sa.Connection) -> Iterator[Finding]:
    """Hold the vectors of every such table against its texts; this reads them all."""
    for table, kept in connection.exec_driver_sql(_KEPT).all():
        columns = _kept_of(kept)
        made = f"bedplate_search_vector({columns})"
        stale = f"{VECTOR} IS DISTINCT FROM {made}"
        count = f"SELECT count(*) FROM {table} WHERE {stale}"  # noqa: S608  # quoted
        if rows := connection.exec_driver_sql(count).scalar_one():
            update = f"UPDATE {table} SET {VECTOR} = {made} WHERE {stale}"  # noqa: S608  # the same
            yield Finding(
                f"search index {table}",
                "error",
                f"differs from {rows:,} of the rows it is about",
                partial(_execute, update),
            )
        else:
            yield Finding(f"search index {table}", "ok", "agrees with its rows")


def _execute(statement: str, connection: sa.Connection) -> None:
    connection.exec_driver_sql(statement)


def _kept_of(trigger: str) -> str:
    """Return the columns that a trigger is about, between commas."""
    found = re.search(r"UPDATE OF (.+?) ON", trigger)
    return found[1] if found else ""


def _fill(
    op: Operations, table: str, key: sa.Column[Any], made: sa.ColumnElement[Any]
) -> None:
    rows = sa.table(table, sa.column(key.name, key.type), sa.column(VECTOR, TSVECTOR()))
    update = sa.update(rows).values({VECTOR: made})
    missing = rows.c[VECTOR].is_(None)
    context = op.get_context()
    if context.as_sql:
        op.execute(update.where(missing))
        return
    connection = op.get_bind()
    if connection.execute(sa.select(sa.literal(1)).select_from(rows).limit(1)).first():
        with context.autocommit_block():
            _fill_in_batches(connection, rows.c[key.name], update, missing)


def _fill_in_batches(
    connection: sa.Connection,
    key: sa.ColumnElement[Any],
    update: sa.Update,
    missing: sa.ColumnElement[bool],
) -> None:
    # Locked in the order of the key, so that writers of many rows do not deadlock.
    ordered = sa.select(key).where(missing).order_by(key).limit(_BATCH)
    ordered = ordered.with_for_update(key_share=True)
    following = ordered
    while True:
        batch = following.cte("batch")
        filled = update.where(key == next(iter(batch.c))).returning(key)
        done = connection.scalars(filled).all()
        if len(done) < _BATCH:
            return
        following = ordered.where(key > max(done))


def _trigger(table: str) -> str:
    return f"{table}_{VECTOR}"


def _indexes(table: str) -> tuple[str, str]:
    return f"ix_{table}_{VECTOR}", f"ix_{table}_{VECTOR}_missing"
