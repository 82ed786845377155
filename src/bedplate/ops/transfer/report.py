"""What a transfer tells: while it goes on, and when it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Step", "TableTold", "Transfer", "Watch"]


@dataclass(frozen=True)
class Step:
    """How far the work has come.

    Attributes:
        doing: What is done, as in "copying".
        table: In which table.
        rows: How many rows are done, of all tables.
        total: Of how many.
    """

    doing: str
    table: str
    rows: int
    total: int


Watch = Callable[[Step], None]
"""Called after each page."""


@dataclass(frozen=True)
class TableTold:
    """A table on both sides.

    Attributes:
        table: Its name.
        rows: How many rows the source has.
        checksum: The sum over the source's rows, the same on every database.
        found: How many rows the target has.
        found_checksum: The sum over those.
    """

    table: str
    rows: int
    checksum: str
    found: int
    found_checksum: str

    @property
    def is_same(self) -> bool:
        """Whether both sides have the same rows."""
        return (self.rows, self.checksum) == (self.found, self.found_checksum)

    @property
    def difference(self) -> str:
        """How they differ, in words."""
        if self.rows != self.found:
            return f"{self.table}: {self.found:,} rows, not {self.rows:,}"
        return f"{self.table}: {self.rows:,} rows, but not the same"


@dataclass(frozen=True)
class Transfer:
    """What was taken over, or compared.

    Attributes:
        revision: That of the schema on both sides.
        tables: Each table on both sides.
        left_out: Tables of the source that no model declares here.
        seconds: How long it took.
    """

    revision: str
    tables: tuple[TableTold, ...]
    left_out: tuple[str, ...]
    seconds: float

    @property
    def rows(self) -> int:
        """How many rows the source has, in all tables."""
        return sum(table.rows for table in self.tables)

    @property
    def differences(self) -> Sequence[str]:
        """Where the sides differ, a sentence for each table."""
        return [told.difference for told in self.tables if not told.is_same]
