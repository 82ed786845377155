"""remarks

Revision marginalia_001: a branch of its own, after Bedplate's revision 003.
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op
from bedplate import types
from bedplate.dialects import table_options

revision = "marginalia_001"
down_revision = None
branch_labels = ("marginalia",)
depends_on = "003"

DROPS = "every remark"


def upgrade() -> None:
    op.create_table(
        "marginalia_remarks",
        sa.Column("id", types.Key(), nullable=False),
        sa.Column("corpus_id", types.Key(), nullable=False),
        sa.Column("position", types.WholeNumber(), nullable=False),
        sa.Column("author", types.CodeText(100), nullable=False),
        sa.Column("body", types.LongText(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_marginalia_remarks"),
        sa.ForeignKeyConstraint(
            ["corpus_id"],
            ["text_corpora.id"],
            name="fk_marginalia_remarks_corpus_id",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(
            "position >= 0", name=op.f("ck_marginalia_remarks_position")
        ),
        **table_options(),
    )
    # First, where the database would else make an index of its own for the reference.
    op.create_index(
        "ix_marginalia_remarks_corpus_id_position",
        "marginalia_remarks",
        ["corpus_id", "position"],
    )


def downgrade() -> None:
    op.drop_table("marginalia_remarks")
