"""Conversations: chat with personas, and a memory that is searched by meaning."""

from __future__ import annotations

from bedplate.domains.conversations.models import (
    Conversation,
    ConversationMemory,
    ConversationState,
    ExecutionContext,
    MemoryCollection,
    Message,
    Module,
    Persona,
)
from bedplate.domains.conversations.recall import Recalled
from bedplate.domains.conversations.repository import ConversationRepository

__all__ = [
    "Conversation",
    "ConversationMemory",
    "ConversationRepository",
    "ConversationState",
    "ExecutionContext",
    "MemoryCollection",
    "Message",
    "Module",
    "Persona",
    "Recalled",
]
