"""Workflows: agents that scrape, watch and act, and can be killed at any moment."""

from __future__ import annotations

from bedplate.domains.workflows.models import (
    AgentVersion,
    Alert,
    Article,
    WorkflowHistory,
    WorkflowState,
    WorkflowStatus,
)
from bedplate.domains.workflows.repository import WorkflowRepository

__all__ = [
    "AgentVersion",
    "Alert",
    "Article",
    "WorkflowHistory",
    "WorkflowRepository",
    "WorkflowState",
    "WorkflowStatus",
]
