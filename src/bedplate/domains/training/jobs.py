"""Training jobs: what is to be done, how far it is, how it ended."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from bedplate.base import utcnow
from bedplate.domains.training.models import JobStatus, TrainingJob
from bedplate.errors import InvalidValueError, NotFoundError, TransitionError
from bedplate.repository import DomainRepository, reads

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

_ENDED = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)


class TrainingJobs(DomainRepository):
    """Jobs, by the string that names them outside of the database."""

    def create_training_job(
        self,
        neural_config_id: int | None = None,
        text_corpus_id: int | None = None,
        job_id: str | None = None,
    ) -> TrainingJob:
        """Create a pending job.

        Args:
            neural_config_id: The configuration to train.
            text_corpus_id: The text to train it on; None where it is several.
            job_id: Its name, a random UUID if None.

        Raises:
            ReferenceFailedError: There is no such configuration or corpus.
            AlreadyExistsError: There is a job of that name.
        """
        job = TrainingJob(
            job_id=job_id or str(uuid4()),
            neural_config_id=neural_config_id,
            text_corpus_id=text_corpus_id,
        )
        return self.of(TrainingJob).add(job)

    @reads
    def get_training_job(self, job_id: str) -> TrainingJob | None:
        """Return a job by its job_id."""
        return self._first(_job(job_id))

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
        changes: dict[str, Any] = {"message": message, "error": error}
        changes = {key: value for key, value in changes.items() if value is not None}
        if progress is not None:
            changes["progress"] = _percent(progress)
        statement = sa.update(TrainingJob).where(TrainingJob.job_id == job_id)
        if status is not None:
            wanted = _status(status)
            changes = _stamps(wanted) | changes
            statement = statement.where(TrainingJob.status.in_(_BEFORE[wanted]))
        statement = statement.values(**changes, updated_at=utcnow())
        statement = statement.execution_options(synchronize_session=False)
        # One conditional statement: two workers cannot both take a step.
        changed = self.session.execute(statement)
        if changed.rowcount == 0:  # type: ignore[attr-defined]  # of an UPDATE
            self._refused(job_id, status)
        fresh = _job(job_id).execution_options(populate_existing=True)
        return self.session.scalars(fresh).one()

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

    def _refused(self, job_id: str, status: str | None) -> None:
        job = self.get_training_job(job_id)
        if job is None:
            raise NotFoundError(f"there is no training job {job_id!r}")
        if status is not None:
            raise TransitionError(
                f"job {job_id} is {job.status} and cannot become {status}",
                job.status,
                status,
            )


def _job(job_id: str) -> sa.Select[TrainingJob]:
    return sa.select(TrainingJob).where(TrainingJob.job_id == job_id)


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


def _stamps(status: JobStatus) -> dict[str, Any]:
    now = utcnow()
    stamps: dict[str, Any] = {"status": status.value}
    if status is JobStatus.PENDING:
        return stamps | {"started_at": None, "completed_at": None, "error": None}
    stamps["started_at"] = sa.func.coalesce(
        TrainingJob.started_at, sa.literal(now, TrainingJob.started_at.type)
    )
    stamps["completed_at"] = now if status in _ENDED else None
    if status is JobStatus.RUNNING:
        stamps["error"] = None
    return stamps
