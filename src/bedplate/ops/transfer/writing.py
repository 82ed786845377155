"""Pages written into a database, and what is set right when all of them are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.columns import may_go_by_columns, write
from bedplate.dialects import dialect_of
from bedplate.errors import InvalidValueError, SchemaBehindError, TransferError
from bedplate.ops.transfer import position
from bedplate.translation import translating
from bedplate.types import searched

if TYPE_CHECKING:
    from bedplate.engine import Engines
    from bedplate.ops.transfer.pages import Page
    from bedplate.ops.transfer.tables import Part

__all__ = ["clear", "fill_references", "finish", "has_rows", "put"]


def put(engines: Engines, part: Part, page: Page, before: int) -> None:
    """Write a page, and note it, in one transaction.

    Raises:
        TransferError: A value cannot be written there, or somebody else writes too.
    """
    columns = page.columns | {
        name: page.columns[until] if until else [None] * page.rows
        for name, until in part.later.items()
    }
    try:
        with translating(engines), engines.writer.begin() as connection:
            # First, so that its lock keeps a second copy from writing the same.
            position.advance(connection, part, before, page)
            _insert(connection, part, columns, page.rows)
    except InvalidValueError as error:
        rows = f"{part.name}, one of the rows {before + 1:,} to {before + page.rows:,}"
        raise TransferError(f"{rows}: {error}") from error
    except SchemaBehindError as error:
        raise TransferError(
            "a table has gone meanwhile: did another process copy into this database?"
        ) from error


def _insert(
    connection: sa.Connection, part: Part, columns: dict[str, list[Any]], rows: int
) -> None:
    dialect, table = dialect_of(connection), part.table
    many = dialect.indexing_many(connection, table) if searched(table) else None
    with many or nullcontext():
        if may_go_by_columns(table, connection):
            write(dialect, connection, table, columns, rows)
        else:
            keys = [table.c[name].key for name in columns]
            values = zip(*columns.values(), strict=True)
            rows_given = [dict(zip(keys, row, strict=True)) for row in values]
            connection.execute(sa.insert(table), rows_given)


def fill_references(engines: Engines, part: Part, found: Iterable[Page]) -> None:
    """Write what had to wait until all rows were there; twice does no harm."""
    table = part.table
    # What changes with every update stays as it was copied.
    kept = {c.key: c for c in table.columns if c.onupdate is not None}
    later: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in part.later}
    same = [c == sa.bindparam(f"key_{c.name}", type_=c.type) for c in part.key]
    filled = sa.update(table).where(*same)
    filled = filled.values({**kept, **{table.c[n].key: v for n, v in later.items()}})
    for page in found:
        names = [f"key_{c.name}" for c in part.key] + [f"new_{n}" for n in later]
        columns = [page.columns[c.name] for c in part.key]
        columns += [page.columns[name] for name in later]
        rows = [
            dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)
        ]
        with translating(engines), engines.writer.begin() as connection:
            connection.execute(filled, rows)


def has_rows(connection: sa.Connection, parts: Iterable[Part]) -> Sequence[str]:
    """Return the tables that have rows."""
    return [
        part.name
        for part in parts
        if connection.execute(
            sa.select(sa.literal(1)).select_from(part.table).limit(1)
        ).first()
    ]


def clear(engines: Engines, parts: Sequence[Part]) -> None:
    """Delete every row, children first."""
    with translating(engines):
        with engines.writer.begin() as connection:
            position.end(connection)  # from here on, nothing could go on
        for part in parts:
            columns = part.table.c
            apart: dict[str, Any] = {
                columns[name].key: columns[until] if until else None
                for name, until in part.later.items()
            }
            if apart:
                with engines.writer.begin() as connection:
                    connection.execute(sa.update(part.table).values(apart))
        for part in reversed(parts):
            refers_to_itself = any(part.later.values())
            transfers = engines.dialect.transfers
            emptying = transfers.emptying if refers_to_itself else nullcontext
            with engines.writer.begin() as connection, emptying(connection):
                connection.execute(sa.delete(part.table))


def finish(engines: Engines, parts: Sequence[Part]) -> None:
    """Set the keys that the database gives, and the planner's statistics."""
    with translating(engines):
        with engines.writer.begin() as connection:
            for part in parts:
                engines.dialect.transfers.advance_keys(connection, part.table)
        with engines.writer.connect() as opened:
            connection = opened.execution_options(isolation_level="AUTOCOMMIT")
            engines.dialect.analyze(connection, [part.name for part in parts])
