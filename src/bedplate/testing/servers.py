"""Servers whose databases tests may make and drop: a folder of files, given URLs."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from bedplate.testing.products import Product

__all__ = [
    "FileServer",
    "GivenServer",
    "NetworkServer",
    "Server",
    "UnavailableError",
    "first_line",
    "refusal",
]


class UnavailableError(Exception):
    """This server cannot be used; the message says why."""


class Server(ABC):
    """A place where tests make databases of their own.

    Attributes:
        id: What test ids call it, as in `postgresql-18`.
        kind: Which database it is, as in `postgresql`.
        demanded: Whether someone named it, so that its absence is an error.
    """

    id: str
    kind: str
    demanded: bool = False

    @abstractmethod
    def version(self) -> str:
        """Return the version that answers, starting the server if need be.

        Raises:
            UnavailableError: It cannot be reached or started.
        """

    @abstractmethod
    def create_database(self, name: str, folder: Path) -> str:
        """Make an empty database and return its URL, password included.

        Args:
            name: Lower-case letters, digits and underscores.
            folder: Where a database that is a file goes.
        """

    @abstractmethod
    def drop_database(self, url: str) -> None:
        """Drop a database made here, whoever is connected to it."""

    def launch(self) -> None:  # noqa: B027  # most are there already
        """Begin to start what this server needs; whoever uses it waits for it."""

    def direct(self, url: str) -> sa.URL:
        """Return the URL of a database made here, past whatever stands in between."""
        return sa.make_url(url)

    def hurry(self) -> tuple[str, ...]:
        """Return statements after which a connection soon gives up a lock."""
        return ()

    @abstractmethod
    def stop(self) -> None:
        """Let go of everything; what was started here ends."""


class FileServer(Server):
    """SQLite: each database is a file."""

    id: str = "sqlite"
    kind: str = "sqlite"

    def version(self) -> str:
        """Return the library's version."""
        return sqlite3.sqlite_version

    def create_database(self, name: str, folder: Path) -> str:
        """Name a file; it comes to be when it is first written."""
        return f"sqlite:///{folder / name}.db"

    def drop_database(self, url: str) -> None:
        """Delete the file and the two beside it."""
        path = sa.make_url(url).database or ""
        for end in ("", "-wal", "-shm"):
            Path(path + end).unlink(missing_ok=True)

    def stop(self) -> None:
        """Do nothing: no server runs."""


class NetworkServer(Server):
    """A server reached by a URL, which subclasses find."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.kind = product.name
        self._engine: sa.Engine | None = None

    @abstractmethod
    def url(self) -> sa.URL:
        """Return the URL that may make databases, once the server answers."""

    def version(self) -> str:
        """Return the version as numbers between dots."""
        with self._connection() as connection:
            numbers = connection.dialect.server_version_info or ()
            return ".".join(map(str, numbers))

    def create_database(self, name: str, folder: Path) -> str:
        """Make a database on the server."""
        with self._connection() as connection:
            for statement in self.product.create:
                connection.exec_driver_sql(statement.format(name=name))
        return self.url().set(database=name).render_as_string(hide_password=False)

    def drop_database(self, url: str) -> None:
        """Drop a database, ending the connections to it."""
        name = self.direct(url).database or ""
        with self._connection() as connection:
            if self.product.release:
                query = sa.text(self.product.release)
                for key in connection.scalars(query, {"name": name}).all():
                    with suppress(sa.exc.OperationalError):  # it ended by itself
                        connection.exec_driver_sql(f"KILL {key}")
            for statement in self.product.drop:
                connection.exec_driver_sql(statement.format(name=name))

    def hurry(self) -> tuple[str, ...]:
        """Return the product's statements for that."""
        return self.product.hurry

    def stop(self) -> None:
        """Close the connection kept for making databases."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    @contextmanager
    def _connection(self) -> Iterator[sa.Connection]:
        if self._engine is None:
            self._engine = _engine(self.url())
        with self._engine.connect() as connection:
            yield connection


class GivenServer(NetworkServer):
    """A server that somebody named by its URL."""

    demanded: bool = True

    def __init__(self, product: Product, url: str, position: int) -> None:
        super().__init__(product)
        self._url = sa.make_url(url).set(drivername=product.driver)
        if not self._url.database and product.home:
            self._url = self._url.set(database=product.home)
        self.id = f"{product.name}-url{position}"
        self._failure = ""
        try:
            parts = self.version().split(".")
        except sa.exc.SQLAlchemyError as error:
            self.stop()
            self._failure = f"{self._url!r} does not answer: {first_line(error)}"
        else:
            self.id = f"{product.name}-{'.'.join(parts[: product.digits])}"

    def url(self) -> sa.URL:
        """Return the URL.

        Raises:
            UnavailableError: It did not answer when the tests were collected.
        """
        if self._failure:
            raise UnavailableError(self._failure)
        return self._url


def first_line(error: Exception) -> str:
    """Return what an error says, without the statement and the links below."""
    return str(error).partition("\n")[0]


def refusal(url: sa.URL) -> str:
    """Return why a server cannot be connected to, or nothing if it can."""
    engine = _engine(url)
    try:
        engine.connect().close()
    except sa.exc.SQLAlchemyError as error:
        return first_line(error)
    finally:
        engine.dispose()
    return ""


def _engine(url: sa.URL) -> sa.Engine:
    """Return an engine of one connection, on which each statement commits."""
    return sa.create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=1,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5},
    )
