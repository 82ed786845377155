"""What can be wrong with a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from bedplate.dialects.findings import Finding, pool_finding
from bedplate.dialects.postgresql import search_index
from bedplate.dialects.references import references_finding

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from bedplate.settings import Settings

__all__ = ["examine"]

_OLDEST = 150000

_INVALID = """\
SELECT quote_ident(c.relname) FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace"""

_STALE = """\
SELECT datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid)
FROM pg_database WHERE datname = current_database()"""


_SECURED = """\
SELECT string_agg(quote_ident(relname), ', ' ORDER BY relname) FROM pg_class
WHERE relrowsecurity AND relnamespace = current_schema()::regnamespace"""

_UNBOUND = """\
SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"""


def examine(connection: Connection, settings: Settings) -> Iterator[Finding]:
    """Yield what there is to say about the server and the database."""
    ask = connection.exec_driver_sql
    number = int(ask("SHOW server_version_num").scalar_one())
    version = ask("SHOW server_version").scalar_one()
    if number >= _OLDEST:
        yield Finding("version", "ok", f"PostgreSQL {version}")
    else:
        yield Finding(
            "version", "warning", f"PostgreSQL {version}; 15 and later are tested"
        )
    encoding = ask("SHOW server_encoding").scalar_one()
    if encoding == "UTF8":
        yield Finding("encoding", "ok", encoding)
    else:
        yield Finding(
            "encoding", "error", f"{encoding} cannot hold every text: use UTF8"
        )
    yield from _indexes(connection)
    yield _collation(connection)
    yield references_finding(connection)
    yield from search_index.examine(connection)
    yield from _row_security(connection)
    yield pool_finding(int(ask("SHOW max_connections").scalar_one()), settings)


def _indexes(connection: Connection) -> Iterator[Finding]:
    names = connection.exec_driver_sql(_INVALID).scalars().all()
    if not names:
        yield Finding("indexes", "ok", "all are valid")
    for name in names:
        yield Finding(
            "indexes",
            "error",
            f"{name} is not valid: a build beside writers was killed",
            _reindex(name),
        )


def _reindex(name: str) -> Callable[[Connection], None]:
    def repair(connection: Connection) -> None:
        connection.exec_driver_sql(f"REINDEX INDEX CONCURRENTLY {name}")

    return repair


def _collation(connection: Connection) -> Finding:
    stale = connection.exec_driver_sql(_STALE).scalar_one()
    if not stale:
        return Finding("collation", "ok", "of the version the indexes were built with")
    return Finding(
        "collation",
        "warning",
        "the operating system sorts text otherwise than when the indexes were built: "
        "REINDEX DATABASE, then ALTER DATABASE ... REFRESH COLLATION VERSION",
    )


def _row_security(connection: Connection) -> Iterator[Finding]:
    tables = connection.exec_driver_sql(_SECURED).scalar()
    if not tables:
        return
    if connection.exec_driver_sql(_UNBOUND).scalar_one():
        yield Finding(
            "row security",
            "warning",
            f"on for {tables}, but this user is a superuser or has BYPASSRLS and sees "
            "everybody's rows: have the program connect as another one",
        )
    else:
        yield Finding("row security", "ok", f"on for {tables}")
