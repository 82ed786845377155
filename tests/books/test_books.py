"""Sessions, authors, plots, worlds and characters, one at a time."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from training.watching import foreign_keys

from bedplate import BookRepository, Database
from bedplate.domains.books import OWNED_TABLES, SessionStatus
from bedplate.domains.users import User
from bedplate.errors import (
    AlreadyExistsError,
    InvalidValueError,
    NotFoundError,
    ReferenceFailedError,
    ValueTooLargeError,
)
from books.rows import SECTIONS

NAMES: dict[str, dict[str, Any]] = {
    "user": {"username": "bob"},
    "session": {"title": "An evening"},
    "author": {"author_name": "A. Nonymous"},
    "plot": {"title": "The Lighthouse"},
    "world_building": {"world_name": "Aldea"},
    "character": {"name": "Ines"},
}
"""What there is, and the least that one of it needs."""

LISTS = {
    "user": "list_users",
    "session": "list_sessions",
    "author": "list_authors",
    "plot": "list_plots",
    "world_building": "list_world_building",
    "character": "list_characters",
}

each = pytest.mark.parametrize("kind", NAMES)


def create(books: BookRepository, kind: str, **more: Any) -> Any:
    return getattr(books, f"create_{kind}")(**NAMES[kind], **more)


@each
def test_what_is_created_can_be_got(books: BookRepository, kind: str) -> None:
    made = create(books, kind)

    assert isinstance(made.id, UUID)
    assert made.id.version == 7
    for key in (made.id, str(made.id)):
        found = getattr(books, f"get_{kind}")(key)
        assert found.as_dict() == made.as_dict()
    assert getattr(books, f"get_{kind}")(uuid4()) is None
    with pytest.raises(InvalidValueError, match="'1' is not a UUID"):
        getattr(books, f"get_{kind}")("1")


@each
def test_lists_go_on_where_they_ended(books: BookRepository, kind: str) -> None:
    made = [create(books, kind).id for _ in range(5)]
    listed = getattr(books, LISTS[kind])

    first = [found.id for found in listed(limit=3)]
    rest = [found.id for found in listed(limit=3, after=first[-1])]
    assert [*first, *rest] == made
    assert list(listed(limit=0)) == []
    with pytest.raises(InvalidValueError, match="limit: -1"):
        listed(limit=-1)


@each
def test_updates_change_what_is_given(books: BookRepository, kind: str) -> None:
    made, other = create(books, kind), create(books, kind)
    (name,) = NAMES[kind]

    changed = getattr(books, f"update_{kind}")(made.id, **{name: "Another 🙂"})

    assert getattr(changed, name) == "Another 🙂"
    assert changed.updated_at > made.created_at
    found = getattr(books, f"get_{kind}")(made.id)
    assert found.as_dict() == changed.as_dict()
    unchanged = getattr(books, f"get_{kind}")(other.id)
    assert unchanged.as_dict() == other.as_dict()


@each
def test_updates_refuse_what_cannot_be(books: BookRepository, kind: str) -> None:
    made = create(books, kind)
    update = getattr(books, f"update_{kind}")

    with pytest.raises(NotFoundError):
        update(uuid4(), **NAMES[kind])
    with pytest.raises(InvalidValueError, match="has no column 'colour'"):
        update(made.id, colour="red")
    with pytest.raises(InvalidValueError, match="NUL"):
        update(made.id, **dict.fromkeys(NAMES[kind], "a\0b"))
    assert getattr(books, f"get_{kind}")(made.id).as_dict() == made.as_dict()


@each
def test_deleting_says_whether_it_was_there(books: BookRepository, kind: str) -> None:
    made, other = create(books, kind), create(books, kind)
    delete = getattr(books, f"delete_{kind}")

    assert delete(made.id) is True
    assert delete(made.id) is False
    assert [found.id for found in getattr(books, LISTS[kind])()] == [other.id]


@pytest.mark.parametrize("kind", ["author", "plot", "world_building", "character"])
def test_names_must_say_something(books: BookRepository, kind: str) -> None:
    (name,) = NAMES[kind]
    made = create(books, kind)
    for bad in ("", " \n", None):
        with pytest.raises(InvalidValueError, match=name):
            getattr(books, f"create_{kind}")(**{name: bad})
        with pytest.raises(InvalidValueError, match=name):
            getattr(books, f"update_{kind}")(made.id, **{name: bad})
    with pytest.raises(ValueTooLargeError, match=name):
        getattr(books, f"create_{kind}")(**{name: "x" * 501})
    with pytest.raises(InvalidValueError, match="id: "):
        getattr(books, f"update_{kind}")(made.id, id=uuid4())


def test_users_have_an_address_of_their_own(books: BookRepository) -> None:
    ada = books.create_user("ada", "ada@example.org", {"plan": "free"})

    found = books.get_user_by_email("ada@example.org")
    assert found is not None
    assert (found.id, found.username, found.metadata_) == (
        ada.id,
        "ada",
        {"plan": "free"},
    )
    assert books.get_user_by_email("Ada@example.org") is None
    with pytest.raises(AlreadyExistsError):
        books.create_user("other", "ada@example.org")
    with pytest.raises(InvalidValueError, match="email: is empty"):
        books.create_user("other", "")
    with pytest.raises(InvalidValueError, match="username: is empty"):
        books.update_user(ada.id, username="")


def test_a_user_may_bring_its_id(books: BookRepository) -> None:
    key = uuid4()
    assert books.create_user("ada", id=str(key)).id == key
    with pytest.raises(AlreadyExistsError):
        books.create_user("bob", id=key)
    with pytest.raises(InvalidValueError, match="id: 'x' is not a UUID"):
        books.create_user("bob", id="x")


def test_sessions_have_a_status(books: BookRepository, user: User) -> None:
    made = books.create_session(user.id, "One", metadata={"model": "m"})
    assert (made.status, made.metadata_) == (SessionStatus.ACTIVE, {"model": "m"})

    books.update_session(made.id, status="completed")
    assert [s.id for s in books.list_sessions(status="completed")] == [made.id]
    assert list(books.list_sessions(user.id, "active")) == []
    for refused in ("done", None):
        with pytest.raises(InvalidValueError, match="status: "):
            books.update_session(made.id, status=refused)
    with pytest.raises(InvalidValueError, match="status: 'open' is not one of active"):
        books.create_session(user.id, status="open")


def test_every_column_is_kept(books: BookRepository, user: User) -> None:
    session = books.create_session(user_id=user.id, title="One")
    author = books.create_author(
        author_name="A. Nonymous",
        pen_name="Nobody",
        biography="Born.",
        writing_style="Terse.",
        user_id=user.id,
        session_id=session.id,
    )
    plot = books.create_plot(
        title="The Lighthouse",
        plot_summary="Somebody keeps it.",
        genre="mystery",
        subgenre="cosy",
        microgenre="lighthouse",
        trope="locked room",
        tone="dry",
        target_audience={"ages": [30, 60]},
        user_id=user.id,
        session_id=session.id,
        author_id=author.id,
    )
    sections: Any = {name: {"about": name, "list": [1, 2.5, None]} for name in SECTIONS}
    world = books.create_world_building(
        world_name="Aldea",
        world_type="island",
        overview="Wet.",
        plot_id=plot.id,
        **sections,
    )
    character = books.create_character(
        name="Ines",
        role="keeper",
        description="Tall.",
        backstory="Long.",
        traits=["patient", "sour"],
        relationships={"Tom": "brother"},
        plot_id=plot.id,
    )

    found = books.get_author(author.id)
    assert found is not None
    assert (found.author_name, found.pen_name) == ("A. Nonymous", "Nobody")
    assert (found.biography, found.writing_style) == ("Born.", "Terse.")
    told = books.get_plot(plot.id)
    assert told is not None
    assert told.target_audience == {"ages": [30, 60]}
    assert (told.genre, told.subgenre, told.microgenre, told.trope, told.tone) == (
        ("mystery", "cosy", "lighthouse", "locked room", "dry")
    )
    built = books.get_world_building(world.id)
    assert built is not None
    for name in SECTIONS:
        assert getattr(built, name) == sections[name]
    who = books.get_character(character.id)
    assert who is not None
    assert (who.traits, who.relationships) == (["patient", "sour"], {"Tom": "brother"})


def test_a_part_belongs_to_whom_the_whole_belongs(
    books: BookRepository, user: User
) -> None:
    session = books.create_session(user.id)
    plot = books.create_plot("The Lighthouse", session_id=session.id)
    parts: list[Any] = [
        plot,
        books.create_author("A. Nonymous", session_id=session.id),
        books.create_world_building("Aldea", plot_id=plot.id),
        books.create_character("Ines", plot_id=str(plot.id)),
    ]
    assert {part.user_id for part in parts} == {user.id}

    other = books.create_user("bob")
    assert books.create_plot("Mine", user_id=other.id).user_id == other.id
    assert books.create_plot("Nobody's").user_id is None
    assert [p.title for p in books.list_plots(other.id)] == ["Mine"]
    assert [p.title for p in books.list_plots(session_id=session.id)] == [plot.title]


@pytest.mark.parametrize(
    ("kind", "reference"),
    [
        ("session", "user_id"),
        ("author", "session_id"),
        ("plot", "author_id"),
        ("world_building", "plot_id"),
        ("character", "plot_id"),
    ],
)
def test_a_reference_to_nothing_is_refused(
    books: BookRepository, kind: str, reference: str
) -> None:
    with pytest.raises(ReferenceFailedError):
        create(books, kind, **{reference: uuid4()})
    assert list(getattr(books, LISTS[kind])()) == []


def test_what_goes_with_a_plot_and_what_stays(
    books: BookRepository, user: User
) -> None:
    session = books.create_session(user.id)
    author = books.create_author("A. Nonymous", session_id=session.id)
    plots = [
        books.create_plot(title, session_id=session.id, author_id=author.id)
        for title in ("One", "Two")
    ]
    for plot in plots:
        books.create_world_building("World", plot_id=plot.id)
        books.create_character("Somebody", plot_id=plot.id)

    books.delete_plot(plots[0].id)
    assert [w.plot_id for w in books.list_world_building()] == [plots[1].id]
    assert [c.plot_id for c in books.list_characters()] == [plots[1].id]
    assert len(books.list_characters(plot_id=plots[0].id)) == 0

    books.delete_author(author.id)
    books.delete_session(session.id)
    (left,) = books.list_plots()
    assert (left.author_id, left.session_id, left.user_id) == (None, None, user.id)

    books.delete_user(user.id)
    for listed in LISTS.values():
        assert list(getattr(books, listed)()) == []


def test_every_reference_has_an_index(database: Database) -> None:
    inspector = sa.inspect(database.engine)
    for table in OWNED_TABLES:
        keys = foreign_keys(database, table)
        indexed = {i["column_names"][0] for i in inspector.get_indexes(table)}
        assert keys.keys() <= indexed, f"{table} has a reference without an index"
