"""telemetry

Revision 008: decisions, calls of agents, metrics and traces.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from alembic import op
from bedplate import types

revision = "008"
down_revision = "007"
branch_labels = None
depends_on = None

DROPS = "every decision, invocation, metric and trace"

OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_0900_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_nopad_bin",
}

INDEXES = {
    "orchestrator_decisions": (["orchestrator", "id"], ["trace_id"], ["at"]),
    "agent_invocations": (["agent", "id"], ["trace_id"], ["at"]),
    "performance_metrics": (["name", "id"], ["at"]),
    "trace_events": (["name", "id"], ["start"]),
}


def upgrade() -> None:
    create_decisions()
    create_invocations()
    create_metrics()
    create_events()
    for table, indexes in INDEXES.items():
        for columns in (*indexes, ["user_id"]):
            op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)


def downgrade() -> None:
    for table in reversed(INDEXES):
        op.drop_table(table)


def text(name: str, length: int, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, types.CodeText(length), nullable=nullable)


def create(table: str, *things: sa.Column[Any] | sa.Constraint) -> None:
    op.create_table(
        table,
        sa.Column("id", types.Key(), nullable=False),
        *things,
        sa.Column("user_id", types.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=f"fk_{table}_user_id", ondelete="CASCADE"
        ),
        **OPTIONS,
    )


def check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def create_decisions() -> None:
    create(
        "orchestrator_decisions",
        text("orchestrator", 255, nullable=False),
        text("decision", 255, nullable=False),
        sa.Column("reason", types.LongText(), nullable=True),
        sa.Column("options", types.JSONDocument(), nullable=True),
        sa.Column("confidence", types.Double(), nullable=True),
        text("trace_id", 32),
        sa.Column("at", types.UTCDateTime(), nullable=False),
    )


def create_invocations() -> None:
    table = "agent_invocations"
    create(
        table,
        text("agent", 255, nullable=False),
        text("input_digest", 128),
        text("output_digest", 128),
        sa.Column("input_tokens", types.WholeNumber(), nullable=True),
        sa.Column("output_tokens", types.WholeNumber(), nullable=True),
        sa.Column("cost", types.WholeNumber(), nullable=True),
        sa.Column("latency", types.Double(), nullable=True),
        text("status", 16, nullable=False),
        sa.Column("error", types.LongText(), nullable=True),
        text("trace_id", 32),
        sa.Column("at", types.UTCDateTime(), nullable=False),
        check(table, "status", "status IN ('ok', 'error')"),
        check(table, "input_tokens", "input_tokens >= 0"),
        check(table, "output_tokens", "output_tokens >= 0"),
    )


def create_metrics() -> None:
    create(
        "performance_metrics",
        text("name", 255, nullable=False),
        sa.Column("value", types.Double(), nullable=False),
        text("unit", 64),
        sa.Column("tags", types.JSONDocument(), nullable=True),
        sa.Column("at", types.UTCDateTime(), nullable=False),
    )


def create_events() -> None:
    table = "trace_events"
    kinds = "'internal', 'server', 'client', 'producer', 'consumer'"
    create(
        table,
        text("trace_id", 32, nullable=False),
        text("span_id", 16, nullable=False),
        text("parent_span_id", 16),
        text("name", 255, nullable=False),
        text("kind", 16, nullable=False),
        sa.Column("start", types.UTCDateTime(), nullable=False),
        sa.Column("start_ns", types.WholeNumber(16), nullable=False),
        sa.Column("end", types.UTCDateTime(), nullable=False),
        sa.Column("end_ns", types.WholeNumber(16), nullable=False),
        text("status", 16, nullable=False),
        sa.Column("status_message", types.LongText(), nullable=True),
        sa.Column("attributes", types.JSONDocument(), nullable=True),
        sa.Column("events", types.JSONDocument(), nullable=True),
        sa.Column("links", types.JSONDocument(), nullable=True),
        sa.Column("resource", types.JSONDocument(), nullable=True),
        text("scope", 255),
        sa.UniqueConstraint("trace_id", "span_id", name=f"uq_{table}_trace_id_span_id"),
        check(table, "kind", f"kind IN ({kinds})"),
        check(table, "status", "status IN ('unset', 'ok', 'error')"),
        check(table, "start_ns", "start_ns >= 0 AND start_ns <= 999"),
        check(table, "end_ns", "end_ns >= 0 AND end_ns <= 999"),
    )
