"""Lists with the newest first, a page after another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["newest_first"]

T = TypeVar("T")


def newest_first(
    statement: sa.Select[T], key: Any, wanted: Mapping[Any, Any], before: int | None
) -> sa.Select[T]:
    """Return the statement in descending order of the key.

    Args:
        statement: What to list.
        key: The column of its key.
        wanted: Columns and the value each has to have; None for any.
        before: Only rows whose key is less: the last of the page before.
    """
    for column, value in wanted.items():
        if value is not None:
            statement = statement.where(column == value)
    if before is not None:
        statement = statement.where(key < before)
    return statement.order_by(key.desc())
