# ruff: noqa: S311  (the same seed has to give the same text)

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from random import Random

import pytest

from bedplate.domains.training.sampling import Choices, sample_text

Rows = dict[str, list[tuple[str, int]]]

LOOP: Rows = {"a": [("a", 1), ("b", 3)], "b": [("a", 2), ("🙂", 1)], "🙂": [("a", 1)]}


def _text(rows: Rows, start: str, length: int, seed: int) -> str:
    found = sample_text(
        lambda context: rows.get(context, []),
        start,
        length,
        Random(seed),
        lambda _: None,
    )
    return "".join(found)


def test_a_seed_gives_one_text_on_every_machine_and_version() -> None:
    assert _text(LOOP, "a", 24, seed=7) == "bab🙂aaab🙂abaabaababaab🙂a"


def test_the_same_seed_gives_the_same_text_and_another_seed_another() -> None:
    assert _text(LOOP, "a", 200, seed=1) == _text(LOOP, "a", 200, seed=1)
    assert _text(LOOP, "a", 200, seed=1) != _text(LOOP, "a", 200, seed=2)
    assert _text(LOOP, "a", 200, seed=1)[:50] == _text(LOOP, "a", 50, seed=1)


def test_the_order_of_the_rows_does_not_change_the_text() -> None:
    backwards = {context: rows[::-1] for context, rows in LOOP.items()}

    assert _text(backwards, "a", 100, seed=3) == _text(LOOP, "a", 100, seed=3)


def test_characters_come_as_often_as_they_were_counted() -> None:
    choices = Choices([("a", 1), ("b", 0), ("c", 6), ("é", 3)])
    rng = Random(0)

    drawn = Counter(choices.choose(rng) for _ in range(20_000))

    assert drawn["b"] == 0
    for char, share in {"a": 0.1, "c": 0.6, "é": 0.3}.items():
        assert drawn[char] / 20_000 == pytest.approx(share, abs=0.015)


@pytest.mark.parametrize("counts", [[1], [5, 1], [2**62, 2**62 - 1, 3], [1] * 100])
def test_a_choice_is_what_randrange_would_draw(counts: list[int]) -> None:
    rows = [(chr(0x4E00 + i), count) for i, count in enumerate(counts)]
    choices, ours, theirs = Choices(rows), Random(5), Random(5)

    for _ in range(100):
        drawn = theirs.randrange(sum(counts))
        index = next(i for i in range(len(rows)) if drawn < sum(counts[: i + 1]))
        assert choices.choose(ours) == rows[index][0]


def test_nothing_to_choose_from_is_an_error() -> None:
    for choices in (Choices([]), Choices([("a", 0)])):
        assert choices.total == 0
        with pytest.raises(LookupError, match="no character to choose from"):
            choices.choose(Random(0))


def test_a_context_slides_with_the_text() -> None:
    rows: Rows = {"ab": [("c", 1)], "bc": [("d", 1)], "cd": [("e", 1)]}

    assert _text(rows, "ab", 10, seed=0) == "cde"
    assert _text({"": [("x", 1)]}, "", 4, seed=0) == "xxxx"
    assert _text(rows, "ab", 0, seed=0) == ""


def test_a_dead_end_goes_on_where_restart_says() -> None:
    rows: Rows = {"a": [("b", 1)], "c": [("d", 1)]}
    after = {"b": "nowhere", "nowhere": "c", "d": None}
    asked: list[str] = []

    def restart(context: str) -> str | None:
        asked.append(context)
        return after[context]

    found = sample_text(lambda c: rows.get(c, []), "a", 10, Random(0), restart)

    assert "".join(found) == "bd"
    assert asked == ["b", "nowhere", "d"]


def test_dead_ends_that_lead_to_each_other_end_the_text() -> None:
    turns = {"x": "y", "y": "z", "z": "y"}

    assert list(sample_text(lambda _: [], "x", 10, Random(0), turns.get)) == []


def test_a_context_that_was_looked_up_is_not_looked_up_again() -> None:
    asked: Counter[str] = Counter()

    def rows_of(context: str) -> Sequence[tuple[str, int]]:
        asked[context] += 1
        return LOOP[context]

    text = "".join(sample_text(rows_of, "a", 500, Random(0), lambda _: None))

    assert len(text) == 500
    assert asked == {"a": 1, "b": 1, "🙂": 1}


def test_the_cache_is_bounded() -> None:
    asked: Counter[str] = Counter()

    def next_of(context: str) -> Sequence[tuple[str, int]]:
        asked[context] += 1
        return [(chr(0x4E00 + (ord(context) - 0x4E00 + 1) % 5000), 1)]

    list(sample_text(next_of, "一", 10_000, Random(0), lambda _: None))

    assert set(asked.values()) == {2}  # 5,000 in a circle: gone when met again


def test_characters_come_one_at_a_time() -> None:
    endless = sample_text(lambda _: [("x", 1)], "", 10**12, Random(0), lambda _: None)

    assert list(islice(endless, 3)) == ["x", "x", "x"]
