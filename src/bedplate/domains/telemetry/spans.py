"""OpenTelemetry's spans as rows of trace_events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bedplate.domains.telemetry.models import NAME_LENGTH
from bedplate.domains.telemetry.portable import portable, portable_text

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext

__all__ = ["USER_ATTRIBUTE", "moment_of", "row_of"]

USER_ATTRIBUTE = "user.id"
"""OpenTelemetry's name of the attribute that says whose request it is."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNNAMED = "(unnamed)"


def moment_of(nanoseconds: int) -> tuple[datetime, int]:
    """Return a moment to the microsecond, and the nanoseconds after it, 0 to 999."""
    microseconds, rest = divmod(nanoseconds, 1_000)
    return _EPOCH + timedelta(microseconds=microseconds), rest


def row_of(span: ReadableSpan) -> dict[str, Any]:
    """Return a span that has ended as a row; nothing in it can be refused."""
    context, parent = span.get_span_context(), span.parent
    start, start_ns = moment_of(span.start_time or 0)
    end, end_ns = moment_of(span.end_time or span.start_time or 0)
    message = span.status.description
    scope = span.instrumentation_scope
    return {
        **_ids(context),
        "parent_span_id": None if parent is None else f"{parent.span_id:016x}",
        "name": _name(span.name) or _UNNAMED,
        "kind": span.kind.name.lower(),
        "start": start,
        "start_ns": start_ns,
        "end": end,
        "end_ns": end_ns,
        "status": span.status.status_code.name.lower(),
        "status_message": None if message is None else portable(message),
        "attributes": portable(span.attributes or {}),
        "events": [_event(event) for event in span.events],
        "links": [
            _ids(link.context) | {"attributes": portable(link.attributes or {})}
            for link in span.links
        ],
        "resource": portable(span.resource.attributes),
        "scope": None if scope is None else _name(scope.name),
        "user_id": _user(span.attributes or {}),
    }


def _ids(context: SpanContext | None) -> dict[str, Any]:
    if context is None:
        return {}
    return {
        "trace_id": f"{context.trace_id:032x}",
        "span_id": f"{context.span_id:016x}",
    }


def _name(text: str) -> str:
    return portable_text(str(text), NAME_LENGTH).strip()


def _event(event: Any) -> dict[str, Any]:
    return {
        "name": portable(event.name),
        "time_unix_nano": event.timestamp,
        "attributes": portable(event.attributes or {}),
    }


def _user(attributes: Mapping[str, Any]) -> UUID | None:
    """Return whose request it was, where that is one of our ids."""
    try:
        return UUID(str(attributes.get(USER_ATTRIBUTE)))
    except ValueError:
        return None
