"""A short storm: benchmarks/migrate_storm.py runs longer ones on every database."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from migrations.programs import ROOT, environment

STORM = ROOT / "benchmarks" / "migrate_storm.py"


def stormed(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(STORM), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment(url),
        timeout=120,
    )


@pytest.mark.one_of_each_kind
@pytest.mark.databases("sqlite")
def test_a_short_storm_leaves_no_difference(blank_url: str) -> None:
    done = stormed(blank_url, blank_url, "--count", "10", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    (outcome,) = json.loads(done.stdout)
    assert outcome["kills"] == 10
    assert outcome["cut"] > 0  # else nothing was shown
    assert outcome["errors"] == outcome["differences"] == []


def test_a_database_in_use_is_left_alone(database_url: str) -> None:
    done = stormed(database_url, database_url, "--count", "1")
    assert done.returncode == 1
    assert "the database is not empty: nothing was done" in done.stdout


def test_it_says_what_it_takes() -> None:
    done = stormed("sqlite://", "--help")
    assert done.returncode == 0
    assert "--count" in done.stdout
