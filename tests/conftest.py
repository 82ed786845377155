from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest

pytest_plugins = ["bedplate.testing.plugin"]


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own database out of the tests."""
    for name in list(os.environ):
        if name.startswith(("BEDPLATE_", "DB_", "DATABASE_")):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _loggers_as_they_were() -> Iterator[None]:
    """Put back what a command that is run in this process sets for its own."""
    names = ("bedplate", "bedplate.slow", "sqlalchemy.pool")
    kept = [(one := logging.getLogger(n), one.level, one.handlers[:]) for n in names]
    yield
    for logger, level, handlers in kept:
        logger.setLevel(level)
        logger.handlers[:] = handlers
