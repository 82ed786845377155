"""Rows of every table of the domain, with all that a column may hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np

__all__ = ["rows"]

_NOW = datetime(2024, 2, 29, 23, 59, 59, 123457, tzinfo=UTC)
_CHANGED = {"created_at": _NOW, "updated_at": _NOW}
_JSON = {"ä": [1, -1.5, None, True, "🦜"], "n": 2**62}
_OURS = UUID("018f0000-0000-7000-8000-000000000001")
_OTHER = UUID("018f0000-0000-7000-8000-0000000000ff")


def rows() -> dict[str, list[dict[str, Any]]]:
    """Return rows for every table of the domain, parents first."""
    return {
        "personas": [
            {
                "id": key,
                "name": name,
                "description": "Ä 🙂",
                "system_prompt": None,
                "metadata": _JSON,
                **_CHANGED,
            }
            for key, name in ((_OURS, "a"), (_OTHER, "A"))
        ],
        "modules": [
            {
                "id": _OURS,
                "name": None,
                "type": "script",
                "description": None,
                "trigger_pattern": r"\d+ %s",
                "script": "x = 1\n",
                "content": None,
                "execution_context": "IMMEDIATE",
                "requires_ai_inference": True,
                "stage_priority": -5,
                **_CHANGED,
            }
        ],
        "conversations": [
            {
                "id": _OURS,
                "user_id": UUID(int=1),
                "persona_id": _OURS,
                "title": "Titel 🙂",
                "provider_type": "local",
                "provider_config": _JSON,
                **_CHANGED,
            },
            {
                "id": _OTHER,
                "user_id": None,
                "persona_id": None,
                "title": None,
                "provider_type": None,
                "provider_config": None,
                **_CHANGED,
            },
        ],
        "messages": [
            {
                "id": _OURS,
                "conversation_id": _OURS,
                "sequence": 1,
                "role": "user",
                "content": "Was heißt 文字? 🙂",
                "thinking": None,
                "extra_data": _JSON,
                "input_tokens": 2**40,
                "output_tokens": 0,
                **_CHANGED,
            }
        ],
        "conversation_states": [
            {
                "id": _OURS,
                "conversation_id": _OURS,
                "persona_id": None,
                "module_id": _OURS,
                "owner": f":{_OURS.hex}",
                "state_key": "k ",
                "value": _JSON,
                **_CHANGED,
            }
        ],
        "conversation_memory": [
            {
                "id": key,
                "conversation_id": _OURS,
                "persona_id": None,
                "first_message_id": _OURS,
                "content": "",
                "memory_type": "fact",
                "importance": 0.1 + 0.2,
                "decay": 1.0,
                "embedding": np.array(numbers, np.float32),
                "metadata": None,
                "last_accessed": _NOW,
                "access_count": 7,
                **_CHANGED,
            }
            for key, numbers in ((_OURS, [0.6, 0.8]), (_OTHER, [1e-45, -1.0]))
        ],
        "memory_collections": [
            {"name": "conversation_memory", "dimension": 2, "created_at": _NOW}
        ],
    }
