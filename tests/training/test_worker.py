"""Workers: what is queued gets trained, once, whoever dies or is told to stop."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from migrations.programs import run, started

from bedplate import Database, TrainingRepository
from bedplate.domains.training import MarkovNGram, TrainingJob
from bedplate.errors import ServerUnreachableError
from bedplate.worker import Worked, Worker
from training.watching import together

TEXT = "the quick brown fox jumps over the lazy dog, again and again. " * 8
SHARED = pytest.mark.databases("sqlite", "postgresql", "mysql")


def queued(training: TrainingRepository, runs: int = 1, chunk: int = 100) -> list[str]:
    """Queue runs over one text, each of another order."""
    training.add_corpus_text(TEXT)
    return [
        training.start_markov_run(n, chunk=chunk, holdout=0).job_id
        for n in range(2, 2 + runs)
    ]


def model_of(database: Database, n: int) -> list[tuple[str, str, int]]:
    training = database.repository(TrainingRepository)
    rows = training.of(MarkovNGram).list(MarkovNGram.n == n, limit=10_000)
    return [(row.context, row.next_char, row.count) for row in rows]


def counted(n: int) -> list[tuple[str, str, int]]:
    """Count the n-grams of the text by hand."""
    found: dict[tuple[str, str], int] = {}
    for place in range(n - 1, len(TEXT)):
        key = (TEXT[place - n + 1 : place], TEXT[place])
        found[key] = found.get(key, 0) + 1
    return sorted((*key, count) for key, count in found.items())


def outcomes(worked: Iterator[Worked]) -> dict[str, str]:
    return {each.job_id: each.outcome for each in worked}


def test_a_worker_trains_what_is_queued(
    training: TrainingRepository, database: Database
) -> None:
    jobs = queued(training, 3)
    own = training.create_training_job().job_id

    done = outcomes(Worker(database, "w").work(drain=True))

    assert done == dict.fromkeys(jobs, "completed")
    assert [*done] == jobs
    for n in (2, 3, 4):
        assert model_of(database, n) == counted(n)
    for job_id in jobs:
        job = training.get_training_job(job_id)
        assert job is not None
        assert (job.status, job.worker, job.lease_until) == ("completed", "w", None)
    left = training.get_training_job(own)  # not a run: somebody else's business
    assert left is not None
    assert left.status == "pending"


@SHARED
def test_workers_share_the_queue(
    training: TrainingRepository, database: Database
) -> None:
    jobs = queued(training, 6, chunk=200)
    workers = [Worker(database, f"w{n}") for n in range(3)]

    found, errors = together(
        [lambda w=w: outcomes(w.work(drain=True)) for w in workers]  # type: ignore[misc]
    )

    assert errors == []
    assert sorted(job for each in found for job in each) == sorted(jobs)
    for n in range(2, 8):
        assert model_of(database, n) == counted(n)


@SHARED
def test_a_dropped_job_goes_on_where_it_stood(
    training: TrainingRepository, database: Database
) -> None:
    (job_id,) = queued(training)
    dead = training.claim_training_job("dead", 60, "markov")
    assert dead is not None
    training.train_markov_chunk(job_id)
    past = sa.update(TrainingJob).values(lease_until=dead.created_at)
    with database.transaction() as session:
        session.execute(past)

    assert outcomes(Worker(database, "w").work(drain=True)) == {job_id: "completed"}

    assert model_of(database, 2) == counted(2)
    chunks = training.list_checkpoints(training_job_id=dead.id)
    assert len(chunks) == -(-len(TEXT) // 100)


class Meddled(Worker):
    """A worker to whose job something happens while it trains the second chunk."""

    chunks = 0

    def meddle(self, job: TrainingJob) -> None:
        raise NotImplementedError

    def _train(self, session: Any, job: TrainingJob) -> Any:
        self.chunks += 1
        progress = super()._train(session, job)
        if self.chunks == 2:
            self.meddle(job)
        return progress


class Broken(Meddled):
    def meddle(self, job: TrainingJob) -> None:
        raise ValueError("it broke")


class CutOff(Meddled):
    def meddle(self, job: TrainingJob) -> None:
        raise ServerUnreachableError


class Told(Meddled):
    def meddle(self, job: TrainingJob) -> None:
        self.stop()


@pytest.mark.databases("sqlite")
def test_what_may_happen_to_a_job(
    training: TrainingRepository, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job_id,) = queued(training)
    assert [w.outcome for w in Told(database).work()] == ["released"]
    job = training.get_training_job(job_id)
    assert job is not None
    assert (job.status, job.attempts, job.progress > 0) == ("pending", 0, True)

    (failed,) = Broken(database).work(drain=True)
    assert (failed.outcome, failed.error) == ("again", "ValueError: it broke")
    training.update_training_job(job_id, "pending")

    assert outcomes(CutOff(database).work(drain=True)) == {job_id: "completed"}
    assert model_of(database, 2) == counted(2)

    gone = training.start_markov_run(3)
    training.delete_corpus_text(training.list_corpus_texts()[0].id)
    (failed,) = Worker(database).work(drain=True)
    assert (failed.job_id, failed.outcome) == (gone.job_id, "failed")


@SHARED
def test_a_job_that_was_taken_away_is_left(
    training: TrainingRepository, database: Database
) -> None:
    queued(training)
    worker = Worker(database, "slow")
    job = worker._claim()
    assert job is not None
    training.of(TrainingJob).update(job.id, token=job.token + 1)

    assert worker._run(job).outcome == "lost"

    assert model_of(database, 2) == []


@contextmanager
def program(url: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    process = started(url, "bedplate", "worker", "--json", "--poll", "0.05", *options)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(condition: Any) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_a_worker_between_two_chunks(
    training: TrainingRepository, database_url: str, sign: signal.Signals
) -> None:
    training.add_corpus_text(TEXT * 100)
    job_id = training.start_markov_run(2, chunk=100, holdout=0).job_id

    def progress() -> float:
        job = training.get_training_job(job_id)
        return 0 if job is None else job.progress

    with program(database_url, "--name", "w") as process:
        until(progress)
        process.send_signal(sign)
        out, err = process.communicate(timeout=60)

    assert process.returncode == 0
    waiting, stopping = err.splitlines()
    assert waiting.startswith("worker: waiting for runs that `bedplate train --queue`")
    assert stopping.startswith("worker: ending after the chunk it trains")
    assert json.loads(out)["outcome"] == "released"
    job = training.get_training_job(job_id)
    assert job is not None
    assert (job.status, job.attempts) == ("pending", 0)
    assert 0 < job.progress < 100


@pytest.mark.databases("sqlite")
def test_a_worker_ends_when_asked_to(
    training: TrainingRepository, database_url: str
) -> None:
    code, out, err = run(database_url, "bedplate", "worker", "--drain")
    assert (code, out, err) == (0, "", "")
    first, second = queued(training, 2)
    code, out, err = run(database_url, "bedplate", "worker", "--once")
    assert (code, err) == (0, "")
    assert out == f"job {first}: completed, {len(TEXT)} characters\n"
    training.delete_corpus_text(training.list_corpus_texts()[0].id)
    code, out, err = run(database_url, "bedplate", "worker", "--drain")
    assert (code, out) == (1, f"job {second}: failed, 0 characters\n")
    assert "corpus" in err


@pytest.mark.databases("sqlite")
def test_a_run_is_queued_from_the_command_line(
    training: TrainingRepository, database_url: str
) -> None:
    training.add_corpus_text(TEXT)
    code, out, _ = run(database_url, "bedplate", "train", "--queue", "--order", "2")
    assert code == 0
    assert out.endswith(": queued\n")
    code, _, err = run(database_url, "bedplate", "train", "--queue", "--resume")
    assert code == 2
    assert "--queue" in err
    code, out, _ = run(database_url, "bedplate", "worker", "--drain", "--json")
    assert (code, json.loads(out)["outcome"]) == (0, "completed")
