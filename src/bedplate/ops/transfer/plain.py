"""Values as JSON has them, and back: exactly, by the type of their column.

Moments are ISO 8601, UUIDs their text, bytes Base64, vectors lists of numbers; a float
that JSON has no number for is "NaN", "Infinity" or "-Infinity".
"""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from bedplate.types import Double, JSONDocument, UTCDateTime, Uuid, Vector

__all__ = ["plain", "reader"]


def plain(value: Any) -> Any:
    """Return a value of a column as JSON has it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else _NUMBERS[repr(value)]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, UUID | Decimal):
        return str(value)
    tolist = getattr(value, "tolist", None)
    return value if tolist is None else tolist()


def reader(column: sa.Column[Any]) -> Callable[[Any], Any] | None:
    """Return what makes the column's value of one that plain() returned.

    It is not given None. Where there is nothing to make, there is no function.
    """
    kind = column.type
    for known, read in _READERS:
        if isinstance(kind, known):
            return read
    if isinstance(kind, sa.Enum) and kind.enum_class is not None:
        return kind.enum_class.__getitem__
    return None


def _vector(value: Any) -> Any:
    from bedplate.vectors import check_vector  # NumPy takes time to load

    return check_vector(value, None)


_NUMBERS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}

_READERS: tuple[tuple[Any, Callable[[Any], Any] | None], ...] = (
    (JSONDocument | sa.JSON, None),
    (Vector, _vector),
    (UTCDateTime | sa.DateTime, datetime.fromisoformat),
    (Uuid | sa.Uuid, UUID),
    (sa.Double | sa.Float | Double, float),
    (sa.Numeric, Decimal),
    (sa.LargeBinary, b64decode),
    (sa.Date, date.fromisoformat),
    (sa.Time, time.fromisoformat),
    (sa.Interval, lambda microseconds: timedelta(microseconds=microseconds)),
)
