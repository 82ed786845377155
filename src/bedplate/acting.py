"""For whom a session works: the user whose rows it sees, the actor of its changes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import event

from bedplate.checks import check_filled, check_uuid
from bedplate.errors import UnsupportedError

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from bedplate.engine import Engines

__all__ = ["act_as", "act_for"]


def act_for(
    session: Session, engines: Engines, user_id: UUID | str | None
) -> UUID | None:
    """Let a session see and write one user's rows alone, and return that user.

    Raises:
        UnsupportedError: The database would let it see everybody's.
        InvalidValueError: It is no UUID.
    """
    if user_id is None:
        return None
    user, dialect = check_uuid(user_id, "user_id"), engines.dialect
    if not dialect.row_security:
        raise UnsupportedError(
            f"{dialect.title} cannot keep one user's rows from another: select them by "
            "their user_id, and leave out transaction(user_id=...)"
        )

    # At every beginning: whoever rolls back inside of the block goes on as the same.
    @event.listens_for(session, "after_begin")
    def begun(_session: Session, _: object, connection: Connection) -> None:
        dialect.act_for(connection, user)

    return user


def act_as(session: Session, engines: Engines, actor: str | None) -> str | None:
    """Have the audit log name the actor of a session's changes, and return it.

    Raises:
        InvalidValueError: It is empty, or too long.
    """
    if actor is None:
        return None
    name = check_filled(actor, "actor", 255)

    @event.listens_for(session, "after_begin")
    def begun(_session: Session, _: object, connection: Connection) -> None:
        engines.dialect.audits.act_as(connection, name)

    return name
