"""The log of changes: its tables, and the triggers that write it.

The tables are made when the first table is audited; a program that audits nothing has
none of this. What a trigger writes down follows the models: after a migration those of
tables that were changed are made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import sqlalchemy as sa

from bedplate.base import utcnow
from bedplate.dialects import dialect_of, table_options
from bedplate.dialects.audits import LOG, Audited, Kind, Reference
from bedplate.dialects.findings import Finding
from bedplate.encryption import Encrypted
from bedplate.types import (
    CodeText,
    Double,
    JSONDocument,
    Key,
    LongText,
    Mark,
    SearchText,
    UTCDateTime,
    Uuid,
    Vector,
    WholeNumber,
)

__all__ = [
    "CHANGES",
    "audited",
    "begin",
    "end",
    "examine",
    "follow",
    "is_there",
    "kept",
    "shape_of",
]

_OWN = sa.MetaData()

CHANGES = sa.Table(
    LOG,
    _OWN,
    sa.Column("id", Key(), primary_key=True),
    sa.Column("at", UTCDateTime(), nullable=False),
    sa.Column("table_name", CodeText(64), nullable=False),
    sa.Column("action", CodeText(6), nullable=False),
    sa.Column("row_key", CodeText(500), nullable=False),
    sa.Column("actor", CodeText(255)),
    sa.Column("login", CodeText(255)),
    sa.Column("old_values", LongText()),
    sa.Column("new_values", LongText()),
    sa.Index(f"ix_{LOG}_row", "table_name", "row_key", "id"),
    **table_options(),
)
"""What has happened, in the order it was written."""

_TABLES = sa.Table(
    f"{LOG}_tables",
    _OWN,
    sa.Column("name", CodeText(64), primary_key=True),
    sa.Column("columns", LongText(), nullable=False),
    sa.Column("since", UTCDateTime(), nullable=False),
    **table_options(),
)
"""The tables that are audited, with the columns their triggers know."""

_KINDS: tuple[tuple[Any, Kind], ...] = (
    (Encrypted | CodeText | LongText | SearchText | sa.String, "text"),
    (JSONDocument | sa.JSON, "json"),
    (Vector | sa.LargeBinary, "binary"),
    (Uuid, "uuid"),
    (UTCDateTime, "moment"),
    (Mark | sa.Boolean, "flag"),
    (Double | sa.Float, "real"),
    (WholeNumber | sa.Integer, "whole"),
)


def shape_of(table: sa.Table, present: Iterable[str]) -> Audited:
    """Return a table as its triggers see it.

    Args:
        table: As its model has it.
        present: The columns that the database has.
    """
    there = {*present}
    columns = {c.name: _kind(c) for c in table.columns if c.name in there}
    return Audited(table.name, columns, [c.name for c in table.primary_key.columns])


def _kind(column: sa.Column[Any]) -> Kind:
    for known, kind in _KINDS:
        if isinstance(column.type, known):
            return kind
    return "other"


def is_there(connection: sa.Connection) -> bool:
    """Return whether the log has been begun."""
    return sa.inspect(connection).has_table(_TABLES.name)


def audited(connection: sa.Connection) -> dict[str, str]:
    """Return the audited tables, with the columns their triggers know."""
    if not is_there(connection):
        return {}
    found = connection.execute(sa.select(_TABLES).order_by(_TABLES.c.name))
    return {row.name: row.columns for row in found}


def begin(connection: sa.Connection, table: Audited) -> None:
    """Have each change of a table noted from now on."""
    if not is_there(connection):
        CHANGES.create(connection, checkfirst=True)
        _run(connection, dialect_of(connection).audits.protection())
        _TABLES.create(connection)  # last: it tells that all is there
    since = utcnow()
    connection.execute(sa.delete(_TABLES).where(_TABLES.c.name == table.name))
    _make(connection, table)
    row = {"name": table.name, "columns": _told(table), "since": since}
    connection.execute(sa.insert(_TABLES), [row])


def end(connection: sa.Connection, table: str) -> None:
    """Note the changes of a table no longer; what was noted stays."""
    connection.execute(sa.delete(_TABLES).where(_TABLES.c.name == table))
    _run(connection, dialect_of(connection).audits.off(table))


def follow(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Have rows noted that go with others, where no trigger is run for them."""
    ours = dialect_of(connection).audits
    for name in ours.cascades_in(ours.triggers(connection)):
        _run(connection, [f"DROP TRIGGER IF EXISTS {ours.quote(name)}"])
    _run(connection, _cascades(connection, metadata).values())


