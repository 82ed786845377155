"""DB_REPLICA_URLS: where the replicas of a database are, and who reads there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from bedplate.urls import parts_of_url

if TYPE_CHECKING:
    from bedplate.settings import Settings

__all__ = ["replica_parts", "replicas_of"]

_NOT_THEIRS: dict[str, Any] = {
    "url": None,
    "password_file": None,
    "encryption_keys_file": None,
    "replica_urls": SecretStr(""),
    "replica_user": None,
    "replica_password": SecretStr(""),
    "replica_password_file": None,
}
"""What of the primary's settings a replica's do without: it is resolved already."""


def replica_parts(urls: str, database: str | None) -> list[dict[str, Any]]:
    """Return the settings that each URL of a list stands for.

    Args:
        urls: The URLs, between commas or spaces.
        database: The kind of the primary; None where that is not known.

    Raises:
        ValueError: One is no URL, is of another kind or stands there twice; no URL is
            repeated, only which it is.
    """
    found: list[dict[str, Any]] = []
    for number, url in enumerate(urls.replace(",", " ").split(), 1):
        try:
            found.append(_parts(url, database))
            if found.index(found[-1]) < number - 1:
                raise ValueError("it is there twice")
        except ValueError as error:
            raise ValueError(f"URL {number}: {error}") from None
    return found


def _parts(url: str, database: str | None) -> dict[str, Any]:
    parts = parts_of_url(url)
    if "path" in parts:
        raise ValueError(
            "a database file has no replicas: nobody can tell how far behind a copy "
            "of it is, and those who read it wait for nobody anyway"
        )
    if database is not None and parts["type"] != database:
        raise ValueError(f"it is {parts['type']}, and the primary is {database}")
    if not urlsplit(url).username:
        del parts["user"]
    return parts


def replicas_of(settings: Settings) -> tuple[Settings, ...]:
    """Return the settings of each replica: those of the primary, elsewhere."""
    urls = settings.replica_urls.get_secret_value()
    theirs = {name: getattr(settings, name) for name in type(settings).model_fields}
    theirs |= _NOT_THEIRS | _reader(settings)
    return tuple(
        type(settings)(**{**theirs, **parts, "type": settings.type})
        for parts in replica_parts(urls, settings.database)
    )


def _reader(settings: Settings) -> dict[str, Any]:
    """Return who reads where a URL names nobody."""
    if settings.replica_user is None:
        return {}
    return {"user": settings.replica_user, "password": settings.replica_password}
