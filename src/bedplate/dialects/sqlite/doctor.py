"""What can be wrong with an SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sqlalchemy import exc

from bedplate.dialects.findings import Finding

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from bedplate.settings import Settings

__all__ = ["examine"]

_FIXED = (3, 51, 3)
_FIXED_BEFORE = ((3, 44, 6), (3, 50, 7))
"""Versions with the WAL-reset bug mended: sqlite.org/wal.html, "the WAL-reset bug"."""


def examine(connection: Connection, settings: Settings) -> Iterator[Finding]:
    """Yield what there is to say about the file and the library."""
    yield _version()
    mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    if mode == "wal" or settings.in_memory:
        yield Finding("journal", "ok", mode)
    else:
        yield Finding(
            "journal", "warning", f"{mode}: readers and a writer block each other"
        )
    broken = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if broken == "ok":
        yield Finding("integrity", "ok", "the file is whole")
    else:
        yield Finding("integrity", "error", f"{broken}: restore a backup")
    yield _foreign_keys(connection)
    yield from _search(connection)


def _version() -> Finding:
    found = sqlite3.sqlite_version_info
    if found >= _FIXED or found in _FIXED_BEFORE:
        return Finding("version", "ok", f"SQLite {sqlite3.sqlite_version}")
    return Finding(
        "version",
        "warning",
        f"SQLite {sqlite3.sqlite_version} has the WAL-reset bug, by which a checkpoint "
        "beside a writer may damage the file: 3.51.3 and later do not",
    )


def _foreign_keys(connection: Connection) -> Finding:
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if not rows:
        return Finding("foreign keys", "ok", "every reference has its row")
    return Finding(
        "foreign keys",
        "error",
        f"{len(rows):,} rows refer to nothing, the first in {rows[0][0]}",
    )


def _search(connection: Connection) -> Iterator[Finding]:
    tables = connection.exec_driver_sql(
        "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%'"
    ).scalars()
    for table in tables.all():
        keys = _numbered_key(connection, table)
        if _agrees(connection, table) and not _unnumbered(connection, table, keys):
            yield Finding(f"search index {table}", "ok", "agrees with its rows")
        else:
            yield Finding(
                f"search index {table}",
                "error",
                "differs from the rows it is about",
                _rebuild(table, keys),
            )


def _agrees(connection: Connection, table: str) -> bool:
    try:
        connection.exec_driver_sql(
            f"INSERT INTO {table} ({table}, rank) "  # noqa: S608  # from the schema
            "VALUES ('integrity-check', 1)"
        )
    except exc.DatabaseError:
        return False
    return True


def _numbered_key(connection: Connection, table: str) -> str | None:
    """Return the key whose values are numbered for an index, None where none is."""
    if not table.endswith("_fts"):
        return None  # somebody's own
    query = "SELECT name FROM pragma_table_info(?) WHERE cid = 1"
    return connection.exec_driver_sql(query, (f"{table}_keys",)).scalar()


def _unnumbered(connection: Connection, table: str, key: str | None) -> bool:
    """Look for rows without a number, and for numbers without a row."""
    if key is None:
        return False
    rows = f"SELECT {key} FROM {table.removesuffix('_fts')}"  # noqa: S608  # from the schema
    keys = f"SELECT {key} FROM {table}_keys"  # noqa: S608  # the same
    query = f"SELECT EXISTS({rows} EXCEPT {keys}) OR EXISTS({keys} EXCEPT {rows})"
    return bool(connection.exec_driver_sql(query).scalar_one())


def _rebuild(table: str, key: str | None) -> Callable[[Connection], None]:
    def repair(connection: Connection) -> None:
        if key is not None:
            _number(connection, table, key)
        rebuild = f"INSERT INTO {table} ({table}) VALUES ('rebuild')"  # noqa: S608
        connection.exec_driver_sql(rebuild)

    return repair


def _number(connection: Connection, table: str, key: str) -> None:
    rows, keys = table.removesuffix("_fts"), f"{table}_keys"
    for statement in (
        f"DELETE FROM {keys} WHERE {key} NOT IN (SELECT {key} FROM {rows})",  # noqa: S608
        f"INSERT INTO {keys} ({key}) SELECT {key} FROM {rows} "  # noqa: S608
        f"WHERE {key} NOT IN (SELECT {key} FROM {keys})",
    ):
        connection.exec_driver_sql(statement)
