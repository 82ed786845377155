"""Rows of the workflow domain for the tests of migrations, parents first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = ["rows"]

_NOW = datetime(2024, 2, 29, 23, 59, 59, 123457, tzinfo=UTC)
_JSON = {"ä": [1, -1.5, None, True, "🦜", {"tief": [[]]}], "n": 2**62, "leer": ""}
_TEXT = "Ein Text 🙂 über Wörter\tund e\u0301 zwei\r\nZeilen; DROP TABLE x; --"


def rows(long: str) -> dict[str, list[dict[str, Any]]]:
    """Return rows for every table of the domain."""
    return {
        "articles": [
            # Another id, whatever a collation thinks of case, accents and spaces.
            _article("a", "https://example.org/ä?q=%s", "Titel 🙂", _TEXT),
            _article("A", None, None, long),
            _article("á ", "", "", ""),
        ],
        "alerts": [
            {
                "id": 2,
                "title": "Ä 🙂",
                "message": long,
                "source_url": "https://example.org/",
                "created_at": _NOW,
            },
            {
                "id": 7,
                "title": "",
                "message": "",
                "source_url": None,
                "created_at": _NOW + timedelta(microseconds=1),
            },
        ],
        "workflow_states": [
            _state(1, "running", "Schritt 🙂", _JSON, long),
            _state(2, "completed", None, [], None) | {"completed_at": _NOW},
            _state(5, "pending", "", None, ""),
        ],
        "workflow_history": [
            _update(3, 1, "pending", None, None),
            _update(4, 1, "running", "Schritt 🙂", long),
            _update(9, 2, "completed", "", ""),
        ],
        "agent_versions": [
            _version(1, "scout", "1", long, is_active=False),
            _version(2, "scout", "1 ", "", is_active=True),
            _version(3, "scout", "A", _TEXT, is_active=False),
            _version(8, "Scout", "1", "print('🙂')", is_active=True),
        ],
    }


def _article(key: str, url: str | None, title: str | None, text: str) -> dict[str, Any]:
    return {
        "id": key,
        "url": url,
        "title": title,
        "content": text,
        "created_at": _NOW,
    }


def _state(
    key: int, status: str, step: str | None, data: Any, error: str | None
) -> dict[str, Any]:
    return {
        "id": key,
        "workflow_name": "tägliche Runde",
        "status": status,
        "current_step": step,
        "data": data,
        "error_message": error,
        "completed_at": None,
        "created_at": _NOW,
        "updated_at": _NOW,
    }


def _update(
    key: int, workflow: int, status: str, step: str | None, message: str | None
) -> dict[str, Any]:
    return {
        "id": key,
        "workflow_id": workflow,
        "status": status,
        "step": step,
        "message": message,
        "created_at": _NOW,
    }


def _version(
    key: int, agent: str, version: str, code: str, *, is_active: bool
) -> dict[str, Any]:
    return {
        "id": key,
        "agent_name": agent,
        "version": version,
        "code": code,
        "description": None if is_active else code,
        "created_by": None if is_active else "Ä",
        "is_active": is_active,
        "created_at": _NOW,
    }
