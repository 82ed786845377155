"""PgBouncer in transaction mode, in front of a PostgreSQL of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bedplate.testing.containers import ContainerServer, free_port
from bedplate.testing.servers import NetworkServer, UnavailableError, refusal

if TYPE_CHECKING:
    from bedplate.testing.products import Product

__all__ = ["PgBouncerServer"]

_PATIENCE = 20
"""Seconds until it answers; it takes a tenth of one."""

# Every transaction gets another session, and whatever start option it is not sure to
# pass on is refused: what works here relies on nothing that a pooler takes away.
_SETTINGS = """\
[databases]
* = host={server.host} port={server.port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
pool_mode = transaction
server_round_robin = 1
default_pool_size = 8
max_client_conn = 300
auth_type = scram-sha-256
auth_file = {folder}/users.txt
logfile = {folder}/log.txt
log_connections = 0
log_disconnections = 0
"""


class PgBouncerServer(NetworkServer):
    """A pooler, whose databases are made and dropped at the server itself."""

    demanded: bool = True

    def __init__(self, product: Product) -> None:
        super().__init__(product)
        self.id = "pgbouncer"
        self._server = ContainerServer(product)
        self._failure = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._port = 0

    def launch(self) -> None:
        """Start the server; the pooler follows when the server answers."""
        self._server.launch()

    def url(self) -> sa.URL:
        """Return the server's own URL.

        Raises:
            UnavailableError: The server or the pooler cannot be started.
        """
        found = self._server.url()
        if self._process is None and not self._failure:
            self._failure = self._start(found)
        if self._failure:
            raise UnavailableError(self._failure)
        return found

    def create_database(self, name: str, folder: Path) -> str:
        """Make a database at the server and return its URL at the pooler."""
        super().create_database(name, folder)
        pooled = self._pooled(self.url()).set(database=name)
        return pooled.update_query_dict({"pgbouncer": "true"}).render_as_string(
            hide_password=False
        )

    def direct(self, url: str) -> sa.URL:
        """Return the URL of the same database at the server itself."""
        return self.url().set(database=sa.make_url(url).database)

    def stop(self) -> None:
        """End the pooler and the server."""
        super().stop()
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None
        self._server.stop()

    def _pooled(self, url: sa.URL) -> sa.URL:
        return url.set(host="127.0.0.1", port=self._port)

    def _start(self, server: sa.URL) -> str:
        """Start the pooler; return why it does not answer, or nothing if it does."""
        program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
        if program is None:
            return "there is no pgbouncer: apt-get install pgbouncer"
        self._port = free_port()
        self._folder = _folder_for(server, self._port)
        command = [program, "--quiet", str(self._folder / "pgbouncer.ini")]
        if os.getuid() == 0:  # which it refuses to be
            command[1:1] = ["--user", "nobody"]
        self._process = subprocess.Popen(command)  # noqa: S603  # no shell
        deadline = time.monotonic() + _PATIENCE
        while reason := refusal(self._pooled(server)):
            if time.monotonic() > deadline or self._process.poll() is not None:
                return f"pgbouncer does not answer: {reason}"
            time.sleep(0.1)
        return ""


def _folder_for(server: sa.URL, port: int) -> Path:
    """Write what the pooler reads, where the user it becomes can read it."""
    folder = Path(tempfile.mkdtemp(prefix="bedplate-pgbouncer-"))
    text = _SETTINGS.format(server=server, port=port, folder=folder)
    (folder / "pgbouncer.ini").write_text(text)
    (folder / "users.txt").write_text(f'"{server.username}" "{server.password}"\n')
    for path in (folder, *folder.iterdir()):
        if os.getuid() == 0:
            shutil.chown(path, "nobody")
        path.chmod(0o700)
    return folder
