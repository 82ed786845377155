"""Workflows over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter

from bedplate.domains.workflows import WorkflowRepository
from bedplate.domains.workflows.models import WorkflowStatus
from bedplate.errors import NotFoundError
from bedplate.web.dependencies import Calls, calls
from bedplate.web.errors import ANSWERS, CONFLICT, NOT_FOUND
from bedplate.web.schemas import (
    After,
    Before,
    Key,
    Limit,
    NameFilter,
    Page,
    Workflow,
    WorkflowIn,
    WorkflowStep,
    WorkflowUpdate,
    page,
)

__all__ = ["workflows"]

workflows = APIRouter(prefix="/api/workflows", tags=["workflows"], responses=ANSWERS)

Repository = Annotated[Calls[WorkflowRepository], calls(WorkflowRepository)]


@workflows.post("", status_code=201, response_model=Workflow)
async def create_workflow(wanted: WorkflowIn, repository: Repository) -> Any:
    """Create a pending workflow."""
    return await repository(
        WorkflowRepository.create_workflow, wanted.workflow_name, wanted.data
    )


@workflows.get("", response_model=Page[Workflow])
async def list_workflows(
    repository: Repository,
    status: WorkflowStatus | None = None,
    name: NameFilter = None,
    limit: Limit = 100,
    before: Before = None,
) -> Any:
    """List workflows, the newest first."""
    found = await repository(
        WorkflowRepository.list_workflows, status, limit + 1, name, before
    )
    return page(found, limit)


@workflows.get("/{workflow_id}", response_model=Workflow, responses=NOT_FOUND)
async def get_workflow(workflow_id: Key, repository: Repository) -> Any:
    """Return a workflow."""
    found = await repository(WorkflowRepository.get_workflow, workflow_id)
    if found is None:
        raise NotFoundError(f"there is no workflow {workflow_id}")
    return found


@workflows.put(
    "/{workflow_id}", response_model=Workflow, responses=NOT_FOUND | CONFLICT
)
async def update_workflow(
    workflow_id: Key, changes: WorkflowUpdate, repository: Repository
) -> Any:
    """Change what is given, and write it into the history."""
    return await repository(
        WorkflowRepository.update_workflow, workflow_id, **changes.model_dump()
    )


@workflows.get(
    "/{workflow_id}/history", response_model=Page[WorkflowStep], responses=NOT_FOUND
)
async def get_workflow_history(
    workflow_id: Key, repository: Repository, limit: Limit = 100, after: After = None
) -> Any:
    """List the updates of a workflow, the first one first."""
    await get_workflow(workflow_id, repository)
    found = await repository(
        WorkflowRepository.get_workflow_history, workflow_id, limit + 1, after
    )
    return page(found, limit)
