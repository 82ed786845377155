"""The declarative base: one metadata, one naming convention, mixins."""

from __future__ import annotations

import reprlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bedplate.identifiers import uuid7
from bedplate.states import LaterState
from bedplate.types import Encrypted, Key, UTCDateTime, Uuid

__all__ = ["Base", "Created", "Identified", "Keyed", "Updated", "utcnow"]

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name, so that a later revision can drop it anywhere."""


_brief = reprlib.Repr()  # its arguments came with Python 3.12
_brief.maxstring, _brief.maxdict, _brief.maxother = 40, 3, 40


def utcnow() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """The base of every table, yours included."""

    metadata = sa.MetaData(naming_convention=_NAMES)

    _sa_instance_state: Any = LaterState()

    def as_dict(self) -> dict[str, Any]:
        """Return the loaded columns, by column name."""
        mapper = sa.inspect(type(self))
        loaded = self.__dict__
        return {
            mapper.columns[key].name: loaded[key]
            for key in mapper.columns.keys()  # noqa: SIM118  # not a dict
            if key in loaded
        }

    def __repr__(self) -> str:
        kinds = {c.name: c.type for c in sa.inspect(type(self)).columns}
        shown = ", ".join(
            f"{name}=..."
            if isinstance(kinds[name], Encrypted)
            else f"{name}={_brief.repr(value)}"
            for name, value in self.as_dict().items()
        )
        return f"{type(self).__name__}({shown})"


class Keyed:
    """A surrogate key."""

    id: Mapped[int] = mapped_column(Key(), primary_key=True, sort_order=-1)


class Identified:
    """A UUID that the program gives, so that it is known before the row is written."""

    id: Mapped[UUID] = mapped_column(
        Uuid(), primary_key=True, default=uuid7, sort_order=-1
    )


class Created:
    """When the row was written."""

    # Defaults are taken in the order of the columns: created, then updated.
    created_at: Mapped[datetime] = mapped_column(
        UTCDateTime(), default=utcnow, sort_order=1
    )


class Updated(Created):
    """When the row was written, and last changed."""

    updated_at: Mapped[datetime] = mapped_column(
        UTCDateTime(), default=utcnow, onupdate=utcnow, sort_order=2
    )
