"""Row security: whose rows a role that owns nothing sees and writes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.orm import Session

from bedplate import AsyncDatabase, BookRepository, Database
from bedplate.domains.books import OWNED_TABLES, Plot
from bedplate.errors import (
    InvalidValueError,
    NotFoundError,
    PermissionDeniedError,
    TransactionError,
    UnsupportedError,
)
from bedplate.ops import row_security

secured = pytest.mark.databases("postgresql")
others = pytest.mark.databases("sqlite", "mysql", "mariadb")

PASSWORD = "of-a-test"  # noqa: S105  # the role lives as long as the test
LISTS = (
    "list_users",
    "list_sessions",
    "list_authors",
    "list_plots",
    "list_world_building",
    "list_characters",
)


@contextmanager
def operations(url: str) -> Iterator[Operations]:
    """Give what a revision calls `op`."""
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        yield Operations(MigrationContext.configure(connection))
    engine.dispose()


@pytest.fixture
def owner(blank_url: str) -> Iterator[Database]:
    """A database with row security on, in the hands of a superuser."""
    with Database(blank_url) as database:
        database.upgrade()
        with operations(blank_url) as op:
            row_security.enable(op, OWNED_TABLES)
        yield database


@pytest.fixture
def role_url(owner: Database, blank_url: str) -> Iterator[str]:
    """The URL of a role that owns nothing and may read and write the tables."""
    name = f"bedplate_{uuid4().hex[:12]}"
    with owner.engine.begin() as connection:
        run = connection.exec_driver_sql
        run(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
        run(
            "GRANT SELECT, INSERT, UPDATE, DELETE "
            f"ON ALL TABLES IN SCHEMA public TO {name}"
        )
    url = sa.make_url(blank_url).set(username=name, password=PASSWORD)
    yield url.render_as_string(hide_password=False)
    with owner.engine.begin() as connection:
        run = connection.exec_driver_sql
        run(f"DROP OWNED BY {name}")
        run(f"DROP ROLE {name}")


@pytest.fixture
def people(owner: Database) -> tuple[UUID, UUID]:
    """Two users, each with a row in every table."""
    books = owner.repository(BookRepository)
    found = []
    for name in ("ada", "bob"):
        user = books.create_user(name)
        session = books.create_session(user.id, name)
        books.create_author(name, session_id=session.id)
        plot = books.create_plot(name, session_id=session.id)
        books.create_world_building(name, plot_id=plot.id)
        books.create_character(name, plot_id=plot.id)
        found.append(user.id)
    return found[0], found[1]


@pytest.fixture
def database(role_url: str) -> Iterator[Database]:
    """The same database through one connection of the role."""
    with Database(role_url, pool_size=1, max_overflow=0) as opened:
        yield opened


def owners(books: BookRepository) -> list[set[UUID | None]]:
    """Return whose rows are seen, table by table."""
    seen = [getattr(books, name)() for name in LISTS]
    return [{getattr(row, "user_id", row.id) for row in rows} for rows in seen]


@secured
def test_without_a_user_there_are_no_rows(
    database: Database, people: tuple[UUID, UUID]
) -> None:
    books = database.repository(BookRepository)
    assert owners(books) == [set()] * len(LISTS)
    with pytest.raises(PermissionDeniedError, match="row-level security"):
        books.create_plot("Mine", user_id=people[0])


@secured
def test_with_a_user_there_are_only_its_rows(
    database: Database, people: tuple[UUID, UUID]
) -> None:
    books = database.repository(BookRepository)
    for user in people:
        with database.transaction(user_id=user):
            assert owners(books) == [{user}] * len(LISTS)
        with database.transaction(user_id=str(user), read_only=True):
            assert owners(books) == [{user}] * len(LISTS)
    with database.transaction(user_id=uuid4()):
        assert owners(books) == [set()] * len(LISTS)


@secured
def test_a_user_writes_its_own_rows_alone(
    database: Database, owner: Database, people: tuple[UUID, UUID]
) -> None:
    ada, bob = people
    books = database.repository(BookRepository)
    everything = owner.repository(BookRepository)
    (theirs,) = everything.list_plots(bob)

    with database.transaction(user_id=ada):
        books.create_plot("Mine", user_id=ada)
    for write in (
        lambda: books.create_plot("Slipped in", user_id=bob),
        lambda: books.create_plot("Nobody's"),
        lambda: books.batch_insert(Plot, [{"title": "x", "user_id": bob}]),
        lambda: books.update_plot(books.list_plots(ada)[0].id, user_id=bob),
    ):
        with (
            pytest.raises(PermissionDeniedError, match="row-level security"),
            database.transaction(user_id=ada),
        ):
            write()
    with database.transaction(user_id=ada) as session:
        assert books.get_plot(theirs.id) is None
        with pytest.raises(NotFoundError):
            books.update_plot(theirs.id, title="Mine now")
        assert books.delete_plot(theirs.id) is False
        assert books.batch_update(Plot, [{"id": theirs.id, "title": "x"}]) == 0
        changed: Any = session.execute(sa.update(Plot).values(tone="dry"))
        assert changed.rowcount == 2

    assert [plot.as_dict() for plot in everything.list_plots(bob)] == [theirs.as_dict()]
    assert sorted(p.title for p in everything.list_plots(ada)) == ["Mine", "ada"]


@secured
def test_a_connection_of_the_pool_forgets_the_user(
    database: Database, people: tuple[UUID, UUID]
) -> None:
    """There is one connection: what was set on it would be met again."""
    books = database.repository(BookRepository)
    with database.transaction(user_id=people[0]):
        assert len(books.list_plots()) == 1
    assert list(books.list_plots()) == []

    with pytest.raises(KeyError), database.transaction(user_id=people[0]):
        assert len(books.list_plots()) == 1
        raise KeyError
    assert list(books.list_plots()) == []
    with database.engine.connect() as connection:
        left = connection.exec_driver_sql("SELECT current_setting('app.user_id', true)")
        assert not left.scalar()


@secured
def test_the_user_lasts_as_long_as_the_block(
    database: Database, people: tuple[UUID, UUID]
) -> None:
    with database.transaction(user_id=people[0]) as session:
        books = BookRepository(session)
        with pytest.raises(KeyError), session.begin_nested():
            books.create_plot("Taken back", user_id=people[0])
            raise KeyError
        assert len(books.list_plots()) == 1
        session.rollback()
        assert len(books.list_plots()) == 1
        session.commit()
        assert len(books.list_plots()) == 1


@secured
def test_blocks_within_one_another_are_one_users(
    database: Database, people: tuple[UUID, UUID]
) -> None:
    ada, bob = people
    books = database.repository(BookRepository)
    with database.transaction(user_id=ada):
        with database.transaction(), database.transaction(user_id=str(ada)):
            assert len(books.list_plots()) == 1
        assert database.run(lambda s: len(BookRepository(s).list_plots())) == 1
        with (
            pytest.raises(TransactionError, match=f"that of user {ada}, and cannot"),
            database.transaction(user_id=bob),
        ):
            pass
        assert len(books.list_plots()) == 1
    with (
        database.transaction(),
        pytest.raises(TransactionError, match="is no user's"),
        database.transaction(user_id=ada),
    ):
        pass
    database.session.execute(sa.text("SELECT 1"))
    with (
        pytest.raises(TransactionError, match="is no user's"),
        database.transaction(user_id=ada),
    ):
        pass
    database.session.rollback()


@secured
def test_through_a_pooler_it_is_the_same(
    role_url: str, people: tuple[UUID, UUID]
) -> None:
    with Database(role_url, pgbouncer=True, statement_timeout=30) as database:
        books = database.repository(BookRepository)
        with database.transaction(user_id=people[1]):
            assert owners(books) == [{people[1]}] * len(LISTS)
        assert owners(books) == [set()] * len(LISTS)


@secured
def test_on_an_event_loop_it_is_the_same(
    role_url: str, people: tuple[UUID, UUID]
) -> None:
    def titles(session: Session) -> list[str]:
        return [plot.title for plot in BookRepository(session).list_plots()]

    async def seen(database: AsyncDatabase, user: UUID) -> list[str]:
        async with database.transaction(user_id=user) as session:
            assert await session.run_sync(titles) == await database.run(titles)
            with pytest.raises(TransactionError, match="cannot become"):
                async with database.transaction(user_id=uuid4()):
                    pass
            return await database.run(titles)

    async def work() -> list[list[str]]:
        async with AsyncDatabase(role_url, pool_size=2, max_overflow=0) as database:
            found = await asyncio.gather(*(seen(database, u) for u in people * 3))
            return [*found, await database.run(titles)]

    assert asyncio.run(work()) == [["ada"], ["bob"]] * 3 + [[]]


@secured
def test_a_user_takes_its_own_data_along(
    database: Database, owner: Database, people: tuple[UUID, UUID]
) -> None:
    ada, bob = people
    with database.transaction(user_id=ada):
        exported = database.export_user_data(ada)
        with pytest.raises(NotFoundError):
            database.export_user_data(bob)
        assert database.erase_user(ada) == dict.fromkeys(OWNED_TABLES, 1)
    assert {name: len(rows) for name, rows in exported.items()} == dict.fromkeys(
        OWNED_TABLES, 1
    )
    assert [user.id for user in owner.repository(BookRepository).list_users()] == [bob]


@secured
def test_what_was_turned_on_can_be_turned_off(
    owner: Database, blank_url: str, database: Database, people: tuple[UUID, UUID]
) -> None:
    with operations(blank_url) as op:
        assert row_security.is_available(op)
        row_security.disable(op, OWNED_TABLES)
    books = database.repository(BookRepository)
    assert owners(books) == [set(people)] * len(LISTS)
    assert owner.schema_differences() == []
    with operations(blank_url) as op:
        row_security.enable(op, {"plots": "user_id"})
    assert owners(books) == [set() if n == "list_plots" else set(people) for n in LISTS]
    owner.downgrade("base")


@secured
def test_the_owner_of_the_tables_is_bound_as_well(
    owner: Database, role_url: str, people: tuple[UUID, UUID]
) -> None:
    name = sa.make_url(role_url).username
    with owner.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE plots OWNER TO {name}")
    with Database(role_url) as database:
        assert list(database.repository(BookRepository).list_plots()) == []
    with owner.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE plots OWNER TO CURRENT_USER")


@secured
def test_the_doctor_says_who_is_not_bound(owner: Database, database: Database) -> None:
    def said(by: Database) -> tuple[str, str]:
        (found,) = [f for f in by.examine() if f.check == "row security"]
        return found.level, found.message

    names = ", ".join(sorted(OWNED_TABLES))
    assert said(database) == ("ok", f"on for {names}")
    level, message = said(owner)
    assert level == "warning"
    assert message.startswith(f"on for {names}, but this user is a superuser or has")


@others
def test_what_a_database_cannot_do_it_says(blank_url: str) -> None:
    with Database(blank_url) as database:
        with (
            pytest.raises(UnsupportedError, match="cannot keep one user's rows"),
            database.transaction(user_id=uuid4()),
        ):
            pass
        context = MigrationContext.configure(dialect=database.engine.dialect)
        op = Operations(context)
        assert not row_security.is_available(op)
        for step in (row_security.enable, row_security.disable):
            with pytest.raises(UnsupportedError, match="has no row security"):
                step(op, OWNED_TABLES)

    async def work() -> None:
        async with (
            AsyncDatabase(blank_url) as asynchronous,
            asynchronous.transaction(user_id=uuid4()),
        ):
            pass

    with pytest.raises(UnsupportedError, match="cannot keep one user's rows"):
        asyncio.run(work())


def test_a_user_that_is_no_uuid_is_refused(server: object, blank_url: str) -> None:
    with (
        Database(blank_url) as database,
        pytest.raises(InvalidValueError, match="user_id: 'me' is not a UUID"),
        database.transaction(user_id="me"),
    ):
        pass
