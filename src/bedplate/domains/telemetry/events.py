"""Spans, each written once, and the traces they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from bedplate.domains.telemetry import values
from bedplate.domains.telemetry.models import SpanKind, SpanStatus, TraceEvent
from bedplate.domains.telemetry.paging import newest_first
from bedplate.repository import DomainRepository, reads

__all__ = ["TraceEvents"]

_KEYS = ("trace_id", "span_id")

_CHECKS = {
    "trace_id": values.trace_id,
    "span_id": values.span_id,
    "parent_span_id": values.span_id,
    "name": values.filled,
    "kind": values.one_of(SpanKind),
    "status": values.one_of(SpanStatus),
    "start_ns": values.whole(999),
    "end_ns": values.whole(999),
}


class TraceEvents(DomainRepository):
    """Spans by trace, name and status."""

    def record_event(
        self,
        trace_id: str,
        span_id: str,
        name: str,
        start: datetime,
        end: datetime,
        *,
        parent_span_id: str | None = None,
        kind: str = SpanKind.INTERNAL.value,
        start_ns: int = 0,
        end_ns: int = 0,
        status: str = SpanStatus.UNSET.value,
        status_message: str | None = None,
        attributes: dict[str, Any] | None = None,
        events: Sequence[Mapping[str, Any]] | None = None,
        links: Sequence[Mapping[str, Any]] | None = None,
        resource: dict[str, Any] | None = None,
        scope: str | None = None,
        user_id: UUID | None = None,
    ) -> TraceEvent:
        """Record a span that has ended; one that is there already stays as it is.

        The ids are hexadecimal in lower case. `start_ns` and `end_ns` are nanoseconds,
        0 to 999, after the microseconds of `start` and `end`.

        Raises:
            InvalidValueError: A value cannot be stored.
            ReferenceFailedError: There is no such user.
        """
        given = {
            "trace_id": trace_id,
            "span_id": span_id,
            "parent_span_id": parent_span_id,
            "name": name,
            "kind": kind,
            "start": start,
            "start_ns": start_ns,
            "end": end,
            "end_ns": end_ns,
            "status": status,
            "status_message": status_message,
            "attributes": attributes,
            "events": events,
            "links": links,
            "resource": resource,
            "scope": scope,
            "user_id": user_id,
        }
        self.record_events([given])
        found = sa.select(TraceEvent).where(
            TraceEvent.trace_id == trace_id, TraceEvent.span_id == span_id
        )
        return self.session.scalars(found).one()

    def record_events(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Record many spans at once; return how many were given.

        Those that are there already stay as they are.
        """
        events = self.of(TraceEvent)
        # In the order of the key: writers of the same spans do not deadlock.
        ordered = sorted(map(_row, rows), key=itemgetter(*_KEYS))
        return events.upsert_many(ordered, keys=_KEYS, update=())

    @reads
    def list_events(
        self,
        trace_id: str | None = None,
        name: str | None = None,
        status: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        before: int | None = None,
    ) -> Sequence[TraceEvent]:
        """Return spans, the last written first; `before` is the last id seen.

        `since` and `until` are about their start.
        """
        model = TraceEvent
        if status is not None:
            _CHECKS["status"](status, "status")
        statement = sa.select(model).where(*values.when(model.start, since, until))
        wanted = {model.trace_id: trace_id, model.name: name, model.status: status}
        return self._page(newest_first(statement, model.id, wanted, before), limit)

    @reads
    def get_trace(self, trace_id: str) -> Sequence[TraceEvent]:
        """Return the spans of a trace by their start, a parent before its children."""
        values.trace_id(trace_id, "trace_id")
        found = self._all(sa.select(TraceEvent).where(TraceEvent.trace_id == trace_id))
        depth = _depths(found)
        return sorted(
            found, key=lambda e: (e.start, e.start_ns, depth[e.span_id], e.span_id)
        )


def _row(given: Mapping[str, Any]) -> dict[str, Any]:
    return values.complete(TraceEvent, given, _CHECKS)


def _depths(events: Iterable[TraceEvent]) -> dict[str, int]:
    """Return how many ancestors each span has in its trace."""
    parents = {event.span_id: event.parent_span_id for event in events}
    depths: dict[str, int] = {}
    for span_id in parents:
        path: dict[str, None] = {}
        above: str | None = span_id
        # Ids come from outside: two spans may well name each other as parent.
        while above in parents and above not in depths and above not in path:
            path[above] = None
            above = parents[above]
        depth = depths.get(above, -1) if above is not None else -1
        for below in reversed(path):
            depth += 1
            depths[below] = depth
    return depths
