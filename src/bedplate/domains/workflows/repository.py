"""WorkflowRepository: all of the workflow domain in one place."""

from __future__ import annotations

from bedplate.domains.workflows.agents import AgentVersions
from bedplate.domains.workflows.alerts import Alerts
from bedplate.domains.workflows.articles import Articles
from bedplate.domains.workflows.states import Workflows

__all__ = ["WorkflowRepository"]


class WorkflowRepository(Articles, Alerts, Workflows, AgentVersions):
    """Articles, alerts, workflows with their history, and versions of agents."""
