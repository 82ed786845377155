from __future__ import annotations

import asyncio
import random
from collections import Counter
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from bedplate import AsyncDatabase, Database, TrainingRepository
from bedplate.domains.training import MarkovNGram, generating
from bedplate.domains.training.counting import count_ngrams
from bedplate.domains.training.held import MarkovModel
from bedplate.domains.training.models import MAX_ORDER
from bedplate.domains.training.ngrams import NGramCounts
from bedplate.errors import (
    CheckFailedError,
    InvalidValueError,
    NotFoundError,
)
from training.watching import statements, together

TEXT = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, "
    "it was the age of foolishness, it was the epoch of belief. Où ça? 🙂🙃\n"
)

ALIKE = (
    *("a", "A", "á", "Á", "à", "ª", "ａ", "𝐚", "b", "ß", "s", "ſ", "S"),
    *(" ", "\t", "\n", "\r", "\v", "\u00a0", "\u2003", "\u200b", "\ufeff", "\x01"),
    *("\u0301", "\u0300", "\u0323", "\u200d", "\ufe0f", "\u034f", "\u00ad", "\u180e"),
    *("🙂", "🙃", "👍", "🏽", "\U0001f1e6", "\U0010ffff", "\uffff", "\ufffd", "\ue000"),
    *("0", "０", "²", "2", "'", "’", '"', "\\", "%", ":", "?", "_", "*", "-"),
    *(
        "\u03a9",
        "\u2126",
        "ω",
        "K",
        "\u212a",
        "i",
        "I",
        "İ",
        "ı",
        "я",
        "Я",
        "漢",
        "ー",
        "あ",
        "ア",
    ),
)
"""Characters that some collation takes for one another, for nothing, or for a pad."""

GOLDEN = (
    " times, it of foolief. Où ça? 🙂🙃\nimest was times, it was the belief. "
    "Où ça? 🙂🙃\n timest of foolief. Où ça? 🙂🙃\n? 🙂🙃\nlief. "
)
"""What a model of TEXT, n = 3, writes after "it was" with seed 42."""

GOLDEN_ANYWHERE = " was times, it was timess, it "
"""The same where no context is known: from one by chance, of the same seed."""


def rows(training: TrainingRepository, n: int) -> dict[tuple[str, str], int]:
    """Return the model of one n."""
    stream = training.of(MarkovNGram).stream(MarkovNGram.n == n, batch=5_000)
    return {(row.context, row.next_char): row.count for row in stream}


def counted(text: str, n: int) -> Counter[tuple[str, str]]:
    """Count the n-grams of a text, the plain way."""
    ends = range(n - 1, len(text))
    return Counter((text[end - n + 1 : end], text[end]) for end in ends)


def test_counting_one_at_a_time(training: TrainingRepository) -> None:
    first = training.update_markov_ngram(3, "ab", "c")
    assert (first.n, first.context, first.next_char) == (3, "ab", "c")
    assert (first.count, first.probability) == (1, None)

    second = training.update_markov_ngram(n=3, context="ab", next_char="c")

    assert second.count == 2
    assert rows(training, 3) == {("ab", "c"): 2}


def test_counts_are_added(training: TrainingRepository) -> None:
    assert training.merge_markov_ngrams(2, {("a", "b"): 2, ("b", "a"): 1}) == 2
    assert training.merge_markov_ngrams(n=2, counts={("a", "b"): 5, ("a", "c"): 1}) == 2
    assert training.merge_markov_ngrams(2, {}) == 0

    assert rows(training, 2) == {("a", "b"): 7, ("b", "a"): 1, ("a", "c"): 1}


def test_counts_come_as_a_mapping_as_columns_or_counted(
    training: TrainingRepository,
) -> None:
    counts = counted(TEXT, 3)
    contexts = [context for context, _ in counts]
    chars = [char for _, char in counts]
    numbers: list[int] = [*counts.values()]

    training.merge_markov_ngrams(3, counts)
    training.merge_markov_ngrams(3, (contexts, chars, numbers))
    training.merge_markov_ngrams(3, (contexts, chars, np.array(numbers)))  # type: ignore[arg-type]  # an array is a sequence here
    given = training.merge_markov_ngrams(3, count_ngrams(TEXT, 3))

    assert given == len(counts)
    assert rows(training, 3) == {key: 4 * count for key, count in counts.items()}


