"""One query language for text search, and the snippet that shows a hit.

A query is made of words (all must match), ``"phrases"``, ``-not``,
``-"not a phrase"`` and ``prefix*``. A word is a run of letters, digits,
combining marks and underscores; it is compared without case and with accents.
Anything else separates words, so ``os.path`` is the phrase "os path". What a
query means is decided here; how an index answers it, in the dialects. So this
imports nothing of the library: every layer may use it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, CompoundSelect, Select

__all__ = [
    "Match",
    "SearchHit",
    "SearchQuery",
    "Term",
    "fold",
    "marked_parts",
    "matches",
    "parse",
    "snippet",
    "spelled",
    "variants",
]

K = TypeVar("K")

# Enough for any query meant; keeps expressions inside every parser's stack.
MAX_WORDS = 64
# 500 characters are at most 2,000 bytes, below the longest word any index holds.
MAX_WORD_CHARS = 500
# Read back so much when a text comes in pieces: a phrase, its gaps and the margin.
_OVERLAP = 4096

# How much of a text is put on one line to cut a snippet from, and how much if need be.
_REACHES = (128, _OVERLAP)

# A text and words of up to so many characters are found the simple, faster way.
_SHORT_TEXT, _SHORT_WORD = 50_000, 32

_TOKEN = re.compile(r'(-*)(?:["“”„«»]([^"“”„«»]*)["“”„«»]?(\**)|([^\s"“”„«»]+))')
# Letters whose lower case, upper case or case folding leaves their own pair.
_STRAY = (
    "\u00b5\u017f\u03c2\u03d0\u03d1\u03d5\u03d6\u03f0\u03f1\u03f4\u03f5"
    "\u1e9b\u1e9e\u2126\u212a\u212b\u0345"
)


@dataclass(frozen=True)
class Term:
    """One word or phrase of a query; the words are folded (see `fold`)."""

    words: tuple[str, ...]
    prefix: bool = False
    negated: bool = False


@dataclass(frozen=True)
class SearchQuery:
    """A parsed query; every term must hold."""

    terms: tuple[Term, ...]

    @cached_property
    def positive(self) -> tuple[Term, ...]:
        """The terms a document must have; where there is none, nothing matches."""
        return tuple(term for term in self.terms if not term.negated)

    @cached_property
    def negative(self) -> tuple[Term, ...]:
        """The terms a document must not have."""
        return tuple(term for term in self.terms if term.negated)

    @cached_property
    def finder(self) -> _Finder:
        """Finds any of the terms that a document must have."""
        return _Finder(self.positive)

    @cached_property
    def finders(self) -> tuple[list[_Finder], list[_Finder]]:
        """Find each term: those a document must have, and those it must not."""
        both = (self.positive, self.negative)
        positive, negative = ([_Finder((term,)) for term in terms] for terms in both)
        return positive, negative


class _Finder:
    """Finds the places where a text has one of some terms."""

    def __init__(self, terms: tuple[Term, ...]) -> None:
        self._terms = terms
        self._is_short = all(len(term.words[0]) <= _SHORT_WORD for term in terms)

    @cached_property
    def _simple(self) -> re.Pattern[str]:
        return _simple_pattern(self._terms)

    @cached_property
    def _general(self) -> re.Pattern[str]:
        return _pattern(self._terms)

    def is_simple(self, text: str) -> bool:
        """Return whether the simple, faster way finds all that a text has."""
        return self._is_short and len(text) <= _SHORT_TEXT and text.isascii()

    def first(self, text: str, start: int = 0) -> re.Match[str] | None:
        """Return the first place from a character on."""
        if self.is_simple(text):
            return self._simple.search(text.lower(), start)
        return self._general.search(text, start)

    def every(self, text: str, *, simple: bool) -> Iterator[re.Match[str]]:
        """Return all places, found the simple way or not."""
        if simple:
            return self._simple.finditer(text.lower())
        return self._general.finditer(text)


@dataclass(frozen=True)
class SearchHit(Generic[K]):
    """One document found, by its key; a higher rank is a better match."""

    id: K
    title: str | None
    rank: float
    snippet: str


@dataclass(frozen=True)
class Match:
    """What a select needs to search a table.

    Queries of one form share `rows` and `check`, which are built once: what tells them
    apart are the values.

    Attributes:
        rows: The `key` of each row that may match, and its `rank`, the more the better.
        values: The query's own, by the names that `rows` and `check` bind them by.
        check: What must hold for a row of the table besides, where finding out costs
            so much that only the best are asked; None where nothing does.
        is_sorted: Whether the index itself yields the rows by rank, those of one rank
            by when they were written: the best are had without reading the others, as
            long as they are ordered by nothing else.
    """

    rows: Select[Any, float] | CompoundSelect[Any, float]
    values: Mapping[str, str]
    check: ColumnElement[bool] | None = None
    is_sorted: bool = False


def fold(word: str) -> str:
    """Fold the case of a word, one character to one (ß stays ß)."""
    return "".join(map(_fold_character, word))


@cache
def variants(character: str) -> str:
    """Give the characters that fold to the same as this one, itself first."""
    same = {character.lower(), character.upper(), character.title(), *_STRAY}
    key = _fold_character(character)
    return character + "".join(
        sorted(c for c in same - {character} if len(c) == 1 and fold(c) == key)
    )


def spelled(word: str) -> str:
    """Write a folded word as a regular expression for all its cases."""
    return "".join(f"[{variants(c)}]" if len(variants(c)) > 1 else c for c in word)


def parse(text: str) -> SearchQuery:
    """Parse what a person typed; any text is a query, maybe an empty one."""
    budget, terms = MAX_WORDS, dict[Term, None]()
    for term in _terms(text):
        if term in terms or not budget:
            continue
        kept = term.words[:budget]
        cut = len(kept) < len(term.words)
        terms[Term(kept, term.prefix and not cut, term.negated)] = None
        budget -= len(kept)
    return SearchQuery(tuple(terms))


def snippet(
    chunks: Iterable[str],
    query: SearchQuery,
    *,
    width: int = 160,
    start: str = "[",
    end: str = "]",
) -> str:
    """Show the first place that matches, the matched words between markers.

    Args:
        chunks: The text, in pieces of any size; read no further than needed.
        query: Its positive terms are looked for.
        width: About how many characters to show.
        start: What to put before a matched word.
        end: What to put after it.

    Returns:
        One line, cut at word borders, with "…" where something was cut;
        the head of the text where nothing in it matches.
    """
    finder = query.finder
    text, span = _locate(chunks, finder, width)
    excerpt = _excerpt(text, span, width)
    parts, shown = [], 0
    for found in finder.every(excerpt, simple=finder.is_simple(text)):
        begin, stop = found.span()
        parts += [excerpt[shown:begin], start, excerpt[begin:stop], end]
        shown = stop
    return "".join([*parts, excerpt[shown:]])


def matches(
    texts: Sequence[str], query: SearchQuery, *, whole: bool = True
) -> bool | None:
    """Return whether a document matches a query: each of its terms, in some text.

    Args:
        texts: The document's texts.
        query: What to look for.
        whole: Whether the texts are all there; else they may go on, in the midst of a
            word, and None says that what they have so far does not tell.
    """
    positive, negative = query.finders
    for finder in negative:
        if _has(texts, finder, whole):
            return False
    for finder in positive:
        if not _has(texts, finder, whole):
            return False if whole else None
    return True if whole or not negative else None


def _has(texts: Sequence[str], finder: _Finder, whole: bool) -> bool:
    for text in texts:
        found = finder.first(text)
        if found and (whole or found.end() < len(text)):
            return True
    return False


def marked_parts(marked: str, query: SearchQuery) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a snippet, and whether each is what the query looks for.

    A bracket that the text itself has stays; only those that mark a match go.
    """
    end = 0
    for found in query.finder.every(marked, simple=False):
        start, stop = found.span()
        if marked[start - 1 : start] == "[" and marked[stop : stop + 1] == "]":
            if start - 1 > end:
                yield marked[end : start - 1], False
            yield found[0], True
            end = stop + 1
    if marked[end:]:
        yield marked[end:], False


