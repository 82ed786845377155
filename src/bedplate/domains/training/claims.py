"""Claims: which worker has which job, for how long, and what becomes of it.

A claim is a lease until a moment of the database's clock, and a token. Whoever acts on
a job says the token of its claim; once somebody else has claimed the job that token is
refused, so a worker that was thought dead can overwrite nothing.
"""

from __future__ import annotations

import random
from collections.abc import Sequence, Set
from datetime import timedelta
from numbers import Real
from typing import Any, NoReturn

import sqlalchemy as sa

from bedplate.checks import check_filled, check_whole
from bedplate.dialects.taking import Queue
from bedplate.domains.training.jobs import TrainingJobs
from bedplate.domains.training.models import (
    DEFAULT_QUEUE,
    NAME_LENGTH,
    JobStatus,
    TrainingJob,
)
from bedplate.errors import InvalidValueError, LeaseLostError, NotFoundError
from bedplate.moments import database_now, later
from bedplate.repository import prepared
from bedplate.types import CodeText, WholeNumber

__all__ = ["JobClaims"]

_LONGEST = timedelta(days=366).total_seconds()
_NUMBERS = (int, float)
_MOST = 1_000
"""Jobs claimed or put back in one statement."""

_BACKOFF = 10.0
_LONGEST_BACKOFF = 3600.0

_Table: Any = TrainingJob.__table__
_c = _Table.c
_QUEUE = sa.bindparam("of_queue", type_=_c.queue.type)
_WORKER = sa.bindparam("by_worker", type_=_c.worker.type)
_LEASE = sa.bindparam("lease", type_=WholeNumber())


def _is(status: JobStatus) -> sa.ColumnElement[bool]:
    # Written out: as a parameter it would not be seen that a partial index holds it.
    written = sa.literal_column(f"'{status}'", _c.status.type)
    return sa.type_coerce(_c.status == written, sa.Boolean())


def _claimed(now: sa.ColumnElement[Any]) -> dict[str, Any]:
    return {
        "status": sa.literal_column(f"'{JobStatus.RUNNING}'", _c.status.type),
        "worker": _WORKER,
        "token": _c.token + sa.literal_column("1"),
        "attempts": _c.attempts + sa.literal_column("1"),
        "lease_until": later(now, _LEASE),
        "not_before": sa.null(),
        "error": sa.null(),
        "started_at": sa.func.coalesce(_c.started_at, now),
        "completed_at": sa.null(),
        "updated_at": now,
    }


_JOBS = Queue(
    table=_Table,
    waits=lambda now: sa.and_(
        _is(JobStatus.PENDING),
        _c.queue == _QUEUE,
        sa.or_(_c.not_before.is_(None), _c.not_before <= now),
    ),
    order=(_c.turn, _c.id),
    changes=_claimed,
    stamp=_c.updated_at,
    now=database_now(),
)


def _held(**changes: Any) -> sa.Update:
    """Return an UPDATE of a job whose lease is the given one; built once."""
    return (
        sa.update(_Table)
        .where(
            _c.job_id == sa.bindparam("of_job", type_=CodeText(64)),
            _c.token == sa.bindparam("of_token", type_=WholeNumber()),
            _is(JobStatus.RUNNING),
            _c.lease_until.is_not(None),
        )
        .values(**changes, updated_at=database_now())
    )


_RENEW = _held(lease_until=later(database_now(), _LEASE))
_RENEW_FURTHER = _held(
    lease_until=later(database_now(), _LEASE), attempts=sa.literal_column("1")
)
_COMPLETE = _held(
    status=JobStatus.COMPLETED.value,
    progress=100.0,
    message=sa.func.coalesce(sa.bindparam("said", type_=_c.message.type), _c.message),
    completed_at=database_now(),
    lease_until=None,
)
_TRY_AGAIN = _held(
    status=JobStatus.PENDING.value,
    error=sa.bindparam("because", type_=_c.error.type),
    not_before=later(database_now(), _LEASE),
    lease_until=None,
)
_RELEASE = _held(
    status=JobStatus.PENDING.value,
    attempts=_c.attempts - 1,
    not_before=later(database_now(), _LEASE),
    lease_until=None,
)
_GIVE_UP = _held(
    status=JobStatus.FAILED.value,
    error=sa.bindparam("because", type_=_c.error.type),
    completed_at=database_now(),
    lease_until=None,
)


