from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa

from bedplate import Database, TrainingRepository
from bedplate.domains.training import JobStatus, TrainingJob
from bedplate.errors import (
    AlreadyExistsError,
    CheckFailedError,
    InvalidValueError,
    NotFoundError,
    ReferenceFailedError,
    TransitionError,
    ValueTooLargeError,
)
from training.watching import foreign_keys, statements, together

P, R, C, F, X = JobStatus  # pending, running, completed, failed, cancelled

ALLOWED = {
    (P, P),
    (P, R),
    (P, C),
    (P, F),
    (P, X),
    (R, R),
    (R, C),
    (R, F),
    (R, X),
    (F, P),
    (F, R),
    (X, P),
    (X, R),
}
"""Every change of status that is allowed, of the 25 there are."""

PATHS: dict[JobStatus, tuple[JobStatus, ...]] = {
    P: (),
    R: (R,),
    C: (R, C),
    F: (R, F),
    X: (R, X),
}
"""How a new job gets to each status."""


def job_in(training: TrainingRepository, status: JobStatus) -> TrainingJob:
    """Make a job in a status; its error is set where it failed."""
    job = training.create_training_job()
    for step in PATHS[status]:
        error = "broke" if step is F else None
        job = training.update_training_job(job.job_id, step, error=error)
    return job


def test_a_job_begins_pending(training: TrainingRepository) -> None:
    config = training.create_neural_config("c", {})
    corpus = training.add_corpus_text("text")
    before = datetime.now(UTC)

    made = training.create_training_job(config.id, corpus.id)

    job = training.get_training_job(made.job_id)
    assert job is not None
    assert (job.status, job.progress, job.message, job.error) == (P, 0, None, None)
    assert (job.neural_config_id, job.text_corpus_id) == (config.id, corpus.id)
    assert (job.started_at, job.completed_at) == (None, None)
    assert before <= job.created_at <= job.updated_at <= datetime.now(UTC)


def test_arguments_stand_in_order_and_have_names(training: TrainingRepository) -> None:
    config = training.create_neural_config("c", {})
    corpus = training.add_corpus_text("text")

    job = training.create_training_job(
        neural_config_id=config.id, text_corpus_id=corpus.id, job_id="mine"
    )
    assert job.job_id == "mine"
    by_place = training.update_training_job("mine", "failed", 12.5, "said", "broke")
    shown = (by_place.status, by_place.progress, by_place.message, by_place.error)
    assert shown == (F, 12.5, "said", "broke")
    by_name = training.update_training_job(
        job_id="mine", status="running", progress=50, message="again", error=None
    )
    assert (by_name.status, by_name.progress, by_name.message) == (R, 50, "again")
    assert training.get_training_job(job_id="mine") is not None
    assert [j.job_id for j in training.list_training_jobs(limit=1)] == ["mine"]


def test_job_ids_are_distinct_and_compared_by_code_point(
    training: TrainingRepository,
) -> None:
    assert len({training.create_training_job().job_id for _ in range(5)}) == 5
    lower = training.create_training_job(job_id="job")
    upper = training.create_training_job(job_id="JOB")

    found = training.get_training_job("JOB")
    assert found is not None
    assert found.id == upper.id != lower.id
    assert training.get_training_job("Job") is None
    with pytest.raises(AlreadyExistsError):
        training.create_training_job(job_id="job")
    with pytest.raises(ValueTooLargeError, match="job_id: 65 characters"):
        training.create_training_job(job_id="j" * 65)


def test_a_reference_to_nothing_is_refused(training: TrainingRepository) -> None:
    with pytest.raises(ReferenceFailedError):
        training.create_training_job(neural_config_id=1_000_000)
    with pytest.raises(ReferenceFailedError):
        training.create_training_job(text_corpus_id=1_000_000)

    assert training.list_training_jobs() == []


@pytest.mark.parametrize(("old", "new"), [*product(JobStatus, JobStatus)])
def test_each_change_of_status(
    training: TrainingRepository, old: JobStatus, new: JobStatus
) -> None:
    job = job_in(training, old)

    if (old, new) in ALLOWED:
        assert training.update_training_job(job.job_id, new).status == new
        return
    message = f"{job.job_id} is {old} and cannot become {new}"
    with pytest.raises(TransitionError, match=message) as caught:
        training.update_training_job(job.job_id, new, 99, "message", "error")

    assert (caught.value.current, caught.value.wanted) == (old, new)
    found = training.get_training_job(job.job_id)
    assert found is not None
    assert found.as_dict() == job.as_dict()  # nothing of it was written


