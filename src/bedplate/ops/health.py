"""How a database is: one answer in bounded time, whatever has happened to the server.

It is asked through a connection of its own, opened for the purpose: a full pool, or one
whose connections have all died, says nothing of the server.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from bedplate.base import utcnow
from bedplate.durations import Told
from bedplate.engine import Engines
from bedplate.errors import BedplateError, DatabaseFileError, SchemaError
from bedplate.ops import fit
from bedplate.ops.deadline import within
from bedplate.ops.replica_watch import ReplicaHealth  # noqa: TC001 - FastAPI
from bedplate.translation import place, translating

if TYPE_CHECKING:
    import sqlalchemy as sa

    from bedplate.dialects.vitals import Vitals
    from bedplate.ops.pool_metrics import PoolMetrics

__all__ = ["Answer", "Check", "Health", "ask", "health_of", "is_busy", "look"]

_LAG = 30.0
"""Seconds a replica may be behind: readers then see what is half a minute old."""

_FREE = 0.05
"""The part of a disk's free space, beside the file's size, below which it is told."""

_LEAST_FREE = 256 * 1024 * 1024
"""Bytes that have to be free: a checkpoint, a sort and a backup need some."""

_CONNECTIONS = 0.9
"""The part of the server's connections from which others soon find none."""


@dataclass(frozen=True)
class Check(Told):
    """One thing looked at.

    Attributes:
        name: "connection", "schema", "pool", "connections", "disk" or "replica", for
            one that serves reads with its address behind.
        ok: Whether it is as it should be.
        message: What was found, and what to do about it.
    """

    name: str
    ok: bool
    message: str


