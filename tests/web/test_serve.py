"""The command itself, as a process."""

from __future__ import annotations

import signal
import socket
import sys
import urllib.error
import urllib.request

import pytest

from bedplate.cli.app import run
from web.serving import serving

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


def test_it_says_that_the_token_is_short(database_url: str) -> None:
    with serving(database_url, BEDPLATE_API_TOKEN="a" * 5) as (address, process):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            get(f"{address}/api/jobs")
        process.terminate()
        _, complaint = process.communicate(timeout=20)
    assert complaint.startswith("warning: BEDPLATE_API_TOKEN has 5 characters")
