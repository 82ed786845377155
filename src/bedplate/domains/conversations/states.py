"""States: what personas and modules keep between two messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from bedplate.base import utcnow
from bedplate.checks import check_uuid
from bedplate.domains.conversations.models import ConversationState, owner_of
from bedplate.domains.conversations.values import check_required
from bedplate.identifiers import uuid7
from bedplate.repository import DomainRepository, reads

__all__ = ["States"]

_KEYS = ("conversation_id", "owner", "state_key")


class States(DomainRepository):
    """One JSON value for each conversation, persona, module and key."""

    def set_state(
        self,
        conversation_id: UUID,
        state_key: str,
        value: Any,
        persona_id: UUID | None = None,
        module_id: UUID | None = None,
    ) -> ConversationState:
        """Keep a value under a key, in the place of the one that is there.

        One statement does it: of two at once the later one counts, and none fails.

        Args:
            conversation_id: Where it belongs.
            state_key: Its name.
            value: Any JSON.
            persona_id: Whose it is; None is an owner as well.
            module_id: Whose it is.

        Raises:
            InvalidValueError: The key is empty, or the value is no JSON.
            ReferenceFailedError: There is no such conversation, persona or module.
        """
        now = utcnow()
        row = {
            "id": uuid7(),
            "conversation_id": check_uuid(conversation_id, "conversation_id"),
            "persona_id": persona_id,
            "module_id": module_id,
            "owner": owner_of(persona_id, module_id),
            "state_key": check_required(state_key, "state_key"),
            "value": value,
            "created_at": now,
            "updated_at": now,
        }
        table: Any = ConversationState.__table__
        changed = ("value", "updated_at")
        statement = self.dialect.upsert(
            table, _KEYS, lambda incoming: {name: incoming[name] for name in changed}
        )
        self.connection.execute(statement, [row])
        found = _state(conversation_id, state_key, persona_id, module_id)
        fresh = found.execution_options(populate_existing=True)
        return self.session.scalars(fresh).one()

    @reads
    def get_state(
        self,
        conversation_id: UUID,
        state_key: str,
        persona_id: UUID | None = None,
        module_id: UUID | None = None,
    ) -> ConversationState | None:
        """Return the state of exactly this owner; its value is `.value`."""
        return self._first(_state(conversation_id, state_key, persona_id, module_id))

    @reads
    def states(self, conversation_id: UUID) -> Sequence[ConversationState]:
        """Return all states of a conversation, by key and by owner."""
        statement = sa.select(ConversationState).order_by(
            ConversationState.state_key, ConversationState.owner
        )
        key = check_uuid(conversation_id, "conversation_id")
        return self._all(statement.where(ConversationState.conversation_id == key))

    def delete_state(
        self,
        conversation_id: UUID,
        state_key: str,
        persona_id: UUID | None = None,
        module_id: UUID | None = None,
    ) -> bool:
        """Delete the state of exactly this owner; return whether it was there."""
        found = self.get_state(conversation_id, state_key, persona_id, module_id)
        return found is not None and self.of(ConversationState).delete(found.id)


def _state(
    conversation_id: UUID,
    state_key: str,
    persona_id: UUID | None,
    module_id: UUID | None,
) -> sa.Select[ConversationState]:
    return sa.select(ConversationState).where(
        ConversationState.conversation_id == conversation_id,
        ConversationState.owner == owner_of(persona_id, module_id),
        ConversationState.state_key == state_key,
    )
