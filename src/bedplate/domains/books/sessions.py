"""Sessions of work on books."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bedplate.domains.books.models import BookSession, SessionStatus
from bedplate.domains.books.ownership import Key, Ownership
from bedplate.errors import InvalidValueError
from bedplate.repository import prepared, reads

__all__ = ["Sessions"]


class Sessions(Ownership):
    """Sessions, each of one user."""

    def create_session(
        self,
        user_id: Key | None = None,
        title: str | None = None,
        status: str = SessionStatus.ACTIVE.value,
        metadata: dict[str, Any] | None = None,
    ) -> BookSession:
        """Create a session.

        Raises:
            ReferenceFailedError: There is no such user.
            InvalidValueError: There is no such status.
        """
        entity = BookSession(
            user_id=user_id, title=title, status=_status(status), metadata_=metadata
        )
        return self.of(BookSession).add(entity)

    @prepared
    @reads
    def get_session(self, session_id: Key) -> BookSession | None:
        """Return a session by its id."""
        return self.of(BookSession).get(session_id)

    @reads
    def list_sessions(
        self,
        user_id: Key | None = None,
        status: str | None = None,
        limit: int = 100,
        after: Key | None = None,
    ) -> Sequence[BookSession]:
        """Return sessions in the order of their ids, from `after` on."""
        wanted = {"user_id": user_id, "status": status and _status(status)}
        return self._listed(BookSession, wanted, limit, after)

    def update_session(self, session_id: Key, **changes: Any) -> BookSession:
        """Change what is given, by the names of the columns, and return the session.

        Raises:
            NotFoundError: There is no such session.
            InvalidValueError: There is no such column, or no such status.
        """
        if "status" in changes:
            changes["status"] = _status(changes["status"])
        return self._changed(BookSession, session_id, changes)

    def delete_session(self, session_id: Key) -> bool:
        """Delete a session, not what was made in it; return whether it was there."""
        return self.of(BookSession).delete(session_id)


def _status(status: str) -> str:
    try:
        return SessionStatus(status).value
    except ValueError:
        known = ", ".join(SessionStatus)
        raise InvalidValueError(f"{status!r} is not one of {known}", "status") from None
