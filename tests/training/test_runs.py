from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bedplate import Database, TrainingRepository
from bedplate.domains.training import (
    MarkovNGram,
    NeuralConfig,
    TextCorpus,
    TrainingJob,
)
from bedplate.domains.training.runs import RunProgress
from bedplate.errors import InvalidValueError, NotFoundError
from training.watching import together

Ngrams = Counter[tuple[str, str]]

TEXTS = (
    "It was the best of times, it was the worst of times. Où ça? 🙂🙃\r\n",
    "x",
    "ab",
    "a\u0301 \t" * 20,
    "It was the age of wisdom, it was the age of foolishness.\n" * 3,
)
CHARACTERS = sum(map(len, TEXTS))


def counted(texts: Sequence[str], n: int, holdout: float = 0.0) -> Ngrams:
    """Count the n-grams of the part of each text that is trained."""
    found: Ngrams = Counter()
    for text in texts:
        trained = text[: len(text) - int(len(text) * holdout)]
        ends = range(n - 1, len(trained))
        found.update((trained[end - n + 1 : end], trained[end]) for end in ends)
    return found


def model(training: TrainingRepository, n: int) -> Ngrams:
    """Return the model of one n."""
    stream = training.of(MarkovNGram).stream(MarkovNGram.n == n, batch=5_000)
    return Counter({(row.context, row.next_char): row.count for row in stream})


def add(training: TrainingRepository, texts: Sequence[str] = TEXTS) -> list[int]:
    return [training.add_corpus_text(text).id for text in texts]


def finish(training: TrainingRepository, job: TrainingJob) -> list[RunProgress]:
    """Train what is left of a run."""
    steps: list[RunProgress] = []
    while not steps or not steps[-1].done:
        steps.append(training.train_markov_chunk(job.job_id))
    return steps


