"""Training jobs: what is to be done, how far it is, how it ended."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from bedplate.base import utcnow
from bedplate.checks import check_filled, check_whole
from bedplate.domains.training.models import (
    DEFAULT_QUEUE,
    JobStatus,
    TrainingJob,
    place_in_queue,
)
from bedplate.errors import InvalidValueError, NotFoundError, TransitionError
from bedplate.prepared import Change, Prepared
from bedplate.repository import DomainRepository, prepared, reads

__all__ = ["TrainingJobs"]

_BEFORE: dict[JobStatus, tuple[JobStatus, ...]] = {
    JobStatus.PENDING: (JobStatus.PENDING, JobStatus.FAILED, JobStatus.CANCELLED),
    JobStatus.RUNNING: (
        JobStatus.PENDING,
        JobStatus.RUNNING,  # a worker that takes a killed one's place
        JobStatus.FAILED,
        JobStatus.CANCELLED,
    ),
    JobStatus.COMPLETED: (JobStatus.PENDING, JobStatus.RUNNING),
    JobStatus.FAILED: (JobStatus.PENDING, JobStatus.RUNNING),
    JobStatus.CANCELLED: (JobStatus.PENDING, JobStatus.RUNNING),
}
"""From which states each state may be reached; completed is for good."""

MAX_PRIORITY = 1_000_000
"""Two years of waiting."""

MICROSECONDS_A_PRIORITY = 60_000_000

_ENDED = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)


class TrainingJobs(DomainRepository):
    """Jobs, by the string that names them outside of the database."""

    def create_training_job(
        self,
        neural_config_id: int | None = None,
        text_corpus_id: int | None = None,
        job_id: str | None = None,
        priority: int = 0,
        max_attempts: int = 3,
        queue: str = DEFAULT_QUEUE,
    ) -> TrainingJob:
        """Create a pending job, which a worker may claim.

        Args:
            neural_config_id: The configuration to train.
            text_corpus_id: The text to train it on; None where it is several.
            job_id: Its name, a random UUID if None.
            priority: How many minutes of waiting it is given at once; so it overtakes
                others, and none of them waits for ever.
            max_attempts: How often it is claimed before it fails for good.
            queue: Which workers it is for: those who claim from that queue.

        Raises:
            ReferenceFailedError: There is no such configuration or corpus.
            AlreadyExistsError: There is a job of that name.
            InvalidValueError: A number is out of range.
        """
        check_whole(priority, "priority", -MAX_PRIORITY, MAX_PRIORITY)
        check_whole(max_attempts, "max_attempts", 1, MAX_PRIORITY)
        job = TrainingJob(
            job_id=job_id or str(uuid4()),
            neural_config_id=neural_config_id,
            text_corpus_id=text_corpus_id,
            queue=check_filled(queue, "queue"),
            priority=priority,
            turn=place_in_queue() - priority * MICROSECONDS_A_PRIORITY,
            max_attempts=max_attempts,
        )
        return self.of(TrainingJob).add(job)

    @prepared
    @reads
    def get_training_job(self, job_id: str) -> TrainingJob | None:
        """Return a job by its job_id."""
        return next(iter(self._way.rows(_JOB, {"job": job_id})), None)

    @prepared
    def update_training_job(
        self,
        job_id: str,
        status: str | None = None,
        progress: float | None = None,
        message: str | None = None,
        error: str | None = None,
    ) -> TrainingJob:
        """Change what is given and return the job as it is then.

        Entering `running` stamps started_at once; ending stamps completed_at; a job
        that is started again has neither an end nor an error.

        Raises:
            NotFoundError: There is no such job.
            TransitionError: The job's status does not allow the new one.
            InvalidValueError: No such status, or a progress outside of 0 to 100.
        """
        given = {"message": message, "error": error}
        changes: dict[str, Any] = {k: v for k, v in given.items() if v is not None}
        wanted = None if status is None else _status(status)
        if progress is not None:
            changes["progress"] = _percent(progress)
        now = utcnow()
        changes = {"updated_at": now} | _stamps(wanted, now) | changes
        values = {"job": job_id} | {f"new_{k}": v for k, v in changes.items()}
        # One conditional statement: two workers cannot both take a step.
        job = self._way.change(_change(frozenset(changes), wanted), values)
        return job if job is not None else self._refused(job_id, str(status))

    @reads
    def list_training_jobs(
        self,
        limit: int = 100,
        status: str | None = None,
        before: int | None = None,
    ) -> Sequence[TrainingJob]:
        """Return jobs, the newest first; `before` is the last id of the page before."""
        statement = sa.select(TrainingJob).order_by(TrainingJob.id.desc())
        if status is not None:
            statement = statement.where(TrainingJob.status == _status(status))
        if before is not None:
            statement = statement.where(TrainingJob.id < before)
        return self._page(statement, limit)

    def _refused(self, job_id: str, status: str) -> TrainingJob:
        job = self.get_training_job(job_id)
        if job is None:
            raise NotFoundError(f"there is no training job {job_id!r}")
        raise TransitionError(
            f"job {job_id} is {job.status} and cannot become {status}",
            job.status,
            status,
        )


_IS_JOB = TrainingJob.job_id == sa.bindparam("job")
_JOB = Prepared(TrainingJob, sa.select(TrainingJob).where(_IS_JOB))


@cache
def _change(names: frozenset[str], status: JobStatus | None) -> Change[TrainingJob]:
    """Return the update of these columns, from where the status may be reached."""
    jobs: Any = TrainingJob.__table__
    values: dict[str, Any] = {
        n: sa.bindparam(f"new_{n}", type_=jobs.c[n].type) for n in names
    }
    statement = sa.update(jobs).where(_IS_JOB)
    if status is not None:
        statement = statement.where(
            sa.or_(*(jobs.c.status == s for s in _BEFORE[status]))
        )
        if status is not JobStatus.PENDING:
            values["started_at"] = sa.func.coalesce(
                jobs.c.started_at, values["started_at"]
            )
    return Change(TrainingJob, statement.values(values), _JOB)


def _status(status: str) -> JobStatus:
    try:
        return JobStatus(status)
    except ValueError:
        known = ", ".join(JobStatus)
        raise InvalidValueError(f"{status!r} is not one of {known}", "status") from None


def _percent(progress: float) -> float:
    try:
        percent = float(progress)
    except (TypeError, ValueError):
        percent = math.nan
    if not 0 <= percent <= 100:
        raise InvalidValueError(f"{progress!r} is not from 0 to 100", "progress")
    return percent


def _stamps(status: JobStatus | None, now: datetime) -> dict[str, Any]:
    if status is None:
        return {}
    stamps: dict[str, Any] = {"status": status.value}
    if status is not JobStatus.RUNNING:
        stamps["lease_until"] = None
    if status is JobStatus.PENDING:
        anew = ("started_at", "completed_at", "error", "not_before", "worker")
        return stamps | dict.fromkeys(anew) | {"attempts": 0}
    stamps["started_at"] = now
    stamps["completed_at"] = now if status in _ENDED else None
    if status is JobStatus.RUNNING:
        stamps["error"] = None
    return stamps
