"""The people whose data the other domains keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bedplate.base import Base, Identified, Updated
from bedplate.checks import check_uuid
from bedplate.dialects import table_options
from bedplate.errors import InvalidValueError
from bedplate.repository import DomainRepository, prepared, reads
from bedplate.types import CodeText, JSONDocument, Uuid

__all__ = ["User", "Users", "of_user"]


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


class Users(DomainRepository):
    """People, by id or by their address."""

    def create_user(
        self,
        username: str | None = None,
        email: str | None = None,
        metadata: dict[str, Any] | None = None,
        id: UUID | str | None = None,  # noqa: A002  # it is the column's name
    ) -> User:
        """Create a user; an id that was given elsewhere may be kept.

        Raises:
            AlreadyExistsError: There is a user of that address, or of that id.
        """
        _refuse_empty({"username": username, "email": email})
        user = User(username=username, email=email, metadata_=metadata)
        if id is not None:
            user.id = check_uuid(id, "id")
        return self.of(User).add(user)

    @prepared
    @reads
    def get_user(self, user_id: UUID | str) -> User | None:
        """Return a user by its id."""
        return self.of(User).get(user_id)

    @reads
    def get_user_by_email(self, email: str) -> User | None:
        """Return a user by the address; letter case matters."""
        return self._first(sa.select(User).where(User.email == email))

    @reads
    def list_users(
        self, limit: int = 100, after: UUID | str | None = None
    ) -> Sequence[User]:
        """Return users in the order of their ids, from `after` on."""
        return self.of(User).list(limit=limit, after=after)

    def update_user(self, user_id: UUID | str, **changes: Any) -> User:
        """Change what is given, by the names of the columns, and return the user.

        Raises:
            NotFoundError: There is no such user.
            InvalidValueError: There is no such column.
        """
        _refuse_empty(changes)
        return self.of(User).update(user_id, **changes)

    def delete_user(self, user_id: UUID | str) -> bool:
        """Delete a user with all that hangs on it; return whether it was there."""
        return self.of(User).delete(user_id)


def _refuse_empty(given: dict[str, Any]) -> None:
    for name in ("username", "email"):
        if given.get(name) == "":
            raise InvalidValueError("is empty: leave it out, or give None", name)
