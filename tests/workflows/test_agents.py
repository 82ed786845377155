from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from training.watching import together

from bedplate import Database, WorkflowRepository
from bedplate.domains.workflows import AgentVersion
from bedplate.errors import (
    AlreadyExistsError,
    InvalidValueError,
    NotFoundError,
    ValueTooLargeError,
)


def active(workflows: WorkflowRepository, agent: str = "scout") -> list[str]:
    """Return the versions of an agent that are marked."""
    return [v.version for v in workflows.list_agent_versions(agent) if v.is_active]


def create(workflows: WorkflowRepository, *versions: str, agent: str = "scout") -> None:
    for version in versions:
        workflows.create_agent_version(agent, version, f"code of {version}")


def test_a_version_reads_back_as_it_was_given(workflows: WorkflowRepository) -> None:
    before = datetime.now(UTC)

    made = workflows.create_agent_version(
        agent_name="späher 🙂",
        version="1.0.0-ä",
        code="print('🙂')\n" * 1_000,
        description="the first\n",
        created_by="me",
    )

    found = workflows.get_agent_version("späher 🙂", "1.0.0-ä")
    assert found is not None
    assert found.as_dict() == made.as_dict()
    assert found.code == "print('🙂')\n" * 1_000
    assert (found.description, found.created_by) == ("the first\n", "me")
    assert found.is_active is False
    assert before <= found.created_at <= datetime.now(UTC)
    assert found.created_at.utcoffset() == timedelta(0)
    assert workflows.get_active_agent_version("späher 🙂") is None


def test_a_version_is_given_once_an_agent(
    workflows: WorkflowRepository, database: Database
) -> None:
    create(workflows, "1", "1 ", "A", "a")
    create(workflows, "1", agent="Scout")

    with pytest.raises(AlreadyExistsError, match="scout has a version '1'"):
        create(workflows, "1")
    with pytest.raises(AlreadyExistsError), database.transaction() as session:
        session.execute(
            sa.text("UPDATE agent_versions SET version = '1' WHERE version = 'a'")
        )

    listed = workflows.list_agent_versions("scout")
    assert [found.version for found in listed] == ["a", "A", "1 ", "1"]


def test_one_version_is_active(workflows: WorkflowRepository) -> None:
    create(workflows, "1", "2", "3")
    create(workflows, "1", agent="other")
    workflows.activate_agent_version("other", "1")

    for version in ("2", "3", "1", "1"):
        made = workflows.activate_agent_version("scout", version)
        assert (made.version, made.is_active) == (version, True)
        assert active(workflows) == [version]
        found = workflows.get_active_agent_version("scout")
        assert found is not None
        assert found.as_dict() == made.as_dict()

    assert active(workflows, "other") == ["1"]


def test_a_version_may_be_made_active_at_once(workflows: WorkflowRepository) -> None:
    for version in ("1", "2"):
        made = workflows.create_agent_version("scout", version, "code", is_active=True)
        assert made.is_active
        assert active(workflows) == [version]


def test_what_is_not_there(workflows: WorkflowRepository) -> None:
    create(workflows, "1")
    assert workflows.get_agent_version("scout", "2") is None
    assert workflows.get_agent_version("Scout", "1") is None
    assert workflows.get_active_agent_version("scout") is None
    assert workflows.list_agent_versions("nobody") == []
    for agent, version in (("scout", "2"), ("nobody", "1")):
        with pytest.raises(NotFoundError, match=f"{agent} has no version '{version}'"):
            workflows.activate_agent_version(agent, version)


def test_versions_are_listed_page_by_page(workflows: WorkflowRepository) -> None:
    create(workflows, *map(str, range(9)))

    first = workflows.list_agent_versions("scout", 4)
    second = workflows.list_agent_versions("scout", 9, before=first[-1].id)

    listed = [found.version for found in (*first, *second)]
    assert listed == [*map(str, range(8, -1, -1))]
    with pytest.raises(InvalidValueError, match="limit"):
        workflows.list_agent_versions("scout", -1)


@pytest.mark.parametrize("name", ["agent_name", "version", "code"])
@pytest.mark.parametrize("problem", ["", None, "nul\0", 7])
def test_a_version_is_complete(
    workflows: WorkflowRepository, name: str, problem: Any
) -> None:
    given = {"agent_name": "scout", "version": "1", "code": "c"} | {name: problem}
    with pytest.raises(InvalidValueError, match=f"^{name}: "):
        workflows.create_agent_version(**given)
    assert workflows.of(AgentVersion).count() == 0


def test_a_name_that_is_too_long_is_refused(workflows: WorkflowRepository) -> None:
    with pytest.raises(ValueTooLargeError, match="^version: "):
        workflows.create_agent_version("scout", "1" * 101, "c")


def test_the_database_itself_allows_one_active_an_agent(
    workflows: WorkflowRepository, database: Database
) -> None:
    create(workflows, "1", "2")
    with pytest.raises(AlreadyExistsError), database.transaction() as session:
        session.execute(sa.text("UPDATE agent_versions SET is_active = TRUE"))
    assert active(workflows) == []


def test_activating_is_one_transaction(
    workflows: WorkflowRepository, database: Database
) -> None:
    create(workflows, "1", "2")
    workflows.activate_agent_version("scout", "1")

    with pytest.raises(ZeroDivisionError), database.transaction():
        workflows.activate_agent_version("scout", "2")
        raise ZeroDivisionError
    assert active(workflows) == ["1"]

    with database.transaction():  # entities that are held know of it
        first = workflows.get_agent_version("scout", "1")
        second = workflows.activate_agent_version("scout", "2")
        assert first is not None
        assert (first.is_active, second.is_active) == (False, True)
        workflows.activate_agent_version("scout", "1")
        assert (first.is_active, second.is_active) == (True, False)
    assert active(workflows) == ["1"]


def test_of_many_that_activate_at_once_one_is_the_last(
    workflows: WorkflowRepository, database: Database
) -> None:
    versions = [*map(str, range(6))]
    create(workflows, *versions)

    def activate(number: int) -> list[str]:
        seen = []
        for turn in range(5):
            version = versions[(number + turn) % len(versions)]
            with database.transaction():  # which nobody runs again after a deadlock
                workflows.activate_agent_version("scout", version)
            seen.append(len(active(workflows)))
        return [*map(str, seen)]

    seen, errors = together([lambda n=n: activate(n) for n in range(6)])  # type: ignore[misc]  # mypy cannot infer a default's type in a lambda

    assert errors == []
    assert {count for some in seen for count in some} == {"1"}  # at every moment
    assert len(active(workflows)) == 1


def test_first_versions_may_come_at_once(workflows: WorkflowRepository) -> None:
    def create_active(number: int) -> str:
        made = workflows.create_agent_version(
            "scout", str(number), "code", is_active=True
        )
        return made.version

    made, errors = together([lambda n=n: create_active(n) for n in range(6)])  # type: ignore[misc]  # mypy cannot infer a default's type in a lambda

    assert errors == []
    assert sorted(made) == [*map(str, range(6))]
    (last,) = active(workflows)
    assert last in made


def test_creating_beside_activating_loses_neither(
    workflows: WorkflowRepository,
) -> None:
    create(workflows, "0")

    def work(number: int) -> None:
        create(workflows, str(number))
        workflows.activate_agent_version("scout", str(number))

    _, errors = together([lambda n=n: work(n) for n in range(1, 7)])  # type: ignore[misc]  # mypy cannot infer a default's type in a lambda

    assert errors == []
    assert len(workflows.list_agent_versions("scout")) == 7
    assert len(active(workflows)) == 1
