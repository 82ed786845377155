"""Bedplate in a web application: dependencies, error handlers, routers, the dashboard.

Needs the extra `web`:

    app = FastAPI(lifespan=lifespan)
    handle_errors(app)
    app.include_router(routers.workflows)

`create_app()` is all of it put together, as `bedplate serve` serves it.
"""

from __future__ import annotations

try:
    from bedplate.web import routers
    from bedplate.web.access import Access
    from bedplate.web.app import create_app
    from bedplate.web.dependencies import Calls, Repo, get_db, lifespan
    from bedplate.web.errors import handle_errors
except ImportError as error:
    raise ImportError(
        "bedplate.web needs FastAPI: pip install 'bedplate[web]'"
    ) from error

__all__ = [
    "Access",
    "Calls",
    "Repo",
    "create_app",
    "get_db",
    "handle_errors",
    "lifespan",
    "routers",
]
