from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from bedplate import AsyncDatabase, Database, TrainingRepository
from bedplate.domains.training import TrainingJob
from bedplate.errors import (
    InvalidValueError,
    LeaseLostError,
    NotFoundError,
    TransitionError,
)
from training.watching import together


def names(jobs: Any) -> list[str]:
    return [job.job_id for job in jobs]


def acts(
    training: TrainingRepository, job_id: str, token: int
) -> list[Callable[[], object]]:
    """Return all that a worker may do with its job."""
    return [
        partial(training.heartbeat_training_job, job_id, token),
        partial(training.complete_training_job, job_id, token),
        partial(training.fail_training_job, job_id, token, "error"),
        partial(training.release_training_job, job_id, token),
    ]


def claimed(training: TrainingRepository, worker: str = "a") -> TrainingJob:
    job = training.claim_training_job(worker, 60)
    assert job is not None
    return job


def expire(database: Database, job: TrainingJob) -> None:
    """Let a lease have run out a second ago."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    with database.transaction() as session:
        change = sa.update(TrainingJob).where(TrainingJob.id == job.id)
        session.execute(change.values(lease_until=past))


def test_a_claim_gives_the_job_as_it_is_then(training: TrainingRepository) -> None:
    assert training.claim_training_job("a") is None
    config = training.create_neural_config("c", {})
    training.create_training_job(config.id, job_id="j")
    before = datetime.now(UTC) - timedelta(seconds=1)

    job = training.claim_training_job("a", 60)

    assert job is not None
    assert isinstance(job, TrainingJob)
    shown = (job.job_id, job.status, job.worker, job.token, job.attempts)
    assert shown == ("j", "running", "a", 1, 1)
    assert job.neural_config_id == config.id
    assert job.started_at is not None
    assert job.lease_until is not None
    assert before <= job.started_at <= before + timedelta(seconds=10)
    lease = (job.lease_until - job.updated_at).total_seconds()
    assert lease == pytest.approx(60, abs=0.01)
    found = training.get_training_job("j")
    assert found is not None
    assert found.as_dict() == job.as_dict()
    assert training.claim_training_job("b", 60) is None


def test_jobs_are_claimed_in_their_order(training: TrainingRepository) -> None:
    for name, priority in (("a", 0), ("b", 5), ("c", 0), ("d", 5), ("e", -5)):
        training.create_training_job(job_id=name, priority=priority)
    assert names(training.claim_training_jobs("w", 60, 3)) == ["b", "d", "a"]
    rest = [training.claim_training_job("w", 60) for _ in range(3)]
    assert names(job for job in rest if job) == ["c", "e"]


def test_no_priority_keeps_a_job_waiting_for_ever(
    training: TrainingRepository, database: Database
) -> None:
    low = training.create_training_job(job_id="low")
    waited = TrainingJob.turn - 11 * 60_000_000
    with database.transaction() as session:  # eleven minutes ago
        row = sa.update(TrainingJob).where(TrainingJob.id == low.id)
        session.execute(row.values(turn=waited))
    training.create_training_job(job_id="high", priority=10)
    training.create_training_job(job_id="higher", priority=12)

    assert names(training.claim_training_jobs("w", 60, 3)) == ["higher", "low", "high"]


def test_a_queue_is_for_those_who_name_it(training: TrainingRepository) -> None:
    training.create_training_job(job_id="mine", queue="gpu")
    training.create_training_job(job_id="theirs")
    training.add_corpus_text("text")
    run = training.start_markov_run(2)

    assert names(training.claim_training_jobs("w", 60, 5, queue="gpu")) == ["mine"]
    assert names(training.claim_training_jobs("w", 60, 5)) == ["theirs"]
    assert names(training.claim_training_jobs("w", 60, queue="markov")) == [run.job_id]


def test_rows_written_in_bulk_are_claimed_as_well(
    training: TrainingRepository,
) -> None:
    training.create_training_job(job_id="first")
    training.of(TrainingJob).add_many({"job_id": f"j{n:02}"} for n in range(50))
    training.create_training_job(job_id="last")
    claimed = training.claim_training_jobs("w", 60, 100)
    assert names(claimed) == ["first", *(f"j{n:02}" for n in range(50)), "last"]


@pytest.mark.parametrize("limit", [1, 7])
def test_no_job_is_claimed_twice(training: TrainingRepository, limit: int) -> None:
    training.of(TrainingJob).add_many({"job_id": f"j{n}"} for n in range(120))

    def work(name: str) -> list[str]:
        mine: list[str] = []
        while some := training.claim_training_jobs(name, 60, limit):
            mine += names(some)
        return mine

    results, errors = together([partial(work, f"w{n}") for n in range(6)])

    assert errors == []
    found = [job for result in results for job in result]
    assert sorted(found) == sorted(f"j{n}" for n in range(120))


def test_what_is_refused(training: TrainingRepository) -> None:
    for worker in ("", None, "w" * 256, "a\0"):
        with pytest.raises(InvalidValueError, match="worker"):
            training.claim_training_job(worker, 60)  # type: ignore[arg-type]
    for lease in (0, -1, float("nan"), float("inf"), "60", None, True, 1e12):
        with pytest.raises(InvalidValueError, match="lease_seconds"):
            training.claim_training_job("w", lease)  # type: ignore[arg-type]
    for limit in (0, -1, 1.5, 10_000):
        with pytest.raises(InvalidValueError, match="limit"):
            training.claim_training_jobs("w", 60, limit)  # type: ignore[arg-type]
    wrong: list[dict[str, Any]] = [
        {"priority": 1.5},
        {"max_attempts": 0},
        {"queue": ""},
    ]
    for given in wrong:
        with pytest.raises(InvalidValueError, match=next(iter(given))):
            training.create_training_job(**given)
    for act in acts(training, "no", 1):
        with pytest.raises(NotFoundError, match="there is no training job 'no'"):
            act()


def test_a_claimed_job_is_completed(training: TrainingRepository) -> None:
    training.create_training_job()
    job = claimed(training)
    training.complete_training_job(job.job_id, job.token, "done")
    found = training.get_training_job(job.job_id)
    assert found is not None
    shown = (found.status, found.progress, found.message, found.worker)
    assert shown == ("completed", 100.0, "done", "a")
    assert found.lease_until is None
    assert isinstance(found.completed_at, datetime)
    with pytest.raises(LeaseLostError, match="it is completed"):
        training.complete_training_job(job.job_id, job.token)


def test_a_lost_lease_overwrites_nothing(
    training: TrainingRepository, database: Database
) -> None:
    training.create_training_job(job_id="j")
    first = claimed(training)
    training.heartbeat_training_job("j", first.token, 60)
    assert training.requeue_expired_training_jobs() == 0
    expire(database, first)
    training.heartbeat_training_job("j", first.token, 60)  # nobody else took it
    assert training.requeue_expired_training_jobs() == 0
    expire(database, first)
    assert training.requeue_expired_training_jobs() == 1
    second = claimed(training, "b")
    assert (second.token, second.attempts) == (2, 2)
    before = training.get_training_job("j")
    assert before is not None

    for act in acts(training, "j", first.token):
        with pytest.raises(LeaseLostError, match="'b' has claimed it") as caught:
            act()
        assert (caught.value.job_id, caught.value.token) == ("j", first.token)
    found = training.get_training_job("j")
    assert found is not None
    assert found.as_dict() == before.as_dict()
    training.complete_training_job("j", second.token)


def test_a_heartbeat_is_a_fence_for_the_work_around_it(
    training: TrainingRepository, database: Database
) -> None:
    training.create_training_job(job_id="j")
    job = claimed(training)
    training.update_training_job("j", "cancelled")

    with pytest.raises(LeaseLostError), database.transaction():
        training.record_accuracy("loss", 1.0)
        training.heartbeat_training_job("j", job.token)

    assert training.get_accuracy_metrics() == []


def test_a_failed_try_waits_longer_each_time(
    training: TrainingRepository, database: Database
) -> None:
    training.create_training_job(job_id="j", max_attempts=3)
    for number, longest in ((1, 10), (2, 20)):
        job = claimed(training)
        assert job.attempts == number
        assert training.fail_training_job("j", job.token, f"error {number}")
        found = training.get_training_job("j")
        assert found is not None
        assert found.not_before is not None
        wait = (found.not_before - found.updated_at).total_seconds()
        assert longest / 2 - 0.01 <= wait <= longest + 0.01
        assert (found.status, found.error) == ("pending", f"error {number}")
        assert training.claim_training_job("b") is None
        past = datetime.now(UTC) - timedelta(seconds=1)
        training.of(TrainingJob).update(found.id, not_before=past)
    job = claimed(training)
    assert not training.fail_training_job("j", job.token, "error 3")
    found = training.get_training_job("j")
    assert found is not None
    assert (found.status, found.error) == ("failed", "error 3")
    assert found.completed_at is not None

    # A person lets it try again, from the beginning.
    again = training.update_training_job("j", "pending")
    assert (again.attempts, again.error, again.not_before) == (0, None, None)
    assert claimed(training).token == 4


def test_what_cannot_succeed_is_not_tried_again(training: TrainingRepository) -> None:
    training.create_training_job(job_id="j")
    job = claimed(training)
    assert not training.fail_training_job("j", job.token, "no such file", retry=False)
    found = training.get_training_job("j")
    assert found is not None
    assert (found.status, found.error) == ("failed", "no such file")


def test_a_job_whose_worker_dies_each_time_fails_in_the_end(
    training: TrainingRepository, database: Database
) -> None:
    training.create_training_job(job_id="j", max_attempts=2)
    for _ in range(2):
        expire(database, claimed(training))
        assert training.requeue_expired_training_jobs() == 1
    found = training.get_training_job("j")
    assert found is not None
    assert (found.status, found.lease_until) == ("failed", None)
    assert "lease had run out" in str(found.error)
    assert training.claim_training_job("a") is None


def test_a_job_without_a_lease_is_left_alone(training: TrainingRepository) -> None:
    job = training.create_training_job()
    training.update_training_job(job.job_id, "running")
    assert training.requeue_expired_training_jobs() == 0
    with pytest.raises(LeaseLostError):
        training.heartbeat_training_job(job.job_id, job.token)


def test_a_released_job_is_nobodys_try(training: TrainingRepository) -> None:
    training.create_training_job(job_id="j")
    job = claimed(training)
    training.release_training_job("j", job.token)
    again = claimed(training, "b")
    assert (again.attempts, again.token) == (1, 2)
    training.release_training_job("j", again.token, wait_seconds=60)
    assert training.claim_training_job("c") is None


@pytest.mark.databases("postgresql", "mysql", "mariadb")
def test_a_job_that_is_being_written_to_is_not_put_back(
    training: TrainingRepository, database: Database, database_url: str
) -> None:
    training.create_training_job(job_id="j")
    job = claimed(training)
    expire(database, job)
    # Where there are several hosts, of one: each has row locks of its own.
    first = database_url.replace("load_balance_hosts=random", "")
    near, far = Database(first), Database(first)
    with near, far, near.transaction():
        near.repository(TrainingRepository).heartbeat_training_job("j", job.token)
        begun = time.monotonic()
        other = far.repository(TrainingRepository)
        assert other.requeue_expired_training_jobs() == 0
        assert time.monotonic() - begun < 5


def test_a_claim_takes_part_in_a_transaction(
    training: TrainingRepository, database: Database
) -> None:
    training.create_training_job(job_id="j")
    with database.transaction() as session:
        held = training.get_training_job("j")
        job = claimed(training)
        assert job is held
        assert job in session
        assert job.status == "running"
        session.rollback()
    assert claimed(training).token == 1


def test_claims_from_an_event_loop(database_url: str) -> None:
    def work(session: Any) -> tuple[int, str]:
        training = TrainingRepository(session)
        training.create_training_job(job_id="j")
        job = training.claim_training_job("a", 60)
        assert job is not None
        training.complete_training_job(job.job_id, job.token)
        found = training.get_training_job("j")
        assert found is not None
        return job.token, found.status

    async def run() -> tuple[int, str]:
        async with AsyncDatabase(database_url) as database:
            return await database.run(work)

    assert asyncio.run(run()) == (1, "completed")


def test_a_waiting_job_may_still_be_cancelled(training: TrainingRepository) -> None:
    training.create_training_job(job_id="j")
    training.update_training_job("j", "cancelled")
    assert training.claim_training_job("a") is None
    with pytest.raises(TransitionError):
        training.update_training_job("j", "completed")


FIRST = """\
import sys
from bedplate import Database, TrainingRepository

with Database(sys.argv[1]) as database:
    for job in database.repository(TrainingRepository).claim_training_jobs("w", 60):
        print(job.job_id)
"""


@pytest.mark.databases("sqlite", "mysql")
def test_a_claim_is_the_first_thing_a_program_does(
    training: TrainingRepository, database_url: str
) -> None:
    for name in ("a", "b"):
        training.create_training_job(job_id=name)
    command = [sys.executable, "-c", FIRST, database_url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("a\nb\n", "")
