from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from bedplate import Database, TrainingRepository
from bedplate.domains.training import AccuracyMetric
from bedplate.domains.training.metrics import MetricSummary
from bedplate.errors import InvalidValueError, ReferenceFailedError
from training.watching import statements


def test_a_value_reads_back_as_it_was_given(training: TrainingRepository) -> None:
    job = training.create_training_job()
    checkpoint = training.create_checkpoint(1, 1, "p", training_job_id=job.id)

    made = training.record_accuracy(
        "loss", 0.1 + 0.2, {"split": "größe 🙂"}, checkpoint.id, 2**40, job.id
    )

    (found,) = training.get_accuracy_metrics()
    assert found.as_dict() == made.as_dict()
    assert (found.metric_type, found.value) == ("loss", 0.1 + 0.2)
    assert found.metadata_ == {"split": "größe 🙂"}
    assert found.step == 2**40
    ids = (found.model_checkpoint_id, found.training_job_id)
    assert ids == (checkpoint.id, job.id)
    assert found.created_at.utcoffset() == timedelta(0)


def test_arguments_have_names(training: TrainingRepository) -> None:
    checkpoint = training.create_checkpoint(1, 1, "p")

    made = training.record_accuracy(
        metric_type="loss", value=1, metadata={}, checkpoint_id=checkpoint.id
    )
    bare = training.record_accuracy("acc", 2)

    assert (bare.metadata_, bare.step) == (None, None)
    listed = training.get_accuracy_metrics(
        metric_type="loss", checkpoint_id=checkpoint.id, limit=5
    )
    assert [m.id for m in listed] == [made.id]
    by_place = training.get_accuracy_metrics("loss", checkpoint.id, 5)
    assert [m.id for m in by_place] == [made.id]
    assert training.record_metrics(rows=[{"metric_type": "x", "value": 1}]) == 1
    assert training.get_accuracy_summary(training_job_id=1_000_000) == {}


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 0, 5e-324, -1.5e308, 2**53]
)
def test_every_number_is_stored_exactly(
    training: TrainingRepository, value: float
) -> None:
    training.record_accuracy("m", value)
    training.record_metrics([{"metric_type": "m", "value": value}])

    for metric in training.get_accuracy_metrics("m"):
        assert repr(metric.value) == repr(float(value))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("metric_type", "a\0"),
        ("metric_type", "\ud800"),
        ("metric_type", "m" * 101),
        ("value", "low"),
        ("metadata", {"a": math.nan}),
        ("metadata", {"a": "\0"}),
    ],
)
def test_a_value_that_cannot_be_stored_is_refused(
    training: TrainingRepository, field: str, value: Any
) -> None:
    row: dict[str, Any] = {"metric_type": "m", "value": 1.0, field: value}

    with pytest.raises(InvalidValueError, match=f"^{field}: "):
        training.record_accuracy(**row)
    with pytest.raises(InvalidValueError, match=f"^{field}: "):
        training.record_metrics([{"metric_type": "fine", "value": 1.0}, row])

    assert training.get_accuracy_metrics() == []


def test_a_reference_to_nothing_is_refused(training: TrainingRepository) -> None:
    for column in ("checkpoint_id", "training_job_id"):
        row: dict[str, Any] = {"metric_type": "m", "value": 1.0, column: 1_000_000}
        with pytest.raises(ReferenceFailedError):
            training.record_accuracy(**row)
        with pytest.raises(ReferenceFailedError):
            training.record_metrics([{"metric_type": "fine", "value": 1.0}, row])

    assert training.get_accuracy_metrics() == []


