"""Tables of the conversations domain."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bedplate.base import Base, Created, Identified, Updated
from bedplate.checks import check_uuid
from bedplate.dialects import table_options
from bedplate.domains.users import of_user
from bedplate.types import (
    CodeText,
    Double,
    JSONDocument,
    LongText,
    Mark,
    SearchText,
    UTCDateTime,
    Uuid,
    Vector,
    WholeNumber,
)

if TYPE_CHECKING:
    from bedplate.vectors import Array
else:  # read at run time, and NumPy takes its time to load
    Array = Any

__all__ = [
    "Conversation",
    "ConversationMemory",
    "ConversationState",
    "ExecutionContext",
    "MemoryCollection",
    "Message",
    "Module",
    "Persona",
    "owner_of",
]

NAME_LENGTH = 255


class ExecutionContext(StrEnum):
    """When a module runs."""

    IMMEDIATE = "IMMEDIATE"
    POST_RESPONSE = "POST_RESPONSE"
    ON_DEMAND = "ON_DEMAND"


def owner_of(persona_id: UUID | str | None, module_id: UUID | str | None) -> str:
    """Return whose state it is, as text that equals itself where a part is missing."""
    ids = {"persona_id": persona_id, "module_id": module_id}
    return ":".join(
        "" if value is None else check_uuid(value, name).hex
        for name, value in ids.items()
    )


def _owner(context: Any) -> str:
    given = context.get_current_parameters()
    return owner_of(given.get("persona_id"), given.get("module_id"))


def _parent(table: str, on_delete: str, *, index: bool = True) -> Mapped[Any]:
    """Return a reference whose row follows its parent in the database itself."""
    return mapped_column(
        Uuid(), sa.ForeignKey(f"{table}.id", ondelete=on_delete), index=index
    )


class Persona(Identified, Updated, Base):
    """Somebody the model speaks as."""

    __tablename__ = "personas"
    __table_args__ = (sa.UniqueConstraint("name"), table_options())

    name: Mapped[str] = mapped_column(CodeText(NAME_LENGTH))
    description: Mapped[str | None] = mapped_column(LongText())
    system_prompt: Mapped[str | None] = mapped_column(LongText())
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata", JSONDocument())


class Module(Identified, Updated, Base):
    """Something that is done around a response; the lowest priority goes first."""

    __tablename__ = "modules"
    __table_args__ = (
        sa.UniqueConstraint("name"),
        sa.CheckConstraint(
            "execution_context IN ('IMMEDIATE', 'POST_RESPONSE', 'ON_DEMAND')",
            name="execution_context",
        ),
        sa.Index(None, "execution_context", "stage_priority", "id"),
        table_options(),
    )

    name: Mapped[str | None] = mapped_column(CodeText(NAME_LENGTH))
    type: Mapped[str] = mapped_column(CodeText(64))
    description: Mapped[str | None] = mapped_column(LongText())
    trigger_pattern: Mapped[str | None] = mapped_column(LongText())
    script: Mapped[str | None] = mapped_column(LongText())
    content: Mapped[str | None] = mapped_column(LongText())
    execution_context: Mapped[str] = mapped_column(CodeText(16))
    requires_ai_inference: Mapped[bool] = mapped_column(
        Mark(), nullable=True, default=False
    )
    stage_priority: Mapped[int] = mapped_column(WholeNumber(32), default=0)


class Conversation(Identified, Updated, Base):
    """A chat; its messages, states and memories go when it goes."""

    __tablename__ = "conversations"
    __table_args__ = (table_options(),)

    user_id: Mapped[UUID | None] = of_user()
    persona_id: Mapped[UUID | None] = _parent("personas", "SET NULL")
    title: Mapped[str | None] = mapped_column(CodeText(512))
    provider_type: Mapped[str | None] = mapped_column(CodeText(64))
    provider_config: Mapped[dict[str, Any] | None] = mapped_column(JSONDocument())


class Message(Identified, Updated, Base):
    """What was said; `sequence` counts from 1 and is the order of a conversation."""

    __tablename__ = "messages"
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "sequence"),
        sa.CheckConstraint("sequence >= 1", name="sequence"),
        sa.CheckConstraint("input_tokens >= 0", name="input_tokens"),
        sa.CheckConstraint("output_tokens >= 0", name="output_tokens"),
        table_options(),
    )

    conversation_id: Mapped[UUID] = _parent("conversations", "CASCADE", index=False)
    sequence: Mapped[int] = mapped_column(WholeNumber())
    role: Mapped[str] = mapped_column(CodeText(32))
    content: Mapped[str] = mapped_column(SearchText())
    thinking: Mapped[str | None] = mapped_column(LongText())
    extra_data: Mapped[dict[str, Any] | None] = mapped_column(JSONDocument())
    input_tokens: Mapped[int | None] = mapped_column(WholeNumber())
    output_tokens: Mapped[int | None] = mapped_column(WholeNumber())


class ConversationState(Identified, Updated, Base):
    """A value that a persona, a module, both or neither keep in a conversation.

    NULLs never collide in a unique key, so `owner` spells persona and module out.
    """

    __tablename__ = "conversation_states"
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "owner", "state_key"),
        table_options(),
    )

    conversation_id: Mapped[UUID] = _parent("conversations", "CASCADE", index=False)
    persona_id: Mapped[UUID | None] = _parent("personas", "CASCADE")
    module_id: Mapped[UUID | None] = _parent("modules", "CASCADE")
    owner: Mapped[str] = mapped_column(CodeText(65), default=_owner)
    state_key: Mapped[str] = mapped_column(CodeText(NAME_LENGTH))
    value: Mapped[Any] = mapped_column(JSONDocument(), nullable=True)


class ConversationMemory(Identified, Updated, Base):
    """Something worth remembering, and where it lies among all meanings.

    The embedding has length 1. `decay` is the share of the importance that is left.
    """

    __tablename__ = "conversation_memory"
    __table_args__ = (
        sa.CheckConstraint("importance >= 0 AND importance <= 1", name="importance"),
        sa.CheckConstraint("decay >= 0 AND decay <= 1", name="decay"),
        sa.CheckConstraint("access_count >= 0", name="access_count"),
        table_options(),
    )

    conversation_id: Mapped[UUID] = _parent("conversations", "CASCADE")
    persona_id: Mapped[UUID | None] = _parent("personas", "SET NULL")
    first_message_id: Mapped[UUID | None] = _parent("messages", "SET NULL")
    content: Mapped[str] = mapped_column(LongText())
    memory_type: Mapped[str] = mapped_column(CodeText(64))
    importance: Mapped[float] = mapped_column(Double(), default=0.5)
    decay: Mapped[float] = mapped_column(Double(), default=1.0)
    embedding: Mapped[Array] = mapped_column(Vector())
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata", JSONDocument())
    last_accessed: Mapped[datetime | None] = mapped_column(UTCDateTime())
    access_count: Mapped[int] = mapped_column(WholeNumber(), default=0)


class MemoryCollection(Created, Base):
    """How many numbers the embeddings of a table have: the first one decided it."""

    __tablename__ = "memory_collections"
    __table_args__ = (
        sa.CheckConstraint("dimension >= 1", name="dimension"),
        table_options(),
    )

    name: Mapped[str] = mapped_column(CodeText(64), primary_key=True)
    dimension: Mapped[int] = mapped_column(WholeNumber(32))
