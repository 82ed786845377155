from __future__ import annotations

import pytest

from bedplate import Database, TelemetryRepository


@pytest.fixture
def telemetry(database: Database) -> TelemetryRepository:
    return database.repository(TelemetryRepository)
