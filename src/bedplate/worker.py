"""A worker: takes queued runs of the Markov model, one after another, and trains them.

Each chunk is a transaction in which the lease is asked for first and renewed last: what
it brings is there once, whoever else thinks that the job is theirs. The database alone
knows how far a run is, so a job that one worker dropped goes on where it stood.
"""

from __future__ import annotations

import logging
import os
import random
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedplate.domains.training import JobStatus, TrainingJob, TrainingRepository
from bedplate.domains.training.models import MARKOV_QUEUE
from bedplate.errors import (
    BedplateError,
    CommitUnknownError,
    ConnectionFailedError,
    LeaseLostError,
    NotFoundError,
    PoolTimeoutError,
    ReadOnlyError,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from bedplate.database import Database
    from bedplate.domains.training.runs import RunProgress

__all__ = ["Worked", "Worker"]

_log = logging.getLogger(__name__)

_REQUEUE_SECONDS = 5.0
"""How often a worker looks for jobs whose worker has died."""

_STEP = 0.1
"""Seconds after which somebody who sleeps looks whether to stop."""

_LONGEST_PAUSE = 5.0


@dataclass(frozen=True)
class Worked:
    """What came of a job that this worker had.

    Attributes:
        job_id: The job.
        outcome: completed, again (failed, and will be tried again), failed, released
            (given back, because the worker was told to stop) or lost (another worker
            has it, or somebody ended it).
        characters: How far it is.
        error: What went wrong, where something did.
    """

    job_id: str
    outcome: str
    characters: int = 0
    error: str | None = None


class Worker:
    """Works on the queue until it is told to stop.

    Args:
        database: Where the queue is.
        name: Who claims the jobs; host and process if None.
        lease_seconds: How long a job stays this worker's when nothing is heard of it.
        poll_seconds: How long to wait before looking again where nothing is queued.
    """

    def __init__(
        self,
        database: Database,
        name: str | None = None,
        lease_seconds: float = 60.0,
        poll_seconds: float = 1.0,
    ) -> None:
        self.name = name or f"{socket.gethostname()}:{os.getpid()}"
        self._database = database
        self._training = database.repository(TrainingRepository)
        self._lease = lease_seconds
        self._poll = poll_seconds
        self._stopping = False
        self._requeued = -_REQUEUE_SECONDS
        self._failures = 0

    def stop(self) -> None:
        """End after the chunk that is being trained; a signal handler may call it."""
        self._stopping = True

    def work(self, *, drain: bool = False) -> Iterator[Worked]:
        """Take jobs and train them; yield what came of each.

        A database that does not answer is waited for.

        Args:
            drain: Whether to end when there is nothing to claim.

        Raises:
            BedplateError: The queue cannot be read, and waiting will not help.
        """
        while not self._stopping:
            try:
                job = self._claim()
            except BedplateError as error:
                self._wait_out(error)
                continue
            self._failures = 0
            if job is not None:
                yield self._run(job)
            elif drain:
                return
            else:
                self._sleep(self._poll)

    def _claim(self) -> TrainingJob | None:
        if time.monotonic() - self._requeued >= _REQUEUE_SECONDS:
            self._training.requeue_expired_training_jobs()
            self._requeued = time.monotonic()
        return self._training.claim_training_job(self.name, self._lease, MARKOV_QUEUE)

    def _run(self, job: TrainingJob) -> Worked:
        done = 0
        while True:
            try:
                if self._stopping:
                    self._training.release_training_job(job.job_id, job.token)
                    return Worked(job.job_id, "released", done)
                progress = self._database.run(self._train, job)
            except LeaseLostError:
                return self._ended(job, done)
            except BedplateError as error:
                if _may_pass(error):
                    if self._stopping:  # the lease will run out
                        return Worked(job.job_id, "released", done, str(error))
                    self._wait_out(error)
                    continue
                return self._failed(job, done, error)
            except Exception as error:  # noqa: BLE001  # of a job; others are waiting
                return self._failed(job, done, error)
            self._failures, done = 0, progress.characters
            if progress.done:
                return Worked(job.job_id, JobStatus.COMPLETED, done)

    def _train(self, session: Session, job: TrainingJob) -> RunProgress:
        training = TrainingRepository(session)
        training.heartbeat_training_job(job.job_id, job.token, self._lease)
        progress = training.train_markov_chunk(job.job_id)
        if not progress.done:
            training.heartbeat_training_job(
                job.job_id, job.token, self._lease, progressed=True
            )
        return progress

    def _ended(self, job: TrainingJob, done: int) -> Worked:
        """Tell a lost lease from a completion whose COMMIT was not answered."""
        try:
            found = self._training.get_training_job(job.job_id)
        except BedplateError as error:
            return Worked(job.job_id, "lost", done, str(error))
        ours = found is not None and found.token == job.token
        if ours and found is not None and found.status == JobStatus.COMPLETED:
            return Worked(job.job_id, JobStatus.COMPLETED, done)
        return Worked(job.job_id, "lost", done)

    def _failed(self, job: TrainingJob, done: int, error: Exception) -> Worked:
        text = f"{type(error).__name__}: {error}"
        retry = not isinstance(error, NotFoundError)  # nobody will put it there
        try:
            again = self._training.fail_training_job(
                job.job_id, job.token, text, retry=retry
            )
        except LeaseLostError:
            return Worked(job.job_id, "lost", done, text)
        except BedplateError:  # the lease will run out
            again = True
        return Worked(job.job_id, "again" if again else JobStatus.FAILED, done, text)

    def _wait_out(self, error: BedplateError) -> None:
        if not _may_pass(error):
            raise error
        _log.warning("%s: trying again", error)
        self._failures += 1
        bound = min(0.1 * 2 ** min(self._failures, 10), _LONGEST_PAUSE)
        self._sleep(random.uniform(bound / 2, bound))  # noqa: S311  # no secret

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._stopping and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _STEP))


def _may_pass(error: BedplateError) -> bool:
    """Return whether an error is of the moment, and says nothing about the job."""
    # Read-only: a failover, of which the pool knows from now on.
    passing = CommitUnknownError | ConnectionFailedError | PoolTimeoutError
    return error.retryable or isinstance(error, passing | ReadOnlyError)
