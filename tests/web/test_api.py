from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bedplate import Database, TrainingRepository
from bedplate.web import create_app


def test_a_workflow_is_created_changed_and_remembered(client: TestClient) -> None:
    wanted = {"workflow_name": "review", "data": {"step": [1, None, "ü"]}}
    made = client.post("/api/workflows", json=wanted)
    assert made.status_code == 201
    place = f"/api/workflows/{made.json()['id']}"
    assert made.json()["status"] == "pending"

    changed = client.put(place, json={"status": "running", "step": "read"})
    client.put(place, json={"status": "completed", "message": "done"})
    again = client.put(place, json={"status": "running"})

    assert changed.json()["current_step"] == "read"
    assert changed.json()["data"] == wanted["data"]
    assert (again.status_code, again.json()["error"]) == (409, "TransitionError")
    steps = client.get(f"{place}/history").json()["items"]
    assert [step["status"] for step in steps] == ["running", "completed"]
    assert client.get(place).json()["completed_at"].endswith("Z")


def test_lists_are_read_page_by_page(client: TestClient) -> None:
    for number in range(5):
        client.post("/api/workflows", json={"workflow_name": f"w{number}"})
    seen, before = list[str](), None
    while True:
        asked: dict[str, int] = {"limit": 2} | ({"before": before} if before else {})
        found = client.get("/api/workflows", params=asked).json()
        seen += [row["workflow_name"] for row in found["items"]]
        before = found["next"]
        if before is None:
            break
    assert seen == ["w4", "w3", "w2", "w1", "w0"]


def test_a_job_is_created_and_followed(client: TestClient) -> None:
    assert client.post("/api/jobs", json={"job_id": "j 1"}).status_code == 201
    twice = client.post("/api/jobs", json={"job_id": "j 1"})
    lost = client.post("/api/jobs", json={"text_corpus_id": 2**52})

    client.put("/api/jobs/j 1", json={"status": "running", "progress": 12.5})

    assert (twice.status_code, twice.json()["error"]) == (409, "AlreadyExistsError")
    assert (lost.status_code, lost.json()["error"]) == (409, "ReferenceFailedError")
    # The driver's words name tables and values: they are for the log.
    assert twice.json()["detail"] == "A row with that key is there already."
    (job,) = client.get("/api/jobs", params={"status": "running"}).json()["items"]
    assert (job["job_id"], job["progress"]) == ("j 1", 12.5)
    assert client.get("/api/jobs/nothing").status_code == 404


def test_a_text_is_stored_found_streamed_and_deleted(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["bedplate.web.routers.corpora"], "PIECE", 100)
    text = "It was a dark [and] stormy night. " + "Où ça? 🙂 " * 50
    sent = {"content": text, "title": "Night", "metadata": {"a": 1}}
    made = client.post("/api/corpora", json=sent).json()
    place = f"/api/corpora/{made['id']}"
    assert (made["char_count"], made["metadata"]) == (len(text), {"a": 1})

    (hit,) = client.get("/api/search", params={"q": '"dark and" stormy'}).json()
    assert [p["text"] for p in hit["snippet"] if p["match"]] == ["dark [and", "stormy"]
    assert "".join(p["text"] for p in hit["snippet"]).startswith("It was a dark [and]")
    assert client.get("/api/search", params={"q": "absent"}).json() == []

    answer = client.get(f"{place}/text")
    assert answer.text == text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"

    assert client.delete(place).status_code == 204
    assert client.delete(place).status_code == 404
    assert client.get(place).status_code == 404
    assert client.get(f"{place}/text").status_code == 404


def test_the_model_writes_and_it_is_recorded(
    client: TestClient, database: Database
) -> None:
    asked = {"prompt": "It was", "order": 4, "length": 14, "seed": 1}
    assert client.post("/api/generate", json=asked).status_code == 404
    night = "It was a dark and stormy night. " * 50
    database.repository(TrainingRepository).train_markov(4, night)

    first = client.post("/api/generate", json=asked).json()
    second = client.post("/api/generate", json=asked).json()

    assert first["response"] == second["response"]
    assert len(first["response"]) == 14
    items = client.get("/api/generate").json()["items"]
    assert [row["id"] for row in items] == [second["id"], first["id"]]


def test_metrics_of_a_job_are_recorded_summed_up_and_drawn(client: TestClient) -> None:
    client.post("/api/jobs", json={"job_id": "run"})
    values = [
        {"metric_type": "loss", "value": 1 / (step + 1), "step": step}
        for step in range(100)
    ] + [{"metric_type": "grad", "value": word} for word in ("nan", "inf", "-inf")]

    answer = client.post("/api/metrics/run", json={"values": values})

    assert (answer.status_code, answer.json()) == (201, {"recorded": 103})
    curves = client.get("/api/metrics/run/curves", params={"points": 10}).json()
    assert curves["grad"] == {
        "steps": [0, 1, 2],
        "values": ["nan", "inf", "-inf"],
        "count": 3,
    }
    assert curves["loss"]["count"] == 100
    assert curves["loss"]["steps"] == list(range(9, 100, 10))
    assert curves["loss"]["values"][-1] == 0.01
    summary = client.get("/api/metrics/run/summary").json()
    assert summary["loss"]["minimum"] == 0.01
    assert summary["grad"]["latest"] == "-inf"
    page = client.get("/api/metrics/run?metric=grad&limit=2").json()
    assert [row["value"] for row in page["items"]] == ["-inf", "inf"]
    assert page["next"] == page["items"][-1]["id"]
    assert client.get("/api/metrics/other").status_code == 404


