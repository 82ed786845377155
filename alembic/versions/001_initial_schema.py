"""initial schema

Revision 001: the tables of the training domain.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from alembic import op
from bedplate import types

revision = "001"
down_revision = None
branch_labels = ("bedplate",)
depends_on = None

DROPS = "every table with all its rows"

OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_0900_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_nopad_bin",
}

TABLES = (
    "accuracy_metrics",
    "generation_history",
    "neural_checkpoints",
    "markov_ngrams",
    "training_jobs",
    "text_corpora",
    "neural_configs",
    "database_versions",
)
"""In the order in which they can be dropped; last, what tells what was done."""


def upgrade() -> None:
    create_configs_and_corpora()
    create_jobs()
    create_ngrams()
    create_checkpoints()
    create_history()
    create_metrics()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def key() -> sa.Column[Any]:
    return sa.Column("id", types.Key(), nullable=False)


def moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, types.UTCDateTime(), nullable=nullable)


def parent(
    table: str, column: str, referred: str, on_delete: str
) -> tuple[sa.Column[Any], sa.ForeignKeyConstraint]:
    constraint = sa.ForeignKeyConstraint(
        [column],
        [f"{referred}.id"],
        name=f"fk_{table}_{column}",
        ondelete=on_delete,
    )
    return sa.Column(column, types.Key(), nullable=True), constraint


def create_configs_and_corpora() -> None:
    op.create_table(
        "neural_configs",
        key(),
        sa.Column("name", types.CodeText(255), nullable=False),
        sa.Column("config", types.JSONDocument(), nullable=False),
        moment("created_at"),
        moment("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_neural_configs"),
        sa.UniqueConstraint("name", name="uq_neural_configs_name"),
        **OPTIONS,
    )
    op.create_table(
        "text_corpora",
        key(),
        sa.Column("title", types.SearchText(255), nullable=True),
        sa.Column("content", types.SearchText(), nullable=False),
        sa.Column("source", types.CodeText(512), nullable=True),
        sa.Column("metadata", types.JSONDocument(), nullable=True),
        sa.Column("word_count", types.WholeNumber(), nullable=False),
        sa.Column("char_count", types.WholeNumber(), nullable=False),
        moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_text_corpora"),
        **OPTIONS,
    )


def create_jobs() -> None:
    table = "training_jobs"
    op.create_table(
        table,
        key(),
        sa.Column("job_id", types.CodeText(64), nullable=False),
        sa.Column("status", types.CodeText(16), nullable=False),
        sa.Column("progress", types.Double(), nullable=False),
        sa.Column("message", types.LongText(), nullable=True),
        sa.Column("error", types.LongText(), nullable=True),
        *parent(table, "neural_config_id", "neural_configs", "CASCADE"),
        *parent(table, "text_corpus_id", "text_corpora", "SET NULL"),
        moment("started_at", nullable=True),
        moment("completed_at", nullable=True),
        moment("created_at"),
        moment("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_training_jobs"),
        sa.UniqueConstraint("job_id", name="uq_training_jobs_job_id"),
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'completed', 'failed', 'cancelled')",
            name=op.f("ck_training_jobs_status"),
        ),
        sa.CheckConstraint(
            "progress >= 0 AND progress <= 100", name=op.f("ck_training_jobs_progress")
        ),
        **OPTIONS,
    )
    op.create_index(f"ix_{table}_neural_config_id", table, ["neural_config_id"])
    op.create_index(f"ix_{table}_text_corpus_id", table, ["text_corpus_id"])


def create_ngrams() -> None:
    op.create_table(
        "markov_ngrams",
        sa.Column("n", types.WholeNumber(16), autoincrement=False, nullable=False),
        sa.Column("context", types.CodeText(31), nullable=False),
        sa.Column("next_char", types.CodeText(1), nullable=False),
        sa.Column("count", types.WholeNumber(), nullable=False),
        sa.Column("probability", types.Double(), nullable=True),
        sa.PrimaryKeyConstraint("n", "context", "next_char", name="pk_markov_ngrams"),
        sa.CheckConstraint("count >= 1", name=op.f("ck_markov_ngrams_count")),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": 50},
        **OPTIONS,
    )


def create_checkpoints() -> None:
    table = "neural_checkpoints"
    op.create_table(
        table,
        key(),
        sa.Column("epochs", types.WholeNumber(32), nullable=False),
        sa.Column("block_size", types.WholeNumber(32), nullable=False),
        sa.Column("path", types.CodeText(1024), nullable=False),
        sa.Column("notes", types.LongText(), nullable=True),
        sa.Column("loss", types.Double(), nullable=True),
        sa.Column("accuracy", types.Double(), nullable=True),
        sa.Column("is_best", types.Mark(), nullable=True),
        *parent(table, "training_job_id", "training_jobs", "CASCADE"),
        moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_neural_checkpoints"),
        sa.UniqueConstraint(
            "is_best",
            "training_job_id",
            name="uq_neural_checkpoints_is_best_training_job_id",
        ),
        sa.CheckConstraint("epochs >= 0", name=op.f("ck_neural_checkpoints_epochs")),
        sa.CheckConstraint(
            "block_size >= 0", name=op.f("ck_neural_checkpoints_block_size")
        ),
        **OPTIONS,
    )
    op.create_index(f"ix_{table}_training_job_id", table, ["training_job_id"])


def create_history() -> None:
    op.create_table(
        "generation_history",
        key(),
        sa.Column("prompt", types.LongText(), nullable=False),
        sa.Column("response", types.LongText(), nullable=False),
        sa.Column("model", types.CodeText(255), nullable=True),
        sa.Column("parameters", types.JSONDocument(), nullable=True),
        sa.Column("quality_score", types.Double(), nullable=True),
        sa.Column("user_rating", types.WholeNumber(16), nullable=True),
        moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_generation_history"),
        sa.CheckConstraint(
            "user_rating >= 1 AND user_rating <= 5",
            name=op.f("ck_generation_history_user_rating"),
        ),
        **OPTIONS,
    )


def create_metrics() -> None:
    table = "accuracy_metrics"
    op.create_table(
        table,
        key(),
        sa.Column("metric_type", types.CodeText(100), nullable=False),
        sa.Column("value", types.Double(), nullable=False),
        sa.Column("step", types.WholeNumber(), nullable=True),
        sa.Column("metadata", types.JSONDocument(), nullable=True),
        *parent(table, "model_checkpoint_id", "neural_checkpoints", "CASCADE"),
        *parent(table, "training_job_id", "training_jobs", "CASCADE"),
        moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_accuracy_metrics"),
        **OPTIONS,
    )
    op.create_index(f"ix_{table}_model_checkpoint_id", table, ["model_checkpoint_id"])
    op.create_index(f"ix_{table}_training_job_id", table, ["training_job_id"])
    op.create_table(
        "database_versions",
        key(),
        sa.Column("version", types.CodeText(100), nullable=False),
        sa.Column("description", types.LongText(), nullable=True),
        moment("applied_at"),
        sa.PrimaryKeyConstraint("id", name="pk_database_versions"),
        **OPTIONS,
    )
