"""Modules: what is done before, after or beside a response."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from bedplate.domains.conversations.models import Module
from bedplate.domains.conversations.values import (
    changeable,
    check_context,
    check_name,
    check_required,
)
from bedplate.repository import DomainRepository, prepared, reads

__all__ = ["Modules"]


class Modules(DomainRepository):
    """Modules, by id or by the stage they run in."""

    def create_module(
        self,
        name: str | None = None,
        type: str = "script",  # noqa: A002  # a column's name
        execution_context: str = "ON_DEMAND",
        stage_priority: int = 0,
        requires_ai_inference: bool = False,
        trigger_pattern: str | None = None,
        script: str | None = None,
        content: str | None = None,
        description: str | None = None,
    ) -> Module:
        """Create a module.

        Raises:
            AlreadyExistsError: There is one of that name.
            InvalidValueError: No such execution context, or an empty name or type.
        """
        module = Module(
            name=None if name is None else check_name(name),
            type=check_required(type, "type"),
            execution_context=check_context(execution_context),
            stage_priority=stage_priority,
            requires_ai_inference=requires_ai_inference,
            trigger_pattern=trigger_pattern,
            script=script,
            content=content,
            description=description,
        )
        return self.of(Module).add(module)

    @prepared
    @reads
    def get_module(self, module_id: UUID) -> Module | None:
        """Return a module by its id."""
        return self.of(Module).get(module_id)

    @reads
    def list_modules(
        self, limit: int = 100, after: UUID | None = None
    ) -> Sequence[Module]:
        """Return modules, the oldest first; `after` is the last id of a page."""
        return self.of(Module).list(limit=limit, after=after)

    @reads
    def modules_for_stage(self, execution_context: str) -> Sequence[Module]:
        """Return the modules that run then, the lowest stage_priority first."""
        statement = sa.select(Module).order_by(Module.stage_priority, Module.id)
        context = check_context(execution_context)
        return self._all(statement.where(Module.execution_context == context))

    def update_module(self, module_id: UUID, **changes: Any) -> Module:
        """Change columns of a module, by their names, and return it.

        Raises:
            NotFoundError: There is no such module.
            InvalidValueError: It has no such column, or not that value.
        """
        return self.of(Module).update(module_id, **changeable(Module, changes))

    def delete_module(self, module_id: UUID) -> bool:
        """Delete a module with its states; return whether it was there."""
        return self.of(Module).delete(module_id)
