"""Workflows: where each stands, and how it came there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from bedplate.base import utcnow
from bedplate.checks import check_filled, check_json, check_text
from bedplate.domains.workflows.models import (
    NAME_LENGTH,
    WorkflowHistory,
    WorkflowState,
    WorkflowStatus,
)
from bedplate.errors import InvalidValueError, NotFoundError, TransitionError
from bedplate.repository import DomainRepository, prepared, reads

__all__ = ["Workflows"]

_ENDED = (WorkflowStatus.COMPLETED, WorkflowStatus.FAILED)


class Workflows(DomainRepository):
    """Work in steps that a process can take up where another one was killed."""

    def create_workflow(self, name: str, data: Any = None) -> WorkflowState:
        """Create a pending workflow.

        Args:
            name: What is to be done; many workflows may have one name.
            data: What the steps need, as JSON.

        Raises:
            InvalidValueError: The name is empty, or the data is no JSON.
        """
        check_filled(name, "name")
        workflow = WorkflowState(workflow_name=name, data=data)
        return self.of(WorkflowState).add(workflow)

    @prepared
    @reads
    def get_workflow(self, workflow_id: int) -> WorkflowState | None:
        """Return a workflow by its id."""
        return self.of(WorkflowState).get(workflow_id)

    def update_workflow(
        self,
        workflow_id: int,
        status: str | None = None,
        step: str | None = None,
        data: Any = None,
        message: str | None = None,
        error: str | None = None,
    ) -> WorkflowState:
        """Change what is given, write it into the history, return the workflow.

        Both are one transaction, and two processes that update one workflow do so one
        after the other. Ending (completed or failed) stamps completed_at; a workflow
        that goes on after a failure has neither an end nor an error. What is
        completed stays so.

        Args:
            workflow_id: The workflow.
            status: One of pending, running, completed and failed.
            step: Where it stands now.
            data: What takes the place of its data.
            message: What the history says of this update; the error, if None.
            error: Why it failed.

        Raises:
            NotFoundError: There is no such workflow.
            TransitionError: It is completed.
            InvalidValueError: There is no such status, or a value cannot be stored.
        """
        wanted = None if status is None else _status(status)
        check_json(data, "data")
        for column, text, length in (
            ("step", step, NAME_LENGTH),
            ("message", message, None),
            ("error", error, None),
        ):
            if text is not None:
                check_text(text, column, length)
        workflow = self._locked(workflow_id)
        given = {"current_step": step, "data": data, "error_message": error}
        changes = {key: value for key, value in given.items() if value is not None}
        if wanted is not None:
            changes = _stamps(workflow, wanted) | changes
        # Also where nothing is given: somebody was here.
        for name, value in {**changes, "updated_at": utcnow()}.items():
            setattr(workflow, name, value)
        self.session.add(
            WorkflowHistory(
                workflow_id=workflow.id,
                status=workflow.status,
                step=workflow.current_step,
                message=error if message is None else message,
            )
        )
        self.session.flush()
        return workflow

    @reads
    def list_workflows(
        self,
        status: str | None = None,
        limit: int = 100,
        name: str | None = None,
        before: int | None = None,
    ) -> Sequence[WorkflowState]:
        """Return workflows, the newest first; `before` is the last id seen."""
        statement = sa.select(WorkflowState).order_by(WorkflowState.id.desc())
        if status is not None:
            statement = statement.where(WorkflowState.status == _status(status))
        if name is not None:
            statement = statement.where(WorkflowState.workflow_name == name)
        if before is not None:
            statement = statement.where(WorkflowState.id < before)
        return self._page(statement, limit)

    @reads
    def get_workflow_history(
        self, workflow_id: int, limit: int = 100, after: int | None = None
    ) -> Sequence[WorkflowHistory]:
        """Return the updates of a workflow, the first one first, from `after` on."""
        of_it = WorkflowHistory.workflow_id == workflow_id
        return self.of(WorkflowHistory).list(of_it, limit=limit, after=after)

    def _locked(self, workflow_id: int) -> WorkflowState:
        """Return a workflow as it is now; others that would change it wait."""
        statement = sa.select(WorkflowState).where(WorkflowState.id == workflow_id)
        locked = statement.with_for_update().execution_options(populate_existing=True)
        found = self.session.scalars(locked).one_or_none()
        if found is None:
            raise NotFoundError(f"there is no workflow {workflow_id!r}")
        return found


def _status(status: str) -> WorkflowStatus:
    try:
        return WorkflowStatus(status)
    except ValueError:
        known = ", ".join(WorkflowStatus)
        raise InvalidValueError(f"{status!r} is not one of {known}", "status") from None


def _stamps(workflow: WorkflowState, wanted: WorkflowStatus) -> dict[str, Any]:
    if wanted == workflow.status:
        return {}
    if workflow.status == WorkflowStatus.COMPLETED:
        raise TransitionError(
            f"workflow {workflow.id} is completed and cannot become {wanted}",
            workflow.status,
            wanted,
        )
    stamps: dict[str, Any] = {"status": wanted.value}
    if wanted in _ENDED:
        return stamps | {"completed_at": utcnow()}
    return stamps | {"completed_at": None, "error_message": None}
