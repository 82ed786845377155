"""TelemetryRepository: all of the telemetry domain in one place."""

from __future__ import annotations

from bedplate.domains.telemetry.decisions import OrchestratorDecisions
from bedplate.domains.telemetry.events import TraceEvents
from bedplate.domains.telemetry.invocations import AgentInvocations
from bedplate.domains.telemetry.metrics import PerformanceMetrics
from bedplate.domains.telemetry.summaries import Summaries

__all__ = ["TelemetryRepository"]


class TelemetryRepository(
    OrchestratorDecisions, AgentInvocations, PerformanceMetrics, TraceEvents, Summaries
):
    """Decisions, invocations, metrics, trace events, and what they amount to.

    Each aggregate has a module of its own; the general methods of a single table are
    at `telemetry.of(TraceEvent)` and its like.
    """
