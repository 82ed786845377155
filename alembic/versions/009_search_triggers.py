"""search vectors by triggers

Revision 009: PostgreSQL's vector of a text was a generated column where revision 003
was run before it made a trigger. It becomes a plain column with that trigger: nothing
is rewritten, and no row changes. On the other databases there is nothing to do, and no
way back to go: what 003 makes now is this.
"""

from __future__ import annotations

from alembic import op

revision = "009"
down_revision = "008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    op.execute(
        "ALTER TABLE text_corpora ALTER COLUMN search_vector DROP EXPRESSION IF EXISTS"
    )
    # As op.create_search_index() makes them.
    op.execute(
        "CREATE OR REPLACE FUNCTION text_corpora_search_vector() RETURNS trigger "
        "LANGUAGE plpgsql AS $function$ BEGIN NEW.search_vector := "
        "bedplate_search_vector(NEW.title, NEW.content); RETURN NEW; END $function$"
    )
    op.execute(
        "CREATE OR REPLACE TRIGGER text_corpora_search_vector BEFORE INSERT OR UPDATE "
        "OF title, content ON text_corpora FOR EACH ROW "
        "EXECUTE FUNCTION text_corpora_search_vector()"
    )


def downgrade() -> None:
    pass
