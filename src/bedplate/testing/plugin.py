"""Pytest fixtures: one test, every database.

Ask for `database` (migrated, empty), `database_url` (the same, not opened),
`blank_url` (a new database without tables) or `server`, and the test runs once for
each server. `@pytest.mark.databases("sqlite")` keeps it to some of them, and
`@pytest.mark.one_of_each_kind` to one version of each, where a long test would find
nothing else on another.

SQLite is always there. For PostgreSQL, MySQL and MariaDB the servers come from
TEST_POSTGRESQL_URL, TEST_MYSQL_URL and TEST_MARIADB_URL: URLs of users who may make
databases, and the word `container` for one of our own, between spaces. Unset, they
mean `container`. Where Docker does not answer such a server is skipped.

    pytest --db sqlite,postgresql-18     only these, by id or by kind
    pytest --require-db all              a server that would be skipped is an error
    pytest -n auto --dist loadgroup      by pytest-xdist, each server in one process
"""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from bedplate import Database
from bedplate.testing.containers import ContainerServer
from bedplate.testing.galera import GaleraServer
from bedplate.testing.migrated import MigratedDatabase, migrated
from bedplate.testing.pgbouncer import PgBouncerServer
from bedplate.testing.products import PRODUCTS
from bedplate.testing.servers import (
    FileServer,
    GivenServer,
    Server,
    UnavailableError,
)

_CLUSTERS = {"pgbouncer": PgBouncerServer, "galera": GaleraServer}
"""Word -> what is started only where somebody asks for it."""

