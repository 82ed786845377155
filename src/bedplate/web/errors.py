"""Errors as HTTP answers: 404, 409, 422, and 503 with Retry-After."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from bedplate import errors

__all__ = ["ANSWERS", "CONFLICT", "NOT_FOUND", "Answers", "Problem", "handle_errors"]

_log = logging.getLogger("bedplate.web")

_STATUS: tuple[tuple[type[errors.BedplateError], int], ...] = (
    (errors.NotFoundError, 404),
    (errors.InvalidValueError, 422),
    (errors.CheckFailedError, 422),
    (errors.MissingValueError, 422),
    (errors.IntegrityError, 409),
    (errors.TransitionError, 409),
    (errors.UnsupportedError, 501),
)

_RETRY_AFTER: tuple[tuple[type[errors.BedplateError], int], ...] = (
    (errors.PoolTimeoutError, 1),
    (errors.LockTimeoutError, 1),
    (errors.DeadlockError, 1),
    (errors.SerializationError, 1),
    (errors.StatementTimeoutError, 1),
    (errors.ConnectionLostError, 1),
    (errors.CommitUnknownError, 1),
    (errors.ConnectionFailedError, 2),
    (errors.MigrationLockError, 5),
    (errors.SchemaError, 10),  # as long as a deploy's migration may take
    (errors.StorageFullError, 30),
)
"""What passes by itself, and the seconds after which to look again."""

_NO_CONNECTION = (errors.ConnectionFailedError, errors.ConnectionLostError)


class Problem(BaseModel):
    """Why a request was not done.

    Attributes:
        detail: What is wrong, for a person.
        error: The class of the error, for a program.
    """

    detail: str
    error: str


Answers = dict[int | str, dict[str, Any]]
"""HTTP status to what OpenAPI says of it."""

ANSWERS: Answers = {
    503: {
        "model": Problem,
        "description": "The database cannot be used right now; ask again later.",
        "headers": {
            "Retry-After": {
                "description": "Seconds after which to ask again.",
                "schema": {"type": "integer"},
            }
        },
    }
}
"""What each endpoint that uses the database may answer besides."""

NOT_FOUND: Answers = {404: {"model": Problem, "description": "There is no such row."}}
CONFLICT: Answers = {
    409: {"model": Problem, "description": "What is there does not allow the change."}
}


def handle_errors(app: FastAPI) -> None:
    """Answer with a status where an endpoint raises one of Bedplate's errors.

    Not found is 404; a key that is there already, or a state that does not allow the
    change, 409; a value that cannot be stored 422, in the form that FastAPI gives its
    own; a database that cannot be reached, is busy or not migrated 503 with
    Retry-After. What the driver said goes to the log `bedplate.web`, not to the client.
    """
    app.add_exception_handler(errors.BedplateError, _answer)
    app.add_exception_handler(RequestValidationError, _refuse)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    kind = type(error)
    if seconds := _among(_RETRY_AFTER, kind):
        _log.warning("%s: %s", kind.__name__, error)
        return _problem(503, error, {"Retry-After": str(seconds)})
    status = _among(_STATUS, kind) or 500
    if status == 500:
        _log.error("%s: %s", kind.__name__, error, exc_info=error)
    if status == 422:
        column = getattr(error, "column", None)
        place = [_part(request, column), *([column] if column else [])]
        wrong = {"type": kind.__name__, "loc": place, "msg": _told(error)}
        return JSONResponse({"detail": [wrong]}, 422)
    return _problem(status, error)


def _part(request: Request, column: str | None) -> str:
    """Return where in a request a value was, by its name."""
    if column in request.path_params:
        return "path"
    return "query" if column in request.query_params else "body"


async def _refuse(_: Request, error: Exception) -> JSONResponse:
    """Answer FastAPI's own refusal without what was sent.

    It may be huge, or secret, or half a surrogate pair, which no answer can hold.
    """
    found = error.errors() if isinstance(error, RequestValidationError) else []
    kept = [{key: one[key] for key in ("type", "loc", "msg")} for one in found]
    return JSONResponse({"detail": kept}, 422)


def _problem(
    status: int, error: Exception, headers: dict[str, str] | None = None
) -> JSONResponse:
    body = Problem(detail=_told(error), error=type(error).__name__)
    return JSONResponse(body.model_dump(), status, headers)


def _told(error: Exception) -> str:
    """Return our own words: a driver's name hosts, users, tables and values.

    So do ours where there is no connection, for whoever is to mend that.
    """
    if error.__cause__ is None and not isinstance(error, _NO_CONNECTION):
        return str(error).encode(errors="replace").decode()
    return (type(error).__doc__ or "").strip().partition("\n")[0]


def _among(
    table: tuple[tuple[type[errors.BedplateError], int], ...], kind: type
) -> int | None:
    return next((value for known, value in table if issubclass(kind, known)), None)