def _cascades(connection: sa.Connection, metadata: sa.MetaData) -> Mapping[str, str]:
    """Return the triggers that there should be of these, by their names."""
    inspector = sa.inspect(connection)
    there = {*inspector.get_table_names()} & {*metadata.tables}
    references = [
        reference
        for name in sorted(there)
        for reference in _references(metadata.tables[name])
        if reference.parent in there
    ]
    shapes = {
        name: shape_of(
            metadata.tables[name], [c["name"] for c in inspector.get_columns(name)]
        )
        for name in audited(connection)
        if name in there
    }
    return dialect_of(connection).audits.cascades(references, shapes)


def _references(table: sa.Table) -> Iterator[Reference]:
    for key in table.foreign_key_constraints:
        action = (key.ondelete or "").upper()
        if action in ("CASCADE", "SET NULL"):
            columns = tuple(element.parent.name for element in key.elements)
            targets = tuple(element.column.name for element in key.elements)
            parent = key.referred_table.name
            clears = action == "SET NULL"
            yield Reference(table.name, columns, parent, targets, clears)


@contextmanager
def kept(
    connection: sa.Connection, metadata: Callable[[], sa.MetaData]
) -> Iterator[None]:
    """Have the triggers follow the tables that a migration changes.

    Args:
        connection: The one that migrates.
        metadata: Loads the models; called only where something is audited.
    """
    names = audited(connection)
    ours = dialect_of(connection).audits
    if names and not ours.alters_with_triggers:
        for name in names:
            _run(connection, ours.off(name))
    yield
    if names:
        for table in _stale(connection, metadata()):
            begin(connection, table)
        follow(connection, metadata())


def examine(connection: sa.Connection, metadata: sa.MetaData) -> Iterator[Finding]:
    """Yield whether the changes of each audited table are noted as they should be."""
    names = audited(connection)
    if not names:
        return
    stale = [*_stale(connection, metadata)]
    ours = dialect_of(connection).audits
    wanted = {*_cascades(connection, metadata)}
    if wanted != {*ours.cascades_in(ours.triggers(connection))}:
        told = "rows that go with others are not noted as they should be"
        yield Finding("audit", "error", told, partial(_mend_cascades, metadata))
    elif not stale:
        yield Finding("audit", "ok", f"the changes of {', '.join(names)} are noted")
    for table in stale:
        yield Finding(
            "audit",
            "error",
            f"the triggers of {table.name} are missing, or know other columns",
            partial(_mend, table),
        )


def _stale(connection: sa.Connection, metadata: sa.MetaData) -> Sequence[Audited]:
    """Return the audited tables whose triggers are not what they should be."""
    inspector = sa.inspect(connection)
    ours = dialect_of(connection).audits
    triggers = ours.triggers(connection)
    found = []
    for name, columns in audited(connection).items():
        if name not in metadata.tables or not inspector.has_table(name):
            continue
        present = [column["name"] for column in inspector.get_columns(name)]
        table = shape_of(metadata.tables[name], present)
        if columns != _told(table) or not triggers.issuperset(ours.names(name)):
            found.append(table)
    return found


def _mend(table: Audited, connection: sa.Connection) -> None:
    begin(connection, table)


def _mend_cascades(metadata: sa.MetaData, connection: sa.Connection) -> None:
    follow(connection, metadata)


def _make(connection: sa.Connection, table: Audited) -> None:
    ours = dialect_of(connection).audits
    _run(connection, [*ours.off(table.name), *ours.on(table)])


def _told(table: Audited) -> str:
    return "\n".join(f"{name} {kind}" for name, kind in table.columns.items())


def _run(connection: sa.Connection, statements: Iterable[str]) -> None:
    for statement in statements:  # with %, which would stand for parameters
        options = {"no_parameters": True}
        connection.exec_driver_sql(statement, execution_options=options)
