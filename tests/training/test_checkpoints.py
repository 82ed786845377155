from __future__ import annotations

import math
from typing import Any

import pytest
import sqlalchemy as sa

from bedplate import Database, TrainingRepository
from bedplate.domains.training import NeuralCheckpoint
from bedplate.errors import (
    AlreadyExistsError,
    CheckFailedError,
    InvalidValueError,
    ReferenceFailedError,
    ValueTooLargeError,
)
from training.watching import together


def best_of(training: TrainingRepository, job_id: int | None) -> list[int]:
    """Return the ids of the checkpoints of a job that are marked."""
    found = training.list_checkpoints(1_000)
    return [c.id for c in found if c.training_job_id == job_id and c.is_best]


def test_a_checkpoint_reads_back_as_it_was_given(training: TrainingRepository) -> None:
    job = training.create_training_job()

    made = training.create_checkpoint(
        3, 128, "/models/größe 🙂.pt", 0.1 + 0.2, 1 / 3, "a note\n", job.id, True
    )

    found = training.get_latest_checkpoint()
    assert found is not None
    assert found.as_dict() == made.as_dict()
    assert (found.epochs, found.block_size) == (3, 128)
    assert (found.path, found.notes) == ("/models/größe 🙂.pt", "a note\n")
    assert (found.loss, found.accuracy) == (0.1 + 0.2, 1 / 3)  # to the last bit
    assert (found.training_job_id, found.is_best) == (job.id, True)
    assert found.created_at.utcoffset() is not None


def test_arguments_have_names(training: TrainingRepository) -> None:
    job = training.create_training_job()

    made = training.create_checkpoint(
        epochs=1,
        block_size=2,
        path="p",
        loss=3.0,
        accuracy=0.5,
        notes="n",
        training_job_id=job.id,
        is_best=False,
    )
    bare = training.create_checkpoint(0, 0, "")

    assert (made.loss, made.accuracy, made.notes) == (3.0, 0.5, "n")
    assert (bare.loss, bare.accuracy, bare.notes) == (None, None, None)
    assert (bare.training_job_id, bare.is_best) == (None, False)
    best = training.get_best_checkpoint(training_job_id=job.id)
    latest = training.get_latest_checkpoint(training_job_id=job.id)
    assert best is not None
    assert latest is not None
    assert best.id == latest.id == made.id
    listed = training.list_checkpoints(limit=5, training_job_id=job.id)
    assert [c.id for c in listed] == [made.id]


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf, 0.0, 5e-324, 1e308])
def test_every_loss_is_stored_exactly(
    training: TrainingRepository, loss: float
) -> None:
    training.create_checkpoint(1, 1, "p", loss, loss)

    found = training.get_latest_checkpoint()
    assert found is not None
    assert repr(found.loss) == repr(found.accuracy) == repr(loss)


def test_a_comparison_never_matches_nan(
    training: TrainingRepository, database: Database
) -> None:
    losses = [math.nan, 0.5, math.inf, None, -math.inf, 2.0]
    for loss in losses:
        training.create_checkpoint(1, 1, "p", loss)

    def losses_where(condition: sa.ColumnElement[bool]) -> list[float | None]:
        with database.transaction(read_only=True) as session:
            query = sa.select(NeuralCheckpoint.loss).where(condition)
            return [*session.scalars(query.order_by(NeuralCheckpoint.id))]

    column = NeuralCheckpoint.loss
    assert losses_where(column < 1) == [0.5, -math.inf]
    assert losses_where(column > 1) == [math.inf, 2.0]
    assert losses_where(column >= 0.5) == [0.5, math.inf, 2.0]
    assert losses_where(column != 0.5) == [math.inf, -math.inf, 2.0]
    assert losses_where(column == math.inf) == [math.inf]
    assert losses_where(column == math.nan) == []
    assert losses_where(column.between(-math.inf, math.inf)) == [
        0.5,
        math.inf,
        -math.inf,
        2.0,
    ]
    assert losses_where(column.is_(None)) == [None]


