"""Upserts by one key of several, which ON DUPLICATE KEY does not tell apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

__all__ = ["only_if_same", "other_unique_keys"]

_OUT_OF_RANGE = "~0"
"""The largest number there is."""


def other_unique_keys(table: sa.Table, keys: Sequence[str]) -> bool:
    """Return whether a row may collide with another by anything but these columns."""
    constraints = (sa.UniqueConstraint, sa.PrimaryKeyConstraint)
    unique = [c for c in table.constraints if isinstance(c, constraints)]
    sets = [{column.name for column in constraint.columns} for constraint in unique]
    sets += [{column.name for column in i.columns} for i in table.indexes if i.unique]
    return any(names != set(keys) for names in sets)


def only_if_same(
    table: sa.Table, keys: Sequence[str], incoming: Mapping[str, Any]
) -> dict[str, Any]:
    """Refuse to change the row that another unique key has hit.

    ON DUPLICATE KEY means any of them. Where it was not the one meant, the key's first
    column is set to a number out of range (1690), the one error that no mode of the
    server makes a warning; it names a column so that nobody works it out beforehand.
    """
    same = sa.and_(*(table.c[k].is_not_distinct_from(incoming[k]) for k in keys))
    first = table.c[keys[0]]
    error: sa.ColumnElement[Any] = sa.literal_column(
        f"{_OUT_OF_RANGE} + (1 + char_length({table.name}.{first.name}))"
    )
    return {first.name: sa.case((same, first), else_=error)}
