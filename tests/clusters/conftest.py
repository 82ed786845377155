"""Tests of what only a pooler or a cluster does: run them by `make test-clusters`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bedplate.testing.galera import GaleraServer
from bedplate.testing.servers import Server

WORDS = {"pgbouncer", "galera"}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave these files alone in a run that starts neither."""
    asked = {*config.getoption("--db").split(",")}
    for name in ("TEST_POSTGRESQL_URL", "TEST_MARIADB_URL"):
        asked |= {*os.environ.get(name, "").split()}
    is_test = collection_path.name.startswith("test_")
    return True if is_test and not WORDS & asked else None


@pytest.fixture
def galera(server: Server) -> GaleraServer:
    assert isinstance(server, GaleraServer)
    return server
