"""A primary and a replica of it in containers: a pair of servers for one test run."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bedplate.testing.containers import docker_failure, free_port
from bedplate.testing.products import PRODUCTS, Product
from bedplate.testing.servers import UnavailableError, first_line, refusal

__all__ = ["PRODUCTS_THAT_REPLICATE", "READER", "WRITER", "Pair"]

READER = "reader"
"""A user who may read, and nothing else."""

WRITER = "writer"
"""A user who may read and write, and nothing else."""

_PATIENCE = 90
_GTID = ("--gtid-mode=ON", "--enforce-gtid-consistency=ON")
_FAST = ("--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=OFF")


@dataclass(frozen=True)
class _Way:
    """How servers of a kind are made to follow one another.

    Attributes:
        options: The arguments of both servers.
        follow: Statements that let the replica follow `{host}`.
        pause: The statement by which the replica stops to replay; and goes on.
        resume: The other one.
        users: Statements by which the primary knows those who only read or write.
        grant: The statement by which the reader may read a new database.
        who: The statement that returns 1 on the replica and 0 on the primary.
        user: The statement that tells who asks.
    """

    options: tuple[str, ...]
    follow: tuple[str, ...]
    pause: str
    resume: str
    users: tuple[str, ...]
    grant: str
    who: str
    user: str


_FAMILY_USERS = (
    f"CREATE USER '{READER}'@'%' IDENTIFIED BY '{{password}}'",
    f"GRANT SELECT ON `bedplate%`.* TO '{READER}'@'%'",
    # For read_only does not bind root.
    f"CREATE USER '{WRITER}'@'%' IDENTIFIED BY '{{password}}'",
    f"GRANT ALL ON `bedplate%`.* TO '{WRITER}'@'%'",
)

_WAYS = {
    "postgresql": _Way(
        options=("-cfsync=off",),
        follow=(),
        pause="SELECT pg_wal_replay_pause()",
        resume="SELECT pg_wal_replay_resume()",
        users=(
            f"CREATE USER {READER} PASSWORD '{{password}}'",
            f"CREATE USER {WRITER} PASSWORD '{{password}}' "
            "IN ROLE pg_read_all_data, pg_write_all_data",
        ),
        grant=f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {READER}",
        who="SELECT CAST(pg_is_in_recovery() AS int)",
        user="SELECT current_user",
    ),
    "mysql": _Way(
        options=(*_FAST, *_GTID),
        follow=(
            "RESET BINARY LOGS AND GTIDS",
            "CHANGE REPLICATION SOURCE TO SOURCE_HOST='{host}', SOURCE_USER='root', "
            "SOURCE_PASSWORD='{password}', SOURCE_AUTO_POSITION=1, "
            "SOURCE_CONNECT_RETRY=1, GET_SOURCE_PUBLIC_KEY=1",
            "START REPLICA",
        ),
        pause="STOP REPLICA SQL_THREAD",
        resume="START REPLICA SQL_THREAD",
        users=_FAMILY_USERS,
        grant="DO 0",
        who="SELECT @@server_id - 1",
        user="SELECT substring_index(current_user(), '@', 1)",
    ),
    "mariadb": _Way(
        options=(*_FAST, "--log-bin"),
        follow=(
            "RESET MASTER",
            "SET GLOBAL gtid_slave_pos = ''",
            "CHANGE MASTER TO MASTER_HOST='{host}', MASTER_USER='root', "
            "MASTER_PASSWORD='{password}', MASTER_USE_GTID=slave_pos, "
            "MASTER_CONNECT_RETRY=1",
            "START SLAVE",
        ),
        pause="STOP SLAVE SQL_THREAD",
        resume="START SLAVE SQL_THREAD",
        users=_FAMILY_USERS,
        grant="DO 0",
        who="SELECT @@server_id - 1",
        user="SELECT substring_index(current_user(), '@', 1)",
    ),
}

PRODUCTS_THAT_REPLICATE = [one for one in PRODUCTS if one.name in _WAYS]

_BASE_BACKUP = """\
install -d -o postgres -g postgres -m 700 "$PGDATA" /run/postgresql
as="setpriv --reuid postgres --regid postgres --init-groups"
[ -s "$PGDATA/PG_VERSION" ] ||
    $as pg_basebackup -h primary -U postgres -D "$PGDATA" -R -X stream -c fast
