"""performance indexes

Revision 002: what the queries need beyond keys and references.
"""

from __future__ import annotations

from alembic import op

revision = "002"
down_revision = "001"
branch_labels = None
depends_on = None

INDEXES = (
    ("training_jobs", ["status", "id"]),
    ("text_corpora", ["source"]),
    ("neural_checkpoints", ["loss"]),
    ("accuracy_metrics", ["metric_type", "id"]),
    ("generation_history", ["model", "id"]),
)


def upgrade() -> None:
    for table, columns in INDEXES:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)


def downgrade() -> None:
    for table, columns in reversed(INDEXES):
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table_name=table)
