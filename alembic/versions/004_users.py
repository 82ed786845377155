"""users

Revision 004: the people whose data later tables keep.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from alembic import op
from bedplate import types

revision = "004"
down_revision = "003"
branch_labels = None
depends_on = None

DROPS = "every user"

OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_0900_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_nopad_bin",
}


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", types.Uuid(), nullable=False),
        sa.Column("username", types.CodeText(255), nullable=True),
        sa.Column("email", types.CodeText(320), nullable=True),
        sa.Column("metadata", types.JSONDocument(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
        **OPTIONS,
    )


def downgrade() -> None:
    op.drop_table("users")
