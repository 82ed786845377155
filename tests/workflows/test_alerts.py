from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from training.watching import statements

from bedplate import Database, WorkflowRepository
from bedplate.errors import InvalidValueError, ValueTooLargeError


def test_an_alert_reads_back_as_it_was_given(workflows: WorkflowRepository) -> None:
    before = datetime.now(UTC)

    made = workflows.insert_alert(
        title="Größe 🙂", message="of\n% :x", source_url="https://x/ä"
    )

    (found,) = workflows.list_alerts()
    assert found.as_dict() == made.as_dict()
    assert (found.title, found.message) == ("Größe 🙂", "of\n% :x")
    assert found.source_url == "https://x/ä"
    assert before <= found.created_at <= datetime.now(UTC)
    assert workflows.insert_alert("no", "source").source_url is None


def test_many_alerts_are_one_statement(
    workflows: WorkflowRepository, database: Database
) -> None:
    rows = [{"title": f"t{n}", "message": f"m{n}"} for n in range(500)]
    rows[7]["source_url"] = "https://x/7"

    with statements(database, ("INSERT", "COPY")) as inserts:
        assert workflows.insert_alerts(iter(rows)) == 500

    assert len(inserts) == 1
    listed = workflows.list_alerts(1_000)
    assert [alert.title for alert in listed] == [f"t{n}" for n in range(499, -1, -1)]
    assert [a.source_url for a in listed if a.source_url] == ["https://x/7"]
    assert all(alert.created_at.utcoffset() is not None for alert in listed)
    assert workflows.insert_alerts([]) == 0


def test_alerts_are_listed_page_by_page(workflows: WorkflowRepository) -> None:
    workflows.insert_alerts({"title": f"t{n}", "message": "m"} for n in range(25))

    first = workflows.list_alerts(10)
    second = workflows.list_alerts(20, before=first[-1].id)

    titles = [alert.title for alert in (*first, *second)]
    assert titles == [f"t{n}" for n in range(24, -1, -1)]
    with pytest.raises(InvalidValueError, match="limit"):
        workflows.list_alerts(-1)


@pytest.mark.parametrize("name", ["title", "message"])
@pytest.mark.parametrize("problem", ["", None, "nul\0", 7])
def test_an_alert_says_something(
    workflows: WorkflowRepository, name: str, problem: Any
) -> None:
    row = {"title": "t", "message": "m"} | {name: problem}
    with pytest.raises(InvalidValueError, match=f"^{name}: "):
        workflows.insert_alert(**row)
    with pytest.raises(InvalidValueError, match=f"^{name}: "):
        workflows.insert_alerts([{"title": "t", "message": "m"}, row])
    assert workflows.list_alerts() == []


def test_what_cannot_be_stored_is_refused(workflows: WorkflowRepository) -> None:
    with pytest.raises(ValueTooLargeError, match="^title: "):
        workflows.insert_alert("x" * 513, "m")
    with pytest.raises(InvalidValueError, match="no column 'level'"):
        workflows.insert_alerts([{"title": "t", "message": "m", "level": 1}])
