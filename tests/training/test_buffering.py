from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bedplate import Database, MetricBuffer, TrainingRepository
from bedplate.domains.training import AccuracyMetric
from bedplate.errors import InvalidValueError, ReferenceFailedError, SchemaBehindError
from training.watching import statements, together

CHILD = """
import sys
from bedplate import Database, MetricBuffer, TrainingRepository
buffer = MetricBuffer(Database(sys.argv[1]).repository(TrainingRepository), age=3600)
for step in range(250):
    buffer.record("loss", step / 2, step=step)
if sys.argv[2] == "error":
    raise RuntimeError("a loop that breaks")
"""


def eventually(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def count(training: TrainingRepository) -> int:
    return training.of(AccuracyMetric).count()


def test_points_are_written_in_their_order(training: TrainingRepository) -> None:
    job = training.create_training_job()
    with MetricBuffer(training, size=100) as buffer:
        for step in range(1_050):
            assert buffer.record(
                "loss", step / 4, {"step": step}, step=step, training_job_id=job.id
            )
    found = training.of(AccuracyMetric).list(limit=2_000)

    assert [row.step for row in found] == [*range(1_050)]
    assert [row.value for row in found] == [step / 4 for step in range(1_050)]
    assert {row.training_job_id for row in found} == {job.id}
    assert found[0].created_at < found[-1].created_at
    assert (buffer.written, buffer.lost, buffer.waiting) == (1_050, 0, 0)
    assert buffer.last_error is None


def test_a_full_batch_is_written_at_once(
    training: TrainingRepository, database: Database
) -> None:
    training.get_accuracy_metrics()
    buffer = MetricBuffer(training, size=10, age=3600)
    with statements(database, "INSERT") as inserts:
        for step in range(9):
            buffer.record("loss", 1.0, step=step)
        assert inserts == []
        buffer.record("loss", 1.0, step=9)
        assert eventually(lambda: count(training) == 10)
    assert len(inserts) == 1
    buffer.close()


def test_an_old_point_is_written(training: TrainingRepository) -> None:
    with MetricBuffer(training, age=0.05) as buffer:
        for turn in (1, 2):
            buffer.record("loss", math.nan)
            assert eventually(lambda wanted=turn: count(training) == wanted)  # type: ignore[misc]  # bound now


def test_flushing(training: TrainingRepository) -> None:
    with MetricBuffer(training, age=3600) as buffer:
        assert buffer.flush()
        for _ in range(3):
            buffer.record("loss", 1.0)
        assert buffer.waiting == 3
        assert buffer.flush()
        assert (buffer.waiting, count(training)) == (0, 3)


def test_an_error_in_the_block_loses_nothing(training: TrainingRepository) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        MetricBuffer(training, age=3600) as buffer,
    ):
        buffer.record("loss", 1.0)
        raise ZeroDivisionError

    assert count(training) == 1
    buffer.close()
    with pytest.raises(InvalidValueError, match="closed"):
        buffer.record("loss", 1.0)


@pytest.mark.parametrize("end", ["well", "error"])
def test_the_end_of_the_program_loses_nothing(
    training: TrainingRepository, database_url: str, end: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, database_url, end],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == (end == "error")
    assert ("a loop that breaks" in done.stderr) == (end == "error")
    assert count(training) == 250


def test_threads_share_a_buffer(training: TrainingRepository) -> None:
    def work(worker: int) -> None:
        for step in range(300):
            buffer.record(f"worker {worker}", 1.0, step=step)

    with MetricBuffer(training, size=70) as buffer:
        _, errors = together([partial(work, worker) for worker in range(4)])

    assert errors == []
    assert buffer.written == count(training) == 1_200
    found = training.of(AccuracyMetric).list(limit=2_000)
    for worker in range(4):
        steps = [row.step for row in found if row.metric_type == f"worker {worker}"]
        assert steps == [*range(300)]


def test_only_the_point_at_fault_is_lost(training: TrainingRepository) -> None:
    job = training.create_training_job()
    with MetricBuffer(training, size=64, age=3600) as buffer:
        for step in range(64):
            known = job.id if step != 37 else job.id + 1_000
            buffer.record("loss", 1.0, step=step, training_job_id=known)

    steps = [row.step for row in training.of(AccuracyMetric).list()]
    assert steps == [step for step in range(64) if step != 37]
    assert (buffer.written, buffer.lost) == (63, 1)
    assert isinstance(buffer.last_error, ReferenceFailedError)


def test_a_bad_value_is_refused_at_once(training: TrainingRepository) -> None:
    with MetricBuffer(training) as buffer:
        with pytest.raises(InvalidValueError, match="value: a number"):
            buffer.record("loss", "high")  # type: ignore[arg-type]  # that is the error
        with pytest.raises(InvalidValueError, match="metric_type: .*NUL"):
            buffer.record("a\0", 1.0)
        with pytest.raises(InvalidValueError, match="step"):
            buffer.record("loss", 1.0, step=0.5)  # type: ignore[arg-type]  # as well
        with pytest.raises(InvalidValueError, match="metadata"):
            buffer.record("loss", 1.0, {"a": math.nan})
    assert (buffer.written, buffer.lost, count(training)) == (0, 0, 0)
    for wrong in ({"size": 0}, {"age": 0}, {"size": 10, "capacity": 9}):
        with pytest.raises(InvalidValueError):
            MetricBuffer(training, **wrong)


def test_a_database_that_cannot_be_written(blank_url: str) -> None:
    with Database(blank_url) as database:
        training = database.repository(TrainingRepository)
        buffer = MetricBuffer(training, size=5, capacity=20, age=0.01)
        taken = [buffer.record("loss", 1.0, step=step) for step in range(25)]
        assert eventually(lambda: buffer.last_error is not None)
        assert isinstance(buffer.last_error, SchemaBehindError)
        assert taken == [True] * 20 + [False] * 5
        assert (buffer.written, buffer.lost, buffer.waiting) == (0, 5, 20)

        database.upgrade()
        assert eventually(lambda: buffer.waiting == 0)
        assert (buffer.written, buffer.lost, count(training)) == (20, 5, 20)
        buffer.close()


def test_what_is_left_is_counted(blank_url: str) -> None:
    with Database(blank_url) as database:
        training = database.repository(TrainingRepository)
        with MetricBuffer(training) as buffer:
            for _ in range(3):
                buffer.record("loss", 1.0)
            assert not buffer.flush()
        assert (buffer.written, buffer.lost, buffer.waiting) == (0, 3, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_has_a_buffer_of_its_own(
    database_url: str, tmp_path: Path
) -> None:
    program = tmp_path / "forking.py"
    program.write_text(
        "import os, sys\n"
        "from bedplate import Database, MetricBuffer, TrainingRepository\n"
        "database = Database(sys.argv[1])\n"
        "buffer = MetricBuffer(database.repository(TrainingRepository), age=3600)\n"
        "buffer.record('parent', 1.0)\n"
        "child = os.fork()\n"
        "buffer.record('parent' if child else 'child', 2.0)\n"
        "assert buffer.flush() and buffer.written == (2 if child else 1)\n"
        "if child:\n"
        "    sys.exit(os.waitpid(child, 0)[1] != 0)\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, program, database_url], check=True, timeout=120)

    with Database(database_url) as database:
        training = database.repository(TrainingRepository)
        found = [row.metric_type for row in training.of(AccuracyMetric).list()]
    assert sorted(found) == ["child", "parent", "parent"]
