"""A small pipeline, traced into the database and summed up from it.

    python examples/traced_pipeline.py            # SQLite, or what DB_TYPE names
    python examples/traced_pipeline.py URL        # a database of its own

An orchestrator sends questions to one of two agents, from several threads. Its spans go
through DatabaseSpanExporter, its decisions and calls through TelemetryRepository; what
is printed is read from the database. Times are not printed, and latencies are made up,
so the output is the same on every database. It needs the extra `otel`.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Status, StatusCode, Tracer, format_trace_id

from bedplate import Database, TelemetryRepository
from bedplate.domains.telemetry.exporter import DatabaseSpanExporter

if TYPE_CHECKING:
    from bedplate.domains.telemetry import TraceEvent

DAY = datetime(2024, 2, 29, tzinfo=UTC)
QUESTIONS = [f"question {number}" for number in range(1, 25)]
THREADS = 4


def ask(number: int, tracer: Tracer, telemetry: TelemetryRepository) -> str:
    """Answer one question; return the id of its trace."""
    question = QUESTIONS[number]
    agent = "summarizer" if number % 3 else "researcher"
    fails = number % 8 == 7
    with tracer.start_as_current_span("pipeline", attributes={"n": number}) as root:
        trace_id = format_trace_id(root.get_span_context().trace_id)
        telemetry.record_decision(
            orchestrator="router",
            decision=agent,
            reason="every third question needs sources",
            options=["researcher", "summarizer"],
            trace_id=trace_id,
            at=DAY + timedelta(minutes=10 * number),
        )
        with tracer.start_as_current_span("retrieve") as span:
            span.add_event("found", {"documents": number % 5})
        with tracer.start_as_current_span(f"agent {agent}") as span:
            if fails:
                span.set_status(Status(StatusCode.ERROR, "the model timed out"))
        telemetry.record_invocation(
            agent=agent,
            input_digest=hashlib.sha256(question.encode()).hexdigest(),
            input_tokens=100 + number,
            output_tokens=0 if fails else 10 * number,
            cost=0.0005 * (number + 1),
            latency=0.25 * (number % 7 + 1),
            status="error" if fails else "ok",
            error="the model timed out" if fails else None,
            trace_id=trace_id,
            at=DAY + timedelta(minutes=10 * number),
        )
    return trace_id


def run(database: Database) -> list[str]:
    """Run the pipeline, traced; return the ids of its traces."""
    telemetry = database.repository(TelemetryRepository)
    exporter = DatabaseSpanExporter(database)
    provider = TracerProvider(resource=Resource({"service.name": "traced-pipeline"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("traced_pipeline")
    with ThreadPoolExecutor(THREADS) as pool:
        numbers = range(len(QUESTIONS))
        traces = list(pool.map(lambda number: ask(number, tracer, telemetry), numbers))
    provider.shutdown()
    print(f"spans: {exporter.written} written, {exporter.dropped} dropped")
    return traces


def tree(events: list[TraceEvent]) -> Iterator[str]:
    """Yield the spans of a trace, each below its parent."""
    depths: dict[str | None, int] = {None: -1}
    for event in events:
        depths[event.span_id] = depth = depths[event.parent_span_id] + 1
        yield f"  {'  ' * depth}{event.name} ({event.status})"


def report(telemetry: TelemetryRepository, traces: list[str]) -> None:
    """Print what the database knows of the run."""
    print("the trace of question 8:")
    print("\n".join(tree(list(telemetry.get_trace(traces[7])))))
    chosen = Counter(decision.decision for decision in telemetry.list_decisions())
    print("decisions:", ", ".join(f"{n} {name}" for name, n in sorted(chosen.items())))
    for agent in telemetry.summarize_agents():
        print(
            f"{agent.agent}: {agent.count} calls, {agent.error_rate:.1%} failed, "
            f"p50 {agent.p50} s, p95 {agent.p95} s, p99 {agent.p99} s, "
            f"{agent.input_tokens} + {agent.output_tokens} tokens, cost {agent.cost}"
        )
    for hour in telemetry.summarize_invocations(timedelta(hours=1)):
        print(
            f"{hour.start:%H:%M}: {hour.count} calls, {hour.errors} failed, "
            f"p95 {hour.p95} s, cost {hour.cost}"
        )


def main(arguments: list[str]) -> None:
    """Run the pipeline on the database that is named, or on the environment's."""
    with Database(arguments[0] if arguments else None) as database:
        database.upgrade()
        traces = run(database)
        report(database.repository(TelemetryRepository), traces)


if __name__ == "__main__":
    main(sys.argv[1:])
