"""Counted n-grams: what `counting` returns and what the database merges."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from bedplate.domains.training.windows import (
    CodePoints,
    Counts,
    decode,
    encode,
    tally_rows,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAX_N", "NGramColumns", "NGramCounts", "check_order"]

MAX_N = 32

NGramColumns = tuple[list[str], list[str], list[int]]
"""Contexts, next characters and counts, of one length."""

# Rows decoded at once: what they need on the way stays under a few hundred KB, and
# 2**12 to 2**18 take the same time.
_DECODED_ROWS = 1 << 13

# What a 64-bit integer column holds, in any database.
_LARGEST_TOTAL = 2**63 - 1


@dataclass(frozen=True, eq=False)
class NGramCounts:
    """Distinct n-grams in ascending order of (context, next character), counted.

    The order is that of code points, which is also that of UTF-8 bytes and so of the
    database's binary collations. Build one with `count_ngrams`, `count_chunks`,
    `from_mapping` or `from_arrays`.

    Attributes:
        n: The length of an n-gram in code points, 1 to `MAX_N`.
        codes: Code points, shape (rows, n); the last column holds the next characters.
        counts: How often each n-gram occurs, shape (rows,), each at least 1.
    """

    n: int
    codes: CodePoints
    counts: Counts

    def __post_init__(self) -> None:
        self.codes.flags.writeable = False
        self.counts.flags.writeable = False

    @classmethod
    def from_mapping(cls, n: int, counts: Mapping[tuple[str, str], int]) -> NGramCounts:
        """Take counts by (context, next character).

        Raises:
            ValueError: As `from_arrays` does, or if a key is no pair.
        """
        for key in _of_other_types(counts, tuple):
            raise ValueError(f"a key must be (context, next character), not {key!r}")
        for size in set(map(len, counts)) - {2}:
            raise ValueError(f"a key must be a pair, not {size} values")
        contexts, next_chars = zip(*counts, strict=True) if counts else ((), ())
        return cls.from_arrays(n, contexts, next_chars, list(counts.values()))

    @classmethod
    def from_arrays(
        cls,
        n: int,
        contexts: Sequence[str],
        next_chars: Sequence[str],
        counts: Sequence[int] | NDArray[np.integer[Any]],
    ) -> NGramCounts:
        """Take counts from three sequences, in any order; repeated n-grams are added.

        Args:
            n: The length of an n-gram, 1 to `MAX_N`.
            contexts: The n-1 characters before.
            next_chars: The characters after them.
            counts: Positive integers whose sum is below 2**63.

        Raises:
            ValueError: If `n`, a length or a count is not as it must be.
        """
        check_order(n)
        if not len(contexts) == len(next_chars) == len(counts):
            sizes = f"{len(contexts)}, {len(next_chars)} and {len(counts)}"
            raise ValueError(f"the three columns differ in length: {sizes}")
        before = _code_matrix(contexts, n - 1, "context")
        after = _code_matrix(next_chars, 1, "next character")
        weights = _positive(counts)
        codes = np.concatenate([before, after], axis=1)
        return cls(n, *tally_rows(codes, weights))

    @classmethod
    def from_joined(cls, n: int, texts: Iterable[str], counts: str) -> NGramCounts:
        """Take counts from long texts, as a database puts its rows together.

        Args:
            n: The length of an n-gram.
            texts: The n-grams of all rows, one after the other, in any order; or their
                contexts, and the characters that follow.
            counts: How often each occurs, between commas.

        Raises:
            ValueError: They are not of as many n-grams.
        """
        numbers = np.fromstring(counts, np.int64, sep=",")
        rows = len(numbers)
        columns = [encode(t).reshape(rows, len(t) // max(rows, 1)) for t in texts]
        codes = np.concatenate(columns, axis=1).reshape(rows, n)
        return cls(n, *tally_rows(codes, numbers))

    @classmethod
    def from_lines(cls, n: int, text: str, rows: int) -> NGramCounts:
        """Take counts from one long text.

        Args:
            n: The length of an n-gram.
            text: The rows, in any order: an n-gram, a NUL, its count, a NUL.
            rows: How many they are.

        Raises:
            ValueError: There are more or fewer, an n-gram is of another length, or what
                is there is cut off.
        """
        codes = encode(text)
        ends = np.flatnonzero(codes == 0)
        if len(ends) != 2 * rows or (rows and ends[-1] != len(codes) - 1):
            raise ValueError(f"{len(codes)} characters are not {rows} rows")
        grams, ends = ends[::2], ends[1::2]
        digits = ends - grams - 1
        starts = np.append(0, ends[:-1] + 1)[:rows]
        if not ((grams - starts == n).all() and (digits > 0).all()):
            raise ValueError(f"a row is not {n} characters and a count")
        counts = np.zeros(rows, np.int64)
        for place in range(digits.max(initial=0)):
            longer = np.flatnonzero(digits > place)
            digit = codes[grams[longer] + 1 + place].astype(np.int64) - ord("0")
            counts[longer] = 10 * counts[longer] + digit
        rows_of_codes = np.empty((rows, n), codes.dtype)
        for place in range(n):
            rows_of_codes[:, place] = codes[starts + place]
        return cls(n, *tally_rows(rows_of_codes, counts))

    def __len__(self) -> int:
        return len(self.counts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NGramCounts):
            return NotImplemented
        same_rows = np.array_equal(self.codes, other.codes)
        return same_rows and np.array_equal(self.counts, other.counts)

    def __iter__(self) -> Iterator[tuple[str, str, int]]:
        for columns in self.batches(_DECODED_ROWS):
            yield from zip(*columns, strict=True)

    @cached_property
    def is_storable(self) -> bool:
        """Whether every database can store the characters: no NUL, no surrogate."""
        surrogates = (self.codes >= 0xD800) & (self.codes < 0xE000)
        return bool(self.codes.all() and not surrogates.any())

    @property
    def total(self) -> int:
        """The number of n-grams counted, repeated ones included."""
        return int(self.counts.sum())

    @property
    def context_starts(self) -> NDArray[np.intp]:
        """The first row of each context, shape (distinct contexts,)."""
        return np.flatnonzero(_changes(self.codes[:, :-1]))

    @property
    def contexts(self) -> list[str]:
        """The distinct contexts, in ascending order."""
        return _contexts(self.codes[self.context_starts, :-1])

    @property
    def totals(self) -> Counts:
        """How often each n-gram's context occurs with any character, shape (rows,)."""
        starts = self.context_starts
        # reduceat refuses the empty sum that no rows would need.
        sums = np.add.reduceat(self.counts, starts) if len(starts) else self.counts
        return sums.repeat(np.diff(starts, append=len(self)))

    def batches(self, rows: int) -> Iterator[NGramColumns]:
        """Yield `columns` of at most `rows` rows at a time, in order."""
        for start in range(0, len(self), rows):
            yield self.columns(start, start + rows)

    def columns(self, start: int = 0, stop: int | None = None) -> NGramColumns:
        """Return contexts, next characters and counts of rows `start` to `stop`."""
        codes = self.codes[start:stop]
        contexts, next_chars = list[str](), list[str]()
        for at in range(0, len(codes), _DECODED_ROWS):
            lines = codes[at : at + _DECODED_ROWS]
            contexts += _contexts(lines[:, :-1])
            next_chars += decode(lines[:, -1])
        return contexts, next_chars, self.counts[start:stop].tolist()


