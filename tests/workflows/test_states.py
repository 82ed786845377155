from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from training.watching import statements, together

from bedplate import Database, WorkflowRepository
from bedplate.domains.workflows import WorkflowHistory, WorkflowState
from bedplate.errors import (
    CheckFailedError,
    InvalidValueError,
    NotFoundError,
    TransitionError,
    ValueTooLargeError,
)

DATA: dict[str, Any] = {"page": 3, "seen": ["ä🙂", None, 1.5], "": {"deep": [{}]}}


def history(workflows: WorkflowRepository, key: int) -> list[tuple[Any, ...]]:
    """Return what the history tells, times aside."""
    found = workflows.get_workflow_history(key, 10_000)
    return [(entry.status, entry.step, entry.message) for entry in found]


def read(workflows: WorkflowRepository, key: int) -> WorkflowState:
    found = workflows.get_workflow(key)
    assert found is not None
    return found


def test_a_workflow_reads_back_as_it_was_given(workflows: WorkflowRepository) -> None:
    before = datetime.now(UTC)

    made = workflows.create_workflow("tägliche Runde 🙂", DATA)

    found = read(workflows, made.id)
    assert found.as_dict() == made.as_dict()
    assert (found.workflow_name, found.data) == ("tägliche Runde 🙂", DATA)
    assert (found.status, found.current_step) == ("pending", None)
    assert (found.error_message, found.completed_at) == (None, None)
    assert before <= found.created_at <= found.updated_at <= datetime.now(UTC)
    assert found.created_at.utcoffset() == timedelta(0)
    assert history(workflows, made.id) == []


def test_an_update_changes_what_is_given(workflows: WorkflowRepository) -> None:
    made = workflows.create_workflow(name="round", data={"page": 0})

    found = workflows.update_workflow(
        made.id, status="running", step="scrape", data=DATA, message="begun"
    )
    assert found.as_dict() == read(workflows, made.id).as_dict()
    assert (found.status, found.current_step, found.data) == ("running", "scrape", DATA)
    assert found.completed_at is None
    assert found.created_at == made.created_at
    assert found.updated_at >= made.updated_at

    found = workflows.update_workflow(made.id, step="watch")
    assert (found.status, found.current_step, found.data) == ("running", "watch", DATA)
    found = workflows.update_workflow(made.id, data={})
    assert (found.current_step, found.data) == ("watch", {})
    before = found.updated_at
    assert workflows.update_workflow(made.id).updated_at > before

    assert history(workflows, made.id) == [
        ("running", "scrape", "begun"),
        ("running", "watch", None),
        ("running", "watch", None),
        ("running", "watch", None),
    ]


def test_ending_is_stamped(workflows: WorkflowRepository) -> None:
    for status in ("completed", "failed"):
        key = workflows.create_workflow(status).id
        workflows.update_workflow(key, "running")
        before = datetime.now(UTC)
        ended = workflows.update_workflow(key, status)
        assert ended.completed_at is not None
        assert before <= ended.completed_at <= datetime.now(UTC)
        assert read(workflows, key).completed_at == ended.completed_at
        # Once: what comes after it is no other end.
        again = workflows.update_workflow(key, status, message="said again")
        assert again.completed_at == ended.completed_at


def test_a_failed_workflow_may_go_on(workflows: WorkflowRepository) -> None:
    key = workflows.create_workflow("round").id
    failed = workflows.update_workflow(key, "failed", "scrape", error="no answer: 503")
    assert (failed.error_message, failed.current_step) == ("no answer: 503", "scrape")
    assert failed.completed_at is not None

    running = workflows.update_workflow(key, "running")

    assert (running.error_message, running.completed_at) == (None, None)
    assert running.current_step == "scrape"
    assert history(workflows, key) == [
        ("failed", "scrape", "no answer: 503"),
        ("running", "scrape", None),
    ]
    both = workflows.update_workflow(key, "failed", message="gave up", error="503")
    assert both.error_message == "503"
    assert history(workflows, key)[-1] == ("failed", "scrape", "gave up")


@pytest.mark.parametrize("status", ["pending", "running", "failed"])
def test_what_is_completed_stays_so(workflows: WorkflowRepository, status: str) -> None:
    key = workflows.create_workflow("round").id
    workflows.update_workflow(key, "completed")
    before = read(workflows, key).as_dict()

    with pytest.raises(TransitionError, match=f"completed.*{status}") as caught:
        workflows.update_workflow(key, status, step="again")

    assert (caught.value.current, caught.value.wanted) == ("completed", status)
    assert read(workflows, key).as_dict() == before
    assert len(history(workflows, key)) == 1


def test_what_is_not_there(workflows: WorkflowRepository) -> None:
    assert workflows.get_workflow(1) is None
    assert workflows.list_workflows() == []
    assert workflows.get_workflow_history(1) == []
    with pytest.raises(NotFoundError, match="no workflow 1"):
        workflows.update_workflow(1, "running")


