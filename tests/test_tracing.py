from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bedplate import AsyncDatabase, Database, TrainingRepository
from bedplate.errors import BedplateError
from bedplate.ops.tracing import trace


@pytest.fixture
def provider(kept: InMemorySpanExporter) -> TracerProvider:
    found = TracerProvider()
    found.add_span_processor(SimpleSpanProcessor(kept))
    return found


@pytest.fixture
def kept() -> InMemorySpanExporter:
    return InMemorySpanExporter()


def statements(kept: InMemorySpanExporter) -> list[str]:
    spans = kept.get_finished_spans()
    return [str((span.attributes or {})["db.statement"]) for span in spans]


def test_every_statement_is_a_span(
    database: Database, provider: TracerProvider, kept: InMemorySpanExporter
) -> None:
    trace(database, tracer_provider=provider)
    training = database.repository(TrainingRepository)
    training.create_neural_config("a_secret", {})
    training.get_neural_config(1)
    told = statements(kept)
    assert any(text.startswith("INSERT INTO neural") for text in told)
    assert any(text.startswith("SELECT neural") for text in told)
    assert "a_secret" not in str(told)
    with pytest.raises(BedplateError), database.transaction() as session:
        session.execute(sa.text("SELECT nothing FROM nowhere"))
    assert not kept.get_finished_spans()[-1].status.is_ok


@pytest.mark.databases("sqlite", "mysql")
def test_an_event_loop_is_traced(
    database_url: str, provider: TracerProvider, kept: InMemorySpanExporter
) -> None:
    reader = InMemoryMetricReader()

    async def main() -> None:
        async with AsyncDatabase(database_url) as database:
            meters = MeterProvider([reader])
            trace(database, tracer_provider=provider, meter_provider=meters)
            async with database.transaction() as session:
                await session.execute(sa.text("SELECT 42 AS answer"))
            meters.shutdown()

    asyncio.run(main())
    assert "SELECT 42 AS answer" in statements(kept)
