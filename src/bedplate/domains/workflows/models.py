"""Tables of the workflow domain."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bedplate.base import Base, Created, Keyed, Updated
from bedplate.dialects import table_options
from bedplate.types import (
    CodeText,
    JSONDocument,
    Key,
    LongText,
    Mark,
    SearchText,
    UTCDateTime,
)

__all__ = [
    "AgentVersion",
    "Alert",
    "Article",
    "WorkflowHistory",
    "WorkflowState",
    "WorkflowStatus",
]

NAME_LENGTH = 255
URL_LENGTH = 2048


class WorkflowStatus(StrEnum):
    """What a workflow is doing."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class Article(Created, Base):
    """A page that was scraped; its id is the scraper's own."""

    __tablename__ = "articles"
    __table_args__ = (table_options(),)

    id: Mapped[str] = mapped_column(CodeText(NAME_LENGTH), primary_key=True)
    url: Mapped[str | None] = mapped_column(CodeText(URL_LENGTH))
    title: Mapped[str | None] = mapped_column(SearchText(512))
    content: Mapped[str] = mapped_column(SearchText(), default="")


class Alert(Keyed, Created, Base):
    """Something that an agent wants people to know."""

    __tablename__ = "alerts"
    __table_args__ = (table_options(),)

    title: Mapped[str] = mapped_column(CodeText(512))
    message: Mapped[str] = mapped_column(LongText())
    source_url: Mapped[str | None] = mapped_column(CodeText(URL_LENGTH))


class WorkflowState(Keyed, Updated, Base):
    """A piece of work in steps, and where it stands; its history goes when it goes."""

    __tablename__ = "workflow_states"
    __table_args__ = (
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'completed', 'failed')", name="status"
        ),
        table_options(),
    )

    workflow_name: Mapped[str] = mapped_column(CodeText(NAME_LENGTH))
    status: Mapped[str] = mapped_column(
        CodeText(16), default=WorkflowStatus.PENDING.value
    )
    current_step: Mapped[str | None] = mapped_column(CodeText(NAME_LENGTH))
    data: Mapped[Any] = mapped_column(JSONDocument(), nullable=True)
    error_message: Mapped[str | None] = mapped_column(LongText())
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime())


class WorkflowHistory(Keyed, Created, Base):
    """One update of a workflow: what its status and its step were from then on."""

    __tablename__ = "workflow_history"
    __table_args__ = (table_options(),)

    workflow_id: Mapped[int] = mapped_column(
        Key(), sa.ForeignKey("workflow_states.id", ondelete="CASCADE"), index=True
    )
    status: Mapped[str] = mapped_column(CodeText(16))
    step: Mapped[str | None] = mapped_column(CodeText(NAME_LENGTH))
    message: Mapped[str | None] = mapped_column(LongText())


class AgentVersion(Keyed, Created, Base):
    """The code of an agent as it was at one time; at most one of an agent is active."""

    __tablename__ = "agent_versions"
    __table_args__ = (
        sa.UniqueConstraint("agent_name", "version"),
        # Marked or NULL: the unique key allows one marked row an agent.
        sa.UniqueConstraint("agent_name", "is_active"),
        table_options(),
    )

    agent_name: Mapped[str] = mapped_column(CodeText(NAME_LENGTH))
    version: Mapped[str] = mapped_column(CodeText(100))
    code: Mapped[str] = mapped_column(LongText())
    description: Mapped[str | None] = mapped_column(LongText())
    created_by: Mapped[str | None] = mapped_column(CodeText(NAME_LENGTH))
    is_active: Mapped[bool] = mapped_column(Mark(), nullable=True, default=False)


sa.Index(None, WorkflowState.status, WorkflowState.id)
sa.Index(None, WorkflowState.workflow_name, WorkflowState.id)
