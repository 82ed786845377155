"""Measured values by name: whatever a program wants to watch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from bedplate.domains.telemetry import values
from bedplate.domains.telemetry.models import PerformanceMetric
from bedplate.domains.telemetry.paging import newest_first
from bedplate.repository import DomainRepository, reads

__all__ = ["PerformanceMetrics"]

_CHECKS = {"name": values.filled}


class PerformanceMetrics(DomainRepository):
    """Values by name."""

    def record_metric(
        self,
        name: str,
        value: float,
        unit: str | None = None,
        tags: dict[str, Any] | None = None,
        at: datetime | None = None,
        user_id: UUID | None = None,
    ) -> PerformanceMetric:
        """Record one value, measured at `at`, or now; NaN and infinities are kept.

        Raises:
            InvalidValueError: A value cannot be stored, or the name is empty.
            ReferenceFailedError: There is no such user.
        """
        given = {
            "name": name,
            "value": value,
            "unit": unit,
            "tags": tags,
            "at": at,
            "user_id": user_id,
        }
        return self.of(PerformanceMetric).add(PerformanceMetric(**_row(given)))

    def record_metrics(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Record many values at once; return how many."""
        return self.of(PerformanceMetric).add_many(map(_row, rows))

    @reads
    def list_metrics(
        self,
        name: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        before: int | None = None,
    ) -> Sequence[PerformanceMetric]:
        """Return values, the newest first; `before` is the last id seen."""
        model = PerformanceMetric
        statement = sa.select(model).where(*values.when(model.at, since, until))
        wanted = {model.name: name}
        return self._page(newest_first(statement, model.id, wanted, before), limit)


def _row(given: Mapping[str, Any]) -> dict[str, Any]:
    return values.complete(PerformanceMetric, given, _CHECKS)
