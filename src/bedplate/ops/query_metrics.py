"""What statements cost: counted by shape, for as many shapes as a program has."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.engine.cursor import CursorFetchStrategy

from bedplate.base import utcnow
from bedplate.durations import PENDING, Distribution, Durations, Told
from bedplate.ops.plans import Slow
from bedplate.ops.shapes import ENOUGH, shape_of

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["OTHERS", "QueryMeter", "QueryMetrics", "StatementMetrics"]

_SHAPES = 500
"""Shapes told apart: more are those of a program that writes values into its SQL."""

_TEXTS = 2_000
"""Statements whose shape is remembered, by 2,001 characters at most; those with long
lists in them are many."""

OTHERS = "(others)"
"""Stands for every shape after the first 500."""

_UNKNOWN = 2**63
"""What PyMySQL says of a stream, whose rows nobody has counted, is beyond that."""

Execute = Callable[..., None]
"""One of a dialect's ways to hand a statement to the driver."""

OnSlow = Callable[[Slow], str | None]
"""Told of the first slow statement of a shape; returns its plan."""


@dataclass(frozen=True)
class StatementMetrics(Told):
    """What the statements of one shape have cost.

    Attributes:
        statement: The shape: the statement with `?` for each value.
        count: How often it was run, errors included.
        errors: How often it failed.
        rows: Rows returned or changed, as far as the driver tells.
        slow: How often it took DB_SLOW_QUERY_MS or longer.
        p50: Seconds half of them took at most.
        p95: Seconds 95 % of them took at most.
        p99: Seconds 99 % of them took at most.
        longest: Seconds the longest took.
        total: Seconds all of them took together.
        plan: How the database went about the first slow one, None where there was
            none, or it has no plan.
    """

    statement: str
    count: int
    errors: int
    rows: int
    slow: int
    p50: float | None
    p95: float | None
    p99: float | None
    longest: float
    total: float
    plan: str | None = None


@dataclass(frozen=True)
class QueryMetrics(Told):
    """What statements have cost since `since`.

    Attributes:
        since: When counting began: the start, or the last reset_metrics().
        count: Statements run, errors included; the pool's health checks are not.
        errors: Those that failed.
        rows: Rows returned or changed, as far as the driver tells.
        slow: Those that took DB_SLOW_QUERY_MS or longer.
        seconds: How long they took, from being sent to the first row's arrival; with
            most drivers all rows arrive at once.
        statements: The same by shape, those that took the longest together first.
    """

    since: datetime
    count: int
    errors: int
    rows: int
    slow: int
    seconds: Distribution
    statements: tuple[StatementMetrics, ...]


class _Shape(Durations):
    """Counts the statements of one shape."""

    __slots__ = ("errors", "explained", "fetching", "plan", "rows", "slow", "statement")

    def __init__(self, statement: str) -> None:
        super().__init__()
        self.statement = statement
        self.errors = self.rows = self.slow = 0
        self.explained = False
        self.plan: str | None = None
        self.fetching = _Counted(self)

    def metrics(self) -> StatementMetrics:
        spread = self.distribution()
        return StatementMetrics(
            statement=self.statement,
            count=spread.count,
            errors=self.errors,
            rows=self.rows,
            slow=self.slow,
            p50=spread.p50,
            p95=spread.p95,
            p99=spread.p99,
            longest=spread.longest,
            total=spread.total,
            plan=self.plan,
        )


class _Counted(CursorFetchStrategy):
    """Counts the rows of drivers that know how many there are when all are read."""

    __slots__ = ("_shape",)

    def __init__(self, shape: _Shape) -> None:
        self._shape = shape

    def fetchone(self, result: Any, dbapi_cursor: Any, hard_close: bool = False) -> Any:
        row = CursorFetchStrategy.fetchone(self, result, dbapi_cursor, hard_close)
        self._shape.rows += row is not None
        return row

    def fetchmany(self, result: Any, dbapi_cursor: Any, size: int | None = None) -> Any:
        rows = CursorFetchStrategy.fetchmany(self, result, dbapi_cursor, size)
        self._shape.rows += len(rows)
        return rows

    def fetchall(self, result: Any, dbapi_cursor: Any) -> Any:
        rows = CursorFetchStrategy.fetchall(self, result, dbapi_cursor)
        self._shape.rows += len(rows)
        return rows


