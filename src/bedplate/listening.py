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
        self._pool = engine.pool
        self._dispatch, self._pool_dispatch = engine.dispatch, self._pool.dispatch
        self._of_engine, self._of_pool = _collections(engine)
        collections = *self._of_engine, *self._of_pool
        lists = [_to_sessions.parent_listeners]
        for collection in collections:
            lists.append(collection.parent_listeners)
            if collection.listeners != ():  # which another collection will replace
                lists.append(collection.listeners)
        self._empty = [each for each in lists if not each]
        self._filled = [each for each in lists if each]
        self._lengths = [*map(len, self._filled)]
        self._counts = [*map(len, collections)]
        self._to_sessions = len(_to_sessions.parent_listeners)

    def are_those_of(self, engine: sa.Engine) -> bool:
        """Return whether nobody has begun or ceased to listen since."""
        if (
            engine.pool is self._pool
            and _of_engine(self._dispatch) == self._of_engine
            and _of_pool(self._pool_dispatch) == self._of_pool
        ):
            same = [*map(len, self._filled)] == self._lengths
            return same and not any(self._empty)
        # A pool that is made anew, or who has listened and ceased to.
        of_engine, of_pool = _collections(engine)
        sessions = len(_to_sessions.parent_listeners) == self._to_sessions
        return sessions and [*map(len, (*of_engine, *of_pool))] == self._counts


def _collections(engine: sa.Engine) -> tuple[Any, Any]:
    return _of_engine(engine.dispatch), _of_pool(engine.pool.dispatch)
