from __future__ import annotations

import pytest

from bedplate import Database, WorkflowRepository


@pytest.fixture
def workflows(database: Database) -> WorkflowRepository:
    return database.repository(WorkflowRepository)