def test_many_values_go_in_as_a_batch(
    training: TrainingRepository, database: Database
) -> None:
    job = training.create_training_job()
    checkpoint = training.create_checkpoint(1, 1, "p", training_job_id=job.id)

    def rows() -> Iterator[dict[str, Any]]:
        for step in range(6_000):
            yield {
                "metric_type": "loss",
                "value": 1 / (step + 1),
                "step": step,
                "metadata": {"step": step},
                "checkpoint_id": checkpoint.id,
                "training_job_id": job.id,
            }

    with statements(database, "INSERT") as inserts:
        assert training.record_metrics(rows()) == 6_000

    assert len(inserts) <= 20
    found = training.get_accuracy_metrics("loss", checkpoint.id, 10_000)
    assert [(m.step, m.value) for m in reversed(found)] == [
        (step, 1 / (step + 1)) for step in range(6_000)
    ]
    assert found[0].metadata_ == {"step": 5_999}
    assert found[0].created_at.utcoffset() is not None
    assert training.record_metrics([]) == 0


def test_rows_of_different_shapes_keep_their_order(
    training: TrainingRepository,
) -> None:
    training.record_metrics(
        [
            {"metric_type": "m", "value": 1},
            {"metric_type": "m", "value": 2, "step": 7},
            {"metric_type": "m", "value": 3, "metadata": {"k": 1}},
            {"metric_type": "m", "value": 4},
            {
                "metric_type": "m",
                "value": 5,
                "step": 8,
                "created_at": datetime.now(UTC),
            },
            {"metric_type": "m", "value": 6},
        ]
    )

    found = training.get_accuracy_metrics()
    assert [metric.value for metric in found] == [6, 5, 4, 3, 2, 1]
    assert [metric.step for metric in found] == [None, 8, None, None, 7, None]
    assert training.get_accuracy_summary()["m"].latest == 6


def test_a_row_may_name_its_checkpoint_and_its_time(
    training: TrainingRepository,
) -> None:
    checkpoint = training.create_checkpoint(1, 1, "p")
    noon = datetime(2026, 7, 1, 12, 0, 0, 123456, timezone(timedelta(hours=2)))

    training.record_metrics(
        [
            {
                "metric_type": "loss",
                "value": 1,
                "model_checkpoint_id": checkpoint.id,
                "created_at": noon,
            }
        ]
    )

    (found,) = training.get_accuracy_metrics(checkpoint_id=checkpoint.id)
    assert found.created_at == noon
    assert found.created_at.utcoffset() == timedelta(0)


def test_rows_may_use_either_name_of_a_column(training: TrainingRepository) -> None:
    id_ = training.create_checkpoint(1, 1, "p").id
    own, other = ("model_checkpoint_id", "metadata_"), ("checkpoint_id", "metadata")
    training.record_metrics(
        {"metric_type": "m", "value": n, checkpoint: id_, metadata: {"n": n}}
        for n, checkpoint in enumerate((own[0], other[0]))
        for metadata in (own[1], other[1])
    )
    found = training.get_accuracy_metrics(checkpoint_id=id_)
    assert [row.metadata_ for row in found] == [{"n": 1}, {"n": 1}, {"n": 0}, {"n": 0}]


def test_a_naive_datetime_is_refused(training: TrainingRepository) -> None:
    naive = datetime(2026, 7, 1, 12)  # noqa: DTZ001  # that is what is tested
    rows = [
        {"metric_type": "m", "value": 1, "created_at": datetime.now(UTC)},
        {"metric_type": "m", "value": 1, "created_at": naive},
    ]

    with pytest.raises(InvalidValueError, match=r"^created_at: .*no time zone"):
        training.record_metrics(rows)

    assert training.get_accuracy_metrics() == []


@pytest.mark.parametrize(
    "row", [{}, {"value": 1}, {"metric_type": "m"}, {"metric_type": "m", "value": None}]
)
def test_a_row_without_type_or_value_is_refused(
    training: TrainingRepository, row: dict[str, Any]
) -> None:
    with pytest.raises(InvalidValueError, match="metric_type and a value"):
        training.record_metrics([{"metric_type": "fine", "value": 1.0}, row])

    assert training.get_accuracy_metrics() == []


