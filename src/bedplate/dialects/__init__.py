"""The databases, one package each: all that differs between them stands here."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bedplate.dialects.base import READ_ONLY, Dialect

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

__all__ = ["DATABASES", "READ_ONLY", "Dialect", "dialect", "dialect_of"]

DATABASES = ("sqlite", "postgresql", "mysql", "mariadb")


@cache
def dialect(name: str) -> Dialect:
    """Return the dialect of that name, loaded when it is first asked for.

    Raises:
        KeyError: There is no such database.
    """
    if name not in DATABASES:
        raise KeyError(name)
    return import_module(f"bedplate.dialects.{name}").DIALECT  # type: ignore[no-any-return]  # a module's attribute has no type


def dialect_of(bind: Connection | Engine) -> Dialect:
    """Return the dialect that an engine or a connection speaks."""
    return dialect(bind.dialect.name)


def table_options(*, counters: bool = False) -> dict[str, Any]:
    """Return every database's table options; each reads only its own."""
    found: dict[str, Any] = {}
    for name in DATABASES:
        found |= dialect(name).table_options
        if counters:
            found |= dialect(name).counter_table_options
    return found
