"""Markov chains: rows that say how often a character follows those before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["LARGEST_TOTAL", "Chain"]

LARGEST_TOTAL = 2**32 - 1
"""Sums of counts up to here are drawn from by one word of 32 bits."""


@dataclass(frozen=True)
class Chain:
    """Where the rows are; `order`, `context` and `following` are their key.

    Attributes:
        order: How many characters the chain looks at, with the one that follows.
        context: All of those but the last.
        following: The last.
        count: How often it came after the context.
        length: How long a context can be.
    """

    order: sa.Column[int]
    context: sa.Column[str]
    following: sa.Column[str]
    count: sa.Column[int]
    length: int

    def rows(self, context: str) -> str:
        """Return FROM and WHERE of the rows of a context, given in SQL."""
        return (
            f"FROM {self.order.table} WHERE {self.order.name} = :order"
            f" AND {self.context.name} = {context}"
        )
