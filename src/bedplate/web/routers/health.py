"""Whether the process lives, whether it can work, and how the database is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from bedplate.ops.health import Health
from bedplate.ops.monitor import HealthMonitor
from bedplate.web.dependencies import awaited, get_db
from bedplate.web.errors import ANSWERS, Answers
from bedplate.web.schemas import State

__all__ = ["database_health", "health"]

health = APIRouter(tags=["health"])
database_health = APIRouter(tags=["health"])
"""Apart, because it tells where the database is."""

_UNFIT: Answers = {503: ANSWERS[503] | {"model": State}}
_UNWELL: Answers = {503: ANSWERS[503] | {"model": Health}}

Face = Annotated[Any, Depends(get_db)]


@health.get("/health/live")
async def is_alive() -> State:
    """Answer, which is all there is to it: the database is not asked."""
    return State(status="ok")


@health.get("/health/ready", responses=_UNFIT)
async def is_ready(database: Face, request: Request, response: Response) -> State:
    """Tell whether the database answers and its schema is this program's.

    It is as it was seen at the last look, a few seconds ago, where the application was
    started with its lifespan: however often this is asked, the server is not.
    """
    monitor: HealthMonitor | None = getattr(request.app.state, "monitor", None)
    latest = monitor.latest if monitor is not None else None
    found: Health = latest or await awaited(database.health)
    if _is_ready(found):
        return State(status="ok")
    _refuse(response)
    return State(status="database" if found.status == "unreachable" else "schema")


@database_health.get("/api/health/db", responses=_UNWELL)
async def get_database_health(database: Face, response: Response) -> Health:
    """Tell how the database is; 503 where this program cannot work with it."""
    found: Health = await awaited(database.health)
    if not _is_ready(found):
        _refuse(response)
    return found


def _is_ready(found: Health) -> bool:
    return found.ready and found.schema_current is not None


def _refuse(response: Response) -> None:
    response.status_code = 503
    response.headers["Retry-After"] = "2"
