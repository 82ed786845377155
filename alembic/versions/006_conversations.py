"""conversations

Revision 006: personas, modules, conversations with their messages and states, and a
memory of vectors.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from alembic import op
from bedplate import types

revision = "006"
down_revision = "005"
branch_labels = None
depends_on = None

DROPS = "every conversation, with its memory"

OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_0900_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_nopad_bin",
}


def upgrade() -> None:
    create_personas()
    create_modules()
    create_conversations()
    create_messages()
    create_states()
    create_memory()


def downgrade() -> None:
    drop_vector_index()
    op.drop_search_index("messages")
    for table in (
        "memory_collections",
        "conversation_memory",
        "conversation_states",
        "messages",
        "conversations",
        "modules",
        "personas",
    ):
        op.drop_table(table)


def create_personas() -> None:
    op.create_table(
        "personas",
        key(),
        sa.Column("name", types.CodeText(255), nullable=False),
        sa.Column("description", types.LongText(), nullable=True),
        sa.Column("system_prompt", types.LongText(), nullable=True),
        sa.Column("metadata", types.JSONDocument(), nullable=True),
        *moments(),
        sa.PrimaryKeyConstraint("id", name="pk_personas"),
        sa.UniqueConstraint("name", name="uq_personas_name"),
        **OPTIONS,
    )


def create_modules() -> None:
    op.create_table(
        "modules",
        key(),
        sa.Column("name", types.CodeText(255), nullable=True),
        sa.Column("type", types.CodeText(64), nullable=False),
        sa.Column("description", types.LongText(), nullable=True),
        sa.Column("trigger_pattern", types.LongText(), nullable=True),
        sa.Column("script", types.LongText(), nullable=True),
        sa.Column("content", types.LongText(), nullable=True),
        sa.Column("execution_context", types.CodeText(16), nullable=False),
        sa.Column("requires_ai_inference", types.Mark(), nullable=True),
        sa.Column("stage_priority", types.WholeNumber(32), nullable=False),
        *moments(),
        sa.CheckConstraint(
            "execution_context IN ('IMMEDIATE', 'POST_RESPONSE', 'ON_DEMAND')",
            name="execution_context",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_modules"),
        sa.UniqueConstraint("name", name="uq_modules_name"),
        **OPTIONS,
    )
    index("modules", "execution_context", "stage_priority", "id")


def create_conversations() -> None:
    op.create_table(
        "conversations",
        key(),
        sa.Column("user_id", types.Uuid(), nullable=True),
        sa.Column("persona_id", types.Uuid(), nullable=True),
        sa.Column("title", types.CodeText(512), nullable=True),
        sa.Column("provider_type", types.CodeText(64), nullable=True),
        sa.Column("provider_config", types.JSONDocument(), nullable=True),
        *moments(),
        reference("conversations", "user_id", "users", "CASCADE"),
        reference("conversations", "persona_id", "personas", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
        **OPTIONS,
    )
    index("conversations", "user_id")
    index("conversations", "persona_id")


def create_messages() -> None:
    op.create_table(
        "messages",
        key(),
        sa.Column("conversation_id", types.Uuid(), nullable=False),
        sa.Column("sequence", types.WholeNumber(), nullable=False),
        sa.Column("role", types.CodeText(32), nullable=False),
        sa.Column("content", types.SearchText(), nullable=False),
        sa.Column("thinking", types.LongText(), nullable=True),
        sa.Column("extra_data", types.JSONDocument(), nullable=True),
        sa.Column("input_tokens", types.WholeNumber(), nullable=True),
        sa.Column("output_tokens", types.WholeNumber(), nullable=True),
        *moments(),
        sa.CheckConstraint("sequence >= 1", name="sequence"),
        sa.CheckConstraint("input_tokens >= 0", name="input_tokens"),
        sa.CheckConstraint("output_tokens >= 0", name="output_tokens"),
        reference("messages", "conversation_id", "conversations", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint(
            "conversation_id", "sequence", name="uq_messages_conversation_id_sequence"
        ),
        **OPTIONS,
    )
    op.create_search_index("messages", ["content"], sa.Column("id", types.Uuid()))


def create_states() -> None:
    op.create_table(
        "conversation_states",
        key(),
        sa.Column("conversation_id", types.Uuid(), nullable=False),
        sa.Column("persona_id", types.Uuid(), nullable=True),
        sa.Column("module_id", types.Uuid(), nullable=True),
        sa.Column("owner", types.CodeText(65), nullable=False),
        sa.Column("state_key", types.CodeText(255), nullable=False),
        sa.Column("value", types.JSONDocument(), nullable=True),
        *moments(),
        reference("conversation_states", "conversation_id", "conversations", "CASCADE"),
        reference("conversation_states", "persona_id", "personas", "CASCADE"),
        reference("conversation_states", "module_id", "modules", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_conversation_states"),
        sa.UniqueConstraint(
            "conversation_id",
            "owner",
            "state_key",
            name="uq_conversation_states_conversation_id_owner_state_key",
        ),
        **OPTIONS,
    )
    index("conversation_states", "persona_id")
    index("conversation_states", "module_id")


def create_memory() -> None:
    name = "conversation_memory"
    op.create_table(
        name,
        key(),
        sa.Column("conversation_id", types.Uuid(), nullable=False),
        sa.Column("persona_id", types.Uuid(), nullable=True),
        sa.Column("first_message_id", types.Uuid(), nullable=True),
        sa.Column("content", types.LongText(), nullable=False),
        sa.Column("memory_type", types.CodeText(64), nullable=False),
        sa.Column("importance", types.Double(), nullable=False),
        sa.Column("decay", types.Double(), nullable=False),
        sa.Column("embedding", types.Vector(), nullable=False),
        sa.Column("metadata", types.JSONDocument(), nullable=True),
        sa.Column("last_accessed", types.UTCDateTime(), nullable=True),
        sa.Column("access_count", types.WholeNumber(), nullable=False),
        *moments(),
        sa.CheckConstraint("importance >= 0 AND importance <= 1", name="importance"),
        sa.CheckConstraint("decay >= 0 AND decay <= 1", name="decay"),
        sa.CheckConstraint("access_count >= 0", name="access_count"),
        reference(name, "conversation_id", "conversations", "CASCADE"),
        reference(name, "persona_id", "personas", "SET NULL"),
        reference(name, "first_message_id", "messages", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        **OPTIONS,
    )
    for column in ("conversation_id", "persona_id", "first_message_id"):
        index(name, column)
    op.create_table(
        "memory_collections",
        sa.Column("name", types.CodeText(64), nullable=False),
        sa.Column("dimension", types.WholeNumber(32), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.CheckConstraint("dimension >= 1", name="dimension"),
        sa.PrimaryKeyConstraint("name", name="pk_memory_collections"),
        **OPTIONS,
    )


# The index over the vectors is built when somebody asks for it: see
# bedplate.dialects.vectors. Nobody may find it without its table.

VECTOR_INDEX = "conversation_memory_vector_index"
DROP_VECTOR_INDEX = {
    "postgresql": (
        f"DROP FUNCTION IF EXISTS {VECTOR_INDEX}() CASCADE",
        f"DROP TABLE IF EXISTS {VECTOR_INDEX}",
        "DROP FUNCTION IF EXISTS bedplate_vector(bytea)",
    ),
    "mariadb": (f"DROP TABLE IF EXISTS {VECTOR_INDEX}",),
}


def drop_vector_index() -> None:
    for statement in DROP_VECTOR_INDEX.get(op.get_context().dialect.name, ()):
        op.execute(statement)


def key() -> sa.Column[Any]:
    return sa.Column("id", types.Uuid(), nullable=False)


def moments() -> tuple[sa.Column[Any], sa.Column[Any]]:
    return (
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
    )


def reference(
    table: str, column: str, parent: str, on_delete: str
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{parent}.id"], name=f"fk_{table}_{column}", ondelete=on_delete
    )


def index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, [*columns])
