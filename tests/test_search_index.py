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

from bedplate import Database, types
from bedplate.dialects import dialect_of, table_options
from bedplate.engine import Engines
from bedplate.ops import search_indexes, steps
from bedplate.ops.migrations import migrating
from bedplate.search import parse

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
        match = ours.ranked(self.table, COLUMNS, parse(query))
        statement = sa.select(self.table.c.id).select_from(match.from_clause)
        statement = statement.where(match.condition).order_by(self.table.c.id)
        with self.database.engine.connect() as connection:
            return [*connection.scalars(statement)]

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
