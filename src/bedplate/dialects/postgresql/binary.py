"""COPY's binary form: values go over as the server keeps them.

Neither side spells out a number, or reads one: with five columns of an n-gram a COPY
takes less than half of the time it takes as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from types import NoneType
from typing import TYPE_CHECKING, Any

from bedplate.dialects.values import is_one_object

if TYPE_CHECKING:
    from bedplate.dialects.base import Columns

__all__ = ["packed"]

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Values = Sequence[Any]


def packed(
    types: Mapping[str, int], columns: Columns
) -> tuple[list[str], list[Values]] | None:
    """Return the types as which the driver sends columns, and what it sends of each.

    None where text has to do.

    Args:
        types: The columns' types on this server, by their object identifiers: what a
            model says may be another one, which text would do for.
        columns: The values.
    """
    ways = [_ways().get(types.get(name, 0)) for name in columns]
    sent, made = list[str](), list[Values]()
    for way, values in zip(ways, columns.values(), strict=True):
        if way is None or not {*map(type, values)} <= way.kinds:
            return None
        sent.append(way.sent_as)
    for way, values in zip(ways, columns.values(), strict=True):
        ready = way.prepare(values) if way and way.prepare else values
        if ready is None:
            return None
        made.append(ready)
    return sent, made


@dataclass(frozen=True)
class _Way:
    """How values of a type are sent.

    Attributes:
        sent_as: What the driver takes them for.
        kinds: What they must be.
        prepare: Makes them what the driver sends, None where they can't be.
    """

    sent_as: str
    kinds: frozenset[type]
    prepare: Callable[[Values], Values | None] | None = None


@cache
def _ways() -> Mapping[int, _Way]:
    """Return the ways by the types' object identifiers, which for these never change.

    Not among them is JSON as text: the driver has a class for it.
    """
    from psycopg.types.json import Jsonb

    def way(sent_as: str, kind: type, prepare: Any = None) -> _Way:
        return _Way(sent_as, frozenset({kind, NoneType}), prepare)

    return {
        16: way("bool", bool),
        17: way("bytea", bytes),
        20: way("int8", int, _within(64)),
        21: way("int2", int, _within(16)),
        23: way("int4", int, _within(32)),
        25: way("text", str),
        701: way("float8", float),
        1043: way("text", str),  # varchar
        1184: way("bytea", datetime, _moments),  # timestamptz
        3802: way("jsonb", Jsonb),
    }


def _within(bits: int) -> Callable[[Values], Values | None]:
    """Return what lets whole numbers pass: of a larger one the driver cuts bits off."""
    bound = 1 << (bits - 1)

    def prepare(values: Values) -> Values | None:
        some = values[:1] if is_one_object(values) else values
        if None in some:
            some = [value for value in some if value is not None]
        fits = not some or -bound <= min(some) <= max(some) < bound
        return values if fits else None

    return prepare


def _moments(values: Values) -> Values | None:
    """Pack moments, each object once: they repeat, and the driver is slow at them."""
    made = dict[int, bytes | None]()
    for key, value in dict(zip(map(id, values), values, strict=True)).items():
        if value is None:
            made[key] = None
        elif value.utcoffset() is None:
            return None  # which the server takes to be of its session's time zone
        else:
            since = (value - _EPOCH) // _MICROSECOND
            made[key] = since.to_bytes(8, "big", signed=True)
    return [*map(made.__getitem__, map(id, values))]