def test_a_column_may_repeat_an_ngram(training: TrainingRepository) -> None:
    given = training.merge_markov_ngrams(
        2, (["a", "b", "a"], ["x", "y", "x"], [1, 2, 3])
    )

    assert given == 2
    assert rows(training, 2) == {("a", "x"): 4, ("b", "y"): 2}


def test_models_of_different_n_are_apart(training: TrainingRepository) -> None:
    training.merge_markov_ngrams(1, {("", "a"): 1})
    training.merge_markov_ngrams(2, {("a", "a"): 2})
    training.merge_markov_ngrams(3, {("aa", "a"): 3})

    assert training.clear_markov_model(2) == 1
    assert training.clear_markov_model(n=2) == 0
    assert rows(training, 1) == {("", "a"): 1}
    assert rows(training, 3) == {("aa", "a"): 3}


def test_characters_that_look_alike_are_different(
    training: TrainingRepository,
) -> None:
    assert len(set(ALIKE)) == len(ALIKE)
    counts = {(c, d): 1 for c in ALIKE for d in ALIKE}

    training.merge_markov_ngrams(2, counts)
    for char in ALIKE:
        training.update_markov_ngram(2, char, char)

    expected = {(c, d): 1 + (c == d) for c, d in counts}
    assert rows(training, 2) == expected
    for char in ALIKE:
        found = training.get_markov_ngrams(2, char)
        assert [row.next_char for row in found] == sorted(ALIKE)
        assert {row.context for row in found} == {char}


def test_trailing_blanks_and_combining_marks_count(
    training: TrainingRepository,
) -> None:
    contexts = ["a ", "a\t", "a\u0301", "a\u200b", "á ", "A ", " a", "  ", "a\x01"]
    training.merge_markov_ngrams(3, {(c, "x"): n for n, c in enumerate(contexts, 1)})

    for number, context in enumerate(contexts, 1):
        (row,) = training.get_markov_ngrams(3, context)
        assert (row.context, row.count) == (context, number)
    assert training.get_markov_counts(3, contexts) == {
        context: {"x": number} for number, context in enumerate(contexts, 1)
    }


def test_rows_are_ordered_by_code_point(training: TrainingRepository) -> None:
    training.merge_markov_ngrams(
        2, {(c, d): 1 for c in ALIKE for d in ("z", "é", "🙂")}
    )

    listed = training.of(MarkovNGram).list(limit=10_000)

    keys = [(row.context, row.next_char) for row in listed]
    assert keys == sorted(keys)


def test_what_follows_a_context(training: TrainingRepository) -> None:
    training.merge_markov_ngrams(3, {("ab", "z"): 1, ("ab", "a"): 2, ("ba", "c"): 9})

    found = training.get_markov_ngrams(n=3, context="ab")

    assert [(row.next_char, row.count) for row in found] == [("a", 2), ("z", 1)]
    assert training.get_markov_ngrams(3, "zz") == []
    assert training.get_markov_ngrams(1, "") == []
    many = training.get_markov_counts(n=3, contexts=["ba", "zz", "ab", "ba"])
    assert many == {"ba": {"c": 9}, "ab": {"a": 2, "z": 1}}


def test_many_contexts_are_looked_up_at_once(
    training: TrainingRepository, database: Database
) -> None:
    contexts = [chr(0x4E00 + n) for n in range(2_500)]
    training.merge_markov_ngrams(2, {(c, "x"): 1 for c in contexts})

    with statements(database, "SELECT") as selects:
        found = training.get_markov_counts(2, iter(contexts))

    assert found == {context: {"x": 1} for context in contexts}
    assert len(selects) == 3


