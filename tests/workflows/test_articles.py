from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from training.watching import statements, together

from bedplate import Database, WorkflowRepository
from bedplate.domains.workflows import Article
from bedplate.errors import (
    AlreadyExistsError,
    InvalidValueError,
    MissingValueError,
    ValueTooLargeError,
)


def rows(*numbers: int, **values: Any) -> list[dict[str, Any]]:
    made = (
        {"id": f"a{n:05}", "url": f"x/{n}", "title": f"T{n}", "content": f"c{n}"}
        for n in numbers
    )
    return [row | values for row in made]


def texts(workflows: WorkflowRepository) -> dict[str, str]:
    return {article.id: article.content for article in workflows.list_articles(10_000)}


def test_an_article_reads_back_as_it_was_given(workflows: WorkflowRepository) -> None:
    before = datetime.now(UTC)

    made = workflows.insert_article(
        id="heise/1 ä🙂",
        url="https://x/?q=ä",
        title="Über 🙂",
        content="T\r\n% :x '",
    )

    found = workflows.get_article(made.id)
    assert found is not None
    assert found.as_dict() == made.as_dict()
    assert (found.id, found.url) == ("heise/1 ä🙂", "https://x/?q=ä")
    assert (found.title, found.content) == ("Über 🙂", "T\r\n% :x '")
    assert before <= found.created_at <= datetime.now(UTC)
    assert found.created_at.utcoffset() == timedelta(0)


def test_all_but_the_id_may_be_missing(workflows: WorkflowRepository) -> None:
    made = workflows.insert_article("only")
    assert (made.url, made.title, made.content) == (None, None, "")
    workflows.insert_articles([{"id": "bulk"}])
    found = workflows.get_article("bulk")
    assert found is not None
    assert (found.url, found.title, found.content) == (None, None, "")


def test_ids_are_told_apart_by_code_point(workflows: WorkflowRepository) -> None:
    ids = ["A", "a", "a ", "á", "a\u0301", "ß", "ss"]
    for key in ids:
        workflows.insert_article(key, content=key)

    assert [article.id for article in workflows.list_articles()] == sorted(ids)
    for key in ids:
        found = workflows.get_article(key)
        assert found is not None
        assert found.content == key
    assert workflows.get_article("B") is None


def test_an_id_is_given_once(workflows: WorkflowRepository, database: Database) -> None:
    workflows.insert_article("a", content="first")

    with pytest.raises(AlreadyExistsError, match="'a'"):
        workflows.insert_article("a", content="second")
    with database.transaction():  # what was refused has changed nothing
        workflows.insert_article("b")
        with pytest.raises(AlreadyExistsError):
            workflows.insert_article("a", content="third")

    assert texts(workflows) == {"a": "first", "b": ""}


def test_articles_that_are_there_are_replaced(workflows: WorkflowRepository) -> None:
    assert workflows.insert_articles(rows(1, 2)) == 2
    old = {article.id: article.created_at for article in workflows.list_articles()}

    again = [{"id": "a00002", "content": "new"}, *rows(3)]
    assert workflows.insert_articles(again, on_conflict="update") == 2

    first, second, third = workflows.list_articles()
    assert (first.content, third.content) == ("c1", "c3")
    assert (second.url, second.title, second.content) == (None, None, "new")
    assert second.created_at == old["a00002"]  # when it came, not when it changed


def test_articles_that_are_there_are_skipped(workflows: WorkflowRepository) -> None:
    workflows.insert_articles(rows(1, 2))

    workflows.insert_articles(rows(2, 3, content="new"), on_conflict="skip")

    assert texts(workflows) == {"a00001": "c1", "a00002": "c2", "a00003": "new"}


def test_an_id_may_come_twice_at_once(workflows: WorkflowRepository) -> None:
    twice = [{"id": "a", "content": "first"}, {"id": "a", "content": "last"}]
    workflows.insert_articles(twice)
    assert texts(workflows) == {"a": "last"}

    workflows.insert_articles(({**row, "id": "b"} for row in twice), on_conflict="skip")
    assert texts(workflows) == {"a": "last", "b": "first"}


def test_many_articles_are_a_few_statements(
    workflows: WorkflowRepository, database: Database
) -> None:
    counts = []
    for size in (10, 1_000):
        with statements(database, "INSERT") as inserts:
            assert workflows.insert_articles(rows(*range(size))) == size
        counts.append(len(inserts))

    assert counts == [1, 1]
    assert len(texts(workflows)) == 1_000
    assert workflows.insert_articles([]) == 0


def test_writers_of_the_same_articles_do_not_fail(
    workflows: WorkflowRepository,
) -> None:
    def write(number: int) -> int:
        order = range(40) if number % 2 else range(39, -1, -1)
        return workflows.insert_articles(rows(*order, content=str(number)))

    done, errors = together([lambda n=n: write(n) for n in range(4)])  # type: ignore[misc]  # mypy cannot infer a default's type in a lambda

    assert errors == []
    assert done == [40] * 4
    assert len(texts(workflows)) == 40


@pytest.mark.parametrize("problem", ["", None, "nul\0", "\udc80", 7])
def test_an_id_that_cannot_be_one_is_refused(
    workflows: WorkflowRepository, problem: Any
) -> None:
    with pytest.raises(InvalidValueError, match="^id: "):
        workflows.insert_article(problem)
    with pytest.raises(InvalidValueError, match="^id: "):
        workflows.insert_articles([*rows(1), {"id": problem}])
    with pytest.raises(InvalidValueError, match="^id: "):
        workflows.insert_articles([{"content": "of nobody"}])
    assert workflows.list_articles() == []


