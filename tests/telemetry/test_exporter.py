from __future__ import annotations

import json
import logging
import math
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExportResult,
)
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import Link, SpanKind, Status, StatusCode, Tracer
from training.watching import together

from bedplate import Database, TelemetryRepository
from bedplate.domains.telemetry import TraceEvent
from bedplate.domains.telemetry.exporter import DatabaseSpanExporter
from bedplate.domains.users import User
from bedplate.identifiers import uuid7

LONG = 120.0
"""Seconds that no test waits for: what has to come, comes by itself before."""


class Counted(IdGenerator):
    """Ids that are known before their spans are."""

    def __init__(self) -> None:
        self.traces = self.spans = 0

    def generate_trace_id(self) -> int:
        self.traces += 1
        return self.traces

    def generate_span_id(self) -> int:
        self.spans += 1
        return self.spans


@contextmanager
def traced(
    exporter: DatabaseSpanExporter, **options: Any
) -> Iterator[tuple[Tracer, TracerProvider]]:
    provider = TracerProvider(shutdown_on_exit=False, **options)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    try:
        yield provider.get_tracer("tests"), provider
    finally:
        provider.shutdown()


@pytest.fixture
def exporter(database: Database) -> DatabaseSpanExporter:
    return DatabaseSpanExporter(database, delay=LONG)


def all_events(telemetry: TelemetryRepository) -> list[TraceEvent]:
    return list(telemetry.list_events(limit=100_000))


# What arrives


def test_a_span_arrives_with_all_that_it_says(
    telemetry: TelemetryRepository, exporter: DatabaseSpanExporter
) -> None:
    user = telemetry.of(User).add(User())
    resource = Resource({"service.name": "tests"})
    start, end = 1_709_208_000_123_456_789, 1_709_208_001_000_000_001
    with traced(exporter, resource=resource) as (tracer, _):
        with tracer.start_as_current_span("outer") as outer:
            span = tracer.start_span(
                "inner 🙂",
                kind=SpanKind.CLIENT,
                attributes={"a": 1, "user.id": str(user.id), "list": (1, 2)},
                links=[Link(outer.get_span_context(), {"why": "x"})],
                start_time=start,
            )
            span.add_event("happened", {"n": 1.5}, timestamp=start + 1)
            span.set_status(Status(StatusCode.ERROR, "broke"))
            span.end(end_time=end)
        assert exporter.force_flush()

        inner = next(e for e in all_events(telemetry) if e.name == "inner 🙂")
        context, above = span.get_span_context(), outer.get_span_context()
        assert inner.trace_id == trace.format_trace_id(context.trace_id)
        assert inner.span_id == trace.format_span_id(context.span_id)
        assert inner.parent_span_id == trace.format_span_id(above.span_id)
        assert (inner.kind, inner.status, inner.status_message) == (
            *("client", "error", "broke"),
        )
        whole = round(inner.start.timestamp()) * 10**9
        assert whole + inner.start.microsecond * 1_000 + inner.start_ns == start
        assert (inner.end.microsecond, inner.end_ns) == (0, 1)
        assert inner.attributes == {"a": 1, "user.id": str(user.id), "list": [1, 2]}
        assert inner.events == [
            {"name": "happened", "time_unix_nano": start + 1, "attributes": {"n": 1.5}}
        ]
        assert inner.links == [
            {
                "trace_id": trace.format_trace_id(above.trace_id),
                "span_id": trace.format_span_id(above.span_id),
                "attributes": {"why": "x"},
            }
        ]
        assert inner.resource == {"service.name": "tests"}
        assert inner.scope == "tests"
        assert inner.user_id == user.id
        (root, below) = telemetry.get_trace(inner.trace_id)[::-1]
        assert {root.name, below.name} == {"outer", "inner 🙂"}
    assert (exporter.written, exporter.dropped, exporter.failed) == (2, 0, 0)
    assert exporter.pending == 0