class QueryMeter:
    """Counts the statements of engines.

    Args:
        slow_after: Seconds from which a statement is slow; 0 for none.
        slow: Told of the first slow one of a shape; returns its plan.
        text_literal: What a text in a statement looks like: Dialect.text_literal.
    """

    def __init__(self, slow_after: float, slow: OnSlow, text_literal: str) -> None:
        self._slow_after = slow_after or float("inf")
        self._text_literal = text_literal
        self._on_slow = slow
        self._lock = threading.RLock()  # what is collected may run a statement
        self._by_text: dict[str, _Shape] = {}
        self._by_shape: dict[str, _Shape] = {}
        self.since = utcnow()

    def listen(self, engine: sa.Engine) -> None:
        """Count what SQLAlchemy executes on an engine.

        At the dialect's door to the driver: its events before and after a statement
        cost several times what is measured here.
        """
        dialect: Any = engine.dialect
        dialect.do_execute = self._timed(dialect.do_execute)
        dialect.do_executemany = self._timed(dialect.do_executemany)
        dialect.do_execute_no_params = self._timed_plain(dialect.do_execute_no_params)
        event.listen(engine, "handle_error", self._on_error)

    def reset(self) -> None:
        """Begin to count anew."""
        self._lock = threading.RLock()  # a forked child's may be held by nobody there
        self._by_text.clear()
        self._by_shape.clear()
        self.since = utcnow()

    def metrics(self) -> QueryMetrics:
        """Return what the statements have cost."""
        everything = Durations()
        shapes = [*self._by_shape.values()]
        for shape in shapes:
            everything.merge(shape)
        told = [shape.metrics() for shape in shapes]
        told.sort(key=lambda one: -one.total)
        return QueryMetrics(
            since=self.since,
            count=sum(one.count for one in told),
            errors=sum(one.errors for one in told),
            rows=sum(one.rows for one in told),
            slow=sum(one.slow for one in told),
            seconds=everything.distribution(),
            statements=tuple(told),
        )

    def _timed(self, run: Execute) -> Execute:
        known, slow_after = self._by_text.get, self._slow_after

        def timed(cursor: Any, sql: str, given: Any, context: Any = None) -> None:
            started = perf_counter()
            try:
                run(cursor, sql, given, context)
            except BaseException:
                self.failed(sql, perf_counter() - started)
                raise
            seconds = perf_counter() - started
            shape = known(sql) or self._shape(sql)
            pending = shape.pending  # as add() does, in place
            pending.append(seconds)
            if len(pending) >= PENDING:
                shape.settle()
            rows = cursor.rowcount
            if 0 <= rows < _UNKNOWN:
                shape.rows += rows
            elif not (
                context is None
                or context.is_crud
                or "stream_results" in context.execution_options
            ):  # rows are fetched in the usual way
                context.cursor_fetch_strategy = shape.fetching
            if seconds >= slow_after:
                found = Slow(shape.statement, seconds, sql, given, context)
                self._slow_one(shape, found)

        return timed

    def _timed_plain(self, run: Execute) -> Execute:
        timed = self._timed(lambda cursor, sql, _, context: run(cursor, sql, context))
        return lambda cursor, sql, context=None: timed(cursor, sql, None, context)

    def ran(self, sql: str, seconds: float, rows: int) -> None:
        """Count a statement; of a negative number of rows nobody knows."""
        shape = self._by_text.get(sql) or self._shape(sql)
        pending = shape.pending  # as add() does, in place
        pending.append(seconds)
        if len(pending) >= PENDING:
            shape.settle()
        if 0 < rows < _UNKNOWN:
            shape.rows += rows
        if seconds >= self._slow_after:
            self._slow_one(shape, Slow(shape.statement, seconds))

    def _slow_one(self, shape: _Shape, slow: Slow) -> None:
        shape.slow += 1
        # Who failed, or went another way, can't be asked for a plan; a later one can.
        has_plan = slow.context is not None
        if shape.slow == 1 or (has_plan and not shape.explained):
            shape.explained = has_plan
            shape.plan = self._on_slow(slow)

    def _on_error(self, told: Any) -> None:
        context = told.execution_context
        if told.statement is None and context is not None and context.statement:
            self.failed(context.statement, None)  # while its rows were fetched

    def failed(self, sql: str, seconds: float | None) -> None:
        """Count a statement that failed after so long; None for one that is counted."""
        shape = self._by_text.get(sql) or self._shape(sql)
        shape.errors += 1
        if seconds is not None:
            shape.add(seconds)
            if seconds >= self._slow_after:
                self._slow_one(shape, Slow(shape.statement, seconds))

    def _shape(self, sql: str) -> _Shape:
        text = sql[: ENOUGH + 1]  # of a longer one, which may be of megabytes, a part
        known = self._by_text.get(text)
        if known is not None:
            return known
        found = shape_of(text, self._text_literal)
        with self._lock:
            if found not in self._by_shape and len(self._by_shape) >= _SHAPES:
                found = OTHERS
            shape = self._by_shape.setdefault(found, _Shape(found))
            if len(self._by_text) >= _TEXTS:
                self._by_text.clear()
            self._by_text[text] = shape
        return shape
