"""Checkpoints of a training run."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from bedplate.checks import check_whole
from bedplate.domains.training.models import NeuralCheckpoint, TrainingJob
from bedplate.repository import DomainRepository, reads
from bedplate.types import is_number

__all__ = ["NeuralCheckpoints"]

_LARGEST = 2**31 - 1
"""What an INTEGER column holds."""


class NeuralCheckpoints(DomainRepository):
    """Saved states, the best of each job marked."""

    def create_checkpoint(
        self,
        epochs: int,
        block_size: int,
        path: str,
        loss: float | None = None,
        accuracy: float | None = None,
        notes: str | None = None,
        training_job_id: int | None = None,
        is_best: bool = False,
    ) -> NeuralCheckpoint:
        """Record a checkpoint; as the best of its job it takes the place of another.

        Args:
            epochs: Passes, or chunks, trained so far.
            block_size: How many characters the model looks at.
            path: Where the state is.
            loss: The loss measured there; NaN is kept.
            accuracy: The accuracy measured there, 0 to 1.
            notes: Whatever a person should know.
            training_job_id: The `id` of its job.
            is_best: Whether it is the best of that job so far.

        Raises:
            ReferenceFailedError: There is no such job.
            InvalidValueError: epochs or block_size is negative.
        """
        check_whole(epochs, "epochs", 0, _LARGEST)
        check_whole(block_size, "block_size", 0, _LARGEST)
        if is_best:
            self._unmark_best(training_job_id)
        checkpoint = NeuralCheckpoint(
            epochs=epochs,
            block_size=block_size,
            path=path,
            loss=loss,
            accuracy=accuracy,
            notes=notes,
            training_job_id=training_job_id,
            is_best=is_best,
        )
        return self.of(NeuralCheckpoint).add(checkpoint)

    @reads
    def get_best_checkpoint(
        self, training_job_id: int | None = None
    ) -> NeuralCheckpoint | None:
        """Return the checkpoint marked best, else the one of the lowest loss.

        Without a job: of all jobs, that of the lowest loss among those marked.
        """
        ours = _of_job(training_job_id)
        by_loss = (
            NeuralCheckpoint.loss.is_(None),
            is_number(NeuralCheckpoint.loss).desc(),
            NeuralCheckpoint.loss,
            NeuralCheckpoint.id,
        )
        marked = ours.where(NeuralCheckpoint.is_best.is_not(None)).order_by(*by_loss)
        measured = ours.where(
            NeuralCheckpoint.loss.is_not(None), is_number(NeuralCheckpoint.loss)
        )
        return self._first(marked) or self._first(
            measured.order_by(NeuralCheckpoint.loss, NeuralCheckpoint.id)
        )

    @reads
    def get_latest_checkpoint(
        self, training_job_id: int | None = None
    ) -> NeuralCheckpoint | None:
        """Return the checkpoint written last."""
        newest = _of_job(training_job_id).order_by(NeuralCheckpoint.id.desc())
        return self._first(newest)

    @reads
    def list_checkpoints(
        self, limit: int = 100, training_job_id: int | None = None
    ) -> Sequence[NeuralCheckpoint]:
        """Return checkpoints, the newest first."""
        newest = _of_job(training_job_id).order_by(NeuralCheckpoint.id.desc())
        return self._page(newest, limit)

    def _unmark_best(self, training_job_id: int | None) -> None:
        if training_job_id is not None:
            # The job's row is the lock: of two racing writers the second waits here
            # and then unmarks what the first has marked.
            job = sa.select(TrainingJob.id).where(TrainingJob.id == training_job_id)
            self.session.execute(job.with_for_update())
        table = NeuralCheckpoint.__table__
        statement = sa.update(NeuralCheckpoint).where(
            NeuralCheckpoint.is_best.is_not(None),
            table.c.training_job_id.is_not_distinct_from(training_job_id),
        )
        self.session.execute(
            statement.values(is_best=False).execution_options(
                synchronize_session="fetch"
            )
        )


def _of_job(training_job_id: int | None) -> sa.Select[NeuralCheckpoint]:
    statement = sa.select(NeuralCheckpoint)
    if training_job_id is None:
        return statement
    return statement.where(NeuralCheckpoint.training_job_id == training_job_id)
