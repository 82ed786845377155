# ruff: noqa: S311  (texts made from a seed are no secrets)

from __future__ import annotations

import random
import tracemalloc
from collections import Counter
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from bedplate.domains.training import counting, windows
from bedplate.domains.training.counting import (
    NGramCounts,
    count_chunks,
    count_ngrams,
    merge_counts,
)


def _random_text(alphabet: str, length: int, seed: int = 0) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=length))


CJK = "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))
MIXED = CJK + "aA áa\u0301\t\n🙂👩‍🚀𝔬" + "".join(map(chr, range(0x10FF00, 0x110000)))
TEXTS = {
    "empty": "",
    "one": "x",
    "same": "a" * 50,
    "ascii": "the cat sat on the mat; the cat ate the rat. " * 7,
    "accents": "ÀÉÎõü ÿ naïve café crème brûlée ÿÿÿ" * 3,
    "combining": "a\u0301a\u0308áäe\u0301\u0327é" * 5,
    "case and space": "aA Aa\ta\na\r\nA  a\u00a0a\u2003a",
    "cjk": _random_text(CJK, 2000),
    "emoji": "👩‍🚀🙂🙃👩🏽‍🚀🇫🇷" * 9,
    "mixed": _random_text(MIXED, 3000),
    "two far apart": "a\U0010ffffa\U0010ffff\U0010ffffa",
    "control": "\x00a\x00\x00b\x7f\x80\xff",
    "lone surrogates": "a\ud800b\udfff\ud800\U0001f600",
}
LENGTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 17, 32]


def _slices(text: str, n: int) -> dict[tuple[str, str], int]:
    grams = (text[i : i + n] for i in range(len(text) - n + 1))
    return Counter((gram[:-1], gram[-1]) for gram in grams)


def _as_dict(counts: NGramCounts) -> dict[tuple[str, str], int]:
    rows = list(counts)
    found = {(context, char): count for context, char, count in rows}
    assert len(found) == len(rows) == len(counts)
    return found


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("n", LENGTHS)
def test_counts_are_those_of_slices_in_order_of_code_points(text: str, n: int) -> None:
    counts = count_ngrams(text, n)

    assert _as_dict(counts) == _slices(text, n)
    keys = [context + char for context, char, _ in counts]
    assert keys == sorted(keys)
    assert counts.total == max(0, len(text) - n + 1)


def test_many_distinct_code_points_and_long_windows_need_more_than_one_key() -> None:
    text = _random_text(MIXED, 3000)
    assert len(set(text)) ** 9 > 2**64

    assert _as_dict(count_ngrams(text, 9)) == _slices(text, 9)


@pytest.mark.parametrize("bits", [32, 34, 40])
def test_windows_that_need_many_rounds_of_ranking(
    bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "_KEY_BITS", bits)
    text = _random_text(MIXED, 200) + _random_text("ab", 200)

    for n in (3, 5, 12, 32):
        halves = [count_ngrams(text[:150], n), count_ngrams(text[150:], n)]
        expected = Counter(_slices(text[:150], n)) + Counter(_slices(text[150:], n))
        assert _as_dict(merge_counts(n, halves)) == expected


@pytest.mark.parametrize("name", ["ascii", "case and space", "combining", "emoji"])
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_chunks_split_anywhere_count_as_the_whole(name: str, n: int) -> None:
    text = TEXTS[name][:60]
    whole = count_ngrams(text, n)

    for at in range(len(text) + 1):
        first, second = text[:at], text[at:]
        assert count_chunks([first, second], n) == whole
        ends = count_ngrams(second, n, previous=first[-(n - 1) :] if n > 1 else "")
        assert merge_counts(n, [count_ngrams(first, n), ends]) == whole


def test_what_lies_wholly_in_previous_is_not_counted_again() -> None:
    assert _as_dict(count_ngrams("c", 2, previous="aaab")) == {("b", "c"): 1}
    assert _as_dict(count_ngrams("", 2, previous="aaab")) == {}
    assert _as_dict(count_ngrams("c", 1, previous="aaab")) == {("", "c"): 1}


