"""Bedplate: the database layer of language-model pipelines.

One typed API over SQLite, PostgreSQL, MySQL and MariaDB, chosen by DB_TYPE.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bedplate.async_database import AsyncDatabase
    from bedplate.base import Base
    from bedplate.database import Database
    from bedplate.domains.books import BookRepository
    from bedplate.domains.conversations import ConversationRepository
    from bedplate.domains.telemetry import TelemetryRepository
    from bedplate.domains.training import MetricBuffer, TrainingRepository
    from bedplate.domains.workflows import WorkflowRepository
    from bedplate.errors import BedplateError
    from bedplate.named import (
        close_all,
        get_database,
        get_migration_status,
        get_repository,
        rollback_to_version,
        run_migrations,
    )
    from bedplate.repository import Repository
    from bedplate.session import idempotent
    from bedplate.settings import Settings

logging.getLogger(__name__).addHandler(logging.NullHandler())

__version__ = "0.1.0"

__all__ = [
    "AsyncDatabase",
    "Base",
    "BedplateError",
    "BookRepository",
    "ConversationRepository",
    "Database",
    "MetricBuffer",
    "Repository",
    "Settings",
    "TelemetryRepository",
    "TrainingRepository",
    "WorkflowRepository",
    "close_all",
    "get_database",
    "get_migration_status",
    "get_repository",
    "idempotent",
    "rollback_to_version",
    "run_migrations",
]

_HOMES = {
    "async_database": ("AsyncDatabase",),
    "base": ("Base",),
    "database": ("Database",),
    "domains.telemetry": ("TelemetryRepository",),
    "domains.books": ("BookRepository",),
    "domains.conversations": ("ConversationRepository",),
    "domains.training": ("MetricBuffer", "TrainingRepository"),
    "domains.workflows": ("WorkflowRepository",),
    "errors": ("BedplateError",),
    "named": (
        "close_all",
        "get_database",
        "get_migration_status",
        "get_repository",
        "rollback_to_version",
        "run_migrations",
    ),
    "repository": ("Repository",),
    "session": ("idempotent",),
    "settings": ("Settings",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name when it is first used: importing Bedplate stays cheap."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = found
    return found
