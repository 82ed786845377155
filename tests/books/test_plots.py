"""Many plots at once: what is found, and how many statements it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from training.watching import statements

from bedplate import BookRepository, Database, Repository
from bedplate.domains.books import Author, Plot
from bedplate.domains.training import NeuralConfig
from bedplate.domains.users import User
from bedplate.errors import InvalidValueError, ReferenceFailedError

SIZES = (1, 10, 300)


def plots(user: User, count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "title": f"Plot {n}",
            "genre": ("mystery", "fantasy", None)[n % 3],
            "user_id": user.id,
            **({"tone": "dry"} if n % 2 else {}),  # rows of several shapes
            **more,
        }
        for n in range(count)
    ]


def test_plots_come_back_in_the_order_they_were_given(
    books: BookRepository, user: User
) -> None:
    made = books.create_multiple_plots(plots(user, 7))

    assert [plot.title for plot in made] == [f"Plot {n}" for n in range(7)]
    assert [plot.tone for plot in made] == [None, "dry"] * 3 + [None]
    assert [p.as_dict() for p in books.list_plots()] == [p.as_dict() for p in made]
    assert list(books.create_multiple_plots([])) == []


def test_of_several_plots_all_or_none_are_made(
    books: BookRepository, user: User
) -> None:
    good = plots(user, 3)
    for bad, error in (
        ({"genre": "mystery"}, InvalidValueError),
        ({"title": " "}, InvalidValueError),
        ({"title": "x", "colour": "red"}, InvalidValueError),
        ({"title": "x", "author_id": uuid4()}, ReferenceFailedError),
    ):
        with pytest.raises(error):
            books.create_multiple_plots([*good, bad])
    assert list(books.list_plots()) == []


def test_plots_come_with_their_authors(books: BookRepository, user: User) -> None:
    other = books.create_user("bob")
    author = books.create_author("A. Nonymous", user_id=user.id)
    books.create_plot("Alone", user_id=user.id)
    books.create_plot("Told", user_id=user.id, author_id=author.id)
    books.create_plot("Theirs", user_id=other.id)

    found = books.get_plots_with_authors_batch(user.id)

    told = [(p.title, p.author and p.author.author_name) for p in found]
    assert told == [("Alone", None), ("Told", "A. Nonymous")]
    assert list(books.get_plots_with_authors_batch(uuid4())) == []


@pytest.fixture
def shelf(books: BookRepository, user: User) -> BookRepository:
    author = books.create_author("A. Nonymous", user_id=user.id)
    books.create_multiple_plots(
        [
            {"title": "The Lighthouse", "genre": "mystery", "author_id": author.id},
            {"title": "Ünder 100% Light_house", "genre": "Mystery"},
            {"title": "Sands", "genre": "fantasy", "plot_summary": "Light, at last."},
            {"title": "Empty", "tone": "dry"},
        ]
    )
    return books


@pytest.mark.parametrize(
    ("criteria", "titles"),
    [
        (None, "LÜSE"),
        ({}, "LÜSE"),
        ({"genre": "mystery"}, "L"),
        ({"genre": ["mystery", "fantasy"]}, "LS"),
        ({"genre": ("mystery", None)}, "LE"),
        ({"genre": []}, ""),
        ({"genre": None}, "E"),
        ({"genre": "mystery", "tone": "dry"}, ""),
        ({"tone": "dry"}, "E"),
        ({"text": "Light"}, "LÜS"),
        ({"text": "light"}, ""),
        ({"text": "Ü"}, "Ü"),
        ({"text": "%"}, "Ü"),
        ({"text": "t_h"}, "Ü"),
        ({"text": "\\"}, ""),
        ({"text": "Light", "genre": {"fantasy"}}, "S"),
    ],
)
def test_plots_are_found_by_criteria(
    shelf: BookRepository, criteria: Any, titles: str
) -> None:
    found = shelf.search_plots_with_related_data(criteria)
    first = {"T": "L", "Ü": "Ü", "S": "S", "E": "E"}
    assert "".join(first[plot.title[0]] for plot in found) == titles


def test_found_plots_have_authors_where_asked(shelf: BookRepository) -> None:
    with_author, *others = shelf.search_plots_with_related_data()
    assert with_author.author is not None
    assert with_author.author.author_name == "A. Nonymous"
    assert [other.author for other in others] == [None] * 3

    (alone,) = shelf.search_plots_with_related_data({"genre": "mystery"}, False)
    with pytest.raises(sa.exc.InvalidRequestError, match="lazy='raise'"):
        _ = alone.author


def test_found_plots_are_paged(shelf: BookRepository) -> None:
    search = shelf.search_plots_with_related_data
    everything = [plot.id for plot in search()]
    pages = [[p.id for p in search({}, limit=3, offset=n)] for n in (0, 3, 6)]
    assert pages == [everything[:3], everything[3:], []]
    assert list(search(limit=0)) == []
    for bad in ({"limit": -1}, {"offset": -1}, {"offset": 1.5}):
        with pytest.raises(InvalidValueError, match="is not a whole number"):
            search(**bad)


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ({"colour": "red"}, "'colour' is no criterion of plots .text, id, "),
        ({"target_audience": {}}, "'target_audience' is no criterion"),
        ({"text": 5}, "text: text is needed, not int"),
        ({"text": "a\0"}, "text: holds a NUL"),
        ({"genre": 5}, "genre: text is needed"),
        ({"user_id": "me"}, "user_id: 'me' is not a UUID"),
    ],
)
def test_what_is_no_criterion_is_refused(
    shelf: BookRepository, criteria: Any, message: str
) -> None:
    with pytest.raises(InvalidValueError, match=message):
        shelf.search_plots_with_related_data(criteria)


# How many statements


def test_statements_do_not_grow_with_rows(
    database: Database, books: BookRepository
) -> None:
    books.list_users()  # the first use of a database looks at its schema
    first, *others = [statement_counts(database, books, size) for size in SIZES]
    assert others == [first] * len(others)
    assert first["search"] == first["authors"] == first["insert"] == 1


def statement_counts(
    database: Database, books: BookRepository, size: int
) -> dict[str, int]:
    """Count the statements of each bulk method, on rows that the session holds."""
    user = books.create_user()
    author = books.create_author("A", user_id=user.id)
    rows = plots(user, size, author_id=author.id)
    with database.transaction() as session:
        inside = BookRepository(session)
        held = inside.create_multiple_plots(rows)
        ids = [plot.id for plot in held]
        changes = [{"id": key, "tone": f"tone {key}"} for key in ids]
        works: dict[str, Callable[[], object]] = {
            "create": lambda: inside.create_multiple_plots(rows),
            "insert": lambda: inside.batch_insert(Plot, rows),
            "select": lambda: inside.batch_select_by_ids(Plot, ids),
            "update": lambda: inside.batch_update(Plot, changes),
            "authors": lambda: inside.get_plots_with_authors_batch(user.id),
            "search": lambda: inside.search_plots_with_related_data(
                {"user_id": user.id}, limit=1_000
            ),
            "delete": lambda: inside.of(Plot).delete_many(ids),
        }
        found = {name: counted(database, work) for name, work in works.items()}
        assert [plot.tone for plot in held] == [row["tone"] for row in changes]
    found["export"] = counted(database, lambda: books.export_user_data(user.id))
    found["erase"] = counted(database, lambda: books.erase_user(user.id))
    return found


def counted(database: Database, work: Callable[[], object]) -> int:
    with statements(database) as ran:
        work()
    return len(ran)


# The general bulk methods


def test_inserted_rows_are_found_by_the_keys_returned(
    books: BookRepository, user: User
) -> None:
    mine = uuid4()
    rows: list[dict[str, Any]] = [
        {"author_name": "First", "user_id": user.id},
        {"author_name": "Second", "id": mine, "pen_name": "2nd"},
        {"author_name": "Third", "biography": "Long."},
    ]
    keys = books.batch_insert(Author, rows)

    assert keys[1] == mine
    assert all(isinstance(key, UUID) for key in keys)
    found = books.batch_select_by_ids(Author, [*reversed(keys), uuid4()])
    assert [author.author_name for author in found] == ["Third", "Second", "First"]
    assert [author.pen_name for author in found] == [None, "2nd", None]
    assert all(a.created_at <= a.updated_at for a in found)
    assert list(books.batch_insert(Author, [])) == []


def test_keys_may_be_text(database: Database) -> None:
    with database.transaction() as session:
        books = BookRepository(session)
        keys = [str(uuid4()).upper() for _ in range(3)]
        rows = [{"id": key, "author_name": "x"} for key in keys]
        assert list(books.batch_insert(Author, rows)) == keys
        held = books.batch_select_by_ids(Author, [*reversed(keys)])
        assert [author.id for author in held] == [UUID(key) for key in reversed(keys)]
        books.batch_update(Author, [{"id": key, "pen_name": key} for key in keys])
        assert [author.pen_name for author in held] == [*reversed(keys)]
        assert books.delete_author(keys[0])
        assert books.get_author(keys[0]) is None
    with pytest.raises(InvalidValueError, match="id: 'x' is not a UUID"):
        books.batch_select_by_ids(Author, ["x"])


def test_rows_are_updated_by_key(books: BookRepository, user: User) -> None:
    keys = books.batch_insert(Author, [{"author_name": n} for n in "abc"])
    changes = [{"id": key, "pen_name": f"pen {n}"} for n, key in enumerate(keys)]

    assert books.batch_update(Author, [*changes, {"id": uuid4(), "pen_name": "x"}]) == 3
    found = books.batch_select_by_ids(Author, keys)
    assert [a.pen_name for a in found] == ["pen 0", "pen 1", "pen 2"]
    assert [a.author_name for a in found] == ["a", "b", "c"]
    with pytest.raises(InvalidValueError, match="has no column"):
        books.batch_update(Author, [{"id": keys[0], "colour": "red"}])


def test_the_repository_of_a_table_needs_no_model(
    books: BookRepository, user: User
) -> None:
    authors = books.of(Author)
    (key,) = authors.batch_insert([{"author_name": "One", "user_id": str(user.id)}])
    assert authors.batch_update([{"id": key, "author_name": "Two"}]) == 1
    (found,) = authors.batch_select_by_ids([key])
    assert (found.author_name, found.user_id) == ("Two", user.id)


def test_attribute_names_and_defaults_count_as_well(books: BookRepository) -> None:
    (key,) = books.batch_insert(User, [{"metadata_": {"a": 1}}])
    found = books.get_user(key)
    assert found is not None
    assert found.metadata_ == {"a": 1}


def test_keys_that_the_database_gives_are_not_made_up(
    database: Database, books: BookRepository
) -> None:
    configs: Repository[NeuralConfig] = books.of(NeuralConfig)
    with pytest.raises(InvalidValueError, match=r"id: is given by .* add_many"):
        configs.batch_insert([{"name": "a", "config": {}}])
    assert configs.batch_insert([{"id": 7, "name": "a", "config": {}}]) == [7]
    assert configs.count() == 1
