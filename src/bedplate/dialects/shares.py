"""What share of its group's total each row has, set for all rows of some groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["Shares", "update_joined", "update_looked_up"]

_TOTALS = sa.table("bedplate_totals", sa.column("part"), sa.column("total"))


@dataclass(frozen=True)
class Shares:
    """What is to be set.

    Attributes:
        group: The column whose value rows of a group have in common.
        amount: What a row has of the total; a whole number.
        share: The column to set.
        where: Which rows, whole groups of one table.
        looked_up: Whether these are a few groups of many, found by their key.
    """

    group: sa.Column[str]
    amount: sa.Column[int]
    share: sa.Column[float]
    where: sa.ColumnElement[bool]
    looked_up: bool = False

    @property
    def totals(self) -> sa.Select[str, int]:
        """Each group with its total."""
        total = sa.func.sum(self.amount).label("total")
        part = self.group.label("part")
        return sa.select(part, total).where(self.where).group_by(self.group)

    def update(self, total: sa.ColumnElement[int]) -> sa.Update:
        """Return what sets those shares that differ from what they must be."""
        # In floating point: a quotient of decimals has four places on some.
        share = sa.cast(self.amount, sa.Double()) / sa.cast(total, sa.Double())
        return (
            sa.update(self.share.table)
            .where(self.where, self.share.is_distinct_from(share))
            .values({self.share: share})
        )


def update_joined(connection: Connection, shares: Shares) -> int:
    """Join the rows with the totals of their groups; return how many have changed."""
    totals = shares.totals.subquery("totals")
    update = shares.update(totals.c.total).where(shares.group == totals.c.part)
    return connection.execute(update).rowcount


def update_looked_up(connection: Connection, shares: Shares) -> int:
    """Look the totals up in a table of their own, which takes half of a join's time."""
    run = connection.exec_driver_sql
    run(f"CREATE TEMP TABLE {_TOTALS.name} (part PRIMARY KEY, total) WITHOUT ROWID")
    connection.execute(sa.insert(_TOTALS).from_select(["part", "total"], shares.totals))
    total = sa.select(_TOTALS.c.total).where(_TOTALS.c.part == shares.group)
    changed = connection.execute(shares.update(total.scalar_subquery())).rowcount
    run(f"DROP TABLE temp.{_TOTALS.name}")
    return changed
