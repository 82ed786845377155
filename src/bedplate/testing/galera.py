"""A Galera cluster of MariaDB: three nodes of our own, all of which take writes."""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.testing.containers import docker_failure, free_port
from bedplate.testing.servers import (
    NetworkServer,
    UnavailableError,
    first_line,
    refusal,
)

if TYPE_CHECKING:
    from pathlib import Path

    from bedplate.testing.products import Product

__all__ = ["GaleraServer"]

_PATIENCE = 120
"""Seconds for each node; on two idle cores the three take 15."""

_ALONE = 10
"""Seconds without a majority after which nodes will not find one by themselves."""

_STATE, _MAJORITY = "wsrep_local_state_comment", "wsrep_cluster_status"
"""What a node says of itself, and of those with it."""

_COMMAND = (
    "--wsrep-on=ON",
    "--wsrep-provider=/usr/lib/galera/libgalera_smm.so",
    "--wsrep-cluster-name=bedplate",
    "--wsrep-sst-method=rsync",
    # With the plugin, tests could not cut a node off by an option of the provider.
    "--plugin-wsrep-provider=OFF",
    "--binlog-format=ROW",
    "--innodb-autoinc-lock-mode=2",
    # A node that is killed is given up after 3 seconds, not 5: any sooner, and nodes
    # that wait for a busy machine give up each other, and none is left to ask.
    "--wsrep-provider-options=gcache.size=64M;evs.suspect_timeout=PT3S;"
    "evs.inactive_timeout=PT8S;evs.inactive_check_period=PT0.5S;"
    "evs.keepalive_period=PT0.5S",
    # What a server by itself is told: see products.
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=OFF",
    "--skip-name-resolve",
    "--max-allowed-packet=256M",
)


