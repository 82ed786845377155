"""Measured values: accuracy, loss, bits per character, whatever a run reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bedplate.domains.training.models import AccuracyMetric
from bedplate.errors import InvalidValueError
from bedplate.repository import DomainRepository, reads
from bedplate.types import Double, is_number

__all__ = ["AccuracyMetrics", "MetricSummary"]

_LARGEST = 1.7e308
"""Values beyond are infinite, or so large that their mean would be."""

_OPTIONAL = frozenset(
    ("step", "metadata", "metadata_", "model_checkpoint_id", "training_job_id")
)


@dataclass(frozen=True)
class MetricSummary:
    """What the values of one metric amount to.

    Attributes:
        count: How many values there are, NaN included.
        minimum: The smallest, NaN aside; None where all are NaN.
        maximum: The largest, NaN aside.
        mean: The mean of the finite ones; None where none is.
        latest: The value written last, NaN or not.
    """

    count: int
    minimum: float | None
    maximum: float | None
    mean: float | None
    latest: float


class AccuracyMetrics(DomainRepository):
    """Values by metric, checkpoint and job."""

    def record_accuracy(
        self,
        metric_type: str,
        value: float,
        metadata: dict[str, Any] | None = None,
        checkpoint_id: int | None = None,
        step: int | None = None,
        training_job_id: int | None = None,
    ) -> AccuracyMetric:
        """Record one value; NaN and infinities are kept.

        Raises:
            ReferenceFailedError: There is no such checkpoint or job.
        """
        metric = AccuracyMetric(
            metric_type=metric_type,
            value=value,
            metadata_=metadata,
            model_checkpoint_id=checkpoint_id,
            step=step,
            training_job_id=training_job_id,
        )
        return self.of(AccuracyMetric).add(metric)

    def record_metrics(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Record many values at once; return how many.

        Args:
            rows: Mappings with metric_type and value, and if wanted step, metadata,
                checkpoint_id (or model_checkpoint_id), training_job_id, created_at.
        """
        return self.of(AccuracyMetric)._add_rows(map(_row, rows), _OPTIONAL)

    @reads
    def get_accuracy_metrics(
        self,
        metric_type: str | None = None,
        checkpoint_id: int | None = None,
        limit: int = 100,
        training_job_id: int | None = None,
        before: int | None = None,
    ) -> Sequence[AccuracyMetric]:
        """Return values, the newest first; `before` is the last id seen."""
        wanted = {
            AccuracyMetric.metric_type: metric_type,
            AccuracyMetric.model_checkpoint_id: checkpoint_id,
            AccuracyMetric.training_job_id: training_job_id,
        }
        statement = sa.select(AccuracyMetric).order_by(AccuracyMetric.id.desc())
        for column, value in wanted.items():
            if value is not None:
                statement = statement.where(column == value)
        if before is not None:
            statement = statement.where(AccuracyMetric.id < before)
        return self._page(statement, limit)

    @reads
    def get_accuracy_summary(
        self, training_job_id: int | None = None
    ) -> dict[str, MetricSummary]:
        """Return what the values of each metric amount to, by metric."""
        grouped = _summary(training_job_id)
        latest = sa.select(AccuracyMetric.id, AccuracyMetric.value)
        found = {}
        for metric, count, low, high, mean, newest in self.session.execute(grouped):
            last = self.session.execute(latest.where(AccuracyMetric.id == newest)).one()
            found[metric] = MetricSummary(count, low, high, mean, last.value)
        return found


def _summary(training_job_id: int | None) -> sa.Select[Any]:
    value = AccuracyMetric.value
    number = sa.case((is_number(value), value), else_=None)
    finite = sa.case((value.between(-_LARGEST, _LARGEST), value), else_=None)
    statement = sa.select(
        AccuracyMetric.metric_type,
        sa.func.count(),
        sa.type_coerce(sa.func.min(number), Double()),
        sa.type_coerce(sa.func.max(number), Double()),
        sa.type_coerce(sa.func.avg(finite), Double()),
        sa.func.max(AccuracyMetric.id),
    ).group_by(AccuracyMetric.metric_type)
    if training_job_id is not None:
        statement = statement.where(AccuracyMetric.training_job_id == training_job_id)
    return statement.order_by(AccuracyMetric.metric_type)


def _row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    if "metric_type" not in row or row.get("value") is None:
        raise InvalidValueError(f"needs a metric_type and a value, not {dict(row)!r}")
    if "checkpoint_id" not in row:
        return row
    renamed = dict(row)
    renamed["model_checkpoint_id"] = renamed.pop("checkpoint_id")
    return renamed