@dataclass(frozen=True)
class Health(Told):
    """How a database was when it was asked.

    Attributes:
        status: "ok"; "degraded" where it answers, but a check is not ok;
            "unreachable" where there was no answer, or a refusal.
        ready: Whether this program can work with it: it answers, and the schema is
            this program's. A full pool does not count: it empties again.
        message: One sentence for a person, without any secret.
        checked_at: When it was asked.
        database: Which one, as DB_TYPE names it.
        latency_ms: Milliseconds of a round trip on an open connection.
        connect_ms: Milliseconds until the connection was open.
        server_version: The server's version.
        schema_current: The revision the schema is at; None where nothing was migrated.
        schema_head: The newest revision this program has.
        pool_saturation: The part of the pool's connections that was in use, 0 to 1;
            None where there is no limit.
        waiting: How many threads or tasks waited for a connection.
        connections: Connections the server had open, for whomever; None for a file.
        max_connections: How many it allows; None for a file.
        replica_lag: Seconds it is behind the server it follows; None if it follows
            none.
        size_bytes: What the database takes on disk.
        free_bytes: What is free on that disk; None where it is another machine's.
        checks: What was looked at.
        replicas: How each server of DB_REPLICA_URLS is.
    """

    status: Literal["ok", "degraded", "unreachable"]
    ready: bool
    message: str
    checked_at: datetime
    database: str
    latency_ms: float | None
    connect_ms: float | None
    server_version: str | None
    schema_current: str | None
    schema_head: str
    pool_saturation: float | None
    waiting: int
    connections: int | None
    max_connections: int | None
    replica_lag: float | None
    size_bytes: int | None
    free_bytes: int | None
    checks: tuple[Check, ...]
    replicas: tuple[ReplicaHealth, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a database has answered.

    Attributes:
        latency_ms: Milliseconds of a round trip.
        connect_ms: Milliseconds until the connection was open.
        vitals: How the server is.
        schema: The revision the schema is at.
        misfit: Why this program cannot work with the schema, None where it can.
    """

    latency_ms: float
    connect_ms: float
    vitals: Vitals
    schema: str | None
    misfit: str | None

    @property
    def fits(self) -> bool:
        """Whether the schema is there, and this program's."""
        return self.schema is not None and self.misfit is None


def look(
    engines: Engines,
    metrics: Callable[[], PoolMetrics],
    replicas: Callable[[float], Sequence[ReplicaHealth]] = lambda _: (),
) -> Health:
    """Ask a database how it is; an answer comes in bounded time.

    Args:
        engines: Its engines.
        metrics: Tells what the pools do.
        replicas: Tells how replicas are, waiting until a moment of time.monotonic()
            at most.
    """
    deadline = time.monotonic() + engines.settings.connect_timeout
    replicas(0)  # so that they are asked meanwhile
    answer: Answer | BedplateError | None
    try:
        answer = None if is_busy(engines, metrics()) else _probe(engines)
    except BedplateError as error:
        answer = error
    return _with_replicas(health_of(engines, metrics(), answer), replicas(deadline))


def _with_replicas(found: Health, replicas: Sequence[ReplicaHealth]) -> Health:
    checks = tuple(
        Check(f"replica {one.name}", ok=one.in_use, message=_told(one))
        for one in replicas
    )
    wrong = [f"{one.name}: {one.message}" for one in checks if not one.ok]
    if wrong and found.status == "ok":
        found = replace(found, status="degraded", message="; ".join(wrong))
    return replace(found, checks=found.checks + checks, replicas=tuple(replicas))


def _told(replica: ReplicaHealth) -> str:
    if replica.in_use:
        return f"in use, {replica.lag or 0:.1f} s behind at most"
    return f"left out: {replica.reason}"


def is_busy(engines: Engines, pool: PoolMetrics) -> bool:
    """Return whether it lives in one connection, which another one works with."""
    elsewhere = pool.checked_out > 0 or engines.writer.dialect.is_async
    return engines.settings.in_memory and elsewhere


def _probe(engines: Engines) -> Answer:
    settings = engines.settings
    limit = settings.connect_timeout
    if settings.is_missing_file:
        raise DatabaseFileError(f"there is no file {settings.path}")
    if settings.in_memory:
        return within(limit, lambda: _asked(engines))
    own = Engines(settings.of(settings, use_pool=False, statement_timeout=limit))
    return within(limit, lambda: _asked(own))


def _asked(engines: Engines) -> Answer:
    started = time.perf_counter()
    with translating(engines), engines.reader.connect() as connection:
        return ask(connection, engines, started)


def ask(connection: sa.Connection, engines: Engines, started: float) -> Answer:
    """Ask on a connection, which took from `started` (of perf_counter()) to open."""
    dialect = engines.dialect
    opened = time.perf_counter()
    connection.exec_driver_sql("SELECT 1").scalar()
    answered = time.perf_counter()
    schema, misfit = _schema(connection)
    return Answer(
        latency_ms=round((answered - opened) * 1e3, 3),
        connect_ms=round((opened - started) * 1e3, 3),
        vitals=dialect.vitals(connection),
        schema=schema,
        misfit=misfit,
    )


def _schema(connection: sa.Connection) -> tuple[str | None, str | None]:
    current = ",".join(fit.current(connection)) or None
    try:
        fit.refuse_misfit(connection)
    except SchemaError as error:
        return current, str(error)
    return current, None


def health_of(
    engines: Engines, pool: PoolMetrics, answer: Answer | BedplateError | None
) -> Health:
    """Return what an answer means, or an error, or that it was not asked."""
    if isinstance(answer, BedplateError):
        checks = (Check("connection", ok=False, message=str(answer)), _pool(pool))
        return _health(engines, pool, checks, None)
    if answer is None:
        checks = (Check("connection", ok=True, message="in use"), _pool(pool))
        return _health(engines, pool, checks, None)
    return _health(engines, pool, tuple(_checks(engines, pool, answer)), answer)


def _health(
    engines: Engines,
    pool: PoolMetrics,
    checks: tuple[Check, ...],
    answer: Answer | None,
) -> Health:
    wrong = [check for check in checks if not check.ok]
    reached = checks[0].ok
    degraded: Literal["ok", "degraded"] = "degraded" if wrong else "ok"
    vitals = answer.vitals if answer else None
    return Health(
        status=degraded if reached else "unreachable",
        ready=reached and (answer is None or answer.fits),
        message="; ".join(check.message for check in wrong)
        or f"connected to {place(engines.settings)}",
        checked_at=utcnow(),
        database=engines.dialect.name,
        latency_ms=answer.latency_ms if answer else None,
        connect_ms=answer.connect_ms if answer else None,
        server_version=vitals.version if vitals else None,
        schema_current=answer.schema if answer else None,
        schema_head=fit.head(),
        pool_saturation=pool.saturation,
        waiting=pool.waiting,
        connections=vitals.connections if vitals else None,
        max_connections=vitals.max_connections if vitals else None,
        replica_lag=vitals.replica_lag if vitals else None,
        size_bytes=vitals.size_bytes if vitals else None,
        free_bytes=vitals.free_bytes if vitals else None,
        checks=checks,
    )


def _checks(engines: Engines, pool: PoolMetrics, answer: Answer) -> Iterator[Check]:
    vitals = answer.vitals
    where = place(engines.settings)
    yield Check("connection", ok=True, message=f"{where} in {answer.latency_ms:g} ms")
    yield _schema_check(answer)
    yield _pool(pool)
    if vitals.connections is not None and vitals.max_connections is not None:
        yield _connections(vitals.connections, vitals.max_connections)
    if vitals.free_bytes is not None:
        yield _disk(vitals.free_bytes, vitals.size_bytes)
    if vitals.is_replica:
        yield _replica(vitals.replica_lag)


def _schema_check(answer: Answer) -> Check:
    if answer.misfit is not None:
        return Check("schema", ok=False, message=answer.misfit)
    if answer.schema is None:
        return Check("schema", ok=False, message="empty: run `bedplate upgrade`")
    return Check("schema", ok=True, message=f"at {answer.schema}")


def _pool(pool: PoolMetrics) -> Check:
    if pool.capacity is None:
        told = f"none is kept: {pool.checked_out} connections in use"
        return Check("pool", ok=True, message=told)
    told = f"{pool.checked_out} of {pool.capacity} in use, {pool.waiting} waiting"
    if not pool.waiting:
        return Check("pool", ok=True, message=told)
    return Check(
        "pool",
        ok=False,
        message=f"{told}: raise DB_POOL_SIZE, or look for who holds them",
    )


def _connections(used: int, allowed: int) -> Check:
    told = f"{used} of the server's {allowed} connections are open"
    if used < _CONNECTIONS * allowed:
        return Check("connections", ok=True, message=told)
    return Check(
        "connections",
        ok=False,
        message=f"{told}: `bedplate pool` says what each process may have",
    )


def _disk(free: int, size: int) -> Check:
    told = f"{free / 1e9:.1f} GB are free beside the file's {size / 1e9:.1f} GB"
    enough = free >= max(_LEAST_FREE, _FREE * size)
    return Check("disk", enough, told if enough else f"{told}: make room")


def _replica(lag: float | None) -> Check:
    if lag is None:
        return Check("replica", ok=False, message="it has stopped following its source")
    return Check("replica", lag <= _LAG, f"{lag:.1f} s behind its source")
