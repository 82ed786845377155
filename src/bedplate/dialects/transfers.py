"""The contract of a database: how all of its rows are read, and taken over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["Transfers"]


class Transfers:
    """What most databases need for a copy of everything, which is little."""

    snapshot_options: ClassVar[Mapping[str, Any]] = {
        "isolation_level": "REPEATABLE READ"
    }
    """Options of a connection whose one transaction reads all as at one moment."""

    def see_all(self, connection: Connection) -> None:
        """Have the open transaction read every row, or fail where it may not."""

    def stored_size(self, column: sa.Column[Any]) -> sa.ColumnElement[int]:
        """Return about how long a long value is, as cheaply as it can be told."""
        return sa.func.length(sa.type_coerce(column, sa.LargeBinary))

    @contextmanager
    def emptying(self, connection: Connection) -> Iterator[None]:
        """Let a transaction delete all rows of a table that refers to itself."""
        yield

    def advance_keys(self, connection: Connection, table: sa.Table) -> None:
        """Let the keys that the database gives go on behind those that are there."""
