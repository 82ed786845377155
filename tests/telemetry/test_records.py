from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from training.watching import statements

from bedplate import Database, TelemetryRepository
from bedplate.domains.telemetry import (
    AgentInvocation,
    OrchestratorDecision,
    PerformanceMetric,
    TraceEvent,
)
from bedplate.domains.users import User
from bedplate.errors import (
    CheckFailedError,
    InvalidValueError,
    ReferenceFailedError,
    ValueTooLargeError,
)
from bedplate.identifiers import uuid7

AT = datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC)
TRACE = "0af7651916cd43dd8448eb211c80319c"
MODELS = (OrchestratorDecision, AgentInvocation, PerformanceMetric, TraceEvent)


def span(number: int, parent: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "trace_id": TRACE,
        "span_id": f"{number:016x}",
        "parent_span_id": None if parent is None else f"{parent:016x}",
        "name": f"s{number}",
        "start": AT,
        "end": AT,
        **more,
    }


DECISION: dict[str, Any] = {
    "orchestrator": "router",
    "decision": "researcher",
    "reason": "sources are needed 🙂",
    "options": ["researcher", {"summarizer": 0.25}],
    "confidence": 0.1 + 0.2,
    "trace_id": TRACE,
    "at": AT,
}
INVOCATION: dict[str, Any] = {
    "agent": "researcher",
    "input_digest": "a" * 64,
    "output_digest": "b" * 128,
    "input_tokens": 2**40,
    "output_tokens": 0,
    "cost": 0.000123,
    "latency": 0.1,
    "status": "error",
    "error": "timed out",
    "trace_id": TRACE,
    "at": AT,
}
METRIC: dict[str, Any] = {
    "name": "queue.depth",
    "value": -1.5,
    "unit": "items",
    "tags": {"host": "a", "shard": [1, 2]},
    "at": AT,
}
EVENT: dict[str, Any] = span(
    2,
    1,
    kind="client",
    start_ns=7,
    end=AT + timedelta(seconds=1),
    end_ns=999,
    status="error",
    status_message="no",
    attributes={"a": [1, None, "x"]},
    events=[{"name": "e", "time_unix_nano": 1_709_208_000_123_456_789}],
    links=[{"trace_id": TRACE, "span_id": "b7ad6b7169203331"}],
    resource={"service.name": "test"},
    scope="tests",
)

KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "decision": (DECISION, "orchestrator"),
    "invocation": (INVOCATION, "agent"),
    "metric": (METRIC, "name"),
    "event": (EVENT, "name"),
}
each_kind = pytest.mark.parametrize("kind", KINDS)


def record(telemetry: TelemetryRepository, kind: str, /, **values: Any) -> Any:
    return getattr(telemetry, f"record_{kind}")(**values)


def record_many(telemetry: TelemetryRepository, kind: str, rows: Any) -> int:
    found: int = getattr(telemetry, f"record_{kind}s")(rows)
    return found


def listed(telemetry: TelemetryRepository, kind: str, /, **filters: Any) -> list[Any]:
    return list(getattr(telemetry, f"list_{kind}s")(**filters))


@each_kind
def test_a_record_reads_back_as_it_was_given(
    telemetry: TelemetryRepository, database: Database, kind: str
) -> None:
    user = database.repository(TelemetryRepository).of(User).add(User())
    given = KINDS[kind][0] | {"user_id": user.id}

    made = record(telemetry, kind, **given)

    (found,) = listed(telemetry, kind)
    assert found.as_dict() == made.as_dict()
    values = found.as_dict()
    assert {name: values[name] for name in given} == given


@each_kind
def test_many_records_are_those_of_one_by_one(
    telemetry: TelemetryRepository, kind: str
) -> None:
    given = KINDS[kind][0]
    bares: dict[str, dict[str, Any]] = {
        "decision": {"orchestrator": "o", "decision": "d"},
        "invocation": {"agent": "a"},
        "metric": {"name": "m", "value": 1},
        "event": span(9),
    }
    bare = bares[kind]

    assert record_many(telemetry, kind, iter([given, bare])) == 2
    assert record_many(telemetry, kind, []) == 0

    second, first = listed(telemetry, kind)
    values = first.as_dict()
    assert {name: values[name] for name in given} == given
    values = second.as_dict()
    assert {name: values[name] for name in bare} == bare
    now = values.get("at") or datetime.now(UTC)
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


