"""What orchestrators chose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from bedplate.domains.telemetry import values
from bedplate.domains.telemetry.models import OrchestratorDecision
from bedplate.domains.telemetry.paging import newest_first
from bedplate.repository import DomainRepository, reads

__all__ = ["OrchestratorDecisions"]

_CHECKS = {
    "orchestrator": values.filled,
    "decision": values.filled,
    "trace_id": values.trace_id,
}


class OrchestratorDecisions(DomainRepository):
    """Decisions by orchestrator and trace."""

    def record_decision(
        self,
        orchestrator: str,
        decision: str,
        reason: str | None = None,
        options: Any | None = None,
        confidence: float | None = None,
        trace_id: str | None = None,
        at: datetime | None = None,
        user_id: UUID | None = None,
    ) -> OrchestratorDecision:
        """Record what an orchestrator chose, now if `at` is None.

        Raises:
            InvalidValueError: A value cannot be stored, or a name is empty.
            ReferenceFailedError: There is no such user.
        """
        given = {
            "orchestrator": orchestrator,
            "decision": decision,
            "reason": reason,
            "options": options,
            "confidence": confidence,
            "trace_id": trace_id,
            "at": at,
            "user_id": user_id,
        }
        return self.of(OrchestratorDecision).add(OrchestratorDecision(**_row(given)))

    def record_decisions(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Record many decisions at once; return how many."""
        return self.of(OrchestratorDecision).add_many(map(_row, rows))

    @reads
    def list_decisions(
        self,
        orchestrator: str | None = None,
        trace_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        before: int | None = None,
    ) -> Sequence[OrchestratorDecision]:
        """Return decisions, the newest first; `before` is the last id seen."""
        model = OrchestratorDecision
        wanted = {model.orchestrator: orchestrator, model.trace_id: trace_id}
        statement = sa.select(model).where(*values.when(model.at, since, until))
        return self._page(newest_first(statement, model.id, wanted, before), limit)


def _row(given: Mapping[str, Any]) -> dict[str, Any]:
    return values.complete(OrchestratorDecision, given, _CHECKS)
