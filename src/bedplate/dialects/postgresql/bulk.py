"""Many rows at once by COPY, into the table or beside it and merged from there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc

from bedplate.dialects.postgresql.binary import packed
from bedplate.dialects.values import insert_head, key_columns, on_conflict_add

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine.interfaces import ExecutionContext

    from bedplate.dialects.base import Columns

__all__ = ["add_up", "insert_columns", "looking_up", "send"]

_SENT = "bedplate_sent"
"""The execution option that holds what a COPY sends: types, if binary, and columns."""

_WORTH_COPYING = 500
"""Rows from which the further round trips take less than they save."""

_INCOMING = "bedplate_incoming"
_PAGE_COST = "random_page_cost"
_CHEAP_PAGES = 1.1
"""What a page of the index costs a merge, in pages read in order; usually 4.

The rows come sorted, so neighbours share pages, and a model in use is in memory. With 4
a table of 4 to 27 times as many rows as are merged was read whole, for 1.4 to 3 times
the processor time of the server; smaller and larger ones took the same.
"""

_MEMORY = "work_mem"
_HASH_BYTES = 64 << 20
"""What a server may use to join all rows of a model, if it has not been given more."""

_UNIQUE_VIOLATION = "23505"


def send(statement: str, context: ExecutionContext) -> bool:
    """Run a COPY, and send the rows that its execution options hold."""
    sent = context.execution_options.get(_SENT)
    if sent is None:
        return False
    types, columns = sent
    rows = zip(*columns, strict=True)
    proxied = context.root_connection.connection
    if context.dialect.is_async:
        adapted: Any = proxied.dbapi_connection
        adapted.run_async(lambda driver: _send_async(driver, statement, types, rows))
    else:
        driver: Any = proxied.driver_connection
        with driver.cursor() as cursor, cursor.copy(statement) as sink:
            if types:
                sink.set_types(types)
            for row in rows:
                sink.write_row(row)
    return True


async def _send_async(
    driver: Any, statement: str, types: Sequence[str], rows: Iterator[tuple[Any, ...]]
) -> None:
    async with driver.cursor() as cursor, cursor.copy(statement) as sink:
        if types:
            sink.set_types(types)
        for row in rows:
            await sink.write_row(row)


def insert_columns(connection: Connection, table: sa.Table, columns: Columns) -> None:
    """Insert rows by COPY, where they are many and no policy keeps it off the table."""
    if len(next(iter(columns.values()))) >= _WORTH_COPYING:
        name = connection.dialect.identifier_preparer.format_table(table)
        question = "row_security_active(%s)"
        has_policies, types = _asked(connection, question, name, name)
        if not has_policies:
            _copy(connection, name, types, columns)
            return
    marks = ", ".join(["%s"] * len(columns))
    head = insert_head(connection, table, [*columns])
    rows = zip(*map(_with_dates_written, columns.values()), strict=True)
    connection.exec_driver_sql(f"{head} VALUES ({marks})", [*rows])


def _with_dates_written(values: Sequence[Any]) -> Sequence[Any]:
    """Write out moments, each once: the driver takes longer for one than for a row."""
    if {*map(type, values)} != {datetime}:
        return values
    written = {
        key: str(v)
        for key, v in dict(zip(map(id, values), values, strict=False)).items()
    }
    return [*map(written.__getitem__, map(id, values))]


def _asked(
    connection: Connection, question: str, name: str, *given: str
) -> tuple[bool, Mapping[str, int]]:
    """Ask the server something, and with it for the types of a table's columns."""
    types = (
        "SELECT json_object_agg(attname, atttypid::bigint) FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
    )
    asked = f"SELECT {question}, ({types})"
    yes, found = connection.exec_driver_sql(asked, (*given, name)).one()
    return bool(yes), found


def _copy(
    connection: Connection, name: str, types: Mapping[str, int], columns: Columns
) -> None:
    names = ", ".join(map(connection.dialect.identifier_preparer.quote, columns))
    statement = f"COPY {name} ({names}) FROM STDIN"
    sent = packed(types, columns)
    if sent is not None:
        statement += " (FORMAT BINARY)"
    else:
        sent = [], [*map(_with_dates_written, columns.values())]
    connection.exec_driver_sql(statement, execution_options={_SENT: sent})


def add_up(
    connection: Connection,
    table: sa.Table,
    columns: Columns,
    total: str,
) -> None:
    """Insert rows, or add to those that are there, in the way that suits how many."""
    options = connection.get_execution_options()
    # Where each statement commits, a temporary table is gone before it is used.
    lives = options.get("isolation_level") != "AUTOCOMMIT"
    if lives and len(columns[total]) >= _WORTH_COPYING:
        name = connection.dialect.identifier_preparer.format_table(table)
        question = "has_database_privilege(current_database(), 'TEMPORARY')"
        may_merge, types = _asked(connection, question, name)
        if may_merge:
            _merge(connection, table, types, columns, total)
            return
    _insert_arrays(connection, table, columns, total)


