"""A failover: the primary is killed for good, and its replica takes its place.

    python benchmarks/failover.py --seconds 20 --db postgresql,mysql,mariadb

Two servers stand in containers of their own, one the synchronous replica of the other,
behind a proxy whose address is all that clients know. Writers, workers and a reader go
on; half way the primary is killed with SIGKILL for good, what it had sent is applied,
the replica is promoted, and the proxy leads to it. Then everything is compared, as
chaos.py compares it: what was acknowledged is there, once, and what was refused is not.

Exit code 0: no difference.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chaos import (
    PASSWORD,
    READERS,
    RUNS,
    SERVERS,
    TEXT,
    WORKERS,
    WRITERS,
    Outcome,
    Place,
    compare,
    docker,
    end,
    free_port,
    noted,
    read,
    start,
    train,
    write,
)

from bedplate import Database, TrainingRepository
from bedplate.errors import ConnectionFailedError

_PATIENCE = 120.0
"""Seconds a server may take for whatever is asked of it."""

_FAMILY = ("--log-bin=log", "--skip-name-resolve")
_LONG = 3_600_000
"""Milliseconds after which a primary would go on without its replica."""


@dataclass
class Failover(Outcome):
    """What came of one pair.

    Attributes:
        promoted: Seconds from the kill until the replica had been promoted.
        gap: Seconds from the kill until the first unit was acknowledged again.
    """

    promoted: float = 0.0
    gap: float = 0.0


def main() -> int:
    """Fail over each database, and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--db", default="postgresql", help="postgresql, mysql, mariadb (postgresql)")
    add("--seconds", type=float, default=20, help="how long it lasts (20)")
    add("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    outcomes = []
    for kind in given.db.split(","):
        with PAIRS[kind](kind) as pair, tempfile.TemporaryDirectory() as folder:
            outcomes.append(fail_over(pair, Path(folder), given.seconds))
        if given.json:
            print(json.dumps(asdict(outcomes[-1])), flush=True)
        else:
            tell(outcomes[-1])
    return int(any(outcome.differences for outcome in outcomes))


class Switch:
    """A proxy that leads to one server, and later to another.

    Attributes:
        port: Where it listens.
        target: The port of the server; None refuses whoever comes.
    """

    def __init__(self, target: int) -> None:
        self.target: int | None = target
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        server = self._wait(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Refuse whoever comes, and end every connection."""
        self.target = None
        self._wait(self._end())

    def _wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE)

    async def _end(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._open.add(writer)
        with suppress(OSError):
            if self.target is not None:
                there = await asyncio.open_connection("127.0.0.1", self.target)
                back = asyncio.create_task(_pass_on(there[0], writer))
                await _pass_on(reader, there[1])
                back.cancel()
        writer.close()
        self._open.discard(writer)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


class Pair(ABC):
    """A primary and its replica.

    Attributes:
        kind: Which database.
    """

    arguments: tuple[str, ...] = ()
    home: str

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.image, self.inside, self.variable, self.user = SERVERS[kind]
        self._name = f"failover-{uuid.uuid4().hex[:8]}"
        self.ports = (free_port(), free_port())

    def __enter__(self) -> Pair:
        try:
            self.prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        docker("rm", "-f", "-v", self.container(0), self.container(1))

    def container(self, place: int) -> str:
        """Return the name of the primary's container, 0, or of the replica's, 1."""
        return f"{self._name}-{place}"

    def url(self, port: int, name: str = "chaos") -> str:
        """Return the URL of a database."""
        return f"{self.kind}://{self.user}:{PASSWORD}@127.0.0.1:{port}/{name}"

    def run(self, place: int, *arguments: str, options: tuple[str, ...] = ()) -> None:
        """Start a container."""
        port = f"127.0.0.1:{self.ports[place]}:{self.inside}"
        given = ("-p", port, "-e", f"{self.variable}={PASSWORD}", *options)
        name = self.container(place)
        docker("run", "-d", "--name", name, *given, self.image, *arguments)

    def ask(self, place: int, *statements: str) -> Any:
        """Run statements on a server, each by itself; return the last one's rows."""
        with Database(self.url(self.ports[place], self.home)) as database:
            engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                for statement in statements:
                    found = connection.exec_driver_sql(statement)
                return [*found.mappings()] if found.returns_rows else []

    def answers(self, place: int) -> None:
        """Wait for a server; an image's starts twice, once to set itself up."""
        for _ in range(2):
            with Database(self.url(self.ports[place], self.home)) as database:
                database.wait(_PATIENCE)
            time.sleep(2)

    def address(self) -> str:
        """Return where the replica finds the primary."""
        inspect = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return docker("inspect", "-f", inspect, self.container(0)).strip()

    def fail(self) -> None:
        """Kill the primary; it never comes back."""
        docker("kill", "--signal", "KILL", self.container(0))

    @abstractmethod
    def prepare(self) -> None:
        """Start both, and let the primary wait for the replica at each commit."""

    @abstractmethod
    def promote(self) -> None:
        """Make the replica a primary, when it has applied all it was sent."""


class PgPair(Pair):
    """Streaming replication; a commit waits until the replica has it on its disk."""

    home = "postgres"

    def prepare(self) -> None:
        self.run(0)
        self.answers(0)
        let_in = 'echo "host replication all all scram-sha-256" >>"$PGDATA/pg_hba.conf"'
        docker("exec", self.container(0), "sh", "-c", let_in)
        self.ask(0, "SELECT pg_reload_conf()", "CREATE DATABASE chaos")
        follow = f"""
            install -d -o postgres -g postgres -m 700 "$PGDATA" /run/postgresql
            as="setpriv --reuid postgres --regid postgres --init-groups"
            $as pg_basebackup -h {self.address()} -U postgres -D "$PGDATA" -R -c fast
            exec $as postgres -c 'listen_addresses=*'"""
        options = ("-e", f"PGPASSWORD={PASSWORD}", "--entrypoint", "sh")
        self.run(1, "-c", follow, options=options)
        # Not pg_basebackup, which streams as well, and would copy what is set below.
        streams = (
            "SELECT 1 FROM pg_stat_replication "
            "WHERE state = 'streaming' AND application_name = 'walreceiver'"
        )
        until(lambda: self.ask(0, streams))
        wait = "ALTER SYSTEM SET synchronous_standby_names = '*'"
        self.ask(0, wait, "SELECT pg_reload_conf()")

    def promote(self) -> None:
        self.ask(1, f"SELECT pg_promote(true, {_PATIENCE:.0f})")


class MySQLPair(Pair):
    """Semi-synchronous replication by GTIDs; a commit waits until it was received."""

    home = "mysql"
    arguments: tuple[str, ...] = ("--gtid-mode=ON", "--enforce-gtid-consistency=ON")
    forget = "RESET BINARY LOGS AND GTIDS"
    primary: tuple[str, ...] = (
        "INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'",
        f"SET GLOBAL rpl_semi_sync_source_timeout = {_LONG}",
        "SET GLOBAL rpl_semi_sync_source_wait_point = AFTER_SYNC",
        "SET GLOBAL rpl_semi_sync_source_enabled = ON",
    )
    replica: tuple[str, ...] = (
        "INSTALL PLUGIN rpl_semi_sync_replica SONAME 'semisync_replica.so'",
        "SET GLOBAL rpl_semi_sync_replica_enabled = ON",
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '{host}', SOURCE_USER = 'root', "
        f"SOURCE_PASSWORD = '{PASSWORD}', SOURCE_AUTO_POSITION = 1, "
        "GET_SOURCE_PUBLIC_KEY = 1",
        "START REPLICA",
        "SET GLOBAL super_read_only = ON",
    )
    connected = "SHOW STATUS LIKE 'Rpl_semi_sync_source_clients'"

    def prepare(self) -> None:
        for place in (0, 1):
            self.run(place, *_FAMILY, f"--server-id={place + 1}", *self.arguments)
        for place in (0, 1):
            self.answers(place)
            self.ask(place, self.forget)  # what each has done to set itself up
        host = self.address()
        self.ask(0, *self.primary[:-1])
        self.ask(1, *(statement.format(host=host) for statement in self.replica))
        self.ask(0, self.primary[-1])
        until(lambda: int(self.ask(0, self.connected)[0]["Value"]))
        self.ask(0, "CREATE DATABASE chaos CHARACTER SET utf8mb4")

    def promote(self) -> None:
        self.ask(1, "STOP REPLICA IO_THREAD")
        self.ask(
            1,
            "SELECT WAIT_FOR_EXECUTED_GTID_SET(RECEIVED_TRANSACTION_SET, "
            f"{_PATIENCE:.0f}) FROM performance_schema.replication_connection_status",
            "STOP REPLICA",
            "RESET REPLICA ALL",
            "SET GLOBAL super_read_only = OFF",
            "SET GLOBAL read_only = OFF",
        )


class MariaDBPair(MySQLPair):
    """The same, in MariaDB's words."""

    arguments: tuple[str, ...] = ("--log-slave-updates",)
    forget = "RESET MASTER"
    primary: tuple[str, ...] = (
        f"SET GLOBAL rpl_semi_sync_master_timeout = {_LONG}",
        "SET GLOBAL rpl_semi_sync_master_wait_point = AFTER_SYNC",
        "SET GLOBAL rpl_semi_sync_master_enabled = ON",
    )
    replica: tuple[str, ...] = (
        "SET GLOBAL gtid_slave_pos = ''",
        "SET GLOBAL rpl_semi_sync_slave_enabled = ON",
        "CHANGE MASTER TO master_host = '{host}', master_user = 'root', "
        f"master_password = '{PASSWORD}', master_use_gtid = slave_pos, master_ssl = 0, "
        "master_ssl_verify_server_cert = 0",
        "START SLAVE",
        "SET GLOBAL read_only = ON",
    )
    connected = "SHOW STATUS LIKE 'Rpl_semi_sync_master_clients'"

    def promote(self) -> None:
        self.ask(1, "STOP SLAVE IO_THREAD")
        received = self.ask(1, "SHOW SLAVE STATUS")[0]["Gtid_IO_Pos"]
        self.ask(
            1,
            f"SELECT MASTER_GTID_WAIT('{received}', {_PATIENCE:.0f})",
            "STOP SLAVE",
            "RESET SLAVE ALL",
            "SET GLOBAL read_only = OFF",
        )


PAIRS: dict[str, type[Pair]] = {
    "postgresql": PgPair,
    "mysql": MySQLPair,
    "mariadb": MariaDBPair,
}


def until(condition: Callable[[], Any]) -> None:
    """Wait until something is the case.

    Raises:
        TimeoutError: It is not, for too long.
    """
    end = time.monotonic() + _PATIENCE
    while not _holds(condition):
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.2)


def _holds(condition: Callable[[], Any]) -> bool:
    with suppress(ConnectionFailedError):
        return bool(condition())
    return False


def fail_over(pair: Pair, notes: Path, seconds: float) -> Failover:
    """Let everybody work, fail over half way, and compare."""
    outcome, switch = Failover(pair.kind), Switch(pair.ports[0])
    url = pair.url(switch.port)
    began = time.monotonic()
    with working(url, notes):
        time.sleep(seconds / 2)
        before, killed = done(notes), time.monotonic()
        pair.fail()
        switch.cut()
        pair.promote()
        outcome.promoted = round(time.monotonic() - killed, 1)
        switch.target = pair.ports[1]
        until(lambda: done(notes) > before + WRITERS)
        outcome.gap = round(time.monotonic() - killed, 1)
        time.sleep(seconds / 2)
    outcome.server_kills = 1
    with Database(url) as database:
        compare(database, notes, outcome)
    outcome.seconds = round(time.monotonic() - began, 1)
    return outcome


@contextmanager
def working(url: str, notes: Path) -> Iterator[None]:
    """Have writers, workers and a reader go on for the length of a block."""
    with Database(url) as database:
        database.upgrade()
        training = database.repository(TrainingRepository)
        corpus = training.add_corpus_text(TEXT)
        for _ in range(RUNS):
            training.start_markov_run(3, [corpus.id], chunk=200, holdout=0)
    place = Place("server", url)
    people = [start(place, notes, write, n) for n in range(WRITERS)]
    people += [start(place, notes, train, n) for n in range(WORKERS)]
    people += [start(place, notes, read, n) for n in range(READERS)]
    try:
        until(lambda: all(noted(notes, n)["done"] for n in range(WRITERS)))
        yield
    finally:
        for process in people:
            end(process)


def done(notes: Path) -> int:
    """Return how many units were acknowledged until now."""
    return sum(len(noted(notes, writer)["done"]) for writer in range(WRITERS))


def tell(outcome: Failover) -> None:
    """Print what came of it."""
    print(
        f"{outcome.database}: promoted after {outcome.promoted} s, the first unit was "
        f"acknowledged again {outcome.gap} s after the kill; "
        f"{outcome.acknowledged:,} units acknowledged, {outcome.unknown} unknown "
        f"({outcome.unknown_there} of them there), {outcome.refused} refused "
        f"{outcome.errors}, {outcome.read:,} reads, {outcome.runs} runs; "
        f"{len(outcome.differences)} differences, {outcome.seconds} s",
        flush=True,
    )
    for line in outcome.differences:
        print(f"  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
