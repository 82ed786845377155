"""A database that is migrated once and handed to one test after another, empty."""

from __future__ import annotations

import shutil
import sqlite3
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from bedplate import Base, Database
from bedplate.domains import load_models
from bedplate.testing.servers import FileServer

if TYPE_CHECKING:
    from bedplate.testing.servers import Server

__all__ = ["MigratedDatabase", "migrated"]

_HISTORY = "database_versions"
"""The one table of ours whose first rows are written by the migration itself."""


class MigratedDatabase(Protocol):
    """A migrated database of one server."""

    def emptied(self, folder: Path) -> str:
        """Return the URL of the database without rows, as the migration left it.

        Args:
            folder: Where a database that is a file goes.
        """

    def drop(self) -> None:
        """Drop the database."""


def migrated(server: Server, folder: Path) -> MigratedDatabase:
    """Migrate a new database on the server.

    Args:
        server: Where.
        folder: Where a database that is a file goes.
    """
    # Two test runs may share a server.
    url = server.create_database(f"bedplate_{uuid.uuid4().hex[:12]}", folder)
    database = Database(url)
    try:
        database.upgrade()
    except Exception:
        server.drop_database(url)
        raise
    finally:
        database.close()
    if isinstance(server, FileServer):
        return _File(sa.make_url(url))
    return _Tables(server, url)


class _File:
    """SQLite: copying the migrated file is faster than deleting, and more thorough."""

    def __init__(self, url: sa.URL) -> None:
        self._url = url
        self._path = Path(url.database or "")
        # The copy takes one file; what stands in the log beside it has to be in it.
        connection = sqlite3.connect(self._path)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    def emptied(self, folder: Path) -> str:
        copy = shutil.copy(self._path, folder / "database.db")
        return self._url.set(database=str(copy)).render_as_string()

    def drop(self) -> None:
        self._path.unlink(missing_ok=True)  # pytest may have tidied up before


class _Tables:
    """A server: rows are deleted, for migrating takes a second and this a few ms."""

    def __init__(self, server: Server, url: str) -> None:
        self._server = server
        self._url = url
        load_models()
        self._engine = sa.create_engine(
            server.direct(url), pool_size=1, pool_pre_ping=True
        )
        sa.event.listen(self._engine, "connect", self._hurry)
        names = set(sa.inspect(self._engine).get_table_names())
        with self._engine.connect() as connection:
            rows = [
                (table, _written_by_tests(connection, table))
                for table in reversed(Base.metadata.sorted_tables)
                # Tests may declare models of their own, without a revision.
                if table.name in names
            ]
        self._deletions = {t.name: sa.delete(t).where(which) for t, which in rows}
        # A test fills a few of thirty tables: one question finds them.
        looks = (sa.select(t).where(which).exists() for t, which in rows)
        found = zip(self._deletions, looks, strict=True)
        self._filled = sa.union_all(
            *(sa.select(sa.literal(name)).where(look) for name, look in found)
        )

    def emptied(self, folder: Path) -> str:
        with self._engine.begin() as connection:
            filled = {*connection.scalars(self._filled)}
            for name, deletion in self._deletions.items():
                if name in filled:
                    connection.execute(deletion)
        return self._url

    def drop(self) -> None:
        self._engine.dispose()
        self._server.drop_database(self._url)

    def _hurry(self, connection: Any, record: object) -> None:
        """Make the deletions fail soon where a test left a lock behind."""
        cursor = connection.cursor()
        for statement in self._server.hurry():
            cursor.execute(statement)
        connection.commit()
        cursor.close()


def _written_by_tests(
    connection: sa.Connection, table: sa.Table
) -> sa.ColumnElement[bool]:
    """Return which rows of a table the migration did not write."""
    if table.name != _HISTORY:
        return sa.true()
    (key,) = table.primary_key.columns
    return key.not_in(connection.scalars(sa.select(key)).all())