exec $as postgres -c listen_addresses='*' -c fsync=off"""
"""A replica of PostgreSQL begins as a copy; started again, it goes on."""


class Pair:
    """A primary and a server that follows it.

    Attributes:
        product: Which product they are of.
        password: The password of all users.
        containers: Docker's containers, by "primary" and "replica".
    """

    def __init__(self, product: Product) -> None:
        self.product, self.way = product, _WAYS[product.name]
        self.password = secrets.token_hex(8)
        self.containers: dict[str, Any] = {}
        self._docker = _docker()
        self._name = f"bedplate-{product.name}-{uuid.uuid4().hex[:8]}"
        self._network: Any = None

    def start(self) -> None:
        """Start both, and let the one follow the other."""
        self._network = self._docker.networks.create(self._name)
        self._run("primary")
        if self.way.follow:  # they begin apart, which takes a while
            self._run("replica")
        self.wait("primary")
        self._prepare()
        if not self.way.follow:
            self._run("replica", "sh", ["-c", _BASE_BACKUP])
        self.wait("replica")
        for statement in self.way.follow:
            self.on("replica", statement.format(host="primary", password=self.password))

    def _prepare(self) -> None:
        if not self.way.follow:
            primary = self.containers["primary"]
            line = "host replication all all scram-sha-256"
            primary.exec_run(["sh", "-c", f'echo "{line}" >>"$PGDATA/pg_hba.conf"'])
            self.on("primary", "SELECT pg_reload_conf()")
        else:
            self.on("primary", self.way.follow[0])
        for statement in self.way.users:
            self.on("primary", statement.format(password=self.password))

    def create(self, name: str) -> None:
        """Make a database on the primary that the reader may read."""
        for statement in self.product.create:
            self.on("primary", statement.format(name=name))
        self.on("primary", self.way.grant, name)

    def stop(self) -> None:
        """Remove all of it."""
        for container in self.containers.values():
            with suppress(Exception):
                container.remove(force=True, v=True)
        if self._network is not None:
            self._network.remove()
        self._docker.close()

    def url(self, role: str, name: str | None = None, user: str | None = None) -> str:
        """Return the URL of a database on one of the two."""
        return sa.URL.create(
            self.product.driver,
            user or self.product.user,
            self.password,
            "127.0.0.1",
            self.port(role),
            name or self.product.home or None,
        ).render_as_string(hide_password=False)

    def port(self, role: str) -> int:
        """Return where it listens: the same after a restart, which Docker's is not."""
        return int(self.containers[role].labels["bedplate.port"])

    def address(self, role: str) -> str:
        """Return its address in the network of the two, which this machine is in."""
        container = self.containers[role]
        container.reload()
        networks = container.attrs["NetworkSettings"]["Networks"]
        return str(networks[self._name]["IPAddress"])

    def on(self, role: str, statement: str, name: str | None = None) -> Any:
        """Run a statement on one of the two, and return its first value, if any."""
        engine = sa.create_engine(
            self.url(role, name),
            isolation_level="AUTOCOMMIT",
            poolclass=sa.pool.NullPool,
            connect_args={"connect_timeout": 5},
        )
        with engine.connect() as connection:
            found = connection.execute(sa.text(statement))
            return found.scalar() if found.returns_rows else None

    def wait(self, role: str) -> None:
        """Wait until it answers."""
        url, deadline = sa.make_url(self.url(role)), time.monotonic() + _PATIENCE
        while reason := refusal(url):
            if time.monotonic() > deadline:
                raise UnavailableError(f"{role} of {self._name}: {reason}")
            time.sleep(0.1)

    def kill(self, role: str) -> None:
        """Kill it with SIGKILL."""
        self.containers[role].kill()

    def restart(self, role: str) -> None:
        """Start it again, where it was."""
        self.containers[role].start()
        self.wait(role)

    @contextmanager
    def hung(self, role: str) -> Iterator[None]:
        """Let none of it run meanwhile: it says nothing, and closes nothing."""
        for _ in range(4):  # a busy machine takes several tries to freeze it
            with suppress(Exception):
                self.containers[role].pause()
                break
        else:
            self.containers[role].pause()
        try:
            yield
        finally:
            self.containers[role].unpause()

    @contextmanager
    def lagging(self) -> Iterator[None]:
        """Let the replica replay nothing meanwhile."""
        self.on("replica", self.way.pause)
        try:
            yield
        finally:
            self.on("replica", self.way.resume)

    def _run(
        self, role: str, entrypoint: str | None = None, command: Any = None
    ) -> None:
        product, port = self.product, free_port()
        options = [*self.way.options]
        if self.way.follow:
            replica = role == "replica"
            options += (
                ["--server-id=2", "--read-only"] if replica else ["--server-id=1"]
            )
        variables = {
            name: value.format(password=self.password)
            for name, value in product.variables.items()
        }
        try:
            self.containers[role] = self._docker.containers.run(
                product.image,
                command if command is not None else options,
                entrypoint=entrypoint,
                detach=True,
                network=self._name,
                hostname=role,
                name=f"{self._name}-{role}",
                labels={"bedplate.port": str(port)},
                ports={f"{product.port}/tcp": ("127.0.0.1", port)},
                environment={**variables, "PGPASSWORD": self.password},
                # Only the primary is never started again, which would empty it.
                tmpfs={product.data: ""} if role == "primary" else {},
            )
        except Exception as error:
            reason = f"{product.image} cannot be started: {first_line(error)}"
            raise UnavailableError(reason) from error


def _docker() -> Any:
    """Return Docker's client.

    Raises:
        UnavailableError: It does not answer.
    """
    if failure := docker_failure():
        raise UnavailableError(failure)
    from testcontainers.core.docker_client import DockerClient

    return DockerClient().client
