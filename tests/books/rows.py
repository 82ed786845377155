"""Rows of the books domain for the tests of migrations."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

__all__ = ["rows"]

_NOW = datetime(2024, 2, 29, 23, 59, 59, 123457, tzinfo=UTC)
_CHANGED = {"created_at": _NOW, "updated_at": _NOW}
_JSON = {"ä": [1, -1.5, None, True, "🦜", {"tief": [[]]}], "n": 2**62, "leer": ""}
_USER = uuid.UUID(int=1)

SECTIONS = (
    "geography",
    "political_landscape",
    "cultural_systems",
    "economic_framework",
    "historical_timeline",
    "power_systems",
    "languages_and_communication",
    "religious_and_belief_systems",
    "unique_elements",
)


def rows(long: str) -> dict[str, list[dict[str, Any]]]:
    """Return rows for the tables of books; their user is the first of `users`."""
    first, second = uuid.UUID(int=10), uuid.UUID(int=2**128 - 1)
    return {
        "sessions": [
            {
                "id": first,
                "user_id": _USER,
                "title": "Sitzung 🙂",
                "status": "completed",
                "metadata": _JSON,
                **_CHANGED,
            },
            {
                "id": second,
                "user_id": None,
                "title": None,
                "status": "active",
                "metadata": None,
                **_CHANGED,
            },
        ],
        "authors": [
            {
                "id": first,
                "user_id": _USER,
                "session_id": first,
                "author_name": "Ä. Thor",
                "pen_name": "a",
                "biography": long,
                "writing_style": "",
                **_CHANGED,
            },
            {
                "id": second,
                "user_id": None,
                "session_id": None,
                "author_name": "ä. Thor",
                "pen_name": None,
                "biography": None,
                "writing_style": None,
                **_CHANGED,
            },
        ],
        "plots": [
            {
                "id": first,
                "user_id": _USER,
                "session_id": first,
                "author_id": first,
                "title": "Titel 🙂",
                "plot_summary": long,
                "genre": "fantasy",
                "subgenre": "epic",
                "microgenre": "grimdark",
                "trope": "chosen one",
                "tone": "dark ",
                "target_audience": _JSON,
                **_CHANGED,
            },
            {
                "id": second,
                "user_id": None,
                "session_id": None,
                "author_id": None,
                "title": "titel 🙂",
                "plot_summary": None,
                "genre": None,
                "subgenre": None,
                "microgenre": None,
                "trope": None,
                "tone": None,
                "target_audience": None,
                **_CHANGED,
            },
        ],
        "world_building": [
            {
                "id": first,
                "user_id": _USER,
                "plot_id": first,
                "world_name": "Welt",
                "world_type": "Scheibe",
                "overview": long,
                **dict.fromkeys(SECTIONS, _JSON),
                **_CHANGED,
            },
            {
                "id": second,
                "user_id": None,
                "plot_id": None,
                "world_name": "welt",
                "world_type": None,
                "overview": None,
                **dict.fromkeys(SECTIONS),
                **_CHANGED,
            },
        ],
        "characters": [
            {
                "id": first,
                "user_id": _USER,
                "plot_id": first,
                "name": "Held",
                "role": "hero",
                "description": long,
                "backstory": "",
                "traits": _JSON,
                "relationships": [],
                **_CHANGED,
            },
            {
                "id": second,
                "user_id": None,
                "plot_id": None,
                "name": "held ",
                "role": None,
                "description": None,
                "backstory": None,
                "traits": None,
                "relationships": None,
                **_CHANGED,
            },
        ],
    }
