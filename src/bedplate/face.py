"""What the synchronous and the asynchronous face share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bedplate.errors import ConnectionFailedError
from bedplate.ops.metrics import Metrics
from bedplate.replicated import Replicated
from bedplate.session import Retry, Scope
from bedplate.translation import place

if TYPE_CHECKING:
    import sqlalchemy as sa

    from bedplate.engine import Engines
    from bedplate.ops.health import Health
    from bedplate.ops.monitor import HealthMonitor
    from bedplate.ops.pool_advice import PoolAdvice
    from bedplate.ops.pool_metrics import PoolMetrics
    from bedplate.ops.query_metrics import QueryMetrics
    from bedplate.ops.snapshots import Snapshot
    from bedplate.settings import Settings

__all__ = ["Face"]


class Face(Replicated):
    """What both faces share: settings, engines, and what they say of themselves."""

    def __init__(self, engines: Engines, retry: Retry | None = None) -> None:
        self._engines = engines
        super().__init__(engines)
        self._scope = Scope(engines, retry or Retry(), _refuse_misfit, self._replicas)
        self._metrics = Metrics(engines, self._replicas)

    @property
    def settings(self) -> Settings:
        """What this database was opened with."""
        return self._engines.settings

    def pool_metrics(self, *, longer_than: float = 5.0) -> PoolMetrics:
        """Return what the pool does: who holds connections, who waits, for how long.

        Those who have held one for `longer_than` seconds are told one by one, each
        with the stack that took it. It costs nothing to speak of, and asks nobody.
        """
        return self._metrics.pools(longer_than)

    def query_metrics(self) -> QueryMetrics:
        """Return what statements have cost, together and by shape."""
        return self._metrics.queries()

    def metrics_snapshot(self) -> Snapshot:
        """Return the counts for Prometheus, of all who share DB_METRICS_DIR."""
        return self._metrics.snapshot()

    def reset_metrics(self) -> None:
        """Begin to count anew; each slow shape is logged once more."""
        self._metrics.reset()

    def monitor(
        self,
        *,
        interval: float = 15.0,
        on_change: Callable[[Health], None] | None = None,
    ) -> HealthMonitor:
        """Return what looks at the database every `interval` seconds, once started.

        `on_change` is called, in its thread, with each health whose status is new.
        """
        from bedplate.ops import health
        from bedplate.ops.monitor import HealthMonitor

        def look() -> Health:
            return health.look(
                self._engines, self.pool_metrics, self._health_of_replicas
            )

        return HealthMonitor(look, interval, on_change)

    def _advice(self, found: Health, processes: int) -> PoolAdvice:
        from bedplate.ops import pool_advice

        if found.status == "unreachable":
            raise ConnectionFailedError(found.message)
        settings = self.settings
        now = (settings.pool_size, settings.max_overflow) if settings.pooled else None
        demand = pool_advice.demand_of(self.metrics_snapshot())
        return pool_advice.advise(found, now, processes, demand)

    def _told(self) -> dict[str, Any]:
        """Return what test_connection() says before it knows better."""
        settings = self.settings
        return {
            "status": "ok",
            "message": f"connected to {place(settings)}",
            "database": self._engines.dialect.name,
            "version": None,
            "host": None if settings.port is None else settings.host,
            "port": settings.port,
        }

    def __repr__(self) -> str:
        kind = self._engines.dialect.name
        return f"{type(self).__name__}({kind}, {place(self.settings)})"


def _refuse_misfit(connection: sa.Connection) -> None:
    from bedplate.ops import fit

    fit.refuse_misfit(connection)
