"""Measured values: accuracy, loss, bits per character, whatever a run reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import NoneType
from typing import Any

import sqlalchemy as sa

from bedplate.checks import check_whole
from bedplate.domains.training.models import AccuracyMetric
from bedplate.errors import InvalidValueError
from bedplate.repository import Columns, DomainRepository, prepared, reads
from bedplate.types import Double, is_number

__all__ = ["AccuracyMetrics", "MetricCurve", "MetricSummary"]

_LARGEST = 1.7e308
"""Values beyond are infinite, or so large that their mean would be."""

_OTHER_NAMES = {"checkpoint_id": "model_checkpoint_id", "metadata": "metadata_"}
"""What a value may be called as well as by the column's own name."""

_OPTIONAL = frozenset(
    ("step", "training_job_id", *_OTHER_NAMES, *_OTHER_NAMES.values())
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


@dataclass(frozen=True)
class MetricCurve:
    """The values of one metric along a run.

    Attributes:
        steps: Where each was measured; its place in the run where that was not told.
        values: What was measured, NaN and infinities included.
        count: How many there are; the curve may be a part of them.
    """

    steps: Sequence[int]
    values: Sequence[float]
    count: int


class AccuracyMetrics(DomainRepository):
    """Values by metric, checkpoint and job."""

    @prepared
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
        given = {
            "metric_type": metric_type,
            "value": value,
            "metadata_": metadata,
            "model_checkpoint_id": checkpoint_id,
            "step": step,
            "training_job_id": training_job_id,
        }
        return self._way.add(AccuracyMetric, given)

    def record_metrics(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Record many values at once; return how many.

        Args:
            rows: Mappings with metric_type and value, and if wanted step, metadata,
                checkpoint_id (or model_checkpoint_id), training_job_id, created_at.
        """
        return self.of(AccuracyMetric)._add_rows(rows, _OPTIONAL, _ready)

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

    @reads
    def get_accuracy_curves(
        self, training_job_id: int, points: int = 500
    ) -> dict[str, MetricCurve]:
        """Return the values of each metric of a job in the order of their steps.

        Args:
            training_job_id: The job.
            points: How many of each metric at most; of more, every so many is taken,
                and always the last.

        Raises:
            InvalidValueError: `points` is not positive.
        """
        check_whole(points, "points", 1, 1_000_000)
        found: dict[str, MetricCurve] = {}
        rows = self.session.execute(_curves(training_job_id, points))
        for metric, group in groupby(rows, lambda row: row[0]):
            _, steps, values, counts = zip(*group, strict=True)
            found[metric] = MetricCurve(steps, values, counts[0])
        return found


def _curves(training_job_id: int, points: int) -> sa.Select[Any]:
    metric, step = AccuracyMetric.metric_type, AccuracyMetric.step
    order = (step, AccuracyMetric.id)
    place = sa.func.row_number().over(partition_by=metric, order_by=order)
    placed = (
        sa.select(
            metric,
            step,
            AccuracyMetric.value,
            place.label("place"),
            sa.func.count().over(partition_by=metric).label("total"),
        )
        .where(AccuracyMetric.training_job_id == training_job_id)
        .subquery("placed")
    )
    row = placed.c
    # Of `total` rows those where place * points / total reaches the next whole number.
    kept = (row.place * points) % row.total < points
    return (
        sa.select(
            row.metric_type,
            sa.func.coalesce(row.step, row.place - 1),
            row.value,
            row.total,
        )
        .where(sa.or_(row.total <= points, kept))
        .order_by(row.metric_type, row.place)
    )


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


def _ready(columns: Columns) -> Columns:
    """Check columns of values, and give each the name it has in the table."""
    values = columns.get("value", [None])
    if "metric_type" not in columns or NoneType in {*map(type, values)}:
        place = next((at for at, value in enumerate(values) if value is None), 0)
        row = {name: column[place] for name, column in columns.items()}
        raise InvalidValueError(f"needs a metric_type and a value, not {row!r}")
    for name, other in _OTHER_NAMES.items():
        if name in columns:
            given = columns.pop(name)
            beside = columns.get(other, given)
            columns[other] = [
                two if one is None else one
                for one, two in zip(given, beside, strict=True)
            ]
    return columns
