"""How all rows of a table go: one that refers to itself stands in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import exc

from bedplate.dialects.transfers import Transfers

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["InnoTransfers"]


class InnoTransfers(Transfers):
    """InnoDB looks at references row by row, not at the end of the statement."""

    @contextmanager
    def emptying(self, connection: Connection) -> Iterator[None]:
        connection.exec_driver_sql("SET SESSION foreign_key_checks = 0")
        try:
            yield
        finally:
            try:
                connection.exec_driver_sql("SET SESSION foreign_key_checks = 1")
            except exc.DBAPIError:
                connection.invalidate()  # nobody may go on without them
                raise
