"""find remarks by their author

Revision marginalia_002.
"""

from __future__ import annotations

from alembic import op

revision = "marginalia_002"
down_revision = "marginalia_001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_marginalia_remarks_author", "marginalia_remarks", ["author"])


def downgrade() -> None:
    op.drop_index("ix_marginalia_remarks_author", "marginalia_remarks")