def test_bad_values_change_nothing(
    workflows: WorkflowRepository, database: Database
) -> None:
    key = workflows.create_workflow("round").id
    before = read(workflows, key).as_dict()

    with statements(database, "UPDATE") as updates:
        for status in ("done", "Running", "", "running "):
            with pytest.raises(InvalidValueError, match="^status: .* pending, running"):
                workflows.update_workflow(key, status)
        with pytest.raises(ValueTooLargeError, match="^step: "):
            workflows.update_workflow(key, step="x" * 256)
        with pytest.raises(InvalidValueError, match="^data: "):
            workflows.update_workflow(key, data={"bad": float("nan")})
        with database.transaction():
            for column in ("message", "error", "step"):
                with pytest.raises(InvalidValueError, match=f"^{column}: "):
                    workflows.update_workflow(key, "running", **{column: "nul\0"})

    assert updates == []
    assert read(workflows, key).as_dict() == before
    assert history(workflows, key) == []
    for name in ("", None, "nul\0"):
        with pytest.raises(InvalidValueError, match="^name: "):
            workflows.create_workflow(name)  # type: ignore[arg-type]  # that is the test
    with pytest.raises(InvalidValueError, match="^status: "):
        workflows.list_workflows("done")


def test_the_database_itself_knows_the_statuses(
    workflows: WorkflowRepository, database: Database
) -> None:
    workflows.create_workflow("round")
    with pytest.raises(CheckFailedError), database.transaction() as session:
        session.execute(sa.text("UPDATE workflow_states SET status = 'done'"))


def test_an_update_and_its_history_are_one(
    workflows: WorkflowRepository, database: Database
) -> None:
    key = workflows.create_workflow("round").id

    with pytest.raises(ZeroDivisionError), database.transaction():
        workflows.update_workflow(key, "running", "scrape")
        raise ZeroDivisionError

    assert read(workflows, key).status == "pending"
    assert history(workflows, key) == []
    with database.transaction():
        held = read(workflows, key)
        held.data = {"mine": 1}
        workflows.update_workflow(key, "running", data=held.data)
        workflows.update_workflow(key, step="watch")
        assert (held.status, held.current_step) == ("running", "watch")
    assert read(workflows, key).data == {"mine": 1}
    assert len(history(workflows, key)) == 2


def test_updates_of_one_workflow_wait_for_each_other(
    workflows: WorkflowRepository, database: Database
) -> None:
    key = workflows.create_workflow("round", {"done": 0}).id

    def work(number: int) -> None:
        for _ in range(5):
            with database.transaction():
                found = workflows.update_workflow(key, "running", f"step {number}")
                done = found.data["done"] + 1
                workflows.update_workflow(key, data={"done": done}, message=str(done))

    _, errors = together([lambda n=n: work(n) for n in range(4)])  # type: ignore[misc]  # mypy cannot infer a default's type in a lambda

    assert errors == []
    found = read(workflows, key)
    assert found.data == {"done": 20}
    told = history(workflows, key)
    assert [message for *_, message in told if message] == [*map(str, range(1, 21))]
    assert told[-1][1] == found.current_step


def test_one_of_many_completes_a_workflow_and_nobody_after_it(
    workflows: WorkflowRepository,
) -> None:
    key = workflows.create_workflow("round").id

    def end(status: str) -> str | None:
        try:
            return workflows.update_workflow(key, status).status
        except TransitionError:
            return None

    ends, errors = together([lambda s=s: end(s) for s in ("completed", "failed") * 4])  # type: ignore[misc]  # mypy cannot infer a default's type in a lambda

    assert errors == []
    assert read(workflows, key).status == "completed"
    told = [status for status, *_ in history(workflows, key)]
    assert told.count("completed") == ends.count("completed") == 4
    assert "failed" not in told[told.index("completed") :]


def test_workflows_are_listed_by_status_and_name(
    workflows: WorkflowRepository,
) -> None:
    keys = [workflows.create_workflow("ab"[n % 2]).id for n in range(6)]
    for key in keys[:3]:
        workflows.update_workflow(key, "running")

    def listed(*arguments: Any, **named: Any) -> list[int]:
        return [found.id for found in workflows.list_workflows(*arguments, **named)]

    assert listed() == keys[::-1]
    assert listed("running", 2) == [keys[2], keys[1]]
    assert listed("running", before=keys[2]) == [keys[1], keys[0]]
    assert listed("pending", name="b") == [keys[5], keys[3]]
    assert listed(name="c") == listed(limit=0) == []
    with pytest.raises(InvalidValueError, match="limit"):
        workflows.list_workflows(limit=-1)


def test_a_history_is_its_own_and_read_page_by_page(
    workflows: WorkflowRepository,
) -> None:
    key, other = (workflows.create_workflow("round").id for _ in range(2))
    for n in range(12):
        workflows.update_workflow(key, message=str(n))
        workflows.update_workflow(other, message="of another")

    first = workflows.get_workflow_history(key, 7)
    second = workflows.get_workflow_history(key, 7, after=first[-1].id)

    assert [entry.message for entry in (*first, *second)] == [*map(str, range(12))]
    times = [entry.created_at for entry in (*first, *second)]
    assert times == sorted(times)


def test_the_history_goes_with_its_workflow(workflows: WorkflowRepository) -> None:
    key, other = (workflows.create_workflow("round").id for _ in range(2))
    for one in (key, other):
        workflows.update_workflow(one, "running")

    assert workflows.of(WorkflowState).delete(key)

    assert history(workflows, key) == []
    assert workflows.of(WorkflowHistory).count() == 1
