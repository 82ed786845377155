"""The routers, to be included one by one."""

from __future__ import annotations

from bedplate.web.routers.corpora import corpora
from bedplate.web.routers.generation import generation
from bedplate.web.routers.health import database_health, health
from bedplate.web.routers.jobs import jobs
from bedplate.web.routers.metrics import metrics
from bedplate.web.routers.operations import operations
from bedplate.web.routers.search import search
from bedplate.web.routers.workflows import workflows

__all__ = [
    "corpora",
    "database_health",
    "generation",
    "health",
    "jobs",
    "metrics",
    "operations",
    "search",
    "workflows",
]