def test_nested_spans_of_several_threads_keep_their_parents(
    telemetry: TelemetryRepository, database: Database
) -> None:
    threads, calls, deep = 4, 30, 4
    exporter = DatabaseSpanExporter(database, batch_size=50, delay=0.01)

    def nest(tracer: Tracer, place: str, depth: int) -> None:
        with tracer.start_as_current_span(f"{place}/{depth}"):
            if depth:
                nest(tracer, place, depth - 1)
                nest(tracer, f"{place}'", 0)

    def work(tracer: Tracer, thread: int) -> Callable[[], None]:
        def calling() -> None:
            for call in range(calls):
                nest(tracer, f"{thread}.{call}", deep)

        return calling

    with traced(exporter) as (tracer, _):
        _, errors = together([work(tracer, thread) for thread in range(threads)])
        assert errors == []
        assert exporter.force_flush()

    events = all_events(telemetry)
    assert len(events) == exporter.written == threads * calls * (2 * deep + 1)
    names = {(event.trace_id, event.span_id): event.name for event in events}
    for event in events:
        place, _, depth = event.name.partition("/")
        if event.parent_span_id is None:
            assert depth == str(deep)
            continue
        above = names[event.trace_id, event.parent_span_id]
        if place.endswith("'"):
            assert above.startswith(f"{place[:-1]}/")
        else:
            assert above == f"{place}/{int(depth) + 1}"
    for thread in range(threads):
        root = next(e for e in events if e.name == f"{thread}.0/{deep}")
        found = [event.name for event in telemetry.get_trace(root.trace_id)]
        assert found[0] == root.name
        assert len(found) == 2 * deep + 1


def test_attributes_become_json_that_every_database_takes(
    telemetry: TelemetryRepository, exporter: DatabaseSpanExporter
) -> None:
    deep: Any = "end"
    for _ in range(50):
        deep = [deep]
    given: Any = {
        "bytes": b"\x00\xff",
        "nan": math.nan,
        "infinite": -math.inf,
        "tuple": (1, ("a", None)),
        "nested": {"b": b"b", "n": math.nan},
        "huge": 2**64,
        "nul": "a\0b",
        "lone": "\ud800",
        "long": "x" * 100_000,
        "true": True,
        "deep": deep,
    }
    with traced(exporter) as (tracer, _):
        tracer.start_span("n" * 1_000, attributes=given).end()
        tracer.start_span("").end()
        tracer.start_span("\0\ud800", attributes={"\0": 1}).end()
    assert (exporter.written, exporter.failed) == (3, 0)

    odd, unnamed, event = all_events(telemetry)[:3]
    event, unnamed, odd = sorted((event, unnamed, odd), key=lambda e: -len(e.name))
    assert event.name == "n" * 254 + "…"
    assert unnamed.name == "(unnamed)"
    assert odd.name == "\N{REPLACEMENT CHARACTER}?"
    assert odd.attributes == {"\N{REPLACEMENT CHARACTER}": 1}
    assert event.attributes is not None
    kept = dict(event.attributes)
    assert kept.pop("long") == "x" * 16_383 + "…"
    assert kept.pop("deep")[0][0][0][0][0][0][0].count("(") > 10
    assert kept == {
        "bytes": "AP8=",
        "nan": "nan",
        "infinite": "-inf",
        "tuple": [1, ["a", None]],
        "nested": {"b": "Yg==", "n": "nan"},
        "huge": hex(2**64),
        "nul": "a\N{REPLACEMENT CHARACTER}b",
        "lone": "?",
        "true": True,
    }


def test_a_user_who_is_gone_does_not_keep_a_span_away(
    telemetry: TelemetryRepository, exporter: DatabaseSpanExporter
) -> None:
    with traced(exporter) as (tracer, _):
        for user in (str(uuid7()), "somebody", "", 7):
            tracer.start_span("s", attributes={"user.id": user}).end()
    assert (exporter.written, exporter.failed) == (4, 0)
    assert {event.user_id for event in all_events(telemetry)} == {None}


