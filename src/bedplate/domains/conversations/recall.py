"""Recalling: the nearest memories, ranked by what makes one worth recalling."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from bedplate.base import utcnow
from bedplate.checks import check_whole
from bedplate.domains.conversations.memory import Memories, Numbers
from bedplate.domains.conversations.models import ConversationMemory
from bedplate.domains.conversations.values import check_share
from bedplate.repository import reads

if TYPE_CHECKING:
    from bedplate.vectors import Array

__all__ = ["Recalled", "Recollection"]

_FADING = 0.995
"""What is left of recency after an hour: Park et al., "Generative Agents" (2023)."""

_WORTH = 0.25
"""What importance and recency count beside similarity. The paper's 1 is for values
spread from 0 to 1; cosines lie close together, and what is off the point would win."""

_LEAST_POOL, _POOL_A_RESULT = 100, 4
"""How many of the nearest are ranked, at least and for each that is wanted."""

_BATCH_BYTES = 4_000_000
"""Of vectors held at once: larger batches are not faster."""


@dataclass(frozen=True)
class Recalled:
    """A memory that was found.

    Attributes:
        memory: The memory, its access recorded if it was recalled.
        similarity: The cosine of the angle between both embeddings, -1 to 1.
        score: What recall() ranks by: similarity + (importance * decay + recency) / 4.
    """

    memory: ConversationMemory
    similarity: float
    score: float


class Recollection(Memories):
    """Memories, by their meaning."""

    def recall(
        self,
        embedding: Numbers,
        k: int = 10,
        memory_type: str | None = None,
        min_importance: float | None = None,
        conversation_id: UUID | None = None,
        approximate: bool = True,
    ) -> Sequence[Recalled]:
        """Return the memories worth recalling, the best first, and note the access.

        Of the 4 k nearest (100 at least) those k with the highest score: similarity +
        (importance * decay + recency) / 4, where recency is 0.995 to the power of the
        hours since the last access, or since it was written. Of equal scores the
        smaller id goes first.

        Args:
            embedding: What to be similar to.
            k: The most memories to return.
            memory_type: Only those of one kind.
            min_importance: Only those with that much of their importance left.
            conversation_id: Only those of one conversation.
            approximate: Whether an index may be asked, which may miss a few; without
                one, or with False, every vector is compared.

        Raises:
            InvalidValueError: The embedding is no vector, or of another dimension.
        """
        check_whole(k, "k", 0, sys.maxsize)
        where = _where(memory_type, min_importance, conversation_id)
        pool = max(_LEAST_POOL, min(_POOL_A_RESULT * k, sys.maxsize)) if k else 0
        found = self._near(embedding, pool, where, k if approximate else None)
        ranked = sorted(found, key=lambda one: (-one.score, one.memory.id))[:k]
        if ranked:
            self._note_access([one.memory for one in ranked])
        return ranked

    @reads
    def search_memories(
        self,
        embedding: Numbers,
        k: int = 10,
        memory_type: str | None = None,
        min_importance: float | None = None,
        conversation_id: UUID | None = None,
        approximate: bool = True,
    ) -> Sequence[Recalled]:
        """Return the memories most similar to an embedding, the most similar first.

        Of equal ones the smaller id goes first. It is no access. The arguments are
        those of recall().
        """
        check_whole(k, "k", 0, sys.maxsize)
        where = _where(memory_type, min_importance, conversation_id)
        return self._near(embedding, k, where, k if approximate else None)

    def _near(
        self,
        embedding: Numbers,
        count: int,
        where: Sequence[sa.ColumnElement[bool]],
        enough: int | None,
    ) -> Sequence[Recalled]:
        """Return the nearest memories.

        Args:
            embedding: Near to what.
            count: How many.
            where: Which ones.
            enough: How many an index has to find; None where it is not asked.
        """
        wanted = self._fitting(embedding)
        keys: Sequence[Any] = ()
        if not count:
            return []
        if enough is not None and self._is_indexed(wanted.size):
            keys = self.dialect.vectors.near(
                self.connection, _column(), wanted, where, count
            )
        if enough is None or len(keys) < enough:
            keys = self._nearest(wanted, count, where)
        return self._read(keys, wanted)

    def _is_indexed(self, dimension: int) -> bool:
        whole = self.dialect.vectors.indexed(_column(), dimension)
        return not isinstance(whole, sa.False_) and bool(
            self.session.scalar(sa.select(whole))
        )

    def _nearest(
        self, wanted: Array, count: int, where: Sequence[sa.ColumnElement[bool]]
    ) -> Sequence[UUID]:
        """Compare every vector, a batch at a time; equal on every database."""
        from bedplate.vectors import Best

        best = Best(wanted, count)
        column = _column()
        stored = sa.type_coerce(column, sa.LargeBinary)
        # As the driver gives it: to make a UUID takes longer than to compare a vector.
        key = sa.type_coerce(column.table.c.id, self.dialect.uuid())
        statement = sa.select(key, stored).where(*where)
        rows = max(1, _BATCH_BYTES // wanted.nbytes)
        statement = statement.execution_options(yield_per=rows)
        result = self.connection.execute(statement)
        for part in result.partitions():
            keys, vectors = zip(*part, strict=True)
            best.offer(keys, vectors)
        return [_as_uuid(key) for _, key in best.found()]

    def _read(self, keys: Sequence[UUID], wanted: Array) -> Sequence[Recalled]:
        from bedplate.vectors import similarities, stored

        memories = self.of(ConversationMemory).get_many(keys)
        if not memories:
            return []
        found = similarities([stored(m.embedding) for m in memories], wanted).tolist()
        now = utcnow()
        scored = [
            Recalled(memory, similarity, similarity + _worth(memory, now))
            for memory, similarity in zip(memories, found, strict=True)
        ]
        return sorted(scored, key=lambda one: (-one.similarity, one.memory.id))

    def _note_access(self, memories: Sequence[ConversationMemory]) -> None:
        now = utcnow()
        table: Any = ConversationMemory.__table__
        # In the order of their keys, so that no two recalls wait for each other.
        keys = sorted(memory.id for memory in memories)
        statement = sa.update(table).where(table.c.id.in_(keys))
        more = table.c.access_count + 1
        values = {"last_accessed": now, "access_count": more}
        values["updated_at"] = table.c.updated_at  # nothing of it was changed
        self.connection.execute(statement.values(values))
        for memory in memories:
            set_committed_value(memory, "last_accessed", now)
            set_committed_value(memory, "access_count", memory.access_count + 1)


def _column() -> sa.Column[Any]:
    table: Any = ConversationMemory.__table__
    column: sa.Column[Any] = table.c.embedding
    return column


def _as_uuid(key: UUID | bytes) -> UUID:
    return key if isinstance(key, UUID) else UUID(bytes=key)


def _where(
    memory_type: str | None, min_importance: float | None, conversation_id: UUID | None
) -> Sequence[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if memory_type is not None:
        found.append(ConversationMemory.memory_type == memory_type)
    if min_importance is not None:
        least = check_share(min_importance, "min_importance")
        left = ConversationMemory.importance * ConversationMemory.decay
        found.append(left >= least)
    if conversation_id is not None:
        found.append(ConversationMemory.conversation_id == conversation_id)
    return found


def _worth(memory: ConversationMemory, now: datetime) -> float:
    """Return what a memory scores beside its similarity."""
    used = memory.last_accessed or memory.created_at
    hours = max(0.0, (now - used).total_seconds() / 3600)
    recency: float = _FADING**hours
    return _WORTH * (memory.importance * memory.decay + recency)
