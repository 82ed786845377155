"""A search index over any table: made, kept and dropped by the operations of revisions.

What queries mean stands in tests/training/test_search.py; here it is that the index
follows its rows, whatever their key is.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from migrations.schemas import Schema, schema_of
from migrations.scripts import run_script
from search_cases import CASES, DOCUMENTS
from sqlalchemy.orm import Mapped, mapped_column

from bedplate import Base, Database, Repository, types
from bedplate.base import Identified
from bedplate.dialects import dialect_of, table_options
from bedplate.engine import Engines
from bedplate.errors import AlreadyExistsError
from bedplate.ops import search_indexes, steps
from bedplate.ops.migrations import migrating
from bedplate.repository import reads
from bedplate.search import parse
from bedplate.text_search import TextSearch

CREATE, DROP = search_indexes.CreateSearchIndex, search_indexes.DropSearchIndex
COLUMNS = ("title", "content")


@dataclass
class Pages:
    """A table of texts with a key of some type, in folders that take them along."""

    database: Database
    table: sa.Table
    name: Callable[[int], Any]
    """The key of the page of that number."""

    def change(self, statement: sa.Executable, rows: Any = None) -> None:
        with self.database.engine.begin() as connection:
            connection.execute(statement, rows)

    def add(self, *numbers: int, content: str = "some words") -> None:
        rows = [self.row(n, content=f"page{n} {content}") for n in numbers]
        self.change(sa.insert(self.table), rows)

    def row(self, number: int, **values: Any) -> dict[str, Any]:
        return {"id": self.name(number), "folder_id": number % 2, **values}

    def put(self, *rows: dict[str, Any]) -> None:
        ours = dialect_of(self.database.engine)
        names = [name for name in rows[0] if name != "id"]
        upsert = ours.upsert(self.table, ["id"], lambda new: {n: new[n] for n in names})
        self.change(upsert, [*rows])

    def where(self, number: int) -> sa.ColumnElement[bool]:
        found: sa.ColumnElement[bool] = self.table.c.id == self.name(number)
        return found

    def found(self, query: str) -> list[Any]:
        """Return the keys of the pages that match, in the order of the keys."""
        ours = dialect_of(self.database.engine)
        parsed = parse(query)
        if not parsed.positive:
            return []
        match = ours.ranked(self.table, COLUMNS, parsed)
        rows, key = match.rows.subquery(), self.table.c.id
        statement = sa.select(key).join_from(self.table, rows, rows.c.key == key)
        check = sa.true() if match.check is None else match.check
        statement = statement.where(check).order_by(key)
        with self.database.engine.connect() as connection:
            return [*connection.scalars(statement, {**match.values})]

    def named(self, *numbers: int) -> list[Any]:
        return [self.name(number) for number in numbers]

    def errors(self) -> list[str]:
        return [f.check for f in self.database.examine() if f.level == "error"]


KEYS: dict[str, tuple[Any, Callable[[int], Any]]] = {
    "text": (types.CodeText(255), lambda n: f"page/{n:04}"),
    "uuid": (types.Uuid(), lambda n: UUID(int=n)),
    "number": (types.Key(), lambda n: n),
}

FOLDERS = sa.Table(
    "folders",
    sa.MetaData(),
    sa.Column("id", types.Key(), primary_key=True, autoincrement=False),
    **table_options(),
)


def pages_of(kind: str) -> sa.Table:
    metadata = sa.MetaData()
    FOLDERS.to_metadata(metadata)
    return sa.Table(
        "pages",
        metadata,
        sa.Column("id", KEYS[kind][0], primary_key=True, autoincrement=False),
        sa.Column("title", types.SearchText(255)),
        sa.Column("content", types.SearchText()),
        sa.Column(
            "folder_id", sa.ForeignKey("folders.id", ondelete="CASCADE"), index=True
        ),
        **table_options(),
    )


@contextmanager
def operations(database: Database) -> Iterator[Operations]:
    """Give what a revision has as `op`."""
    engines = Engines(database.settings)
    try:
        with migrating(engines) as connection:
            options = {"transactional_ddl": engines.dialect.transactional_ddl}
            context = MigrationContext.configure(connection, opts=options)
            steps.adapt(context, engines.dialect)
            with context.begin_transaction():
                yield Operations(context)
    finally:
        engines.dispose()


def index(op: Operations, table: sa.Table) -> None:
    key = sa.Column("id", table.c.id.type)
    CREATE.create_search_index(op, table.name, COLUMNS, key)


def schema(database: Database) -> Schema:
    with database.engine.connect() as connection:
        return schema_of(connection)


@pytest.fixture(params=[*KEYS])
def pages(blank_url: str, request: pytest.FixtureRequest) -> Iterator[Pages]:
    """Give an empty table of pages, not indexed yet."""
    table = pages_of(request.param)
    with Database(blank_url) as database:
        database.upgrade()
        with database.engine.begin() as connection:
            table.metadata.create_all(connection)
            connection.execute(
                sa.insert(table.metadata.tables["folders"]), [{"id": 0}, {"id": 1}]
            )
        yield Pages(database, table, KEYS[request.param][1])


@pytest.fixture
def indexed(pages: Pages) -> Pages:
    """Give an empty table of pages with its index."""
    with operations(pages.database) as op:
        index(op, pages.table)
    return pages


def test_rows_that_are_there_are_indexed(pages: Pages) -> None:
    pages.add(1, 2, 3)
    with operations(pages.database) as op:
        index(op, pages.table)

    pages.add(4)

    assert pages.found("words") == pages.named(1, 2, 3, 4)
    assert pages.found("page2") == pages.named(2)
    assert pages.errors() == []


def test_the_index_follows_every_change(indexed: Pages) -> None:
    pages, table = indexed, indexed.table
    pages.add(*range(1, 9))

    pages.change(sa.update(table).where(pages.where(1)).values(content="changed once"))
    assert (pages.found("page1"), pages.found("changed")) == ([], pages.named(1))
    pages.change(sa.update(table).where(pages.where(1)).values(title="named"))
    assert pages.found("named changed") == pages.named(1)

    pages.put(pages.row(1, content="put again"), pages.row(9, content="put new"))
    assert pages.found("put") == pages.named(1, 9)
    assert (pages.found("changed"), pages.found("named")) == ([], pages.named(1))
    pages.put(pages.row(1, content="put again"), pages.row(9, content="put new"))
    assert pages.found("put") == pages.named(1, 9)

    pages.change(sa.update(table).where(pages.where(2)).values(id=pages.name(20)))
    assert pages.found("page2") == pages.named(20)

    pages.change(sa.delete(table).where(pages.where(4)))
    assert pages.found("page4") == []
    pages.change(sa.delete(table.metadata.tables["folders"]).where(sa.text("id = 1")))
    assert pages.found("words") == pages.named(6, 8, 20)
    assert pages.found("put") == []

    pages.add(4, content="is back")
    assert pages.found("page4") == pages.named(4)
    assert pages.errors() == []


def test_texts_may_be_missing(indexed: Pages) -> None:
    indexed.change(sa.insert(indexed.table), [indexed.row(1, title="only a title")])
    indexed.put(indexed.row(2, content=None))
    assert indexed.found("title") == indexed.named(1)

    indexed.put(indexed.row(2, content="now a text"))
    indexed.change(sa.update(indexed.table).where(indexed.where(1)).values(title=None))

    assert (indexed.found("title"), indexed.found("text")) == ([], indexed.named(2))
    assert indexed.errors() == []


def test_what_is_rolled_back_was_never_indexed(indexed: Pages) -> None:
    indexed.add(1)
    with indexed.database.engine.connect() as connection:
        connection.execute(sa.delete(indexed.table))
        connection.execute(sa.insert(indexed.table), [indexed.row(2, content="new")])
        connection.rollback()

    assert (indexed.found("page1"), indexed.found("new")) == (indexed.named(1), [])
    assert indexed.errors() == []


def test_upkeep_moves_no_row_away_from_its_words(indexed: Pages) -> None:
    indexed.add(*range(1, 40))
    key = indexed.table.c.id
    indexed.change(sa.delete(indexed.table).where(key < indexed.name(30)))
    with indexed.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        dialect_of(connection).vacuum(connection, [indexed.table.name])

    assert indexed.found("words") == indexed.named(*range(30, 40))
    for number in range(30, 40):
        assert indexed.found(f"page{number}") == indexed.named(number)
    indexed.change(sa.update(indexed.table).values(content="after the upkeep"))
    indexed.add(5)
    assert indexed.found("upkeep") == indexed.named(*range(30, 40))
    assert indexed.found("words") == indexed.named(5)
    assert indexed.errors() == []


@pytest.mark.parametrize("pages", ["text"], indirect=True)
def test_every_query_finds_what_it_finds_in_the_corpora(indexed: Pages) -> None:
    short = {n for n, (_, text) in enumerate(DOCUMENTS) if len(text) <= 10_000}
    rows = [(n, *DOCUMENTS[n]) for n in sorted(short)]
    indexed.change(
        sa.insert(indexed.table),
        [indexed.row(n, title=title, content=content) for n, title, content in rows],
    )

    wrong = {}
    for query, expected in CASES:
        found, wanted = indexed.found(query), indexed.named(*sorted(expected & short))
        if found != wanted:
            wrong[query[:60]] = (found, wanted)

    assert wrong == {}


def test_dropping_leaves_nothing_and_may_be_taken_back(pages: Pages) -> None:
    pages.add(1)
    before = schema(pages.database)
    for _ in range(2):
        with operations(pages.database) as op:
            index(op, pages.table)
        assert pages.found("page1") == pages.named(1)
        with operations(pages.database) as op:
            DROP.drop_search_index(op, pages.table.name)
        assert schema(pages.database) == before
    assert pages.errors() == []


@pytest.mark.databases("mysql", "mariadb")  # the others take all of it back
def test_what_is_done_already_is_left_out(indexed: Pages) -> None:
    indexed.add(1)
    with operations(indexed.database) as op:
        index(op, indexed.table)
    assert indexed.found("page1") == indexed.named(1)
    for _ in range(2):
        with operations(indexed.database) as op:
            DROP.drop_search_index(op, indexed.table.name)


@pytest.mark.parametrize("pages", ["text", "number"], indirect=True)
def test_a_script_makes_the_same(pages: Pages) -> None:
    database, before = pages.database, schema(pages.database)
    up = script(database, lambda op: index(op, pages.table))
    down = script(database, lambda op: DROP.drop_search_index(op, pages.table.name))
    with operations(database) as op:
        index(op, pages.table)
    wanted = schema(database)
    assert wanted != before

    url = database.settings.url
    assert url is not None
    run_script(url.get_secret_value(), down)
    assert schema(database) == before
    run_script(url.get_secret_value(), up)
    assert schema(database) == wanted
    pages.add(1)
    assert pages.found("page1") == pages.named(1)


def script(database: Database, write: Callable[[Operations], None]) -> str:
    written = io.StringIO()
    context = MigrationContext.configure(
        dialect_name=database.engine.dialect.name,
        opts={"as_sql": True, "output_buffer": written, "literal_binds": True},
        dialect_opts={"paramstyle": "named"},
    )
    steps.adapt_script(context)
    write(Operations(context))
    return written.getvalue()


def test_whether_an_index_is_there_is_told(pages: Pages) -> None:
    def has(columns: Sequence[str]) -> bool:
        with pages.database.engine.connect() as connection:
            ours = dialect_of(connection)
            return ours.has_search_index(connection, pages.table, columns)

    assert not has(COLUMNS)
    with operations(pages.database) as op:
        index(op, pages.table)
    assert has(COLUMNS)
    assert not has((*COLUMNS, "folder_id"))


DAMAGE = {
    "a word is lost": (
        "INSERT INTO pages_fts (pages_fts, rowid, title, content) "
        "SELECT 'delete', rowid, title, content FROM pages_fts_rows LIMIT 1"
    ),
    "a number is lost": "DELETE FROM pages_fts_keys WHERE rowid = 2",
    "a number is too many": "INSERT INTO pages_fts_keys (id) VALUES ('nobody')",
    "two numbers changed places": "UPDATE pages_fts_keys SET rowid = 3 - rowid + 10",
}


@pytest.mark.databases("sqlite")  # the others keep their indexes themselves
@pytest.mark.parametrize("pages", ["text"], indirect=True)
@pytest.mark.parametrize("damage", [*DAMAGE])
def test_an_index_out_of_step_is_found_and_mended(indexed: Pages, damage: str) -> None:
    indexed.add(1, 2)
    indexed.change(sa.text(DAMAGE[damage]))
    assert indexed.errors() == ["search index pages_fts"]

    indexed.database.repair(indexed.database.examine())

    assert indexed.errors() == []
    assert indexed.found("words") == indexed.named(1, 2)
    assert indexed.found("page2") == indexed.named(2)


# Upserts of many rows: some are new, some are there, and no word of theirs is lost.


class Apart(Base):
    """Its tables are none of Bedplate's."""

    __abstract__ = True
    metadata = sa.MetaData(naming_convention=Base.metadata.naming_convention)


