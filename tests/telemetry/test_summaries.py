from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from training.watching import statements

from bedplate import Database, TelemetryRepository
from bedplate.domains.telemetry import AgentSummary, InvocationBucket, MetricBucket
from bedplate.errors import InvalidValueError

AT = datetime(2024, 2, 29, 12, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)
Row = dict[str, Any]


def made_up(count: int, seed: int = 1) -> list[Row]:
    """Return calls of all kinds: NaN, infinite and unknown latencies among them."""
    chance = random.Random(seed)  # noqa: S311  # made up, but always the same
    odd = (math.nan, math.inf, None, 0.0, 5e-324)
    return [
        {
            "agent": chance.choice(["a", "A", "á", "b "]),
            "latency": chance.choice(odd)
            if chance.random() < 0.2
            else chance.lognormvariate(0, 2),
            "status": "error" if chance.random() < 1 / 3 else "ok",
            "input_tokens": chance.choice([None, chance.randrange(10**12)]),
            "output_tokens": chance.choice([None, chance.randrange(10_000)]),
            "cost": chance.choice([None, chance.randrange(10**12) / 10**9]),
            "at": AT + timedelta(microseconds=chance.randrange(-(10**11), 10**11)),
        }
        for _ in range(count)
    ]


# Plain Python's word for it


def nearest_rank(values: Iterable[float | None], percent: int) -> float | None:
    numbers = sorted(v for v in values if v is not None and v == v)
    place = math.ceil(Fraction(len(numbers) * percent, 100))
    return numbers[place - 1] if numbers else None


def figures(rows: Sequence[Row]) -> Row:
    latencies = [row["latency"] for row in rows]
    errors = sum(row["status"] == "error" for row in rows)
    billionths = sum(round((row["cost"] or 0) * 10**9) for row in rows)
    return {
        "count": len(rows),
        "errors": errors,
        "error_rate": errors / len(rows),
        **{f"p{p}": nearest_rank(latencies, p) for p in (50, 95, 99)},
        "input_tokens": sum(row["input_tokens"] or 0 for row in rows),
        "output_tokens": sum(row["output_tokens"] or 0 for row in rows),
        "cost": billionths / 10**9,
    }


