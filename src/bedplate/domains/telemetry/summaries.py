"""What many calls or values amount to, worked out in the database.

A percentile is the nearest rank: of n values in ascending order the one at place
ceil(n * p / 100). It is a value that was measured, and the same on every database; the
other definition, between two neighbours, depends on how each of them multiplies.
Source: Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996, definition 1;
it is SQL's percentile_disc.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bedplate.domains.telemetry.cost import Cost
from bedplate.domains.telemetry.models import (
    AgentInvocation,
    InvocationStatus,
    PerformanceMetric,
)
from bedplate.domains.telemetry.values import filled, moment, when
from bedplate.errors import InvalidValueError
from bedplate.moments import microseconds
from bedplate.repository import DomainRepository, reads
from bedplate.types import Double, is_number

__all__ = ["AgentSummary", "InvocationBucket", "MetricBucket", "Summaries"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WIDEST = timedelta(days=36_525)
_PERCENTS = (50, 95, 99)


@dataclass(frozen=True, kw_only=True)
class _Invocations:
    """What some calls amount to.

    Attributes:
        count: How many there were.
        errors: How many of them failed.
        error_rate: The share of those, 0 to 1.
        p50: The median of their latency in seconds, None where none is known.
        p95: The latency that 95 of 100 did not exceed.
        p99: The latency that 99 of 100 did not exceed.
        input_tokens: What they were given, in all.
        output_tokens: What they answered with, in all.
        cost: What they cost, in all.
    """

    count: int
    errors: int
    error_rate: float
    p50: float | None
    p95: float | None
    p99: float | None
    input_tokens: int
    output_tokens: int
    cost: float


@dataclass(frozen=True, kw_only=True)
class AgentSummary(_Invocations):
    """What the calls of one agent amount to."""

    agent: str


@dataclass(frozen=True, kw_only=True)
class InvocationBucket(_Invocations):
    """What the calls of a stretch of time amount to, which begins at `start`."""

    start: datetime


@dataclass(frozen=True, kw_only=True)
class MetricBucket:
    """What the values of a stretch of time amount to.

    Attributes:
        start: When it begins.
        count: How many values there are, NaN included.
        minimum: The smallest, NaN aside; None where all are NaN.
        maximum: The largest, NaN aside.
        p50: The median, NaN aside.
        p95: The value that 95 of 100 did not exceed.
        p99: The value that 99 of 100 did not exceed.
    """

    start: datetime
    count: int
    minimum: float | None
    maximum: float | None
    p50: float | None
    p95: float | None
    p99: float | None


class Summaries(DomainRepository):
    """Counts, rates and percentiles."""

    @reads
    def summarize_agents(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> Sequence[AgentSummary]:
        """Return what the calls of each agent amount to, by its name.

        Args:
            since: Only calls that began then or later.
            until: Only calls that began before.
        """
        where = when(AgentInvocation.at, since, until)
        rows = self.session.execute(_invocations(AgentInvocation.agent, where))
        return [AgentSummary(agent=r["place"], **_figures(r)) for r in rows.mappings()]

    @reads
    def summarize_invocations(
        self,
        bucket: timedelta,
        since: datetime | None = None,
        until: datetime | None = None,
        agent: str | None = None,
        origin: datetime | None = None,
    ) -> Sequence[InvocationBucket]:
        """Return what the calls of each stretch of time amount to, the earliest first.

        Args:
            bucket: How long a stretch is. One without calls is left out.
            since: Only calls that began then or later.
            until: Only calls that began before.
            agent: Only calls of this agent.
            origin: Where one of the stretches begins, 1970 in UTC if None; midnight in
                your own zone for days of your own.
        """
        where = list(when(AgentInvocation.at, since, until))
        if agent is not None:
            where.append(AgentInvocation.agent == agent)
        place = _bucket(AgentInvocation.at, bucket, origin)
        rows = self.session.execute(_invocations(place, where)).mappings()
        return [
            InvocationBucket(start=_moment(r["place"]), **_figures(r)) for r in rows
        ]

    @reads
    def summarize_metrics(
        self,
        name: str,
        bucket: timedelta,
        since: datetime | None = None,
        until: datetime | None = None,
        origin: datetime | None = None,
    ) -> Sequence[MetricBucket]:
        """Return what a metric's values of each stretch of time amount to.

        Args:
            name: The metric.
            bucket: How long a stretch is. One without values is left out.
            since: Only values measured then or later.
            until: Only values measured before.
            origin: Where one of the stretches begins, 1970 in UTC if None.
        """
        filled(name, "name")
        metric = PerformanceMetric
        where = [metric.name == name, *when(metric.at, since, until)]
        ranked = _ranked(_bucket(metric.at, bucket, origin), metric.value, (), where)
        number = ranked.c.number
        statement = _by_place(
            ranked,
            _double(sa.func.min(number)).label("minimum"),
            _double(sa.func.max(number)).label("maximum"),
        )
        rows = self.session.execute(statement).mappings()
        return [
            MetricBucket(
                start=_moment(row["place"]),
                **{name: value for name, value in row.items() if name != "place"},
            )
            for row in rows
        ]


def _bucket(column: Any, width: Any, origin: datetime | None) -> sa.ColumnElement[int]:
    """Return where the bucket of a moment begins, in microseconds from 1970."""
    if not isinstance(width, timedelta) or not _MICROSECOND <= width <= _WIDEST:
        raise InvalidValueError(
            f"{width!r} is not a timedelta above 0 and up to {_WIDEST.days:,} days",
            "bucket",
        )
    if origin is None:
        origin = _EPOCH
    moment(origin, "origin")
    size, shift = width // _MICROSECOND, (origin - _EPOCH) // _MICROSECOND
    past = microseconds(column)
    # The remainder is negative where the moment is before the origin.
    return past - ((past - shift) % size + size) % size


def _moment(place: int) -> datetime:
    return _EPOCH + timedelta(microseconds=int(place))


def _ranked(
    place: Any, value: Any, columns: Sequence[Any], where: Sequence[Any]
) -> sa.Subquery:
    """Return the rows with the rank of each number among those of its place.

    Neither NULL nor NaN is a number: those have ranks of their own, which nobody asks
    for.
    """
    number = sa.case((is_number(value), value), else_=None)
    rows = (
        sa.select(place.label("place"), number.label("number"), *columns)
        .where(*where)
        .subquery("chosen")
    )
    alike = (rows.c.place, rows.c.number.is_(None))
    ordered = sa.func.row_number().over(partition_by=alike, order_by=rows.c.number)
    size = sa.func.count().over(partition_by=alike)
    return sa.select(rows, ordered.label("nth"), size.label("size")).subquery("ranked")


def _by_place(ranked: sa.Subquery, *columns: Any) -> sa.Select[Any]:
    percentiles = (_percentile(ranked, p).label(f"p{p}") for p in _PERCENTS)
    return (
        sa.select(
            ranked.c.place, sa.func.count().label("count"), *percentiles, *columns
        )
        .group_by(ranked.c.place)
        .order_by(ranked.c.place)
    )


def _percentile(ranked: sa.Subquery, percent: int) -> sa.ColumnElement[float]:
    # In whole numbers: 0.95 is none, and n * 0.95 would be rounded.
    reached = ranked.c.nth * 100 >= ranked.c.size * percent
    return _double(sa.func.min(sa.case((reached, ranked.c.number), else_=None)))


def _double(expression: Any) -> sa.ColumnElement[float]:
    return sa.type_coerce(expression, Double())


def _invocations(place: Any, where: Sequence[Any]) -> sa.Select[Any]:
    call = AgentInvocation
    columns = (call.status, call.input_tokens, call.output_tokens, call.cost)
    ranked = _ranked(place, call.latency, columns, where)
    failed = ranked.c.status == InvocationStatus.ERROR.value
    # Ones and noughts as floats: a mean of decimals is cut to four digits by some.
    one, nought = sa.literal(1.0, Double()), sa.literal(0.0, Double())
    return _by_place(
        ranked,
        sa.func.sum(sa.case((failed, 1), else_=0)).label("errors"),
        _double(sa.func.avg(sa.case((failed, one), else_=nought))).label("error_rate"),
        sa.func.sum(ranked.c.input_tokens).label("input_tokens"),
        sa.func.sum(ranked.c.output_tokens).label("output_tokens"),
        sa.type_coerce(sa.func.sum(ranked.c.cost), Cost()).label("cost"),
    )


def _figures(row: Any) -> dict[str, Any]:
    """Return the figures of a row; a sum is a decimal on some, None of nothing."""
    found = {name: value for name, value in row.items() if name != "place"}
    for name in ("errors", "input_tokens", "output_tokens"):
        found[name] = int(found[name] or 0)
    return found | {"cost": found["cost"] or 0.0}
