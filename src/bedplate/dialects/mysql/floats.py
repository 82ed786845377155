"""Infinities and NaN in a DOUBLE, which holds neither: large numbers stand for them."""

from __future__ import annotations

import math
from typing import Any

from bedplate.errors import InvalidValueError

__all__ = ["INFINITY", "NAN", "decode", "encode", "is_number"]

INFINITY = 1.7976931348623157e308
NAN = 1.7976931348623155e308


def encode(value: float, title: str) -> float:
    """Return what stands for a value.

    Args:
        value: Any float.
        title: What the database is called.

    Raises:
        InvalidValueError: It is one of those that stand for others.
    """
    if value != value:
        return NAN
    if value == NAN or abs(value) == INFINITY:
        raise InvalidValueError(
            f"{value!r} cannot be told from an infinity or NaN on {title}"
        )
    return math.copysign(INFINITY, value) if math.isinf(value) else value


def decode(value: Any) -> float:
    """Return the value that a stored number stands for."""
    if value == NAN:
        return math.nan
    number = float(value)
    return math.copysign(math.inf, number) if abs(number) == INFINITY else number


def is_number(column: str) -> str:
    """Return the condition that a column holds no NaN."""
    return f"{column} <> {NAN!r}"
