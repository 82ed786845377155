"""Databases are copied into others, of the same kind and of every other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise, permutations
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from copies import ROWS, kill_copy, rows_of
from migrations.rows import fill, rows
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bedplate import Base, BookRepository, Database, TrainingRepository, safekeeping
from bedplate.base import Keyed
from bedplate.cli.app import run
from bedplate.dialects import table_options
from bedplate.domains.books.models import Plot
from bedplate.errors import PermissionDeniedError, SchemaBehindError, TransferError
from bedplate.ops.transfer import pages, position
from bedplate.ops.transfer import sums as sums_of_pages
from bedplate.ops.transfer.report import Step, Transfer
from bedplate.testing.servers import Server
from bedplate.types import Key

Sums = dict[str, tuple[int, str]]


class Own(DeclarativeBase):
    """Apart from Bedplate's: other tests compare its metadata with the schema."""

    metadata = sa.MetaData(naming_convention=Base.metadata.naming_convention)


class Stage(Keyed, Own):
    """Refers to itself, and in a circle to Play."""

    __tablename__ = "copied_stages"
    __table_args__ = (table_options(),)

    above_id: Mapped[int | None] = mapped_column(
        Key(), sa.ForeignKey("copied_stages.id"), index=True
    )
    first_id: Mapped[int] = mapped_column(
        Key(), sa.ForeignKey("copied_stages.id"), index=True
    )
    play_id: Mapped[int | None] = mapped_column(
        Key(),
        sa.ForeignKey("copied_plays.id", use_alter=True, name="fk_stages_play"),
        index=True,
    )


class Play(Keyed, Own):
    __tablename__ = "copied_plays"
    __table_args__ = (table_options(),)

    stage_id: Mapped[int | None] = mapped_column(
        Key(), sa.ForeignKey("copied_stages.id"), index=True
    )


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a file with rows in every table; nobody changes it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('filled')}/filled.db"
    with Database(url) as database:
        database.upgrade()
        with database.engine.begin() as connection:
            fill(connection)
    return url


@pytest.fixture
def source(filled: str) -> Iterator[Database]:
    with Database(filled) as opened:
        yield opened


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Database]:
    """Another file, empty."""
    with Database(f"sqlite:///{tmp_path}/file.db") as opened:
        yield opened


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_ROWS", ROWS)


def sums(told: Transfer) -> Sums:
    assert told.differences == []
    return {t.table: (t.rows, t.checksum) for t in told.tables if t.rows}


def tables_of(database: Database) -> set[str]:
    return {*sa.inspect(database.engine).get_table_names()}


def test_every_row_arrives_and_comes_back(
    source: Database, database: Database, file: Database
) -> None:
    there, back = source.copy_to(database), database.copy_to(file)
    assert sums(there) == sums(back)
    assert {*sums(there)} == {*rows()}
    assert rows_of(source) == rows_of(database) == rows_of(file)
    assert "bedplate_copy" not in tables_of(database) | tables_of(file)


def test_what_is_copied_can_be_found_and_goes_on(
    source: Database, database: Database
) -> None:
    source.copy_to(database)
    training = database.repository(TrainingRepository)
    assert [hit.id for hit in training.search_corpus("Umlauten")] == [9]
    assert training.add_corpus_text("one more").id > 9
    findings = [f for f in database.examine() if f.check.startswith("search index")]
    assert {finding.level for finding in findings} == {"ok"}


def kinds(servers: Sequence[Server]) -> list[Server]:
    """Return one server of each kind."""
    return [*{server.kind: server for server in reversed(servers)}.values()]


