from __future__ import annotations

import pytest

from bedplate import Database, TrainingRepository


@pytest.fixture
def training(database: Database) -> TrainingRepository:
    return database.repository(TrainingRepository)
