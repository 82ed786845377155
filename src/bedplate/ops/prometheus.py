"""What Prometheus scrapes: a registry of a database's own, in its text format.

Needs the extra `prometheus`. Nothing is registered globally: an application may serve
this text alone, or add `collector(db)` to a registry that it has already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

try:
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
    )
    from prometheus_client.exposition import CONTENT_TYPE_LATEST
    from prometheus_client.registry import Collector
except ImportError as error:
    raise ImportError(
        "bedplate.ops.prometheus needs prometheus-client: "
        "pip install 'bedplate[prometheus]'"
    ) from error

from bedplate.ops.snapshots import LIMITS, Snapshot

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from bedplate.face import Face

__all__ = ["CONTENT_TYPE", "collector", "prometheus_text"]

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""The Content-Type of what prometheus_text() returns."""

_ABOUT = {
    "size": "Connections the pool keeps open.",
    "max_overflow": "Further connections it opens under load.",
    "checked_out": "Connections in use.",
    "idle": "Connections open and unused.",
    "overflow": "Connections above the pool's size.",
    "waiting": "Threads or tasks that wait for a connection.",
    "checkouts": "How often a connection was taken.",
    "reused": "How often that was one that had been open before.",
    "created": "Connections opened.",
    "closed": "Connections closed.",
    "invalidated": "Connections found broken, or given up.",
    "failed_health_checks": "Idle connections that no longer answered.",
    "timeouts": "How often somebody waited for a connection in vain.",
    "wait_seconds": "How long a checkout waited for a connection.",
    "hold_seconds": "How long connections were in use.",
    "errors": "Statements that failed.",
    "rows": "Rows returned or changed.",
    "slow": "Statements that took DB_SLOW_QUERY_MS or longer.",
    "seconds": "How long statements took.",
}


def prometheus_text(database: Face) -> str:
    """Return the metrics of a database in Prometheus' text format.

    Where DB_METRICS_DIR is set they are those of all processes that share the folder.
    """
    registry = CollectorRegistry()
    registry.register(collector(database))
    return generate_latest(registry).decode()


def collector(database: Face) -> Collector:
    """Return what gives the metrics of a database to a registry."""
    return _Collector(database)


class _Collector(Collector):
    def __init__(self, database: Face) -> None:
        self._database = database

    def describe(self) -> Iterable[Metric]:
        return ()  # so that registering asks for no values

    def collect(self) -> Iterator[Metric]:
        found = self._database.metrics_snapshot()
        yield from _families("pool", found["pools"], ["pool"])
        yield from _families("query", {"": found["queries"]}, [])


def _families(
    subject: str, parts: Mapping[str, Snapshot], labels: list[str]
) -> Iterator[Metric]:
    """Yield a family for each name, with a sample for each part."""
    kinds: dict[str, Any] = {
        "gauges": GaugeMetricFamily,
        "counters": CounterMetricFamily,
        "histograms": HistogramMetricFamily,
    }
    first = next(iter(parts.values()))
    for kind, family_of in kinds.items():
        for name in first.get(kind, ()):
            title = f"bedplate_{subject}_{name}"
            family = family_of(title, _ABOUT[name], labels=labels)
            for label, part in parts.items():
                _add(family, [label] if labels else [], part[kind][name])
            yield family


def _add(family: Any, labels: list[str], value: Any) -> None:
    if isinstance(value, dict):
        bounds = [*map(str, LIMITS), "+Inf"]
        buckets = [*zip(bounds, map(float, value["counts"]), strict=True)]
        family.add_metric(labels, buckets, value["total"])
    else:
        family.add_metric(labels, value)
