"""Windows of n code points, packed into 64-bit keys that sort as the text does.

Each code point becomes a rank in an alphabet, and the ranks of one window stand
side by side in one unsigned integer: comparing keys compares windows code point by
code point, and sorting numbers is the fastest thing numpy does.

Where n ranks need more than 64 bits (Chinese, emoji, long windows), parts of the
window are ranked first and their ranks are packed: a window of 12 is two ranks of
windows of 6 (the doubling of Manber and Myers, "Suffix arrays: a new method for
on-line string searches", SIAM J. Computing 22, 1993).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CodePoints",
    "Counts",
    "decode",
    "encode",
    "find_rows",
    "tally_rows",
    "tally_text",
]

CodePoints = NDArray[np.unsignedinteger[Any]]
"""Code points, in 8, 16 or 32 bits as they need: long n-grams fill memory."""

Counts = NDArray[np.int64]
_Keys = NDArray[np.unsignedinteger[Any]]
_T = TypeVar("_T", bound=np.generic)

_KEY_BITS = 64

# Lines: numpy copies an index to 64-bit integers first, 256 KB of them.
_PIECE = 1 << 15


def encode(text: str) -> CodePoints:
    """Return the code points of `text`, lone surrogates included."""
    try:
        return np.frombuffer(text.encode("latin-1"), np.uint8)
    except UnicodeEncodeError:
        data = text.encode("utf-32-le", "surrogatepass")
        return np.frombuffer(data, "<u4").astype(np.uint32, copy=False)


def decode(codes: CodePoints) -> str:
    """Return the text of an array of code points, read in C order."""
    if codes.dtype == np.uint8:
        return codes.tobytes().decode("latin-1")
    data = codes.astype("<u4", copy=False).tobytes()
    return data.decode("utf-32-le", "surrogatepass")


def tally_text(text: str, n: int) -> tuple[CodePoints, Counts]:
    """Count the windows of `n` code points in `text`.

    Returns:
        The distinct windows in ascending order, shape (rows, n), and their counts,
        shape (rows,).
    """
    columns = _text_columns(_Column(0, *_ranked_codes(encode(text))), n)
    keys = _pack(columns)
    keys.sort()
    starts = _run_starts(keys)
    counts = np.diff(starts, append=len(keys)).astype(np.int64, copy=False)
    return _unpack(keys[starts], columns), counts


def tally_rows(codes: CodePoints, counts: Counts) -> tuple[CodePoints, Counts]:
    """Sort windows of shape (rows, n) and add up the counts of those that are equal.

    Returns:
        As `tally_text`.
    """
    columns = _fitted(_row_columns(codes))
    keys = _pack(columns)
    if (keys[1:] > keys[:-1]).all():
        return codes, counts  # as another program's, or a database's, often are
    order = np.argsort(keys)
    keys = keys[order]
    starts = _run_starts(keys)
    # reduceat refuses the empty sum that no rows would need.
    sums = np.add.reduceat(counts[order], starts) if len(starts) else counts
    return _unpack(keys[starts], columns), sums


def find_rows(table: CodePoints, codes: CodePoints) -> NDArray[np.intp]:
    """Return where each window stands in a table of windows, -1 where it does not.

    Args:
        table: Distinct windows in ascending order, shape (rows, n).
        codes: The windows looked for, shape (any number, n).
    """
    keys = _pack(_fitted(_row_columns(np.concatenate([table, codes]))))
    known, wanted = keys[: len(table)], keys[len(table) :]
    places = np.searchsorted(known, wanted)
    places[places == len(known)] = 0
    places[known[places] != wanted] = -1
    return places


@dataclass(frozen=True)
class _Column:
    """Ranks of one part of each window.

    Attributes:
        offset: Where in the window the part starts.
        ranks: One for each window, shape (windows,).
        table: What a rank stands for, shape (number of ranks, width), ascending.
    """

    offset: int
    ranks: CodePoints
    table: CodePoints

    @property
    def width(self) -> int:
        return int(self.table.shape[1])

    @property
    def bits(self) -> int:
        return max(1, (len(self.table) - 1).bit_length())

    def slid(self, offset: int, size: int) -> _Column:
        """Return the parts that start `offset` places further in the text."""
        return _Column(offset, self.ranks[offset : offset + size], self.table)


def _ranked_codes(codes: CodePoints) -> tuple[CodePoints, CodePoints]:
    """Return the ranks of code points and the alphabet they are ranks in."""
    top = int(codes.max(initial=0))
    if top < 256:
        # Ranking would save a bit or two: the code point serves as its own rank.
        return codes, np.arange(top + 1, dtype=np.uint8)[:, np.newaxis]
    occurs = np.zeros(top + 1, np.bool_)
    for piece in _pieces(codes):
        occurs[piece] = True
    alphabet = np.flatnonzero(occurs).astype(np.min_scalar_type(top))
    rank_of = np.cumsum(occurs, dtype=np.uint32) - np.uint32(1)
    rank_of = rank_of.astype(np.min_scalar_type(len(alphabet)))
    ranks = np.empty(codes.shape, rank_of.dtype)
    for piece, target in zip(_pieces(codes), _pieces(ranks), strict=True):
        target[:] = rank_of[piece]
    return ranks, alphabet[:, np.newaxis]


def _pieces(array: NDArray[_T]) -> Iterator[NDArray[_T]]:
    """Yield views of lines of `array`, few enough that work on them stays in cache."""
    for start in range(0, len(array), _PIECE):
        yield array[start : start + _PIECE]


def _text_columns(symbols: _Column, n: int) -> list[_Column]:
    """Return columns, few enough for one key, that cover each window of a text.

    The last two may overlap, which changes neither the order nor the count.
    """
    while True:
        size = max(0, len(symbols.ranks) + symbols.width - n)
        offsets = [*range(0, n - symbols.width, symbols.width), n - symbols.width]
        if len(offsets) * symbols.bits <= _KEY_BITS:
            return [symbols.slid(offset, size) for offset in offsets]
        reach = _KEY_BITS // symbols.bits * symbols.width
        # Two ranks always fit, so half a window is as wide as is ever needed.
        symbols = _ranked(_text_columns(symbols, min(reach, (n + 1) // 2)), 0)


def _row_columns(codes: CodePoints) -> list[_Column]:
    ranks, alphabet = _ranked_codes(codes)
    return [_Column(offset, line, alphabet) for offset, line in enumerate(ranks.T)]


def _fitted(columns: list[_Column]) -> list[_Column]:
    """Return columns for the same rows, few enough for one key."""
    if sum(column.bits for column in columns) <= _KEY_BITS:
        return columns
    half = len(columns) // 2
    halves = columns[:half], columns[half:]
    return [_ranked(_fitted(part), part[0].offset) for part in halves]


def _ranked(columns: Sequence[_Column], offset: int) -> _Column:
    """Return one column of ranks for `columns` that fit one key."""
    keys, ranks = np.unique(_pack(columns), return_inverse=True)
    return _Column(offset, ranks.astype(np.uint32), _unpack(keys, columns))


def _pack(columns: Sequence[_Column]) -> _Keys:
    """Return one key for each window: its ranks, the first in the highest bits."""
    bits = sum(column.bits for column in columns)
    keys: _Keys = columns[0].ranks.astype(np.uint64 if bits > 32 else np.uint32)
    for column in columns[1:]:
        keys <<= keys.dtype.type(column.bits)
        keys |= column.ranks
    return keys


def _unpack(keys: _Keys, columns: Sequence[_Column]) -> CodePoints:
    """Return the code points of keys, shape (number of keys, n)."""
    first, last = columns[0].offset, columns[-1].offset + columns[-1].width
    codes = np.empty((len(keys), last - first), columns[0].table.dtype)
    for piece, lines in zip(_pieces(keys), _pieces(codes), strict=True):
        shift = 0
        for column in reversed(columns):
            ranks = piece >> piece.dtype.type(shift)
            ranks &= piece.dtype.type(2**column.bits - 1)
            start = column.offset - first
            found = column.table.take(ranks.astype(np.intp), axis=0)
            lines[:, start : start + column.width] = found
            shift += column.bits
    return codes


def _run_starts(keys: _Keys) -> NDArray[np.intp]:
    """Return where each run of equal sorted keys starts."""
    changes = np.empty(len(keys), np.bool_)
    changes[:1] = True
    np.not_equal(keys[1:], keys[:-1], out=changes[1:])
    return np.flatnonzero(changes)
