"""Whose a row is, and what all aggregates of books have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa

from bedplate.base import Base
from bedplate.checks import check_text
from bedplate.errors import InvalidValueError
from bedplate.repository import DomainRepository

__all__ = ["Key", "Ownership", "check_name"]

M = TypeVar("M", bound=Base)

Key = UUID | str
"""A UUID, or its text."""


class Ownership(DomainRepository):
    """What belongs to a user, through what it is a part of if need be."""

    def _owner(
        self, user_id: Key | None, parents: Mapping[Any, Key | None]
    ) -> Key | None:
        """Return whose a new row is: what was said, else the owner of its parent.

        Args:
            user_id: Whose it is said to be.
            parents: What it is a part of, model to key; the first one known tells.
        """
        if user_id is not None:
            return user_id
        for model, key in parents.items():
            if key is not None:
                owner = sa.select(model.user_id).where(model.id == key)
                return self.session.scalars(owner).one_or_none()
        return None

    def _listed(
        self, model: type[M], wanted: Mapping[str, Any], limit: int, after: Key | None
    ) -> Sequence[M]:
        columns: Any = sa.inspect(model).columns
        where = [columns[n] == v for n, v in wanted.items() if v is not None]
        return self.of(model).list(*where, limit=limit, after=after)

    def _changed(self, model: type[M], key: Key, changes: dict[str, Any]) -> M:
        if "id" in changes:
            raise InvalidValueError("what a row is known by cannot be changed", "id")
        for column in sa.inspect(model).columns:
            if column.name in changes and not column.nullable:
                _check_given(changes[column.name], column.name)
        return self.of(model).update(key, **changes)


def check_name(value: object, column: str) -> str:
    """Return a text that must say something.

    Raises:
        InvalidValueError: It is empty, or no text that every database can store.
    """
    text = check_text(value, column)
    if not text.strip():
        raise InvalidValueError("is empty", column)
    return text


def _check_given(value: object, column: str) -> None:
    if value is None:
        raise InvalidValueError("cannot be None", column)
    if isinstance(value, str):
        check_name(value, column)
