"""The people whose data the other domains keep."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bedplate.base import Base, Identified, Updated
from bedplate.dialects import table_options
from bedplate.types import CodeText, JSONDocument, Uuid

__all__ = ["User", "of_user"]


class User(Identified, Updated, Base):
    """Somebody; what hangs on a user goes when the user goes."""

    __tablename__ = "users"
    __table_args__ = (sa.UniqueConstraint("email"), table_options())

    username: Mapped[str | None] = mapped_column(CodeText(255))
    email: Mapped[str | None] = mapped_column(CodeText(320))
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata", JSONDocument())


def of_user(*, index: bool = True) -> Mapped[UUID | None]:
    """Return a reference to the user whose row this is, None for nobody's.

    Args:
        index: Whether the column gets an index of its own; not where another one
            begins with it.
    """
    return mapped_column(
        Uuid(), sa.ForeignKey("users.id", ondelete="CASCADE"), index=index
    )