def test_a_row_of_an_unknown_column_is_refused(training: TrainingRepository) -> None:
    with pytest.raises(InvalidValueError, match="no column 'colour'"):
        training.record_metrics([{"metric_type": "m", "value": 1, "colour": "red"}])

    assert training.get_accuracy_metrics() == []


def test_values_are_listed_from_the_newest(training: TrainingRepository) -> None:
    job = training.create_training_job()
    checkpoint = training.create_checkpoint(1, 1, "p", training_job_id=job.id)
    ids = [
        training.record_accuracy(
            ("loss", "acc")[n % 2],
            n,
            checkpoint_id=checkpoint.id if n < 4 else None,
            training_job_id=job.id if n >= 2 else None,
        ).id
        for n in range(6)
    ]

    def listed(**wanted: Any) -> list[int]:
        return [ids.index(m.id) for m in training.get_accuracy_metrics(**wanted)]

    assert listed() == [5, 4, 3, 2, 1, 0]
    assert listed(limit=2) == [5, 4]
    assert listed(metric_type="loss") == [4, 2, 0]
    assert listed(metric_type="LOSS") == []
    assert listed(checkpoint_id=checkpoint.id) == [3, 2, 1, 0]
    assert listed(training_job_id=job.id, metric_type="acc") == [5, 3]
    assert listed(before=ids[3], limit=2) == [2, 1]
    assert listed(limit=0) == []
    with pytest.raises(InvalidValueError, match="limit"):
        training.get_accuracy_metrics(limit=-1)


def test_a_summary_of_each_metric(training: TrainingRepository) -> None:
    job = training.create_training_job()
    for value in (4.0, 1.0, 2.5):
        training.record_accuracy("loss", value, training_job_id=job.id)
    training.record_accuracy("acc", 0.25)
    training.record_accuracy("Acc", 0.5)

    assert training.get_accuracy_summary() == {
        "Acc": MetricSummary(1, 0.5, 0.5, 0.5, 0.5),
        "acc": MetricSummary(1, 0.25, 0.25, 0.25, 0.25),
        "loss": MetricSummary(3, 1.0, 4.0, 2.5, 2.5),
    }
    assert training.get_accuracy_summary(job.id).keys() == {"loss"}


def test_nan_is_counted_and_otherwise_left_out(training: TrainingRepository) -> None:
    for value in (math.nan, 3.0, math.nan, 1.0, math.nan):
        training.record_accuracy("some", value)
    for value in (math.nan, math.nan):
        training.record_accuracy("none", value)
    for value in (math.inf, 1.0, -math.inf, 2.0):
        training.record_accuracy("infinite", value)
    training.record_accuracy("only infinite", math.inf)

    found = training.get_accuracy_summary()

    some = found["some"]
    assert (some.count, some.minimum, some.maximum, some.mean) == (5, 1.0, 3.0, 2.0)
    assert math.isnan(some.latest)
    none = found["none"]
    assert (none.count, none.minimum, none.maximum, none.mean) == (2, None, None, None)
    assert math.isnan(none.latest)
    assert found["infinite"] == MetricSummary(4, -math.inf, math.inf, 1.5, 2.0)
    assert found["only infinite"] == MetricSummary(
        1, math.inf, math.inf, None, math.inf
    )


def test_a_summary_takes_few_statements(
    training: TrainingRepository, database: Database
) -> None:
    training.record_metrics(
        {"metric_type": f"m{n % 3}", "value": n} for n in range(300)
    )

    with statements(database, "SELECT") as selects:
        found = training.get_accuracy_summary()

    assert {name: (s.count, s.latest) for name, s in found.items()} == {
        "m0": (100, 297),
        "m1": (100, 298),
        "m2": (100, 299),
    }
    assert len(selects) <= 4


def test_a_value_can_be_corrected(training: TrainingRepository) -> None:
    made = training.record_accuracy("m", 1.0)

    training.of(AccuracyMetric).update(made.id, value=math.nan)

    (found,) = training.get_accuracy_metrics()
    assert math.isnan(found.value)
