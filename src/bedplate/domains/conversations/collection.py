"""The collection of all memories: its dimension, and whether an index knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.base import utcnow
from bedplate.domains.conversations.models import ConversationMemory, MemoryCollection
from bedplate.errors import InvalidValueError
from bedplate.repository import DomainRepository

if TYPE_CHECKING:
    from bedplate.vectors import Array

__all__ = ["Collection"]

_NAME = ConversationMemory.__tablename__


class Collection(DomainRepository):
    """What all vectors have in common."""

    def _claim(self, sizes: set[int]) -> None:
        """Make sure that vectors fit, the first ones by deciding what fits.

        The row is locked against the one who takes it away, not against others who
        claim the same; who comes first waits in the insert, on every database.
        """
        size = sizes.pop()
        if sizes:
            raise _misfit(size, sizes.pop())
        chosen = sa.select(MemoryCollection.dimension)
        chosen = chosen.where(MemoryCollection.name == _NAME)
        found = self.session.scalar(chosen.with_for_update(read=True))
        if found is None:
            table: Any = MemoryCollection.__table__
            row = {"name": _NAME, "dimension": size, "created_at": utcnow()}
            first = self.dialect.upsert(table, ("name",), None)
            self.connection.execute(first, [row])
            found = self.session.scalars(chosen.with_for_update(read=True)).one()
        if found != size:
            raise _misfit(found, size)

    def _release(self) -> None:
        """Let the next vector decide anew; who is writing one is waited for."""
        gone = sa.delete(MemoryCollection).where(MemoryCollection.name == _NAME)
        self.connection.execute(gone)

    def _fitting(self, embedding: Any) -> Array:
        """Return the vector of length 1 to keep or to look for.

        Raises:
            InvalidValueError: It is none, or not of the collection's dimension.
        """
        from bedplate.vectors import unit

        wanted = unit(embedding, "embedding")
        chosen = sa.select(MemoryCollection.dimension)
        found = self.session.scalar(chosen.where(MemoryCollection.name == _NAME))
        if found is not None and found != wanted.size:
            raise _misfit(found, wanted.size)
        return wanted


def _misfit(known: int, given: int) -> InvalidValueError:
    return InvalidValueError(
        f"has {given:,} numbers, the memories have {known:,}: take the model that made "
        "those, or call clear_memories() and begin anew",
        "embedding",
    )