def test_what_cannot_be_stored_is_refused(workflows: WorkflowRepository) -> None:
    with pytest.raises(ValueTooLargeError, match="^id: "):
        workflows.insert_article("x" * 256)
    with pytest.raises(ValueTooLargeError, match="^title: "):
        workflows.insert_article("x", title="x" * 513)
    with pytest.raises(InvalidValueError, match="^content: "):
        workflows.insert_articles(rows(1, content="nul\0"))
    with pytest.raises(MissingValueError):
        workflows.insert_articles(rows(1, content=None))
    with pytest.raises(InvalidValueError, match="no column 'author'"):
        workflows.insert_articles(rows(1, author="me"))
    with pytest.raises(InvalidValueError, match="^on_conflict: 'replace' is not"):
        workflows.insert_articles(rows(1), on_conflict="replace")  # type: ignore[arg-type]  # that is the test
    assert workflows.list_articles() == []


def test_articles_are_listed_page_by_page(workflows: WorkflowRepository) -> None:
    workflows.insert_articles(rows(*range(25)))

    found: list[str] = []
    while page := workflows.list_articles(10, after=found[-1] if found else None):
        found += [article.id for article in page]

    assert found == [f"a{n:05}" for n in range(25)]
    assert workflows.list_articles(0) == []
    with pytest.raises(InvalidValueError, match="limit"):
        workflows.list_articles(-1)


# Search


def found(workflows: WorkflowRepository, query: str) -> list[str]:
    return sorted(hit.id for hit in workflows.search_articles(query))


def test_articles_are_found_by_title_and_content(
    workflows: WorkflowRepository,
) -> None:
    workflows.insert_articles(
        [
            {"id": "1", "title": "Storm", "content": "A dark and stormy night."},
            {"id": "2", "title": "Night train", "content": "It was late."},
            {"id": "3", "content": "Nothing of that kind"},
        ]
    )

    assert found(workflows, "night") == ["1", "2"]
    assert found(workflows, '"stormy night"') == ["1"]
    assert found(workflows, "night -storm") == ["2"]
    assert found(workflows, "NIG* train") == ["2"]
    assert found(workflows, "") == found(workflows, "-night") == []
    hits = workflows.search_articles("stormy", limit=1)
    assert [(hit.id, hit.title, hit.snippet) for hit in hits] == [
        ("1", "Storm", "A dark and [stormy] night.")
    ]
    (hit,) = workflows.search_articles("nothing")
    assert (hit.id, hit.title) == ("3", None)
    with pytest.raises(InvalidValueError, match="limit"):
        workflows.search_articles("night", -1)


def test_a_search_sees_what_has_changed(workflows: WorkflowRepository) -> None:
    workflows.insert_articles(rows(1, 2, 3, content="old words"))
    workflows.insert_articles(rows(2, 4, content="new words"))
    assert found(workflows, "old") == ["a00001", "a00003"]
    assert found(workflows, "new") == ["a00002", "a00004"]

    workflows.insert_articles(rows(1, content="new words"), on_conflict="skip")
    assert found(workflows, "old") == ["a00001", "a00003"]

    workflows.of(Article).delete_many(["a00001", "a00002"])
    assert found(workflows, "words") == ["a00003", "a00004"]


def test_articles_between_those_that_are_there_are_found(
    workflows: WorkflowRepository,
) -> None:
    workflows.insert_articles(rows(2, 4, content="old words"))

    workflows.insert_articles(rows(1, 2, 3, 4, 5, content="new words"))
    workflows.insert_articles(rows(6, 1, 7, content="last"), on_conflict="skip")

    assert found(workflows, "new") == [f"a{n:05}" for n in range(1, 6)]
    assert found(workflows, "old") == []
    assert found(workflows, "last") == ["a00006", "a00007"]


def test_a_snippet_is_taken_from_deep_inside(workflows: WorkflowRepository) -> None:
    filler = "many other words " * 2_000
    workflows.insert_article("far", content=f"{filler} here is the needle, found.")

    (hit,) = workflows.search_articles("needle")

    assert hit.snippet.startswith("…")
    assert "here is the [needle], found." in hit.snippet
    assert len(hit.snippet) < 400


def test_a_search_is_one_statement(
    workflows: WorkflowRepository, database: Database
) -> None:
    workflows.insert_articles(rows(*range(30), content="needle in a stack"))

    with statements(database, "SELECT") as taken, database.transaction(read_only=True):
        assert len(workflows.search_articles("needle", 30)) == 30

    assert len([s for s in taken if "articles" in s]) == 1


def test_upkeep_moves_no_article_away_from_its_words(
    workflows: WorkflowRepository, database: Database
) -> None:
    workflows.insert_articles(
        [{"id": f"a{n}", "content": f"number{n}"} for n in range(30)]
    )
    workflows.of(Article).delete_many([f"a{n}" for n in range(0, 30, 2)])
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        if connection.dialect.name == "sqlite":
            connection.execute(sa.text("VACUUM"))

    assert [found(workflows, f"number{n}") for n in (3, 15, 29)] == [
        ["a3"],
        ["a15"],
        ["a29"],
    ]
    assert [f.check for f in database.examine() if f.level == "error"] == []
