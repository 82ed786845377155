from __future__ import annotations

import os

import pytest

pytest_plugins = ["bedplate.testing.plugin"]


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own database out of the tests."""
    for name in list(os.environ):
        if name.startswith(("DB_", "DATABASE_")):
            monkeypatch.delenv(name)