def by(rows: Iterable[Row], key: Callable[[Row], Any]) -> list[tuple[Any, list[Row]]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return sorted(groups.items())


def bucket_of(width: timedelta, origin: datetime = EPOCH) -> Callable[[Row], datetime]:
    return lambda row: origin + (row["at"] - origin) // width * width


def test_agents_are_summed_up_as_plain_python_does(
    telemetry: TelemetryRepository,
) -> None:
    rows = made_up(1_000)
    telemetry.record_invocations(rows)

    wanted = [
        AgentSummary(agent=agent, **figures(some))
        for agent, some in by(rows, lambda row: row["agent"])
    ]
    assert telemetry.summarize_agents() == wanted

    since, until = AT - HOUR, AT + 3 * HOUR
    some = [row for row in rows if since <= row["at"] < until]
    assert 0 < len(some) < len(rows)
    wanted = [
        AgentSummary(agent=agent, **figures(chosen))
        for agent, chosen in by(some, lambda row: row["agent"])
    ]
    assert telemetry.summarize_agents(since, until) == wanted


@pytest.mark.parametrize(
    "width",
    [
        timedelta(days=7),
        timedelta(days=1),
        HOUR,
        timedelta(minutes=7),
        timedelta(seconds=1, microseconds=1),
        MICROSECOND,
    ],
)
def test_buckets_are_summed_up_as_plain_python_does(
    telemetry: TelemetryRepository, width: timedelta
) -> None:
    rows = made_up(400)
    telemetry.record_invocations(rows)

    wanted = [
        InvocationBucket(start=start, **figures(some))
        for start, some in by(rows, bucket_of(width))
    ]
    assert telemetry.summarize_invocations(width) == wanted

    of_one = [row for row in rows if row["agent"] == "á"]
    wanted = [
        InvocationBucket(start=start, **figures(some))
        for start, some in by(of_one, bucket_of(width))
    ]
    assert telemetry.summarize_invocations(width, agent="á") == wanted


def test_metrics_are_summed_up_as_plain_python_does(
    telemetry: TelemetryRepository,
) -> None:
    rows = [
        {"name": name, "value": value, "at": row["at"]}
        for row in made_up(600)
        for name, value in (("m", row["latency"]), ("M", 1.0))
        if value is not None
    ]
    rows += [{"name": "m", "value": -math.inf, "at": AT}]
    telemetry.record_metrics(rows)

    def bucket(start: datetime, some: Sequence[Row]) -> MetricBucket:
        values = [row["value"] for row in some]
        numbers = [value for value in values if value == value]
        return MetricBucket(
            start=start,
            count=len(values),
            minimum=min(numbers, default=None),
            maximum=max(numbers, default=None),
            **{f"p{p}": nearest_rank(values, p) for p in (50, 95, 99)},
        )

    chosen = [row for row in rows if row["name"] == "m"]
    wanted = [bucket(start, some) for start, some in by(chosen, bucket_of(HOUR))]
    assert telemetry.summarize_metrics("m", HOUR) == wanted
    until = AT + 5 * HOUR
    wanted = [bucket for bucket in wanted if AT <= bucket.start < until]
    assert telemetry.summarize_metrics("m", HOUR, AT, until) == wanted
    assert telemetry.summarize_metrics("none", HOUR) == []


@pytest.mark.parametrize("count", [1, 2, 19, 20, 21, 99, 100, 101, 200])
def test_a_percentile_is_the_nearest_rank(
    telemetry: TelemetryRepository, count: int
) -> None:
    telemetry.record_invocations(
        {"agent": "a", "latency": float(n)} for n in range(count, 0, -1)
    )

    (found,) = telemetry.summarize_agents()
    wanted = tuple(
        nearest_rank(map(float, range(1, count + 1)), p) for p in (50, 95, 99)
    )
    assert (found.p50, found.p95, found.p99) == wanted


def test_what_is_no_number_is_counted_but_has_no_rank(
    telemetry: TelemetryRepository,
) -> None:
    for latency in (math.nan, None, 3.0, math.nan, 1.0, None, 2.0, math.inf):
        telemetry.record_invocation("a", latency=latency)
    for latency in (math.nan, None):
        telemetry.record_invocation("b", latency=latency)
    telemetry.record_metric("m", math.nan, at=AT)

    some, none = telemetry.summarize_agents()
    assert (some.count, some.p50, some.p95) == (8, 2.0, math.inf)
    assert (none.count, none.p50, none.p95, none.p99) == (2, None, None, None)
    assert (none.errors, none.error_rate) == (0, 0.0)
    assert (none.input_tokens, none.output_tokens, none.cost) == (0, 0, 0.0)
    (metric,) = telemetry.summarize_metrics("m", HOUR)
    assert (metric.count, metric.minimum, metric.maximum, metric.p50) == (
        *(1, None, None, None),
    )


def test_costs_add_up_without_the_errors_of_floats(
    telemetry: TelemetryRepository,
) -> None:
    costs = [0.1, 0.2, 0.3, 1e6, 1e-9, 0.7] * 50
    telemetry.record_invocations({"agent": "a", "cost": cost} for cost in costs)

    (found,) = telemetry.summarize_agents()
    exact = sum(Fraction(str(cost)) for cost in costs)
    assert found.cost == float(exact) != sum(costs)


def test_an_empty_stretch_has_no_summary(telemetry: TelemetryRepository) -> None:
    assert telemetry.summarize_agents() == []
    assert telemetry.summarize_invocations(HOUR) == []
    telemetry.record_invocation("a", at=AT)
    assert telemetry.summarize_agents(AT + MICROSECOND) == []
    assert telemetry.summarize_agents(AT, AT) == []
    assert telemetry.summarize_invocations(HOUR, until=AT) == []
    assert telemetry.summarize_invocations(HOUR, agent="A") == []


def test_an_edge_belongs_to_the_bucket_that_it_begins(
    telemetry: TelemetryRepository,
) -> None:
    for moment in (
        *(AT - MICROSECOND, AT, AT + HOUR - MICROSECOND, AT + HOUR),
        *(EPOCH - MICROSECOND, EPOCH, datetime(1955, 11, 5, 6, 59, 59, tzinfo=UTC)),
    ):
        telemetry.record_invocation("a", at=moment)

    found = telemetry.summarize_invocations(HOUR)
    assert [(bucket.start, bucket.count) for bucket in found] == [
        (datetime(1955, 11, 5, 6, tzinfo=UTC), 1),
        (EPOCH - HOUR, 1),
        (EPOCH, 1),
        (AT - HOUR, 1),
        (AT, 2),
        (AT + HOUR, 1),
    ]
    assert all(bucket.start.utcoffset() == timedelta(0) for bucket in found)


def test_the_first_and_the_last_moment_have_buckets(
    telemetry: TelemetryRepository,
) -> None:
    ends = (datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    for moment in ends:
        telemetry.record_metric("m", 1.0, at=moment)

    for width in (MICROSECOND, HOUR, timedelta(days=1)):
        found = telemetry.summarize_metrics("m", width)
        whole = [EPOCH + (moment - EPOCH) // width * width for moment in ends]
        assert [bucket.start for bucket in found] == whole


def test_buckets_may_begin_in_another_zone(telemetry: TelemetryRepository) -> None:
    india = ZoneInfo("Asia/Kolkata")
    midnight = datetime(2024, 3, 1, tzinfo=india)
    for moment in (midnight - MICROSECOND, midnight, midnight + 23 * HOUR):
        telemetry.record_invocation("a", at=moment)
        telemetry.record_metric("m", 1.0, at=moment)
    day = timedelta(days=1)

    for origin in (midnight, midnight + 400 * day, midnight - 400 * day):
        found = telemetry.summarize_invocations(day, origin=origin)
        assert [(b.start, b.count) for b in found] == [
            (midnight - day, 1),
            (midnight, 2),
        ]
        metrics = telemetry.summarize_metrics("m", day, origin=origin)
        assert [(b.start, b.count) for b in metrics] == [
            (b.start, b.count) for b in found
        ]
    by_utc = telemetry.summarize_invocations(day)
    assert [b.start.hour for b in by_utc] == [0, 0]

    east = timezone(timedelta(hours=9))
    since = midnight.astimezone(east)
    (later,) = telemetry.summarize_agents(since)
    assert later.count == 2


@pytest.mark.parametrize(
    "width", [timedelta(0), -HOUR, 3600, None, "1h", timedelta(days=40_000)]
)
def test_a_width_that_is_none_is_refused(
    telemetry: TelemetryRepository, width: Any
) -> None:
    with pytest.raises(InvalidValueError, match="^bucket: .* is not a timedelta"):
        telemetry.summarize_invocations(width)
    with pytest.raises(InvalidValueError, match="^bucket: "):
        telemetry.summarize_metrics("m", width)


def test_bad_arguments_are_told(telemetry: TelemetryRepository) -> None:
    with pytest.raises(InvalidValueError, match="^until: .* is before `since`"):
        telemetry.summarize_agents(AT, AT - HOUR)
    with pytest.raises(InvalidValueError, match="^since: "):
        telemetry.summarize_invocations(HOUR, since=AT.replace(tzinfo=None))
    with pytest.raises(InvalidValueError, match="^origin: "):
        telemetry.summarize_invocations(HOUR, origin=AT.replace(tzinfo=None))
    with pytest.raises(InvalidValueError, match="^name: is empty"):
        telemetry.summarize_metrics("", HOUR)


def test_a_summary_is_one_statement(
    telemetry: TelemetryRepository, database: Database
) -> None:
    telemetry.record_invocations(made_up(300))

    with statements(database, "SELECT") as taken:
        assert len(telemetry.summarize_invocations(HOUR)) > 20
        assert len(telemetry.summarize_agents()) == 4
    assert len(taken) == 2
