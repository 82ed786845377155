"""Database URLs, taken apart into the settings they stand for."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import SecretStr

from bedplate.addresses import addresses_in
from bedplate.url_options import option_of_url

__all__ = ["DatabaseType", "file_of", "meant_by", "parts_of_url"]

DatabaseType = Literal["sqlite", "postgresql", "mysql", "mariadb", "supabase"]

_SCHEMES: dict[str, tuple[DatabaseType, tuple[str, ...]]] = {
    "sqlite": ("sqlite", ("", "pysqlite", "aiosqlite")),
    "postgres": ("postgresql", ("",)),
    "postgresql": ("postgresql", ("", "psycopg", "psycopg_async")),
    "mysql": ("mysql", ("", "pymysql", "aiomysql", "asyncmy")),
    "mariadb": ("mariadb", ("", "pymysql", "aiomysql", "asyncmy")),
}
"""URL scheme -> database type and the drivers that may stand behind a plus sign."""


_NAMES: dict[str, DatabaseType] = {
    "postgres": "postgresql",
    "pg": "postgresql",
    "psql": "postgresql",
    "sqlite": "sqlite",
    "mysql": "mysql",
    "maria": "mariadb",
}
"""How other programs' names of a database begin: pgsql, sqlite3, mysql2, Postgres..."""


def meant_by(text: str) -> DatabaseType | None:
    """Return which database somebody means who writes this for it."""
    written = text.strip().lower()
    return next(
        (name for start, name in _NAMES.items() if written.startswith(start)), None
    )


def parts_of_url(url: str) -> dict[str, Any]:
    """Return the settings a database URL stands for.

    Raises:
        ValueError: It is none that is understood; the URL itself is never repeated.
    """
    scheme, separator, _ = url.partition("://")
    name, _, driver = scheme.partition("+")
    kind, drivers = _SCHEMES.get(name, (None, ()))
    if not separator or kind is None:
        known = ", ".join(f"{known}://" for known in _SCHEMES)
        raise ValueError(
            f"the URL must start with one of {known} (a file is sqlite:///app.db)"
        )
    if driver not in drivers:
        ours = ", ".join(f"{name}+{known}" if known else name for known in drivers)
        raise ValueError(f"the driver {driver!r} is not one Bedplate uses ({ours})")
    if kind == "sqlite":
        return {"type": kind, "path": _path_of_url(url)}
    return {"type": kind, **_server_of_url(url)}


def _path_of_url(url: str) -> str:
    """``sqlite:///rel.db``, ``sqlite:////abs.db``, ``sqlite://`` and ``file:`` URIs."""
    rest = url.partition("://")[2]
    path = unquote(rest[1:]) if rest.startswith("/") else unquote(rest)
    if "?" in rest and not path.startswith("file:"):
        raise ValueError("a file's URL takes no options (a file: URI does)")
    if rest and not rest.startswith("/"):
        raise ValueError("a file's URL has three slashes (sqlite:///app.db)")
    return path or ":memory:"


def file_of(path: str) -> str:
    """Return the file that a path or a ``file:`` URI names."""
    return unquote(urlsplit(path).path) if path.startswith("file:") else path


def _server_of_url(url: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        # Digits before it would pass for a port, and the rest be shown as a name.
        cut = "@" in parts.path + parts.query + parts.fragment
        several = parts.netloc.rpartition("@")[2]
        port = None if cut or "," in several else parts.port
    except ValueError:
        raise ValueError("the port in the URL is not a number to 65535") from None
    if cut:
        raise ValueError("write /, ? and # in a password as %2F, %3F and %23")
    host = unquote(several if "," in several else parts.hostname or "")
    addresses_in(host)
    found: dict[str, Any] = {
        "host": host or None,
        "port": port,
        "user": unquote(parts.username) if parts.username else None,
        "password": SecretStr(unquote(parts.password)) if parts.password else None,
        "name": unquote(parts.path.lstrip("/")) or None,
    }
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        found |= option_of_url(key, value)
    if found["name"] is None:
        raise ValueError("the URL names no database: add one, as in ...:5432/bedplate")
    defaults = {"user": "bedplate", "host": "localhost"}
    given = {key: value for key, value in found.items() if value is not None}
    return {"port": None, **defaults, **given}
