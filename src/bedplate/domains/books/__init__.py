"""Books: plots, the authors who tell them, and the worlds and people in them."""

from __future__ import annotations

from bedplate.domains.books.models import (
    OWNED_TABLES,
    Author,
    BookSession,
    Character,
    Plot,
    SessionStatus,
    WorldBuilding,
)
from bedplate.domains.books.repository import BookRepository

__all__ = [
    "OWNED_TABLES",
    "Author",
    "BookRepository",
    "BookSession",
    "Character",
    "Plot",
    "SessionStatus",
    "WorldBuilding",
]