@each_kind
def test_the_number_of_statements_does_not_grow_with_the_rows(
    telemetry: TelemetryRepository, database: Database, kind: str
) -> None:
    def rows(count: int, first: int) -> list[dict[str, Any]]:
        if kind == "event":
            return [span(n) for n in range(first, first + count)]
        return [KINDS[kind][0]] * count

    with statements(database, "INSERT") as few:
        record_many(telemetry, kind, rows(2, 1))
    with statements(database, ("INSERT", "COPY")) as many:
        record_many(telemetry, kind, rows(2_000, 10))
    assert len(few) == len(many) == 1
    assert len(listed(telemetry, kind, limit=5_000)) == 2_002


@each_kind
def test_lists_are_paged_from_the_newest(
    telemetry: TelemetryRepository, kind: str
) -> None:
    given, name = KINDS[kind]
    rows = [
        {**given, name: "ab"[n % 2]}
        | ({"span_id": f"{n + 1:016x}"} if kind == "event" else {})
        for n in range(7)
    ]
    record_many(telemetry, kind, rows)

    ids = [found.id for found in listed(telemetry, kind)]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 7
    assert listed(telemetry, kind, limit=0) == []
    seen: list[int] = []
    before = None
    while page := listed(telemetry, kind, limit=3, before=before):
        seen += [found.id for found in page]
        before = page[-1].id
    assert seen == ids
    assert [f.id for f in listed(telemetry, kind, **{name: "b"})] == ids[1::2]
    assert listed(telemetry, kind, **{name: "B"}) == []
    with pytest.raises(InvalidValueError, match="limit"):
        listed(telemetry, kind, limit=-1)


@each_kind
def test_lists_are_kept_to_a_stretch_of_time(
    telemetry: TelemetryRepository, kind: str
) -> None:
    given = KINDS[kind][0]
    column = "start" if kind == "event" else "at"
    tick = timedelta(microseconds=1)
    for place in (-1, 0, 1):
        more = {"span_id": f"{place + 5:016x}"} if kind == "event" else {}
        record(telemetry, kind, **{**given, column: AT + place * tick, **more})

    def times(**stretch: Any) -> list[datetime]:
        return [getattr(f, column) for f in listed(telemetry, kind, **stretch)]

    assert times(since=AT) == [AT + tick, AT]
    assert times(until=AT) == [AT - tick]
    assert times(since=AT, until=AT + tick) == [AT]
    east = timezone(timedelta(hours=14))
    assert times(since=AT.astimezone(east), until=(AT + tick).astimezone(east)) == [AT]
    assert times(since=AT, until=AT) == []
    with pytest.raises(InvalidValueError, match=r"^until: .* is before `since`"):
        times(since=AT, until=AT - tick)
    with pytest.raises(InvalidValueError, match=r"^since: .* no datetime with a time"):
        times(since=AT.replace(tzinfo=None))
    with pytest.raises(InvalidValueError, match=r"^until: "):
        times(until="2024-01-01")


REFUSED: list[tuple[str, str, Any]] = [
    *(
        (kind, KINDS[kind][1], value)
        for kind in KINDS
        for value in ("", " \n", "\0", 7)
    ),
    *((kind, KINDS[kind][1], "n" * 256) for kind in KINDS),
    *((kind, KINDS[kind][1], None) for kind in KINDS),
    ("decision", "options", {"a": math.nan}),
    ("decision", "trace_id", "xyz"),
    ("decision", "at", AT.replace(tzinfo=None)),
    ("invocation", "status", "OK"),
    ("invocation", "status", "failed"),
    ("invocation", "input_tokens", -1),
    ("invocation", "output_tokens", 1.5),
    ("invocation", "cost", -0.01),
    ("invocation", "cost", math.nan),
    ("invocation", "cost", math.inf),
    ("invocation", "cost", "much"),
    ("invocation", "cost", 1e10),
    ("invocation", "latency", -0.001),
    ("invocation", "latency", "long"),
    ("invocation", "input_digest", "a" * 129),
    ("invocation", "trace_id", TRACE.upper()),
    ("metric", "value", None),
    ("metric", "value", "high"),
    ("metric", "tags", {1: 2}),
    ("event", "trace_id", "0" * 32),
    ("event", "trace_id", TRACE[1:]),
    ("event", "span_id", None),
    ("event", "span_id", TRACE),
    ("event", "parent_span_id", "0" * 16),
    ("event", "kind", "INTERNAL"),
    ("event", "status", "failed"),
    ("event", "start_ns", 1_000),
    ("event", "end_ns", -1),
    ("event", "start", None),
    ("event", "end", AT.replace(tzinfo=None)),
    ("event", "attributes", {"a": {1, 2}}),
]


