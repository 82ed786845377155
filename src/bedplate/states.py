"""What the ORM knows of an entity, made when it is first asked for.

Rows that a call by itself returns are read, and most of them are never given to a
session. Their attributes are there without what the ORM keeps of each entity, which
costs as much as the entity itself.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import manager_of_class
from sqlalchemy.orm.base import DEFAULT_STATE_ATTR

if TYPE_CHECKING:
    from sqlalchemy.orm.state import InstanceState

__all__ = ["LaterState"]


class LaterState:
    """Stands on the class, where the ORM looks for what an entity has not got itself.

    The state made here is that of an entity whose session is gone.
    """

    def __get__(self, entity: Any, owner: type) -> InstanceState[Any]:
        # Nothing in it yet: it is being made, and its state with it.
        if entity is None or not entity.__dict__:
            raise AttributeError(DEFAULT_STATE_ATTR)
        manager, identity_class, key = _making(owner)
        values = entity.__dict__
        state = manager._state_constructor(entity, manager)
        state.key = (identity_class, tuple([values[name] for name in key]), None)
        # Two threads that ask at once both get the one that was first.
        first: InstanceState[Any] = values.setdefault(DEFAULT_STATE_ATTR, state)
        return first


@cache
def _making(model: Any) -> tuple[Any, type[Any], list[str]]:
    sa.orm.configure_mappers()  # else attributes of an entity cannot be read yet
    mapper = sa.inspect(model)
    key = [mapper.get_property_by_column(c).key for c in model.__table__.primary_key]
    return manager_of_class(model), mapper.base_mapper.class_, key
