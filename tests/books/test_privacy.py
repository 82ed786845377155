"""What hangs on a user, given out and erased, by the foreign keys alone."""

from __future__ import annotations

import asyncio
import base64
import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from bedplate import AsyncDatabase, Base, BookRepository, Database
from bedplate.domains.books import OWNED_TABLES, BookSession, Character, Plot
from bedplate.domains.users import User
from bedplate.errors import InvalidValueError, NotFoundError, TransactionError
from bedplate.types import Double, JSONDocument, UTCDateTime, Uuid

NOW = datetime(2024, 2, 29, 23, 59, 59, 123457, tzinfo=UTC)


def fill(books: BookRepository, name: str) -> UUID:
    """Make a user with a session, an author, two plots, two worlds, a character."""
    user = books.create_user(name, f"{name}@example.org", {"name": name})
    session = books.create_session(user.id, name)
    author = books.create_author(name, session_id=session.id)
    plots = [
        books.create_plot(f"{name} {n}", session_id=session.id, author_id=author.id)
        for n in range(2)
    ]
    for plot in plots:
        books.create_world_building(name, plot_id=plot.id, geography={"sea": [1.5]})
    books.create_character(name, plot_id=plots[0].id)
    return user.id


COUNTS = {
    "users": 1,
    "sessions": 1,
    "authors": 1,
    "plots": 2,
    "world_building": 2,
    "characters": 1,
}


def counts_of(document: dict[str, Any]) -> dict[str, int]:
    return {name: len(rows) for name, rows in document.items()}


def test_everything_of_a_user_is_given_out(books: BookRepository) -> None:
    ada, bob = fill(books, "ada"), fill(books, "bob")

    document = books.export_user_data(ada)

    assert counts_of(document) == COUNTS
    assert next(iter(document)) == "users"
    (user,) = document["users"]
    made = books.get_user(ada)
    assert made is not None
    assert user == {
        "id": str(ada),
        "username": "ada",
        "email": "ada@example.org",
        "metadata": {"name": "ada"},
        "created_at": made.created_at.isoformat(),
        "updated_at": made.updated_at.isoformat(),
    }
    assert [world["geography"] for world in document["world_building"]] == [
        {"sea": [1.5]}
    ] * 2
    text = json.dumps(document, allow_nan=False)
    assert str(ada) in text
    assert str(bob) not in text
    assert json.loads(text) == document == books.export_user_data(str(ada))


def test_everything_of_a_user_is_erased(books: BookRepository) -> None:
    ada, bob = fill(books, "ada"), fill(books, "bob")
    theirs = books.export_user_data(bob)

    assert books.erase_user(ada) == COUNTS

    assert books.export_user_data(bob) == theirs
    for model in (User, BookSession, Plot, Character):
        assert books.of(model).count() == COUNTS[model.__tablename__]
    for method in (books.erase_user, books.export_user_data):
        with pytest.raises(NotFoundError, match=f"there is no user {ada}"):
            method(ada)
        with pytest.raises(InvalidValueError, match="user_id: 'me' is not a UUID"):
            method("me")


def test_the_database_itself_has_both(
    database: Database, books: BookRepository
) -> None:
    ada = fill(books, "ada")
    assert counts_of(database.export_user_data(ada)) == COUNTS
    assert database.erase_user(ada) == COUNTS
    assert list(books.list_plots()) == []


def test_so_it_is_on_an_event_loop(database_url: str) -> None:
    async def work() -> None:
        async with AsyncDatabase(database_url) as database:
            ada = await database.run(lambda s: fill(BookRepository(s), "ada"))
            assert counts_of(await database.export_user_data(ada)) == COUNTS
            assert await database.erase_user(ada) == COUNTS
            with pytest.raises(NotFoundError):
                await database.export_user_data(ada)

    asyncio.run(work())


def test_erasing_is_a_part_of_its_transaction(
    database: Database, books: BookRepository
) -> None:
    ada = fill(books, "ada")
    before = books.export_user_data(ada)

    with pytest.raises(KeyError), database.transaction():
        assert books.erase_user(ada) == COUNTS
        assert books.get_user(ada) is None
        raise KeyError
    assert books.export_user_data(ada) == before
    with (
        pytest.raises(TransactionError, match="read-only"),
        database.transaction(read_only=True),
    ):
        books.erase_user(ada)