def _contexts(codes: CodePoints) -> list[str]:
    """Return the text of each line; equal neighbours share one string."""
    rows, width = codes.shape
    if not width or not rows:
        return [""] * rows
    starts = np.flatnonzero(_changes(codes))
    distinct = _lines(codes[starts])
    if len(distinct) == rows:
        return distinct
    lengths = np.diff(starts, append=rows)
    shared: list[str] = np.array(distinct, object).repeat(lengths).tolist()
    return shared


def _changes(codes: CodePoints) -> NDArray[np.bool_]:
    """Return for each line whether it differs from the one before it."""
    changes = np.zeros(len(codes), np.bool_)
    changes[:1] = True
    # Column by column: any(axis=1) over lines this short takes fifteen times as long.
    for column in codes.T:
        changes[1:] |= column[1:] != column[:-1]
    return changes


def _lines(codes: CodePoints) -> list[str]:
    """Return the text of each line."""
    width = codes.shape[1]
    if codes.all():
        # numpy's own strings take a third of the time, and lose a NUL at their end.
        lines = np.ascontiguousarray(codes, "<u4").view(f"<U{width}")
        return lines.ravel().tolist()
    text = decode(codes)
    return [text[at : at + width] for at in range(0, len(text), width)]


def check_order(n: int) -> None:
    """Raise ValueError unless `n` is the length of an n-gram."""
    if not 1 <= n <= MAX_N:
        raise ValueError(f"n must be 1 to {MAX_N}, not {n!r}")


def _of_other_types(values: Collection[Any], kind: type) -> Iterator[Any]:
    """Yield the values that are no `kind`; costs little where all are."""
    accepted = (int, np.integer) if kind is int else (kind,)
    # A bool is an int to Python, and no count to anyone.
    other = {
        found
        for found in set(map(type, values))
        if found is bool or not issubclass(found, accepted)
    }
    if other:
        yield from (value for value in values if type(value) in other)


def _code_matrix(texts: Sequence[str], width: int, name: str) -> CodePoints:
    """Return the code points of texts of one width, shape (rows, width)."""
    for text in _of_other_types(texts, str):
        raise ValueError(f"a {name} must be a string, not {text!r}")
    if not set(map(len, texts)) <= {width}:
        text = next(text for text in texts if len(text) != width)
        raise ValueError(f"a {name} must have {width} characters: {text!r}")
    return encode("".join(texts)).reshape(len(texts), width)


def _positive(counts: Sequence[int] | NDArray[np.integer[Any]]) -> Counts:
    """Return counts as an array, refusing all but positive integers."""
    values = counts.tolist() if isinstance(counts, np.ndarray) else list(counts)
    for value in _of_other_types(values, int):
        raise ValueError(f"a count must be an integer, not {value!r}")
    if min(values, default=1) < 1:
        raise ValueError(f"a count must be at least 1, not {min(values)}")
    if sum(values) > _LARGEST_TOTAL:
        raise ValueError(f"the counts add up to more than 2**63 - 1: {sum(values)}")
    return np.array(values, np.int64)
