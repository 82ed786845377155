from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bedplate import BedplateError, Database, TrainingRepository
from bedplate.domains.training import NeuralConfig
from bedplate.errors import (
    AlreadyExistsError,
    InvalidValueError,
    NotFoundError,
    ValueTooLargeError,
)
from training.watching import together

CONFIG: dict[str, Any] = {
    "layers": [64, 64],
    "rate": 1e-4,
    "dropout": None,
    "tied": True,
    "name": "größe 🙂 \"quoted\" 'single' \\ \n % :x",
    "": {"deep": [{"a": []}]},
    "large": 2**63 - 1,
}


def test_a_configuration_reads_back_as_it_was_given(
    training: TrainingRepository,
) -> None:
    before = datetime.now(UTC)

    made = training.create_neural_config("small", CONFIG)

    found = training.get_neural_config(made.id)
    assert found is not None
    assert (found.id, found.name, found.config) == (made.id, "small", CONFIG)
    assert before <= found.created_at <= datetime.now(UTC)
    assert found.created_at.utcoffset() == timedelta(0)
    assert made.created_at == found.created_at  # to the microsecond


def test_arguments_stand_in_order_and_have_names(training: TrainingRepository) -> None:
    one = training.create_neural_config(name="one", config={"n": 1})
    two = training.create_neural_config("two", {"n": 2})

    assert training.get_neural_config(config_id=one.id) is not None
    found = training.get_neural_config_by_name(name="two")
    assert found is not None
    assert found.id == two.id
    changed = training.update_neural_config(
        config_id=two.id, name="deux", config={"n": 22}
    )
    assert (changed.name, changed.config) == ("deux", {"n": 22})
    listed = training.list_neural_configs(limit=1, after=one.id)
    assert [config.name for config in listed] == ["deux"]
    assert training.delete_neural_config(config_id=one.id) is True


def test_what_is_not_there_is_none(training: TrainingRepository) -> None:
    assert training.get_neural_config(1) is None
    assert training.get_neural_config_by_name("nobody") is None
    assert training.list_neural_configs() == []
    assert training.delete_neural_config(1) is False
    with pytest.raises(NotFoundError, match="neural_configs has the key 1"):
        training.update_neural_config(1, "name")


def test_a_name_is_taken_once(training: TrainingRepository, database: Database) -> None:
    first = training.create_neural_config("mine", {"n": 1})
    other = training.create_neural_config("other", {})

    with pytest.raises(AlreadyExistsError, match="named 'mine' already"):
        training.create_neural_config("mine", {"n": 2})
    with pytest.raises(AlreadyExistsError):
        training.update_neural_config(other.id, name="mine")

    again = training.get_neural_config_by_name("mine")
    assert again is not None
    assert (again.id, again.config) == (first.id, {"n": 1})
    assert [c.name for c in training.list_neural_configs()] == ["mine", "other"]
    with database.transaction() as session:  # nothing is left half done
        count = sa.select(sa.func.count()).select_from(NeuralConfig)
        assert session.scalars(count).one() == 2


def test_of_threads_that_take_one_name_one_succeeds(
    training: TrainingRepository,
) -> None:
    made, errors = together(
        [lambda n=n: training.create_neural_config("mine", {"n": n}) for n in range(6)]  # type: ignore[misc]  # mypy cannot infer a default's type in a lambda
    )

    assert len(made) == 1
    assert {type(error) for error in errors} == {AlreadyExistsError}
    found = training.get_neural_config_by_name("mine")
    assert found is not None
    assert found.config == made[0].config


def test_names_are_compared_by_code_point(training: TrainingRepository) -> None:
    names = ["a", "A", "á", "a\u0301", "ß", "ss", "🙂", "🙃"]
    ids = {name: training.create_neural_config(name, {}).id for name in names}

    assert len(set(ids.values())) == len(names)
    for name in names:
        found = training.get_neural_config_by_name(name)
        assert found is not None
        assert (found.id, found.name) == (ids[name], name)
    assert training.get_neural_config_by_name("a ") is None


