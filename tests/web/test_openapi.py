"""The OpenAPI document is what the application does: schemathesis looks for faults."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup

from bedplate import Database, TrainingRepository
from bedplate.web import Access, create_app

TOKEN = "secret-of-the-test"  # noqa: S105  # it opens nothing
ANY_JSON = ("POST /api/workflows", "PUT /api/workflows/{workflow_id}")
ANY_OBJECT = ("POST /api/corpora", "POST /api/metrics/{job_id}")

pytestmark = [
    pytest.mark.databases("sqlite"),
    # schemathesis and hypothesis warn of their own future.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture
def document(database: Database) -> Any:
    training = database.repository(TrainingRepository)
    training.train_markov(5, "It was a dark and stormy night. " * 20)
    app = create_app(database, Access(token=TOKEN, rate=0))
    # A schema cannot say that an integer in any JSON has 64 bits at most.
    refusing = {"expected-statuses": ["2xx", "401", "403", "404", "409", "422", "5xx"]}
    config = schemathesis.Config.from_dict(
        {
            "operations": [
                {
                    "include-name": name,
                    "checks": {"positive_data_acceptance": refusing},
                }
                for name in (*ANY_JSON, *ANY_OBJECT)
            ]
        }
    )
    headers = {"Authorization": f"Bearer {TOKEN}", "Host": "localhost"}
    return schemathesis.openapi.from_asgi(
        "/openapi.json", app, config=config, headers=headers
    )


def test_the_application_does_what_the_document_says(document: Any) -> None:
    faults = []
    for found in document.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:
            try:
                _try_out(operation.as_strategy(generation_mode=mode))
            except Unsatisfiable:
                continue  # nothing can be sent wrong
            except FailureGroup as fault:
                faults.append(f"{operation.label}: {fault}")
    assert faults == []


def _try_out(cases: Any) -> None:
    @given(case=cases)
    @settings(
        max_examples=3,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        case.call_and_validate()

    ask()