_KINDS = (FileServer.kind, *(product.name for product in PRODUCTS))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --db and --require-db."""
    group = parser.getgroup("bedplate")
    group.addoption(
        "--db",
        default="",
        metavar="NAMES",
        help="run on these databases only: kinds (sqlite) or ids (postgresql-18)",
    )
    group.addoption(
        "--require-db",
        default="",
        metavar="KINDS",
        help="fail where one of these databases (or `all`) would be skipped",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Set the fleet up; nothing is started or reached yet."""
    config.addinivalue_line(
        "markers",
        "databases(*names): on these databases only, as in --db",
    )
    config.addinivalue_line(
        "markers", "one_of_each_kind: run on the first server of each kind only"
    )
    config.stash[_FLEET] = Fleet(
        selected=_names(config, "--db"), required=_names(config, "--require-db")
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what uses a server once for each server."""
    if "server" not in metafunc.fixturenames:
        return
    servers = metafunc.config.stash[_FLEET].servers
    if marker := metafunc.definition.get_closest_marker("databases"):
        wanted = {*marker.args}
        servers = [s for s in servers if wanted & {s.kind, s.id}]
    if metafunc.definition.get_closest_marker("one_of_each_kind"):
        first = {server.kind: server for server in reversed(servers)}
        servers = [server for server in servers if server is first[server.kind]]
    ids = [server.id for server in servers]
    metafunc.parametrize("server", servers, ids=ids, indirect=True, scope="session")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a server's tests together where pytest-xdist shares them out."""
    for item in items:
        if server := _server_of(item):
            item.add_marker(pytest.mark.xdist_group(server.id))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Launch what is going to be used, so that it starts behind the first tests."""
    config = session.config
    if config.option.collectonly or hasattr(config, "workerinput"):
        return  # one worker of several does not know yet which tests are its own
    for item in session.items:
        config.stash[_FLEET].launch(_server_of(item))


def _server_of(item: pytest.Item) -> Server | None:
    callspec = getattr(item, "callspec", None)
    server = callspec.params.get("server") if callspec else None
    return server if isinstance(server, Server) else None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that reports what was run in this one."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        fleet = session.config.stash[_FLEET]
        told["bedplate"] = (fleet.ran, fleet.missing)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear what was run in another process."""
    fleet = node.config.stash[_FLEET]
    ran, missing = getattr(node, "workeroutput", {}).get("bedplate", ({}, {}))
    fleet.ran |= ran
    fleet.missing |= missing


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say which databases ran, in which version, and why others did not."""
    fleet = config.stash[_FLEET]
    if fleet.ran:
        named = ", ".join(f"{key} ({version})" for key, version in fleet.ran.items())
        terminalreporter.write_line(f"databases: {named}")
    for key, reason in fleet.missing.items():
        terminalreporter.write_line(f"databases: no {key}: {reason}")


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Drop and stop everything that is left."""
    if fleet := config.stash.get(_FLEET, None):
        fleet.stop()


class Fleet:
    """The servers of one test run.

    Attributes:
        ran: Server id -> version, of those that answered.
        missing: Server id -> why it could not be used.
    """

    def __init__(self, selected: set[str], required: set[str]) -> None:
        self.ran: dict[str, str] = {}
        self.missing: dict[str, str] = {}
        self._selected = selected
        self._required = set(_KINDS) if "all" in required else required
        self._found: list[Server] = []
        self._servers: list[Server] | None = None
        self._migrated: dict[str, MigratedDatabase] = {}
        self._failures: dict[str, str] = {}
        self._process = os.getpid()
        if unknown := self._required - set(_KINDS):
            raise pytest.UsageError(f"--require-db: unknown: {', '.join(unknown)}")

    @property
    def servers(self) -> list[Server]:
        """The servers selected, found when they are first asked for."""
        if self._servers is None:
            found = self._found = _distinct(_found(self._selected))
            names = {name for server in found for name in (server.id, server.kind)}
            if unknown := self._selected - names:
                raise pytest.UsageError(
                    f"--db: unknown: {', '.join(unknown)}; there are {sorted(names)}"
                )
            self._servers = [
                server
                for server in found
                if not self._selected or self._selected & {server.id, server.kind}
            ]
        return self._servers

    def launch(self, server: Server | None) -> None:
        """Launch a server; a run that is terminated stops it all the same."""
        if server is not None:
            signal.signal(signal.SIGTERM, self._terminate)
            server.launch()

    def ready(self, server: Server) -> Server:
        """Return the server once it answers; skip or fail the test if it does not."""
        self.launch(server)
        try:
            self.ran[server.id] = server.version()
        except UnavailableError as error:
            self.missing[server.id] = str(error)
        if server.id in self.ran:
            return server
        reason = f"no {server.id}: {self.missing[server.id]}"
        if server.demanded or server.kind in self._required:
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)

    def answering(self) -> list[Server]:
        """Return the servers that can be used."""
        found = []
        for server in self.servers:
            with suppress(UnavailableError):
                self.launch(server)
                self.ran[server.id] = server.version()
                found.append(server)
        return found

    def migrated(self, server: Server, folder: Path) -> MigratedDatabase:
        """Return the server's migrated database, made when it is first asked for."""
        if failure := self._failures.get(server.id):
            pytest.fail(f"the migration failed before: {failure}", pytrace=False)
        if server.id not in self._migrated:
            try:
                self._migrated[server.id] = migrated(server, folder)
            except Exception as error:
                self._failures[server.id] = str(error)
                raise
        return self._migrated[server.id]

    def stop(self) -> None:
        """Drop the migrated databases and stop the servers, in this process only."""
        if os.getpid() != self._process:
            return
        with ExitStack() as stack:  # one failure leaves no other undone
            for server in self._found:
                stack.callback(server.stop)
            for database in self._migrated.values():
                stack.callback(database.drop)

    def _terminate(self, signum: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:
            os._exit(128 + signum)  # a child of a test: it owns no server
        raise KeyboardInterrupt


_FLEET = pytest.StashKey[Fleet]()


def _found(selected: set[str]) -> Iterator[Server]:
    yield FileServer()
    for product in PRODUCTS:
        entries = os.environ.get(f"TEST_{product.name.upper()}_URL") or "container"
        words = entries.split()
        if product.cluster in selected and product.cluster not in words:
            words.append(product.cluster)
        for position, entry in enumerate(words, 1):
            if entry == "container":
                yield ContainerServer(product)
            elif entry == product.cluster:
                yield _CLUSTERS[entry](product)
            else:
                yield GivenServer(product, entry, position)


def _distinct(servers: Iterable[Server]) -> list[Server]:
    """Number the servers whose ids would be the same."""
    found: dict[str, Server] = {}
    for server in servers:
        if server.id in found:
            server.id = f"{server.id}-{len(found)}"
        found[server.id] = server
    return list(found.values())


def _names(config: pytest.Config, option: str) -> set[str]:
    return {name for name in config.getoption(option).split(",") if name}


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Server:
    """A database server; the test runs once for each."""
    return request.config.stash[_FLEET].ready(request.param)


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Sequence[Server]:
    """Every server selected that answers, for a test that is about several."""
    return request.config.stash[_FLEET].answering()


@pytest.fixture
def blank_url(server: Server, tmp_path: Path) -> Iterator[str]:
    """The URL of a new database without tables, dropped after the test."""
    url = server.create_database(f"bedplate_{uuid.uuid4().hex[:12]}", tmp_path)
    yield url
    server.drop_database(url)


@pytest.fixture
def database_url(
    server: Server,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The URL of a database at head without rows.

    A test that changes the schema takes `blank_url`: on a server the next test gets
    this one's tables.
    """
    fleet = request.config.stash[_FLEET]
    folder = tmp_path_factory.getbasetemp()
    return fleet.migrated(server, folder).emptied(tmp_path)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database at head without rows; the test must give every connection back."""
    opened = Database(database_url)
    yield opened
    taken = _checked_out(opened)
    opened.close()
    assert taken == 0, f"{taken} connections were not given back"


def _checked_out(database: Database) -> int:
    """Count the connections in use; pools that keep none have no such count."""
    counts = (getattr(engine.pool, "checkedout", None) for engine in database.engines())
    return sum(count() for count in counts if count is not None)
