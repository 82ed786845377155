"""The programs that people run, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["ROOT", "environment", "run", "started"]

ROOT = Path(__file__).parents[2]


def environment(url: str, **variables: str) -> dict[str, str]:
    """Return the environment of a program that uses that database alone."""
    names = ("PATH", "HOME", "PYTHONPATH")  # the last where another checkout is tested
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return kept | {"DATABASE_URL": url, **variables}


def started(url: str, *command: str, **variables: str) -> subprocess.Popen[str]:
    """Start `bedplate ...` or `alembic ...` in the checkout."""
    module = {"bedplate": "bedplate.cli", "alembic": "alembic.config"}[command[0]]
    calls = f"from {module} import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", calls, *command[1:]],
        cwd=ROOT,
        env=environment(url, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(url: str, *command: str, **variables: str) -> tuple[int, str, str]:
    """Run a program; return its exit code and what it printed on stdout and stderr."""
    process = started(url, *command, **variables)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err
