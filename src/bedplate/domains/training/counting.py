"""Counting character n-grams: of a text, of chunks of any length, merged.

One block of text at a time is packed into keys and sorted (see `windows`), so the
counts come out in the order of the database's binary collations, and memory follows
the number of distinct n-grams, never the length of the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from bedplate.domains.training.ngrams import (
    MAX_N,
    NGramColumns,
    NGramCounts,
    check_order,
)
from bedplate.domains.training.windows import tally_rows, tally_text

__all__ = [
    "MAX_N",
    "NGramColumns",
    "NGramCounts",
    "count_chunks",
    "count_ngrams",
    "merge_counts",
]

# Characters: 16 MB of keys. Smaller ones sort a little faster, for they fit a cache,
# and leave more to merge where n is large.
_BLOCK = 1 << 21

# Fewer rows than this are not worth a merge of their own.
_MERGE_ROWS = 1 << 21


def count_ngrams(text: str, n: int, *, previous: str = "") -> NGramCounts:
    """Count the n-grams that end in `text`.

    Args:
        text: The text, or the next chunk of one.
        n: The length of an n-gram in code points, 1 to `MAX_N`.
        previous: What came before this chunk (the last n-1 characters are enough),
            so that the counts of all chunks add up to those of the whole text.

    Raises:
        ValueError: If `n` is out of range.
    """
    check_order(n)
    return count_chunks((_tail(previous, n), text), n)


def count_chunks(chunks: Iterable[str], n: int) -> NGramCounts:
    """Count the n-grams of the one text that `chunks` make when joined.

    Args:
        chunks: Pieces of any length; read once, never joined as a whole.
        n: The length of an n-gram in code points, 1 to `MAX_N`.

    Raises:
        ValueError: If `n` is out of range.
    """
    return merge_counts(n, (_count_block(block, n) for block in _blocks(chunks, n)))


def merge_counts(n: int, parts: Iterable[NGramCounts]) -> NGramCounts:
    """Add up counts of the same `n`, such as those of several documents.

    Memory follows the number of distinct n-grams.

    Raises:
        ValueError: If `n` is out of range, or a part has another n.
    """
    check_order(n)
    merged, pending, rows = _count_block("", n), list[NGramCounts](), 0
    for part in parts:
        if part.n != n:
            raise ValueError(f"counts of n = {part.n} cannot be added to n = {n}")
        pending.append(part)
        rows += len(part)
        # As many new rows as old ones: each row is sorted again only a few times.
        if rows >= max(len(merged), _MERGE_ROWS):
            merged, pending, rows = _joined(n, [merged, *pending]), [], 0
    return _joined(n, [merged, *pending])


def _joined(n: int, parts: Sequence[NGramCounts]) -> NGramCounts:
    """Add up counts at once."""
    parts = [part for part in parts if len(part)] or list(parts[:1])
    if len(parts) == 1:
        return parts[0]
    codes = np.concatenate([part.codes for part in parts])
    counts = np.concatenate([part.counts for part in parts])
    return NGramCounts(n, *tally_rows(codes, counts))


def _count_block(text: str, n: int) -> NGramCounts:
    return NGramCounts(n, *tally_text(text, n))


def _blocks(chunks: Iterable[str], n: int) -> Iterator[str]:
    """Yield blocks for `chunks`, each with the end of the one before it."""
    held, size = [""], 0
    for piece in _pieces(chunks):
        held.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            block = "".join(held)
            yield block
            held, size = [_tail(block, n)], 0
    if size:
        yield "".join(held)


def _pieces(chunks: Iterable[str]) -> Iterator[str]:
    """Yield `chunks`, those longer than a block cut up."""
    for chunk in chunks:
        for start in range(0, len(chunk), _BLOCK):
            yield chunk[start : start + _BLOCK]


def _tail(text: str, n: int) -> str:
    """Return the last n-1 characters, or all where there are fewer."""
    return text[max(0, len(text) - n + 1) :]