@cache
def _fold_character(character: str) -> str:
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character


@cache
def _word_class() -> str:
    """Write the inside of a character class; scanned once: re knows no marks."""
    marks = [
        c
        for c in map(chr, (*range(0x300, 0x1E950), *range(0xE0100, 0xE01F0)))
        if unicodedata.category(c) in ("Mn", "Mc") and not "\ufe00" <= c <= "\ufe0f"
    ]
    return r"\w" + "".join(marks)


@cache
def _word() -> re.Pattern[str]:
    return re.compile(rf"\w[{_word_class()}]*")


def _terms(text: str) -> Iterator[Term]:
    for token in _TOKEN.finditer(text):
        minus, phrase, stars, plain = token.groups()
        written = phrase if plain is None else plain.rstrip("*")
        words = tuple(fold(word) for word in _word().findall(written))
        if not words:
            continue
        prefix = bool(stars) if plain is None else _is_prefix(plain)
        prefix = prefix or len(words[-1]) > MAX_WORD_CHARS
        short = tuple(word[:MAX_WORD_CHARS] for word in words)
        yield Term(short, prefix, bool(minus))


def _is_prefix(token: str) -> bool:
    """Tell whether the star follows a word: ``foo*``, but not ``foo,*``."""
    stem = token.rstrip("*")
    return stem != token and stem.endswith(_word().findall(stem)[-1])