def test_the_session_forgets_what_was_erased(database: Database) -> None:
    with database.transaction() as session:
        books = BookRepository(session)
        ada, bob = fill(books, "ada"), fill(books, "bob")
        mine, theirs = books.list_plots(ada), books.list_plots(bob)
        books.erase_user(ada)
        assert [books.get_plot(plot.id) for plot in (*mine, *theirs)] == [
            None,
            None,
            *theirs,
        ]
        theirs[0].tone = "dry"
    kept = database.repository(BookRepository).get_plot(theirs[0].id)
    assert kept is not None
    assert kept.tone == "dry"


def test_what_is_somebody_elses_stays(books: BookRepository) -> None:
    """A reference that may be emptied is emptied; one that may not takes the row."""
    ada, bob = fill(books, "ada"), fill(books, "bob")
    author = books.list_authors(ada)[0]
    plot = books.list_plots(ada)[0]
    told = books.create_plot("Told by hers", user_id=bob, author_id=author.id)
    guest = books.create_character("Guest", user_id=bob, plot_id=plot.id)

    assert "Told by hers" not in json.dumps(books.export_user_data(ada))
    assert books.export_user_data(ada)["characters"][-1]["name"] == "Guest"
    assert books.erase_user(ada) == COUNTS | {"characters": 2}

    left = books.get_plot(told.id)
    assert left is not None
    assert (left.author_id, left.user_id) == (None, bob)
    assert books.get_character(guest.id) is None


@pytest.mark.one_of_each_kind
def test_more_rows_than_one_statement_takes(books: BookRepository) -> None:
    user = books.create_user("ada")
    keys = books.batch_insert(
        Plot, ({"title": f"{n}", "user_id": user.id} for n in range(6_000))
    )
    books.batch_insert(Character, ({"name": "x", "plot_id": key} for key in keys))

    document = books.export_user_data(user.id)
    wanted = {"users": 1, "plots": 6_000, "characters": 6_000}
    assert counts_of(document) == wanted
    assert [row["id"] for row in document["plots"]] == [str(key) for key in keys]
    assert books.erase_user(user.id) == wanted


# Tables that somebody else declares


def column(kind: Any, target: str = "", *, null: bool = True, **options: Any) -> Any:
    """Return a column, with a foreign key where it has a target."""
    own = {
        name: options.pop(name) for name in options.keys() & {"unique", "primary_key"}
    }
    keys = (sa.ForeignKey(target, **options),) if target else ()
    return sa.Column(kind, *keys, nullable=null, **own)


