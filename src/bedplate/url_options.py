"""The options that stand in a database URL, behind its question mark."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

__all__ = ["option_of_url"]

_URL_OPTIONS = {
    "sslmode": "ssl_mode",
    "sslrootcert": "ssl_ca",
    "sslcert": "ssl_cert",
    "sslkey": "ssl_key",
    "ssl_ca": "ssl_ca",
    "ssl_cert": "ssl_cert",
    "ssl_key": "ssl_key",
    "connect_timeout": "connect_timeout",
    "pgbouncer": "pgbouncer",
    "load_balance_hosts": "load_balance_hosts",
}


def option_of_url(key: str, value: str) -> dict[str, Any]:
    """Return the setting that an option stands for, by the name of its field.

    Raises:
        ValueError: There is no such option, or it does not take that value.
    """
    field = _URL_OPTIONS.get(key)
    if key in ("charset", "application_name"):
        return {}  # always utf8mb4, always Bedplate's own
    if field is None:
        known = ", ".join(sorted(_URL_OPTIONS))
        raise ValueError(f"the URL's option {key!r} is not known (known: {known})")
    return {field: _OPTION_VALUE[field](value)}


def _ssl_mode(value: str) -> str:
    modes = ("disable", "prefer", "require", "verify-ca", "verify-full")
    if value not in modes:
        raise ValueError(f"sslmode {value!r} is not one of {', '.join(modes)}")
    return value


def _file(value: str) -> Path:
    if not Path(value).is_file():
        raise ValueError(f"there is no file {value!r}")
    return Path(value)


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0
    if not 0 < seconds < math.inf:
        raise ValueError(f"connect_timeout {value!r} is no number of seconds above 0")
    return seconds


def _balance(value: str) -> str:
    if value not in ("disable", "random"):
        raise ValueError(f"load_balance_hosts {value!r} is not disable or random")
    return value


def _flag(value: str) -> bool:
    if value.lower() not in _FLAGS:
        raise ValueError(f"pgbouncer {value!r} is not one of {', '.join(_FLAGS)}")
    return _FLAGS[value.lower()]


_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

_OPTION_VALUE: dict[str, Any] = {
    "ssl_mode": _ssl_mode,
    "ssl_ca": _file,
    "ssl_cert": _file,
    "ssl_key": _file,
    "connect_timeout": _seconds,
    "pgbouncer": _flag,
    "load_balance_hosts": _balance,
}
