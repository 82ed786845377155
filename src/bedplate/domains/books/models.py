"""Tables of the books domain: what an assistant that writes books works on."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bedplate.base import Base, Identified, Updated
from bedplate.dialects import table_options
from bedplate.domains.users import of_user
from bedplate.types import CodeText, JSONDocument, LongText, Uuid

__all__ = [
    "OWNED_TABLES",
    "Author",
    "BookSession",
    "Character",
    "Plot",
    "SessionStatus",
    "WorldBuilding",
]

OWNED_TABLES = {
    "users": "id",
    "sessions": "user_id",
    "authors": "user_id",
    "plots": "user_id",
    "world_building": "user_id",
    "characters": "user_id",
}
"""The tables of this domain, and the column that says whose each row is.

Revisions that turn row security on read this: a table that comes later has to be
another name, or a database that is made anew would meet it too early.
"""

TITLE_LENGTH = 500
NAME_LENGTH = 255


class SessionStatus(StrEnum):
    """What a session of work is at."""

    ACTIVE = "active"
    COMPLETED = "completed"
    ARCHIVED = "archived"


def _parent(table: str, on_delete: str) -> Mapped[UUID | None]:
    """Return a reference whose row follows its parent in the database itself."""
    return mapped_column(
        Uuid(), sa.ForeignKey(f"{table}.id", ondelete=on_delete), index=True
    )


def _section() -> Mapped[Any]:
    return mapped_column(JSONDocument(), nullable=True)


class BookSession(Identified, Updated, Base):
    """A session of work on books; what was made in it outlives it."""

    __tablename__ = "sessions"
    __table_args__ = (
        sa.CheckConstraint(
            "status IN ('active', 'completed', 'archived')", name="status"
        ),
        table_options(),
    )

    user_id: Mapped[UUID | None] = of_user(index=False)
    title: Mapped[str | None] = mapped_column(CodeText(TITLE_LENGTH))
    status: Mapped[str] = mapped_column(
        CodeText(16), default=SessionStatus.ACTIVE.value
    )
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata", JSONDocument())


class Author(Identified, Updated, Base):
    """Somebody, mostly invented, in whose voice a book is written."""

    __tablename__ = "authors"
    __table_args__ = (table_options(),)

    user_id: Mapped[UUID | None] = of_user(index=False)
    session_id: Mapped[UUID | None] = _parent("sessions", "SET NULL")
    author_name: Mapped[str] = mapped_column(CodeText(NAME_LENGTH))
    pen_name: Mapped[str | None] = mapped_column(CodeText(NAME_LENGTH))
    biography: Mapped[str | None] = mapped_column(LongText())
    writing_style: Mapped[str | None] = mapped_column(LongText())


class Plot(Identified, Updated, Base):
    """The plot of a book; its worlds and characters go when it goes."""

    __tablename__ = "plots"
    __table_args__ = (table_options(),)

    user_id: Mapped[UUID | None] = of_user(index=False)
    session_id: Mapped[UUID | None] = _parent("sessions", "SET NULL")
    author_id: Mapped[UUID | None] = _parent("authors", "SET NULL")
    title: Mapped[str] = mapped_column(CodeText(TITLE_LENGTH))
    plot_summary: Mapped[str | None] = mapped_column(LongText())
    genre: Mapped[str | None] = mapped_column(CodeText(NAME_LENGTH))
    subgenre: Mapped[str | None] = mapped_column(CodeText(NAME_LENGTH))
    microgenre: Mapped[str | None] = mapped_column(CodeText(NAME_LENGTH))
    trope: Mapped[str | None] = mapped_column(CodeText(NAME_LENGTH))
    tone: Mapped[str | None] = mapped_column(CodeText(NAME_LENGTH))
    target_audience: Mapped[Any] = mapped_column(JSONDocument(), nullable=True)

    author: Mapped[Author | None] = relationship(lazy="raise")


class WorldBuilding(Identified, Updated, Base):
    """The world that a plot happens in."""

    __tablename__ = "world_building"
    __table_args__ = (table_options(),)

    user_id: Mapped[UUID | None] = of_user(index=False)
    plot_id: Mapped[UUID | None] = _parent("plots", "CASCADE")
    world_name: Mapped[str] = mapped_column(CodeText(NAME_LENGTH))
    world_type: Mapped[str | None] = mapped_column(CodeText(NAME_LENGTH))
    overview: Mapped[str | None] = mapped_column(LongText())
    geography: Mapped[Any] = _section()
    political_landscape: Mapped[Any] = _section()
    cultural_systems: Mapped[Any] = _section()
    economic_framework: Mapped[Any] = _section()
    historical_timeline: Mapped[Any] = _section()
    power_systems: Mapped[Any] = _section()
    languages_and_communication: Mapped[Any] = _section()
    religious_and_belief_systems: Mapped[Any] = _section()
    unique_elements: Mapped[Any] = _section()


class Character(Identified, Updated, Base):
    """Somebody in a plot."""

    __tablename__ = "characters"
    __table_args__ = (table_options(),)

    user_id: Mapped[UUID | None] = of_user(index=False)
    plot_id: Mapped[UUID | None] = _parent("plots", "CASCADE")
    name: Mapped[str] = mapped_column(CodeText(NAME_LENGTH))
    role: Mapped[str | None] = mapped_column(CodeText(NAME_LENGTH))
    description: Mapped[str | None] = mapped_column(LongText())
    backstory: Mapped[str | None] = mapped_column(LongText())
    traits: Mapped[Any] = _section()
    relationships: Mapped[Any] = _section()


# A user's rows are listed in the order of their ids, page by page.
for _model in (BookSession, Author, Plot, WorldBuilding, Character):
    sa.Index(None, _model.user_id, _model.id)