def test_what_is_sent_wrong_is_refused_in_one_form(client: TestClient) -> None:
    for body in (
        {"workflow_name": ""},
        {"workflow_name": "a\0b"},
        {"workflow_name": "a", "more": 1},
        {"workflow_name": "a", "data": {"n": 2**70}},
        {"workflow_name": "a", "data": "\ud800"},
    ):
        answer = client.post("/api/workflows", content=json.dumps(body))
        assert answer.status_code == 422, body
        (wrong, *_) = answer.json()["detail"]
        assert {"type", "loc", "msg"} == wrong.keys()
    for address, place in (
        ("/api/jobs/%00", ["path", "job_id"]),
        ("/api/corpora?after=-1", ["query", "after"]),
    ):
        answer = client.get(address)
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, place)
    assert client.get("/api/workflows/0").status_code == 422
    assert client.get(f"/api/workflows/{2**63}").status_code == 422
    assert client.get("/api/search").status_code == 422


def test_operators_see_settings_schema_and_sizes(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Counted anew, however long it takes on a busy machine.
    monkeypatch.setattr(sys.modules["bedplate.web.routers.operations"], "_PAUSE", 0)
    config = client.get("/metrics/database/config").json()
    variables = {row["variable"]: row["value"] for row in config}
    assert variables["DB_POOL_SIZE"] == 10
    assert not {"DATABASE_URL", "DB_PASSWORD", "BEDPLATE_API_TOKEN"} & variables.keys()

    schema = client.get("/metrics/database/schema").json()
    assert schema["at_head"]
    assert schema["applied"][0]["version"] == "001"

    client.get("/metrics/database/tables")
    database.repository(TrainingRepository).add_corpus_text("some text")
    tables = client.get("/metrics/database/tables").json()["tables"]
    sizes = {row["name"]: row["rows"] - row["rows_first"] for row in tables}
    assert sizes["text_corpora"] == 1


def test_tables_that_take_long_to_count_are_not_counted_for_everybody(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[float] = []
    whole = TrainingRepository.get_table_stats

    def slowly(self: TrainingRepository) -> Any:
        counted.append(time.monotonic())
        time.sleep(1.5)
        return whole(self)

    monkeypatch.setattr(TrainingRepository, "get_table_stats", slowly)
    with (
        TestClient(create_app(database), "http://localhost") as client,
        ThreadPoolExecutor(5) as operators,
    ):
        asked = [
            operators.submit(client.get, "/metrics/database/tables") for _ in range(5)
        ]
        told = [one.result().json()["tables"] for one in asked]
    assert len(counted) == 1
    assert told[0]
    assert all(one == told[0] for one in told)


@pytest.mark.parametrize("order", [True, "5", 5.5, 1e300])
def test_a_whole_number_is_one_however_it_is_written(
    client: TestClient, database: Database, order: object
) -> None:
    database.repository(TrainingRepository).train_markov(5, "It was a dark night. ")
    said = {"Content-Type": "application/json"}
    wanted = '{"order": 5.0, "length": 3e0}'
    good = client.post("/api/generate", content=wanted, headers=said)
    assert good.status_code == 201
    assert good.json()["parameters"]["length"] == 3
    assert client.post("/api/generate", json={"order": order}).status_code == 422


def test_it_is_ready_when_the_schema_is(client: TestClient, database: Database) -> None:
    assert client.get("/health/live").json() == {"status": "ok"}
    assert client.get("/health/ready").json() == {"status": "ok"}


@pytest.mark.databases("sqlite", "postgresql")
def test_a_schema_that_is_behind_is_said_to_be(blank_url: str) -> None:
    with Database(blank_url) as database:
        database.upgrade("001")
        client = TestClient(create_app(database), "http://localhost")
        ready = client.get("/health/ready")
        answer = client.get("/api/workflows")
    assert (ready.status_code, ready.json()) == (503, {"status": "schema"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


def test_operators_see_the_pool_the_statements_and_the_health(
    client: TestClient,
) -> None:
    client.post("/api/jobs", json={"job_id": "a"})
    client.get("/api/jobs/a")

    pool = client.get("/metrics/database/pool").json()
    assert pool["checkouts"] >= 2
    assert pool["wait_seconds"]["count"] >= 2
    summary = client.get("/metrics/performance/summary?statements=3").json()
    assert len(summary["queries"]["statements"]) == 3
    assert summary["queries"]["count"] > 3
    assert summary["pool"]["checked_out"] == 0
    health = client.get("/metrics/database/health").json()
    assert (health["status"], health["ready"]) == ("ok", True)
    assert client.get("/api/health/db").json()["server_version"]
    text = client.get("/metrics")
    assert text.headers["content-type"].startswith("text/plain; version=")
    assert "\nbedplate_pool_" in text.text


def test_an_unreachable_database_is_told_and_not_waited_for() -> None:
    url = "postgresql://ann:secret@127.0.0.1:1/texts"
    with Database(url) as database:
        client = TestClient(create_app(database), "http://localhost")
        assert client.get("/health/live").status_code == 200
        ready = client.get("/health/ready")
        answer = client.get("/api/jobs")
        health = client.get("/api/health/db")
        told = client.get("/metrics/database/health")
    assert (ready.status_code, ready.json()) == (503, {"status": "database"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["error"] == "ServerUnreachableError"
    assert "127.0.0.1" not in answer.text + ready.text
    assert (health.status_code, told.status_code) == (503, 200)
    assert told.json()["status"] == "unreachable"
    assert "secret" not in health.text
