"""Migrations from outside: each revision up and down, Alembic's own command, drift.

What happens to rows, to a run that is stopped, and to several at once stands in
tests/migrations.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from bedplate import (
    Base,
    Database,
    TrainingRepository,
    close_all,
    get_migration_status,
    rollback_to_version,
    run_migrations,
)
from bedplate.domains.training import AccuracyMetric, TrainingJob
from bedplate.engine import Engines
from bedplate.errors import MigrationError, SchemaAheadError, SchemaBehindError
from bedplate.ops import drift
from bedplate.ops.fit import revisions
from bedplate.ops.migrations import migrating
from bedplate.testing.servers import Server

ROOT = Path(__file__).resolve().parent.parent
REVISIONS = sorted(
    path.name.partition("_")[0] for path in (ROOT / "alembic/versions").glob("[0-9]*")
)
HEAD = REVISIONS[-1]


@pytest.fixture
def blank(blank_url: str) -> Iterator[Database]:
    with Database(blank_url) as database:
        yield database


def drifted(database: Database) -> list[str]:
    engines = Engines(database.settings)
    try:
        return [*drift.differences(engines, ours())]
    finally:
        engines.dispose()


@contextmanager
def step(database: Database) -> Iterator[sa.Connection]:
    """Change the schema as a revision does, checks included."""
    engines = Engines(database.settings)
    try:
        with migrating(engines) as connection:
            yield connection
            engines.dialect.after_step(connection)
    finally:
        engines.dispose()


def tables(database: Database) -> set[str]:
    with database.engine.connect() as connection:
        found = set(sa.inspect(connection).get_table_names())
    return {name for name in found if "_fts" not in name}


def ours() -> sa.MetaData:
    """Return Bedplate's tables; other tests may have declared more."""
    metadata = sa.MetaData(naming_convention=Base.metadata.naming_convention)
    for mapper in Base.registry.mappers:
        if mapper.class_.__module__.startswith("bedplate."):
            for table in mapper.tables:
                if isinstance(table, sa.Table) and table.key not in metadata.tables:
                    table.to_metadata(metadata)
    return metadata


# Steps


def test_a_new_database_is_at_no_revision(blank: Database) -> None:
    found = blank.migration_status()
    assert (found.current, found.head) == (None, HEAD)
    assert found.pending == tuple(REVISIONS)
    assert found.applied == ()
    assert not found.at_head
    assert tables(blank) == set()
    with pytest.raises(SchemaBehindError, match="bedplate upgrade"):
        blank.check_schema()


def test_each_step_up_and_down_is_written_down(blank: Database) -> None:
    started = datetime.now(UTC)
    expected = []
    for place, revision in enumerate(REVISIONS, 1):
        found = blank.upgrade(revision)
        assert found == blank.migration_status()
        assert found.current == revision
        assert found.pending == tuple(REVISIONS[place:])
        expected.append((revision, f"upgrade {revision}"))
    blank.check_schema()
    for revision, below in zip(REVISIONS[:0:-1], REVISIONS[-2::-1], strict=True):
        assert blank.downgrade(below).current == below
        expected.append((below, f"downgrade {revision}"))
    applied = blank.migration_status().applied
    assert [(s.version, s.description.partition(":")[0]) for s in applied] == expected
    times = [step.applied_at for step in applied]
    assert times == sorted(times)
    assert times[0] - started < timedelta(minutes=5)
    assert times[0] >= started - timedelta(seconds=1)
    assert blank.downgrade("base").current is None
    assert tables(blank) <= {"alembic_version"}
    assert blank.upgrade().at_head
    assert [step.version for step in blank.migration_status().applied] == REVISIONS


def test_all_at_once_is_what_step_by_step_is(blank: Database) -> None:
    found = blank.upgrade()
    assert [step.version for step in found.applied] == REVISIONS
    assert tables(blank) >= {table.name for table in ours().sorted_tables}


def test_twice_in_a_row_changes_nothing(blank: Database) -> None:
    first = blank.upgrade()
    assert blank.upgrade() == first
    assert blank.upgrade(HEAD) == first