class Memo(Identified, Apart):
    __tablename__ = "memos"
    __table_args__ = (sa.UniqueConstraint("slug"), table_options())

    slug: Mapped[str] = mapped_column(types.CodeText(20))
    body: Mapped[str] = mapped_column(types.SearchText())


class Memos(Repository[Memo], TextSearch):
    """Remarks that are found by their words."""

    @reads
    def found(self, query: str) -> list[str]:
        hits = self._search(Memo.body, query, 99)
        return sorted(memo.slug for memo in self.get_many(hit.id for hit in hits))


@pytest.fixture
def memos(blank_url: str) -> Iterator[Memos]:
    with Database(blank_url) as database:
        database.upgrade()
        with database.engine.begin() as connection:
            Apart.metadata.create_all(connection)
        with operations(database) as op:
            key = sa.Column[Any]("id", types.Uuid())
            CREATE.create_search_index(op, "memos", ["body"], key)
        yield database.repository(Memos)


def memo(number: int, body: str) -> dict[str, Any]:
    return {"id": str(UUID(int=number)), "slug": f"m{number}", "body": body}


@pytest.mark.parametrize("keys", [None, ["slug"]])
def test_an_upsert_of_many_rows_loses_no_words(
    memos: Memos, keys: list[str] | None
) -> None:
    memos.add_many([memo(2, "old words"), memo(4, "old words")])

    mixed = [memo(n, "new words") for n in (1, 2, 3, 4, 5)]
    assert memos.upsert_many(mixed, keys=keys, update=["body"]) == 5
    assert memos.found("new") == memos.found("words") == ["m1", "m2", "m3", "m4", "m5"]
    assert memos.found("old") == []

    mixed = [memo(n, "newest words") for n in (6, 1, 7)]
    assert memos.upsert_many(mixed, keys=keys, update=[]) == 3
    assert memos.found("newest") == ["m6", "m7"]
    assert memos.found("new") == ["m1", "m2", "m3", "m4", "m5"]

    twice = [memo(8, "first of two"), memo(1, "put"), memo(8, "last of two")]
    assert memos.upsert_many(twice, keys=keys, update=["body"]) == 3
    assert memos.found("two last") == ["m8"]
    assert memos.found("first") == []
    assert memos.found("put") == ["m1"]


def test_an_upsert_by_key_is_refused_where_another_key_collides(memos: Memos) -> None:
    memos.add_many([memo(1, "mine")])

    with pytest.raises(AlreadyExistsError):
        memos.upsert_many([memo(2, "fine"), {**memo(3, "no"), "slug": "m1"}])

    assert memos.found("mine") == ["m1"]
    assert memos.count() == 1


def test_long_texts_are_put_a_few_at_a_time(memos: Memos) -> None:
    rows = [memo(n, f"word{n} " + "filler " * 100_000) for n in range(1, 9)]
    for _ in range(2):
        assert memos.upsert_many(rows) == 8
    memos.upsert_many({**row, "body": f"new {row['body']}"} for row in rows)

    assert memos.found("new") == [f"m{n}" for n in range(1, 9)]
    assert memos.found("word3") == ["m3"]


def test_an_upsert_gives_keys_where_there_are_none(memos: Memos) -> None:
    rows = [{"slug": f"m{n}", "body": "words"} for n in range(3)]

    assert memos.upsert_many(rows) == 3

    assert memos.found("words") == ["m0", "m1", "m2"]
