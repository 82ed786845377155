"""A checksum of many rows that is the same on every database.

Each row is written out from the values that Python sees, and hashed; the sum of these
hashes does not depend on the order of the rows, which collations decide. It tells
accidents, not forgery: whoever makes up rows can make up a sum.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from hashlib import blake2b
from types import NoneType
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from bedplate.encryption import meant
from bedplate.types import JSONDocument, Vector

__all__ = ["Sum"]

_BYTES = 16
_MASK = (1 << 8 * _BYTES) - 1

_encoded = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

_LONG = 65_536
"""Characters of a text from which on its own hash stands for it, in the row's."""

_SLICE = 1 << 20


@dataclass
class Sum:
    """The sum of some rows.

    Attributes:
        rows: How many they are.
        total: The sum of their hashes, modulo 2^128.
    """

    rows: int = 0
    total: int = 0

    def add(
        self, kinds: Mapping[str, sa.Column[Any]], columns: Mapping[str, Sequence[Any]]
    ) -> None:
        """Add rows.

        Args:
            kinds: The columns by their names; rows are told by the names' order.
            columns: The values of each.
        """
        written = [_written(kinds[name], columns[name]) for name in sorted(kinds)]
        for row in map("\0".join, zip(*written, strict=True)):
            self.total += int.from_bytes(_hash(row), "little")
            self.rows += 1
        self.total &= _MASK

    @property
    def hex(self) -> str:
        """The sum as 32 digits."""
        return f"{self.total:032x}"


def _hash(row: str) -> bytes:
    return blake2b(row.encode(errors="surrogatepass"), digest_size=_BYTES).digest()


def _written(column: sa.Column[Any], values: Sequence[Any]) -> Sequence[str]:
    """Return values as texts, different ones for different values."""
    if isinstance(meant(column.type), JSONDocument | sa.JSON):
        return [*map(_document, values)]
    if isinstance(column.type, Vector):
        return [*map(_vector, values)]
    kinds = {*map(type, values)}
    if len(kinds) == 1:
        return [*map(_writer(kinds.pop()), values)]
    writers = {kind: _writer(kind) for kind in kinds}
    return [writers[type(value)](value) for value in values]


def _writer(kind: type) -> Callable[[Any], str]:
    return _WRITERS.get(kind, repr)


def _text(value: str) -> str:
    return f"'{value}" if len(value) < _LONG else f"S{_digest(value)}"


def _bytes(value: bytes) -> str:
    return f"x{value.hex()}" if len(value) < _LONG else f"X{_digest(value)}"


def _digest(value: str | bytes) -> str:
    """Hash a long value a slice at a time: it need not be there twice."""
    digest = blake2b(digest_size=_BYTES)
    for start in range(0, len(value), _SLICE):
        some = value[start : start + _SLICE]
        digest.update(
            some.encode(errors="surrogatepass") if isinstance(some, str) else some
        )
    return digest.hexdigest()


def _document(value: Any) -> str:
    """Write JSON with its keys in order, and equal numbers alike: 1.0 as 1."""
    if value is None:
        return ""
    plain = _encoded(_even(value))
    return f"j{plain}" if len(plain) < _LONG else f"J{_digest(plain)}"


def _even(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {key: _even(item) for key, item in value.items()}
    if kind is list:
        return [*map(_even, value)]
    if kind is float and value.is_integer():
        return int(value)
    return value


def _vector(value: Any) -> str:
    return "" if value is None else _bytes(value.astype("<f4").tobytes())


_WRITERS: dict[type, Callable[[Any], str]] = {
    NoneType: lambda _: "",
    str: _text,
    bytes: _bytes,
    bool: repr,
    int: repr,
    float: lambda value: repr(value + 0.0),  # -0.0 as 0.0: a file keeps no such sign
    datetime: lambda value: value.isoformat(),
    date: lambda value: value.isoformat(),
    time: lambda value: value.isoformat(),
    UUID: lambda value: value.hex,
    Decimal: lambda value: f"{value.normalize():f}",
}
"""How each is written; of every other type, as Python writes it in a program."""