def test_the_repository_sees_the_version(blank: Database) -> None:
    blank.upgrade()
    version = blank.repository(TrainingRepository).get_database_version()
    assert version is not None
    assert version.version == HEAD


def test_the_functions_for_the_default_database(
    blank_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", blank_url)
    try:
        assert run_migrations().at_head
        assert get_migration_status().current == HEAD
        assert rollback_to_version("002").current == "002"
        assert get_migration_status().pending == tuple(REVISIONS[2:])
        with pytest.raises(MigrationError, match="revisions here: 001, 002"):
            rollback_to_version("nothing")
    finally:
        close_all()


# A newer schema


def test_a_newer_schema_is_left_alone(blank: Database) -> None:
    blank.upgrade()
    with blank.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '999'"))
    assert blank.migration_status().current == "999"
    for act in (
        blank.check_schema,
        blank.upgrade,
        lambda: blank.downgrade("001"),
        lambda: blank.downgrade("base"),
        lambda: blank.upgrade("001"),
    ):
        with pytest.raises(SchemaAheadError, match=r"revision 999.*update the program"):
            act()
    assert blank.migration_status().current == "999"
    assert tables(blank) >= {table.name for table in ours().sorted_tables}


# Alembic's own command

PASSWORD = "p%40@s/s:w?o#r d%"  # noqa: S105  # each sign that breaks a URL or a .ini
USER = "bedplate_odd%@user"

CREATE_USER = {
    "postgresql": (
        """CREATE ROLE "{user}" LOGIN PASSWORD '{password}'""",
        """ALTER DATABASE {database} OWNER TO "{user}" """,
    ),
    "mysql": (
        "CREATE USER '{user}'@'%' IDENTIFIED BY '{password}'",
        "GRANT ALL ON {database}.* TO '{user}'@'%'",
    ),
}
CREATE_USER["mariadb"] = CREATE_USER["mysql"]
DROP_USER = {
    "postgresql": (
        "ALTER DATABASE {database} OWNER TO CURRENT_USER",
        'REASSIGN OWNED BY "{user}" TO CURRENT_USER',
        'DROP OWNED BY "{user}"',
        'DROP ROLE "{user}"',
    ),
    "mysql": ("DROP USER '{user}'@'%'",),
    "mariadb": ("DROP USER '{user}'@'%'",),
}


@pytest.fixture
def odd_variables(
    server: Server, blank_url: str, tmp_path: Path
) -> Iterator[dict[str, str]]:
    """Variables for the database as a user of their own; names full of odd signs."""
    if server.kind == "sqlite":
        yield {"DATABASE_PATH": str(tmp_path / "100%40 @ %(here)s.db")}
        return
    url = sa.make_url(blank_url)
    words = {"user": USER, "password": PASSWORD, "database": url.database}

    def execute(statements: tuple[str, ...]) -> None:
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(
                    sa.text(statement.format(**words).replace(":", r"\:"))
                )
        engine.dispose()

    execute(CREATE_USER[server.kind])
    login = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}"
    yield {
        "DATABASE_URL": f"{server.kind}://{login}@{url.host}:{url.port}/{url.database}"
    }
    execute(DROP_USER[server.kind])


def alembic(variables: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert PASSWORD not in told
    assert quote(PASSWORD, safe="") not in told
    return told


def test_alembics_own_command(
    odd_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    alembic(odd_variables, "upgrade", "head")
    alembic(odd_variables, "downgrade", "002")
    for name, value in odd_variables.items():
        monkeypatch.setenv(name, value)
    with Database.from_env() as database:
        found = database.migration_status()
        versions = [step.version for step in found.applied]
        assert versions == [*REVISIONS, *REVISIONS[-2:0:-1]]
        assert found.current == "002"
        assert database.upgrade().at_head  # as a user without further rights
        training = database.repository(TrainingRepository)
        training.add_corpus_text("some words", "a title")
        assert len(training.search_corpus("words")) == 1


# Models and revisions


def test_the_revisions_make_what_the_models_say(blank: Database) -> None:
    blank.upgrade()
    options = {
        "compare_type": True,
        "compare_server_default": True,
        "include_name": drift.is_modelled,
    }
    with blank.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, ours()) == []
        names = set(sa.inspect(connection).get_table_names())
    assert drifted(blank) == []
    unknown = {name for name in names if drift.is_modelled(name, "table")}
    assert unknown == {table.name for table in ours().sorted_tables}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DROP INDEX ix_text_corpora_source", "add index: ix_text_corpora_source"),
        ("CREATE INDEX ix_new ON training_jobs (progress)", "remove index: ix_new"),
        (
            "ALTER TABLE training_jobs ADD extra INT",
            "remove column: training_jobs extra",
        ),
        ("DROP TABLE accuracy_metrics", "add table: accuracy_metrics"),
    ],
)
def test_a_difference_is_seen(
    server: Server, blank: Database, change: str, told: str
) -> None:
    blank.upgrade()
    if change.startswith("DROP INDEX") and server.kind in ("mysql", "mariadb"):
        change += " ON text_corpora"
    with blank.engine.begin() as connection:
        connection.execute(sa.text(change))
    assert told in {found.partition(" on ")[0] for found in drifted(blank)}