def test_the_best_is_the_one_marked(training: TrainingRepository) -> None:
    job, other = training.create_training_job(), training.create_training_job()
    first = training.create_checkpoint(1, 1, "a", 2.0, None, None, job.id, True)
    second = training.create_checkpoint(2, 1, "b", 3.0, None, None, job.id, True)
    training.create_checkpoint(3, 1, "c", 0.1, None, None, job.id)
    elsewhere = training.create_checkpoint(9, 1, "d", 0.5, None, None, other.id, True)

    assert best_of(training, job.id) == [second.id]
    assert best_of(training, other.id) == [elsewhere.id]
    best = training.get_best_checkpoint(job.id)
    assert best is not None
    assert best.id == second.id  # though others have a lower loss
    unmarked = training.of(NeuralCheckpoint).require(first.id)
    assert unmarked.is_best is False
    overall = training.get_best_checkpoint()
    assert overall is not None
    assert overall.id == elsewhere.id  # the lowest loss of those marked


def test_without_a_mark_the_lowest_loss_is_best(training: TrainingRepository) -> None:
    job = training.create_training_job()
    assert training.get_best_checkpoint() is None
    assert training.get_best_checkpoint(job.id) is None
    for loss in (None, math.nan):
        training.create_checkpoint(1, 1, "p", loss, training_job_id=job.id)
    assert training.get_best_checkpoint(job.id) is None

    infinite = training.create_checkpoint(2, 1, "p", math.inf, training_job_id=job.id)
    best = training.get_best_checkpoint(job.id)
    assert best is not None
    assert best.id == infinite.id
    low = training.create_checkpoint(3, 1, "p", -1.5, training_job_id=job.id)
    training.create_checkpoint(4, 1, "p", -1.5, training_job_id=job.id)
    training.create_checkpoint(5, 1, "p", 7.0, training_job_id=job.id)

    best = training.get_best_checkpoint(job.id)
    assert best is not None
    assert best.id == low.id  # of two the first
    overall = training.get_best_checkpoint()
    assert overall is not None
    assert overall.id == low.id


def test_nan_is_no_lowest_loss_of_those_marked(training: TrainingRepository) -> None:
    for loss in (math.nan, 3.0, None, 2.0):
        job = training.create_training_job()
        training.create_checkpoint(
            1, 1, f"{loss}", loss, training_job_id=job.id, is_best=True
        )

    best = training.get_best_checkpoint()
    assert best is not None
    assert best.path == "2.0"


def test_checkpoints_without_a_job_have_one_best(training: TrainingRepository) -> None:
    training.create_checkpoint(1, 1, "a", is_best=True)
    last = training.create_checkpoint(2, 1, "b", is_best=True)

    assert best_of(training, None) == [last.id]


def test_however_many_threads_race_one_is_best(training: TrainingRepository) -> None:
    job = training.create_training_job()

    def mark(number: int) -> list[int]:
        return [
            training.create_checkpoint(
                number, n, "p", 1.0, training_job_id=job.id, is_best=True
            ).id
            for n in range(4)
        ]

    made, errors = together([lambda n=n: mark(n) for n in range(8)])  # type: ignore[misc]  # mypy cannot infer a default's type in a lambda

    assert errors == []
    ids = {key for some in made for key in some}
    assert len(ids) == 32
    assert len(training.list_checkpoints(100)) == 32
    (best,) = best_of(training, job.id)
    assert best in ids


def test_the_database_itself_allows_one_best_a_job(
    training: TrainingRepository, database: Database
) -> None:
    job = training.create_training_job()
    for _ in range(2):
        training.create_checkpoint(1, 1, "p", training_job_id=job.id)

    with pytest.raises(AlreadyExistsError), database.transaction() as session:
        session.execute(sa.text("UPDATE neural_checkpoints SET is_best = TRUE"))

    assert best_of(training, job.id) == []


