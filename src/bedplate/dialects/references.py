"""Rows that refer to nothing, where a server's checks were off when they came."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from bedplate.dialects.findings import Finding
from bedplate.dialects.vectors import SUFFIX

__all__ = ["references_finding"]


def references_finding(connection: sa.Connection) -> Finding:
    """Look for the parent of every row, in every table."""
    broken = [*_broken(connection)]
    if not broken:
        return Finding("foreign keys", "ok", "every reference has its row")
    rows = sum(count for _, count in broken)
    return Finding(
        "foreign keys",
        "error",
        f"{rows:,} rows refer to nothing, the first in {broken[0][0]}",
    )


def _broken(connection: sa.Connection) -> Iterator[tuple[str, int]]:
    inspector = sa.inspect(connection)
    for table in inspector.get_table_names():
        if table.endswith(SUFFIX):
            continue  # derived; and a column of its type is none SQLAlchemy can read
        for key in inspector.get_foreign_keys(table):
            if key["referred_schema"] is None:
                count = connection.scalar(_orphans(table, key))
                if count:
                    yield table, count


def _orphans(table: str, key: Any) -> sa.Select[int]:
    names, referred = key["constrained_columns"], key["referred_columns"]
    child = sa.table(table, *map(sa.column, names)).alias("child")
    parent = sa.table(key["referred_table"], *map(sa.column, referred)).alias("parent")
    same = [child.c[n] == parent.c[r] for n, r in zip(names, referred, strict=True)]
    there = sa.select(sa.literal(1)).select_from(parent).where(*same)
    given = [child.c[name].is_not(None) for name in names]
    missing = ~there.correlate(child).exists()
    return sa.select(sa.func.count()).select_from(child).where(*given, missing)
