from __future__ import annotations

import math

import pytest

from bedplate.domains.training.evaluation import Evaluation, contexts_of, evaluate


def test_contexts_are_those_before_a_character_each_once_in_order() -> None:
    assert contexts_of(["abab", "ba🙂", "x", ""], 2) == ["a", "b"]
    assert contexts_of(["abcab", "cab"], 3) == ["ab", "bc", "ca"]
    assert contexts_of(["ab"], 1) == [""]
    assert contexts_of(["ab"], 3) == contexts_of([], 3) == []


def test_bits_and_accuracy_worked_out_by_hand() -> None:
    # a -> b: (3 + 1) / (4 + 2) = 2/3, and b is likeliest; b -> a: (1 + 1) / (2 + 2).
    model = {"a": {"a": 1, "b": 3}, "b": {"b": 1, "a": 1}}

    score = evaluate(["ab", "ba"], 2, model, alphabet_size=2, alpha=1)

    assert score.bits_per_character == pytest.approx((math.log2(3 / 2) + 1) / 2)
    assert score.accuracy == 1  # of a and b after b, as frequent, a is the smaller
    assert score.characters == 2


def test_repeated_characters_weigh_as_often_as_they_occur() -> None:
    model = {"": {"a": 3, "b": 1}}

    score = evaluate(["aab"], 1, model, alphabet_size=4, alpha=0.5)

    expected = -(2 * math.log2(3.5 / 6) + math.log2(1.5 / 6)) / 3
    assert score.bits_per_character == pytest.approx(expected)
    assert score.accuracy == pytest.approx(2 / 3)


def test_an_unseen_context_predicts_all_characters_alike() -> None:
    score = evaluate(["xy"], 2, {}, alphabet_size=8)

    assert score == Evaluation(3.0, 0.0, 1)


def test_an_unseen_character_costs_what_smoothing_leaves_it() -> None:
    score = evaluate(["az"], 2, {"a": {"b": 9}}, alphabet_size=10, alpha=0.1)

    assert score.bits_per_character == pytest.approx(-math.log2(0.1 / 10))
    assert score.accuracy == 0


def test_of_equally_frequent_characters_the_smallest_code_point_is_predicted() -> None:
    model = {"": {"🙂": 2, "é": 2, "z": 2, "Z": 2, "a": 1}}

    assert evaluate(["Z"], 1, model, alphabet_size=9).accuracy == 1
    assert evaluate(["z"], 1, model, alphabet_size=9).accuracy == 0


def test_samples_do_not_cross_documents() -> None:
    model = {"a": {"b": 1}}

    assert evaluate(["a", "b"], 2, model, alphabet_size=2).characters == 0
    assert evaluate(["ab"], 2, model, alphabet_size=2).characters == 1


def test_nothing_to_predict_scores_nothing() -> None:
    score = evaluate(["a"], 3, {}, alphabet_size=2)

    assert math.isnan(score.bits_per_character)
    assert math.isnan(score.accuracy)
    assert score.characters == 0


@pytest.mark.parametrize("alpha", [0, -1, math.nan, math.inf])
def test_smoothing_must_be_a_positive_number(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha must be a positive number"):
        evaluate(["ab"], 2, {}, alphabet_size=2, alpha=alpha)


def test_an_alphabet_smaller_than_a_row_is_refused() -> None:
    with pytest.raises(ValueError, match="alphabet_size is 1, yet a context has 2"):
        evaluate(["ab"], 2, {"a": {"b": 1, "c": 1}}, alphabet_size=1)
    with pytest.raises(ValueError, match="alphabet_size is 0"):
        evaluate(["ab"], 2, {}, alphabet_size=0)
