"""Conversations themselves: who talks, about what, through which provider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from bedplate.domains.conversations.models import Conversation, ConversationMemory
from bedplate.domains.conversations.values import changeable
from bedplate.repository import DomainRepository, prepared, reads

__all__ = ["Chats"]


class Chats(DomainRepository):
    """Conversations, by id."""

    def create_conversation(
        self,
        title: str | None = None,
        persona_id: UUID | None = None,
        provider_type: str | None = None,
        provider_config: dict[str, Any] | None = None,
        user_id: UUID | None = None,
    ) -> Conversation:
        """Begin a conversation.

        Raises:
            ReferenceFailedError: There is no such persona or user.
        """
        conversation = Conversation(
            title=title,
            persona_id=persona_id,
            provider_type=provider_type,
            provider_config=provider_config,
            user_id=user_id,
        )
        return self.of(Conversation).add(conversation)

    @prepared
    @reads
    def get_conversation(self, conversation_id: UUID) -> Conversation | None:
        """Return a conversation by its id, without its messages."""
        return self.of(Conversation).get(conversation_id)

    @reads
    def list_conversations(
        self,
        limit: int = 100,
        persona_id: UUID | None = None,
        user_id: UUID | None = None,
        before: UUID | None = None,
    ) -> Sequence[Conversation]:
        """Return conversations, the newest first; `before` is the last id of a page."""
        statement = sa.select(Conversation).order_by(Conversation.id.desc())
        if persona_id is not None:
            statement = statement.where(Conversation.persona_id == persona_id)
        if user_id is not None:
            statement = statement.where(Conversation.user_id == user_id)
        if before is not None:
            statement = statement.where(Conversation.id < before)
        return self._page(statement, limit)

    def update_conversation(
        self, conversation_id: UUID, **changes: Any
    ) -> Conversation:
        """Change columns of a conversation, by their names, and return it.

        Raises:
            NotFoundError: There is no such conversation.
            InvalidValueError: It has no such column, or not that value.
            ReferenceFailedError: There is no such persona or user.
        """
        allowed = changeable(Conversation, changes)
        return self.of(Conversation).update(conversation_id, **allowed)

    def delete_conversation(self, conversation_id: UUID) -> bool:
        """Delete a conversation with its messages, states and memories."""
        # The memories by themselves: not every index over vectors sees a cascade.
        memories = sa.delete(ConversationMemory).where(
            ConversationMemory.conversation_id == conversation_id
        )
        self.session.execute(memories)
        return self.of(Conversation).delete(conversation_id)
