"""What an operator looks at: pool, statements, health, settings, schema, tables."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from anyio import Lock
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic.fields import FieldInfo

from bedplate.base import utcnow
from bedplate.domains.training import TrainingRepository
from bedplate.domains.training.upkeep import TableStats
from bedplate.ops.health import Health
from bedplate.ops.pool_metrics import PoolMetrics
from bedplate.ops.prometheus import CONTENT_TYPE, prometheus_text
from bedplate.ops.query_metrics import QueryMetrics
from bedplate.settings import Settings, variable_of
from bedplate.web.dependencies import Calls, awaited, calls, get_db, worked
from bedplate.web.errors import ANSWERS, Answers
from bedplate.web.schemas import Performance, Schema, Setting, Table, Tables

__all__ = ["operations"]

operations = APIRouter(prefix="/metrics", tags=["operations"])

_PAUSE = 20
"""How many times as long as counting took its result is good for."""

_PROMETHEUS: Answers = {
    200: {
        "description": "The text format of Prometheus.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
}

Face = Annotated[Any, Depends(get_db)]
Repository = Annotated[Calls[TrainingRepository], calls(TrainingRepository)]


@operations.get("", response_model=None, responses=_PROMETHEUS)
async def get_prometheus(database: Face) -> PlainTextResponse:
    """Return the metrics of this process for Prometheus."""
    text = await awaited(prometheus_text, database)
    return PlainTextResponse(text, headers={"Content-Type": CONTENT_TYPE})


@operations.get("/database/pool")
async def get_pool(database: Face) -> PoolMetrics:
    """Return what the pool of this process does, and who holds connections long."""
    found: PoolMetrics = database.pool_metrics()
    return found


@operations.get("/database/health")
async def get_health(database: Face) -> Health:
    """Return how the database is; 200 also where it cannot be reached."""
    found: Health = await awaited(database.health)
    return found


@operations.get("/performance/summary")
async def get_summary(
    database: Face,
    statements: Annotated[
        int, Query(ge=0, le=500, description="How many statements at most.")
    ] = 20,
) -> Performance:
    """Return the pool, and the statements that took the longest together."""
    queries: QueryMetrics = database.query_metrics()
    some = replace(queries, statements=queries.statements[:statements])
    return Performance(pool=database.pool_metrics(), queries=some)


@operations.get("/database/config")
async def get_config(database: Face) -> list[Setting]:
    """Return the settings in force, without any secret."""
    settings: Settings = database.settings
    return [
        Setting(
            variable=variable_of(name),
            value=_plain(getattr(settings, name)),
            meaning=field.description,
        )
        for name, field in Settings.model_fields.items()
        if not _is_secret(field)
    ]


@operations.get("/database/schema", response_model=Schema, responses=ANSWERS)
async def get_schema(database: Face) -> Any:
    """Return where the schema stands, and how it came there."""
    return await worked(database.migration_status)


@operations.get("/database/tables", responses=ANSWERS)
async def get_tables(request: Request, repository: Repository) -> Tables:
    """Return the size of each table, now and when this was first asked."""
    state = request.app.state
    if getattr(state, "sizes", None) is None:
        state.sizes = _Sizes()
    sizes: _Sizes = state.sizes
    return await sizes.read(repository)


class _Sizes:
    """The sizes of an application's tables.

    Every row is counted, which takes long where there are many: then several who look
    are told the same, and a twentieth of the time at most is spent with counting.
    """

    def __init__(self) -> None:
        self._since = utcnow()
        self._first: Mapping[str, TableStats] | None = None
        self._last: Mapping[str, TableStats] = {}
        self._good_until = 0.0
        self._one_counts = Lock()

    async def read(self, repository: Calls[TrainingRepository]) -> Tables:
        """Return them, counted now or a while ago."""
        async with self._one_counts:
            if time.monotonic() >= self._good_until:
                started = time.monotonic()
                self._last = await repository(TrainingRepository.get_table_stats)
                took = time.monotonic() - started
                # Most are counted in no time, and then looked at as they are.
                self._good_until = time.monotonic() + _PAUSE * max(took - 1, 0)
        if self._first is None:
            self._first, self._since = self._last, utcnow()
        return Tables(since=self._since, tables=_grown(self._last, self._first))


def _grown(
    found: Mapping[str, TableStats], first: Mapping[str, TableStats]
) -> list[Table]:
    return [
        Table(
            name=name,
            rows=size.rows,
            bytes=size.bytes,
            rows_first=first.get(name, size).rows,
        )
        for name, size in sorted(found.items())
    ]


def _is_secret(field: FieldInfo) -> bool:
    return "SecretStr" in str(field.annotation)


def _plain(value: object) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)