class JobClaims(TrainingJobs):
    """Jobs that workers share among them."""

    @prepared
    def claim_training_job(
        self, worker: str, lease_seconds: float = 60.0, queue: str = DEFAULT_QUEUE
    ) -> TrainingJob | None:
        """Take the job that is next and return it, running and leased; None without.

        Next is who waits longest, each point of priority counted as a minute. No two
        workers get the same job; no one waits for another.

        Args:
            worker: Who takes it, as a person would look for it.
            lease_seconds: How long it is this worker's unless the lease is renewed.
            queue: Whose jobs.

        Raises:
            InvalidValueError: The worker has no name, or the lease is no time.
        """
        return next(iter(self._take(worker, lease_seconds, 1, queue)), None)

    @prepared
    def claim_training_jobs(
        self,
        worker: str,
        lease_seconds: float = 60.0,
        limit: int = 10,
        queue: str = DEFAULT_QUEUE,
    ) -> Sequence[TrainingJob]:
        """Take up to so many jobs at once, in their order; see claim_training_job()."""
        check_whole(limit, "limit", 1, _MOST)
        return self._take(worker, lease_seconds, limit, queue)

    def heartbeat_training_job(
        self,
        job_id: str,
        token: int,
        lease_seconds: float = 60.0,
        progressed: bool = False,
    ) -> None:
        """Renew the lease of a claimed job, from now on.

        In the transaction of a piece of work it is a fence as well: that is committed
        only if the job was still this worker's.

        Args:
            job_id: The job.
            token: That of the claim.
            lease_seconds: How long it is this worker's from now on.
            progressed: Whether the job is further than it was when it was claimed: its
                tries are counted anew then.

        Raises:
            LeaseLostError: Somebody else has the job, or it has ended.
            NotFoundError: There is no such job.
        """
        statement = _RENEW_FURTHER if progressed else _RENEW
        self._act(statement, job_id, token, lease=_microseconds(lease_seconds))

    def complete_training_job(
        self, job_id: str, token: int, message: str | None = None
    ) -> None:
        """End a claimed job as completed.

        Raises:
            LeaseLostError: Somebody else has the job, or it has ended.
            NotFoundError: There is no such job.
        """
        self._act(_COMPLETE, job_id, token, said=message)

    def fail_training_job(
        self, job_id: str, token: int, error: str, retry: bool = True
    ) -> bool:
        """Note that a claimed job failed; return whether it will be tried again.

        It waits 10 seconds before the next try, twice as long before each further one,
        up to an hour, and by chance up to half of that less: those who failed together
        should not meet again. After max_attempts claims it has failed for good.

        Args:
            job_id: The job.
            token: That of the claim.
            error: What went wrong.
            retry: Whether another try could help.

        Raises:
            LeaseLostError: Somebody else has the job, or it has ended.
            NotFoundError: There is no such job.
        """
        tried = sa.select(_c.attempts, _c.max_attempts).where(_c.job_id == job_id)
        row = self.session.execute(tried.with_for_update()).first()
        if row is None or not retry or row.attempts >= row.max_attempts:
            self._act(_GIVE_UP, job_id, token, because=error)
            return False
        wait = min(_BACKOFF * 2 ** min(row.attempts - 1, 20), _LONGEST_BACKOFF)
        wait *= random.uniform(0.5, 1)  # noqa: S311  # no secret
        wait_for = _microseconds(wait, "wait")
        self._act(_TRY_AGAIN, job_id, token, because=error, lease=wait_for)
        return True

    def release_training_job(
        self, job_id: str, token: int, wait_seconds: float = 0.0
    ) -> None:
        """Give a claimed job back unfinished; that was no try.

        Args:
            job_id: The job.
            token: That of the claim.
            wait_seconds: How long nobody may claim it.

        Raises:
            LeaseLostError: Somebody else has the job, or it has ended.
            NotFoundError: There is no such job.
        """
        wait = _microseconds(wait_seconds, "wait_seconds", least=0)
        self._act(_RELEASE, job_id, token, lease=wait)

    def requeue_expired_training_jobs(self, limit: int = _MOST) -> int:
        """Put back the jobs whose lease has run out; return how many they were.

        One that has been claimed max_attempts times has failed instead. A job that a
        worker is just writing to is passed over: that worker lives.
        """
        check_whole(limit, "limit", 1, _MOST)
        expired = sa.and_(_is(JobStatus.RUNNING), _c.lease_until < database_now())
        first = sa.select(_c.id, _c.job_id).where(expired).order_by(_c.id).limit(limit)
        found = self.session.execute(first.with_for_update(skip_locked=True)).all()
        if not found:
            return 0
        keys, job_ids = zip(*found, strict=True)
        is_last = _c.attempts >= _c.max_attempts
        statement = sa.update(_Table).where(_c.id.in_(keys), expired)
        statement = statement.values(
            status=sa.case((is_last, "failed"), else_="pending"),
            completed_at=sa.case((is_last, database_now()), else_=sa.null()),
            error="its worker was not heard of until its lease had run out",
            lease_until=None,
            updated_at=database_now(),
        )
        changed = self.connection.execute(statement).rowcount
        self._read_anew({*job_ids})
        return changed

    def _take(
        self, worker: str, lease_seconds: float, limit: int, queue: str
    ) -> Sequence[TrainingJob]:
        given = {
            "by_worker": check_filled(worker, "worker", NAME_LENGTH),
            "lease": _microseconds(lease_seconds),
            "of_queue": check_filled(queue, "queue"),
        }
        return self._way.take(TrainingJob, _JOBS, given, limit)

    def _act(self, statement: sa.Update, job_id: str, token: int, **given: Any) -> None:
        given |= {"of_job": job_id, "of_token": token}
        if self.connection.execute(statement, given).rowcount == 0:
            self._lost(job_id, token)
        self._read_anew({job_id})

    def _read_anew(self, job_ids: Set[str]) -> None:
        """Load those jobs again that the session holds: they were changed behind it."""
        for held in [*self.session.identity_map.values()]:
            if isinstance(held, TrainingJob) and held.job_id in job_ids:
                self.session.refresh(held)

    def _lost(self, job_id: str, token: int) -> NoReturn:
        fresh = sa.select(_c.status, _c.token, _c.worker).where(_c.job_id == job_id)
        job = self.session.execute(fresh).first()
        if job is None:
            raise NotFoundError(f"there is no training job {job_id!r}")
        how = f"it is {job.status}"
        if job.token != token:
            how += f", and {job.worker!r} has claimed it since"
        raise LeaseLostError(f"job {job_id} is no longer yours: {how}", job_id, token)


def _microseconds(
    seconds: Any, name: str = "lease_seconds", least: float = 1e-3
) -> int:
    known = type(seconds) in _NUMBERS or (
        isinstance(seconds, Real) and not isinstance(seconds, bool)
    )
    if not known or not least <= float(seconds) <= _LONGEST:
        raise InvalidValueError(f"{seconds!r} is not a time in seconds", name)
    return round(float(seconds) * 1_000_000)
