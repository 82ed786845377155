"""A Markov model held in memory, for many texts from the same counts."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from bedplate.checks import check_text, check_whole
from bedplate.domains.training.windows import decode, find_rows
from bedplate.errors import NotFoundError

if TYPE_CHECKING:
    from bedplate.domains.training.ngrams import NGramCounts

__all__ = ["MarkovModel"]

_LARGEST = float(2**62)
"""Sums up to here are exact in 64 bits, whatever a sum in floating point has lost."""


class MarkovModel:
    """The counts of one n, ready to write texts at once: no database is asked.

    It stays as it was when it was loaded. The same prompt and seed give the text that
    `generate_text` gives. It may be used by several threads, and takes about 24 bytes
    and 1 to 4 bytes a character for each n-gram.

    Args:
        counts: Those of `load_markov_model`, or what `counting` returns.

    Raises:
        NotFoundError: There are none.
    """

    def __init__(self, counts: NGramCounts) -> None:
        if not len(counts):
            raise NotFoundError(f"there is no model of n = {counts.n}: train it first")
        self.n = counts.n
        before = counts.codes[:, :-1]
        starts = counts.context_starts
        self._contexts = before[starts]
        self._starts = _integers(np.append(starts, len(counts)))
        self._ends = _running_sums(counts)
        self._characters = decode(counts.codes[:, -1])
        if counts.n == 1:
            self._following = array("q", bytes(8 * len(counts)))
        else:
            self._following = _integers(find_rows(self._contexts, counts.codes[:, 1:]))

    def __len__(self) -> int:
        return len(self._characters)

    def generate(
        self, prompt: str = "", length: int = 200, seed: int | None = None
    ) -> str:
        """Return characters that follow the prompt, as the model would have them.

        Where the model has not seen the end of the prompt it goes on from a context
        it has.

        Args:
            prompt: What to go on from; not part of what is returned.
            length: How many characters to return.
            seed: For the same text again.
        """
        check_whole(length, "length", 0, sys.maxsize)
        check_text(prompt, "prompt")
        rng = Random(seed)  # noqa: S311  # sampling, no secret
        known = len(prompt) >= self.n - 1
        start = self._place(prompt[len(prompt) - self.n + 1 :]) if known else -1
        return "".join(self._walk(start, length, rng))

    def _walk(self, context: int, length: int, rng: Random) -> Iterator[str]:
        """Yield characters; -1 is a context that nothing is known of."""
        # As sampling.Choices draws, written out: this is the inside of the loop.
        starts, ends, draw = self._starts, self._ends, rng.getrandbits
        characters, following = self._characters, self._following
        for _ in range(length):
            if context < 0:
                context = self._any(rng)
            first, last = starts[context], starts[context + 1]
            total = ends[last] - ends[first]
            bits = total.bit_length()
            drawn = draw(bits)
            while drawn >= total:
                drawn = draw(bits)
            row = bisect_right(ends, ends[first] + drawn, first, last) - 1
            yield characters[row]
            context = following[row]

    def _any(self, rng: Random) -> int:
        """Return a context by chance, each as often as it has rows."""
        rows = len(self)
        place = min(int(rng.random() * rows), rows - 1)
        return bisect_right(self._starts, place) - 1

    def _place(self, context: str) -> int:
        """Return the number of a context, -1 where it was never seen."""
        places = range(len(self._contexts))
        found = bisect_left(places, context, key=self._text)
        return found if found in places and self._text(found) == context else -1

    def _text(self, place: int) -> str:
        return decode(self._contexts[place])


def _integers(values: np.ndarray[tuple[int], np.dtype[np.intp]]) -> array[int]:
    """Return an array that gives Python's integers, three times as fast as numpy's."""
    found = array("q")
    found.frombytes(values.astype(np.int64, copy=False).data.cast("B"))
    return found


def _running_sums(counts: NGramCounts) -> Sequence[int]:
    """Return the sum of the counts before each row, and at last that of all."""
    if counts.counts.sum(dtype=np.float64) > _LARGEST:
        return [*accumulate(counts.counts.tolist(), initial=0)]
    return _integers(np.append(0, np.cumsum(counts.counts)))