# The size of a chunk of one character costs a transaction each: a short text will do.
@pytest.mark.parametrize(
    ("chunk", "texts"), [(1, TEXTS[:3]), (7, TEXTS), (1_000, TEXTS), (10**9, TEXTS)]
)
@pytest.mark.parametrize("holdout", [0, 0.2])
def test_counts_are_those_of_the_trained_part(
    training: TrainingRepository, chunk: int, texts: Sequence[str], holdout: float
) -> None:
    add(training, texts)
    job = training.start_markov_run(3, chunk=chunk, holdout=holdout)

    steps = finish(training, job)

    assert model(training, 3) == counted(texts, 3, holdout)
    total = sum(len(text) - int(len(text) * holdout) for text in texts)
    assert len(steps) == -(-total // chunk)
    assert [step.chunk for step in steps] == [*range(1, len(steps) + 1)]
    done = [min(chunk * step.chunk, total) for step in steps]
    assert [step.characters for step in steps] == done
    assert {step.total for step in steps} == {total}
    assert (steps[-1].bits_per_character is None) == (holdout == 0)


@pytest.mark.parametrize("n", [1, 2, 5, 32])
def test_each_order(training: TrainingRepository, n: int) -> None:
    add(training)

    finish(training, training.start_markov_run(n, chunk=50))

    assert model(training, n) == counted(TEXTS, n, 0.05)


def test_arguments_stand_in_order_and_have_names(training: TrainingRepository) -> None:
    ids = add(training)

    by_place = training.start_markov_run(3, [ids[0]], 100, 0.5, True)
    by_name = training.start_markov_run(
        n=3, corpus_ids=[ids[1], ids[0]], chunk=100, holdout=0.5, fresh=False
    )

    length = len(TEXTS[0])
    first = training.get_markov_plan(by_place.job_id)
    assert (first.n, first.chunk) == (3, 100)
    assert first.corpora == ((ids[0], length - length // 2, length // 2),)
    assert by_place.text_corpus_id == ids[0]
    second = training.get_markov_plan(job_id=by_name.job_id)
    assert [corpus for corpus, _, _ in second.corpora] == [ids[1], ids[0]]
    assert by_name.text_corpus_id is None
    step = training.train_markov_chunk(job_id=by_place.job_id)
    assert step.job_id == by_place.job_id


def test_a_run_may_be_limited_to_corpora(training: TrainingRepository) -> None:
    ids = add(training)

    job = training.start_markov_run(3, [ids[4], ids[0], ids[4]], 50, 0)
    finish(training, job)

    assert model(training, 3) == counted([TEXTS[4], TEXTS[0]], 3)


def test_counts_are_added_to_the_model_or_begin_anew(
    training: TrainingRepository,
) -> None:
    add(training)
    once = counted(TEXTS, 3)

    for _ in range(2):
        finish(training, training.start_markov_run(3, holdout=0))
    assert model(training, 3) == once + once

    finish(training, training.start_markov_run(3, holdout=0, fresh=True))
    assert model(training, 3) == once


def test_all_of_a_chunk_is_written_together(training: TrainingRepository) -> None:
    (corpus_id,) = add(training, TEXTS[4:])
    job = training.start_markov_run(3, chunk=60, holdout=0.2)
    assert (job.status, job.progress, job.text_corpus_id) == ("pending", 0, corpus_id)
    total = training.get_markov_plan(job.job_id).characters

    found: TrainingJob | None = None
    for number in (1, 2, 3):
        step = training.train_markov_chunk(job.job_id)

        done = min(60 * number, total)
        trained = TEXTS[4][:done]
        assert model(training, 3) == counted([trained], 3)
        found = training.get_training_job(job.job_id)
        assert found is not None
        assert found.status == ("completed" if step.done else "running")
        assert found.progress == pytest.approx(100 * done / total)
        assert found.message == f"{done:,} of {total:,} characters"
        checkpoints = training.list_checkpoints(training_job_id=job.id)
        assert [c.epochs for c in checkpoints] == [*range(number, 0, -1)]
        newest = checkpoints[0]
        assert (newest.block_size, newest.path) == (3, "markov_ngrams?n=3")
        assert newest.loss == step.bits_per_character
        assert newest.accuracy == step.accuracy
        assert sum(c.is_best for c in checkpoints) == 1
        best = training.get_best_checkpoint(job.id)
        assert best is not None
        assert best.loss == min(c.loss for c in checkpoints if c.loss is not None)
        metrics = training.get_accuracy_metrics(checkpoint_id=newest.id)
        assert {m.metric_type: m.value for m in metrics} == {
            "bits_per_character": step.bits_per_character,
            "next_char_accuracy": step.accuracy,
        }
        assert {(m.step, m.training_job_id) for m in metrics} == {(done, job.id)}

    assert step.done
    assert found is not None
    assert found.started_at is not None
    assert found.completed_at is not None
    assert found.progress == 100
    after_it = training.get_markov_ngrams(3, "It")
    assert [row.probability for row in after_it] == [1.0]


def test_measuring_tells_a_better_model(training: TrainingRepository) -> None:
    add(training, ["It was the best of times, it was the worst of times. " * 40])

    steps = finish(training, training.start_markov_run(3, chunk=200))

    first, last = steps[0], steps[-1]
    assert first.bits_per_character is not None
    assert last.bits_per_character is not None
    assert last.bits_per_character < first.bits_per_character < 8
    assert last.accuracy is not None
    assert 0.7 < last.accuracy <= 1


def test_an_error_in_a_chunk_leaves_nothing_of_it(
    training: TrainingRepository, database: Database
) -> None:
    add(training)
    job = training.start_markov_run(3, chunk=60)
    training.train_markov_chunk(job.job_id)
    before = model(training, 3)

    with pytest.raises(ZeroDivisionError), database.transaction():
        training.train_markov_chunk(job.job_id)
        assert model(training, 3) != before
        raise ZeroDivisionError

    assert model(training, 3) == before
    assert len(training.list_checkpoints()) == 1
    assert len(training.get_accuracy_metrics()) == 2
    finish(training, job)
    assert model(training, 3) == counted(TEXTS, 3, 0.05)


def test_two_threads_on_one_run_do_no_chunk_twice(
    training: TrainingRepository,
) -> None:
    add(training)
    job = training.start_markov_run(3, chunk=20, holdout=0)

    def work() -> list[int]:
        return [step.chunk for step in finish(training, job)]

    results, errors = together([work] * 3)

    assert errors == []
    times = Counter(chunk for some in results for chunk in some)
    last = -(-CHARACTERS // 20)
    assert times.pop(last) == 3  # by one; the others were told that it is done
    assert times == dict.fromkeys(range(1, last), 1)
    epochs = [c.epochs for c in training.list_checkpoints(training_job_id=job.id)]
    assert epochs == [*range(last, 0, -1)]
    assert model(training, 3) == counted(TEXTS, 3)
    found = training.get_training_job(job.job_id)
    assert found is not None
    assert (found.status, found.progress) == ("completed", 100)


def test_two_runs_at_once_add_up(training: TrainingRepository) -> None:
    add(training)
    jobs = [training.start_markov_run(2, chunk=40, holdout=0) for _ in range(3)]

    _, errors = together([lambda j=job: finish(training, j) for job in jobs])  # type: ignore[misc]  # mypy cannot infer a default's type in a lambda

    assert errors == []
    once = counted(TEXTS, 2)
    assert model(training, 2) == once + once + once


def test_a_completed_run_does_not_run_again(training: TrainingRepository) -> None:
    add(training)
    job = training.start_markov_run(3)
    (last,) = finish(training, job)
    ended = training.get_training_job(job.job_id)

    assert training.train_markov_chunk(job.job_id) == last

    assert model(training, 3) == counted(TEXTS, 3, 0.05)
    assert len(training.list_checkpoints()) == 1
    again = training.get_training_job(job.job_id)
    assert again is not None
    assert ended is not None
    assert again.as_dict() == ended.as_dict()


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_run_that_was_stopped_goes_on(
    training: TrainingRepository, status: str
) -> None:
    add(training)
    job = training.start_markov_run(3, chunk=60, holdout=0)
    training.train_markov_chunk(job.job_id)
    training.update_training_job(job.job_id, status, error="stopped")

    found = training.get_unfinished_run()
    assert found is not None
    assert found.job_id == job.job_id
    finish(training, found)

    assert model(training, 3) == counted(TEXTS, 3)
    done = training.get_training_job(job.job_id)
    assert done is not None
    assert (done.status, done.error) == ("completed", None)


def test_the_newest_unfinished_run_is_found(training: TrainingRepository) -> None:
    add(training)
    assert training.get_unfinished_run() is None
    training.create_training_job()  # no run: nothing to go on with
    older = training.start_markov_run(3)
    newer = training.start_markov_run(4)

    found = training.get_unfinished_run()
    assert found is not None
    assert found.job_id == newer.job_id
    finish(training, newer)
    found = training.get_unfinished_run()
    assert found is not None
    assert found.job_id == older.job_id
    finish(training, older)
    assert training.get_unfinished_run() is None


def test_a_corpus_deleted_meanwhile_ends_the_run(training: TrainingRepository) -> None:
    ids = add(training)
    job = training.start_markov_run(3, chunk=60)
    training.train_markov_chunk(job.job_id)
    before = model(training, 3)
    training.delete_corpus_text(ids[4])

    def work() -> None:
        finish(training, job)

    with pytest.raises(NotFoundError, match=f"corpus {ids[4]}"):
        work()

    found = training.get_training_job(job.job_id)
    assert found is not None
    assert found.status == "running"
    after = model(training, 3)
    assert before <= after < counted(TEXTS, 3, 0.05)


def test_a_corpus_changed_meanwhile_ends_the_run(training: TrainingRepository) -> None:
    (corpus_id,) = add(training, TEXTS[4:])
    job = training.start_markov_run(3, chunk=60)
    training.of(TextCorpus).update(corpus_id, content="short")

    with pytest.raises(NotFoundError, match=f"corpus {corpus_id} has changed"):
        training.train_markov_chunk(job.job_id)

    assert model(training, 3) == Counter()
    assert training.list_checkpoints() == []


def test_a_corpus_added_meanwhile_is_left_out(training: TrainingRepository) -> None:
    add(training)
    job = training.start_markov_run(3, chunk=60, holdout=0)
    training.train_markov_chunk(job.job_id)
    training.add_corpus_text("something else altogether")

    finish(training, job)

    assert model(training, 3) == counted(TEXTS, 3)


def test_a_run_that_cannot_be_is_refused(training: TrainingRepository) -> None:
    with pytest.raises(NotFoundError, match="no corpus to train on: add one first"):
        training.start_markov_run(3)
    (corpus_id,) = add(training, TEXTS[:1])
    with pytest.raises(NotFoundError, match="no corpus 1000000"):
        training.start_markov_run(3, [corpus_id, 1_000_000])
    with pytest.raises(NotFoundError, match="no corpus"):
        training.start_markov_run(3, [])
    wrong: list[tuple[str, Any]] = [
        *(("n", value) for value in (0, 33, 2.5, "3", None)),
        *(("chunk", value) for value in (0, -1, 1.5, None)),
        *(("holdout", value) for value in (1, -0.1, 2, float("nan"), "some", None)),
    ]
    for name, value in wrong:
        with pytest.raises(InvalidValueError, match=f"^{name}: "):
            training.start_markov_run(**{"n": 3, name: value})

    assert training.list_training_jobs() == []
    assert training.list_neural_configs() == []


def test_a_job_that_is_no_run_is_refused(training: TrainingRepository) -> None:
    config = training.create_neural_config("c", {"kind": "other"})
    jobs = [training.create_training_job(), training.create_training_job(config.id)]

    for job in jobs:
        with pytest.raises(NotFoundError, match="not a Markov training run"):
            training.train_markov_chunk(job.job_id)
        with pytest.raises(NotFoundError, match="not a Markov training run"):
            training.get_markov_plan(job.job_id)
        found = training.get_training_job(job.job_id)
        assert found is not None
        assert found.status == "pending"
    for call in (training.train_markov_chunk, training.get_markov_plan):
        with pytest.raises(NotFoundError, match="no training job 'nobody'"):
            call("nobody")


def test_deleting_a_runs_configuration_deletes_the_run(
    training: TrainingRepository,
) -> None:
    add(training)
    job = training.start_markov_run(3, chunk=60)
    training.train_markov_chunk(job.job_id)
    assert job.neural_config_id is not None

    training.of(NeuralConfig).delete(job.neural_config_id)

    assert training.get_training_job(job.job_id) is None
    assert training.list_checkpoints() == []
    assert training.get_accuracy_metrics() == []


def test_a_run_of_empty_held_out_texts(training: TrainingRepository) -> None:
    add(training, ["ab", "a"])

    (step,) = finish(training, training.start_markov_run(3, holdout=0.05))

    assert (step.bits_per_character, step.accuracy) == (None, None)
    assert training.get_accuracy_metrics() == []
    (checkpoint,) = training.list_checkpoints()
    assert (checkpoint.loss, checkpoint.accuracy) == (None, None)


# The command, killed


COMMAND = Path(sys.executable).with_name("bedplate")  # beside the interpreter
LONG_TEXTS = [f"{n} {TEXTS[4]} {TEXTS[0]}" * 12 for n in range(6)]
ORDER, CHUNK = 4, 800
"""Some 20 chunks: a run of a second, so that each moment of it is met."""


def command(url: str, *arguments: str) -> subprocess.Popen[str]:
    """Start the command."""
    return subprocess.Popen(
        [COMMAND, *arguments],
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    )


def heed_interrupts() -> None:
    """Undo what a shell does to those it starts in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def train(url: str) -> subprocess.Popen[str]:
    return command(
        url, "train", "--order", str(ORDER), "--chunk", str(CHUNK), "--holdout", "0.1"
    )


def wait_for_chunks(
    training: TrainingRepository, process: subprocess.Popen[str], chunks: int
) -> None:
    """Wait until the process has committed so many chunks, or has ended."""
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        latest = training.get_latest_checkpoint()
        if latest is not None and latest.epochs >= chunks:
            return
        time.sleep(0.01)


def is_consistent(training: TrainingRepository) -> bool:
    """Tell whether the counts are exactly those of the chunks that are recorded."""
    latest = training.get_latest_checkpoint()
    place = latest.epochs if latest else 0
    left = place * CHUNK
    expected: Ngrams = Counter()
    for text in LONG_TEXTS:
        trained = text[: len(text) - int(len(text) * 0.1)][:left]
        expected.update(counted([trained], ORDER))
        left -= len(trained)
    return model(training, ORDER) == expected


@pytest.mark.one_of_each_kind
def test_a_run_killed_at_any_moment_ends_with_the_same_counts(
    training: TrainingRepository, database_url: str
) -> None:
    add(training, LONG_TEXTS)

    process = train(database_url)
    for moment, (chunks, delay) in enumerate([(1, 0.0), (5, 0.007), (10, 0.018)]):
        with process:
            wait_for_chunks(training, process, chunks)
            time.sleep(delay)
            process.kill()
        assert process.returncode == -signal.SIGKILL, f"it was done before {moment}"
        assert is_consistent(training)
        (job,) = training.list_training_jobs()
        assert job.status == "running"
        process = command(database_url, "train", "--resume")
    with process:
        _, complaints = process.communicate(timeout=120)

    assert (process.returncode, complaints) == (0, "")
    assert model(training, ORDER) == counted(LONG_TEXTS, ORDER, 0.1)
    (job,) = training.list_training_jobs()
    assert (job.status, job.progress) == ("completed", 100)
    checkpoints = training.list_checkpoints(1_000)
    assert [c.epochs for c in checkpoints] == [*range(len(checkpoints), 0, -1)]
    assert len(training.get_accuracy_metrics(limit=1_000)) == 2 * len(checkpoints)


@pytest.mark.one_of_each_kind
def test_a_run_interrupted_is_cancelled_and_goes_on(
    training: TrainingRepository, database_url: str
) -> None:
    add(training, LONG_TEXTS)

    process = train(database_url)
    for number, chunks in ((signal.SIGTERM, 3), (signal.SIGINT, 8)):
        with process:
            wait_for_chunks(training, process, chunks)
            process.send_signal(number)
            _, complaints = process.communicate(timeout=120)
        (job,) = training.list_training_jobs()
        resume = ("train", "--resume", "--job", job.job_id)
        assert process.returncode == 130
        assert complaints == f"go on with: bedplate {' '.join(resume)}\n"
        assert (job.status, job.message) == ("cancelled", "interrupted")
        assert job.completed_at is not None
        assert is_consistent(training)
        process = command(database_url, *resume)
    with process:
        _, complaints = process.communicate(timeout=120)

    assert (process.returncode, complaints) == (0, "")
    assert model(training, ORDER) == counted(LONG_TEXTS, ORDER, 0.1)