@pytest.mark.parametrize(("kind", "column", "value"), REFUSED)
def test_a_value_that_cannot_be_stored_is_refused(
    telemetry: TelemetryRepository, kind: str, column: str, value: Any
) -> None:
    given = KINDS[kind][0] | {column: value}

    with pytest.raises(InvalidValueError, match=f"^{column}: "):
        record(telemetry, kind, **given)
    with pytest.raises(InvalidValueError, match=f"^{column}: "):
        record_many(telemetry, kind, [KINDS[kind][0], given])

    assert listed(telemetry, kind) == []


@each_kind
def test_a_column_or_user_that_is_not_there_is_told(
    telemetry: TelemetryRepository, kind: str
) -> None:
    given = KINDS[kind][0]

    with pytest.raises(InvalidValueError, match="has no column 'colour' .it has "):
        record_many(telemetry, kind, [given | {"colour": "red"}])
    with pytest.raises(InvalidValueError, match="has no column 'id'"):
        record_many(telemetry, kind, [given | {"id": 1}])
    with pytest.raises(ReferenceFailedError):
        record(telemetry, kind, **given, user_id=uuid7())


@each_kind
def test_what_is_a_users_goes_with_the_user(
    telemetry: TelemetryRepository, kind: str
) -> None:
    user = telemetry.of(User).add(User())
    given = KINDS[kind][0]
    record(telemetry, kind, **given, user_id=user.id)
    record(
        telemetry, kind, **given | ({"span_id": "f" * 16} if kind == "event" else {})
    )

    assert telemetry.of(User).delete(user.id)

    assert [found.user_id for found in listed(telemetry, kind)] == [None]


def test_the_database_itself_refuses_bad_values(
    telemetry: TelemetryRepository, database: Database
) -> None:
    telemetry.record_invocation(**INVOCATION)
    telemetry.record_event(**EVENT)
    for model, values in (
        (AgentInvocation, {"status": "x"}),
        (AgentInvocation, {"input_tokens": -1}),
        (AgentInvocation, {"output_tokens": -1}),
        (TraceEvent, {"kind": "x"}),
        (TraceEvent, {"status": "x"}),
        (TraceEvent, {"start_ns": 1_000}),
        (TraceEvent, {"end_ns": -1}),
    ):
        with pytest.raises(CheckFailedError), database.transaction() as session:
            session.execute(sa.update(model).values(values))


def test_the_time_columns_have_indexes_to_prune_by(database: Database) -> None:
    inspector = sa.inspect(database.engine)
    for model in MODELS:
        table = str(model.__tablename__)
        firsts = {index["column_names"][0] for index in inspector.get_indexes(table)}
        assert {"start" if model is TraceEvent else "at", "user_id"} <= firsts


def test_lists_know_status_and_trace(telemetry: TelemetryRepository) -> None:
    telemetry.record_invocation("a", trace_id=TRACE)
    telemetry.record_invocation("b", status="error")
    telemetry.record_decision("o", "d", trace_id=TRACE)
    telemetry.record_decision("o", "e")
    telemetry.record_events([span(1, status="ok"), span(2, trace_id="f" * 32)])

    assert [i.agent for i in telemetry.list_invocations(trace_id=TRACE)] == ["a"]
    assert [i.agent for i in telemetry.list_invocations(status="error")] == ["b"]
    assert [d.decision for d in telemetry.list_decisions(trace_id=TRACE)] == ["d"]
    assert [e.name for e in telemetry.list_events(trace_id=TRACE)] == ["s1"]
    assert [e.name for e in telemetry.list_events(status="unset")] == ["s2"]
    with pytest.raises(InvalidValueError, match="^status: 'bad' is not one of ok, err"):
        telemetry.list_invocations(status="bad")
    with pytest.raises(
        InvalidValueError, match="^cost: .* is more than 9,223,372,036,"
    ):
        telemetry.record_invocation("a", cost=1e10)
    with pytest.raises(InvalidValueError, match="^status: "):
        telemetry.list_events(status="bad")