def _insert_arrays(
    connection: Connection,
    table: sa.Table,
    columns: Columns,
    total: str,
) -> None:
    """Add up by one INSERT of whole columns as arrays: no table beside it."""
    names = ", ".join(columns)
    kinds = (table.c[name].type.compile(connection.dialect) for name in columns)
    arrays = ", ".join(f"%s::{kind.split(' COLLATE')[0]}[]" for kind in kinds)
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays})"  # noqa: S608  # names of columns
        f"{on_conflict_add(table, total)}",
        tuple(list(values) for values in columns.values()),
    )


def _merge(
    connection: Connection,
    table: sa.Table,
    types: Mapping[str, int],
    columns: Columns,
    total: str,
) -> None:
    """Add up by COPY into a temporary table and MERGE from there.

    MERGE takes six tenths of the time of ON CONFLICT, and fails where another
    transaction inserts the same key. So one at a time merges a model, until it has
    committed; against those who write single rows there is ON CONFLICT after all.
    """
    _wait_for_others(connection, table, columns)
    names = ", ".join(columns)
    run = connection.exec_driver_sql
    run(
        f"CREATE TEMPORARY TABLE {_INCOMING} ON COMMIT DROP AS "  # noqa: S608  # names of columns
        f"SELECT {names} FROM {table.name} WITH NO DATA"
    )
    _copy(connection, f"pg_temp.{_INCOMING}", types, columns)
    run("SAVEPOINT bedplate_merge")
    with looking_up(connection):
        try:
            run(_merging(table, columns, total))
        except exc.IntegrityError as error:
            if getattr(error.orig, "sqlstate", None) != _UNIQUE_VIOLATION:
                raise
            run("ROLLBACK TO SAVEPOINT bedplate_merge")
            ending = on_conflict_add(table, total)
            run(
                f"INSERT INTO {table.name} ({names}) SELECT {names} "  # noqa: S608
                f"FROM pg_temp.{_INCOMING} ORDER BY {key_columns(table)}{ending}"
            )
    run("RELEASE SAVEPOINT bedplate_merge")
    run(f"DROP TABLE pg_temp.{_INCOMING}")


@contextmanager
def looking_up(connection: Connection) -> Iterator[None]:
    """Have rows looked up by their keys, where many of a larger table are wanted."""
    lower = f"least(current_setting('{_PAGE_COST}')::float, {_CHEAP_PAGES})::text"
    with _set(connection, _PAGE_COST, lower):
        yield


@contextmanager
def hashing_many(connection: Connection) -> Iterator[None]:
    """Have large tables joined by hashing, in few parts.

    Rows just written are not in the statistics: by these a loop inside a loop looks
    best, and takes hours. And each part of a hash that does not fit its memory goes
    through all pages of the table once more.
    """
    larger = (
        f"greatest(pg_size_bytes(current_setting('{_MEMORY}')), {_HASH_BYTES}) / 1024"
    )
    with (
        _set(connection, _MEMORY, f"({larger})::text"),
        _set(connection, "enable_nestloop", "'off'"),
    ):
        yield


@contextmanager
def _set(connection: Connection, name: str, value: str) -> Iterator[None]:
    """Set a parameter to an expression, and back where no error ends it all."""
    asked = f"SELECT current_setting('{name}'), set_config('{name}', {value}, true)"
    before, _ = connection.exec_driver_sql(asked).one()
    yield
    back = "SELECT set_config(%s, %s, true)"
    connection.exec_driver_sql(back, (name, before))


def _merging(table: sa.Table, columns: Columns, total: str) -> str:
    keys = [column.name for column in table.primary_key]
    same = " AND ".join(f"old.{key} = new.{key}" for key in keys)
    return (
        f"MERGE INTO {table.name} AS old USING pg_temp.{_INCOMING} AS new ON {same} "  # noqa: S608  # names of columns
        f"WHEN MATCHED THEN UPDATE SET {total} = old.{total} + new.{total} "
        f"WHEN NOT MATCHED THEN INSERT ({', '.join(columns)}) "
        f"VALUES ({', '.join(f'new.{name}' for name in columns)})"
    )


def _wait_for_others(connection: Connection, table: sa.Table, columns: Columns) -> None:
    """Take the lock of each model: the table and the first part of its keys."""
    first = next(iter(table.primary_key)).name
    for model in sorted({*columns[first]}):
        connection.exec_driver_sql(
            "SELECT pg_advisory_xact_lock(hashtext(%s), hashtext(%s))",
            (f"bedplate {table.name}", f"{model}"),
        )
