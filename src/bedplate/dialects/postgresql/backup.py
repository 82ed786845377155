"""Backups by pg_dump, put back by psql in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, TYPE_CHECKING

from bedplate.dialects.programs import program, run
from bedplate.errors import BackupError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bedplate.settings import Settings

__all__ = ["dump", "load"]

# What a later schema has made goes too, so it cannot be left to pg_dump's --clean.
_EMPTY = b"""\
DO $$
DECLARE
    thing record;
BEGIN
    FOR thing IN
        SELECT format('DROP %s IF EXISTS %I.%I CASCADE', CASE c.relkind
            WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
            WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
            n.nspname, c.relname) AS statement, 'pg_class'::regclass AS kind, c.oid
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S')
            AND c.relnamespace = current_schema()::regnamespace
        UNION ALL
        SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure),
            'pg_proc'::regclass, p.oid
        FROM pg_proc AS p
        WHERE p.prokind IN ('f', 'p')
            AND p.pronamespace = current_schema()::regnamespace
    LOOP
        IF NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = thing.kind
                AND d.objid = thing.oid AND d.deptype = 'e') THEN
            EXECUTE thing.statement;
        END IF;
    END LOOP;
    IF current_schema() <> 'public' THEN
        EXECUTE format('DROP SCHEMA %I CASCADE', current_schema());
    END IF;
END $$;
"""

# Excluded, not chosen: a chosen schema `public` would be created, and it is there.
_OTHERS = """\
SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname <> 'information_schema'
AND nspname NOT LIKE 'pg\\_%%' AND nspname <> current_schema()"""


def dump(connection: Connection, settings: Settings, target: IO[bytes]) -> None:
    """Write the schema of the connection and its rows, as one snapshot has them."""
    _refuse_pooler(settings)
    others = connection.exec_driver_sql(_OTHERS).scalars()
    command = [
        program("pg_dump"),
        *("--no-owner", "--no-privileges", "--no-comments", "--no-publications"),
        *(f"--exclude-schema={name}" for name in others),
    ]
    run(command, target=target, environment=_environment(settings))


def load(settings: Settings, source: IO[bytes]) -> None:
    """Put them in the place of what is there."""
    _refuse_pooler(settings)
    command = [
        program("psql"),
        *("--no-psqlrc", "--quiet", "--single-transaction"),
        "--set=ON_ERROR_STOP=1",
    ]
    run(command, _EMPTY, source=source, environment=_environment(settings))


def _refuse_pooler(settings: Settings) -> None:
    if settings.pgbouncer:
        raise BackupError(
            "pg_dump and psql set things for their session, which a transaction pooler "
            "hands on to others: give this command the address of the server itself, "
            "and no DB_PGBOUNCER"
        )


def _environment(settings: Settings) -> Mapping[str, str]:
    """Return libpq's variables: a program's arguments can be read by everybody."""
    password = settings.password.get_secret_value()
    found = {
        "PGHOST": ",".join(host for host, _ in settings.hosts),
        "PGPORT": ",".join(str(port) for _, port in settings.hosts),
        "PGUSER": settings.user,
        "PGDATABASE": settings.name,
        "PGPASSWORD": password,
        "PGSSLMODE": settings.ssl_mode,
        "PGSSLROOTCERT": settings.ssl_ca,
        "PGSSLCERT": settings.ssl_cert,
        "PGSSLKEY": settings.ssl_key,
        "PGCLIENTENCODING": "UTF8",
    }
    return {name: str(value) for name, value in found.items() if value}
