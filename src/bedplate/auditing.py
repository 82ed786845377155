"""Who changed what: the log turned on and off, and read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.dialects.audits import SEPARATOR
from bedplate.errors import InvalidValueError
from bedplate.ops import audit_triggers, migrations
from bedplate.ops.audit_triggers import CHANGES
from bedplate.repository import DomainRepository, reads
from bedplate.translation import translating

if TYPE_CHECKING:
    from bedplate.engine import Engines
    from bedplate.session import Scope

__all__ = ["Audit", "AuditRepository", "Change"]

_LONGEST_NAME = 45
"""Characters of a table's name, to which the triggers' add some."""

_SIGN = chr(SEPARATOR)


@dataclass(frozen=True)
class Change:
    """A row of the log.

    Attributes:
        id: Its number; later changes have greater ones.
        at: When it was written.
        table: The table that was changed.
        action: "insert", "update" or "delete".
        key: The primary key of the row, each column as text.
        actor: Whom transaction(actor=...) named; None for nobody.
        login: The database's user; None where it has none.
        before: The columns before, None for an insert.
        after: The columns after, None for a delete.
    """

    id: int
    at: datetime
    table: str
    action: str
    key: tuple[str, ...]
    actor: str | None
    login: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AuditRepository(DomainRepository):
    """The log of changes, to be read."""

    @reads
    def list_changes(
        self,
        table: str | None = None,
        key: Any = None,
        *,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Change]:
        """Return changes, the latest first.

        Args:
            table: Only of this table.
            key: Only of the row with this key; a tuple where it has several columns.
            before: Only with a smaller id, as that of the last one of a page.
            limit: How many at most.
        """
        if not audit_triggers.is_there(self.connection):
            return ()
        chosen = sa.select(CHANGES).order_by(CHANGES.c.id.desc()).limit(limit)
        if table is not None:
            chosen = chosen.where(CHANGES.c.table_name == table)
        if key is not None:
            parts = key if isinstance(key, tuple | list) else (key,)
            row_key = _SIGN.join(map(str, parts))
            chosen = chosen.where(CHANGES.c.row_key == row_key)
        if before is not None:
            chosen = chosen.where(CHANGES.c.id < before)
        return [_change(row) for row in self.connection.execute(chosen)]


def _change(row: Any) -> Change:
    old, new = (
        None if text is None else json.loads(text)
        for text in (row.old_values, row.new_values)
    )
    key = tuple(row.row_key.split(_SIGN))
    return Change(
        row.id, row.at, row.table_name, row.action, key, row.actor, row.login, old, new
    )


class Audit:
    """Which tables have their changes noted.

    Args:
        engines: Whose database.
        scope: The transactions of its face.
    """

    def __init__(self, engines: Engines, scope: Scope) -> None:
        self._engines = engines
        self._scope = scope

    def on(self, *names: str) -> Sequence[str]:
        """Have every change of these tables noted, in the transaction that makes it.

        Args:
            names: Tables, or domains: "training" is all tables of that domain.

        Returns:
            The tables.

        Raises:
            InvalidValueError: There is no such table, or it cannot be audited.
            TransactionError: A transaction is open here.
        """
        self._scope.refuse_inside()
        tables = _tables(names)
        with migrations.migrating(self._engines) as connection:
            inspector = sa.inspect(connection)
            for table in tables:
                present = [c["name"] for c in inspector.get_columns(table.name)]
                audit_triggers.begin(
                    connection, audit_triggers.shape_of(table, present)
                )
            audit_triggers.follow(connection, _known())
        return [table.name for table in tables]

    def off(self, *names: str) -> Sequence[str]:
        """Note the changes of these tables no longer; what was noted stays.

        Raises:
            InvalidValueError: There is no such table.
            TransactionError: A transaction is open here.
        """
        self._scope.refuse_inside()
        there = [name for name in self.tables() if name in names]
        wanted = there if {*there} == {*names} else [t.name for t in _tables(names)]
        with migrations.migrating(self._engines) as connection:
            known = audit_triggers.audited(connection)
            ended = [name for name in wanted if name in known]
            for name in ended:
                audit_triggers.end(connection, name)
            if ended:
                audit_triggers.follow(connection, _known())
        return ended

    def tables(self) -> Sequence[str]:
        """Return the tables whose changes are noted."""
        with (
            translating(self._engines),
            self._engines.reader.connect() as connection,
        ):
            return [*audit_triggers.audited(connection)]


def _known() -> sa.MetaData:
    """Return every table that a model declares."""
    from bedplate.base import Base
    from bedplate.domains import load_models

    load_models()
    return Base.metadata


def _tables(names: Sequence[str]) -> Sequence[sa.Table]:
    """Return the tables of names, of which some may be domains."""
    known, found = _known().tables, dict[str, sa.Table]()
    for name in names:
        if name in known:
            found[name] = known[name]
        else:
            found |= _domain(name)
    for table in found.values():
        _refuse_unfit(table)
    return [*found.values()]


def _domain(name: str) -> dict[str, sa.Table]:
    from bedplate.base import Base

    found: dict[str, Any] = {
        mapper.local_table.name: mapper.local_table  # type: ignore[attr-defined]  # a table
        for mapper in Base.registry.mappers
        if name in mapper.class_.__module__.split(".")
    }
    if not found:
        known = ", ".join(sorted(Base.metadata.tables))
        raise InvalidValueError(
            f"there is no table or domain {name!r} (tables: {known})"
        )
    return found


def _refuse_unfit(table: sa.Table) -> None:
    if not table.primary_key.columns:
        raise InvalidValueError(f"{table.name} has no primary key to name its rows by")
    if len(table.name) > _LONGEST_NAME:
        raise InvalidValueError(
            f"{table.name} is longer than {_LONGEST_NAME} characters, so its triggers "
            "could have no names"
        )
    lengths = [getattr(c.type, "length", None) or 40 for c in table.primary_key.columns]
    if sum(lengths) > CHANGES.c.row_key.type.length:  # type: ignore[attr-defined]  # CodeText
        raise InvalidValueError(f"the key of {table.name} is too long for the log")
