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
from bedplate.web.access import is_origin
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


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn", "prometheus_client"])
def test_the_extra_is_named_where_it_is_missing(
    database_url: str, missing: str
) -> None:
    program = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from bedplate.cli.app import run\n"
        "sys.exit(run(['serve']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: serving needs FastAPI and uvicorn: pip install 'bedplate[web]'\n"
    )


@pytest.mark.parametrize(
    ("module", "missing", "extra"),
    [
        ("bedplate.web", "fastapi", "web"),
        ("bedplate.web.access", "starlette", "web"),
        ("bedplate.ops.prometheus", "prometheus_client", "prometheus"),
        ("bedplate.ops.tracing", "opentelemetry", "otel"),
    ],
)
def test_a_module_names_the_extra_it_needs(
    module: str, missing: str, extra: str
) -> None:
    program = f"import sys; sys.modules[{missing!r}] = None; import {module}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: bedplate.")
    assert last.endswith(f": pip install 'bedplate[{extra}]'")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--cors-origin", "example.org"),
        ("--cors-origin", "https://example.org/"),
        ("--cors-origin", "https://example.org/app"),
        ("--cors-origin", "https://Example.org"),
        ("--cors-origin", "https://example.org:"),
        ("--cors-origin", "https://a.example,https://b.example"),
        ("--cors-origin", "*"),
        ("--cors-origin", ""),
        ("--root-path", "bedplate"),
        ("--root-path", "/bedplate/"),
        ("--root-path", "/"),
        ("--root-path", "https://example.org/bedplate"),
    ],
)
def test_what_no_browser_sends_is_refused(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["serve", "--port", "0", option, value]) == 2
    (complaint,) = capsys.readouterr().err.splitlines()
    assert complaint.startswith(f"error: Invalid value for {option}: {value!r} is no ")


@pytest.mark.parametrize(
    "origin",
    [
        "https://example.org",
        "http://localhost:5173",
        "http://[::1]:8000",
        "tauri://localhost",
    ],
)
def test_an_origin_is_a_site_as_a_browser_names_it(origin: str) -> None:
    assert is_origin(origin)


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