def test_starting_and_ending_are_stamped_once(training: TrainingRepository) -> None:
    job_id = training.create_training_job().job_id
    before = datetime.now(UTC)

    started = training.update_training_job(job_id, R)
    assert started.started_at is not None
    assert before <= started.started_at <= datetime.now(UTC)
    assert started.completed_at is None

    again = training.update_training_job(job_id, R, 10)
    assert again.started_at == started.started_at

    ended = training.update_training_job(job_id, C, 100)
    assert ended.started_at == started.started_at
    assert ended.completed_at is not None
    assert started.started_at <= ended.completed_at <= datetime.now(UTC)


@pytest.mark.parametrize("end", [C, F, X])
def test_a_job_that_ends_unstarted_has_both_stamps(
    training: TrainingRepository, end: JobStatus
) -> None:
    job = training.create_training_job()

    ended = training.update_training_job(job.job_id, end)

    assert ended.started_at is not None
    assert ended.completed_at == ended.started_at


@pytest.mark.parametrize("end", [F, X])
def test_a_job_started_again_has_neither_end_nor_error(
    training: TrainingRepository, end: JobStatus
) -> None:
    job = training.create_training_job()
    started = training.update_training_job(job.job_id, R)
    training.update_training_job(job.job_id, end, 40, "so far", "broke")

    again = training.update_training_job(job.job_id, R)

    assert (again.completed_at, again.error) == (None, None)
    assert (again.progress, again.message) == (40, "so far")
    assert again.started_at == started.started_at


@pytest.mark.parametrize("end", [F, X])
def test_a_job_put_back_is_as_if_it_had_not_run(
    training: TrainingRepository, end: JobStatus
) -> None:
    job = training.create_training_job()
    training.update_training_job(job.job_id, R)
    training.update_training_job(job.job_id, end, error="broke")

    back = training.update_training_job(job.job_id, P)

    assert (back.started_at, back.completed_at, back.error) == (None, None, None)


def test_what_is_not_given_stays(training: TrainingRepository) -> None:
    job_id = training.create_training_job().job_id
    training.update_training_job(job_id, R, 10, "reading")

    job = training.update_training_job(job_id, progress=20)
    assert (job.status, job.progress, job.message) == (R, 20, "reading")
    job = training.update_training_job(job_id, message="writing")
    assert (job.status, job.progress, job.message) == (R, 20, "writing")
    before = job.updated_at
    job = training.update_training_job(job_id)
    assert (job.status, job.progress, job.message) == (R, 20, "writing")
    assert job.updated_at > before


@pytest.mark.parametrize("progress", [0, 0.001, 99.9, 100])
def test_progress_is_a_number_of_percent(
    training: TrainingRepository, progress: float
) -> None:
    job = training.create_training_job()

    assert training.update_training_job(job.job_id, progress=progress).progress == (
        progress
    )


@pytest.mark.parametrize("progress", [400, 100.0001, -0.1, float("nan"), "half"])
def test_progress_outside_of_0_to_100_is_refused(
    training: TrainingRepository, progress: Any
) -> None:
    job = training.create_training_job()

    with pytest.raises(InvalidValueError, match="^progress: "):
        training.update_training_job(job.job_id, "running", progress)

    found = training.get_training_job(job.job_id)
    assert found is not None
    assert (found.status, found.progress) == (P, 0)


def test_the_database_itself_refuses_such_progress(
    training: TrainingRepository, database: Database
) -> None:
    training.create_training_job()

    for progress in (400, -0.1):
        with pytest.raises(CheckFailedError), database.transaction() as session:
            session.execute(sa.update(TrainingJob).values(progress=progress))


def test_an_unknown_status_is_refused(
    training: TrainingRepository, database: Database
) -> None:
    job = training.create_training_job()

    for status in ("done", "RUNNING", "", "running "):
        with pytest.raises(InvalidValueError, match="pending, running, completed"):
            training.update_training_job(job.job_id, status)
        with pytest.raises(InvalidValueError, match="pending, running, completed"):
            training.list_training_jobs(status=status)
        with pytest.raises(CheckFailedError), database.transaction() as session:
            session.execute(sa.update(TrainingJob).values(status=status))


