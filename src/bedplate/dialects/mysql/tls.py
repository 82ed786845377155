"""TLS for PyMySQL and its asynchronous sister, from one block of settings."""

from __future__ import annotations

import ssl
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bedplate import errors

if TYPE_CHECKING:
    from pathlib import Path

    from bedplate.settings import Settings

__all__ = ["arguments", "mariadb_options", "mysql_options"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def arguments(settings: Settings, *, asynchronous: bool) -> dict[str, Any]:
    """Return what the driver's connect() gets for TLS."""
    mode = _mode(settings)
    if mode == "disable":
        return {} if asynchronous else {"ssl_disabled": True}
    if mode == "prefer" and not asynchronous and _prefers_tls():
        return {}
    context = _tls(mode, settings.ssl_ca, settings.ssl_cert, settings.ssl_key)
    return {"ssl": context}


def mysql_options(settings: Settings) -> dict[str, Any]:
    """Return what the programs of MySQL are told of TLS in a file of options."""
    names = {
        "disable": "DISABLED",
        "prefer": "PREFERRED",
        "require": "REQUIRED",
        "verify-ca": "VERIFY_CA",
        "verify-full": "VERIFY_IDENTITY",
    }
    mode = names[_mode(settings)]
    # Without TLS the password is sent encrypted with the server's key.
    return {"ssl-mode": mode, "get-server-public-key": 1} | _files(settings)


def mariadb_options(settings: Settings) -> dict[str, Any]:
    """Return what the programs of MariaDB are told of TLS in a file of options."""
    mode = _mode(settings)
    return {
        "ssl": int(mode != "disable"),
        "ssl-verify-server-cert": int(mode.startswith("verify")),
    } | _files(settings)


def _files(settings: Settings) -> dict[str, Any]:
    return {
        "ssl-ca": settings.ssl_ca,
        "ssl-cert": settings.ssl_cert,
        "ssl-key": settings.ssl_key,
    }


def _mode(settings: Settings) -> str:
    # On this machine TLS guards nothing, and a driver of its own takes 40 ms for it.
    here = all(host in _LOOPBACK for host, _ in settings.hosts)
    usual = "disable" if here else "prefer"
    return settings.ssl_mode or usual


def _prefers_tls() -> bool:
    """Return whether PyMySQL uses TLS where it can by itself, and else demands it."""
    import pymysql  # type: ignore[import-untyped]  # it has no types

    return bool(pymysql.VERSION >= (1, 2))


@lru_cache(maxsize=8)
def _tls(
    mode: str, ca: Path | None, cert: Path | None, key: Path | None
) -> ssl.SSLContext:
    """Return the TLS context of a mode; loading certificates takes 20 ms, so once."""
    try:
        context = ssl.create_default_context(cafile=str(ca) if ca else None)
    except ssl.SSLError:
        raise errors.SettingsError(
            {"DB_SSL_CA": f"{ca} holds no certificate"}
        ) from None
    context.check_hostname = mode == "verify-full"
    verifies = mode in ("verify-ca", "verify-full")
    context.verify_mode = ssl.CERT_REQUIRED if verifies else ssl.CERT_NONE
    if cert is not None:
        try:
            context.load_cert_chain(cert, key)
        except ssl.SSLError as error:
            problem = f"{cert} and its key do not fit: {error.reason}"
            raise errors.SettingsError({"DB_SSL_CERT": problem}) from None
    return context
