"""Choosing characters by n-gram counts: the same seed gives the same text.

Integers alone decide, so neither a database's arithmetic nor a platform's rounding
can change a text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from random import Random

__all__ = ["Choices", "sample_text"]

# Contexts held: a few MB, and text of a natural language seldom leaves them.
_CACHED_CONTEXTS = 4096


class Choices:
    """The characters that may follow one context, ready to choose from.

    Args:
        rows: (next character, count) pairs, counts 0 or more. Their order does not
            matter: they are sorted by code point.
    """

    __slots__ = ("_bits", "_characters", "_ends", "total")

    def __init__(self, rows: Sequence[tuple[str, int]]) -> None:
        # Sorting what is sorted costs next to nothing, and no collation or missing
        # ORDER BY can change a text.
        ordered = sorted((char, count) for char, count in rows)
        self._characters = [char for char, _ in ordered]
        self._ends = list(accumulate(count for _, count in ordered))
        self.total = self._ends[-1] if ordered else 0
        self._bits = self.total.bit_length()

    def choose(self, rng: Random) -> str:
        """Return a character with probability count / total.

        Raises:
            LookupError: If all counts are 0, or there are none.
        """
        if not self.total:
            raise LookupError("there is no character to choose from")
        # rng.randrange(total), written out: Python promises no version to draw as
        # another does, and the call costs more than all of this.
        drawn = rng.getrandbits(self._bits)
        while drawn >= self.total:
            drawn = rng.getrandbits(self._bits)
        return self._characters[bisect_right(self._ends, drawn)]


def sample_text(
    rows_of: Callable[[str], Sequence[tuple[str, int]]],
    start: str,
    length: int,
    rng: Random,
    restart: Callable[[str], str | None],
) -> Iterator[str]:
    """Yield characters, each drawn by the counts after the n-1 before it.

    Args:
        rows_of: Gives (next character, count) pairs for a context, none where it
            was never seen. Asked once for a context as long as it stays among the
            4,096 most recently used.
        start: The context to start from, n-1 characters; it is not yielded.
        length: How many characters to yield at most.
        rng: Where chance comes from; `random.Random(seed)` for a text that can be
            had again.
        restart: Asked at a dead end, a context without rows, for another context to
            go on from; None ends the text. So does a dead end that it led to before
            for the same character, which would go round for ever.
    """

    @lru_cache(maxsize=_CACHED_CONTEXTS)
    def choices_of(context: str) -> Choices:
        return Choices(rows_of(context))

    context = start
    for _ in range(length):
        choices = choices_of(context)
        if not choices.total:
            found = _restarted(context, choices_of, restart)
            if found is None:
                return
            context, choices = found, choices_of(found)
        char = choices.choose(rng)
        yield char
        context = (context + char)[1:]


def _restarted(
    context: str,
    choices_of: Callable[[str], Choices],
    restart: Callable[[str], str | None],
) -> str | None:
    """Return the first context with rows that `restart` leads to from a dead end."""
    tried = {context}
    found = restart(context)
    while found is not None and not choices_of(found).total:
        if found in tried:
            return None
        tried.add(found)
        found = restart(found)
    return found
