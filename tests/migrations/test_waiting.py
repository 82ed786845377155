"""A container's init step starts beside its server, and waits until it is there."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import sqlalchemy as sa

from bedplate import AsyncDatabase, Database
from bedplate.errors import AuthenticationError, ServerUnreachableError
from migrations.history import HEAD
from migrations.programs import run, started

SERVERS = pytest.mark.databases("postgresql", "mysql", "mariadb")


class LateServer:
    """An address at which the server answers from a moment on."""

    def __init__(self, url: str) -> None:
        self._server = sa.make_url(url)
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        port = self._socket.getsockname()[1]
        moved = self._server.set(host="127.0.0.1", port=port)
        self.url = moved.render_as_string(hide_password=False)

    def answer(self) -> None:
        self._socket.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):  # it never listened
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                server = socket.create_connection(self._address())
                for one, other in ((client, server), (server, client)):
                    threading.Thread(target=pump, args=(one, other)).start()

    def _address(self) -> tuple[str, int]:
        assert self._server.host is not None
        assert self._server.port is not None
        return self._server.host, self._server.port


def pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65_536):
            other.sendall(data)
        other.shutdown(socket.SHUT_RDWR)
    one.close()


@pytest.fixture
def late(blank_url: str) -> Iterator[LateServer]:
    server = LateServer(blank_url)
    yield server
    server.close()


@SERVERS
def test_an_upgrade_waits_for_its_server(late: LateServer) -> None:
    hasty = run(late.url, "bedplate", "upgrade")
    assert hasty[0] == 1
    patient = started(late.url, "bedplate", "upgrade", "--wait")
    time.sleep(0.5)
    assert patient.poll() is None
    late.answer()
    out, err = patient.communicate(timeout=60)
    assert (out, err) == (f"schema: base -> {HEAD}\n", "")


@SERVERS
def test_nobody_waits_for_ever(late: LateServer) -> None:
    began = time.monotonic()
    with (
        Database(late.url) as database,
        pytest.raises(ServerUnreachableError, match=r"no answer for 0\.3 s: "),
    ):
        database.wait(0.3)
    assert 0.3 <= time.monotonic() - began < 5
    variables = {"DB_MIGRATION_LOCK_TIMEOUT": "0.3"}
    code, out, err = run(late.url, "bedplate", "upgrade", "--wait", **variables)
    assert (code, out) == (1, "")
    assert err.startswith("error: no answer for 0.3 s: ")


@SERVERS
def test_a_server_that_refuses_is_not_waited_for(blank_url: str) -> None:
    stranger = sa.make_url(blank_url).set(username="nobody_of_that_name")
    began = time.monotonic()
    with (
        Database(stranger.render_as_string(hide_password=False)) as database,
        pytest.raises(AuthenticationError),
    ):
        database.wait(30)
    assert time.monotonic() - began < 10


def test_what_is_there_is_not_waited_for(database_url: str) -> None:
    with Database(database_url) as database:
        database.wait(0)

    async def wait() -> None:
        async with AsyncDatabase(database_url) as beside:
            await beside.wait(0)

    asyncio.run(wait())
    code, _, err = run(database_url, "bedplate", "upgrade", "--wait")
    assert (code, err) == (0, "")
