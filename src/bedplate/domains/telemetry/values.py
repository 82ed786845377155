"""What a row of telemetry has to be, before it is sent anywhere."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from bedplate.checks import check_row, check_text, check_whole
from bedplate.domains.telemetry.models import SPAN_ID_LENGTH, TRACE_ID_LENGTH
from bedplate.errors import InvalidValueError

if TYPE_CHECKING:
    from bedplate.base import Base

__all__ = [
    "Check",
    "complete",
    "filled",
    "moment",
    "not_negative",
    "one_of",
    "span_id",
    "trace_id",
    "when",
    "whole",
]

Check = Callable[[Any, str], None]
"""Refuses a value, given the name of its column."""


def complete(
    model: type[Base], given: Mapping[str, Any], checks: Mapping[str, Check]
) -> dict[str, Any]:
    """Return a row with every column but its key: rows of one shape go in together.

    Raises:
        InvalidValueError: A value is none for its column, or there is no such column.
    """
    shape = _shape(model)
    row = {**shape.empty, **check_row(given)}
    if len(row) > len(shape.empty):
        unknown = next(name for name in row if name not in shape.empty)
        raise InvalidValueError(
            f"{model.__tablename__} has no column {unknown!r} "
            f"(it has {', '.join(shape.empty)})"
        )
    for name, default in shape.defaults:
        if row[name] is None:
            row[name] = default(None)
    for name in shape.needed:
        if row[name] is None:
            raise InvalidValueError("is missing", name)
    for name, check in checks.items():
        if row[name] is not None:
            check(row[name], name)
    return row


class _Shape(NamedTuple):
    """What a row is made from: its columns, what fills them, which may not be None."""

    empty: dict[str, None]
    defaults: list[tuple[str, Callable[[Any], Any]]]
    needed: list[str]


@cache
def _shape(model: type[Base]) -> _Shape:
    columns = [c for c in sa.inspect(model).columns if not c.primary_key]
    return _Shape(
        dict.fromkeys(c.name for c in columns),
        [(c.name, _default(c.default)) for c in columns if c.default is not None],
        [c.name for c in columns if not c.nullable],
    )


def _default(default: Any) -> Callable[[Any], Any]:
    found: Callable[[Any], Any] = (
        default.arg if default.is_callable else lambda _: default.arg
    )
    return found


def filled(value: Any, column: str) -> None:
    """Refuse a text without a letter."""
    if not check_text(value, column).strip():
        raise InvalidValueError("is empty", column)


def not_negative(value: Any, column: str) -> None:
    """Refuse a number below 0; NaN is let through."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan  # its type says more about it
    if number < 0:
        raise InvalidValueError(f"{value!r} is less than 0", column)


def whole(highest: int = 2**63 - 1) -> Check:
    """Return a check for whole numbers from 0 on."""

    def check(value: Any, column: str) -> None:
        check_whole(value, column, 0, highest)

    return check


def one_of(kinds: type[StrEnum]) -> Check:
    """Return a check for the values of an enumeration."""
    known = [kind.value for kind in kinds]

    def check(value: Any, column: str) -> None:
        if value not in known:
            message = f"{value!r} is not one of {', '.join(known)}"
            raise InvalidValueError(message, column)

    return check


def _hexadecimal(length: int) -> Check:
    pattern = re.compile(f"[0-9a-f]{{{length}}}")

    def check(value: Any, column: str) -> None:
        if not pattern.fullmatch(check_text(value, column)) or not int(value, 16):
            raise InvalidValueError(
                f"{value!r} is not an id of {length} hexadecimal digits in lower case, "
                f"not all of them 0: format(number, '0{length}x') writes one",
                column,
            )

    return check


def moment(value: Any, column: str) -> None:
    """Refuse what is no moment, or has no time zone."""
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise InvalidValueError(f"{value!r} is no datetime with a time zone", column)


trace_id = _hexadecimal(TRACE_ID_LENGTH)
span_id = _hexadecimal(SPAN_ID_LENGTH)


def when(
    column: Any, since: datetime | None, until: datetime | None
) -> Sequence[sa.ColumnElement[bool]]:
    """Return the conditions that a moment is not before `since`, and before `until`.

    Raises:
        InvalidValueError: They are no moments with a zone, or the wrong way round.
    """
    for name, value in (("since", since), ("until", until)):
        if value is not None:
            moment(value, name)
    if since is not None and until is not None and until < since:
        raise InvalidValueError(f"{until} is before `since`, {since}", "until")
    found = [column >= since] if since is not None else []
    return [*found, column < until] if until is not None else found
