"""ConversationRepository: all of the conversations domain in one place."""

from __future__ import annotations

from bedplate.domains.conversations.chats import Chats
from bedplate.domains.conversations.messages import Messages
from bedplate.domains.conversations.modules import Modules
from bedplate.domains.conversations.personas import Personas
from bedplate.domains.conversations.recall import Recollection
from bedplate.domains.conversations.states import States

__all__ = ["ConversationRepository"]


class ConversationRepository(Personas, Modules, Chats, Messages, States, Recollection):
    """Personas, modules, conversations, messages, states and memories.

    Each aggregate has a module of its own; the general methods of a single table are
    at `conversations.of(Message)` and its like.
    """