@pytest.mark.parametrize("name", ["", " ", "a ", "\ta", "a\n", "\u00a0"])
def test_a_name_that_nobody_could_tell_apart_is_refused(
    training: TrainingRepository, name: str
) -> None:
    kept = training.create_neural_config("kept", {})

    with pytest.raises(InvalidValueError, match="^name: .*(empty|spaces)"):
        training.create_neural_config(name, {})
    with pytest.raises(InvalidValueError, match="^name: .*(empty|spaces)"):
        training.update_neural_config(kept.id, name=name)

    assert [config.name for config in training.list_neural_configs()] == ["kept"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("nul\0", "NUL"),
        ("\ud800", "surrogate"),
        ("n" * 256, "256 characters, 255 are allowed"),
        (None, "name"),
        (7, "name"),
        (b"bytes", "name"),
    ],
)
def test_a_name_that_cannot_be_stored_is_refused(
    training: TrainingRepository, name: Any, problem: str
) -> None:
    with pytest.raises(InvalidValueError, match=problem):
        training.create_neural_config(name, {})

    assert training.list_neural_configs() == []


def test_the_longest_name_fits_in_characters_not_bytes(
    training: TrainingRepository,
) -> None:
    name = "🙂" * 255

    assert training.create_neural_config(name, {}).name == name
    assert training.get_neural_config_by_name(name) is not None
    with pytest.raises(ValueTooLargeError):
        training.create_neural_config(name + "x", {})


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"a": math.nan}, "not JSON"),
        ({"a": -math.inf}, "not JSON"),
        ({"a": "x\0"}, "NUL"),
        ({"\0": 1}, "NUL"),
        ({"a": "\udfff"}, "surrogate"),
        ({"a": {1, 2}}, "not JSON"),
        ({"a": datetime(2026, 1, 1, tzinfo=UTC)}, "not JSON"),
        ({"a": [2**63]}, "64 bits"),
        (None, "config"),
    ],
)
def test_a_configuration_that_is_no_json_is_refused(
    training: TrainingRepository, config: Any, problem: str
) -> None:
    with pytest.raises(BedplateError, match=problem):
        training.create_neural_config("bad", config)

    assert training.list_neural_configs() == []


def test_an_update_changes_what_it_names(training: TrainingRepository) -> None:
    made = training.create_neural_config("old", {"a": 1})

    renamed = training.update_neural_config(made.id, "new")
    assert (renamed.name, renamed.config) == ("new", {"a": 1})
    emptied = training.update_neural_config(made.id, config={})
    assert (emptied.name, emptied.config) == ("new", {})

    found = training.get_neural_config(made.id)
    assert found is not None
    assert (found.name, found.config) == ("new", {})
    assert found.created_at == made.created_at
    assert found.updated_at > made.updated_at


def test_pages_follow_one_another(training: TrainingRepository) -> None:
    names = [f"c{n}" for n in range(7)]
    for name in names:
        training.create_neural_config(name, {})

    seen: list[str] = []
    after = None
    while page := training.list_neural_configs(limit=3, after=after):
        assert len(page) <= 3
        seen += [config.name for config in page]
        after = page[-1].id

    assert seen == names
    assert training.list_neural_configs(limit=0) == []
    with pytest.raises(InvalidValueError, match="limit"):
        training.list_neural_configs(limit=-1)


def test_deleting_takes_the_jobs_along(training: TrainingRepository) -> None:
    config = training.create_neural_config("mine", {})
    other = training.create_neural_config("other", {})
    job = training.create_training_job(config.id)
    stays = training.create_training_job(other.id)
    checkpoint = training.create_checkpoint(1, 1, "p", training_job_id=job.id)
    training.record_accuracy("loss", 1.0, checkpoint_id=checkpoint.id)
    training.record_accuracy("loss", 2.0, training_job_id=job.id)

    assert training.delete_neural_config(config.id)

    assert [j.id for j in training.list_training_jobs()] == [stays.id]
    assert training.list_checkpoints() == []
    assert training.get_accuracy_metrics() == []


def test_the_database_itself_cascades(
    training: TrainingRepository, database: Database
) -> None:
    config = training.create_neural_config("mine", {})
    job = training.create_training_job(config.id)
    training.create_checkpoint(1, 1, "p", training_job_id=job.id)

    with database.transaction() as session:
        session.execute(
            sa.text("DELETE FROM neural_configs WHERE id = :id"), {"id": config.id}
        )

    assert training.list_training_jobs() == []
    assert training.list_checkpoints() == []
