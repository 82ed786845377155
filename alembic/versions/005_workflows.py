"""workflows

Revision 005: articles and alerts, workflows with their history, versions of agents.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from alembic import op
from bedplate import types

revision = "005"
down_revision = "004"
branch_labels = None
depends_on = None

DROPS = "every article, alert, workflow and agent version"

OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_0900_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_nopad_bin",
}

TABLES = (
    "agent_versions",
    "workflow_history",
    "workflow_states",
    "alerts",
    "articles",
)
"""In the order in which they can be dropped."""


def upgrade() -> None:
    create_articles()
    create_alerts()
    create_workflows()
    create_agents()


def downgrade() -> None:
    op.drop_search_index("articles")
    for table in TABLES:
        op.drop_table(table)


def moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, types.UTCDateTime(), nullable=nullable)


def key() -> sa.Column[Any]:
    return sa.Column("id", types.Key(), nullable=False)


def create_articles() -> None:
    op.create_table(
        "articles",
        sa.Column("id", types.CodeText(255), nullable=False),
        sa.Column("url", types.CodeText(2048), nullable=True),
        sa.Column("title", types.SearchText(512), nullable=True),
        sa.Column("content", types.SearchText(), nullable=False),
        moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_articles"),
        **OPTIONS,
    )
    name = sa.Column("id", types.CodeText(255))
    op.create_search_index("articles", ["title", "content"], name)


def create_alerts() -> None:
    op.create_table(
        "alerts",
        key(),
        sa.Column("title", types.CodeText(512), nullable=False),
        sa.Column("message", types.LongText(), nullable=False),
        sa.Column("source_url", types.CodeText(2048), nullable=True),
        moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        **OPTIONS,
    )


def create_workflows() -> None:
    states, history = "workflow_states", "workflow_history"
    op.create_table(
        states,
        key(),
        sa.Column("workflow_name", types.CodeText(255), nullable=False),
        sa.Column("status", types.CodeText(16), nullable=False),
        sa.Column("current_step", types.CodeText(255), nullable=True),
        sa.Column("data", types.JSONDocument(), nullable=True),
        sa.Column("error_message", types.LongText(), nullable=True),
        moment("completed_at", nullable=True),
        moment("created_at"),
        moment("updated_at"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{states}"),
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'completed', 'failed')",
            name=op.f(f"ck_{states}_status"),
        ),
        **OPTIONS,
    )
    op.create_index(f"ix_{states}_status_id", states, ["status", "id"])
    op.create_index(f"ix_{states}_workflow_name_id", states, ["workflow_name", "id"])
    op.create_table(
        history,
        key(),
        sa.Column("workflow_id", types.Key(), nullable=False),
        sa.Column("status", types.CodeText(16), nullable=False),
        sa.Column("step", types.CodeText(255), nullable=True),
        sa.Column("message", types.LongText(), nullable=True),
        moment("created_at"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{history}"),
        sa.ForeignKeyConstraint(
            ["workflow_id"],
            [f"{states}.id"],
            name=f"fk_{history}_workflow_id",
            ondelete="CASCADE",
        ),
        **OPTIONS,
    )
    op.create_index(f"ix_{history}_workflow_id", history, ["workflow_id"])


def create_agents() -> None:
    table = "agent_versions"
    op.create_table(
        table,
        key(),
        sa.Column("agent_name", types.CodeText(255), nullable=False),
        sa.Column("version", types.CodeText(100), nullable=False),
        sa.Column("code", types.LongText(), nullable=False),
        sa.Column("description", types.LongText(), nullable=True),
        sa.Column("created_by", types.CodeText(255), nullable=True),
        sa.Column("is_active", types.Mark(), nullable=True),
        moment("created_at"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.UniqueConstraint(
            "agent_name", "version", name=f"uq_{table}_agent_name_version"
        ),
        sa.UniqueConstraint(
            "agent_name", "is_active", name=f"uq_{table}_agent_name_is_active"
        ),
        **OPTIONS,
    )
