"""Measure telemetry: writing rows, summing them up, and what a span costs.

    python benchmarks/telemetry.py --rows 100000 postgresql://user@host/empty

The database is migrated, filled and left as it is; it should be a new one. The rows
are made up and always the same: 20 agents, latencies of a log-normal distribution, a
week of calls. Each summary is timed five times, and the median is shown.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from bedplate import Database, TelemetryRepository
from bedplate.domains.telemetry.exporter import DatabaseSpanExporter

BEGIN = datetime(2024, 2, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
DAY = timedelta(days=1)
SPANS = 20_000


def calls(count: int) -> Iterator[dict[str, Any]]:
    """Yield made-up calls."""
    chance = random.Random(1)  # made up, but always the same
    for number in range(count):
        yield {
            "agent": f"agent {chance.randrange(20)}",
            "input_digest": f"{chance.getrandbits(256):064x}",
            "output_digest": f"{chance.getrandbits(256):064x}",
            "input_tokens": chance.randrange(8_000),
            "output_tokens": chance.randrange(1_000),
            "cost": chance.randrange(10**8) / 10**9,
            "latency": chance.lognormvariate(0, 1),
            "status": "error" if chance.random() < 0.05 else "ok",
            "trace_id": f"{number + 1:032x}",
            "at": BEGIN + WEEK * chance.random(),
        }


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long the block took."""
    started = time.perf_counter()
    yield
    print(f"{what:46} {time.perf_counter() - started:8.3f} s", flush=True)


def median(what: str, work: Callable[[], object]) -> None:
    """Print how long the work takes, the median of five."""
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    print(f"{what:46} {statistics.median(taken):8.3f} s", flush=True)


def summaries(telemetry: TelemetryRepository, rows: int) -> None:
    """Fill the tables, and time each summary."""
    made = list(calls(rows))
    with timed(f"record_invocations, {rows:,} rows"):
        telemetry.record_invocations(made)
    with timed(f"record_metrics, {rows:,} rows"):
        telemetry.record_metrics(
            {"name": "latency", "value": call["latency"], "at": call["at"]}
            for call in made
        )
    middle = BEGIN + 3 * DAY
    hour = timedelta(hours=1)
    median("summarize_agents, all", telemetry.summarize_agents)
    median(
        "summarize_agents, one day",
        lambda: telemetry.summarize_agents(middle, middle + DAY),
    )
    median(
        "summarize_invocations by the hour, all",
        lambda: telemetry.summarize_invocations(hour),
    )
    median(
        "summarize_invocations by the hour, one day",
        lambda: telemetry.summarize_invocations(hour, middle, middle + DAY),
    )
    median(
        "summarize_metrics by the hour, all",
        lambda: telemetry.summarize_metrics("latency", hour),
    )
    median(
        "list_invocations, one agent, 100",
        lambda: telemetry.list_invocations("agent 7"),
    )


def spans(database: Database) -> None:
    """Time what a span costs the program, and how fast spans are written."""
    for name, exporter in (
        ("without exporter", None),
        ("with the exporter", DatabaseSpanExporter(database, queue_size=2 * SPANS)),
    ):
        provider = TracerProvider(shutdown_on_exit=False)
        if exporter is not None:
            provider.add_span_processor(SimpleSpanProcessor(exporter))
        tracer = provider.get_tracer("benchmark")
        started = time.perf_counter()
        for number in range(SPANS):
            with tracer.start_as_current_span("span", attributes={"n": number}):
                pass
        cost = (time.perf_counter() - started) / SPANS
        print(f"{'a span, ' + name:46} {cost * 1e6:8.1f} us")
        provider.shutdown()
        if exporter is not None:
            rate = exporter.written / (time.perf_counter() - started)
            print(f"{'spans written a second':46} {rate:8,.0f}")


def main() -> None:
    """Measure one database."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("url")
    parser.add_argument("--rows", type=int, default=100_000)
    arguments = parser.parse_args()
    with Database(arguments.url) as database:
        database.upgrade()
        summaries(database.repository(TelemetryRepository), arguments.rows)
        spans(database)


if __name__ == "__main__":
    main()
