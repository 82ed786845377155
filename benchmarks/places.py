"""Databases to measure on: the servers of the tests, and their bare drivers.

TEST_POSTGRESQL_URL, TEST_MYSQL_URL and TEST_MARIADB_URL name servers by users who may
make databases; the first entry of each is used, unless --db names others. Without any,
DB_TYPE or DATABASE_URL names one. SQLite is always there, in a temporary folder, which
TMPDIR moves. Everybody works in the same database, with the same session settings.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bedplate import Database
from bedplate.settings import Settings
from bedplate.testing.products import PRODUCTS
from bedplate.testing.servers import FileServer, GivenServer, Server

__all__ = ["Place", "connect", "places"]

PRAGMAS = ("synchronous=NORMAL", "cache_size=-65536", "temp_store=MEMORY")


@dataclass
class Place:
    """A migrated database, and a connection of its bare driver.

    Attributes:
        kind: Which database, as in `postgresql`.
        name: Its id and version.
        url: Where it is.
        database: It, through Bedplate.
        raw: It, through the driver alone; no transaction is open.
    """

    kind: str
    name: str
    url: str
    database: Database
    raw: Any

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements through the driver, commit, and return the last one's rows."""
        cursor = self.raw.cursor()
        for statement in statements:
            cursor.execute(statement)
        rows = list(cursor.fetchall()) if cursor.description else []
        self.raw.commit()
        cursor.close()
        return rows

    def empty(self, *tables: str) -> None:
        """Take all rows away, and what they have left behind."""
        for table in tables:
            if self.kind == "sqlite":
                self.run(f"DELETE FROM {table}")
            elif self.kind == "postgresql":
                self.run(f"TRUNCATE {table} CASCADE")
            else:
                self.run("SET foreign_key_checks = 0", f"TRUNCATE {table}")
                self.run("SET foreign_key_checks = 1")


def places(chosen: str) -> Iterator[Place]:
    """Yield a new migrated database of each server that was chosen, and drop it."""
    wanted = {name for name in chosen.split(",") if name}
    seen: set[str] = set()
    for server in _servers():
        named = {server.id, server.kind} & wanted
        if named if wanted else server.kind not in seen:
            seen.add(server.kind)
            with _place(server) as place:
                yield place
        server.stop()


def _servers() -> Iterator[Server]:
    yield FileServer()
    found = 0
    for product in PRODUCTS:
        urls = os.environ.get(f"TEST_{product.name.upper()}_URL", "").split()
        for position, url in enumerate(urls):
            if url != "container":
                found += 1
                yield GivenServer(product, url, position)
    settings = Settings()
    for product in PRODUCTS:
        if not found and product.name == settings.database:
            url = _dialect_url(settings)
            yield GivenServer(product, url, 0)


def _dialect_url(settings: Settings) -> str:
    from bedplate.dialects import dialect

    url = dialect(settings.database).url(settings, asynchronous=False)
    return url.render_as_string(hide_password=False)


@contextmanager
def _place(server: Server) -> Iterator[Place]:
    with tempfile.TemporaryDirectory() as folder:
        url = server.create_database(f"bench_{uuid.uuid4().hex[:12]}", Path(folder))
        name = f"{server.id} ({server.version()})"
        try:
            with Database(url) as database:
                database.upgrade()
                raw = connect(server.kind, url)
                yield Place(server.kind, name, url, database, raw)
                raw.close()
        finally:
            server.drop_database(url)


def connect(kind: str, address: str) -> Any:
    """Connect through the driver, as its documentation does."""
    url = sa.make_url(address)
    if kind == "sqlite":
        connection = sqlite3.connect(
            url.database or "", timeout=30, check_same_thread=False
        )
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection
    if kind == "postgresql":
        import psycopg

        plain = url.set(drivername="postgresql")
        return psycopg.connect(plain.render_as_string(hide_password=False))
    import pymysql  # type: ignore[import-untyped]  # it has no types

    return pymysql.connect(
        host=url.host,
        port=url.port or 3306,
        user=url.username,
        password=url.password or "",
        database=url.database,
        charset="utf8mb4",
        local_infile=True,
        init_command="SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    )
