"""An OpenTelemetry exporter that writes spans to the database, beside the program.

    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(DatabaseSpanExporter(database)))

It gathers batches itself, so the simple processor is enough. The extra `otel` brings
what it needs.
"""

from __future__ import annotations

import contextvars
import logging
import math
import os
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

try:
    from opentelemetry import context, trace
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
except ImportError as error:
    raise ImportError(
        "the exporter needs OpenTelemetry: pip install 'bedplate[otel]'"
    ) from error

from bedplate.checks import check_whole
from bedplate.domains.telemetry.backlog import Backlog
from bedplate.domains.telemetry.repository import TelemetryRepository
from bedplate.domains.telemetry.spans import row_of
from bedplate.domains.users import User
from bedplate.errors import IntegrityError, InvalidValueError
from bedplate.session import Retry

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan

    from bedplate.database import Database

__all__ = ["DatabaseSpanExporter"]

_log = logging.getLogger(__name__)

_QUEUE = 8_192
"""Spans that may wait: a second of a busy program, some ten megabytes."""

_BATCH = 512
"""As many as OpenTelemetry's own processor hands over at a time."""

_exporters: weakref.WeakSet[DatabaseSpanExporter] = weakref.WeakSet()


def _start_anew() -> None:
    """Give a forked child queues and locks of its own; its parent writes its own."""
    for exporter in list(_exporters):
        exporter._begin()


os.register_at_fork(after_in_child=_start_anew)


