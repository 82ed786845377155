"""Tables of the telemetry domain."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bedplate.base import Base, Keyed, utcnow
from bedplate.dialects import table_options
from bedplate.domains.telemetry.cost import Cost
from bedplate.domains.users import of_user
from bedplate.types import (
    CodeText,
    Double,
    JSONDocument,
    LongText,
    UTCDateTime,
    WholeNumber,
)

__all__ = [
    "NAME_LENGTH",
    "SPAN_ID_LENGTH",
    "TRACE_ID_LENGTH",
    "AgentInvocation",
    "InvocationStatus",
    "OrchestratorDecision",
    "PerformanceMetric",
    "SpanKind",
    "SpanStatus",
    "TraceEvent",
]

NAME_LENGTH = 255
DIGEST_LENGTH = 128
"""Hexadecimal digits of SHA-512, the longest digest in use."""

TRACE_ID_LENGTH = 32
SPAN_ID_LENGTH = 16
"""Hexadecimal digits of OpenTelemetry's 16 and 8 bytes."""


class InvocationStatus(StrEnum):
    """How a call of an agent ended."""

    OK = "ok"
    ERROR = "error"


class SpanKind(StrEnum):
    """OpenTelemetry's kinds of spans."""

    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class SpanStatus(StrEnum):
    """OpenTelemetry's status of a span; unset means that nothing was said."""

    UNSET = "unset"
    OK = "ok"
    ERROR = "error"


def _at() -> Mapped[datetime]:
    """Return the moment of a row, by which it is summarised and pruned."""
    return mapped_column(UTCDateTime(), default=utcnow, index=True)


def _trace_id() -> Mapped[str | None]:
    """Return a reference to a trace; its spans may come later, or never."""
    return mapped_column(CodeText(TRACE_ID_LENGTH), index=True)


class OrchestratorDecision(Keyed, Base):
    """What an orchestrator chose to do next, and why."""

    __tablename__ = "orchestrator_decisions"
    __table_args__ = (table_options(),)

    orchestrator: Mapped[str] = mapped_column(CodeText(NAME_LENGTH))
    decision: Mapped[str] = mapped_column(CodeText(NAME_LENGTH))
    reason: Mapped[str | None] = mapped_column(LongText())
    options: Mapped[Any | None] = mapped_column(JSONDocument())
    confidence: Mapped[float | None] = mapped_column(Double())
    trace_id: Mapped[str | None] = _trace_id()
    at: Mapped[datetime] = _at()
    user_id: Mapped[UUID | None] = of_user()


class AgentInvocation(Keyed, Base):
    """One call of an agent: what it took, how long, what it cost, how it ended.

    `latency` is in seconds, `cost` in whatever currency the program counts in.
    """

    __tablename__ = "agent_invocations"
    __table_args__ = (
        sa.CheckConstraint("status IN ('ok', 'error')", name="status"),
        sa.CheckConstraint("input_tokens >= 0", name="input_tokens"),
        sa.CheckConstraint("output_tokens >= 0", name="output_tokens"),
        table_options(),
    )

    agent: Mapped[str] = mapped_column(CodeText(NAME_LENGTH))
    input_digest: Mapped[str | None] = mapped_column(CodeText(DIGEST_LENGTH))
    output_digest: Mapped[str | None] = mapped_column(CodeText(DIGEST_LENGTH))
    input_tokens: Mapped[int | None] = mapped_column(WholeNumber())
    output_tokens: Mapped[int | None] = mapped_column(WholeNumber())
    cost: Mapped[float | None] = mapped_column(Cost())
    latency: Mapped[float | None] = mapped_column(Double())
    status: Mapped[str] = mapped_column(CodeText(16), default=InvocationStatus.OK.value)
    error: Mapped[str | None] = mapped_column(LongText())
    trace_id: Mapped[str | None] = _trace_id()
    at: Mapped[datetime] = _at()
    user_id: Mapped[UUID | None] = of_user()


class PerformanceMetric(Keyed, Base):
    """One measured value; `tags` tell what of."""

    __tablename__ = "performance_metrics"
    __table_args__ = (table_options(),)

    name: Mapped[str] = mapped_column(CodeText(NAME_LENGTH))
    value: Mapped[float] = mapped_column(Double())
    unit: Mapped[str | None] = mapped_column(CodeText(64))
    tags: Mapped[dict[str, Any] | None] = mapped_column(JSONDocument())
    at: Mapped[datetime] = _at()
    user_id: Mapped[UUID | None] = of_user()


class TraceEvent(Keyed, Base):
    """A span of a trace, as OpenTelemetry has it.

    OpenTelemetry counts nanoseconds, databases keep microseconds: `start_ns` and
    `end_ns` are the nanoseconds, 0 to 999, that follow the microsecond of `start` and
    `end`. Together they are exact.
    """

    __tablename__ = "trace_events"
    __table_args__ = (
        # A span comes again where the answer to its exporter was lost.
        sa.UniqueConstraint("trace_id", "span_id"),
        sa.CheckConstraint(
            "kind IN ('internal', 'server', 'client', 'producer', 'consumer')",
            name="kind",
        ),
        sa.CheckConstraint("status IN ('unset', 'ok', 'error')", name="status"),
        sa.CheckConstraint("start_ns >= 0 AND start_ns <= 999", name="start_ns"),
        sa.CheckConstraint("end_ns >= 0 AND end_ns <= 999", name="end_ns"),
        table_options(),
    )

    trace_id: Mapped[str] = mapped_column(CodeText(TRACE_ID_LENGTH))
    span_id: Mapped[str] = mapped_column(CodeText(SPAN_ID_LENGTH))
    parent_span_id: Mapped[str | None] = mapped_column(CodeText(SPAN_ID_LENGTH))
    name: Mapped[str] = mapped_column(CodeText(NAME_LENGTH))
    kind: Mapped[str] = mapped_column(CodeText(16), default=SpanKind.INTERNAL.value)
    start: Mapped[datetime] = mapped_column(UTCDateTime(), index=True)
    start_ns: Mapped[int] = mapped_column(WholeNumber(16), default=0)
    end: Mapped[datetime] = mapped_column(UTCDateTime())
    end_ns: Mapped[int] = mapped_column(WholeNumber(16), default=0)
    status: Mapped[str] = mapped_column(CodeText(16), default=SpanStatus.UNSET.value)
    status_message: Mapped[str | None] = mapped_column(LongText())
    attributes: Mapped[dict[str, Any] | None] = mapped_column(JSONDocument())
    events: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONDocument())
    links: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONDocument())
    resource: Mapped[dict[str, Any] | None] = mapped_column(JSONDocument())
    scope: Mapped[str | None] = mapped_column(CodeText(NAME_LENGTH))
    user_id: Mapped[UUID | None] = of_user()


# Lists are paged by id under one name.
sa.Index(None, OrchestratorDecision.orchestrator, OrchestratorDecision.id)
sa.Index(None, AgentInvocation.agent, AgentInvocation.id)
sa.Index(None, PerformanceMetric.name, PerformanceMetric.id)
sa.Index(None, TraceEvent.name, TraceEvent.id)
