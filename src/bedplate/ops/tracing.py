"""OpenTelemetry spans of every statement, by its own instrumentation of SQLAlchemy.

Needs the extra `otel`. Only the engines of one database are instrumented: nothing is
patched, and no other engine of the program is touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    from opentelemetry.instrumentation.sqlalchemy.engine import EngineTracer
    from opentelemetry.metrics import get_meter
    from opentelemetry.trace import get_tracer
except ImportError as error:
    raise ImportError(
        "bedplate.ops.tracing needs OpenTelemetry: pip install 'bedplate[otel]'"
    ) from error

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    from bedplate.face import Face

__all__ = ["trace"]

_USAGE = "db.client.connections.usage"
"""The name that OpenTelemetry's conventions give to connections by their state."""


def trace(
    database: Face,
    *,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
) -> None:
    """Make a span of every statement from now on; call it once a database.

    A span names the statement, never its values. The connections of the pool are
    measured as `db.client.connections.usage`. The providers are the global ones where
    none are given.
    """
    tracer = get_tracer(__name__, tracer_provider=tracer_provider)
    meter = get_meter(__name__, meter_provider=meter_provider)
    usage = meter.create_up_down_counter(
        _USAGE, "connections", "Connections of the pool by their state."
    )
    for engine in database.engines():
        EngineTracer(tracer, engine, usage)  # type: ignore[no-untyped-call]  # it has no types
