"""Telemetry: what agents decided, called and cost, and the spans around it."""

from __future__ import annotations

from bedplate.domains.telemetry.models import (
    AgentInvocation,
    InvocationStatus,
    OrchestratorDecision,
    PerformanceMetric,
    SpanKind,
    SpanStatus,
    TraceEvent,
)
from bedplate.domains.telemetry.repository import TelemetryRepository
from bedplate.domains.telemetry.summaries import (
    AgentSummary,
    InvocationBucket,
    MetricBucket,
)

__all__ = [
    "AgentInvocation",
    "AgentSummary",
    "InvocationBucket",
    "InvocationStatus",
    "MetricBucket",
    "OrchestratorDecision",
    "PerformanceMetric",
    "SpanKind",
    "SpanStatus",
    "TelemetryRepository",
    "TraceEvent",
]
