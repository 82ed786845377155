"""Named databases: opened from the environment once a process, when first asked for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from bedplate.database import Database
from bedplate.repository import DomainRepository

if TYPE_CHECKING:
    from bedplate.ops.revisions import MigrationStatus

__all__ = [
    "close_all",
    "get_database",
    "get_migration_status",
    "get_repository",
    "rollback_to_version",
    "run_migrations",
]

R = TypeVar("R", bound=DomainRepository)

_opened: dict[str, Database] = {}
_opening = threading.Lock()


def get_database(name: str = "default") -> Database:
    """Return the database of that name, opened from the environment the first time.

    "default" is the one that DB_TYPE and its companions name; "other" is read from
    the variable DATABASE_URL_OTHER.

    Raises:
        SettingsError: There is no such variable, or a setting is not valid.
    """
    with _opening:
        if name not in _opened:
            from bedplate.settings import url_of

            _opened[name] = Database(url_of(name))
        return _opened[name]


def get_repository(repository: type[R]) -> R:
    """Return a repository of the default database."""
    return get_database().repository(repository)


def close_all() -> None:
    """Close every named database."""
    with _opening:
        while _opened:
            _opened.popitem()[1].close()


def run_migrations(revision: str = "head") -> MigrationStatus:
    """Bring the default database's schema up to a revision."""
    return get_database().upgrade(revision)


def get_migration_status() -> MigrationStatus:
    """Return where the default database's schema stands."""
    return get_database().migration_status()


def rollback_to_version(revision: str) -> MigrationStatus:
    """Take the default database's schema back to a revision."""
    return get_database().downgrade(revision)