@pytest.mark.parametrize(
    ("context", "char", "problem"),
    [
        ("a", "x", "context must have 2 characters: 'a'"),
        ("abc", "x", "context must have 2 characters: 'abc'"),
        ("", "x", "context must have 2 characters: ''"),
        ("ab", "", "next character must have 1 characters: ''"),
        ("ab", "xy", "next character must have 1 characters: 'xy'"),
        ("ab", "e\u0301", "next character must have 1 characters"),
        ("a\0", "x", "NUL"),
        ("ab", "\0", "NUL"),
        ("a\ud800", "x", "surrogate"),
        ("ab", "\udfff", "surrogate"),
        (None, "x", "must be a string, not None"),
        ("ab", 7, "must be a string, not 7"),
    ],
)
def test_an_ngram_of_the_wrong_shape_is_refused(
    training: TrainingRepository, context: Any, char: Any, problem: str
) -> None:
    with pytest.raises(InvalidValueError, match=problem):
        training.update_markov_ngram(3, context, char)
    with pytest.raises(InvalidValueError, match=problem):
        training.merge_markov_ngrams(3, {("ok", "x"): 1, (context, char): 1})
    with pytest.raises(InvalidValueError, match=problem):
        training.merge_markov_ngrams(3, (["ok", context], ["x", char], [1, 1]))

    assert rows(training, 3) == {}


@pytest.mark.parametrize("count", [0, -1, 1.5, "2", True, None, 2**63])
def test_a_count_that_is_no_positive_integer_is_refused(
    training: TrainingRepository, database: Database, count: Any
) -> None:
    training.merge_markov_ngrams(2, {("a", "b"): 1})

    with pytest.raises(InvalidValueError, match=r"^counts: .*count"):
        training.merge_markov_ngrams(2, {("a", "b"): 1, ("a", "c"): count})
    with pytest.raises(InvalidValueError, match=r"^counts: .*count"):
        training.merge_markov_ngrams(2, (["a", "a"], ["b", "c"], [1, count]))

    assert rows(training, 2) == {("a", "b"): 1}


def test_the_database_itself_refuses_a_count_of_zero(
    training: TrainingRepository, database: Database
) -> None:
    training.update_markov_ngram(2, "a", "b")

    with pytest.raises(CheckFailedError), database.transaction() as session:
        session.execute(sa.update(MarkovNGram).values(count=0))


@pytest.mark.parametrize(
    "counts",
    [
        {"ab": 1},
        {("a", "b", "c"): 1},
        {"a": 1},
        [("a", "b", 1)],
        (["a"], ["b"]),
        (["a", "b"], ["b"], [1]),
        (["a"], ["b"], 1),
        None,
        7,
    ],
)
def test_counts_of_another_shape_are_refused(
    training: TrainingRepository, counts: Any
) -> None:
    with pytest.raises(InvalidValueError, match=r"^counts: "):
        training.merge_markov_ngrams(2, counts)

    assert rows(training, 2) == {}


@pytest.mark.parametrize("n", [0, -1, MAX_ORDER + 1, 2.0, "2", True, None])
def test_an_n_that_is_none_is_refused(training: TrainingRepository, n: Any) -> None:
    for call in (
        lambda: training.update_markov_ngram(n, "a", "b"),
        lambda: training.merge_markov_ngrams(n, {("a", "b"): 1}),
        lambda: training.get_markov_ngrams(n, "a"),
        lambda: training.train_markov(n, "text"),
        lambda: training.generate_text(n),
        lambda: training.load_markov_model(n),
        lambda: training.calculate_markov_probabilities(n),
        lambda: training.clear_markov_model(n),
        lambda: training.get_markov_counts(n, ["a"]),
    ):
        with pytest.raises(InvalidValueError, match=f"^n: .* from 1 to {MAX_ORDER}"):
            call()


def test_counts_of_another_n_are_refused(training: TrainingRepository) -> None:
    with pytest.raises(InvalidValueError, match="counts of n = 3"):
        training.merge_markov_ngrams(2, NGramCounts.from_mapping(3, {("ab", "c"): 1}))


def test_a_context_of_the_wrong_length_is_no_question(
    training: TrainingRepository,
) -> None:
    for context in ("", "a", "abc"):
        message = f"{len(context)} characters, for n = 3 it needs 2"
        with pytest.raises(InvalidValueError, match=message):
            training.get_markov_ngrams(3, context)
    for context in ("a\0", "a\ud800"):
        with pytest.raises(InvalidValueError, match="^context: "):
            training.get_markov_ngrams(3, context)


def test_the_longest_and_the_shortest_ngrams(training: TrainingRepository) -> None:
    context = "🙂" * (MAX_ORDER - 1)
    training.update_markov_ngram(MAX_ORDER, context, "🙃")
    training.update_markov_ngram(1, "", "🙃")

    assert training.get_markov_ngrams(MAX_ORDER, context)[0].count == 1
    assert training.get_markov_ngrams(1, "")[0].count == 1


