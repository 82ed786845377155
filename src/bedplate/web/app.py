"""All of it put together: what `bedplate serve` serves, and others may mount."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from fastapi import APIRouter, FastAPI, Security
from fastapi.responses import FileResponse
from fastapi.security import HTTPBearer
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Match

import bedplate
from bedplate.async_database import AsyncDatabase
from bedplate.database import Database
from bedplate.settings import Settings
from bedplate.web import routers
from bedplate.web.access import Access, Guard
from bedplate.web.dependencies import lifespan
from bedplate.web.errors import Answers, Problem, handle_errors
from bedplate.web.limits import BodyLimit, Heads, RateLimit, SecurityHeaders
from bedplate.web.routers.session import session_router

__all__ = ["create_app"]

DASHBOARD = Path(__file__).parent / "dashboard"

_GUARDED: tuple[APIRouter, ...] = (
    routers.workflows,
    routers.jobs,
    routers.corpora,
    routers.search,
    routers.generation,
    routers.metrics,
    routers.operations,
    routers.database_health,
)

_REFUSALS: Answers = {
    400: {"model": Problem, "description": "The body cannot be read."},
    401: {"model": Problem, "description": "The token is missing or wrong."},
    403: {"model": Problem, "description": "The request comes from another site."},
    408: {"model": Problem, "description": "The body did not come."},
    413: {"model": Problem, "description": "The body is too long."},
    429: {"model": Problem, "description": "Too many requests from one address."},
}


def create_app(
    database: Database | AsyncDatabase | None = None, access: Access | None = None
) -> FastAPI:
    """Return the application: the routers, the dashboard at /, and who may come in.

    Args:
        database: What it works on, closed by whoever opened it; by default the
            environment's, opened and closed with the application.
        access: Who may come in; by default who shows BEDPLATE_API_TOKEN, or where
            that is not set, programs of this machine.
    """
    access = access or _access(database)
    app = FastAPI(
        title="Bedplate",
        version=bedplate.__version__,
        description="The database layer of language-model pipelines.",
        lifespan=lifespan,
        docs_url=None,  # their scripts would come from another host
        redoc_url=None,
    )
    if database is not None:
        app.state.database = database
    handle_errors(app)
    app.add_exception_handler(HTTPException, _answer)
    _include(app, access)
    _protect(app, access)
    return app


def _access(database: Database | AsyncDatabase | None) -> Access:
    settings = Settings() if database is None else database.settings
    secret = settings.api_token
    return Access(secret.get_secret_value() if secret else None)


def _include(app: FastAPI, access: Access) -> None:
    # It lets everybody pass, and tells the document what the guard wants.
    wanted = [Security(HTTPBearer(auto_error=False))] if access.token else []
    for router in _GUARDED:
        app.include_router(router, dependencies=wanted, responses=_REFUSALS)
    app.include_router(routers.health)
    refusals: Answers = {k: v for k, v in _REFUSALS.items() if k != 401}
    session = session_router(access)
    app.include_router(session, responses=refusals)
    app.state.routers = (*_GUARDED, routers.health, session)
    app.mount("/dashboard", StaticFiles(directory=DASHBOARD), name="dashboard")

    @app.get("/", include_in_schema=False)
    async def dashboard() -> FileResponse:
        """Return the page; what it shows it asks for itself."""
        return FileResponse(DASHBOARD / "index.html")


def _protect(app: FastAPI, access: Access) -> None:
    """Put the guards around it, the innermost first."""
    app.add_middleware(Heads)
    app.add_middleware(BodyLimit, limit=access.body_limit, small=("/api/session",))
    app.add_middleware(Guard, access=access)
    app.add_middleware(RateLimit, rate=access.rate)
    if access.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=access.origins,
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
        )
    app.add_middleware(SecurityHeaders)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    """Answer what the framework refuses in the form of everything else."""
    if not isinstance(error, HTTPException):
        raise error
    body = Problem(detail=str(error.detail), error=f"HTTP{error.status_code}")
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods(request))
    return JSONResponse(body.model_dump(), error.status_code, headers)


def _methods(request: Request) -> list[str]:
    """Return what may be done at a path: the framework names one route's alone."""
    found: set[str] = set()
    for route in chain.from_iterable(r.routes for r in request.app.state.routers):
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return sorted(found | {"HEAD"} if "GET" in found else found)