def test_a_span_that_is_refused_takes_no_other_with_it(
    telemetry: TelemetryRepository,
    exporter: DatabaseSpanExporter,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ids = Counted()
    with traced(exporter, id_generator=ids) as (tracer, _):
        for number in range(9):
            if number == 4:
                ids.spans = 2**64 - 1  # one digit more than a span's id has
                ids.generate_span_id()
            tracer.start_span(f"s{number}").end()
            if number == 4:
                ids.spans = 4
        tracer.start_span("late", start_time=10**21).end(10**21)  # in the year 33658
    names = {event.name for event in all_events(telemetry)}
    assert names == {f"s{number}" for number in range(9)} - {"s4"}
    assert (exporter.written, exporter.failed, exporter.pending) == (8, 2, 0)
    assert [r.levelname for r in caplog.records if "cannot be" in r.message] == [
        "WARNING"
    ]


def test_the_same_spans_twice_are_written_once(
    telemetry: TelemetryRepository, exporter: DatabaseSpanExporter, database: Database
) -> None:
    again = DatabaseSpanExporter(database, delay=LONG)
    with traced(exporter) as (tracer, provider):
        provider.add_span_processor(BatchSpanProcessor(again))
        for _ in range(20):
            tracer.start_span("s").end()
    assert exporter.written == again.written == 20
    assert len(all_events(telemetry)) == 20


# Never blocking


@contextmanager
def stopped_writer(
    database: Database, tracer: Tracer, exporter: DatabaseSpanExporter
) -> Iterator[None]:
    """Stop the writer at a row that a transaction of ours holds, until the end."""
    telemetry = database.repository(TelemetryRepository)
    span = tracer.start_span("held")
    context = span.get_span_context()
    at = telemetry.record_metric("clock", 0.0).at
    with database.transaction():
        telemetry.record_event(
            trace.format_trace_id(context.trace_id),
            trace.format_span_id(context.span_id),
            *("held", at, at),
        )
        span.end()
        yield


def test_with_a_full_queue_nothing_blocks(
    telemetry: TelemetryRepository,
    database: Database,
    caplog: pytest.LogCaptureFixture,
) -> None:
    exporter = DatabaseSpanExporter(database, queue_size=100, batch_size=1)
    with traced(exporter) as (tracer, _):
        with stopped_writer(database, tracer, exporter):
            slowest = 0.0
            for number in range(1_000):
                before = time.perf_counter()
                tracer.start_span(f"s{number}").end()
                slowest = max(slowest, time.perf_counter() - before)
            # The writer is stopped: all this time it has written nothing at all.
            assert (exporter.written, exporter.failed) == (0, 0)
            assert exporter.pending == 100
            assert exporter.dropped == 1_001 - 100
            assert slowest < 5.0  # it would wait for as long as we hold the row
            started = time.perf_counter()
            assert not exporter.force_flush(timeout_millis=50)
            assert 0.05 <= time.perf_counter() - started < 20
        assert exporter.force_flush()
        assert (exporter.written, exporter.pending) == (100, 0)
        tracer.start_span("after").end()
    names = {event.name for event in all_events(telemetry)}
    assert names == {"held", "after", *(f"s{number}" for number in range(99))}
    warned = [r for r in caplog.records if "are dropped" in r.getMessage()]
    assert [record.levelno for record in warned] == [logging.WARNING]
    assert "901 were dropped" in caplog.records[-1].getMessage()


def closed_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture
def unreachable(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """The same database at an address where nobody answers."""
    url = sa.make_url(database_url)
    if url.host is None:
        url = url.set(database=str(tmp_path / "no such folder" / "x.db"))
    else:
        url = url.set(host="127.0.0.1", port=closed_port())
    with Database(url.render_as_string(hide_password=False)) as opened:
        yield opened


def test_a_program_goes_on_without_its_database(
    unreachable: Database, caplog: pytest.LogCaptureFixture
) -> None:
    exporter = DatabaseSpanExporter(
        unreachable, queue_size=50, batch_size=10, patience=0.2
    )
    with traced(exporter) as (tracer, _):
        for _ in range(200):
            with tracer.start_as_current_span("work"):
                pass
        assert exporter.dropped > 0
        tracer.start_span("one more").end()
        assert not exporter.force_flush()
    assert exporter.written == exporter.pending == 0
    assert exporter.failed + exporter.dropped == 201
    told = [r for r in caplog.records if "spans cannot be written" in r.getMessage()]
    assert len(told) == 1


def test_a_shutdown_without_a_database_ends_in_time(unreachable: Database) -> None:
    exporter = DatabaseSpanExporter(unreachable, patience=LONG)
    with traced(exporter) as (tracer, _):
        tracer.start_span("s").end()
        started = time.perf_counter()
        exporter.shutdown(timeout_millis=300)
        assert time.perf_counter() - started < 10
        tracer.start_span("late").end()
        assert (exporter.dropped, exporter.written) == (1, 0)
        assert exporter.export([]) is SpanExportResult.SUCCESS
        exporter.shutdown()


def test_spans_wait_for_a_database_that_comes_back(
    blank_url: str,
) -> None:
    with Database(blank_url) as database:
        exporter = DatabaseSpanExporter(database, delay=0.0, patience=LONG)
        with traced(exporter) as (tracer, _):
            tracer.start_span("early").end()
            assert not exporter.force_flush(timeout_millis=100)  # no table yet
            database.upgrade()
            assert exporter.force_flush()
        telemetry = database.repository(TelemetryRepository)
        assert [event.name for event in all_events(telemetry)] == ["early"]
        assert (exporter.written, exporter.failed) == (1, 0)


def test_a_batch_is_one_transaction(
    telemetry: TelemetryRepository, database: Database
) -> None:
    exporter = DatabaseSpanExporter(database, batch_size=100, delay=LONG)
    inserts: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT"):
            inserts.append(threading.current_thread().name)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    with traced(exporter) as (tracer, _):
        for _ in range(300):
            tracer.start_span("s").end()
    assert inserts == ["bedplate-spans"] * 3
    assert telemetry.of(TraceEvent).count() == 300


def test_writing_is_not_traced_itself(
    telemetry: TelemetryRepository, database: Database
) -> None:
    """Also where an instrumentation knows no mark, and a sampler takes everything."""
    exporter = DatabaseSpanExporter(database, batch_size=1, delay=0.0)
    seen: list[str] = []
    with traced(exporter) as (tracer, provider):
        provider.add_span_processor(BatchSpanProcessor(exporter))

        def instrument(_c: Any, _k: Any, statement: str, *_: Any) -> None:
            seen.append(threading.current_thread().name)
            tracer.start_span(statement[:20]).end()

        for engine in database.engines():
            sa.event.listen(engine, "before_cursor_execute", instrument)
        tracer.start_span("s").end()
        assert exporter.force_flush()
        assert provider.force_flush()
        assert exporter.force_flush()
        for engine in database.engines():
            sa.event.remove(engine, "before_cursor_execute", instrument)
    assert "bedplate-spans" in seen
    assert [event.name for event in all_events(telemetry)] == ["s"]


@pytest.mark.parametrize(
    "options",
    [{"queue_size": 0}, {"batch_size": 0}, {"queue_size": 1.5}],
)
def test_a_size_that_is_none_is_refused(
    database: Database, options: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="is not a whole number from 1"):
        DatabaseSpanExporter(database, **options)


# Processes


PROGRAM = """
import json, os, sys
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from bedplate import Database
from bedplate.domains.telemetry.exporter import DatabaseSpanExporter

database = Database(sys.argv[1])
exporter = DatabaseSpanExporter(database, delay=60.0)
provider = TracerProvider()
processor = {"simple": SimpleSpanProcessor, "batch": BatchSpanProcessor}[sys.argv[2]]
provider.add_span_processor(processor(exporter))
tracer = provider.get_tracer("tests")
for number in range(700):
    with tracer.start_as_current_span(f"s{number}"):
        pass
if sys.argv[3] == "raise":
    raise SystemExit(3)
"""


# The programs leave their connections open, as programs that are traced do.
QUIET = ("-W", "error", "-W", "ignore::ResourceWarning")


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *QUIET, "-c", program, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )


@pytest.mark.parametrize(
    ("processor", "end", "code"), [("simple", "end", 0), ("batch", "raise", 3)]
)
def test_at_exit_everything_is_written(
    database_url: str, processor: str, end: str, code: int
) -> None:
    done = run(PROGRAM, database_url, processor, end)
    assert (done.returncode, done.stderr) == (code, "")
    with Database(database_url) as database:
        telemetry = database.repository(TelemetryRepository)
        names = {event.name for event in all_events(telemetry)}
        assert names == {f"s{number}" for number in range(700)}


AT_EXIT = """
import atexit, sys
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from bedplate import Database
from bedplate.domains.telemetry.exporter import DatabaseSpanExporter

exporter = DatabaseSpanExporter(Database(sys.argv[1]), delay=60.0)
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
atexit.register(lambda: provider.get_tracer("tests").start_span("last").end())
"""


def test_a_first_span_that_ends_with_the_interpreter_is_written(
    database_url: str,
) -> None:
    """Python 3.12 starts no thread any more by then; the shutdown writes it."""
    done = run(AT_EXIT, database_url)
    assert (done.returncode, done.stderr) == (0, "")
    with Database(database_url) as database:
        telemetry = database.repository(TelemetryRepository)
        assert [event.name for event in all_events(telemetry)] == ["last"]


FORKING = """
import json, os, sys
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from bedplate import Database
from bedplate.domains.telemetry.exporter import DatabaseSpanExporter

database = Database(sys.argv[1])
exporter = DatabaseSpanExporter(database, delay=60.0)
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
tracer = provider.get_tracer("tests")

def spans(name, count):
    for number in range(count):
        tracer.start_span(f"{name}{number}").end()

spans("before", 5)
assert exporter.force_flush()
spans("parent", 7)  # in the queue while it forks: the parent's to write, once
children = []
for name in "abc":
    child = os.fork()
    if not child:
        assert (exporter.pending, exporter.written) == (0, 0)
        spans(name, 100)
        done = exporter.force_flush() and exporter.written == 100
        os._exit(0 if done else 1)
    children.append(child)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
provider.shutdown()
print(json.dumps([codes, exporter.written, exporter.dropped, exporter.failed]))
"""


def test_forked_workers_write_their_own(database_url: str) -> None:
    done = run(FORKING, database_url)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[0, 0, 0], 12, 0, 0]
    with Database(database_url) as database:
        telemetry = database.repository(TelemetryRepository)
        names = sorted(event.name for event in all_events(telemetry))
    wanted = [f"before{n}" for n in range(5)] + [f"parent{n}" for n in range(7)]
    wanted += [f"{name}{n}" for name in "abc" for n in range(100)]
    assert names == sorted(wanted)


@pytest.mark.databases("sqlite")
def test_a_signal_that_traces_inside_of_tracing_ends(database: Database) -> None:
    """A handler runs in the middle of anything, the exporter's own lock included."""
    exporter = DatabaseSpanExporter(database, delay=LONG)
    handled = 0
    with traced(exporter) as (tracer, _):

        def handle(*_: object) -> None:
            nonlocal handled
            handled += 1
            tracer.start_span("signal").end()

        before = signal.signal(signal.SIGALRM, handle)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        try:
            count = 0
            while handled < 50:
                tracer.start_span("s").end()
                count += 1
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    assert exporter.written + exporter.dropped == count + handled


@pytest.mark.databases("sqlite")
def test_the_extra_is_asked_for_by_its_name(database_url: str) -> None:
    program = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "import bedplate.domains.telemetry\n"
        "import bedplate.domains.telemetry.exporter"
    )
    done = run(program)
    assert done.returncode == 1
    assert "ImportError: the exporter needs OpenTelemetry: pip install" in done.stderr
    assert "'bedplate[otel]'" in done.stderr