def test_counts_are_integers_of_64_bits(training: TrainingRepository) -> None:
    training.merge_markov_ngrams(1, {("", "a"): 2**62})
    training.merge_markov_ngrams(1, {("", "a"): 2**62 - 1})

    assert rows(training, 1) == {("", "a"): 2**63 - 1}


def test_a_large_merge_is_one_transaction_of_few_statements(
    training: TrainingRepository, database: Database
) -> None:
    chars = [chr(0x4E00 + n) for n in range(150)]
    counts = {(c, d): 1 for c in chars for d in chars}  # 22,500: two batches
    training.merge_markov_ngrams(2, {(chars[0], chars[0]): 5})

    with statements(database, "INSERT") as inserts:
        assert training.merge_markov_ngrams(2, counts) == 22_500

    assert len(inserts) <= 22_500 / 100
    assert sum(rows(training, 2).values()) == 22_505


def test_threads_that_merge_the_same_ngrams_lose_nothing(
    training: TrainingRepository,
) -> None:
    source = random.Random(1)  # noqa: S311  # repeatable, no secret
    keys = [(c, d) for c in "abcdefghijklmnop" for d in "abcdefghijklmnop"]
    parts: list[dict[tuple[str, str], int]] = []
    for _ in range(6):
        some = source.sample(keys, 200)  # overlapping, in another order each
        parts.append({key: source.randrange(1, 5) for key in some})

    def merge(part: dict[tuple[str, str], int]) -> int:
        for _ in range(4):
            training.merge_markov_ngrams(2, part)
        return training.update_markov_ngram(2, "a", "a").count

    results, errors = together([lambda p=part: merge(p) for part in parts])  # type: ignore[misc]  # mypy cannot infer a default's type in a lambda

    expected: Counter[tuple[str, str]] = Counter({("a", "a"): 6})
    for part in parts:
        expected.update({key: 4 * count for key, count in part.items()})
    assert errors == []
    assert len(results) == 6
    assert rows(training, 2) == expected


def test_a_merge_in_a_failed_transaction_leaves_nothing(
    training: TrainingRepository, database: Database
) -> None:
    training.merge_markov_ngrams(2, {("a", "b"): 1})

    with pytest.raises(ZeroDivisionError), database.transaction():
        training.merge_markov_ngrams(2, {("a", "b"): 5, ("c", "d"): 1})
        assert rows(training, 2) == {("a", "b"): 6, ("c", "d"): 1}
        raise ZeroDivisionError

    assert rows(training, 2) == {("a", "b"): 1}


def test_probabilities_are_shares_of_their_context(
    training: TrainingRepository,
) -> None:
    training.merge_markov_ngrams(4, counted(TEXT, 4))
    training.merge_markov_ngrams(3, {("ab", "c"): 1})
    training.merge_markov_ngrams(2, {("a", "x"): 1, ("a", "y"): 2, ("A", "x"): 7})

    assert training.calculate_markov_probabilities(4) == len(counted(TEXT, 4))
    assert training.calculate_markov_probabilities(n=2) == 3
    assert training.calculate_markov_probabilities(5) == 0

    found = training.of(MarkovNGram).list(MarkovNGram.n == 4, limit=10_000)
    for _, group in groupby(found, key=lambda row: row.context):
        members = [*group]
        total = sum(row.count for row in members)
        for row in members:
            assert row.probability == row.count / total
        shares = [row.probability or 0 for row in members]
        assert sum(shares) == pytest.approx(1, abs=1e-12)
    of_a = training.get_markov_ngrams(2, "a")
    assert [row.probability for row in of_a] == [1 / 3, 2 / 3]
    assert [row.probability for row in training.get_markov_ngrams(2, "A")] == [1.0]
    assert training.get_markov_ngrams(3, "ab")[0].probability is None


def test_probabilities_follow_the_counts(training: TrainingRepository) -> None:
    training.merge_markov_ngrams(2, {("a", "x"): 1, ("a", "y"): 1})
    training.calculate_markov_probabilities(2)
    training.merge_markov_ngrams(2, {("a", "x"): 2, ("a", "z"): 2**60})

    training.calculate_markov_probabilities(2)

    found = {
        row.next_char: row.probability for row in training.get_markov_ngrams(2, "a")
    }
    total = 2**60 + 4
    assert found == {"x": 3 / total, "y": 1 / total, "z": 2**60 / total}