@pytest.mark.parametrize(
    ("cost", "kept"),
    [
        (0.1, 0.1),
        (0.000000001, 1e-9),
        (1e-10, 0.0),
        (Decimal("12.345678901"), 12.345678901),
        (3, 3.0),
        (1 / 3, 0.333333333),
        (9e9, 9e9),
    ],
)
def test_a_cost_is_kept_to_a_billionth(
    telemetry: TelemetryRepository, cost: Any, kept: float
) -> None:
    telemetry.record_invocation("a", cost=cost)

    (found,) = telemetry.list_invocations()
    assert found.cost == kept


@pytest.mark.parametrize("latency", [math.nan, math.inf, 0.0, 5e-324, None])
def test_a_latency_that_is_no_finite_number_is_kept(
    telemetry: TelemetryRepository, latency: float | None
) -> None:
    telemetry.record_invocation("a", latency=latency)

    (found,) = telemetry.list_invocations()
    assert repr(found.latency) == repr(latency)


# Spans


def test_a_span_that_comes_again_changes_nothing(
    telemetry: TelemetryRepository,
) -> None:
    first = telemetry.record_event(**EVENT)
    again = telemetry.record_event(**EVENT | {"name": "other", "status": "ok"})

    assert again.as_dict() == first.as_dict()
    assert telemetry.record_events([EVENT, span(5), EVENT, span(5)]) == 4
    assert [e.name for e in telemetry.list_events()] == ["s5", "s2"]


def test_recording_does_not_read_again_what_the_program_holds(
    telemetry: TelemetryRepository, database: Database
) -> None:
    with database.transaction():
        held = [telemetry.record_event(**span(n)) for n in range(1, 20)]
        with statements(database) as taken:
            held.append(telemetry.record_event(**span(20)))
    assert len(taken) == 2
    assert [event.name for event in held] == [f"s{n}" for n in range(1, 21)]


def test_a_trace_has_parents_before_children(telemetry: TelemetryRepository) -> None:
    tick = timedelta(microseconds=1)
    rows = [
        # Written and named backwards, all at one moment but for those that say it.
        span(1, 2, start_ns=5),
        span(2, 3, start_ns=5),
        span(3, 4, start_ns=5),
        span(4, start_ns=5),
        span(5, 4, start_ns=6),
        span(6, 4, start_ns=4),
        span(7, 4, start=AT + tick, start_ns=0),
        span(8, 99, start=AT - tick, start_ns=999),
    ]
    telemetry.record_events(rows)
    telemetry.record_events([span(1, trace_id="e" * 32)])

    names = [event.name for event in telemetry.get_trace(TRACE)]
    assert names == ["s8", "s6", "s4", "s3", "s2", "s1", "s5", "s7"]
    assert telemetry.get_trace("d" * 32) == []
    with pytest.raises(InvalidValueError, match="^trace_id: 'x' is not an id of 32"):
        telemetry.get_trace("x")


def test_spans_that_are_each_others_parent_are_read_all_the_same(
    telemetry: TelemetryRepository,
) -> None:
    telemetry.record_events([span(1, 2), span(2, 1), span(3, 3), span(4, 1)])

    names = [event.name for event in telemetry.get_trace(TRACE)]
    assert sorted(names) == ["s1", "s2", "s3", "s4"]
    assert names[-1] == "s4"


def test_a_deep_trace_is_ordered_by_one_statement(
    telemetry: TelemetryRepository, database: Database
) -> None:
    deep = 3_000
    telemetry.record_events(
        span(n, n + 1 if n < deep else None) for n in range(1, deep + 1)
    )

    with statements(database, "SELECT") as taken:
        names = [event.name for event in telemetry.get_trace(TRACE)]
    assert names == [f"s{n}" for n in range(deep, 0, -1)]
    assert len(taken) == 1


def test_a_long_name_says_how_long_it_may_be(telemetry: TelemetryRepository) -> None:
    with pytest.raises(ValueTooLargeError, match="^agent: 256 characters, 255"):
        telemetry.record_invocation("a" * 256)
