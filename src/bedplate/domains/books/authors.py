"""The voices that books are written in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bedplate.domains.books.models import Author, BookSession
from bedplate.domains.books.ownership import Key, Ownership, check_name
from bedplate.repository import prepared, reads

__all__ = ["Authors"]


class Authors(Ownership):
    """Authors, mostly invented."""

    def create_author(
        self,
        author_name: str,
        pen_name: str | None = None,
        biography: str | None = None,
        writing_style: str | None = None,
        user_id: Key | None = None,
        session_id: Key | None = None,
    ) -> Author:
        """Create an author; without a user it is the session's user's.

        Raises:
            ReferenceFailedError: There is no such user or session.
            InvalidValueError: The name is empty.
        """
        entity = Author(
            author_name=check_name(author_name, "author_name"),
            pen_name=pen_name,
            biography=biography,
            writing_style=writing_style,
            user_id=self._owner(user_id, {BookSession: session_id}),
            session_id=session_id,
        )
        return self.of(Author).add(entity)

    @prepared
    @reads
    def get_author(self, author_id: Key) -> Author | None:
        """Return an author by its id."""
        return self.of(Author).get(author_id)

    @reads
    def list_authors(
        self,
        user_id: Key | None = None,
        session_id: Key | None = None,
        limit: int = 100,
        after: Key | None = None,
    ) -> Sequence[Author]:
        """Return authors in the order of their ids, from `after` on."""
        wanted = {"user_id": user_id, "session_id": session_id}
        return self._listed(Author, wanted, limit, after)

    def update_author(self, author_id: Key, **changes: Any) -> Author:
        """Change what is given, by the names of the columns, and return the author.

        Raises:
            NotFoundError: There is no such author.
            InvalidValueError: There is no such column, or the name is empty.
        """
        return self._changed(Author, author_id, changes)

    def delete_author(self, author_id: Key) -> bool:
        """Delete an author, not the plots; return whether it was there."""
        return self.of(Author).delete(author_id)
