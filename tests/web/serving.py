"""`bedplate serve` as a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMMAND = Path(sys.executable).with_name("bedplate")


@contextmanager
def serving(url: str, **variables: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve a database on a free port; give the address."""
    process = subprocess.Popen(
        [COMMAND, "serve", "--port", "0"],
        env=os.environ | {"DATABASE_URL": url} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None, process.communicate()
        yield found[0], process
    finally:
        process.kill()
        process.communicate()
