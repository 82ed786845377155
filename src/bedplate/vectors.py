"""Vectors: what is one, and which of many are the nearest.

Every number here is the same on every machine: sums are taken over float64 products
of float32 numbers, in an order that depends on nothing but the dimension.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bedplate.errors import InvalidValueError

__all__ = [
    "Array",
    "Best",
    "Scored",
    "check_vector",
    "read",
    "similarities",
    "stored",
    "unit",
]

Array: TypeAlias = npt.NDArray[np.float32]
"""A vector: float32, one dimension."""

Scored: TypeAlias = tuple[float, Any]
"""How similar a row is, and its key."""

_STORED = np.dtype("<f4")


def check_vector(value: object, column: str | None) -> Array:
    """Return a vector of float32: of a NumPy array, or a list or tuple of numbers.

    Raises:
        InvalidValueError: It is no row of numbers, it is empty, or one of its numbers
            is NaN, infinite or too large for 32 bits.
    """
    if not isinstance(value, np.ndarray | list | tuple):
        raise InvalidValueError(
            f"a list or array of numbers is needed, not {type(value).__name__}", column
        )
    array = _as_array(value, column)
    if array.ndim != 1:
        shape = " x ".join(map(str, array.shape))
        raise InvalidValueError(f"one row of numbers is needed, not {shape}", column)
    if not array.size:
        raise InvalidValueError("is empty: a vector has one number at least", column)
    with np.errstate(over="ignore"):
        found = array.astype(np.float32)
    finite = np.isfinite(found)
    if not finite.all():
        place = int(np.argmin(finite))
        raise InvalidValueError(
            f"{array[place]} at {place} is no finite number of 32 bits", column
        )
    return found


def _as_array(value: Any, column: str | None) -> npt.NDArray[Any]:
    try:
        array = np.asarray(value)
    except ValueError:  # lists of different lengths in one another
        raise InvalidValueError("one row of numbers is needed", column) from None
    if array.size and array.dtype.kind not in "iuf":
        raise InvalidValueError("holds what is no number", column)
    return array


def unit(value: object, column: str | None) -> Array:
    """Return the vector of that direction whose length is 1.

    Raises:
        InvalidValueError: It is no vector, or its length is 0, which has no direction.
    """
    found = check_vector(value, column).astype(np.float64)
    length = float(np.sqrt((found * found).sum()))
    if not length:
        raise InvalidValueError("is all zeros, and so has no direction", column)
    return (found / length).astype(np.float32)


def stored(vector: Array) -> bytes:
    """Return the bytes that stand for a vector in the database."""
    return vector.astype(_STORED).tobytes()


def read(stored: bytes) -> Array:
    """Return the vector that is stored as these bytes; it cannot be written to."""
    return np.frombuffer(stored, _STORED).astype(np.float32, copy=False)


def similarities(rows: Sequence[bytes], wanted: Array) -> npt.NDArray[np.float64]:
    """Return the cosine of each row with a vector; all of them have length 1.

    Args:
        rows: Vectors as they are stored.
        wanted: A vector of the same dimension.
    """
    # One step for all: a vector by itself takes as long as its row from the database.
    joined = np.frombuffer(b"".join(rows), _STORED).reshape(len(rows), wanted.size)
    products = joined.astype(np.float64)
    products *= wanted.astype(np.float64)
    found: npt.NDArray[np.float64] = products.sum(axis=1)  # not BLAS: see above
    return found


class Best:
    """The rows most like a vector, of any number that come by in batches."""

    def __init__(self, wanted: Array, count: int) -> None:
        self._wanted = wanted
        self._count = count
        self._kept: list[tuple[float, Any]] = []  # the negated similarity, the key

    def offer(self, keys: Iterable[Any], rows: Sequence[bytes]) -> None:
        """Look at some vectors as they are stored, by the keys of their rows."""
        found = similarities(rows, self._wanted)
        full = len(self._kept) == self._count
        worst = self._kept[-1][0] if full else np.inf
        ranked = zip((-found).tolist(), keys, strict=True)
        # Equal ones stay in: the smaller key goes first, and it may come later.
        better = [entry for entry in ranked if entry[0] <= worst]
        self._kept = sorted(self._kept + better)[: self._count]

    def found(self) -> Sequence[Scored]:
        """Return the best, the most similar first; of equal ones by their keys."""
        return [(-score, key) for score, key in self._kept]