def test_the_entities_of_a_transaction_know_who_is_best(
    training: TrainingRepository, database: Database
) -> None:
    job = training.create_training_job()
    with database.transaction():
        first = training.create_checkpoint(
            1, 1, "p", training_job_id=job.id, is_best=True
        )
        second = training.create_checkpoint(
            2, 1, "p", training_job_id=job.id, is_best=True
        )
        assert (first.is_best, second.is_best) == (False, True)

    assert best_of(training, job.id) == [second.id]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", -1),
        ("epochs", 2**31),
        ("epochs", 1.5),
        ("epochs", None),
        ("block_size", -1),
        ("block_size", True),
        ("path", "nul\0"),
        ("path", "\ud800"),
        ("path", "p" * 1025),
        ("path", 7),
        ("notes", "nul\0"),
        ("loss", "low"),
        ("accuracy", [1]),
    ],
)
def test_a_value_that_cannot_be_stored_is_refused(
    training: TrainingRepository, field: str, value: Any
) -> None:
    job = training.create_training_job()
    kept = training.create_checkpoint(1, 1, "p", training_job_id=job.id, is_best=True)
    values: dict[str, Any] = {"epochs": 1, "block_size": 1, "path": "p"}

    with pytest.raises(InvalidValueError, match=f"^{field}: "):
        training.create_checkpoint(
            **{**values, field: value}, training_job_id=job.id, is_best=True
        )

    assert [c.id for c in training.list_checkpoints()] == [kept.id]
    assert best_of(training, job.id) == [kept.id]  # it was not unmarked either


def test_a_checkpoint_of_no_job_there_is_is_refused(
    training: TrainingRepository,
) -> None:
    for is_best in (False, True):
        with pytest.raises(ReferenceFailedError):
            training.create_checkpoint(
                1, 1, "p", training_job_id=1_000_000, is_best=is_best
            )

    assert training.list_checkpoints() == []


def test_the_database_itself_refuses_negative_numbers(
    training: TrainingRepository, database: Database
) -> None:
    training.create_checkpoint(1, 1, "p")

    for column in ("epochs", "block_size"):
        statement = sa.text(f"UPDATE neural_checkpoints SET {column} = -1")
        with pytest.raises(CheckFailedError), database.transaction() as session:
            session.execute(statement)


def test_the_longest_path_fits_in_characters_not_bytes(
    training: TrainingRepository,
) -> None:
    assert training.create_checkpoint(1, 1, "🙂" * 1024).path == "🙂" * 1024
    with pytest.raises(ValueTooLargeError, match="1,025 characters, 1,024"):
        training.create_checkpoint(1, 1, "x" * 1025)


def test_checkpoints_are_listed_from_the_newest(training: TrainingRepository) -> None:
    job = training.create_training_job()
    ids = [
        training.create_checkpoint(
            n, 1, "p", training_job_id=job.id if n % 2 else None
        ).id
        for n in range(6)
    ]

    assert [c.id for c in training.list_checkpoints()] == ids[::-1]
    assert [c.id for c in training.list_checkpoints(2)] == [ids[5], ids[4]]
    of_job = training.list_checkpoints(training_job_id=job.id)
    assert [c.id for c in of_job] == [ids[5], ids[3], ids[1]]
    assert training.list_checkpoints(0) == []
    latest = training.get_latest_checkpoint()
    assert latest is not None
    assert latest.id == ids[5]
    assert training.get_latest_checkpoint(job.id + 1) is None
    with pytest.raises(InvalidValueError, match="limit"):
        training.list_checkpoints(-1)


def test_deleting_a_checkpoint_takes_its_metrics(
    training: TrainingRepository, database: Database
) -> None:
    made = [training.create_checkpoint(n, 1, "p") for n in range(3)]
    for checkpoint in made:
        training.record_accuracy("loss", 1.0, checkpoint_id=checkpoint.id)

    training.of(NeuralCheckpoint).delete(made[0].id)
    with database.transaction() as session:
        session.execute(
            sa.text("DELETE FROM neural_checkpoints WHERE id = :id"),
            {"id": made[1].id},
        )

    (left,) = training.get_accuracy_metrics()
    assert left.model_checkpoint_id == made[2].id
