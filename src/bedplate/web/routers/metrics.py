"""The measured values of a job over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from bedplate.domains.training import TrainingRepository
from bedplate.errors import NotFoundError
from bedplate.repository import reads
from bedplate.web.dependencies import Calls, calls
from bedplate.web.errors import ANSWERS, NOT_FOUND
from bedplate.web.schemas import (
    Before,
    Curve,
    JobId,
    Limit,
    Metric,
    MetricFilter,
    MetricsIn,
    Page,
    Recorded,
    Summary,
    page,
)

__all__ = ["metrics"]

metrics = APIRouter(
    prefix="/api/metrics", tags=["metrics"], responses=ANSWERS | NOT_FOUND
)

Repository = Annotated[Calls[TrainingRepository], calls(TrainingRepository)]


@metrics.post("/{job_id}", status_code=201)
async def record_metrics(
    job_id: JobId, measured: MetricsIn, repository: Repository
) -> Recorded:
    """Record values of a job, all of them or none."""

    def record(training: TrainingRepository) -> int:
        job = _id_of(training, job_id)
        rows = (value.model_dump() for value in measured.values)
        return training.record_metrics({**row, "training_job_id": job} for row in rows)

    return Recorded(recorded=await repository(record))


@metrics.get("/{job_id}", response_model=Page[Metric])
async def list_metrics(
    job_id: JobId,
    repository: Repository,
    metric: MetricFilter = None,
    limit: Limit = 100,
    before: Before = None,
) -> Any:
    """List the values of a job, the newest first."""

    @reads
    def read(training: TrainingRepository) -> Any:
        job = _id_of(training, job_id)
        return training.get_accuracy_metrics(metric, None, limit + 1, job, before)

    return page(await repository(read), limit)


@metrics.get("/{job_id}/summary", response_model=dict[str, Summary])
async def summarize_metrics(job_id: JobId, repository: Repository) -> Any:
    """Return what the values of each metric amount to."""

    @reads
    def read(training: TrainingRepository) -> Any:
        return training.get_accuracy_summary(_id_of(training, job_id))

    return await repository(read)


@metrics.get("/{job_id}/curves", response_model=dict[str, Curve])
async def get_curves(
    job_id: JobId,
    repository: Repository,
    points: Annotated[
        int, Query(ge=2, le=10_000, description="How many of each metric at most.")
    ] = 500,
) -> Any:
    """Return the values of each metric against its steps, thinned out evenly."""

    @reads
    def read(training: TrainingRepository) -> Any:
        return training.get_accuracy_curves(_id_of(training, job_id), points)

    return await repository(read)


def _id_of(training: TrainingRepository, job_id: str) -> int:
    job = training.get_training_job(job_id)
    if job is None:
        raise NotFoundError(f"there is no training job {job_id!r}")
    return job.id
