"""books

Revision 007: sessions, authors, plots, worlds and characters of books.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from alembic import op
from bedplate import types

revision = "007"
down_revision = "006"
branch_labels = None
depends_on = None

DROPS = "every session, author, plot, world and character of books"

OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_0900_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_nopad_bin",
}

SECTIONS = (
    "geography",
    "political_landscape",
    "cultural_systems",
    "economic_framework",
    "historical_timeline",
    "power_systems",
    "languages_and_communication",
    "religious_and_belief_systems",
    "unique_elements",
)

TABLES = ("sessions", "authors", "plots", "world_building", "characters")


def upgrade() -> None:
    create(
        "sessions",
        sa.Column("title", types.CodeText(500), nullable=True),
        sa.Column("status", types.CodeText(16), nullable=False),
        sa.Column("metadata", types.JSONDocument(), nullable=True),
        sa.CheckConstraint(
            "status IN ('active', 'completed', 'archived')",
            name=op.f("ck_sessions_status"),
        ),
    )
    create(
        "authors",
        *reference("authors", "session_id", "sessions", "SET NULL"),
        sa.Column("author_name", types.CodeText(255), nullable=False),
        sa.Column("pen_name", types.CodeText(255), nullable=True),
        sa.Column("biography", types.LongText(), nullable=True),
        sa.Column("writing_style", types.LongText(), nullable=True),
    )
    create(
        "plots",
        *reference("plots", "session_id", "sessions", "SET NULL"),
        *reference("plots", "author_id", "authors", "SET NULL"),
        sa.Column("title", types.CodeText(500), nullable=False),
        sa.Column("plot_summary", types.LongText(), nullable=True),
        sa.Column("genre", types.CodeText(255), nullable=True),
        sa.Column("subgenre", types.CodeText(255), nullable=True),
        sa.Column("microgenre", types.CodeText(255), nullable=True),
        sa.Column("trope", types.CodeText(255), nullable=True),
        sa.Column("tone", types.CodeText(255), nullable=True),
        sa.Column("target_audience", types.JSONDocument(), nullable=True),
    )
    create(
        "world_building",
        *reference("world_building", "plot_id", "plots", "CASCADE"),
        sa.Column("world_name", types.CodeText(255), nullable=False),
        sa.Column("world_type", types.CodeText(255), nullable=True),
        sa.Column("overview", types.LongText(), nullable=True),
        *(sa.Column(name, types.JSONDocument(), nullable=True) for name in SECTIONS),
    )
    create(
        "characters",
        *reference("characters", "plot_id", "plots", "CASCADE"),
        sa.Column("name", types.CodeText(255), nullable=False),
        sa.Column("role", types.CodeText(255), nullable=True),
        sa.Column("description", types.LongText(), nullable=True),
        sa.Column("backstory", types.LongText(), nullable=True),
        sa.Column("traits", types.JSONDocument(), nullable=True),
        sa.Column("relationships", types.JSONDocument(), nullable=True),
    )


def create(table: str, *items: Any) -> None:
    """Create a table of what belongs to a user, with the indexes of its references."""
    op.create_table(
        table,
        sa.Column("id", types.Uuid(), nullable=False),
        *reference(table, "user_id", "users", "CASCADE"),
        *items,
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        **OPTIONS,
    )
    op.create_index(f"ix_{table}_user_id_id", table, ["user_id", "id"])
    names = [item.name for item in items if isinstance(item, sa.Column)]
    for name in names:
        if name.endswith("_id"):
            op.create_index(f"ix_{table}_{name}", table, [name])


def reference(table: str, column: str, parent: str, on_delete: str) -> tuple[Any, Any]:
    return (
        sa.Column(column, types.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            [column],
            [f"{parent}.id"],
            name=f"fk_{table}_{column}",
            ondelete=on_delete,
        ),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
