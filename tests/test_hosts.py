"""Several hosts: which is connected to, and what is an error of all of them."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
import sqlalchemy as sa

from bedplate import AsyncDatabase, Database, Settings
from bedplate.errors import (
    AuthenticationError,
    ConnectionLostError,
    ServerUnreachableError,
    SettingsError,
)
from bedplate.open_connections import OpenConnections, _shut
from bedplate.testing.containers import free_port

servers = pytest.mark.databases("postgresql", "mysql", "mariadb")


def among(url: str, *, first: int, alone: bool = False) -> str:
    """Return a URL with a host in front on which nobody listens."""
    parts = sa.make_url(url)
    text = parts.render_as_string(hide_password=False)
    here = f"{parts.host}:{parts.port}"
    wrong = f"127.0.0.1:{first}"
    second = f"127.0.0.1:{free_port()}" if alone else here
    return text.replace(f"@{here}", f"@{wrong},{second}")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a,b", (("a", 5432), ("b", 5432))),
        ("a:1, b", (("a", 1), ("b", 5432))),
        ("[::1]:7,::1", (("::1", 7), ("::1", 5432))),
        ("/run/postgresql", (("/run/postgresql", 5432),)),
    ],
)
def test_hosts_are_told_apart(text: str, wanted: tuple[tuple[str, int], ...]) -> None:
    assert Settings(type="postgresql", host=text).hosts == wanted


def test_a_host_may_name_its_port() -> None:
    settings = Settings(type="mariadb", host="db:3307")
    assert (settings.host, settings.port) == ("db", 3307)
    url = Settings.of("mariadb://u:p@a:3307,b/d?load_balance_hosts=random")
    assert url.hosts == (("a", 3307), ("b", 3306))
    assert url.load_balance_hosts == "random"


@pytest.mark.parametrize("host", ["a:70000", "a:port", "a,,b", "a:0"])
def test_a_bad_host_is_refused(host: str) -> None:
    with pytest.raises(SettingsError, match="DB_HOST"):
        Settings(type="mysql", host=host)


@servers
def test_the_next_host_is_tried(database_url: str) -> None:
    url = among(database_url, first=free_port())
    with Database(url) as database:
        assert database.test_connection()["status"] == "ok"

    async def work() -> str:
        async with AsyncDatabase(url) as database:
            status: str = (await database.test_connection())["status"]
            return status

    assert asyncio.run(work()) == "ok"


@servers
def test_any_host_is_tried(database_url: str) -> None:
    url = among(database_url, first=free_port())
    with Database(url, load_balance_hosts="random", use_pool=False) as database:
        for _ in range(8):
            with database.transaction() as session:
                assert session.scalar(sa.text("SELECT 1")) == 1


def ask(url: str) -> None:
    with Database(url) as database, database.transaction() as session:
        session.execute(sa.text("SELECT 1"))


@servers
def test_where_none_answers_all_are_named(database_url: str) -> None:
    first = free_port()
    with pytest.raises(ServerUnreachableError) as caught:
        ask(among(database_url, first=first, alone=True))
    assert f"127.0.0.1:{first},127.0.0.1:" in str(caught.value)


@servers
def test_a_wrong_user_is_wrong_on_every_host(database_url: str) -> None:
    url = sa.make_url(database_url).set(username="nobody_here", password="wrong")  # noqa: S106
    text = url.render_as_string(hide_password=False)
    with pytest.raises(AuthenticationError):
        ask(among(text, first=free_port()))


@servers
def test_connections_to_any_of_the_hosts_can_be_cut(database_url: str) -> None:
    with Database(among(database_url, first=free_port())) as database:
        held = OpenConnections(database._engines)
        with (
            pytest.raises(ConnectionLostError),
            database.transaction(read_only=True) as session,
        ):
            assert session.scalar(sa.text("SELECT 1")) == 1
            held.cut()
            session.scalar(sa.text("SELECT 1"))


@pytest.mark.parametrize(("port", "said"), [(5433, b""), (5432, b"on")])
def test_a_connection_in_a_folder_of_sockets_can_be_cut(
    tmp_path: Path, port: int, said: bytes
) -> None:
    """And somebody else's is left alone."""
    name = str(tmp_path / ".s.PGSQL.5433")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as us:
        listener.bind(name)
        listener.listen()
        us.connect(name)
        them, _ = listener.accept()
        with them:
            _shut(us.fileno(), [(str(tmp_path), port)])
            if said:
                us.sendall(said)
            assert them.recv(8) == said
