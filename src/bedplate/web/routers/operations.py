"""What an operator looks at: pool, statements, health, settings, schema, tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

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
    found = await repository(TrainingRepository.get_table_stats)
    state = request.app.state
    if getattr(state, "first_sizes", None) is None:
        state.first_sizes = (utcnow(), found)
    since, first = state.first_sizes
    return Tables(since=since, tables=_grown(found, first))


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
