"""job claims

Revision 010: queues, priorities, leases and tries of training jobs. Jobs that wait
already keep their order; runs of the Markov model wait for `bedplate worker`. A column
has a default in the database, since a program of the revision before goes on writing
jobs while it is replaced.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from alembic import op
from bedplate import types

revision = "010"
down_revision = "009"
branch_labels = None
depends_on = None

DROPS = "the queue, priority, tries and lease of every training job"

TABLE = "training_jobs"
INDEX = ["status", "queue", "turn", "id", "not_before"]
NAME = f"ix_{TABLE}_{'_'.join(INDEX)}"


def columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("queue", types.CodeText(64), server_default="default"),
        sa.Column("priority", types.WholeNumber(), server_default="0"),
        sa.Column("turn", types.WholeNumber(), server_default="0"),
        sa.Column("not_before", types.UTCDateTime(), nullable=True),
        sa.Column("attempts", types.WholeNumber(), server_default="0"),
        sa.Column("max_attempts", types.WholeNumber(), server_default="3"),
        sa.Column("worker", types.CodeText(255), nullable=True),
        sa.Column("token", types.WholeNumber(), server_default="0"),
        sa.Column("lease_until", types.UTCDateTime(), nullable=True),
    ]


def upgrade() -> None:
    for column in columns():
        column.nullable = column.server_default is None
        op.add_column(TABLE, column)
    jobs = sa.table(
        TABLE,
        sa.column("id", types.Key()),
        sa.column("job_id", types.CodeText(64)),
        sa.column("queue", types.CodeText(64)),
        sa.column("turn", types.WholeNumber()),
    )
    configs = sa.table("neural_configs", sa.column("name", types.CodeText(255)))
    name = sa.literal("markov ", types.CodeText(255)) + jobs.c.job_id
    runs = sa.select(configs.c.name).where(configs.c.name == name).exists()
    op.execute(sa.update(jobs).where(jobs.c.turn == 0).values(turn=jobs.c.id))
    op.execute(sa.update(jobs).where(runs).values(queue="markov"))
    waits = sa.text("status = 'pending'")
    op.create_index(NAME, TABLE, INDEX, sqlite_where=waits, postgresql_where=waits)


def downgrade() -> None:
    op.drop_index(NAME, table_name=TABLE)
    for column in reversed(columns()):
        op.drop_column(TABLE, column.name)
