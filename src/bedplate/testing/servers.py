"""Servers whose databases tests may make and drop: files, given URLs, containers."""

from __future__ import annotations

import gc
import secrets
import sqlite3
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

    from bedplate.testing.products import Product

__all__ = [
    "ContainerServer",
    "FileServer",
    "GivenServer",
    "Server",
    "UnavailableError",
]

_PATIENCE = 120
"""Seconds a container may take: MySQL needs 15 on two busy cores."""


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


class _NetworkServer(Server):
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
        name = sa.make_url(url).database or ""
        with self._connection() as connection:
            if self.product.release:
                query = sa.text(self.product.release)
                for key in connection.scalars(query, {"name": name}).all():
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


class GivenServer(_NetworkServer):
    """A server that somebody named by its URL."""

    demanded: bool = True

    def __init__(self, product: Product, url: str, position: int) -> None:
        super().__init__(product)
        self._url = sa.make_url(url).set(drivername=product.driver)
        if self._url.database is None and product.home:
            self._url = self._url.set(database=product.home)
        self.id = f"{product.name}-url{position}"
        self._failure = ""
        try:
            parts = self.version().split(".")
        except sa.exc.SQLAlchemyError as error:
            self.stop()
            self._failure = f"{self._url!r} does not answer: {_first_line(error)}"
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


class ContainerServer(_NetworkServer):
    """A server in a container of its own, on a free port, with a fresh password."""

    def __init__(self, product: Product) -> None:
        super().__init__(product)
        self.id = f"{product.name}-{product.version}"
        self._password = secrets.token_hex(8)
        self._container: DockerContainer | None = None
        self._url: sa.URL | None = None
        self._failure = ""

    def launch(self) -> None:
        """Start the container, unless it is started or cannot be."""
        if self._container is not None or self._failure:
            return
        self._failure = docker_failure()
        if not self._failure:
            try:
                self._container = self._started()
            except Exception as error:  # noqa: BLE001 - Docker's errors have no root
                reason = _first_line(error)
                self._failure = f"{self.product.image} cannot be started: {reason}"

    def url(self) -> sa.URL:
        """Return the URL, once the server accepts connections.

        Raises:
            UnavailableError: Docker does not answer, or the image is not there.
        """
        self.launch()
        if self._url is None and not self._failure:
            self._await_answer()
        if self._url is None:
            raise UnavailableError(self._failure)
        return self._url

    def stop(self) -> None:
        """Remove the container."""
        super().stop()
        container, self._container, self._url = self._container, None, None
        if container is not None:
            container.stop()

    def _started(self) -> DockerContainer:
        from testcontainers.core.container import DockerContainer

        container = DockerContainer(self.product.image)
        container.with_exposed_ports(self.product.port)
        container.with_command(list(self.product.command))
        for name, value in self.product.variables.items():
            container.with_env(name, value.format(password=self._password))
        return container.start()

    def _await_answer(self) -> None:
        """Connect until it works: a log line may also mean the server of the set-up."""
        assert self._container is not None
        # "localhost" may be ::1, where the port is another one.
        host = self._container.get_container_host_ip().replace("localhost", "127.0.0.1")
        url = sa.URL.create(
            self.product.driver,
            self.product.user,
            self._password,
            host,
            self._container.get_exposed_port(self.product.port),
            self.product.home or None,
        )
        deadline = time.monotonic() + _PATIENCE
        while refusal := _refusal(url):
            if time.monotonic() > deadline or self._is_gone():
                self._failure = f"{self.product.image} does not answer: {refusal}"
                return
            time.sleep(0.2)
        self._url = url

    def _is_gone(self) -> bool:
        assert self._container is not None
        container = self._container.get_wrapped_container()
        container.reload()
        return bool(container.status == "exited")


@cache
def docker_failure() -> str:
    """Return why containers cannot be used, or nothing if they can."""
    try:
        from testcontainers.core.docker_client import DockerClient
    except ImportError:
        return "testcontainers is not installed"
    with warnings.catch_warnings():
        # A client that fails to connect forgets its socket.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            DockerClient().client.ping()
        except Exception as error:  # noqa: BLE001 - Docker's errors have no root
            reason = _first_line(error)
        else:
            return ""
        gc.collect()
    return f"Docker does not answer ({reason})"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _engine(url: sa.URL) -> sa.Engine:
    """Return an engine of one connection, on which each statement commits."""
    return sa.create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=1,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5},
    )


def _refusal(url: sa.URL) -> str:
    engine = _engine(url)
    try:
        engine.connect().close()
    except sa.exc.SQLAlchemyError as error:
        return _first_line(error)
    finally:
        engine.dispose()
    return ""
