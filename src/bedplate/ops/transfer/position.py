"""How far a copy has come: kept in the database that is copied into.

A table of its own, `bedplate_copy`, has a row for each table: how many of its rows are
there, and the key of the last. It changes in the transaction that writes them, so that
a copy that was killed goes on where it was; and it goes when the copy is complete.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.dialects import table_options
from bedplate.errors import TransferError
from bedplate.ops.transfer.plain import plain, reader
from bedplate.types import CodeText, LongText, WholeNumber

if TYPE_CHECKING:
    from bedplate.ops.transfer.pages import Key, Page
    from bedplate.ops.transfer.tables import Part

__all__ = ["Position", "advance", "begin", "end", "is_begun", "read"]

_NOTES = sa.Table(
    "bedplate_copy",
    sa.MetaData(),
    sa.Column("name", CodeText(255), primary_key=True),
    sa.Column("source", LongText(), nullable=False),
    sa.Column("copied", WholeNumber(), nullable=False),
    sa.Column("last_key", LongText()),
    **table_options(),
)


class Position:
    """Where a table's copy stands.

    Attributes:
        rows: How many rows are there.
        after: The key of the last one, None for none.
    """

    def __init__(self, part: Part, rows: int, last: str | None) -> None:
        self.rows = rows
        self.after: Key | None = None
        if last is not None:
            readers = map(reader, part.key)
            pairs = zip(readers, json.loads(last), strict=True)
            self.after = tuple(read(value) if read else value for read, value in pairs)


def read(connection: sa.Connection, parts: Sequence[Part]) -> dict[str, Position]:
    """Return how far each table has come; nothing where no copy was begun."""
    if not sa.inspect(connection).has_table(_NOTES.name):
        return {}
    by_name = {part.name: part for part in parts}
    return {
        note.name: Position(by_name[note.name], note.copied, note.last_key)
        for note in connection.execute(sa.select(_NOTES))
        if note.name in by_name
    }


def begin(connection: sa.Connection, parts: Sequence[Part], source: str) -> None:
    """Note that a copy begins, or that one goes on.

    Raises:
        TransferError: Half of another database is there.
    """
    _NOTES.create(connection, checkfirst=True)
    there = connection.execute(sa.select(_NOTES.c.name, _NOTES.c.source)).all()
    if others := {note.source for note in there} - {source}:
        raise TransferError(
            f"half of {others.pop()} was copied here, and this is {source}: finish "
            "that copy, or lose it with --replace"
        )
    known = {note.name for note in there}
    new = [
        {"name": part.name, "source": source, "copied": 0, "last_key": None}
        for part in parts
        if part.name not in known
    ]
    if new:
        connection.execute(sa.insert(_NOTES), new)


def advance(connection: sa.Connection, part: Part, before: int, page: Page) -> None:
    """Note that a page is written, in the transaction that writes it.

    Raises:
        TransferError: Somebody else has written it.
    """
    last = json.dumps([plain(value) for value in page.last])
    moved = (
        sa.update(_NOTES)
        .where(_NOTES.c.name == part.name, _NOTES.c.copied == before)
        .values(copied=before + page.rows, last_key=last)
    )
    if connection.execute(moved).rowcount != 1:
        raise TransferError(
            "another process copies into this database: leave it to that one"
        )


def end(connection: sa.Connection) -> None:
    """Forget all notes."""
    _NOTES.drop(connection, checkfirst=True)


def is_begun(connection: sa.Connection) -> bool:
    """Return whether half of a copy is there."""
    if not sa.inspect(connection).has_table(_NOTES.name):
        return False
    some: Any = sa.select(_NOTES.c.name).limit(1)
    return connection.execute(some).first() is not None