@lru_cache
def _pattern(terms: tuple[Term, ...]) -> re.Pattern[str]:
    inside = _word_class()
    gap = rf"[^{inside}]+"
    longest_first = sorted(terms, key=lambda term: -len(term.words))
    written = [
        _from_a_border(gap.join(map(spelled, term.words)), term.words[0])
        + (rf"[{inside}]*" if term.prefix else "")
        for term in longest_first
    ]
    either = "|".join(written) or "(?!)"
    return re.compile(rf"(?:{either})(?![{inside}])")


@lru_cache
def _simple_pattern(terms: tuple[Term, ...]) -> re.Pattern[str]:
    """Return the same for texts of ASCII alone, in lower case: ten times as fast.

    It begins with a word, which is skipped to, and looks behind that for a border.
    """
    longest_first = sorted(terms, key=lambda term: -len(term.words))
    written = [
        r"\W+".join([rf"{first}(?<!\w{first})", *rest])
        + (r"\w*" if term.prefix else "")
        for term in longest_first
        for first, *rest in [term.words]
    ]
    return re.compile(rf"(?:{'|'.join(written) or '(?!)'})(?!\w)", re.ASCII)


def _from_a_border(pattern: str, word: str) -> str:
    """Have a pattern match only where no character of a word stands before it.

    That is looked at behind the first character, not before: a search that may begin
    with a few characters only skips the others, twenty times as fast.
    """
    first = spelled(word[0])
    return f"{first}(?<![{_word_class()}]{first}){pattern[len(first) :]}"


def _locate(
    chunks: Iterable[str], finder: _Finder, width: int
) -> tuple[str, tuple[int, int]]:
    head = window = ""
    found = None
    for chunk in chunks:
        trimmed = len(window) > _OVERLAP
        head += chunk[: _OVERLAP - len(head)]
        window = window[-_OVERLAP:] + chunk
        # The first character of a trimmed window may stand inside a word.
        found = finder.first(window, int(trimmed))
        if found and found.end() + width < len(window):
            break
    return (window, found.span()) if found else (head, (0, 0))


def _excerpt(text: str, span: tuple[int, int], width: int) -> str:
    begin, stop = span[0], min(span[1], span[0] + 2 * width)
    found = _on_one_line(text[begin:stop])
    room = max(width - len(found), width // 4)
    left = ""
    for reach in _REACHES:  # a part of it is enough where white space is short
        left = _on_one_line(text[max(0, begin - reach) : begin]).lstrip()
        if len(left) > room // 2:
            left = "…" + _after_space(left[-(room // 2) :])
            break
    right, room = "", room - len(left)
    for reach in _REACHES:
        right = _on_one_line(text[stop : stop + reach]).rstrip()
        if len(right) > room:
            right = _before_space(right[:room]) + "…"
            break
    return left + found + right


def _on_one_line(text: str) -> str:
    if "  " not in text and text.isprintable():
        return text  # as it is: no other white space counts as printable
    line = " ".join(text.split())
    before = " " if text[:1].isspace() else ""
    return f"{before}{line} " if line and text[-1].isspace() else before + line


def _after_space(text: str) -> str:
    return text.partition(" ")[2] or text


def _before_space(text: str) -> str:
    return text.rpartition(" ")[0] or text
