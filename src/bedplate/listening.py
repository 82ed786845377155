"""Whether anybody listens to what a call without a session leaves out."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["Listeners"]

_of_engine: Any = attrgetter(
    *("begin", "commit", "rollback", "engine_connect"),
    *("before_execute", "after_execute"),
    *("before_cursor_execute", "after_cursor_execute"),
)
_of_pool: Any = attrgetter("checkout", "checkin")
_to_sessions: Any = Session().dispatch.do_orm_execute


class Listeners:
    """Those of an engine, of its class, and of its pool, at one moment.

    Asking SQLAlchemy's collections how many they are takes half as long as a short
    statement. So the collections are remembered, in whose place another one stands when
    the first one listens to an engine, and the lists in them, which grow and shrink.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._collections = _collections(engine)
        self._lists = [_to_sessions.parent_listeners]
        for collection in self._collections:
            self._lists.append(collection.parent_listeners)
            if collection.listeners != ():  # which another collection will replace
                self._lists.append(collection.listeners)
        self._lengths = [*map(len, self._lists)]
        self._counts = [*map(len, self._collections)]

    def are_those_of(self, engine: sa.Engine) -> bool:
        """Return whether nobody has begun or ceased to listen since."""
        now = _collections(engine)
        if now == self._collections:
            return [*map(len, self._lists)] == self._lengths
        # A pool that is made anew, or who has listened and ceased to.
        sessions = len(_to_sessions.parent_listeners) == self._lengths[0]
        return sessions and [*map(len, now)] == self._counts


def _collections(engine: sa.Engine) -> tuple[Any, ...]:
    return (*_of_engine(engine.dispatch), *_of_pool(engine.pool.dispatch))
