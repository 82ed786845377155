"""Memory: what is kept of conversations, with its place among all meanings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from bedplate.checks import check_row, check_text
from bedplate.domains.conversations.collection import Collection
from bedplate.domains.conversations.models import ConversationMemory
from bedplate.domains.conversations.values import (
    changeable,
    check_required,
    check_share,
)
from bedplate.errors import InvalidValueError
from bedplate.repository import prepared, reads

__all__ = ["Memories"]

_NEEDED = ("conversation_id", "content", "embedding")
_DEFAULTS: dict[str, Any] = {
    "memory_type": "fact",
    "importance": 0.5,
    "persona_id": None,
    "first_message_id": None,
    "metadata": None,
}

Numbers = Any
"""A NumPy array, a list or a tuple of numbers."""


class Memories(Collection):
    """Memories, by id."""

    def remember(
        self,
        conversation_id: UUID,
        content: str,
        embedding: Numbers,
        memory_type: str = "fact",
        importance: float = 0.5,
        persona_id: UUID | None = None,
        first_message_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> ConversationMemory:
        """Keep something of a conversation.

        Args:
            conversation_id: Where it was said.
            content: What to remember.
            embedding: Its meaning as a vector; kept at length 1.
            memory_type: Its kind, to recall by.
            importance: From 0 to 1.
            persona_id: Who remembers it.
            first_message_id: Where it was said first.
            metadata: What else there is to say of it.

        Raises:
            InvalidValueError: The embedding is no vector, or not of the dimension of
                those that are there; the importance is not from 0 to 1.
            ReferenceFailedError: There is no such conversation, persona or message.
        """
        given = {
            "conversation_id": conversation_id,
            "content": content,
            "embedding": embedding,
            "memory_type": memory_type,
            "importance": importance,
            "persona_id": persona_id,
            "first_message_id": first_message_id,
            "metadata": metadata,
        }
        row = _row(given)
        self._claim({row["embedding"].size})
        row["metadata_"] = row.pop("metadata")
        return self.of(ConversationMemory).add(ConversationMemory(**row))

    def remember_many(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Keep many memories at once; return how many.

        Args:
            rows: Mappings of the names that remember() takes.

        Raises:
            InvalidValueError: As remember() does; nothing is kept then.
        """
        checked = [_row(row) for row in rows]
        if checked:
            self._claim({row["embedding"].size for row in checked})
        return self.of(ConversationMemory).add_many(checked)

    @prepared
    @reads
    def get_memory(self, memory_id: UUID) -> ConversationMemory | None:
        """Return a memory by its id; that is no access."""
        return self.of(ConversationMemory).get(memory_id)

    @reads
    def list_memories(
        self,
        conversation_id: UUID | None = None,
        memory_type: str | None = None,
        limit: int = 100,
        after: UUID | None = None,
    ) -> Sequence[ConversationMemory]:
        """Return memories, the oldest first; `after` is the last id of a page."""
        where = []
        if conversation_id is not None:
            where.append(ConversationMemory.conversation_id == conversation_id)
        if memory_type is not None:
            where.append(ConversationMemory.memory_type == memory_type)
        memories = self.of(ConversationMemory)
        return memories.list(*where, limit=limit, after=after)

    def update_memory(self, memory_id: UUID, **changes: Any) -> ConversationMemory:
        """Change columns of a memory, by their names, and return it.

        Raises:
            NotFoundError: There is no such memory.
            InvalidValueError: It has no such column, or not that value.
        """
        allowed = dict(changeable(ConversationMemory, changes))
        if "embedding" in allowed:
            allowed["embedding"] = self._fitting(allowed["embedding"])
        return self.of(ConversationMemory).update(memory_id, **allowed)

    def decay_memories(
        self,
        factor: float = 0.9,
        before: datetime | None = None,
        conversation_id: UUID | None = None,
    ) -> int:
        """Let memories fade: what is left of their importance is multiplied.

        Args:
            factor: By what, from 0 to 1.
            before: Only those last accessed before then, or if they never were,
                written before then; None for all.
            conversation_id: Only those of one conversation.

        Returns:
            How many faded.
        """
        share = check_share(factor, "factor")
        statement = sa.update(ConversationMemory)
        if before is not None:
            statement = statement.where(_last_used() < before)
        if conversation_id is not None:
            here = ConversationMemory.conversation_id == conversation_id
            statement = statement.where(here)
        left = ConversationMemory.decay * share
        return self._changed(statement.values(decay=left))

    def forget(self, memory_id: UUID) -> bool:
        """Delete a memory; return whether it was there."""
        return self.of(ConversationMemory).delete(memory_id)

    def forget_faded(self, below: float, conversation_id: UUID | None = None) -> int:
        """Delete memories of which less importance is left; return how many."""
        least = check_share(below, "below")
        left = ConversationMemory.importance * ConversationMemory.decay
        statement = sa.delete(ConversationMemory).where(left < least)
        if conversation_id is not None:
            here = ConversationMemory.conversation_id == conversation_id
            statement = statement.where(here)
        return self._changed(statement)

    def clear_memories(self) -> int:
        """Delete all memories, and with them their dimension; return how many."""
        self._release()
        return self._changed(sa.delete(ConversationMemory))

    def _changed(self, statement: sa.Update | sa.Delete) -> int:
        """Run a statement over many rows; entities that the session holds follow."""
        changed = self.connection.execute(statement).rowcount
        everything = self.session.identity_map.values()
        held = [one for one in everything if isinstance(one, ConversationMemory)]
        if held:
            among = ConversationMemory.id.in_([memory.id for memory in held])
            fresh = sa.select(ConversationMemory).where(among)
            left = {*self._all(fresh.execution_options(populate_existing=True))}
            for gone in {*held} - left:
                self.session.expunge(gone)
        return changed


def _last_used() -> sa.ColumnElement[datetime]:
    return sa.func.coalesce(
        ConversationMemory.last_accessed,
        ConversationMemory.created_at,
        type_=ConversationMemory.created_at.type,
    )


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    from bedplate.vectors import unit

    unknown = [name for name in check_row(row) if name not in (*_NEEDED, *_DEFAULTS)]
    missing = [name for name in _NEEDED if row.get(name) is None]
    if unknown or missing:
        raise InvalidValueError(
            f"a memory has {', '.join((*_NEEDED, *_DEFAULTS))}, the first three "
            f"always: this row has {[*row]}"
        )
    found = {**_DEFAULTS, **row}
    check_text(found["content"], "content")
    return found | {
        "memory_type": check_required(found["memory_type"], "memory_type"),
        "importance": check_share(found["importance"], "importance"),
        "embedding": unit(found["embedding"], "embedding"),
    }
