"""Calls of agents, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from bedplate.domains.telemetry import values
from bedplate.domains.telemetry.models import AgentInvocation, InvocationStatus
from bedplate.domains.telemetry.paging import newest_first
from bedplate.repository import DomainRepository, reads

__all__ = ["AgentInvocations"]

_CHECKS = {
    "agent": values.filled,
    "input_tokens": values.whole(),
    "output_tokens": values.whole(),
    "cost": values.not_negative,
    "latency": values.not_negative,
    "status": values.one_of(InvocationStatus),
    "trace_id": values.trace_id,
}


class AgentInvocations(DomainRepository):
    """Calls by agent, status and trace."""

    def record_invocation(
        self,
        agent: str,
        input_digest: str | None = None,
        output_digest: str | None = None,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        cost: float | None = None,
        latency: float | None = None,
        status: str = InvocationStatus.OK.value,
        error: str | None = None,
        trace_id: str | None = None,
        at: datetime | None = None,
        user_id: UUID | None = None,
    ) -> AgentInvocation:
        """Record a call of an agent, begun at `at`, or now.

        Args:
            agent: The agent's name.
            input_digest: A digest of what it was given, such as SHA-256 in hexadecimal.
            output_digest: The same of what it answered.
            input_tokens: How many tokens it was given.
            output_tokens: How many it answered with.
            cost: Money, kept to a billionth.
            latency: Seconds it took; NaN is kept, and left out of percentiles.
            status: "ok" or "error".
            error: What went wrong.
            trace_id: The trace it is part of, 32 hexadecimal digits.
            at: When it began.
            user_id: Whose data this is.

        Raises:
            InvalidValueError: A value cannot be stored.
            ReferenceFailedError: There is no such user.
        """
        given = {
            "agent": agent,
            "input_digest": input_digest,
            "output_digest": output_digest,
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "cost": cost,
            "latency": latency,
            "status": status,
            "error": error,
            "trace_id": trace_id,
            "at": at,
            "user_id": user_id,
        }
        return self.of(AgentInvocation).add(AgentInvocation(**_row(given)))

    def record_invocations(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Record many calls at once; return how many."""
        return self.of(AgentInvocation).add_many(map(_row, rows))

    @reads
    def list_invocations(
        self,
        agent: str | None = None,
        status: str | None = None,
        trace_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        before: int | None = None,
    ) -> Sequence[AgentInvocation]:
        """Return calls, the newest first; `before` is the last id seen."""
        model = AgentInvocation
        if status is not None:
            _CHECKS["status"](status, "status")
        wanted = {model.agent: agent, model.status: status, model.trace_id: trace_id}
        statement = sa.select(model).where(*values.when(model.at, since, until))
        return self._page(newest_first(statement, model.id, wanted, before), limit)


def _row(given: Mapping[str, Any]) -> dict[str, Any]:
    return values.complete(AgentInvocation, given, _CHECKS)
