"""The command itself, as a process."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from bedplate.cli import serve
from bedplate.cli.app import run
from bedplate.cli.serve import _check
from web.serving import COMMAND, serving

pytestmark = pytest.mark.databases("sqlite")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "db.example"])  # noqa: S104  # refused
def test_no_other_machine_is_listened_to_without_a_token(
    database_url: str,
    host: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    assert run(["serve", "--host", host]) == 1
    complaint = capsys.readouterr().err
    assert complaint.startswith("error: bad settings: BEDPLATE_API_TOKEN: set it to")


def test_what_cannot_be_served_is_told_in_a_line(
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert run(["serve", "--port", str(taken.getsockname()[1])]) == 1
    assert "Address already in use: 127.0.0.1" in capsys.readouterr().err

    monkeypatch.setenv("DATABASE_URL", "sqlite:///nowhere.db")
    assert run(["serve"]) == 1
    assert "run `bedplate upgrade` to make it" in capsys.readouterr().err

    monkeypatch.setitem(sys.modules, "bedplate.web", None)
    assert run(["serve"]) == 1
    assert "pip install 'bedplate[web]'" in capsys.readouterr().err


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  # our own
        text: str = answer.read().decode()
        return text


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_stopped(database_url: str, sign: signal.Signals) -> None:
    with serving(database_url) as (address, process):
        assert get(f"{address}/health/ready") == '{"status":"ok"}'
        assert "<html" in get(address)
        process.send_signal(sign)
        _, complaint = process.communicate(timeout=20)
    assert (process.returncode, complaint) == (0, "")


def test_several_workers_are_told_of_together(
    database_url: str, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    options = ("--factory", "bedplate.web:create_app", "--workers", "2")
    process = subprocess.Popen(
        [COMMAND.with_name("uvicorn"), *options, "--port", str(port)],
        env=os.environ
        | {"DATABASE_URL": database_url, "DB_METRICS_DIR": str(tmp_path)},
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: len(list(tmp_path.glob("*.json"))) == 2 and is_up(address))
        for _ in range(30):  # each by a connection of its own, to either worker
            get(f"{address}/api/jobs")
        # Each answers by the other's last file, which is two seconds old at most.
        until(lambda: is_one(address, 30))
    finally:
        process.terminate()
        process.wait()


def is_one(address: str, least: int) -> bool:
    """Return whether eight answers, of either worker, tell the same of them all."""
    told = {checkouts(address) for _ in range(8)}
    return len(told) == 1 and min(told) >= least


def is_up(address: str) -> bool:
    try:
        return get(f"{address}/health/live") != ""
    except OSError:
        return False


def checkouts(address: str) -> float:
    told = get(f"{address}/metrics")
    name = 'bedplate_pool_checkouts_total{pool="reader"}'
    (found,) = re.findall(f"^{re.escape(name)} (\\S+)$", told, re.MULTILINE)
    return float(found)


def until(reached: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.2)


@pytest.mark.parametrize(
    "name", ["localhost", "::1", "127.0.0.1", "::ffff:127.0.0.1", "127.0.0.2"]
)
def test_this_machine_needs_no_token(name: str) -> None:
    _check(name, None)


def test_what_a_name_stands_for_counts(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    everywhere = socket.create_server(("0.0.0.0", 0))  # noqa: S104  # it is refused
    monkeypatch.setattr(serve, "_listening", lambda *_: everywhere)
    assert run(["serve", "--host", "localhost"]) == 1
    assert everywhere.fileno() == -1  # and nothing listens


def test_it_says_that_the_token_is_short(database_url: str) -> None:
    with serving(database_url, BEDPLATE_API_TOKEN="a" * 5) as (address, process):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            get(f"{address}/api/jobs")
        process.terminate()
        _, complaint = process.communicate(timeout=20)
    assert complaint.startswith("warning: BEDPLATE_API_TOKEN has 5 characters")
