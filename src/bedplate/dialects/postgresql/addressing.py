"""What libpq is told of where the server is, and how to trust it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bedplate.settings import Settings

__all__ = ["arguments"]


def arguments(settings: Settings) -> dict[str, Any]:
    """Return the arguments of connect() that every connection has."""
    files = {
        "sslmode": settings.ssl_mode,
        "sslrootcert": settings.ssl_ca,
        "sslcert": settings.ssl_cert,
        "sslkey": settings.ssl_key,
    }
    return {
        "connect_timeout": math.ceil(settings.connect_timeout),
        "application_name": "bedplate",
        "client_encoding": "utf8",
        **{name: str(value) for name, value in files.items() if value},
        **_several(settings),
    }


def _several(settings: Settings) -> dict[str, Any]:
    """Return how to choose of several servers: that which takes writes."""
    if len(settings.hosts) == 1:
        return {}
    found = {
        "host": ",".join(host for host, _ in settings.hosts),
        "port": ",".join(str(port) for _, port in settings.hosts),
        "target_session_attrs": "read-write",
    }
    if settings.load_balance_hosts != "disable":
        found["load_balance_hosts"] = settings.load_balance_hosts  # since libpq 16
    return found