class Declared:
    """Tables in the metadata of Bedplate, and in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.tables: dict[str, sa.Table] = {}

    def table(self, name: str, **columns: Any) -> None:
        """Declare a table with an `id` and these columns."""
        for own, found in columns.items():
            found.name = found.key = own
        key = sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)
        options: Any = Base.metadata.tables["users"].dialect_kwargs
        columns = {"id": key, **columns}
        made = sa.Table(name, Base.metadata, *columns.values(), **options)
        self.tables[name] = made

    def create(self) -> None:
        Base.metadata.create_all(self._database.engine, [*self.tables.values()])

    def drop(self) -> None:
        tables = [*self.tables.values()]
        try:
            Base.metadata.drop_all(self._database.engine, tables)
        finally:
            for table in tables:
                Base.metadata.remove(table)

    def insert(self, name: str, *rows: dict[str, Any]) -> None:
        with self._database.transaction() as session:
            for row in rows:
                session.execute(sa.insert(self.tables[name]).values(row))

    def change(self, name: str, key: int, **values: Any) -> None:
        table = self.tables[name]
        with self._database.transaction() as session:
            session.execute(sa.update(table).where(table.c.id == key).values(values))

    def ids(self, name: str) -> list[int]:
        with self._database.transaction() as session:
            key = self.tables[name].c.id
            return [*session.scalars(sa.select(key).order_by(key))]


@pytest.fixture
def declared(database: Database) -> Iterator[Declared]:
    made = Declared(database)
    yield made
    made.drop()


@pytest.fixture
def ada(books: BookRepository) -> UUID:
    return books.create_user("ada").id


@pytest.fixture
def bob(books: BookRepository) -> UUID:
    return books.create_user("bob").id


def test_a_new_table_is_covered_by_itself(
    declared: Declared, books: BookRepository, ada: UUID, bob: UUID
) -> None:
    declared.table("privacy_notes", user_id=column(Uuid(), "users.id"))
    declared.table(
        "privacy_remarks", note_id=column(sa.Integer, "privacy_notes.id", null=False)
    )
    declared.create()
    declared.insert(
        "privacy_notes", {"id": 1, "user_id": ada}, {"id": 2, "user_id": bob}
    )
    declared.insert("privacy_remarks", {"id": 1, "note_id": 1}, {"id": 2, "note_id": 2})

    document = books.export_user_data(ada)
    assert document["privacy_notes"] == [{"id": 1, "user_id": str(ada)}]
    assert document["privacy_remarks"] == [{"id": 1, "note_id": 1}]
    assert books.erase_user(ada) == {
        "users": 1,
        "privacy_notes": 1,
        "privacy_remarks": 1,
    }
    assert declared.ids("privacy_notes") == declared.ids("privacy_remarks") == [2]


def test_every_value_becomes_json(
    declared: Declared, books: BookRepository, ada: UUID
) -> None:
    values = {
        "number": math.nan,
        "large": -math.inf,
        "data": b"\0\xff",
        "moment": NOW,
        "day": NOW.date(),
        "exact": 1,
        "document": {"ä": [None, True, 1.5]},
    }
    declared.table(
        "privacy_values",
        user_id=column(Uuid(), "users.id"),
        number=column(Double()),
        large=column(Double()),
        data=column(sa.LargeBinary(10)),
        moment=column(UTCDateTime()),
        day=column(sa.Date()),
        exact=column(sa.Numeric(10, 2)),
        document=column(JSONDocument()),
    )
    declared.create()
    declared.insert("privacy_values", {"id": 1, "user_id": ada, **values})

    (row,) = books.export_user_data(ada)["privacy_values"]
    assert row == {
        "id": 1,
        "user_id": str(ada),
        "number": "NaN",
        "large": "-Infinity",
        "data": base64.b64encode(b"\0\xff").decode(),
        "moment": "2024-02-29T23:59:59.123457+00:00",
        "day": "2024-02-29",
        "exact": "1.00",
        "document": {"ä": [None, True, 1.5]},
    }
    json.dumps(row, allow_nan=False)


def test_rows_on_two_ways_to_a_user_count_once(
    declared: Declared, books: BookRepository, ada: UUID, bob: UUID
) -> None:
    plot = books.create_plot("x", user_id=ada)
    declared.table(
        "privacy_pages",
        user_id=column(Uuid(), "users.id", ondelete="CASCADE"),
        plot_id=column(Uuid(), "plots.id", ondelete="CASCADE"),
    )
    declared.create()
    declared.insert(
        "privacy_pages",
        {"id": 4, "user_id": ada, "plot_id": plot.id},
        {"id": 3, "user_id": ada, "plot_id": None},
        {"id": 2, "user_id": bob, "plot_id": plot.id},
        {"id": 1, "user_id": bob, "plot_id": None},
    )

    pages = books.export_user_data(ada)["privacy_pages"]
    assert [page["id"] for page in pages] == [2, 3, 4]
    assert books.erase_user(ada) == {"users": 1, "plots": 1, "privacy_pages": 3}
    assert declared.ids("privacy_pages") == [1]


def test_references_that_go_in_circles(
    declared: Declared, books: BookRepository, ada: UUID, bob: UUID
) -> None:
    """Replies to replies, whoever wrote them, longer than any cascade may be."""
    declared.table(
        "privacy_posts",
        user_id=column(Uuid(), "users.id"),
        reply_to=column(sa.Integer, "privacy_posts.id", ondelete="CASCADE"),
        quotes=column(sa.Integer, "privacy_posts.id", ondelete="SET NULL"),
    )
    declared.create()
    declared.insert(
        "privacy_posts",
        {"id": 1, "user_id": ada},
        *({"id": n, "user_id": None, "reply_to": n - 1} for n in range(2, 40)),
        {"id": 40, "user_id": bob, "reply_to": 39},
        {"id": 50, "user_id": bob, "quotes": 7},
        {"id": 60, "user_id": ada, "quotes": 50},
    )
    declared.change("privacy_posts", 1, reply_to=39)

    posts = books.export_user_data(ada)["privacy_posts"]
    assert [post["id"] for post in posts] == [*range(1, 41), 60]
    assert books.erase_user(ada) == {"users": 1, "privacy_posts": 41}
    assert declared.ids("privacy_posts") == [50]


def test_tables_that_refer_to_one_another(
    declared: Declared, books: BookRepository, ada: UUID, bob: UUID
) -> None:
    """A team has a leader among its members, who are members of the team."""
    declared.table(
        "privacy_teams",
        user_id=column(Uuid(), "users.id"),
        leader=column(
            sa.Integer, "privacy_members.id", name="fk_leader", use_alter=True
        ),
    )
    declared.table(
        "privacy_members", team_id=column(sa.Integer, "privacy_teams.id", null=False)
    )
    declared.create()
    declared.insert(
        "privacy_teams", {"id": 1, "user_id": ada}, {"id": 2, "user_id": bob}
    )
    declared.insert(
        "privacy_members", *({"id": n, "team_id": n % 2 + 1} for n in range(1, 7))
    )
    declared.change("privacy_teams", 1, leader=2)
    declared.change("privacy_teams", 2, leader=1)

    found = books.export_user_data(ada)
    assert [row["leader"] for row in found["privacy_teams"]] == [2]
    assert books.erase_user(ada) == {
        "users": 1,
        "privacy_teams": 1,
        "privacy_members": 3,
    }
    assert declared.ids("privacy_teams") == [2]
    assert declared.ids("privacy_members") == [1, 3, 5]
    declared.change("privacy_teams", 2, leader=None)  # or no table can be dropped


def test_keys_of_several_columns_and_keys_that_are_no_primary_ones(
    declared: Declared, books: BookRepository, ada: UUID, bob: UUID
) -> None:
    declared.table(
        "privacy_boxes",
        user_id=column(Uuid(), "users.id"),
        shelf=column(sa.Integer, unique=True),
    )
    declared.table(
        "privacy_things",
        shelf=column(sa.Integer, "privacy_boxes.shelf", primary_key=True, null=False),
    )
    declared.table(
        "privacy_labels",
        thing=column(sa.Integer),
        shelf=column(sa.Integer),
    )
    declared.tables["privacy_labels"].append_constraint(
        sa.ForeignKeyConstraint(
            ["thing", "shelf"], ["privacy_things.id", "privacy_things.shelf"]
        )
    )
    declared.create()
    declared.insert(
        "privacy_boxes",
        {"id": 1, "user_id": ada, "shelf": 10},
        {"id": 2, "user_id": bob, "shelf": 20},
        {"id": 3, "user_id": ada, "shelf": None},
    )
    for n in (10, 20):
        declared.insert("privacy_things", {"id": 1, "shelf": n}, {"id": 2, "shelf": n})
        declared.insert("privacy_labels", {"id": n, "thing": 2, "shelf": n})
    declared.insert("privacy_labels", {"id": 1, "thing": None, "shelf": 10})

    assert books.erase_user(ada) == {
        "users": 1,
        "privacy_boxes": 2,
        "privacy_things": 2,
        "privacy_labels": 1,
    }
    assert declared.ids("privacy_labels") == [1, 20]
    assert declared.ids("privacy_things") == [1, 2]


def test_a_table_that_is_not_in_the_database_is_left_out(
    declared: Declared, books: BookRepository, ada: UUID
) -> None:
    declared.table("privacy_later", user_id=column(Uuid(), "users.id"))

    assert counts_of(books.export_user_data(ada)) == {"users": 1}
    assert books.erase_user(ada) == {"users": 1}


def test_every_table_of_this_domain_hangs_on_users() -> None:
    tables = Base.metadata.tables
    assert {name for name, own in OWNED_TABLES.items() if own in tables[name].c} == {
        *OWNED_TABLES
    }
