"""What the schema of a database is, in the database's own words."""

from __future__ import annotations

import re
from collections.abc import Callable

import sqlalchemy as sa

__all__ = ["Schema", "history_of", "revision_of", "schema_of"]

Schema = dict[str, str]
"""The name of each thing in a schema ("table jobs", "index ix") and how it is made."""


def schema_of(connection: sa.Connection) -> Schema:
    """Read everything that a revision could make."""
    return _READERS[connection.dialect.name](connection)


def history_of(connection: sa.Connection) -> list[tuple[str, str]]:
    """Read what database_versions tells, times aside."""
    if not sa.inspect(connection).has_table("database_versions"):
        return []
    query = "SELECT version, description FROM database_versions ORDER BY id"
    return [(row[0], row[1]) for row in connection.execute(sa.text(query))]


def revision_of(connection: sa.Connection) -> str:
    if not sa.inspect(connection).has_table("alembic_version"):
        return "base"
    rows = connection.execute(sa.text("SELECT version_num FROM alembic_version"))
    return ",".join(rows.scalars()) or "base"


def _sqlite(connection: sa.Connection) -> Schema:
    rows = connection.exec_driver_sql(
        "SELECT type, name, coalesce(sql, tbl_name) FROM sqlite_schema "
        "WHERE name NOT LIKE 'sqlite_stat%'"
    )
    return {f"{kind} {name}": _even(sql) for kind, name, sql in rows}


def _even(sql: str) -> str:
    """Let a script's white space be a run's: it has no tabs and no empty lines."""
    lines = (line.rstrip() for line in sql.replace("\t", "    ").split("\n"))
    return "\n".join(line for line in lines if line)


_POSTGRESQL = """\
SELECT format('column %s.%s', c.relname, a.attname)::text, concat_ws(' ',
    a.attnum - (SELECT count(*) FROM pg_attribute AS gone WHERE gone.attisdropped
        AND gone.attrelid = a.attrelid AND gone.attnum < a.attnum),
    format_type(a.atttypid, a.atttypmod), 'COLLATE ' || quote_ident(l.collname),
    CASE WHEN a.attnotnull THEN 'NOT NULL' END,
    CASE a.attgenerated WHEN 's' THEN 'STORED AS' ELSE 'DEFAULT' END
        || ' ' || pg_get_expr(d.adbin, d.adrelid),
    'IDENTITY ' || nullif(a.attidentity::text, ''))
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm')
AND c.relnamespace = current_schema()::regnamespace
UNION ALL SELECT format('relation %s', c.relname), concat_ws(' ', c.relkind::text,
    c.relpersistence::text, array_to_string(c.reloptions, ', '), obj_description(c.oid))
FROM pg_class AS c WHERE c.relnamespace = current_schema()::regnamespace
UNION ALL SELECT format('index %s', c.relname),
    pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
WHERE c.relnamespace = current_schema()::regnamespace
UNION ALL SELECT format('constraint %s', conname), format('%s %s',
    conrelid::regclass, pg_get_constraintdef(oid))
FROM pg_constraint WHERE connamespace = current_schema()::regnamespace
    AND contype <> 'n'
UNION ALL SELECT format('trigger %s', tgname), pg_get_triggerdef(oid)
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT format('function %s', oid::regprocedure), pg_get_functiondef(oid)
FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
UNION ALL SELECT format('type %s', typname), typtype::text FROM pg_type
WHERE typnamespace = current_schema()::regnamespace AND typtype IN ('d', 'e')"""
# contype 'n': NOT NULL, which PostgreSQL 18 keeps there as well.


def _postgresql(connection: sa.Connection) -> Schema:
    return {row[0]: row[1] for row in connection.execute(sa.text(_POSTGRESQL))}


def _mysql(connection: sa.Connection) -> Schema:
    found = {}
    tables = connection.exec_driver_sql("SHOW FULL TABLES").all()
    for table, _ in tables:
        made = connection.exec_driver_sql(f"SHOW CREATE TABLE `{table}`").one()[1]
        found[f"table {table}"] = _plain(made)
    query = "SELECT trigger_name, action_statement FROM information_schema.triggers"
    own = " WHERE trigger_schema = database()"
    for name, made in connection.exec_driver_sql(query + own):
        found[f"trigger {name}"] = made
    return found


def _plain(made: str) -> str:
    """Leave out what rows and steps leave behind, and the order of the indexes."""
    made = re.sub(r" AUTO_INCREMENT=\d+| COMMENT='.* at .*'", "", made)
    head, *body, end = [line.rstrip(",") for line in made.splitlines()]
    keys = [line for line in body if re.match(r"\s+(UNIQUE |FULLTEXT )?KEY", line)]
    others = [line for line in body if line not in keys]
    return "\n".join([head, *others, *sorted(keys), end])


_READERS: dict[str, Callable[[sa.Connection], Schema]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "mysql": _mysql,
    "mariadb": _mysql,
}
