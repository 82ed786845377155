"""The example of an agent, killed in the middle, ends with what it ends with alone."""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from training.watching import together

from bedplate import Base, Database, WorkflowRepository

pytestmark = pytest.mark.one_of_each_kind

AGENT = Path(__file__).parents[2] / "examples" / "agent.py"
TABLES = (
    "articles",
    "alerts",
    "workflow_states",
    "workflow_history",
    "agent_versions",
)
OF_THIS_RUN = ("created_at", "updated_at", "completed_at")
STEPS = 11

Rows = dict[str, list[dict[str, Any]]]


def started(url: str, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, AGENT, url, *options],
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> list[str]:
    """Wait for the end; return what was said of the round then."""
    with process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    return [line for line in out.splitlines() if not line.startswith("done: ")]


def rows_of(url: str) -> Rows:
    """Read every row: without times, and keys counted from the first one."""
    with Database(url) as database, database.engine.connect() as connection:
        return {name: read(connection, Base.metadata.tables[name]) for name in TABLES}


def read(connection: sa.Connection, table: sa.Table) -> list[dict[str, Any]]:
    found = connection.execute(sa.select(table).order_by(*table.primary_key))
    rows = [dict(row) for row in found.mappings()]
    for place, row in enumerate(rows):
        for name in OF_THIS_RUN:
            if name in row:
                row[name] = row[name] is not None
        if table.name != "articles":
            row["id"] = place
        row.pop("workflow_id", None)  # there is one, and sequences go on
    return rows


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rows, list[str]]:
    """Give what a run leaves, and says, that nobody disturbs."""
    url = f"sqlite:///{tmp_path_factory.mktemp('agent') / 'alone.db'}"
    said = finished(started(url))
    return rows_of(url), said


def test_an_undisturbed_round_scrapes_watches_and_acts(
    undisturbed: tuple[Rows, list[str]],
) -> None:
    rows, said = undisturbed

    assert {name: len(rows[name]) for name in TABLES} == {
        "articles": 41,  # five of each of eight pages, and a front page
        "alerts": 21,
        "workflow_states": 1,
        "workflow_history": STEPS,
        "agent_versions": 2,
    }
    assert rows["articles"][-1]["content"].startswith("Today on 8 pages")
    (state,) = rows["workflow_states"]
    assert (state["status"], state["completed_at"]) == ("completed", True)
    assert [row["is_active"] for row in rows["agent_versions"]] == [False, True]
    assert said[-1].endswith("a [recall] of 41 lamps sold there.")


def test_a_killed_agent_goes_on_where_it_was(
    database_url: str, undisturbed: tuple[Rows, list[str]]
) -> None:
    for steps in (1, 3, 5):
        process = started(database_url, "--pause", "0.05")
        assert process.stdout is not None
        with process:
            for _ in range(steps):
                assert process.stdout.readline().startswith("done: ")
            process.kill()
        assert process.returncode == -signal.SIGKILL
        with Database(database_url) as database:
            agent = database.repository(WorkflowRepository)
            (workflow,) = agent.list_workflows()
            assert workflow.status == "running"
            told = agent.get_workflow_history(workflow.id)
            assert workflow.data["done"] == len(told) >= steps

    said = finished(started(database_url))

    assert rows_of(database_url) == undisturbed[0]
    assert said == undisturbed[1]


def test_agents_may_share_a_round(
    database: Database, database_url: str, undisturbed: tuple[Rows, list[str]]
) -> None:
    agent = runpy.run_path(str(AGENT))
    workflow = agent["begin"](database.repository(WorkflowRepository))

    def work() -> int:
        taken = 0
        while agent["advance"](database, workflow.id, 0).status != "completed":
            taken += 1
        return taken

    taken, errors = together([work] * 3)

    assert errors == []
    assert sum(taken) >= STEPS - 1
    assert rows_of(database_url) == undisturbed[0]
