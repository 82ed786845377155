from __future__ import annotations

import pytest

from bedplate import ConversationRepository, Database
from bedplate.domains.conversations import Conversation


@pytest.fixture
def conversations(database: Database) -> ConversationRepository:
    return database.repository(ConversationRepository)


@pytest.fixture
def chat(conversations: ConversationRepository) -> Conversation:
    """A conversation without anything in it."""
    return conversations.create_conversation("chat")
