from __future__ import annotations

import math
from typing import Any

import pytest
import sqlalchemy as sa

from bedplate import Database, TrainingRepository
from bedplate.domains.training import GenerationHistory
from bedplate.errors import (
    CheckFailedError,
    InvalidValueError,
    MissingValueError,
    NotFoundError,
    ValueTooLargeError,
)
from training.watching import statements

PARAMETERS: dict[str, Any] = {"seed": 1, "temperature": 0.7, "stop": ["\n", "🙂"]}


def test_a_generation_reads_back_as_it_was_given(training: TrainingRepository) -> None:
    made = training.record_generation("prompt 🙂", "re\tsponse\n", "m", PARAMETERS, 0.1)

    (found,) = training.get_generation_history()
    assert found.as_dict() == made.as_dict()
    assert (found.prompt, found.response) == ("prompt 🙂", "re\tsponse\n")
    assert (found.model, found.parameters) == ("m", PARAMETERS)
    assert (found.quality_score, found.user_rating) == (0.1, None)
    assert found.created_at.utcoffset() is not None


def test_arguments_have_names(training: TrainingRepository) -> None:
    made = training.record_generation(
        prompt="p", response="r", model="m", parameters={}, quality_score=1.0
    )
    bare = training.record_generation("", "")

    assert (made.prompt, made.response, made.model) == ("p", "r", "m")
    assert (made.parameters, made.quality_score) == ({}, 1.0)
    assert (bare.prompt, bare.response) == ("", "")
    assert (bare.model, bare.parameters, bare.quality_score) == (None, None, None)
    listed = training.get_generation_history(limit=5, model="m", before=bare.id)
    assert [g.id for g in listed] == [made.id]
    rated = training.update_generation_rating(generation_id=made.id, rating=4)
    assert rated.user_rating == 4


def test_long_texts_are_kept_whole(training: TrainingRepository) -> None:
    prompt, response = "é" * 70_000, "🙂" * 500_000  # beyond TEXT's 64 KB

    training.record_generation(prompt, response)

    (found,) = training.get_generation_history()
    assert found.prompt == prompt
    assert found.response == response


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_finite_number_is_kept(
    training: TrainingRepository, score: float
) -> None:
    training.record_generation("p", "r", quality_score=score)

    (found,) = training.get_generation_history()
    assert repr(found.quality_score) == repr(score)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prompt", "a\0"),
        ("prompt", "\ud800"),
        ("prompt", 7),
        ("response", "a\0"),
        ("response", "\udfff"),
        ("model", "a\0"),
        ("model", "m" * 256),
        ("parameters", {"a": math.nan}),
        ("parameters", {"a": "\0"}),
        ("quality_score", "good"),
    ],
)
def test_a_value_that_cannot_be_stored_is_refused(
    training: TrainingRepository, field: str, value: Any
) -> None:
    values: dict[str, Any] = {"prompt": "p", "response": "r", field: value}

    with pytest.raises(InvalidValueError, match=f"^{field}: "):
        training.record_generation(**values)

    assert training.get_generation_history() == []


def test_what_is_needed_is_missed(training: TrainingRepository) -> None:
    with pytest.raises(MissingValueError, match="prompt"):
        training.record_generation(None, "r")  # type: ignore[arg-type]  # that is what is tested
    with pytest.raises(MissingValueError, match="response"):
        training.record_generation("p", None)  # type: ignore[arg-type]  # that is what is tested
    with pytest.raises(ValueTooLargeError, match="^model: 256 characters, 255"):
        training.record_generation("p", "r", "m" * 256)

    assert training.get_generation_history() == []


def test_history_is_listed_from_the_newest(training: TrainingRepository) -> None:
    ids = [training.record_generation(f"p{n}", "r", "ab"[n % 2]).id for n in range(7)]

    assert [g.id for g in training.get_generation_history()] == ids[::-1]
    assert [g.id for g in training.get_generation_history(2)] == [ids[6], ids[5]]
    of_model = training.get_generation_history(model="b")
    assert [g.id for g in of_model] == [ids[5], ids[3], ids[1]]
    assert training.get_generation_history(model="B") == []
    assert training.get_generation_history(0) == []
    with pytest.raises(InvalidValueError, match="limit"):
        training.get_generation_history(-1)

    seen: list[int] = []
    before = None
    while page := training.get_generation_history(3, before=before):
        seen += [g.id for g in page]
        before = page[-1].id
    assert seen == ids[::-1]


def test_a_rating_is_1_to_5(training: TrainingRepository) -> None:
    made = training.record_generation("p", "r")

    for rating in range(1, 6):
        assert training.update_generation_rating(made.id, rating).user_rating == rating
        (found,) = training.get_generation_history()
        assert found.user_rating == rating


@pytest.mark.parametrize("rating", [9, 0, 6, -1, 2.5, "3", True, None, math.nan])
def test_any_other_rating_is_refused(training: TrainingRepository, rating: Any) -> None:
    made = training.record_generation("p", "r")
    training.update_generation_rating(made.id, 3)

    with pytest.raises(InvalidValueError, match="^rating: .* from 1 to 5"):
        training.update_generation_rating(made.id, rating)

    (found,) = training.get_generation_history()
    assert found.user_rating == 3


def test_the_database_itself_refuses_a_rating_of_9(
    training: TrainingRepository, database: Database
) -> None:
    made = training.record_generation("p", "r")

    for rating in (9, 0):
        with pytest.raises(CheckFailedError), database.transaction() as session:
            session.execute(sa.update(GenerationHistory).values(user_rating=rating))
    with pytest.raises(CheckFailedError):
        training.of(GenerationHistory).update(made.id, user_rating=9)


def test_rating_what_is_not_there_is_an_error(training: TrainingRepository) -> None:
    with pytest.raises(NotFoundError, match="generation_history has the key 1000000"):
        training.update_generation_rating(1_000_000, 3)


def test_clearing_says_how_many_there_were(
    training: TrainingRepository, database: Database
) -> None:
    for n in range(4):
        training.record_generation(f"p{n}", "r")

    with statements(database, "DELETE") as deletes:
        assert training.clear_generation_history() == 4
    assert len(deletes) == 1
    assert training.clear_generation_history() == 0
    assert training.get_generation_history() == []
