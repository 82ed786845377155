"""What the columns of this domain take, checked before the database is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.checks import check_text, check_whole
from bedplate.domains.conversations.models import ExecutionContext
from bedplate.errors import InvalidValueError

if TYPE_CHECKING:
    from bedplate.base import Base

__all__ = [
    "changeable",
    "check_context",
    "check_name",
    "check_required",
    "check_share",
    "check_tokens",
]

_FIXED = {"id", "created_at", "updated_at"}


def check_required(value: str, column: str) -> str:
    """Return a text that may not be empty.

    Raises:
        InvalidValueError: It is empty, or no text.
    """
    if not check_text(value, column).strip():
        raise InvalidValueError("is empty", column)
    return value


def check_name(name: str) -> str:
    """Return a name, which may not be empty or have spaces around it.

    Raises:
        InvalidValueError: It is, or has.
    """
    if check_required(name, "name") != name.strip():
        raise InvalidValueError(f"{name!r} has spaces around it, unseen", "name")
    return name


def check_context(value: str) -> str:
    """Return an execution context.

    Raises:
        InvalidValueError: There is none of that name.
    """
    try:
        return ExecutionContext(value).value
    except ValueError:
        known = ", ".join(ExecutionContext)
        message = f"{value!r} is not one of {known}"
        raise InvalidValueError(message, "execution_context") from None


def check_share(value: float, column: str) -> float:
    """Return a number from 0 to 1.

    Raises:
        InvalidValueError: It is none.
    """
    try:
        share = float(value)
    except (TypeError, ValueError, OverflowError):
        share = -1.0
    if not 0 <= share <= 1:
        raise InvalidValueError(f"{value!r} is not a number from 0 to 1", column)
    return share


def check_tokens(value: int | None, column: str) -> int | None:
    """Return how many tokens it was, if that is known.

    Raises:
        InvalidValueError: It is no whole number, or less than 0.
    """
    return None if value is None else check_whole(value, column, 0, 2**63 - 1)


def _optional_name(name: str | None) -> str | None:
    return None if name is None else check_name(name)


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "execution_context": check_context,
    "importance": lambda value: check_share(value, "importance"),
    "decay": lambda value: check_share(value, "decay"),
    "input_tokens": lambda value: check_tokens(value, "input_tokens"),
    "output_tokens": lambda value: check_tokens(value, "output_tokens"),
    "access_count": lambda value: check_whole(value, "access_count", 0, 2**63 - 1),
    "type": lambda value: check_required(value, "type"),
    "role": lambda value: check_required(value, "role"),
    "memory_type": lambda value: check_required(value, "memory_type"),
}
"""What columns of that name take beyond what their types refuse."""


def changeable(
    model: type[Base], changes: Mapping[str, Any], *fixed: str
) -> Mapping[str, Any]:
    """Return changes of a row, all of whose values were checked.

    Args:
        model: The row's.
        changes: New values, by the names of columns.
        fixed: Columns that stay as they are, beside keys and moments.

    Raises:
        InvalidValueError: One of them cannot be changed, or not to that.
    """
    columns = sa.inspect(model).columns
    for name, value in changes.items():
        column = next((c for c in columns if c.name == name), None)
        if name in _FIXED or name in fixed:
            raise InvalidValueError("stays as it is", name)
        if column is not None and value is None and not column.nullable:
            raise InvalidValueError("a value is needed", name)
    checks = {**_CHECKS, "name": _optional_name}
    return {
        name: checks[name](value) if name in checks else value
        for name, value in changes.items()
    }
