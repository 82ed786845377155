"""What can be wrong with a MySQL or MariaDB database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bedplate.dialects.findings import Finding, pool_finding
from bedplate.dialects.references import references_finding

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from bedplate.settings import Settings

__all__ = ["examine"]

_LARGEST_TEXT = 100 * 1024 * 1024

_OTHER_TABLES = """\
SELECT table_name, table_collation FROM information_schema.tables
WHERE table_schema = database() AND table_type = 'BASE TABLE'
AND (table_collation NOT LIKE 'utf8mb4%%' OR engine <> 'InnoDB')
AND table_name <> 'alembic_version'"""


def examine(
    connection: Connection, settings: Settings, title: str, oldest: tuple[int, int]
) -> Iterator[Finding]:
    """Yield what there is to say about the server and the database."""
    ask = connection.exec_driver_sql
    yield _version(ask("SELECT version()").scalar_one(), title, oldest)
    rows = ask(_OTHER_TABLES).all()
    if rows:
        names = ", ".join(f"{name} ({collation})" for name, collation in rows)
        yield Finding("tables", "error", f"not InnoDB with utf8mb4: {names}")
    else:
        yield Finding("tables", "ok", "InnoDB with utf8mb4")
    packet = int(ask("SELECT @@max_allowed_packet").scalar_one())
    if packet > _LARGEST_TEXT:
        yield Finding("max_allowed_packet", "ok", f"{packet:,} bytes")
    else:
        yield Finding(
            "max_allowed_packet",
            "warning",
            f"{packet:,} bytes: texts up to 100 MB need 256M",
        )
    yield references_finding(connection)
    yield _search(connection)
    yield pool_finding(int(ask("SELECT @@max_connections").scalar_one()), settings)


def _version(found: str, title: str, oldest: tuple[int, int]) -> Finding:
    major, minor = found.split(".")[:2]
    if (int(major), int(minor)) >= oldest:
        return Finding("version", "ok", f"{title} {found.split('-')[0]}")
    tested = ".".join(map(str, oldest))
    return Finding(
        "version", "warning", f"{title} {found}; {tested} and later are tested"
    )


def _search(connection: Connection) -> Finding:
    """Hold the server's word lengths against those that queries are written for."""
    ask = connection.exec_driver_sql
    shortest = int(ask("SELECT @@innodb_ft_min_token_size").scalar_one())
    longest = int(ask("SELECT @@innodb_ft_max_token_size").scalar_one())
    if shortest <= 3 and longest >= 84:
        return Finding(
            "search index", "ok", f"words of {shortest} to {longest} characters"
        )
    return Finding(
        "search index",
        "error",
        f"innodb_ft_min_token_size is {shortest}, innodb_ft_max_token_size {longest}: "
        "search misses words unless they are at most 3 and at least 84",
    )
