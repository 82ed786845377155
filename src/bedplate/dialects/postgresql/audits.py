"""Audit triggers of PostgreSQL: the actor is a setting of the transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from bedplate.dialects.audits import KEPT, LOG, SEPARATOR, Audited, Audits, literal

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["PgAudits"]

_SETTING = "bedplate.actor"
_SET = sa.text(f"SELECT set_config('{_SETTING}', :actor, true)")  # true: local

_PAIRS = 50
"""What jsonb_build_object() takes at most."""

# Of the definer: whoever writes the table needs no right to write the log.
_FUNCTION = """\
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER AS $audit$
BEGIN
  INSERT INTO {log}
    (at, table_name, action, row_key, actor, login, old_values, new_values)
  VALUES (clock_timestamp(), {table}, lower(TG_OP),
    CASE TG_OP WHEN 'INSERT' THEN {new_key} ELSE {old_key} END,
    NULLIF(current_setting('{setting}', true), ''), session_user,
    CASE WHEN TG_OP <> 'INSERT' THEN {old_values} END,
    CASE WHEN TG_OP <> 'DELETE' THEN {new_values} END);
  RETURN NULL;
END $audit$"""

# A temporary table of the log's name, which anybody may make, comes last: first is
# where the schema of such tables is searched unless it is named.
_PATH = """\
DO $do$ BEGIN
  EXECUTE format('ALTER FUNCTION %I() SET search_path = pg_catalog, %I, pg_temp',
    '{function}', current_schema());
END $do$"""

_REFUSAL = """\
CREATE OR REPLACE FUNCTION {log}_keep() RETURNS trigger LANGUAGE plpgsql AS $audit$
BEGIN
  RAISE EXCEPTION '{told}' USING ERRCODE = 'insufficient_privilege';
END $audit$"""


class PgAudits(Audits):
    """One function and one trigger a table."""

    preparer = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so

    def on(self, table: Audited) -> Sequence[str]:
        (name,) = map(self.quote, self.names(table.name))
        made = _FUNCTION.format(
            function=name,
            log=LOG,
            table=literal(table.name),
            setting=_SETTING,
            new_key=self.key(table, "new"),
            old_key=self.key(table, "old"),
            old_values=self.values(table, "old"),
            new_values=self.values(table, "new"),
        )
        return [
            made,
            _PATH.format(function=self.names(table.name)[0]),
            f"CREATE TRIGGER {name} AFTER INSERT OR UPDATE OR DELETE "
            f"ON {self.quote(table.name)} FOR EACH ROW EXECUTE FUNCTION {name}()",
        ]

    def off(self, table: str) -> Sequence[str]:
        (name,) = map(self.quote, self.names(table))
        return [f"DROP FUNCTION IF EXISTS {name}() CASCADE"]  # with its trigger

    def names(self, table: str) -> Sequence[str]:
        return [f"{LOG}_{table}"]

    def protection(self) -> Sequence[str]:
        return [
            _REFUSAL.format(log=LOG, told=KEPT),
            f"DROP TRIGGER IF EXISTS {LOG}_keep ON {LOG}",
            f"CREATE TRIGGER {LOG}_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON {LOG} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {LOG}_keep()",
        ]

    def triggers(self, connection: Connection) -> set[str]:
        query = (
            "SELECT tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid "
            "WHERE c.relnamespace = current_schema()::regnamespace"
        )
        return {*connection.exec_driver_sql(query).scalars()}

    def act_as(self, connection: Connection, actor: str) -> None:
        connection.execute(_SET, {"actor": actor})

    def object_of(self, values: Mapping[str, str]) -> str:
        pairs, objects = iter(values.items()), []
        while some := [*islice(pairs, _PAIRS)]:
            inside = ", ".join(f"{literal(name)}, {value}" for name, value in some)
            objects.append(f"jsonb_build_object({inside})")
        return f"({' || '.join(objects)})::text"

    def joined(self, parts: Sequence[str]) -> str:
        return f"concat_ws(chr({SEPARATOR}), {', '.join(parts)})"

    def as_text(self, column: str) -> str:
        return f"({column})::text"

    def concat(self, *parts: str) -> str:
        return " || ".join(parts)

    def of_text(self, column: str) -> str:
        return self.cut(self.as_text(column))

    def of_json(self, column: str) -> str:
        cut = self.cut(self.as_text(column), "to_json({})::text")
        return f"({cut})::jsonb"

    def of_uuid(self, column: str) -> str:
        return self.as_text(column)

    def of_moment(self, column: str) -> str:
        shape = 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'
        return f"to_char({column} AT TIME ZONE 'UTC', '{shape}')"

    def of_flag(self, column: str) -> str:
        return column

    def of_real(self, column: str) -> str:
        return column