def test_from_every_kind_to_every_other(
    servers: Sequence[Server], filled: str, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        opened = {}
        for server in kinds(servers):
            url = server.create_database(f"bedplate_{uuid4().hex[:12]}", tmp_path)
            stack.callback(server.drop_database, url)
            opened[server.kind] = stack.enter_context(Database(url))
        source = stack.enter_context(Database(filled))
        first = next(iter(opened))
        wanted, at = sums(source.copy_to(opened[first])), first
        # A way that goes along each pair once, in that direction.
        for here, there in way(first, {*permutations(opened, 2)}):
            assert here == at
            told = opened[here].copy_to(opened[there], replace=True)
            assert sums(told) == wanted, f"{here} -> {there}"
            at = there
        assert rows_of(opened[at]) == rows_of(source)


def way(first: str, pairs: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield all pairs, each beginning where the last one ended (Hierholzer, 1873)."""
    stack, places = [first], list[str]()
    while stack:
        on = sorted(there for here, there in pairs if here == stack[-1])
        if on:
            pairs.remove((stack[-1], on[0]))
            stack.append(on[0])
        else:
            places.append(stack.pop())
    return pairwise(reversed(places))


@pytest.mark.parametrize("after", [1, 25])
def test_a_killed_copy_goes_on(
    filled: str, source: Database, database_url: str, after: int
) -> None:
    assert kill_copy(filled, database_url, after)
    with Database(database_url) as database:
        seen: list[Step] = []
        told = source.copy_to(database, watch=seen.append)
        assert sums(told) == sums(source.compare_with(database))
        assert rows_of(database) == rows_of(source)
        assert "bedplate_copy" not in tables_of(database)


def test_a_copy_goes_on_where_it_was(
    source: Database, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_after(source, database, "neural_configs", rows=2)
    written: list[str] = []
    advance = position.advance

    def noted(
        connection: sa.Connection, part: object, before: int, page: object
    ) -> None:
        written.append(f"{part.name} {before}")  # type: ignore[attr-defined]
        advance(connection, part, before, page)  # type: ignore[arg-type]

    monkeypatch.setattr(position, "advance", noted)
    source.copy_to(database)
    assert "neural_configs 2" in written
    assert "neural_configs 0" not in written
    assert rows_of(database) == rows_of(source)


def test_what_an_interrupt_leaves_is_told(
    filled: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["copy", "--from", filled, "--to", f"sqlite:///{tmp_path / 'new.db'}"]
    with monkeypatch.context() as patch:
        patch.setattr(position, "advance", interrupt)
        assert run(command) == 130
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err == (
        "interrupted: the target is not complete: the same command without --replace "
        "goes on where it was\n"
    )
    assert run([*command, "--verify-only"]) == 1
    assert run(command) == 0
    capsys.readouterr()

    monkeypatch.setenv("DATABASE_URL", filled)
    with monkeypatch.context() as patch:
        patch.setattr(sums_of_pages.Sum, "add", interrupt)
        assert run([*command, "--verify-only"]) == 130
        assert "nothing was changed" in capsys.readouterr().err
        assert run(["export", str(tmp_path / "out")]) == 130
    found = capsys.readouterr()
    assert found.err == (
        f"interrupted: what is in {tmp_path / 'out'} is no whole export: export into "
        "a new folder\n"
    )


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def stop_after(source: Database, target: Database, table: str, rows: int) -> None:
    """Copy until so many rows of a table are there."""

    class StopError(Exception):
        pass

    before: dict[str, int] = {}

    def watch(step: Step) -> None:
        began = before.setdefault(step.table, step.rows)
        if step.table == table and step.rows - began >= rows:
            raise StopError

    with pytest.raises(StopError):
        source.copy_to(target, watch=watch)


@pytest.mark.databases("sqlite")
def test_half_of_another_copy_is_not_gone_on_with(
    source: Database, database: Database, file: Database
) -> None:
    stop_after(source, database, "neural_configs", rows=2)
    file.upgrade()
    with pytest.raises(TransferError, match=r"half of SQLite .*filled.db was copied"):
        file.copy_to(database)
    file.copy_to(database, replace=True)
    assert sums(source.compare_with(source)) != sums(file.compare_with(database))


@pytest.mark.databases("sqlite")
def test_two_copies_at_once_do_not_mix(source: Database, database: Database) -> None:
    def watch(step: Step) -> None:
        if step.table == "neural_configs":
            with Database(database.settings) as same:
                source.copy_to(same)

    with pytest.raises(TransferError, match="another process cop"):
        source.copy_to(database, watch=watch)
    assert rows_of(database) == rows_of(source)


def test_a_target_with_rows_is_left_alone(source: Database, database: Database) -> None:
    training = database.repository(TrainingRepository)
    training.add_corpus_text("mine")
    with pytest.raises(TransferError, match="in text_corpora: say --replace"):
        source.copy_to(database)
    assert len(training.list_corpus_texts()) == 1
    source.copy_to(database, replace=True)
    assert rows_of(database) == rows_of(source)


@pytest.mark.databases("sqlite")
def test_a_source_that_does_not_fit_is_refused(
    database: Database, file: Database
) -> None:
    with pytest.raises(TransferError, match="into itself"):
        database.copy_to(Database(database.settings))
    file.upgrade("008")
    with pytest.raises(SchemaBehindError, match="run `bedplate upgrade`"):
        file.copy_to(database)


def test_what_others_write_meanwhile_is_not_copied(
    database: Database, file: Database
) -> None:
    training = database.repository(TrainingRepository)
    for title in "abc":
        training.add_corpus_text("text", title)

    def write(step: Step) -> None:
        if step.doing == "copying" and step.table == "text_corpora":
            training.add_corpus_text("too late")

    told = database.copy_to(file, watch=write)
    assert sums(told)["text_corpora"][0] == 3
    assert len(training.list_corpus_texts()) > 3
    (late,) = database.compare_with(file).differences
    assert late.startswith("text_corpora: 3 rows, not ")


def test_rows_that_refer_to_one_another_are_copied(
    blank_url: str, file: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safekeeping, "_tables", lambda: Own.metadata)
    with Database(blank_url) as database:
        database.upgrade()
        Own.metadata.create_all(database.engine)
        write_circle(database)
        there = database.copy_to(file)
        assert {*sums(there)} == {"copied_stages", "copied_plays"}
        assert sums(file.copy_to(database, replace=True)) == sums(there)
        columns = (Stage.above_id, Stage.first_id, Stage.play_id)
        with database.transaction(read_only=True) as session:
            rows = session.execute(sa.select(*columns).order_by(Stage.id)).all()
        assert rows == [(2, 3, None), (3, 3, 1), (1, 3, None)]


def write_circle(database: Database) -> None:
    with database.transaction() as session:
        first = [{"id": n, "first_id": n} for n in (1, 2, 3)]
        session.execute(sa.insert(Stage), first)
        session.execute(sa.insert(Play), [{"id": 1, "stage_id": 3}])
        for stage in session.scalars(sa.select(Stage)):
            stage.above_id, stage.first_id = stage.id % 3 + 1, 3
            stage.play_id = 1 if stage.id == 2 else None


@pytest.mark.parametrize("changed", ["value", "created_at"])
def test_a_difference_is_found(
    source: Database, database: Database, changed: str
) -> None:
    source.copy_to(database)
    table = Base.metadata.tables["accuracy_metrics"]
    now = Base.metadata.tables["users"].c.created_at
    with database.engine.begin() as connection:
        moment = connection.scalars(sa.select(now)).first()
        assert moment is not None
        values = {"value": 1e-300, "created_at": moment.replace(microsecond=123458)}
        row = sa.update(table).where(table.c.id == 8)
        connection.execute(row.values({changed: values[changed]}))
    told = source.compare_with(database)
    assert told.differences == ["accuracy_metrics: 2 rows, but not the same"]


@pytest.mark.databases("sqlite")
def test_the_command_copies_and_compares(
    filled: str,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", filled)
    monkeypatch.setenv("DATABASE_URL_OTHER", f"sqlite:///{database.settings.path}")
    assert run(["copy", "--to", "other", "--verify-only"]) == 1
    assert "text_corpora: 0 rows, not 2" in capsys.readouterr().out
    assert run(["copy", "--to", "other"]) == 0
    assert "the same on both sides" in capsys.readouterr().out
    assert run(["copy", "--from", "default", "--to", "other", "--verify-only"]) == 0
    assert run(["copy", "--to", "other"]) == 1
    assert "say --replace" in capsys.readouterr().err
    assert run(["copy", "--to", "other", "--replace", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["differences"] == []
    assert told["rows"] == sum(table["rows"] for table in told["tables"]) > 50


@pytest.mark.databases("sqlite")
def test_tables_nobody_knows_are_told(
    database: Database,
    file: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE somebodys (id INTEGER PRIMARY KEY)")
    monkeypatch.setenv("DATABASE_PATH", database.settings.path)
    assert run(["copy", "--to", f"sqlite:///{file.settings.path}"]) == 0
    assert "no model here declares somebodys" in capsys.readouterr().err


@pytest.mark.one_of_each_kind
def test_a_text_of_50_mb_arrives_exactly(database: Database, file: Database) -> None:
    # Few words, so that it is not the search index that is measured; characters of one
    # byte and of four, and those that a statement has to escape.
    block = "0123456789abcdef" * 4_000 + "\\'\"%s 🦜\n"
    text = block * (50_000_000 // len(block.encode()))
    file.upgrade()
    row = {"session_id": None, "title": "long", "plot_summary": text}
    key = file.repository(BookRepository).of(Plot).batch_insert([row])
    told = file.copy_to(database)
    assert sums(told)["plots"][0] == 1
    (found,) = database.repository(BookRepository).of(Plot).get_many(key)
    assert found.plot_summary == text
    assert sums(database.compare_with(file)) == sums(told)


@pytest.mark.databases("postgresql")
def test_rows_that_a_policy_hides_are_no_copy(blank_url: str, file: Database) -> None:
    role = f"bedplate_{uuid4().hex[:12]}"
    with Database(blank_url) as database:
        database.upgrade()
        with database.engine.begin() as connection:
            run = connection.exec_driver_sql
            run(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
            run(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
            run("ALTER TABLE plots ENABLE ROW LEVEL SECURITY")
        settings = database.settings
        try:
            bound = settings.of(settings, url=None, user=role, password="x")  # noqa: S106
            with (
                Database(bound) as limited,
                pytest.raises(PermissionDeniedError, match="row-level security"),
            ):
                limited.copy_to(file)
        finally:
            with database.engine.begin() as connection:
                connection.exec_driver_sql(f"DROP OWNED BY {role}")
                connection.exec_driver_sql(f"DROP ROLE {role}")
