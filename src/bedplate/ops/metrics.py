"""The meters of one database, and what they tell."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING

from bedplate.ops.pool_metrics import PoolMeter, PoolMetrics, pool_metrics
from bedplate.ops.query_metrics import QueryMeter, QueryMetrics
from bedplate.ops.slow_log import log_slow
from bedplate.ops.snapshots import (
    REPLICA,
    Publisher,
    Snapshot,
    merged,
    others,
    snapshot,
)
from bedplate.translation import place

if TYPE_CHECKING:
    from bedplate.engine import Engines
    from bedplate.replicas import Replicas

__all__ = ["Metrics"]

_living: weakref.WeakSet[Metrics] = weakref.WeakSet()


def _forget() -> None:
    for metrics in list(_living):
        metrics.forget()


os.register_at_fork(after_in_child=_forget)


class Metrics:
    """Counts what the pools and the statements of a database do, from now on."""

    def __init__(self, engines: Engines, replicas: Replicas | None = None) -> None:
        settings = engines.settings
        names = ("pool",) if len(engines.pools) == 1 else ("writer", "reader")
        self._pools = [
            PoolMeter(engine, name)
            for engine, name in zip(engines.pools, names, strict=True)
        ]
        self._queries = QueryMeter(
            settings.slow_query_ms / 1e3, log_slow, engines.dialect.text_literal
        )
        engines.observe(self._queries)
        for replica in replicas.all if replicas is not None else ():
            meter = PoolMeter(replica.engines.writer, f"{REPLICA}{replica.name}")
            self._pools.append(meter)
            replica.engines.observe(self._queries)
        self._place = place(settings)
        folder = settings.metrics_dir
        self._publisher = (
            Publisher(folder, self._place, self._snapshot) if folder else None
        )
        _living.add(self)

    def pools(self, longer_than: float) -> PoolMetrics:
        """Return what the pools do; holders of so many seconds are told singly."""
        return pool_metrics(self._pools, longer_than)

    def queries(self) -> QueryMetrics:
        """Return what the statements have cost."""
        return self._queries.metrics()

    def snapshot(self) -> Snapshot:
        """Return what all processes count that share DB_METRICS_DIR, or this alone."""
        publisher = self._publisher
        known = others(publisher.file, self._place) if publisher is not None else ()
        return merged([self._snapshot(), *known])

    def _snapshot(self) -> Snapshot:
        return snapshot(self.pools(longer_than=float("inf")), self.queries())

    def reset(self) -> None:
        """Begin to count anew."""
        for meter in self._pools:
            meter.reset()
        self._queries.reset()

    def forget(self) -> None:
        """Begin anew in a forked child."""
        for meter in self._pools:
            meter.forget()
        self._queries.reset()
        if self._publisher is not None:
            self._publisher.start()