def test_an_unknown_job_is_an_error(training: TrainingRepository) -> None:
    for status in (None, "running"):
        with pytest.raises(NotFoundError, match="no training job 'nobody'"):
            training.update_training_job("nobody", status)
    assert training.get_training_job("nobody") is None


@pytest.mark.parametrize("text", ["nul\0", "\udfff"])
def test_text_that_no_database_can_store_is_refused(
    training: TrainingRepository, text: str
) -> None:
    job = training.create_training_job()

    with pytest.raises(InvalidValueError, match="^message: "):
        training.update_training_job(job.job_id, "running", message=text)
    with pytest.raises(InvalidValueError, match="^error: "):
        training.update_training_job(job.job_id, "failed", error=text)

    found = training.get_training_job(job.job_id)
    assert found is not None
    assert (found.status, found.message, found.error) == (P, None, None)


def test_a_naive_datetime_is_refused(
    training: TrainingRepository, database: Database
) -> None:
    job = training.create_training_job()
    naive = datetime(2026, 7, 1, 12)  # noqa: DTZ001  # that is what is tested

    with pytest.raises(InvalidValueError, match=r"^started_at: .*no time zone"):
        training.of(TrainingJob).update(job.id, started_at=naive)

    with database.transaction(read_only=True) as session:
        assert session.scalars(sa.select(TrainingJob.started_at)).one() is None


@pytest.mark.parametrize(("first", "second"), [(C, F), (C, C), (X, F), (F, X)])
def test_of_two_workers_one_ends_a_job(
    training: TrainingRepository, first: JobStatus, second: JobStatus
) -> None:
    for _ in range(3):
        job = job_in(training, R)

        def end(status: JobStatus, job_id: str = job.job_id) -> TrainingJob:
            return training.update_training_job(job_id, status, message=status)

        works: list[Callable[[], TrainingJob]]
        works = [lambda: end(first), lambda: end(second)]
        results, errors = together(works)

        assert [type(error) for error in errors] == [TransitionError]
        (ended,) = results
        found = training.get_training_job(job.job_id)
        assert found is not None
        assert (found.status, found.message) == (ended.status, ended.message)
        assert found.completed_at == ended.completed_at


def test_of_many_workers_one_takes_a_failed_job_back(
    training: TrainingRepository,
) -> None:
    job = job_in(training, F)

    results, errors = together(
        [lambda: training.update_training_job(job.job_id, "pending")] * 8
    )

    # The first finds it failed, every other one pending, which may be said again.
    assert (len(results), errors) == (8, [])
    ended, refused = together(
        [lambda: training.update_training_job(job.job_id, "cancelled")] * 8
    )
    assert len(ended) == 1
    assert {type(error) for error in refused} == {TransitionError}


def test_jobs_are_listed_from_the_newest(training: TrainingRepository) -> None:
    ids = [training.create_training_job().job_id for _ in range(5)]
    training.update_training_job(ids[1], "running")
    training.update_training_job(ids[3], "running")

    assert [j.job_id for j in training.list_training_jobs()] == ids[::-1]
    assert [j.job_id for j in training.list_training_jobs(2)] == [ids[4], ids[3]]
    running = training.list_training_jobs(status="running")
    assert [j.job_id for j in running] == [ids[3], ids[1]]
    assert training.list_training_jobs(limit=0) == []
    with pytest.raises(InvalidValueError, match="limit"):
        training.list_training_jobs(limit=-1)

    seen: list[str] = []
    before = None
    while page := training.list_training_jobs(limit=2, before=before):
        seen += [j.job_id for j in page]
        before = page[-1].id
    assert seen == ids[::-1]


def test_a_change_takes_one_statement_and_one_look(
    training: TrainingRepository, database: Database
) -> None:
    job_id = training.create_training_job().job_id

    with statements(database, "UPDATE") as updates, statements(database) as taken:
        training.update_training_job(job_id, "running", 5, "message")

    assert len(updates) == 1
    selects = [s for s in taken if s.lstrip().upper().startswith("SELECT")]
    assert len(selects) == 1


