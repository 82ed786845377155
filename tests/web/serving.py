"""`bedplate serve` as a process of its own, and the application in a thread."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from bedplate import AsyncDatabase, Database
from bedplate.web import Access, create_app

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


@contextmanager
def served(
    database: Database | AsyncDatabase, access: Access | None = None
) -> Iterator[tuple[str, uvicorn.Server]]:
    """Serve in a thread, which takes no start of another Python."""
    config: Any = uvicorn.Config(create_app(database, access), log_level="error")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", server
        finally:
            server.should_exit = True
            thread.join()
