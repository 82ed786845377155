"""Rows of the telemetry tables, with all that a column may hold."""

from __future__ import annotations

import math
import uuid
from datetime import UTC, datetime
from typing import Any

__all__ = ["rows"]

_NOW = datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC)
_JSON = {"ä": [1, -1.5, None, True, "🦜", {"tief": [[]]}], "n": 2**62, "leer": ""}
_TRACE = "0af7651916cd43dd8448eb211c80319c"
_SPAN = "b7ad6b7169203331"


def rows() -> dict[str, list[dict[str, Any]]]:
    """Return rows for every table, parents first; users are there already."""
    return {
        "orchestrator_decisions": [
            {
                "id": 1,
                "orchestrator": "Ä 🙂",
                "decision": "a ",
                "reason": "x\n" * 40_000,
                "options": _JSON,
                "confidence": math.nan,
                "trace_id": _TRACE,
                "at": _NOW,
                "user_id": uuid.UUID(int=1),
            },
            {
                "id": 7,
                "orchestrator": "ä 🙂",
                "decision": "A",
                "reason": None,
                "options": None,
                "confidence": None,
                "trace_id": None,
                "at": _NOW,
                "user_id": None,
            },
        ],
        "agent_invocations": [
            {
                "id": key,
                "agent": agent,
                "input_digest": "ab" * 64,
                "output_digest": None,
                "input_tokens": tokens,
                "output_tokens": 0,
                "cost": cost,
                "latency": latency,
                "status": status,
                "error": error,
                "trace_id": _TRACE,
                "at": _NOW,
                "user_id": uuid.UUID(int=1),
            }
            for key, agent, tokens, cost, latency, status, error in (
                (1, "a", 2**60, 1e-9, math.nan, "ok", None),
                (2, "A", None, 9e9, math.inf, "error", "🙂\r\n"),
                (3, "á", 0, None, None, "ok", ""),
            )
        ],
        "performance_metrics": [
            {
                "id": 3,
                "name": "m",
                "value": math.nan,
                "unit": "B/s",
                "tags": _JSON,
                "at": _NOW,
                "user_id": None,
            },
            {
                "id": 4,
                "name": "M",
                "value": -0.0,
                "unit": None,
                "tags": None,
                "at": datetime(1, 1, 1, tzinfo=UTC),
                "user_id": uuid.UUID("018f0000-0000-7000-8000-0000000000ff"),
            },
        ],
        "trace_events": [
            {
                "id": 5,
                "trace_id": _TRACE,
                "span_id": _SPAN,
                "parent_span_id": "00f067aa0ba902b7",
                "name": "GET /ä 🙂",
                "kind": "server",
                "start": _NOW,
                "start_ns": 999,
                "end": _NOW,
                "end_ns": 0,
                "status": "error",
                "status_message": "%s :x \\ '",
                "attributes": _JSON,
                "events": [_JSON],
                "links": [],
                "resource": {},
                "scope": "s",
                "user_id": uuid.UUID(int=1),
            },
            {
                "id": 6,
                "trace_id": _TRACE,
                "span_id": "00f067aa0ba902b7",
                "parent_span_id": None,
                "name": "n",
                "kind": "internal",
                "start": _NOW,
                "start_ns": 0,
                "end": _NOW,
                "end_ns": 1,
                "status": "unset",
                "status_message": None,
                "attributes": None,
                "events": None,
                "links": None,
                "resource": None,
                "scope": None,
                "user_id": None,
            },
        ],
    }
