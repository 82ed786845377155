"""Which tables are taken over, in which order, and what has to wait for a second pass.

Parents come first. Where tables refer to one another in a circle, or one to itself,
some references cannot be there from the start: their columns are written as nothing,
and filled in when all rows are there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bedplate.errors import TransferError
from bedplate.ops.drift import is_modelled
from bedplate.ops.revisions import VERSIONS

__all__ = ["Part", "left_out", "parts"]


@dataclass(frozen=True)
class Part:
    """A table to take over.

    Attributes:
        table: Which.
        columns: Its columns, without those that the database computes.
        later: Columns that are filled in when all rows are there, and what is written
            until then: None, or the column of the same row whose value it is.
    """

    table: sa.Table
    columns: tuple[sa.Column[Any], ...]
    later: dict[str, str | None]

    @property
    def name(self) -> str:
        """The name of the table."""
        return self.table.name

    @property
    def kinds(self) -> dict[str, sa.Column[Any]]:
        """The columns by their names."""
        return {column.name: column for column in self.columns}

    @property
    def key(self) -> tuple[sa.Column[Any], ...]:
        """The columns of the primary key."""
        return tuple(self.table.primary_key.columns)


def parts(metadata: sa.MetaData, present: Collection[str]) -> Sequence[Part]:
    """Return the tables that are there and that a model declares, parents first.

    The log of migrations is left out: it is about the database, not in it.

    Raises:
        TransferError: A table has no primary key, or tables need each other at once.
    """
    wanted = [
        table
        for table in metadata.tables.values()
        if table.name in present and table.name != VERSIONS.name
    ]
    sort: Any = sa.schema.sort_tables_and_constraints  # which has no types
    *ordered, (_, circular) = sort(wanted)
    return [
        _part(table, [*_to_itself(table), *(c for c in circular if c.table is table)])
        for table, _ in ordered
        if table is not None
    ]


def left_out(metadata: sa.MetaData, present: Collection[str]) -> Sequence[str]:
    """Return the tables that are there, and that nobody declares here."""
    known = {table.name for table in metadata.tables.values()} | {VERSIONS.name}
    return sorted(
        name
        for name in {*present} - known
        if is_modelled(name, "table") and not name.startswith("bedplate_")
    )


def _part(table: sa.Table, late: Sequence[sa.ForeignKeyConstraint]) -> Part:
    if not table.primary_key.columns:
        raise TransferError(
            f"{table.name} has no primary key, by which its rows could be read and "
            "found again: declare one"
        )
    columns = tuple(c for c in table.columns if c.computed is None)
    later = {name: until for key in late for name, until in _until_later(table, key)}
    return Part(table, columns, later)


def _to_itself(table: sa.Table) -> Iterator[sa.ForeignKeyConstraint]:
    for key in table.foreign_key_constraints:
        if key.referred_table is table:
            yield key


def _until_later(
    table: sa.Table, key: sa.ForeignKeyConstraint
) -> Iterator[tuple[str, str | None]]:
    """Yield the columns of a reference and what stands in for their values."""
    # One NULL of several is enough: such a reference is not looked at.
    nullable = [c.name for c in key.columns if c.nullable and not c.primary_key]
    if nullable:
        yield from dict.fromkeys(nullable).items()
        return
    if key.referred_table is not table or any(c.primary_key for c in key.columns):
        raise TransferError(
            f"{table.name} and {key.referred_table.name} need each other's rows at "
            f"once: let {', '.join(key.column_keys)} be nullable"
        )
    for element in key.elements:  # a row that refers to itself, until it may not
        yield element.parent.name, element.column.name
