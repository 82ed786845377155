"""Row security: a policy for each table, and a setting for each transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.engine import Connection

__all__ = ["act_for", "turned_off", "turned_on"]

_SETTING = "app.user_id"
_POLICY = "bedplate_user"

# A connection that had the setting once has it empty ever after, and not missing.
_USER = f"CAST(NULLIF(current_setting('{_SETTING}', true), '') AS uuid)"

_SET = sa.text(f"SELECT set_config('{_SETTING}', :user, true)")  # true: local


def act_for(connection: Connection, user_id: UUID) -> None:
    """Name the user of the open transaction."""
    connection.execute(_SET, {"user": str(user_id)})


def turned_on(table: str, user_column: str) -> Sequence[str]:
    """Return the statements that turn row security on, for the owner as well."""
    mine = f"{user_column} = {_USER}"
    return (
        f"CREATE POLICY {_POLICY} ON {table} USING ({mine}) WITH CHECK ({mine})",
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
    )


def turned_off(table: str) -> Sequence[str]:
    """Return the statements that turn row security off and drop the policy."""
    return (
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        f"DROP POLICY {_POLICY} ON {table}",
    )
