"""Models, revisions and the database agree, and who does not is found out."""

from __future__ import annotations

import difflib
import json
import os
import shutil
from pathlib import Path

from bedplate import Database
from bedplate.ops import revisions
from bedplate.testing.servers import Server
from migrations.commands import bedplate
from migrations.history import HEAD
from migrations.programs import ROOT, run
from migrations.schemas import schema_of

GOLDEN = Path(__file__).parent / "golden"


# The four tests of pytest-alembic. Its plugin 0.13.1 breaks every collection of pytest
# 9.2 ("'TestCollector' object has no attribute '_nodeid'"), so they are written here.


def test_there_is_a_single_head() -> None:
    assert [*revisions.scripts().get_heads()] == [HEAD]


def test_the_history_runs_from_nothing_to_its_head(blank_url: str) -> None:
    with Database(blank_url) as database:
        assert database.upgrade("head").at_head


def test_every_revision_can_be_undone_and_done_again(blank_url: str) -> None:
    order = [revision for revision, _ in revisions.history()]
    with Database(blank_url) as database:
        for revision in order:
            assert database.upgrade(revision).current == revision
        for revision in [*order[-2::-1], "base"]:
            assert (database.downgrade(revision).current or "base") == revision
        for revision in order:
            assert database.upgrade(revision).current == revision
        assert database.schema_differences() == []


def test_autogenerate_proposes_nothing(database_url: str) -> None:
    """`alembic check` makes what `alembic revision --autogenerate` would write."""
    code, out, err = run(database_url, "alembic", "check")
    assert (code, out) == (0, "No new upgrade operations detected.\n"), err


def test_autogenerate_writes_an_empty_revision(
    database_url: str, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "alembic", tmp_path / "alembic")
    ini = shutil.copy(ROOT / "alembic.ini", tmp_path)
    before = {*tmp_path.rglob("*.py")}
    revise = ("revision", "--autogenerate", "--rev-id", "next", "-m", "nothing")
    code, _, err = run(database_url, "alembic", "-c", str(ini), *revise)
    assert code == 0, err
    (made,) = {*tmp_path.rglob("*.py")} - before
    text = made.read_text(encoding="utf-8")
    assert f"down_revision = '{HEAD}'" in text
    assert text.count("    pass\n") == 2
    assert "op." not in text