def test_a_job_inside_a_transaction_is_seen_as_it_is(
    training: TrainingRepository, database: Database
) -> None:
    with database.transaction():
        job = training.create_training_job()
        changed = training.update_training_job(job.job_id, "running", 30)
        assert changed is job
        assert (job.status, job.progress) == ("running", 30)
        found = training.get_training_job(job.job_id)
        assert found is job


def test_a_refusal_inside_a_transaction_leaves_the_rest(
    training: TrainingRepository, database: Database
) -> None:
    job = job_in(training, C)

    with database.transaction():
        with pytest.raises(TransitionError):
            training.update_training_job(job.job_id, "running")
        kept = training.create_training_job()

    assert training.get_training_job(kept.job_id) is not None


def test_every_reference_is_in_the_database_with_an_index(database: Database) -> None:
    inspector = sa.inspect(database.engine)
    expected = {
        "training_jobs": {
            "neural_config_id": "neural_configs",
            "text_corpus_id": "text_corpora",
        },
        "neural_checkpoints": {"training_job_id": "training_jobs"},
        "accuracy_metrics": {
            "model_checkpoint_id": "neural_checkpoints",
            "training_job_id": "training_jobs",
        },
    }
    tables = inspector.get_table_names()
    assert {t: foreign_keys(database, t) for t in tables if t in expected} == expected
    for table in tables:  # those of every domain
        keys = foreign_keys(database, table)
        indexed = {i["column_names"][0] for i in inspector.get_indexes(table)}
        unique = inspector.get_unique_constraints(table)  # SQLite's index is not told
        indexed |= {constraint["column_names"][0] for constraint in unique}
        assert keys.keys() <= indexed, f"{table} has a reference without an index"


def test_deleting_a_corpus_leaves_its_jobs(
    training: TrainingRepository, database: Database
) -> None:
    corpora = [training.add_corpus_text(f"text {n}") for n in range(2)]
    jobs = [training.create_training_job(text_corpus_id=c.id) for c in corpora]

    assert training.delete_corpus_text(corpora[0].id)
    with database.transaction() as session:
        session.execute(
            sa.text("DELETE FROM text_corpora WHERE id = :id"), {"id": corpora[1].id}
        )

    for job in jobs:
        found = training.get_training_job(job.job_id)
        assert found is not None
        assert found.text_corpus_id is None


def test_deleting_a_job_takes_what_belongs_to_it(
    training: TrainingRepository, database: Database
) -> None:
    jobs = [training.create_training_job() for _ in range(3)]
    for job in jobs:
        checkpoint = training.create_checkpoint(1, 1, "p", training_job_id=job.id)
        training.record_accuracy("of checkpoint", 1, checkpoint_id=checkpoint.id)
        training.record_accuracy("of job", 1, training_job_id=job.id)

    assert training.of(TrainingJob).delete(jobs[0].id)
    with database.transaction() as session:
        session.execute(
            sa.text("DELETE FROM training_jobs WHERE id = :id"), {"id": jobs[1].id}
        )

    assert [c.training_job_id for c in training.list_checkpoints()] == [jobs[2].id]
    assert len(training.get_accuracy_metrics()) == 2


def test_related_rows_are_loaded_where_they_are_asked_for(
    training: TrainingRepository, database: Database
) -> None:
    config = training.create_neural_config("c", {})
    corpus = training.add_corpus_text("text")
    job = training.create_training_job(config.id, corpus.id)
    checkpoint = training.create_checkpoint(1, 1, "p", training_job_id=job.id)
    metric = training.record_accuracy(
        "a", 1, checkpoint_id=checkpoint.id, training_job_id=job.id
    )

    with database.transaction(read_only=True) as session:
        together_ = sa.select(TrainingJob).options(
            sa.orm.joinedload(TrainingJob.neural_config),
            sa.orm.joinedload(TrainingJob.text_corpus),
            sa.orm.selectinload(TrainingJob.checkpoints),
            sa.orm.selectinload(TrainingJob.metrics),
        )
        found = session.scalars(together_).one()

    assert found.neural_config is not None
    assert found.neural_config.name == "c"
    assert found.text_corpus is not None
    assert found.text_corpus.content == "text"
    assert [c.id for c in found.checkpoints] == [checkpoint.id]
    assert [m.id for m in found.metrics] == [metric.id]
    plain = training.get_training_job(job.job_id)
    assert plain is not None
    with pytest.raises(sa.exc.InvalidRequestError, match="raise"):
        assert plain.checkpoints