@pytest.mark.parametrize("block", [1, 7, 64])
@pytest.mark.parametrize("n", [1, 3, 12])
def test_blocks_and_merges_of_any_size_change_nothing(
    block: int, n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = TEXTS["ascii"][:60] + TEXTS["emoji"][:40] + TEXTS["ascii"][:50]
    whole = count_ngrams(text, n)
    monkeypatch.setattr(counting, "_BLOCK", block)
    monkeypatch.setattr(counting, "_MERGE_ROWS", block)

    assert count_chunks(text, n) == whole
    assert count_chunks([text[:50], "", text[50:]], n) == whole
    assert count_ngrams(text, n) == whole


def test_counts_of_documents_are_added_without_grams_across_them() -> None:
    merged = merge_counts(2, (count_ngrams(text, 2) for text in ["ab", "ab", "ba"]))

    assert _as_dict(merged) == {("a", "b"): 2, ("b", "a"): 1}
    assert len(merge_counts(2, [])) == 0
    with pytest.raises(ValueError, match="n = 3 cannot be added to n = 2"):
        merge_counts(2, [count_ngrams("abc", 3)])


def test_columns_are_plain_lists_and_batches_are_their_parts() -> None:
    counts = count_ngrams(TEXTS["mixed"] + TEXTS["ascii"] * 100, 3)
    contexts, next_chars, numbers = counts.columns()

    assert list(zip(contexts, next_chars, numbers, strict=True)) == list(counts)
    assert {*map(type, contexts), *map(type, next_chars)} == {str}
    assert set(map(type, numbers)) == {int}
    batches = list(counts.batches(1000))
    assert [len(batch[0]) for batch in batches[:-1]] == [1000] * (len(batches) - 1)
    assert [context for batch in batches for context in batch[0]] == contexts
    assert counts.columns(5, 8) == (contexts[5:8], next_chars[5:8], numbers[5:8])
    assert count_ngrams("", 3).columns() == ([], [], [])


def test_columns_of_more_rows_than_are_decoded_at_once() -> None:
    counts = count_ngrams(_random_text(CJK, 20_000), 2)

    assert len(counts) > 2 * 8192
    contexts, next_chars, numbers = counts.columns()
    assert list(zip(contexts, next_chars, numbers, strict=True)) == list(counts)


def test_a_mapping_is_taken_in_any_order() -> None:
    mapping = {
        ("b ", "\t"): 2,
        ("a\u0301", "🙂"): 1,
        ("B ", "\t"): 2**62,
        ("a", "b"): 3,
    }
    del mapping["a", "b"]

    counts = NGramCounts.from_mapping(3, mapping)

    assert _as_dict(counts) == mapping
    assert [context for context, _, _ in counts] == ["B ", "a\u0301", "b "]
    assert NGramCounts.from_mapping(3, _slices(TEXTS["mixed"], 3)) == count_ngrams(
        TEXTS["mixed"], 3
    )
    assert len(NGramCounts.from_mapping(3, {})) == 0
    assert _as_dict(NGramCounts.from_mapping(1, {("", "x"): 1})) == {("", "x"): 1}


def test_arrays_are_sorted_and_repeated_ngrams_added() -> None:
    numbers: list[Any] = [[1, 2, 3], np.array([1, 2, 3], np.uint8), [1, np.int64(2), 3]]
    for counts in numbers:
        taken = NGramCounts.from_arrays(2, ["b", "a", "b"], ["x", "y", "x"], counts)
        assert list(taken) == [("a", "y", 2), ("b", "x", 4)]
    texts = np.array(["b", "a"])
    assert len(NGramCounts.from_arrays(2, list(texts), list(texts), [1, 1])) == 2


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({("abc", "d"): 1}, "a context must have 2 characters: 'abc'"),
        ({("ab", "c"): 1, ("🙂", "d"): 1}, "a context must have 2 characters: '🙂'"),
        ({("ab", "cd"): 1}, "a next character must have 1 characters: 'cd'"),
        ({("ab", ""): 1}, "a next character must have 1 characters: ''"),
        ({("ab", "c"): 0}, "a count must be at least 1, not 0"),
        ({("ab", "c"): -4}, "a count must be at least 1, not -4"),
        ({("ab", "c"): 1.0}, "a count must be an integer, not 1.0"),
        ({("ab", "c"): True}, "a count must be an integer, not True"),
        ({("ab", "c"): None}, "a count must be an integer, not None"),
        ({("ab", "c"): 2**63}, "more than 2\\*\\*63 - 1"),
        ({("ab", "c"): 2**63 - 1, ("ab", "d"): 1}, "more than 2\\*\\*63 - 1"),
        ({(b"ab", "c"): 1}, "a context must be a string, not b'ab'"),
        ({("ab", None): 1}, "a next character must be a string, not None"),
        ({"ab": 1}, "a key must be \\(context, next character\\), not 'ab'"),
        ({("a", "b", "c"): 1}, "a key must be a pair, not 3 values"),
    ],
)
def test_a_mapping_that_cannot_be_counts_is_refused(mapping: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NGramCounts.from_mapping(3, mapping)


@pytest.mark.parametrize("char", ["é", "\U0001f642"])  # of one byte in memory, of four
def test_lines_are_ngrams_and_their_counts_in_any_order(char: str) -> None:
    # Digits of an n-gram are no part of its count, and counts differ in length.
    counts = {("9", "0"): 10**18, ("1", "2"): 345, ("1", char): 7}
    text = "".join(f"{c}{d}\0{count}\0" for (c, d), count in counts.items())
    found = NGramCounts.from_lines(2, text, 3)
    assert found == NGramCounts.from_mapping(2, counts)


def test_no_lines_are_no_ngrams() -> None:
    assert len(NGramCounts.from_lines(3, "", 0)) == 0


@pytest.mark.parametrize(
    "lines",
    [
        "ab\x001\0cd\x0012",
        "ab\x001\0",
        "ab\x001\0cd\0",
        "ab\x001\0cd\0\0",
        "ab\x001\0c\x001\0",
        "abc\x001\0d\x001\0",
    ],
)
def test_lines_that_are_cut_off_or_of_another_length_are_refused(lines: str) -> None:
    with pytest.raises(ValueError, match=r"not 2 rows|not 2 characters and a count"):
        NGramCounts.from_lines(2, lines, 2)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in length: 1, 2 and 1"):
        NGramCounts.from_arrays(2, ["a"], ["b", "c"], [1])
    counts: Any = np.array([0.5])
    with pytest.raises(ValueError, match="a count must be an integer, not 0\\.5"):
        NGramCounts.from_arrays(2, ["a"], ["b"], counts)


@pytest.mark.parametrize("n", [-1, 0, 33])
def test_a_length_out_of_range_is_refused(n: int) -> None:
    message = f"n must be 1 to 32, not {n}"
    with pytest.raises(ValueError, match=message):
        count_ngrams("abc", n)
    with pytest.raises(ValueError, match=message):
        count_chunks(["abc"], n)
    with pytest.raises(ValueError, match=message):
        merge_counts(n, [])
    with pytest.raises(ValueError, match=message):
        NGramCounts.from_mapping(n, {})


def test_counts_are_frozen() -> None:
    counts = count_ngrams("abcabc", 2)

    with pytest.raises(FrozenInstanceError):
        counts.n = 3  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        counts.counts[0] = 7
    assert counts != "abcabc"
    assert counts != count_ngrams("abcabcb", 2)


def _peak_memory(chunks: int) -> int:
    chunk = TEXTS["ascii"] * (1_000_000 // len(TEXTS["ascii"]))
    tracemalloc.start()
    try:
        count_chunks((chunk for _ in range(chunks)), 5)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_text() -> None:
    assert _peak_memory(20) < 1.1 * _peak_memory(5) < 120_000_000
