"""Which revision was begun and not finished, where one cannot be rolled back.

Such a database commits each change of a table at once, and a killed revision leaves a
schema that is at no revision. So before a step is run it is written into the comment of
Alembic's own table, next to the revision the schema is at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import sqlalchemy as sa

from bedplate.dialects import dialect_of

__all__ = ["VERSION", "HalfStep", "clear", "half_step", "mark"]

VERSION = sa.Table(
    "alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32))
)
"""Alembic's table: the revision the schema is at."""

_MARK = re.compile(r"(upgrade|downgrade) (\S+) at (\S+)")


@dataclass(frozen=True)
class HalfStep:
    """A step that was begun.

    Attributes:
        verb: "upgrade" or "downgrade".
        revision: Which revision it applies or takes back.
        at: The revision the schema was at then; "base" for none.
    """

    verb: str
    revision: str
    at: str

    @classmethod
    def of(cls, revision: str, heads: Iterable[str], *, up: bool) -> Self:
        """Return the step that applies a revision, or takes it back."""
        return cls("upgrade" if up else "downgrade", revision, _place(heads))

    def __str__(self) -> str:
        advice = (
            "run `bedplate upgrade` to finish it"
            if self.verb == "upgrade"
            else "run the downgrade again, or `bedplate upgrade` to take it back"
        )
        return f"the {self.verb} of {self.revision} was stopped half way: {advice}"


def half_step(connection: sa.Connection, heads: Iterable[str]) -> HalfStep | None:
    """Return the step that was begun at the revision the schema still is at."""
    if dialect_of(connection).transactional_ddl:
        return None
    inspector = sa.inspect(connection)
    if not inspector.has_table(VERSION.name):
        return None
    comment = inspector.get_table_comment(VERSION.name)["text"]
    found = _MARK.fullmatch(comment or "")
    step = HalfStep(*found.groups()) if found else None
    return step if step and step.at == _place(heads) else None


def mark(connection: sa.Connection, step: HalfStep) -> None:
    """Write down that a step is begun."""
    _comment(connection, f"{step.verb} {step.revision} at {step.at}")


def clear(connection: sa.Connection) -> None:
    """Write down that no step is half way."""
    _comment(connection, "")


def _place(heads: Iterable[str]) -> str:
    return ",".join(sorted(heads)) or "base"


def _comment(connection: sa.Connection, text: str) -> None:
    table = sa.Table(VERSION.name, sa.MetaData(), comment=text)
    connection.execute(sa.schema.SetTableComment(table))
