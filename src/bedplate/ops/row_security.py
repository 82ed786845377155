"""Row security, turned on by a project in a revision of its own.

from alembic import op
from bedplate.domains.books import OWNED_TABLES
from bedplate.ops import row_security

def upgrade() -> None:
    row_security.enable(op, OWNED_TABLES)

def downgrade() -> None:
    row_security.disable(op, OWNED_TABLES)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bedplate.dialects import Dialect, dialect
from bedplate.errors import UnsupportedError

__all__ = ["disable", "enable", "is_available"]


def is_available(op: Any) -> bool:
    """Return whether the database that a revision changes has row security."""
    return _dialect(op).row_security


def enable(op: Any, tables: Mapping[str, str]) -> None:
    """Let a transaction see and write only the rows of its user.

    The user is the one of `db.transaction(user_id=...)`; without one there are no
    rows. It binds every role, the tables' owner included, except superusers and roles
    with BYPASSRLS: have the program connect as another.

    Args:
        op: Alembic's `op`.
        tables: Table to the column with its user's UUID: "user_id", and "id" of the
            users themselves.

    Raises:
        UnsupportedError: The database has no row security; ask is_available().
    """
    ours, quote = _supporting(op), _quote(op)
    for table, column in tables.items():
        for statement in ours.row_security_on(quote(table), quote(column)):
            op.execute(statement)


def disable(op: Any, tables: Iterable[str]) -> None:
    """Take back what enable() did.

    Args:
        op: Alembic's `op`.
        tables: The tables.

    Raises:
        UnsupportedError: The database has no row security; ask is_available().
    """
    ours, quote = _supporting(op), _quote(op)
    for table in tables:
        for statement in ours.row_security_off(quote(table)):
            op.execute(statement)


def _dialect(op: Any) -> Dialect:
    return dialect(op.get_context().dialect.name)


def _quote(op: Any) -> Any:
    return op.get_context().dialect.identifier_preparer.quote


def _supporting(op: Any) -> Dialect:
    found = _dialect(op)
    if not found.row_security:
        raise UnsupportedError(
            f"{found.title} has no row security: where that is meant, let the revision "
            "ask row_security.is_available(op) first"
        )
    return found