class GaleraServer(NetworkServer):
    """Three nodes, any of which a connection may get.

    So what a test has written on one, it mostly reads on another.

    Attributes:
        nodes: The URL of each, once they are up.
    """

    demanded: bool = True

    def __init__(self, product: Product) -> None:
        super().__init__(product)
        self.id = "galera"
        self.nodes: list[sa.URL] = []
        self._password = secrets.token_hex(8)
        self._network: Any = None
        self._containers: list[Any] = []
        self._failure = ""

    def launch(self) -> None:
        """Start the first node; the others join when it is up."""
        if self._containers or self._failure:
            return
        self._failure = docker_failure()
        if not self._failure:
            try:
                self._run("--wsrep-new-cluster", "--wsrep-cluster-address=gcomm://")
            except Exception as error:  # noqa: BLE001 - Docker's errors have no root
                self._failure = f"the cluster cannot be started: {first_line(error)}"

    def url(self) -> sa.URL:
        """Return the URL of the first node, once all three are in sync.

        Raises:
            UnavailableError: Docker does not answer, or a node did not join.
        """
        self.launch()
        if not self.nodes and not self._failure:
            self._await_all()
        if self._failure:
            raise UnavailableError(self._failure)
        return self.nodes[0]

    def create_database(self, name: str, folder: Path) -> str:
        """Make a database and return its URL: of any node, whichever it is."""
        try:
            super().create_database(name, folder)
        except sa.exc.DBAPIError:  # a test before this one has left a node out
            self._heal()
            super().create_database(name, folder)
        hosts = ",".join(f"{node.host}:{node.port}" for node in self.nodes)
        at = f"{self.kind}://root:{self._password}@{hosts}"
        return f"{at}/{name}?load_balance_hosts=random"

    def direct(self, url: str) -> sa.URL:
        """Return the URL of the same database at the first node."""
        name = url.rpartition("/")[2].partition("?")[0]
        return self.url().set(database=name)

    def hurry(self) -> tuple[str, ...]:
        """Return the product's statements, and wait for what other nodes wrote."""
        return (*super().hurry(), "SET SESSION wsrep_sync_wait = 15")

    def container(self, number: int) -> Any:
        """Return Docker's container of a node, for tests that break it."""
        return self._containers[number].get_wrapped_container()

    def stop(self) -> None:
        """Remove the nodes and their network."""
        super().stop()
        containers, self._containers, self.nodes = self._containers, [], []
        for container in containers:
            with suppress(Exception):  # one that is gone leaves no other behind
                container.stop()
        if self._network is not None:
            self._network.remove()
            self._network = None

    def _heal(self) -> None:
        """Bring all nodes together again, also where none of them is in a majority.

        Raises:
            UnavailableError: They do not come together.
        """
        for number in range(len(self._containers)):
            container = self.container(number)
            container.reload()
            if container.status == "paused":
                container.unpause()
            elif container.status != "running":
                container.start()
        deadline = time.monotonic() + _PATIENCE
        alone_since = time.monotonic()
        while any(lags := [_lag(node) for node in self.nodes]):
            now = time.monotonic()
            if now > deadline:
                raise UnavailableError(f"the cluster does not heal: {lags}")
            if "Primary" in {_status(node, _MAJORITY) for node in self.nodes}:
                alone_since = now
            elif now - alone_since > _ALONE:
                _found_anew(self.nodes)
                alone_since = now
            time.sleep(0.5)

    def _run(self, *options: str) -> None:
        from testcontainers.core.container import DockerContainer
        from testcontainers.core.network import Network

        if self._network is None:
            self._network = Network().create()
        container = DockerContainer(self.product.image)
        # Not a free one of Docker's choice: that would change when a node comes back.
        container.with_bind_ports(self.product.port, free_port())
        container.with_command(["mariadbd", *_COMMAND, *options])
        container.with_tmpfs_mount(self.product.data)
        container.with_network(self._network)
        container.with_network_aliases(f"node{len(self._containers)}")
        for name, value in self.product.variables.items():
            container.with_env(name, value.format(password=self._password))
        self._containers.append(container.start())

    def _await_all(self) -> None:
        found = [self._await(0)]
        for _ in (1, 2):
            if not self._failure:
                self._run("--wsrep-cluster-address=gcomm://node0,node1,node2")
        found += [self._await(number) for number in (1, 2) if not self._failure]
        self.nodes = [] if self._failure else found

    def _await(self, number: int) -> sa.URL:
        """Return the URL of a node, once it is in sync."""
        container = self._containers[number]
        # "localhost" may be ::1, where the port is another one.
        host = container.get_container_host_ip().replace("localhost", "127.0.0.1")
        url = sa.URL.create(
            self.product.driver,
            self.product.user,
            self._password,
            host,
            container.get_exposed_port(self.product.port),
        )
        deadline = time.monotonic() + _PATIENCE
        while reason := refusal(url) or _lag(url):
            docker = self.container(number)
            docker.reload()
            if docker.status == "exited" or time.monotonic() > deadline:
                self._failure = f"node {number} of the cluster: {reason}"
                break
            time.sleep(0.2)
        return url


def _told(url: sa.URL, statement: str) -> list[tuple[Any, ...]]:
    """Return what a node answers, in whatever state; nothing where it does not.

    Not through SQLAlchemy, whose first question is one that only a majority answers.
    """
    import pymysql  # type: ignore[import-untyped]  # it has no types

    at = {"host": url.host, "port": url.port, "user": url.username}
    seconds = dict.fromkeys(("connect_timeout", "read_timeout", "write_timeout"), 5)
    try:
        with (
            pymysql.connect(**at, **seconds, password=url.password or "") as driver,
            driver.cursor() as cursor,
        ):
            cursor.execute(statement)
            return [*cursor.fetchall()]
    except pymysql.MySQLError:
        return []


def _status(url: sa.URL, name: str) -> str:
    """Return what a node says of itself; nothing where it does not answer."""
    return "".join(value for _, value in _told(url, f"SHOW STATUS LIKE '{name}'"))


def _found_anew(nodes: list[sa.URL]) -> None:
    """Have the node that knows the most be the majority, for the others to join."""
    known = {node: _status(node, "wsrep_last_committed") for node in nodes}
    furthest = max(nodes, key=lambda node: int(known[node] or -1))
    _told(furthest, "SET GLOBAL wsrep_provider_options = 'pc.bootstrap=1'")


def _lag(url: sa.URL) -> str:
    """Return why a node is no part of its cluster, or nothing if it is."""
    state = _status(url, _STATE)
    return "" if state == "Synced" else f"it is {state or 'silent'}"
