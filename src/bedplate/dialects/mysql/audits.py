"""Audit triggers of MySQL and MariaDB: the actor is a variable of the session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import exc
from sqlalchemy.dialects import mysql

from bedplate.dialects.audits import (
    ACTOR,
    LOG,
    SEPARATOR,
    Audited,
    Reference,
    literal,
)
from bedplate.dialects.mysql import audit_cascades, floats
from bedplate.dialects.mysql.audit_cascades import SUFFIX
from bedplate.dialects.row_triggers import RowTriggers

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["MySQLAudits"]

_INFINITY, _NAN = repr(floats.INFINITY), repr(floats.NAN)


class MySQLAudits(RowTriggers):
    """A connection goes back to its pool without the variable."""

    preparer = mysql.dialect().identifier_preparer
    length = "char_length"
    moment = "utc_timestamp(6)"
    actor = f"@{ACTOR}"
    login = "user()"
    body = "FOR EACH ROW {}"
    refusal = "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = {}"

    def triggers(self, connection: Connection) -> set[str]:
        query = (
            "SELECT trigger_name FROM information_schema.triggers "
            "WHERE trigger_schema = database()"
        )
        return {*connection.exec_driver_sql(query).scalars()}

    def cascades(
        self, references: Sequence[Reference], audited: Mapping[str, Audited]
    ) -> Mapping[str, str]:
        return audit_cascades.cascades(self, references, audited)

    def cascades_in(self, triggers: Iterable[str]) -> Sequence[str]:
        begun = f"{LOG}_"
        return [t for t in triggers if t.startswith(begun) and t.endswith(SUFFIX)]

    def act_as(self, connection: Connection, actor: str) -> None:
        connection.exec_driver_sql(f"SET @{ACTOR} = %s", (actor,))
        connection.info[ACTOR] = True

    def end(self, connection: Connection) -> None:
        if not connection.info.pop(ACTOR, False):
            return
        try:
            connection.exec_driver_sql(f"SET @{ACTOR} = NULL")
        except exc.DBAPIError:
            connection.invalidate()  # nobody may go on as that actor
            raise

    def object_of(self, values: Mapping[str, str]) -> str:
        pairs = ", ".join(f"{literal(name)}, {v}" for name, v in values.items())
        return f"JSON_OBJECT({pairs})"

    def joined(self, parts: Sequence[str]) -> str:
        return f"CONCAT_WS(CHAR({SEPARATOR} USING utf8mb4), {', '.join(parts)})"

    def as_text(self, column: str) -> str:
        return f"CAST({column} AS CHAR)"

    def concat(self, *parts: str) -> str:
        return f"CONCAT({', '.join(parts)})"

    def of_json(self, column: str) -> str:
        # Text that is parsed again: one of its kind would be taken for a string.
        cut = self.cut(self.as_text(column), "JSON_QUOTE({})")
        return f"JSON_EXTRACT({cut}, '$')"

    def of_moment(self, column: str) -> str:
        return f"DATE_FORMAT({column}, '%Y-%m-%dT%H:%i:%s.%f+00:00')"

    def of_flag(self, column: str) -> str:
        told = f"CASE WHEN {column} THEN 'true' WHEN NOT {column} THEN 'false' END"
        return f"JSON_EXTRACT({told}, '$')"

    def of_real(self, column: str) -> str:
        told = (
            f"CASE {column} WHEN {_NAN} THEN '\"NaN\"' "
            f"WHEN {_INFINITY} THEN '\"Infinity\"' "
            f"WHEN -{_INFINITY} THEN '\"-Infinity\"' ELSE {self.as_text(column)} END"
        )
        return f"JSON_EXTRACT({told}, '$')"
