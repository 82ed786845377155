"""Training jobs over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter

from bedplate.domains.training import JobStatus, TrainingRepository
from bedplate.errors import NotFoundError
from bedplate.web.dependencies import Calls, calls
from bedplate.web.errors import ANSWERS, CONFLICT, NOT_FOUND
from bedplate.web.schemas import (
    Before,
    Job,
    JobId,
    JobIn,
    JobUpdate,
    Limit,
    Page,
    page,
)

__all__ = ["jobs"]

jobs = APIRouter(prefix="/api/jobs", tags=["jobs"], responses=ANSWERS)

Repository = Annotated[Calls[TrainingRepository], calls(TrainingRepository)]


@jobs.post("", status_code=201, response_model=Job, responses=CONFLICT)
async def create_job(wanted: JobIn, repository: Repository) -> Any:
    """Create a pending job."""
    return await repository(
        TrainingRepository.create_training_job, **wanted.model_dump()
    )


@jobs.get("", response_model=Page[Job])
async def list_jobs(
    repository: Repository,
    status: JobStatus | None = None,
    limit: Limit = 100,
    before: Before = None,
) -> Any:
    """List jobs, the newest first."""
    found = await repository(
        TrainingRepository.list_training_jobs, limit + 1, status, before
    )
    return page(found, limit)


@jobs.get("/{job_id}", response_model=Job, responses=NOT_FOUND)
async def get_job(job_id: JobId, repository: Repository) -> Any:
    """Return a job."""
    found = await repository(TrainingRepository.get_training_job, job_id)
    if found is None:
        raise NotFoundError(f"there is no training job {job_id!r}")
    return found


@jobs.put("/{job_id}", response_model=Job, responses=NOT_FOUND | CONFLICT)
async def update_job(job_id: JobId, changes: JobUpdate, repository: Repository) -> Any:
    """Change what is given of a job."""
    return await repository(
        TrainingRepository.update_training_job, job_id, **changes.model_dump()
    )