def test_only_changed_contexts_are_normalised(training: TrainingRepository) -> None:
    training.merge_markov_ngrams(2, {(c, d): 1 for c in "abc" for d in "xyz"})

    assert training.calculate_markov_probabilities(2) == 9
    assert training.calculate_markov_probabilities(2) == 0
    training.merge_markov_ngrams(2, {("a", "x"): 1, ("d", "x"): 1})
    assert training.calculate_markov_probabilities(2) == 4
    training.of(MarkovNGram).delete((2, "b", "x"))
    assert training.calculate_markov_probabilities(2) == 2


@pytest.mark.parametrize("n", [1, 2, 5])
def test_training_leaves_the_probabilities_of_all_counts(
    training: TrainingRepository, n: int
) -> None:
    for text in (TEXT, TEXT[40:], TEXT[:60] + "éèê"):
        training.train_markov(n, text)
        assert training.calculate_markov_probabilities(n) == 0
    total = sum(row.count for row in training.get_markov_ngrams(n, TEXT[: n - 1]))
    for row in training.get_markov_ngrams(n, TEXT[: n - 1]):
        assert row.probability == row.count / total


def test_training_leaves_contexts_alone_that_it_has_not_counted(
    training: TrainingRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bedplate.domains.training.markov._NORMALISED_AT_ONCE", 2)
    others = {(chr(0x4E00 + n), "x"): 1 for n in range(100)}
    training.merge_markov_ngrams(2, {**others, ("a", "z"): 1, ("c", "z"): 3})
    training.calculate_markov_probabilities(2)
    for context, char in others:
        training.of(MarkovNGram).update((2, context, char), probability=0.5)

    training.train_markov(2, "abacaba 'd")

    for row in training.of(MarkovNGram).list(MarkovNGram.n == 2, limit=1_000):
        total = sum(r.count for r in training.get_markov_ngrams(2, row.context))
        is_other = (row.context, row.next_char) in others
        assert row.probability == (0.5 if is_other else row.count / total)
    assert training.calculate_markov_probabilities(2) == len(others)


def test_several_who_train_a_model_that_is_there(training: TrainingRepository) -> None:
    known = {(chr(0x4E00 + n), "x"): 1 for n in range(400)}
    training.merge_markov_ngrams(2, known)
    training.calculate_markov_probabilities(2)
    texts = [f"{letter}a{letter}b{letter}c" * 5 for letter in "abcd"]

    def train(text: str) -> None:
        for _ in range(3):
            training.train_markov(2, text)

    _, errors = together([partial(train, text) for text in texts])

    assert errors == []
    expected = Counter(known)
    for text in texts:
        for _ in range(3):
            expected.update(counted(text, 2))
    assert rows(training, 2) == expected
    assert training.calculate_markov_probabilities(2) == 0


def test_two_who_train_a_new_model_at_once(training: TrainingRepository) -> None:
    def train() -> int:
        return training.train_markov(3, TEXT)

    _, errors = together([train, train])

    assert errors == []
    assert training.calculate_markov_probabilities(3) == 0
    counts = counted(TEXT, 3)
    assert rows(training, 3) == {key: 2 * count for key, count in counts.items()}


@pytest.mark.parametrize("n", [1, 2, 5])
def test_training_counts_a_text(training: TrainingRepository, n: int) -> None:
    counts = counted(TEXT, n)

    assert training.train_markov(n, TEXT) == sum(counts.values())
    assert rows(training, n) == counts
    chunks = [TEXT[start : start + 3] for start in range(0, len(TEXT), 3)]
    assert training.train_markov(n=n, text=iter(chunks)) == sum(counts.values())

    assert rows(training, n) == {key: 2 * count for key, count in counts.items()}
    (first, *_) = training.get_markov_ngrams(n, TEXT[: n - 1])
    assert first.probability is not None


def test_training_counts_corpora_each_for_itself(
    training: TrainingRepository,
) -> None:
    texts = ["abcab", "cabca", "x", "a🙂"]
    ids = [training.add_corpus_text(text).id for text in texts]

    total = training.train_markov(3, corpus_ids=iter(ids))

    expected = sum((counted(text, 3) for text in texts), Counter[tuple[str, str]]())
    assert total == sum(expected.values())
    assert rows(training, 3) == expected


def test_training_on_nothing_counts_nothing(training: TrainingRepository) -> None:
    assert training.train_markov(3, "") == 0
    assert training.train_markov(3, "ab") == 0
    assert training.train_markov(3, []) == 0
    assert training.train_markov(3, corpus_ids=[]) == 0
    assert rows(training, 3) == {}


def test_training_refuses_what_it_cannot_count(training: TrainingRepository) -> None:
    corpus = training.add_corpus_text("a text")

    with pytest.raises(InvalidValueError, match="one of the two"):
        training.train_markov(2)
    with pytest.raises(InvalidValueError, match="one of the two"):
        training.train_markov(2, "text", [corpus.id])
    with pytest.raises(NotFoundError, match="no corpus 1000000"):
        training.train_markov(2, corpus_ids=[corpus.id, 1_000_000])
    for bad in ("a\0b", "a\ud800", b"bytes", ["fine", "a\0"], ["fine", 7]):
        with pytest.raises(InvalidValueError, match="^text: "):
            training.train_markov(2, bad)  # type: ignore[arg-type]  # that is what is tested

    assert rows(training, 2) == {}


@pytest.mark.parametrize("bad", ["\0", "\ud800"], ids=["NUL", "surrogate"])
def test_training_refuses_a_character_in_the_midst_of_a_long_text(
    training: TrainingRepository, bad: str
) -> None:
    text = "ab" * 10_000 + bad + "ä" * 10_000

    with pytest.raises(InvalidValueError, match=r"^text: .*\(at 20,000\)"):
        training.train_markov(2, text)
    with pytest.raises(InvalidValueError, match="^text: a chunk holds a NUL character"):
        training.train_markov(2, ["ab", text])

    assert rows(training, 2) == {}


def test_a_seed_gives_one_text_on_every_database(
    training: TrainingRepository,
) -> None:
    training.train_markov(3, TEXT)

    text = training.generate_text(3, "it was", 120, seed=42)
    assert text == GOLDEN
    again = training.generate_text(n=3, prompt="it was", length=120, seed=42)
    assert again == GOLDEN
    for length in (40, 2, 1):  # the shortest ones by context
        found = training.generate_text(3, "it was", length, seed=42)
        assert found == GOLDEN[:length]
    assert training.generate_text(3, "it was", 120, seed=43) != GOLDEN
    assert training.generate_text(3, "", 30, seed=42) == GOLDEN_ANYWHERE
    assert training.generate_text(3, "zz", 30, seed=42) == GOLDEN_ANYWHERE


def test_a_held_model_writes_the_same_texts(training: TrainingRepository) -> None:
    for n in (1, 3, 12):
        training.train_markov(n, TEXT)
        model = training.load_markov_model(n)

        assert len(model) == len(counted(TEXT, n))
        for prompt in ("it was", "", "zz", TEXT):
            text = training.generate_text(n, prompt, 100, seed=42)
            assert model.generate(prompt, 100, seed=42) == text


def test_a_held_model_is_not_that_of_the_database(
    training: TrainingRepository,
) -> None:
    training.train_markov(3, TEXT)
    model = training.load_markov_model(3)

    training.clear_markov_model(3)

    assert model.generate("it was", 120, seed=42) == GOLDEN
    assert model.generate("it was", 0) == ""
    assert model.generate("it was") != model.generate("it was")
    for length in (-1, 1.5, "10", None):
        with pytest.raises(InvalidValueError, match="^length: "):
            model.generate("it", length)  # type: ignore[arg-type]  # that is what is tested
    with pytest.raises(NotFoundError, match="no model of n = 3: train it first"):
        training.load_markov_model(3)


def test_a_model_that_is_missing_is_told_with_those_that_are_there(
    training: TrainingRepository,
) -> None:
    for there in ("", ", or take n = 2", ", or take n = 2, 12"):
        told = f"^there is no model of n = 3: train it first{there}$"
        for length in (1, 2_000):
            with pytest.raises(NotFoundError, match=told):
                training.generate_text(3, "it was", length)
        with pytest.raises(NotFoundError, match=told):
            training.load_markov_model(3)
        training.train_markov(12 if there else 2, TEXT)


@pytest.mark.parametrize("n", [1, 3, 12])
def test_a_large_model_is_read_by_context_to_the_same_text(
    training: TrainingRepository, monkeypatch: pytest.MonkeyPatch, n: int
) -> None:
    training.train_markov(n, TEXT)
    prompts = ("it was", "", "zz", TEXT)
    held = [training.generate_text(n, prompt, 100, seed=42) for prompt in prompts]

    monkeypatch.setattr(generating, "_ROWS_A_CHARACTER", 0)

    for prompt, text in zip(prompts, held, strict=True):
        assert training.generate_text(n, prompt, 100, seed=42) == text


def test_a_long_text_by_a_large_model_is_the_same(
    training: TrainingRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    training.train_markov(3, TEXT + TEXT[:2])  # a circle: no dead end
    whole = training.load_markov_model(3).generate("it was", 5_000, seed=1)
    monkeypatch.setattr(generating, "_ROWS_A_CHARACTER", 0)
    # One walk of 7,508 steps: servers end a recursion after 1,000 unless they are told.
    monkeypatch.setattr(generating, "_FIRST_STEPS", 20_000)

    assert training.generate_text(3, "it was", 5_000, seed=1) == whole
    monkeypatch.setattr(generating, "_SLOW_STEP", 0)  # the first walk is the last
    assert training.generate_text(3, "it was", 5_000, seed=1) == whole


@pytest.mark.parametrize("steps", [1, 7, 20_000])
def test_counts_of_any_size_are_drawn_by_alike(
    training: TrainingRepository, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    counts = (1, 2**31, 2**32 - 3, 2**32 - 2, 2**32 - 1, 2**32, 2**33, 2**62)
    for n, count in enumerate(counts):  # each leads to the next, and to the first
        here, there = chr(0x1F600 + n), chr(0x1F600 + (n + 1) % len(counts))
        rows = {(here, there): count, (here, "a"): 1, (here, "b"): 1}
        training.merge_markov_ngrams(2, rows)
    training.merge_markov_ngrams(2, {(c, "\U0001f600"): 3 for c in "ab"})
    whole = training.load_markov_model(2)

    monkeypatch.setattr(generating, "_ROWS_A_CHARACTER", 0)
    monkeypatch.setattr(generating, "_STEPS_AT_ONCE", steps)
    monkeypatch.setattr(generating, "_FIRST_STEPS", steps)
    monkeypatch.setattr(generating, "_FEW_STEPS", 0)  # never to give the server up

    for seed in range(3):
        text = training.generate_text(2, "a", 60, seed)
        assert text == whole.generate("a", 60, seed)


@pytest.mark.databases("postgresql", "mysql", "mariadb")
def test_a_text_by_a_large_model_takes_a_few_statements(
    training: TrainingRepository, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    training.train_markov(3, TEXT + TEXT[:2])  # a circle: no dead end
    monkeypatch.setattr(generating, "_ROWS_A_CHARACTER", 0)

    with statements(database, ("SELECT", "WITH", "SET STATEMENT")) as sent:
        training.generate_text(3, "it", 500, seed=1)

    # Whether it is a large one; then 500 draws, of which half are in vain, and so on.
    assert len(sent) <= 9


def test_an_async_database_writes_the_same_text_by_a_large_model(
    training: TrainingRepository, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    training.train_markov(3, TEXT)
    monkeypatch.setattr(generating, "_ROWS_A_CHARACTER", 0)

    def write(session: Any) -> str:
        return TrainingRepository(session).generate_text(3, "it was", 120, seed=42)

    async def work() -> str:
        async with AsyncDatabase(database_url) as database:
            return await database.run(write)

    assert asyncio.run(work()) == GOLDEN


def test_an_async_database_reads_the_same_model(
    training: TrainingRepository, database_url: str
) -> None:
    training.train_markov(3, TEXT)

    def write(session: Any) -> tuple[str, str]:
        ours = TrainingRepository(session)
        held = ours.load_markov_model(3).generate("it was", 120, seed=42)
        return held, ours.generate_text(3, "it was", 4_000, seed=42)[:120]

    async def work() -> tuple[str, str]:
        async with AsyncDatabase(database_url) as database:
            return await database.run(write)

    assert asyncio.run(work()) == (GOLDEN, GOLDEN)


def test_a_model_is_read_in_parts(
    training: TrainingRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    training.train_markov(3, TEXT)
    for c in "aáA ":  # more together than 64 bits hold
        training.merge_markov_ngrams(3, {("it", c): 2**62})
    whole = training.load_markov_model(3)

    for rows in (1, 7, len(whole) - 1, len(whole), len(whole) + 1):
        monkeypatch.setattr(generating, "_ROWS_AT_ONCE", rows)
        model = training.load_markov_model(3)
        assert len(model) == len(whole)
        assert model.generate("it", 300, 1) == whole.generate("it", 300, 1)


def test_a_model_of_digits_is_read_as_it_is(training: TrainingRepository) -> None:
    counts = {("1", "2"): 1, ("1", "3"): 9, ("1", "1"): 10, ("2", "1"): 10**12}
    counts |= {("2", "0"): 345, ("3", "1"): 7, ("0", "1"): 123}
    training.merge_markov_ngrams(2, counts)

    model = training.load_markov_model(2)

    counted = MarkovModel(NGramCounts.from_mapping(2, counts))
    for seed in range(20):
        assert model.generate("1", 500, seed) == counted.generate("1", 500, seed)


def test_long_values_come_whole(training: TrainingRepository) -> None:
    chars = [chr(0x1F600 + n) for n in range(64)]
    training.merge_markov_ngrams(2, {(c, d): 1 for c in chars for d in chars})

    text = training.generate_text(2, chars[0], 4_000, seed=1)  # read whole: 16 KB

    assert len(training.load_markov_model(2)) == 64 * 64
    assert {*text} == {*chars}


def test_every_character_was_seen_after_its_context(
    training: TrainingRepository,
) -> None:
    text = TEXT + TEXT[:2]  # a circle: no dead end
    training.train_markov(3, text)

    for seed in range(5):
        found = "it" + training.generate_text(3, "it", 200, seed)
        assert len(found) == 202
        assert counted(found, 3).keys() <= counted(text, 3).keys()


def test_without_a_seed_texts_differ(training: TrainingRepository) -> None:
    training.train_markov(1, "abcdefghijklmnopqrstuvwxyz")

    assert training.generate_text(1) != training.generate_text(1)
    assert len(training.generate_text(1)) == 200


def test_a_prompt_of_any_length(training: TrainingRepository) -> None:
    training.train_markov(4, "abcdefgabcdefg")

    assert training.generate_text(4, "xxxxabc", 3, 0) == "def"  # its end counts
    assert training.generate_text(4, "abc", 3, 0) == "def"
    for prompt in ("ab", ""):  # too short to be a context: one by chance
        found = training.generate_text(4, prompt, 7, 5)
        assert found in "abcdefg" * 3
        assert len(found) == 7
    assert training.generate_text(4, "abc", 0, 0) == ""


def test_a_dead_end_goes_on_elsewhere(training: TrainingRepository) -> None:
    training.train_markov(3, "abcd")  # nothing follows "cd"

    text = training.generate_text(3, "ab", 50, 1)

    assert len(text) == 50
    assert text.startswith("cd")
    assert set(text) == {"c", "d"}


def test_generating_needs_a_model(training: TrainingRepository) -> None:
    training.train_markov(2, "some text")

    with pytest.raises(NotFoundError, match="no model of n = 3: train it first"):
        training.generate_text(3)
    for length in (-1, 1.5, "10", None):
        with pytest.raises(InvalidValueError, match="^length: "):
            training.generate_text(2, length=length)  # type: ignore[arg-type]  # that is what is tested
    for prompt in ("a\0", "\ud800", None):
        with pytest.raises(InvalidValueError, match="^prompt: "):
            training.generate_text(2, prompt)  # type: ignore[arg-type]  # that is what is tested


def test_generating_writes_nothing(
    training: TrainingRepository, database: Database
) -> None:
    training.train_markov(3, TEXT)
    before = rows(training, 3)

    with statements(database) as taken, database.transaction(read_only=True):
        training.generate_text(3, "it", 100, 1)

    assert not [
        s for s in taken if s.split()[0].upper() in ("INSERT", "UPDATE", "DELETE")
    ]
    assert rows(training, 3) == before
