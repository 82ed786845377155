"""Bedplate in somebody else's application."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from bedplate import AsyncDatabase, Database, TrainingRepository, errors
from bedplate.repository import reads
from bedplate.web import Calls, Repo, create_app, get_db, handle_errors, lifespan
from bedplate.web.dependencies import awaited, calls
from bedplate.web.routers import jobs
from web.serving import served

LOCAL = "http://localhost"
LOOKS = (
    "/health/live",
    "/health/ready",
    "/api/health/db",
    "/metrics",
    "/metrics/database/health",
    "/metrics/database/pool",
    "/metrics/database/config",
    "/metrics/performance/summary",
    "/",
    "/dashboard/app.js",
)

pytestmark = pytest.mark.databases("sqlite")

Training = Annotated[TrainingRepository, Repo(TrainingRepository)]
AsyncTraining = Annotated[Calls[TrainingRepository], Repo(TrainingRepository)]
Db = Annotated[Database, Depends(get_db)]


def test_three_lines_mount_a_router(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database.settings.url is not None
    monkeypatch.setenv("DATABASE_URL", database.settings.url.get_secret_value())
    app = FastAPI(lifespan=lifespan)
    handle_errors(app)
    app.include_router(jobs)
    with TestClient(app) as client:
        opened = app.state.database
        assert client.post("/api/jobs", json={"job_id": "a"}).status_code == 201
        assert client.get("/api/jobs/b").status_code == 404
        assert opened.engine.pool.checkedin() == 1
    assert opened.engine.pool.checkedin() == 0  # closed with the application
    assert database.repository(TrainingRepository).get_training_job("a") is not None


@pytest.mark.parametrize("face", [Database, AsyncDatabase])
def test_connections_are_opened_beforehand(
    face: type[Database | AsyncDatabase], database_url: str
) -> None:
    opened = face(database_url, pool_prewarm=3)
    with TestClient(create_app(opened), LOCAL) as client:
        assert opened.pool_metrics().created >= 3
        assert client.portal is not None
        client.portal.call(awaited, opened.close)

    away = Database("postgresql://ann@127.0.0.1:1/no", pool_prewarm=3)
    with TestClient(create_app(away), LOCAL) as client:
        assert client.get("/health/live").status_code == 200


@pytest.mark.parametrize("face", [Database, AsyncDatabase])
def test_readiness_is_what_was_seen_at_the_last_look(
    face: type[Database | AsyncDatabase], database_url: str
) -> None:
    app = create_app(face(database_url))
    with TestClient(app, LOCAL) as client:
        monitor = app.state.monitor
        seen = monitor.wait(20)
        assert client.get("/health/ready").json() == {"status": "ok"}
        monitor._latest = replace(seen, status="unreachable", ready=False)
        answer = client.get("/health/ready")
        assert (answer.status_code, answer.json()) == (503, {"status": "database"})
        assert client.portal is not None
        client.portal.call(awaited, app.state.database.close)
    assert app.state.monitor is None
    assert "bedplate-health" not in {thread.name for thread in threading.enumerate()}


def test_a_database_that_was_given_is_left_to_its_owner(database: Database) -> None:
    app = FastAPI(lifespan=lifespan)
    app.state.database = database
    app.include_router(jobs)
    with TestClient(app) as client:
        client.post("/api/jobs", json={})
    assert app.state.database is database
    assert database.test_connection()["status"] == "ok"


def test_without_a_database_it_says_what_to_do() -> None:
    app = FastAPI()
    app.include_router(jobs)
    with pytest.raises(errors.SettingsError, match="lifespan=lifespan"):
        TestClient(app).get("/api/jobs")


def test_the_whole_may_be_mounted_under_a_path(database: Database) -> None:
    app = FastAPI()
    app.mount("/bedplate", create_app(database))
    client = TestClient(app, LOCAL)
    assert client.get("/bedplate/api/jobs").json() == {"items": [], "next": None}
    assert client.get("/bedplate/").status_code == 200


def test_an_endpoint_is_given_a_repository(database: Database) -> None:
    app = FastAPI()
    app.state.database = database

    @app.post("/both")
    def both(training: Training, db: Db) -> int:
        with db.transaction():
            training.create_training_job(job_id="a")
            return training.create_training_job(job_id="b").id

    assert TestClient(app).post("/both").status_code == 200
    assert database.repository(TrainingRepository).get_training_job("b") is not None


def test_an_asynchronous_repository_is_awaited(database_url: str) -> None:
    app = FastAPI()
    app.state.database = AsyncDatabase(database_url)

    @app.post("/job")
    async def job(training: AsyncTraining) -> str:
        made = await training(TrainingRepository.create_training_job, job_id="a")
        found = await training(TrainingRepository.get_training_job, "a")
        assert found is not None
        assert found.id == made.id
        return found.job_id

    with TestClient(app) as client:
        assert client.post("/job").json() == "a"
        assert client.portal is not None
        client.portal.call(app.state.database.close)


@pytest.mark.parametrize("face", [Database, AsyncDatabase])
def test_what_is_marked_as_reading_may_not_write(
    face: type[Database | AsyncDatabase], database_url: str
) -> None:
    app = FastAPI()
    app.state.database = face(database_url)

    @reads
    def write(repository: TrainingRepository) -> None:
        repository.create_training_job()

    @app.get("/")
    async def work(training: Annotated[Any, calls(TrainingRepository)]) -> None:
        with pytest.raises(errors.ReadOnlyError):
            await training(write)

    with TestClient(app) as client:
        assert client.get("/").status_code == 200
        assert client.portal is not None
        client.portal.call(awaited, app.state.database.close)


def test_a_response_that_streams_holds_no_connection(database_url: str) -> None:
    """One connection, one endless response, and yet the next request is answered."""
    with Database(database_url, pool_size=1, max_overflow=0, pool_timeout=1) as db:
        app, going_on = FastAPI(), threading.Event()
        app.state.database = db
        app.include_router(jobs)

        @app.get("/stream")
        def stream(training: Training) -> StreamingResponse:
            first = len(training.list_training_jobs())

            def pieces() -> Iterator[str]:
                yield f"{first} "
                assert going_on.wait(10)
                yield str(len(training.list_training_jobs()))

            return StreamingResponse(pieces())

        with TestClient(app) as client:
            told: list[str] = []
            thread = threading.Thread(
                target=lambda: told.append(client.get("/stream").text)
            )
            thread.start()
            assert client.post("/api/jobs", json={}).status_code == 201
            assert len(client.get("/api/jobs").json()["items"]) == 1
            going_on.set()
            thread.join(10)
        assert told[0].endswith(" 1")


def test_whoever_looks_needs_none_of_the_threads_that_wait(database_url: str) -> None:
    """Forty calls and more wait for the one connection: the operator still sees."""
    with (
        Database(
            database_url, pool_size=1, max_overflow=0, pool_timeout=20
        ) as database,
        served(database) as (address, _),
        ThreadPoolExecutor(60) as clients,
    ):
        reader = database.engines()[-1]
        with reader.connect():
            calls = [
                clients.submit(httpx2.get, f"{address}/api/jobs", timeout=60)
                for _ in range(60)
            ]
            while database.pool_metrics().waiting < 40:
                time.sleep(0.01)
            for path in LOOKS:
                answer = httpx2.get(f"{address}{path}", timeout=10)
                assert answer.status_code == 200, path
            assert not any(call.done() for call in calls)
        assert {call.result().status_code for call in calls} == {200}


def test_head_is_answered_as_get_without_the_body(
    database: Database, database_url: str
) -> None:
    training = database.repository(TrainingRepository)
    corpus = training.add_corpus_text("It was a dark and stormy night. " * 9_000)
    client = TestClient(create_app(database), LOCAL)
    for path in ("/", "/health/live", "/health/ready", "/api/jobs", "/metrics"):
        told, asked = client.head(path), client.get(path)
        assert (told.status_code, told.content) == (200, b"")
        assert told.headers["content-type"] == asked.headers["content-type"]
    reads = database.query_metrics().count
    assert client.head(f"/api/corpora/{corpus.id}/text").status_code == 200
    assert database.query_metrics().count <= reads + 4  # not piece by piece
    assert client.head("/api/jobs/none").status_code == 404
    assert "HEAD" in client.patch("/api/jobs").headers["allow"]


KINDS: list[tuple[errors.BedplateError, int, str | None]] = [
    (errors.NotFoundError("no job"), 404, None),
    (errors.AlreadyExistsError("a key"), 409, None),
    (errors.ReferenceFailedError(), 409, None),
    (errors.TransitionError("no", "a", "b"), 409, None),
    (errors.InvalidValueError("is odd", "step"), 422, None),
    (errors.ValueTooLargeError("is long"), 422, None),
    (errors.CheckFailedError(), 422, None),
    (errors.ServerUnreachableError(), 503, "2"),
    (errors.AuthenticationError(), 503, "2"),
    (errors.ConnectionLostError(), 503, "1"),
    (errors.CommitUnknownError(), 503, "1"),
    (errors.PoolTimeoutError(), 503, "1"),
    (errors.DatabaseBusyError(), 503, "1"),
    (errors.DeadlockError(), 503, "1"),
    (errors.StatementTimeoutError(), 503, "1"),
    (errors.SchemaBehindError(), 503, "10"),
    (errors.StorageFullError(), 503, "30"),
    (errors.UnsupportedError(), 501, None),
    (errors.StatementError("your password is x"), 500, None),
]


@pytest.mark.parametrize(
    ("error", "status", "after"), KINDS, ids=lambda value: type(value).__name__
)
def test_each_error_has_its_status(
    error: errors.BedplateError, status: int, after: str | None
) -> None:
    app = FastAPI()
    handle_errors(app)

    @app.get("/")
    def fail() -> None:
        raise error from OSError("ann@db.internal:5432")

    answer = TestClient(app).get("/")

    assert (answer.status_code, answer.headers.get("retry-after")) == (status, after)
    told: Any = answer.json()
    assert "db.internal" not in answer.text
    assert "your password" not in answer.text
    if status == 422:
        assert told["detail"][0]["type"] == type(error).__name__
    else:
        assert told["error"] == type(error).__name__


@pytest.mark.parametrize(
    "kind",
    [
        errors.NodeNotReadyError,
        errors.ServerUnreachableError,
        errors.ConnectionLostError,
    ],
)
def test_where_the_database_is_does_not_go_to_the_client(
    kind: type[errors.BedplateError],
) -> None:
    """Our own words say it as well, for the log."""
    app = FastAPI()
    handle_errors(app)

    @app.get("/")
    def fail() -> None:
        raise kind("this node is not in sync (ann@db.internal:3306)")

    answer = TestClient(app).get("/")
    assert answer.status_code == 503
    assert answer.json() == {"detail": kind.__doc__, "error": kind.__name__}
