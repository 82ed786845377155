"""Messages: what was said, in the order it was said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa

from bedplate.base import utcnow
from bedplate.checks import check_row, check_text, check_uuid
from bedplate.domains.conversations.models import Conversation, Message
from bedplate.domains.conversations.values import (
    changeable,
    check_required,
    check_tokens,
)
from bedplate.errors import InvalidValueError, NotFoundError
from bedplate.identifiers import uuid7
from bedplate.repository import prepared, reads
from bedplate.text_search import TextSearch

if TYPE_CHECKING:
    from bedplate.search import SearchHit

__all__ = ["Messages"]

_NEEDED = ("role", "content")
_OPTIONAL = ("thinking", "extra_data", "input_tokens", "output_tokens")


class Messages(TextSearch):
    """Messages, by id or by their place in a conversation."""

    def append_message(
        self,
        conversation_id: UUID,
        role: str,
        content: str,
        thinking: str | None = None,
        extra_data: dict[str, Any] | None = None,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
    ) -> Message:
        """Add a message to the end of a conversation.

        Who appends to one conversation at the same time waits for the other; each
        message has a place of its own.

        Args:
            conversation_id: Whose end.
            role: Who said it, such as "user", "assistant", "system" or "tool".
            content: What was said.
            thinking: What the model thought before.
            extra_data: What else a provider tells of it.
            input_tokens: How many tokens went in.
            output_tokens: How many came out.

        Raises:
            NotFoundError: There is no such conversation.
            InvalidValueError: No role, or a number of tokens below 0.
        """
        given = {
            "role": role,
            "content": content,
            "thinking": thinking,
            "extra_data": extra_data,
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
        }
        return self.append_messages(conversation_id, [given])[0]

    def append_messages(
        self, conversation_id: UUID, rows: Iterable[Mapping[str, Any]]
    ) -> Sequence[Message]:
        """Add many messages to the end of a conversation, in their order.

        Args:
            conversation_id: Whose end.
            rows: Mappings with role and content, and what else a message has.

        Raises:
            NotFoundError: There is no such conversation.
            InvalidValueError: A row lacks a column, or has one that a message has not.
        """
        checked = [_row(row) for row in rows]
        first = self._next_sequence(conversation_id)
        now = utcnow()
        for sequence, row in enumerate(checked, first):
            row |= {"id": uuid7(), "conversation_id": conversation_id}
            row |= {"sequence": sequence, "created_at": now, "updated_at": now}
        self.of(Message).add_many(checked)
        statement = _of(conversation_id).where(Message.sequence >= first)
        return self._all(statement.order_by(Message.sequence))

    @prepared
    @reads
    def get_message(self, message_id: UUID) -> Message | None:
        """Return a message by its id."""
        return self.of(Message).get(message_id)

    @reads
    def list_messages(
        self,
        conversation_id: UUID,
        after: int | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Message]:
        """Return a window of a conversation, in its order.

        Args:
            conversation_id: Which one.
            after: Only messages whose sequence is greater; the oldest of them.
            before: Only messages whose sequence is smaller.
            limit: The most messages; without `after` they are the newest there are.
        """
        statement = _of(conversation_id)
        if before is not None:
            statement = statement.where(Message.sequence < before)
        if after is not None:
            statement = statement.where(Message.sequence > after)
            return self._page(statement.order_by(Message.sequence), limit)
        newest = self._page(statement.order_by(Message.sequence.desc()), limit)
        return newest[::-1]

    @reads
    def count_messages(self, conversation_id: UUID) -> int:
        """Return how many messages a conversation has."""
        return self._total(sa.select(Message.id).where(_in(conversation_id)))

    @reads
    def search_messages(
        self, query: str, limit: int = 10, conversation_id: UUID | None = None
    ) -> Sequence[SearchHit[UUID]]:
        """Return the messages that match a query, the best first.

        Args:
            query: Words that must all occur, "a phrase", -not, prefix*, as for texts.
            limit: The most hits to return.
            conversation_id: Only those of one conversation.
        """
        where = [] if conversation_id is None else [_in(conversation_id)]
        return self._search(Message.content, query, limit, *where)

    def update_message(self, message_id: UUID, **changes: Any) -> Message:
        """Change columns of a message, by their names; its place stays.

        Raises:
            NotFoundError: There is no such message.
            InvalidValueError: It has no such column, or not that value.
        """
        allowed = changeable(Message, changes, "conversation_id", "sequence")
        return self.of(Message).update(message_id, **allowed)

    def delete_message(self, message_id: UUID) -> bool:
        """Delete a message; the places of the others stay."""
        return self.of(Message).delete(message_id)

    def _next_sequence(self, conversation_id: UUID) -> int:
        """Lock the conversation and return the place after its last message."""
        key = check_uuid(conversation_id, "conversation_id")
        statement = sa.update(Conversation).where(Conversation.id == key)
        # The lock is an UPDATE: every database takes one, and the moment is wanted.
        touched = self.connection.execute(statement.values(updated_at=utcnow()))
        if not touched.rowcount:
            raise NotFoundError(f"there is no conversation {key}")
        last = sa.select(sa.func.max(Message.sequence)).where(_in(key))
        return (self.session.scalar(last) or 0) + 1


def _in(conversation_id: UUID) -> sa.ColumnElement[bool]:
    return Message.conversation_id == conversation_id


def _of(conversation_id: UUID) -> sa.Select[Message]:
    return sa.select(Message).where(_in(conversation_id))


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    unknown = [name for name in check_row(row) if name not in _NEEDED + _OPTIONAL]
    missing = [name for name in _NEEDED if row.get(name) is None]
    if unknown or missing:
        raise InvalidValueError(
            f"a message has {', '.join(_NEEDED + _OPTIONAL)}, the first two always: "
            f"this row has {[*row]}"
        )
    for name in ("input_tokens", "output_tokens"):
        check_tokens(row.get(name), name)
    check_required(row["role"], "role")
    check_text(row["content"], "content")
    return {name: row.get(name) for name in _NEEDED + _OPTIONAL}