def test_every_constraint_and_index_has_its_name() -> None:
    for table in ours().sorted_tables:
        for constraint in table.constraints:
            assert constraint.name, table.name
        for index in table.indexes:
            assert index.name, table.name


# Tables built anew


@pytest.fixture
def family(database: Database) -> TrainingRepository:
    """A configuration with what hangs from it, three tables deep."""
    training = database.repository(TrainingRepository)
    config = training.create_neural_config("a", {})
    corpus = training.add_corpus_text("some words", "a title")
    job = training.create_training_job(config.id, corpus.id)
    training.record_accuracy("loss", 1.0, training_job_id=job.id)
    return training


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("table", ["neural_configs", "text_corpora", "training_jobs"])
def test_a_table_built_anew_keeps_its_children(
    family: TrainingRepository, database: Database, table: str
) -> None:
    with step(database) as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table(table, recreate="always") as batch:
            batch.add_column(sa.Column("extra", sa.Integer()))
    assert family.of(TrainingJob).count(TrainingJob.text_corpus_id == 1) == 1
    assert family.of(AccuracyMetric).count() == 1
    with database.transaction() as session:
        names = session.connection().exec_driver_sql(f"SELECT extra FROM {table}")
        assert names.all() == [(None,)]
        checked = session.connection().exec_driver_sql("PRAGMA foreign_key_check")
        assert checked.all() == []
        enforced = session.connection().exec_driver_sql("PRAGMA foreign_keys")
        assert enforced.scalar() == 1
    family.delete_neural_config(1)
    assert family.of(AccuracyMetric).count() == 0  # the references hold as before


@pytest.mark.databases("sqlite")
def test_a_reference_to_nothing_stops_a_step(
    family: TrainingRepository, database: Database
) -> None:
    def orphan() -> None:
        with step(database) as connection:
            connection.exec_driver_sql("DELETE FROM neural_configs")

    with pytest.raises(MigrationError, match="row 1 of training_jobs, to neural_conf"):
        orphan()
    assert family.get_neural_config(1) is not None
    assert family.of(TrainingJob).count() == 1


def test_migrating_leaves_no_connection_behind(blank: Database) -> None:
    blank.upgrade()
    blank.downgrade("001")
    pools: Any = [engine.pool for engine in blank.engines()]
    assert [pool.checkedout() for pool in pools] == [0] * len(pools)


def test_a_table_that_a_revision_misses_is_told(blank_url: str) -> None:
    with Database(blank_url) as database:
        with pytest.raises(SchemaBehindError, match="^the database has no schema yet"):
            database.check_schema()
        database.stamp("001")
        with pytest.raises(MigrationError, match="needs a table that is not there"):
            database.upgrade()


@pytest.mark.databases("sqlite")
def test_parsing_beside_other_threads_is_tried_again(
    blank: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse, failures = ast.parse, iter([SystemError("recursion depth mismatch")])

    def parse_or_fail(*arguments: Any) -> ast.Module:
        for failure in failures:
            raise failure
        found: ast.Module = parse(*arguments)
        return found

    revisions.cache_clear()
    monkeypatch.setattr(ast, "parse", parse_or_fail)
    assert blank.upgrade().current == HEAD
    assert next(failures, None) is None
