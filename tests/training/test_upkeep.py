from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from migrations.history import HISTORY

from bedplate import Database, TrainingRepository
from bedplate.domains.training import DatabaseVersion, MarkovNGram
from bedplate.errors import InvalidValueError, TransactionError, ValueTooLargeError

TABLES = {
    "neural_configs",
    "training_jobs",
    "text_corpora",
    "markov_ngrams",
    "neural_checkpoints",
    "generation_history",
    "accuracy_metrics",
    "database_versions",
}


def test_the_version_is_the_step_made_last(
    training: TrainingRepository, database: Database
) -> None:
    version = training.get_database_version()

    assert version is not None
    assert version.version == database.migration_status().head
    assert version.description is not None
    assert version.description.startswith(f"upgrade {version.version}: ")
    assert version.applied_at <= datetime.now(UTC)
    assert version.applied_at.utcoffset() is not None


def test_every_step_has_a_row(blank_url: str) -> None:
    with Database(blank_url) as database:
        training = database.repository(TrainingRepository)
        database.upgrade()
        database.downgrade("002")
        database.upgrade()

        rows = training.of(DatabaseVersion).list()
        assert [row.version for row in rows] == [
            *HISTORY,
            *HISTORY[-2:0:-1],
            *HISTORY[2:],
        ]
        verbs = [str(row.description).split(":")[0] for row in rows]
        assert verbs == [
            *(f"upgrade {name}" for name in HISTORY),
            *(f"downgrade {name}" for name in HISTORY[:1:-1]),
            *(f"upgrade {name}" for name in HISTORY[2:]),
        ]
        times = [row.applied_at for row in rows]
        assert times == sorted(times)
        latest = training.get_database_version()
        assert latest is not None
        assert latest.id == rows[-1].id


def test_a_version_of_ones_own(training: TrainingRepository) -> None:
    before = datetime.now(UTC)

    made = training.set_database_version("data-2026.1", "größe 🙂")

    found = training.get_database_version()
    assert found is not None
    assert found.as_dict() == made.as_dict()
    assert (found.version, found.description) == ("data-2026.1", "größe 🙂")
    assert before <= found.applied_at <= datetime.now(UTC)
    named = training.set_database_version(version="v", description=None)
    assert (named.version, named.description) == ("v", None)
    with pytest.raises(ValueTooLargeError, match="^version: 101 characters, 100"):
        training.set_database_version("v" * 101)
    for bad in ("a\0", "\ud800"):
        with pytest.raises(InvalidValueError, match="^version: "):
            training.set_database_version(bad)
        with pytest.raises(InvalidValueError, match="^description: "):
            training.set_database_version("fine", bad)
    last = training.get_database_version()
    assert last is not None
    assert last.id == named.id


def test_every_table_has_its_size(training: TrainingRepository) -> None:
    before = training.get_table_stats()
    training.merge_markov_ngrams(2, {(c, d): 1 for c in "abcdef" for d in "abcdef"})
    training.add_corpus_text("text")

    found = training.get_table_stats()

    assert found.keys() >= TABLES
    rows = {name: size.rows for name, size in found.items()}
    assert rows["markov_ngrams"] == 36
    assert rows["text_corpora"] == 1
    assert rows["database_versions"] == before["database_versions"].rows >= 3
    assert sum(rows.values()) == 37 + rows["database_versions"]
    for size in found.values():
        assert size.bytes is None or size.bytes >= 0


def test_sizes_are_those_on_disk(training: TrainingRepository) -> None:
    training.add_corpus_texts({"content": f"{n} word " * 2_000} for n in range(20))
    training.analyze_database()  # some servers know sizes only then

    size = training.get_table_stats()["text_corpora"]

    assert size.rows == 20
    if size.bytes is None:
        with pytest.raises(sqlite3.OperationalError, match="dbstat"):  # built without
            sqlite3.connect(":memory:").execute("SELECT 1 FROM dbstat")
    else:
        assert size.bytes > 100_000


def test_sizes_of_an_older_schema(blank_url: str) -> None:
    with Database(blank_url) as database:
        training = database.repository(TrainingRepository)
        assert training.get_table_stats() == {}
        database.upgrade("001")
        assert training.get_table_stats().keys() == TABLES


def test_cleaning_up_loses_nothing(training: TrainingRepository) -> None:
    chars = [chr(0x4E00 + n) for n in range(60)]
    training.merge_markov_ngrams(2, {(c, d): 1 for c in chars for d in chars})
    training.merge_markov_ngrams(3, {("ab", "c"): 7})
    training.add_corpus_text("a needle in the text")
    training.clear_markov_model(2)

    training.vacuum_database()
    training.analyze_database()

    (row,) = training.of(MarkovNGram).list()
    assert (row.n, row.context, row.next_char, row.count) == (3, "ab", "c", 7)
    assert len(training.search_corpus("needle")) == 1


@pytest.mark.databases("sqlite")
def test_vacuum_gives_space_back_to_the_disk(
    training: TrainingRepository, database: Database, database_url: str
) -> None:
    def pages() -> int:
        with database.engine.connect() as connection:
            found = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(found)

    before = pages()
    chars = [chr(0x4E00 + n) for n in range(120)]
    training.merge_markov_ngrams(2, {(c, d): 1 for c in chars for d in chars})
    training.clear_markov_model(2)
    assert pages() > before + 20

    training.vacuum_database()

    assert pages() <= before + 2


def test_cleaning_up_inside_a_transaction_is_refused(
    training: TrainingRepository, database: Database
) -> None:
    with database.transaction():
        training.create_training_job(job_id="kept")
        for act in (training.vacuum_database, training.analyze_database):
            with pytest.raises(TransactionError, match="end it first"):
                act()

    assert training.get_training_job("kept") is not None


def test_created_and_updated_are_kept_by_the_database_layer(
    training: TrainingRepository, database: Database
) -> None:
    config = training.create_neural_config("c", {})
    with database.transaction() as session:
        session.execute(sa.text("UPDATE neural_configs SET name = name"))

    training.update_neural_config(config.id, config={"k": 1})

    found = training.get_neural_config(config.id)
    assert found is not None
    assert found.created_at == config.created_at
    assert found.updated_at > config.updated_at >= config.created_at
