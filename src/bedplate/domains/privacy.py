"""What belongs to a person: given out whole, or erased everywhere.

Nothing here knows a table. A row hangs on a user when it refers to the user, or to a
row that does, by a foreign key that does not let it outlive what it refers to. Where
the key says SET NULL the row is somebody else's: it stays, and refers to nothing.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from datetime import date, time
from enum import Enum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from bedplate.base import Base
from bedplate.checks import check_uuid
from bedplate.domains import load_models
from bedplate.domains.belongings import Belongings, matching
from bedplate.domains.users import User
from bedplate.errors import NotFoundError
from bedplate.repository import DomainRepository, reads

__all__ = ["Privacy"]


class Privacy(DomainRepository):
    """All that hangs on a user, in every table there is."""

    @reads
    def export_user_data(self, user_id: UUID | str) -> dict[str, Any]:
        """Return all that hangs on a user as one JSON document.

        UUIDs and moments are ISO text, bytes are base64, NaN and infinities are the
        texts "NaN", "Infinity" and "-Infinity".

        Returns:
            Table to its rows, the user's own first; only tables that have some.

        Raises:
            NotFoundError: There is no such user.
        """
        belongings = self._belongings(user_id)
        found = {table.name: belongings.rows(table) for table in belongings.tables}
        return {name: _plain(rows) for name, rows in found.items() if rows}

    def erase_user(self, user_id: UUID | str) -> dict[str, int]:
        """Delete a user with all that hangs on it, in one transaction.

        Returns:
            Table to how many of its rows went; only tables that had some.

        Raises:
            NotFoundError: There is no such user.
        """
        belongings = self._belongings(user_id, lock=True)
        belongings.untie()
        counts = {t: belongings.delete(t) for t in reversed(belongings.tables)}
        self._forget(counts)
        return {t.name: counts[t] for t in belongings.tables if counts[t]}

    def _belongings(self, user_id: UUID | str, *, lock: bool = False) -> Belongings:
        load_models()
        users: Any = User.__table__
        key = check_uuid(user_id, "user_id")
        user = sa.select(users.c.id).where(users.c.id == key)
        # Locked, so that nobody adds a row that refers to the user until it is gone.
        found = self.connection.execute(user.with_for_update() if lock else user)
        if found.first() is None:
            raise NotFoundError(f"there is no user {user_id}")
        return Belongings(self.connection, self._present(), users, (key,))

    def _present(self) -> list[sa.Table]:
        """Return the tables that are declared, and in the database as well."""
        inspector = sa.inspect(self.connection)
        names = set(inspector.get_table_names())
        return [
            table
            for table in Base.metadata.tables.values()
            if table.name in names or inspector.has_table(table.name, table.schema)
        ]

    def _forget(self, tables: Mapping[sa.Table, int]) -> None:
        """Have the session let go of entities whose rows are gone."""
        held: dict[Any, dict[Any, Any]] = {}
        for entity in self.session.identity_map.values():
            state: Any = sa.inspect(entity)
            table = state.mapper.local_table
            if tables.get(table):
                held.setdefault(table, {})[state.identity] = entity
        for table, entities in held.items():
            columns = tuple(table.primary_key.columns)
            left = {
                tuple(row)
                for condition in matching(self.connection, columns, [*entities])
                for row in self.connection.execute(sa.select(*columns).where(condition))
            }
            for key in entities.keys() - left:
                self.session.expunge(entities[key])


def _plain(value: Any) -> Any:
    """Return what json.dumps() takes, and stands for the same value."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, float):
        return value if math.isfinite(value) else _NO_NUMBERS[str(value)]
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, date | time):
        return value.isoformat()
    if hasattr(value, "tolist"):  # an array of numbers, or one of them
        return _plain(value.tolist())
    return str(value)  # a UUID, a decimal: text that tells it exactly


_NO_NUMBERS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
