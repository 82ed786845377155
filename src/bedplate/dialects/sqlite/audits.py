"""Audit triggers of SQLite: the actor stands in a table while a transaction is open."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy.dialects import sqlite

from bedplate.dialects.audits import ACTOR, SEPARATOR, literal
from bedplate.dialects.row_triggers import RowTriggers

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["SQLiteAudits"]

_LARGEST = "1.7976931348623157e308"


class SQLiteAudits(RowTriggers):
    """One writes at a time, so one row is the actor; it never outlives a COMMIT."""

    alters_with_triggers = False
    preparer = sqlite.dialect().identifier_preparer
    moment = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
    actor = f"(SELECT actor FROM {ACTOR})"  # noqa: S608  # a name of ours
    login = "NULL"
    body = "BEGIN {}; END"
    refusal = "SELECT RAISE(ABORT, {})"

    def protection(self) -> Sequence[str]:
        return [
            *super().protection(),
            f"CREATE TABLE IF NOT EXISTS {ACTOR} "
            "(id INTEGER PRIMARY KEY CHECK (id = 1), actor TEXT NOT NULL)",
        ]

    def triggers(self, connection: Connection) -> set[str]:
        query = "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
        return {*connection.exec_driver_sql(query).scalars()}

    def act_as(self, connection: Connection, actor: str) -> None:
        known = "SELECT 1 FROM sqlite_schema WHERE name = ?"
        if connection.exec_driver_sql(known, (ACTOR,)).first() is None:
            return  # no table is audited
        put = f"INSERT OR REPLACE INTO {ACTOR} VALUES (1, ?)"  # noqa: S608  # ours
        connection.exec_driver_sql(put, (actor,))
        connection.info[ACTOR] = True

    def end(self, connection: Connection) -> None:
        if connection.info.pop(ACTOR, False):
            connection.exec_driver_sql(f"DELETE FROM {ACTOR}")  # noqa: S608  # ours

    def object_of(self, values: Mapping[str, str]) -> str:
        # Not json_object(), which takes 50 columns at most.
        pairs = [
            f"{literal(json.dumps(name) + ':')} || json_quote({value})"
            for name, value in values.items()
        ]
        inside = " || ',' || ".join(pairs)
        return f"'{{' || {inside} || '}}'"

    def joined(self, parts: Sequence[str]) -> str:
        return f" || char({SEPARATOR}) || ".join(parts)

    def as_text(self, column: str) -> str:
        return f"CAST({column} AS TEXT)"

    def concat(self, *parts: str) -> str:
        return " || ".join(parts)

    def of_json(self, column: str) -> str:
        return f"json({self.cut(column, 'json_quote({})')})"

    def of_moment(self, column: str) -> str:
        return f"replace({column}, ' ', 'T') || '+00:00'"

    def of_flag(self, column: str) -> str:
        told = f"CASE WHEN {column} THEN 'true' WHEN NOT {column} THEN 'false' END"
        return f"json({told})"

    def of_real(self, column: str) -> str:
        return (
            f"CASE WHEN typeof({column}) = 'text' THEN {column} "
            f"WHEN {column} > {_LARGEST} THEN 'Infinity' "
            f"WHEN {column} < -{_LARGEST} THEN '-Infinity' ELSE {column} END"
        )
