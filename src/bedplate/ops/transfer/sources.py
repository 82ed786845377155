"""Where rows come from: a database, read as at one moment, or a folder of files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bedplate.ops import vectors
from bedplate.ops.transfer.pages import pages
from bedplate.translation import place, translating

if TYPE_CHECKING:
    from bedplate.engine import Engines
    from bedplate.ops.transfer.pages import Page
    from bedplate.ops.transfer.position import Position
    from bedplate.ops.transfer.sums import Sum
    from bedplate.ops.transfer.tables import Part

__all__ = ["DatabaseSource", "Source", "named", "opened"]


class Source(ABC):
    """Rows of many tables.

    Attributes:
        name: What is told of it, and what a copy that goes on must find again.
        present: The names of its tables.
    """

    name: str
    present: frozenset[str]

    @abstractmethod
    def count(self, part: Part) -> int:
        """Return how many rows a table has."""

    @abstractmethod
    def pages(self, part: Part, position: Position | None = None) -> Iterator[Page]:
        """Yield the rows of a table in the order of the key, from a position on."""

    @abstractmethod
    def late(self, part: Part) -> Iterator[Page]:
        """Yield at least the key and the columns that are written later."""

    def known(self, part: Part) -> Sum | None:
        """Return the sum of a table if it stands somewhere, None if not."""
        return None

    def has_vector_indexes(self, metadata: sa.MetaData) -> bool:
        """Return whether it has indexes over vectors."""
        return False


class DatabaseSource(Source):
    """A database, by a connection whose transaction reads everything."""

    def __init__(self, engines: Engines, connection: sa.Connection) -> None:
        self.name = named(engines)
        self.present = frozenset(sa.inspect(connection).get_table_names())
        self._connection = connection

    def count(self, part: Part) -> int:
        return self.count_table(part.table)

    def count_table(self, table: sa.FromClause) -> int:
        """Return how many rows any table has, one without a model too."""
        counted = sa.select(sa.func.count()).select_from(table)
        return self._connection.scalar(counted) or 0

    def pages(self, part: Part, position: Position | None = None) -> Iterator[Page]:
        return pages(self._connection, part, position.after if position else None)

    def late(self, part: Part) -> Iterator[Page]:
        columns = [part.table.c[name] for name in part.later]
        return pages(self._connection, part, None, columns)

    def has_vector_indexes(self, metadata: sa.MetaData) -> bool:
        return vectors.is_indexed(self._connection, metadata)


@contextmanager
def opened(engines: Engines) -> Iterator[DatabaseSource]:
    """Give a database's rows, all of them, as at one moment."""
    with translating(engines), engines.reader.connect() as connection:
        transfers = engines.dialect.transfers
        snapshot = connection.execution_options(**transfers.snapshot_options)
        transfers.see_all(snapshot)
        yield DatabaseSource(engines, snapshot)


def named(engines: Engines) -> str:
    """Return what a database is called where two of them are told apart."""
    return f"{engines.dialect.title} {place(engines.settings)}"