class DatabaseSpanExporter(SpanExporter):
    """Writes spans to trace_events from a thread of its own.

    The program that is traced never waits for the database and never sees an error of
    it: what finds no room in the queue is dropped and counted, and so is what could
    not be written within `patience`. The thread begins with the first span, in each
    process of its own, so an exporter made before a fork works after it.

    Args:
        database: Where to; migrated by the time the first span ends.
        queue_size: How many spans may wait; those beyond are dropped.
        batch_size: How many are written in one transaction.
        delay: Seconds a span waits for others to fill a batch.
        patience: Seconds to try again while the database cannot be written.
    """

    def __init__(
        self,
        database: Database,
        queue_size: int = _QUEUE,
        batch_size: int = _BATCH,
        delay: float = 1.0,
        patience: float = 30.0,
    ) -> None:
        self._size = check_whole(queue_size, "queue_size", 1, 10**9)
        self._batch = check_whole(batch_size, "batch_size", 1, 10**6)
        self._delay = delay
        self._retry = Retry(deadline=patience, first=0.1, longest=5.0)
        self._database = database
        self._telemetry = database.repository(TelemetryRepository)
        self._trace, self._untraced = _untraced()
        self._deadline = math.inf
        self._begin()
        _exporters.add(self)

    def _begin(self) -> None:
        self._backlog: Backlog[ReadableSpan] = Backlog(self._size, self._batch)
        self._starting = threading.Lock()
        self._writer: threading.Thread | None = None
        self._warned: set[str] = set()
        if self._deadline < math.inf:
            self._backlog.close()

    # What became of the spans of this process

    @property
    def written(self) -> int:
        """How many spans were written."""
        return self._backlog.written

    @property
    def dropped(self) -> int:
        """How many spans found no room in the queue, or came after the shutdown."""
        return self._backlog.refused

    @property
    def failed(self) -> int:
        """How many spans were taken, but could not be written."""
        return self._backlog.failed

    @property
    def pending(self) -> int:
        """How many spans wait, those being written among them."""
        return self._backlog.pending

    # What OpenTelemetry calls

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Take spans to write them later; returns at once and never raises.

        FAILURE means that some were dropped.
        """
        others = [span for span in spans if not self._is_ours(span)]
        refused = self._backlog.offer(others)
        if len(others) > refused:
            self._start_writer()
        if not refused:
            return SpanExportResult.SUCCESS
        self._warn(
            "dropped",
            "spans are dropped, see `dropped`: %d wait already, or it is shut down",
            self._size,
        )
        return SpanExportResult.FAILURE

    def force_flush(self, timeout_millis: float = 30_000) -> bool:
        """Wait until all spans taken so far are written; return whether they were."""
        failed = self.failed
        if self.pending and not self._start_writer():
            return False
        flushed = self._backlog.flush(max(0.0, timeout_millis / 1e3))
        return flushed and self.failed == failed

    def shutdown(self, timeout_millis: float = 10_000) -> None:
        """Write what is left, for so long at most; spans that end later are dropped."""
        if self._deadline < math.inf:
            return
        self._deadline = time.monotonic() + timeout_millis / 1e3
        self._backlog.close()
        if self.pending and not self._start_writer():
            contextvars.Context().run(self._write_all)  # not in a caller's transaction
        self._backlog.flush(timeout_millis / 1e3)
        if self._backlog.abandon() or self.failed or self.dropped:
            _log.warning(
                "of the spans taken, %d were written; %d were dropped, %d failed",
                self.written,
                self.dropped,
                self.failed,
            )

    # The writer

    def _is_ours(self, span: ReadableSpan) -> bool:
        """Return whether writing spans has made this one: no end would be to it."""
        found = span.get_span_context()
        return found is not None and found.trace_id == self._trace

    def _start_writer(self) -> bool:
        """Return whether there is a writer, begun now or before."""
        # Where the lock is taken somebody is about to begin one: another thread, or
        # the code that a signal handler has interrupted. Nobody needs to wait.
        if self._writes() or not self._starting.acquire(blocking=False):
            return True
        try:
            if not self._writes():
                thread = threading.Thread(
                    target=self._write_all, name="bedplate-spans", daemon=True
                )
                thread.start()
                self._writer = thread
        except RuntimeError:  # the interpreter is ending; shutdown() writes
            return False
        finally:
            self._starting.release()
        return True

    def _writes(self) -> bool:
        return self._writer is not None and self._writer.is_alive()

    def _write_all(self) -> None:
        context.attach(self._untraced)
        backlog = self._backlog
        while spans := backlog.take(self._delay):
            rows = self._rows(spans)
            backlog.finish(failed=len(spans) - len(rows))
            self._deliver(rows)

    def _rows(self, spans: Sequence[ReadableSpan]) -> list[dict[str, Any]]:
        rows = []
        for span in spans:
            try:
                rows.append(row_of(span))
            except Exception as error:  # noqa: BLE001  # one span, not all
                self._warn("failed", "a span cannot be written: %r", error)
        # In the order of the key, so that two writers do not deadlock.
        return sorted(rows, key=lambda row: (row["trace_id"], row["span_id"]))

    def _deliver(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows, again while the database does not answer."""
        pauses = self._retry.pauses()
        while rows:
            try:
                self._write(rows)
            except (InvalidValueError, IntegrityError) as error:
                self._divide(rows, error)
                return
            except Exception as error:  # noqa: BLE001  # it must not reach the program
                pause = next(pauses, None)
                if pause is None or time.monotonic() + pause > self._deadline:
                    self._lose(rows, error)
                    return
                self._backlog.pause(pause)
            else:
                self._backlog.finish(written=len(rows))
                return

    def _divide(self, rows: Sequence[Mapping[str, Any]], error: Exception) -> None:
        """Write all rows but the one that is refused."""
        if len(rows) == 1:
            self._lose(rows, error)
        else:
            half = len(rows) // 2
            self._deliver(rows[:half])
            self._deliver(rows[half:])

    def _write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        with self._database.transaction() as session:
            named = {row["user_id"] for row in rows} - {None}
            if named:
                found = session.scalars(sa.select(User.id).where(User.id.in_(named)))
                known = {None, *found}
                rows = [
                    row if row["user_id"] in known else {**row, "user_id": None}
                    for row in rows
                ]
            self._telemetry.record_events(rows)

    def _lose(self, rows: Sequence[Mapping[str, Any]], error: Exception) -> None:
        self._backlog.finish(failed=len(rows))
        self._warn("failed", "spans cannot be written, see `failed`: %s", error)

    def _warn(self, kind: str, text: str, detail: object) -> None:
        if kind not in self._warned:  # once: a log is no place to count in
            self._warned.add(kind)
            _log.warning(text, detail)


def _untraced() -> tuple[int, Context]:
    """Return a context in which nothing is traced, and the id that betrays what is.

    Instrumentations that know the SDK's own mark keep still. Those that do not make
    children of a span that is not sampled; where a sampler wants them all the same,
    export() knows them by their trace.
    """
    ids = RandomIdGenerator()
    parent = trace.SpanContext(
        trace_id=ids.generate_trace_id(),
        span_id=ids.generate_span_id(),
        is_remote=False,
        trace_flags=trace.TraceFlags(trace.TraceFlags.DEFAULT),
    )
    quiet = trace.set_span_in_context(trace.NonRecordingSpan(parent), context.Context())
    return parent.trace_id, context.set_value(
        context._SUPPRESS_INSTRUMENTATION_KEY, True, quiet
    )
