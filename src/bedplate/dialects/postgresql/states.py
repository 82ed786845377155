"""The states of errors: SQLSTATE, and libpq's words where it gives none."""

from __future__ import annotations

from typing import Any

from bedplate import errors

__all__ = ["advice", "classify"]

_CLASSES: dict[str, type[errors.BedplateError]] = {
    "22001": errors.ValueTooLargeError,
    "22003": errors.InvalidValueError,
    "22021": errors.InvalidValueError,
    "23502": errors.MissingValueError,
    "23503": errors.ReferenceFailedError,
    "23505": errors.AlreadyExistsError,
    "23514": errors.CheckFailedError,
    "25006": errors.ReadOnlyError,
    "28000": errors.AuthenticationError,
    "28P01": errors.AuthenticationError,
    "3D000": errors.DatabaseMissingError,
    "40001": errors.SerializationError,
    "40P01": errors.DeadlockError,
    "42501": errors.PermissionDeniedError,
    "42703": errors.SchemaBehindError,
    "42P01": errors.SchemaBehindError,
    "53100": errors.StorageFullError,
    "53300": errors.ConnectionFailedError,
    "54000": errors.ValueTooLargeError,
    "55P03": errors.LockTimeoutError,
    "57014": errors.StatementTimeoutError,
    "57P01": errors.ConnectionLostError,
    "57P02": errors.ConnectionLostError,
    "57P03": errors.ServerUnreachableError,
}

_NO_AUTHORITY = "root certificate file"

_WHILE_CONNECTING: tuple[tuple[str, type[errors.BedplateError]], ...] = (
    ("password authentication failed", errors.AuthenticationError),
    ("no password supplied", errors.AuthenticationError),
    ("no pg_hba.conf entry", errors.AuthenticationError),
    ("authentication", errors.AuthenticationError),
    ('role "', errors.AuthenticationError),
    (_NO_AUTHORITY, errors.ConnectionFailedError),
    ('" does not exist', errors.DatabaseMissingError),
    ("too many clients", errors.ConnectionFailedError),
    ("no more connections allowed", errors.ConnectionFailedError),  # a pooler's
    ("unsupported startup parameter", errors.ConnectionFailedError),
    ("SSL", errors.ConnectionFailedError),
    ("certificate", errors.ConnectionFailedError),
    ("refused", errors.ServerUnreachableError),
    ("timeout", errors.ServerUnreachableError),
    ("timed out", errors.ServerUnreachableError),
    ("could not translate host name", errors.ServerUnreachableError),
    ("failed to resolve host", errors.ServerUnreachableError),
    ("No such file or directory", errors.ServerUnreachableError),
    ("unreachable", errors.ServerUnreachableError),
    ("starting up", errors.ServerUnreachableError),
    ("shutting down", errors.ServerUnreachableError),
)
"""libpq gives no SQLSTATE for a connection that failed: its words must do."""

_ADVICE = {
    "unsupported startup parameter": "a pooler stands in between: set "
    "DB_PGBOUNCER=true.",
    "does not support SSL": "the server offers no TLS: turn it on there, or set "
    "DB_SSL_MODE=prefer.",
    _NO_AUTHORITY: "name the authority that signs its certificates in DB_SSL_CA, or "
    "set DB_SSL_MODE=require.",
}
"""What to do, by the words of libpq or of a pooler."""

_CLASS_OF_STATES: dict[str, type[errors.BedplateError]] = {
    "08": errors.ConnectionLostError,
    "22": errors.InvalidValueError,
    "23": errors.IntegrityError,
    "53": errors.StorageFullError,
}


_NOT_SUPPORTED = "0A000"


def _refuses_to_begin(error: Any) -> bool:
    """Return whether it was BEGIN READ WRITE that the server refused, as replicas do.

    They have no state for it, and their words may be in any language.
    """
    return bool(error.diag.source_function == "call_bool_check_hook")


def classify(error: BaseException) -> type[errors.BedplateError] | None:
    """Return which of our errors one of the driver's is, None where it is none."""
    state = getattr(error, "sqlstate", None)
    if state == _NOT_SUPPORTED and _refuses_to_begin(error):
        return errors.ReadOnlyError
    if state:
        return _CLASSES.get(state) or _CLASS_OF_STATES.get(state[:2])
    text = str(error)
    for words, found in _WHILE_CONNECTING:
        if words in text:
            return found
    return None


def advice(error: BaseException) -> str | None:
    """Return what to do about an error, where its words tell more than its kind."""
    text = str(error)
    return next((told for words, told in _ADVICE.items() if words in text), None)