def test_the_schema_is_the_one_that_was_reviewed(
    database: Database, server: Server
) -> None:
    """RENEW_GOLDEN=1 writes the files anew, to be looked at and committed."""
    with database.engine.connect() as connection:
        found = schema_of(connection)
    found.pop("table alembic_version", None)  # Alembic's, as the server likes it
    text = "".join(f"-- {name}\n{made}\n" for name, made in sorted(found.items()))
    file = GOLDEN / f"{server.kind}.sql"
    if os.environ.get("RENEW_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    wanted = file.read_text(encoding="utf-8")
    changed = difflib.unified_diff(
        wanted.splitlines(), text.splitlines(), str(file), server.id, lineterm="", n=1
    )
    assert wanted == text, "\n".join(changed)


def test_a_new_database_has_no_differences(database_url: str) -> None:
    done = bedplate(database_url, "check")
    assert (done.code, done.out) == (0, "the schema is what the models say\n")
    done = bedplate(database_url, "check", "--json")
    assert (done.code, json.loads(done.out)) == (0, {"differences": []})


def test_a_schema_of_another_revision_is_not_compared(blank_url: str) -> None:
    bedplate(blank_url, "upgrade", "002")
    done = bedplate(blank_url, "check")
    assert done.code == 1
    assert done.err == (
        f"error: the schema is at 002, this program needs {HEAD}: "
        "run `bedplate upgrade`\n"
    )


# What somebody did by hand, and what is said of it.

ALTER = "ALTER TABLE"
FAMILY = ("mysql", "mariadb")


def edited(table: str, old: str, new: str) -> list[str]:
    """Change a table's definition on SQLite, which has few statements for that."""
    return [
        "PRAGMA writable_schema = ON",
        f"UPDATE sqlite_schema SET sql = replace(sql, '{old}', '{new}') "
        f"WHERE name = '{table}' AND instr(sql, '{old}')",
        "PRAGMA writable_schema = RESET",
    ]


MADE_BY_HAND: dict[str, tuple[dict[str, list[str]], str]] = {
    "a column more": (
        {"": [f"{ALTER} neural_configs ADD extra INTEGER"]},
        "remove column: neural_configs extra",
    ),
    "a column less": (
        {"": [f"{ALTER} generation_history DROP COLUMN quality_score"]},
        "add column: generation_history quality_score",
    ),
    "a table less": (
        {"": ["DROP TABLE accuracy_metrics"]},
        "add table: accuracy_metrics",
    ),
    "another type": (
        {
            "sqlite": edited("training_jobs", "progress DOUBLE", "progress INTEGER"),
            "postgresql": [f"{ALTER} training_jobs ALTER progress TYPE real"],
            "mysql": [f"{ALTER} training_jobs MODIFY progress float NOT NULL"],
        },
        "modify type: training_jobs progress",
    ),
    "another length": (
        {
            "sqlite": edited(
                "generation_history", "model VARCHAR(255)", "model VARCHAR(99)"
            ),
            "postgresql": [
                f'{ALTER} generation_history ALTER model TYPE varchar(99) COLLATE "C"'
            ],
            # They take their collation from the table.
            "mysql": [f"{ALTER} generation_history MODIFY model varchar(99)"],
        },
        "modify type: generation_history model",
    ),
    "fewer digits of a second": (
        {
            "postgresql": [
                f"{ALTER} database_versions ALTER applied_at TYPE timestamptz(0)"
            ],
            "mysql": [f"{ALTER} database_versions MODIFY applied_at datetime NOT NULL"],
        },
        "digits of a second in database_versions.applied_at: ",
    ),
    "a value that may be missing": (
        {
            "sqlite": edited("markov_ngrams", "count BIGINT NOT NULL", "count BIGINT"),
            "postgresql": [f"{ALTER} markov_ngrams ALTER count DROP NOT NULL"],
            "mysql": [f"{ALTER} markov_ngrams MODIFY count bigint NULL"],
        },
        "modify nullable: markov_ngrams count",
    ),
    "a default more": (
        {
            "sqlite": edited(
                "neural_checkpoints", "epochs INTEGER", "epochs INTEGER DEFAULT 0"
            ),
            "": [f"{ALTER} neural_checkpoints ALTER epochs SET DEFAULT 0"],
        },
        "modify default: neural_checkpoints epochs",
    ),
    "an index less": (
        {
            "": ["DROP INDEX ix_text_corpora_source"],
            "mysql": ["DROP INDEX ix_text_corpora_source ON text_corpora"],
        },
        "add index: ix_text_corpora_source on text_corpora",
    ),
    "an index of other columns": (
        {
            "": [
                "DROP INDEX ix_neural_checkpoints_loss",
                "CREATE INDEX ix_neural_checkpoints_loss "
                "ON neural_checkpoints (epochs)",
            ],
            "mysql": [
                f"{ALTER} neural_checkpoints DROP KEY ix_neural_checkpoints_loss, "
                "ADD KEY ix_neural_checkpoints_loss (epochs)",
            ],
        },
        "index: ix_neural_checkpoints_loss on neural_checkpoints",
    ),
    "a search index less": (
        {
            "sqlite": ["DROP TRIGGER text_corpora_fts_au"],
            "postgresql": [f"{ALTER} text_corpora DROP COLUMN search_vector"],
            "mysql": [f"{ALTER} text_corpora DROP KEY ix_text_corpora_search"],
        },
        "search index of text_corpora is missing: title, content",
    ),
    "a check of other values": (
        {
            "sqlite": edited(
                "generation_history", "user_rating <= 5", "user_rating < 9"
            ),
            "postgresql": [
                f"{ALTER} generation_history "
                "DROP CONSTRAINT ck_generation_history_user_rating, "
                "ADD CONSTRAINT ck_generation_history_user_rating "
                "CHECK (user_rating BETWEEN 1 AND 9)"
            ],
            "mysql": [
                f"{ALTER} generation_history "
                "DROP CONSTRAINT ck_generation_history_user_rating, "
                "ADD CONSTRAINT ck_generation_history_user_rating "
                "CHECK (user_rating >= 1 AND user_rating <= 9)"
            ],
        },
        "check constraint ck_generation_history_user_rating on generation_history is "
        "another: ",
    ),
    "a check more": (
        {
            "postgresql": [f"{ALTER} users ADD CONSTRAINT ck_x CHECK (email <> '')"],
            "mysql": [f"{ALTER} users ADD CONSTRAINT ck_x CHECK (email <> '')"],
        },
        "check constraint ck_x on users is in no model: ",
    ),
    "a unique key less": (
        {
            "sqlite": edited(
                "neural_configs",
                "CONSTRAINT uq_neural_configs_name UNIQUE (name)",
                "CONSTRAINT uq_neural_configs_name UNIQUE (name, id)",
            ),
            "postgresql": [
                f"{ALTER} neural_configs DROP CONSTRAINT uq_neural_configs_name"
            ],
            "mysql": [f"{ALTER} neural_configs DROP KEY uq_neural_configs_name"],
        },
        "add constraint: uq_neural_configs_name on neural_configs",
    ),
    "a check less": (
        {
            "sqlite": edited(
                "markov_ngrams",
                "CONSTRAINT ck_markov_ngrams_count CHECK (count >= 1)",
                "CHECK (1)",
            ),
            "": [f"{ALTER} markov_ngrams DROP CONSTRAINT ck_markov_ngrams_count"],
        },
        "check constraint ck_markov_ngrams_count is missing on markov_ngrams",
    ),
    "another collation": (
        {
            "postgresql": [
                f"{ALTER} training_jobs ALTER message TYPE text COLLATE ucs_basic"
            ],
            "mysql": [
                f"{ALTER} training_jobs MODIFY message longtext "
                "COLLATE utf8mb4_general_ci"
            ],
        },
        "collation of training_jobs.message: ",
    ),
    "another action of a reference": (
        {
            "sqlite": edited(
                "training_jobs", "ON DELETE CASCADE", "ON DELETE SET NULL"
            ),
            "": [
                f"{ALTER} training_jobs "
                "DROP CONSTRAINT fk_training_jobs_neural_config_id",
                f"{ALTER} training_jobs ADD CONSTRAINT "
                "fk_training_jobs_neural_config_id FOREIGN KEY (neural_config_id) "
                "REFERENCES neural_configs (id) ON DELETE SET NULL",
            ],
        },
        "fk_training_jobs_neural_config_id",
    ),
}


ENTAILED = (
    "add index: ix_accuracy_metrics_",  # gone with their table
    "remove constraint: uq_neural_configs_name",  # to be made anew
    "check constraint None on markov_ngrams is in no model: 1",  # in its place
    "modify type: training_jobs message",  # its collation belongs to it
)


def statements_for(made: dict[str, list[str]], kind: str) -> list[str]:
    """Choose what makes a difference on a database: MariaDB takes MySQL's."""
    for name in (kind, *(FAMILY[:1] if kind in FAMILY else ()), ""):
        if name in made:
            return made[name]
    return []


def test_every_difference_made_by_hand_is_told(blank_url: str, server: Server) -> None:
    """All at once, on things apart from each other; and nothing else is told."""
    made = {
        kind: (statements_for(ways, server.kind), sentence)
        for kind, (ways, sentence) in MADE_BY_HAND.items()
    }
    made = {kind: way for kind, way in made.items() if way[0]}
    with Database(blank_url) as database:
        database.upgrade()
        for statements, _ in made.values():
            with database.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                for statement in statements:
                    connection.exec_driver_sql(statement)
        found = database.schema_differences()

    told = {kind: [t for t in found if words in t] for kind, (_, words) in made.items()}
    assert [kind for kind in told if not told[kind]] == [], found
    others = {*found} - {sentence for some in told.values() for sentence in some}
    assert {
        sentence for sentence in others if not sentence.startswith(ENTAILED)
    } == set()
    done = bedplate(blank_url, "check")
    assert (done.code, done.out.splitlines()) == (1, [*found])
    done = bedplate(blank_url, "check", "--json")
    assert (done.code, json.loads(done.out)) == (1, {"differences": [*found]})
