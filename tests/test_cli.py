from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from migrations.history import BELOW, HEAD, HISTORY, LISTED

from bedplate import Database, TrainingRepository
from bedplate.cli.app import run
from bedplate.domains.training import GenerationHistory
from bedplate.testing.servers import Server

COMMAND = Path(sys.executable).with_name("bedplate")  # beside the interpreter
TEXT = "It was the best of times, it was the worst of times. Où ça? 🙂\n" * 20


@dataclass
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, which has to be JSON, without a word on stderr."""
        assert (self.code, self.err) == (0, "")
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line on stderr of a command that failed."""
        assert (self.code, self.out) == (1, "")
        (line,) = self.err.splitlines()
        assert line.startswith("error: ")
        return line.removeprefix("error: ")


Command = Callable[..., Result]


@pytest.fixture
def bedplate(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[Command]:
    """Run a command in this process, in an empty folder and environment."""
    loggers = [logging.getLogger(n) for n in ("bedplate", "bedplate.slow")]
    loggers.append(logging.getLogger("sqlalchemy.pool"))
    kept = [(logger, logger.level, logger.handlers[:]) for logger in loggers]
    handler = signal.getsignal(signal.SIGTERM)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        for logger, level, handlers in kept:
            logger.setLevel(level)
            logger.handlers[:] = handlers
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Result(code, captured.out, captured.err)

    yield call
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def on_database(
    bedplate: Command, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Run a command on the test's database."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    return bedplate


@pytest.fixture
def trained(on_database: Command, tmp_path: Path) -> Command:
    """The same, with a text and a model of it."""
    file = tmp_path / "times.txt"
    file.write_text(TEXT, encoding="utf-8")
    assert on_database("corpus", "add", file).code == 0
    assert on_database("train", "--order", 3, "--chunk", 500, "--json").code == 0
    return on_database


def written(tmp_path: Path, **files: str | bytes) -> list[Path]:
    """Write files; a double underscore stands for a dot."""
    paths = []
    for name, content in files.items():
        path = tmp_path / name.replace("__", ".")
        data = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(data)
        paths.append(path)
    return paths


def is_moment(value: str) -> bool:
    return datetime.fromisoformat(value).utcoffset() is not None


# The schema


def test_upgrade_and_downgrade(
    bedplate: Command, blank_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", blank_url)

    first = bedplate("upgrade", "002", "--json").json
    assert first.keys() >= {"before", "current", "head", "pending", "applied"}
    assert (first["before"], first["current"]) == (None, "002")
    assert first["pending"] == HISTORY[2:]
    assert [step["version"] for step in first["applied"]] == ["001", "002"]
    assert all(is_moment(step["applied_at"]) for step in first["applied"])
    assert bedplate("upgrade").out == f"schema: 002 -> {HEAD}\n"
    assert bedplate("upgrade").out == f"the schema is at {HEAD} already\n"
    assert bedplate("downgrade", "-1", "--yes").out == (f"schema: {HEAD} -> {BELOW}\n")
    assert bedplate("downgrade", "002", "--yes", "--json").json["current"] == "002"

    for back in (("base",), ("-2",)):  # every table with its rows would go
        assert "say --yes" in bedplate("downgrade", *back).complaint
    assert bedplate("status", "--json").json["current"] == "002"
    assert bedplate("downgrade", "base", "--yes").out == "schema: 002 -> base\n"
    assert bedplate("status", "--json").json["current"] is None
    assert bedplate("upgrade", "--json").json["current"] == HEAD


def test_status_shows_connection_schema_and_sizes(trained: Command) -> None:
    found = trained("status", "--json").json

    keys = {"connection", "current", "head", "pending", "applied", "tables"}
    assert found.keys() >= keys
    wanted = {"status", "message", "database", "version", "host", "port", "latency_ms"}
    assert found["connection"].keys() == wanted
    assert found["connection"]["status"] == "ok"
    assert found["current"] == found["head"]
    assert found["pending"] == []
    assert found["tables"]["text_corpora"]["rows"] == 1
    assert found["tables"]["text_corpora"].keys() == {"rows", "bytes"}
    shown = trained("status")
    assert f"schema: {found['head']}, up to date" in shown.out
    assert "text_corpora" in shown.out


def test_status_of_an_empty_database(
    bedplate: Command, blank_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", blank_url)
    with Database(blank_url) as database:
        database.test_connection()  # this makes a file, where it is one

    shown = bedplate("status")

    assert (shown.code, shown.err) == (0, "")
    assert f"pending: {LISTED} (run `bedplate upgrade`)" in shown.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("corpus", "add", "file.txt"),
        ("corpus", "list"),
        ("search", "word"),
        ("train",),
        ("generate",),
        ("jobs",),
        ("checkpoints",),
        ("metrics",),
    ],
    ids=" ".join,
)
def test_a_schema_that_is_too_old_or_too_new(
    bedplate: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
) -> None:
    url = f"sqlite:///{tmp_path / 'app.db'}"
    monkeypatch.setenv("DATABASE_URL", url)
    Path("file.txt").write_text("text")

    assert "run `bedplate upgrade`" in bedplate(*arguments).complaint
    bedplate("upgrade", "002")
    assert "run `bedplate upgrade`" in bedplate(*arguments).complaint
    with Database(url) as database:
        database.upgrade()
        with database.transaction() as session:
            session.execute(sa.text("UPDATE alembic_version SET version_num = '999'"))
    assert "update the program" in bedplate(*arguments).complaint


def test_a_schema_that_is_too_new_is_left_alone(
    bedplate: Command, blank_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", blank_url)
    with Database(blank_url) as database:
        database.upgrade()
        with database.transaction() as session:
            session.execute(sa.text("UPDATE alembic_version SET version_num = '999'"))

    for arguments in (
        ("upgrade",),
        ("downgrade", "002"),
        ("downgrade", "base", "--yes"),
        ("corpus", "list"),
    ):
        message = bedplate(*arguments).complaint
        assert "revision 999" in message
        assert "update the program" in message
    assert bedplate("status", "--json").json["current"] == "999"


def test_a_revision_that_is_not_there(on_database: Command) -> None:
    for arguments in (("upgrade", "042"), ("downgrade", "042")):
        message = on_database(*arguments).complaint
        assert "042" in message
        assert LISTED in message
    assert on_database("downgrade").code == 2


# Texts


def test_adding_files_and_folders(on_database: Command, tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    (folder / "deep").mkdir(parents=True)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "no.txt").write_text("not this one")
    (folder / ".hidden.txt").write_text("nor this")
    (folder / "a.txt").write_text("first text", encoding="utf-8")
    (folder / "b.md").write_text("second té🙂t", encoding="utf-8")
    (folder / "deep" / "c.txt").write_text("third text", encoding="utf-8")
    (named,) = written(tmp_path, named__py="import this")

    added = on_database("corpus", "add", folder, named, "--json").json

    assert added == {"added": 4, "unchanged": 0, "skipped": 0, "characters": 42}
    listed = on_database("corpus", "list", "--json").json
    assert [corpus["title"] for corpus in listed] == [
        "a.txt",
        "b.md",
        "c.txt",
        "named.py",
    ]
    assert listed[1]["source"] == str(folder / "b.md")
    assert (listed[1]["word_count"], listed[1]["char_count"]) == (2, 11)


def test_adding_a_pattern(on_database: Command, tmp_path: Path) -> None:
    written(tmp_path, a__txt="one", b__md="two", c__txt="three")

    added = on_database("corpus", "add", tmp_path, "--pattern", "*.txt")

    assert added.out == "added 2 texts, 8 characters (0 unchanged, 0 skipped)\n"
    message = on_database("corpus", "add", tmp_path, "--pattern", "*.rst").complaint
    assert message == "no file here matches *.rst"


def test_adding_twice_leaves_texts_alone(
    on_database: Command, database: Database, tmp_path: Path
) -> None:
    files = written(tmp_path, a__txt="one text\r\n", b__txt="another", c__txt=TEXT)
    on_database("corpus", "add", *files)
    training = database.repository(TrainingRepository)
    before = [corpus.as_dict() for corpus in training.list_corpus_texts()]

    again = on_database("corpus", "add", *files, "--json").json

    assert again == {"added": 0, "unchanged": 3, "skipped": 0, "characters": 0}
    assert [corpus.as_dict() for corpus in training.list_corpus_texts()] == before
    files[1].write_text("ANOTHER", encoding="utf-8")  # as long as before
    changed = on_database("corpus", "add", *files, "--json").json
    assert changed == {"added": 1, "unchanged": 2, "skipped": 0, "characters": 7}
    again = on_database("corpus", "add", *files, "--json").json
    assert again["unchanged"] == 3


def test_a_text_is_stored_as_it_stands_in_the_file(
    on_database: Command, database: Database, tmp_path: Path
) -> None:
    text = "a\r\nb\nc\rd\x0b\u2028é🙂 \n\n"
    (file,) = written(tmp_path, a__txt=text)

    on_database("corpus", "add", file)

    training = database.repository(TrainingRepository)
    (listed,) = training.list_corpus_texts()
    found = training.get_corpus_text(listed.id)
    assert found is not None
    assert found.content == text


def test_a_file_of_another_encoding(on_database: Command, tmp_path: Path) -> None:
    (file,) = written(tmp_path, a__txt="Où ça".encode("latin-1"))

    message = on_database("corpus", "add", file).complaint
    assert message == f"{file}: is not utf-8 text (byte 1): name its --encoding"
    added = on_database("corpus", "add", file, "--encoding", "latin-1", "--json").json
    assert (added["added"], added["characters"]) == (1, 5)
    (hit,) = on_database("search", "où", "--json").json
    assert hit["snippet"] == "[Où] ça"


@pytest.mark.parametrize(
    ("content", "options", "problem"),
    [
        (b"\x89PNG\r\n\x1a\n\xff\xfe", (), "is not utf-8 text (byte 0)"),
        (b"text \xed\xa0\x80", (), "is not utf-8 text (byte 5)"),
        (b"", (), "is empty"),
        (b"before\0after", (), "content: holds a NUL character (at 6)"),
        (
            rb"text \ud800",
            ("--encoding", "raw_unicode_escape"),
            "content: holds a lone surrogate (at 5)",
        ),
        (b"plain", ("--encoding", "utf-16"), "is not utf-16 text"),
    ],
)
def test_a_file_that_cannot_be_added(
    on_database: Command,
    tmp_path: Path,
    content: bytes,
    options: tuple[str, ...],
    problem: str,
) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (bad,) = written(folder, bad__txt=content)

    message = on_database("corpus", "add", bad, *options).complaint
    assert message.startswith(f"{bad}: {problem}")
    assert on_database("corpus", "list", "--json").json == []

    written(folder, good__txt="fine")
    found = on_database("corpus", "add", folder, *options, "--json")
    assert found.code == 0
    skipped = [line for line in found.err.splitlines() if str(bad) in line]
    assert [line.startswith(f"skipped: {bad}: {problem}") for line in skipped] == [True]
    titles = [c["title"] for c in on_database("corpus", "list", "--json").json]
    assert "bad.txt" not in titles


def test_a_file_that_is_not_there(on_database: Command, tmp_path: Path) -> None:
    missing = tmp_path / "missing.txt"

    message = on_database("corpus", "add", missing).complaint

    assert message == f"No such file or directory: {missing}"
    assert on_database("corpus", "add").code == 2


def test_a_file_beyond_100_mb(on_database: Command, tmp_path: Path) -> None:
    file = tmp_path / "large.txt"
    with file.open("wb") as opened:
        opened.truncate(100 * 1024 * 1024 + 1)  # a hole: it takes no space

    message = on_database("corpus", "add", file).complaint

    assert message == (
        f"{file}: 104,857,601 bytes, 104,857,600 are allowed: split the file"
    )


def test_listing_texts(on_database: Command, database: Database) -> None:
    training = database.repository(TrainingRepository)
    training.add_corpus_texts(
        {"content": f"text {n}", "title": f"t{n}", "metadata": {"n": n}}
        for n in range(5)
    )

    listed = on_database("corpus", "list", "--json").json
    assert {frozenset(corpus) for corpus in listed} == {
        frozenset(
            [
                "id",
                "title",
                "source",
                "metadata",
                "word_count",
                "char_count",
                "created_at",
            ]
        )
    }
    assert listed[0]["metadata"] == {"n": 0}
    assert is_moment(listed[0]["created_at"])
    some = on_database(
        "corpus", "list", "--limit", 2, "--after", listed[1]["id"], "--json"
    ).json
    assert [corpus["title"] for corpus in some] == ["t2", "t3"]
    assert on_database("corpus", "list", "-n", 0, "--json").json == []
    lines = on_database("corpus", "list").out.splitlines()
    assert lines[0].split() == [
        "id",
        "title",
        "word",
        "count",
        "char",
        "count",
        "source",
    ]
    assert len(lines) == 6


def test_searching(on_database: Command, database: Database) -> None:
    training = database.repository(TrainingRepository)
    training.add_corpus_text("The quick brown fox.", "Fox")
    training.add_corpus_text("A slow red fox.", "Other")

    (hit,) = on_database("search", '"brown fox" -red', "--json").json
    assert hit.keys() == {"id", "title", "rank", "snippet"}
    assert (hit["title"], hit["snippet"]) == ("Fox", "The quick [brown fox].")
    assert len(on_database("search", "fox", "--limit", 1, "--json").json) == 1
    assert "A slow red [fox]." in on_database("search", "fox").out


@pytest.mark.parametrize("query", ["nowhere", "", "*", "'; DROP TABLE x; --", "\udcff"])
def test_a_search_without_a_hit(on_database: Command, query: str) -> None:
    found = on_database("search", query)

    assert (found.code, found.out) == (0, "")
    assert found.err == f"note: nothing matches {query!r}\n"
    assert on_database("search", query, "--json").json == []


@pytest.mark.parametrize(
    "title", ["[bold red]x[/]", "[/]", "[link=a]b", ":smile: \\[x]"]
)
def test_text_is_never_taken_for_markup(
    on_database: Command, database: Database, title: str
) -> None:
    database.repository(TrainingRepository).add_corpus_text(f"word {title}", title)

    assert title in on_database("corpus", "list").out
    found = on_database("search", "word").out
    assert title in found
    assert f"[word] {title}" in found


# The model


def test_training(trained: Command, database: Database) -> None:
    last = trained("train", "--order", 2, "--fresh", "--json").json

    assert last.keys() == {
        "job_id",
        "chunk",
        "characters",
        "total",
        "bits_per_character",
        "accuracy",
        "done",
    }
    assert last["done"] is True
    assert last["characters"] == last["total"] == len(TEXT) - int(len(TEXT) * 0.05)
    job = database.repository(TrainingRepository).get_training_job(last["job_id"])
    assert job is not None
    assert job.status == "completed"
    shown = trained("train", "--order", 2, "--holdout", 0)
    assert (shown.code, shown.err) == (0, "")
    assert f"{len(TEXT):,} characters in 1 chunks" in shown.out
    shown = trained("train", "--order", 2, "--chunk", 500)
    assert "bits per character" in shown.out


def test_training_on_some_texts(on_database: Command, database: Database) -> None:
    training = database.repository(TrainingRepository)
    ids = [training.add_corpus_text(text).id for text in ("aaaa", "bbbb", "cccc")]

    arguments = ("--corpus", ids[0], "--corpus", ids[2], "--holdout", 0)
    on_database("train", "--order", 2, *arguments)

    assert training.get_markov_counts(2, "abc") == {"a": {"a": 3}, "c": {"c": 3}}
    message = on_database("train", "--corpus", 1_000_000).complaint
    assert message == "there is no corpus 1000000"


def test_training_needs_texts(on_database: Command) -> None:
    assert on_database("train").complaint == (
        "there is no corpus to train on: add one first"
    )
    assert on_database("jobs", "--json").json == []
    assert on_database("train", "--resume").complaint == "there is no run to resume"
    missing = on_database("train", "--resume", "--job", "nobody").complaint
    assert "nobody" in missing


def test_resuming(trained: Command, database: Database) -> None:
    training = database.repository(TrainingRepository)
    job = training.start_markov_run(4, chunk=300)
    training.train_markov_chunk(job.job_id)
    training.update_training_job(job.job_id, "failed", error="stopped")

    last = trained("train", "--resume", "--json").json

    assert last["job_id"] == job.job_id
    assert last["done"] is True
    again = trained("train", "--resume", "--job", job.job_id, "--json").json
    assert again == last
    done = training.get_training_job(job.job_id)
    assert done is not None
    assert done.status == "completed"
    with_job_alone = trained("train", "--job", job.job_id)
    assert (with_job_alone.code, with_job_alone.out) == (2, "")
    assert "--resume" in with_job_alone.err


def test_a_run_that_fails_says_so_in_its_job(
    trained: Command, database: Database
) -> None:
    training = database.repository(TrainingRepository)
    job = training.start_markov_run(4, chunk=300)
    (corpus,) = training.list_corpus_texts()
    training.delete_corpus_text(corpus.id)

    message = trained("train", "--resume").complaint

    assert message == f"there is no corpus {corpus.id}"
    found = training.get_training_job(job.job_id)
    assert found is not None
    assert (found.status, found.error) == ("failed", message)


def test_generating_is_recorded(trained: Command, database: Database) -> None:
    arguments = ("generate", "--order", 3, "--length", 40, "--seed", 7)

    shown = trained(*arguments, "--prompt", "It was")
    made = trained(*arguments, "--prompt", "It was", "--json").json

    assert shown.code == 0
    assert made.keys() == {
        column.name for column in GenerationHistory.__table__.columns
    }
    assert shown.out == f"It was{made['response']}\n"
    assert len(made["response"]) == 40
    assert (made["prompt"], made["model"]) == ("It was", "markov-3")
    assert made["parameters"] == {"order": 3, "length": 40, "seed": 7}
    assert is_moment(made["created_at"])
    history = database.repository(TrainingRepository).get_generation_history()
    assert [g.response for g in history] == [made["response"]] * 2


def test_generating_needs_a_model(trained: Command, database: Database) -> None:
    message = trained("generate", "--order", 9).complaint
    assert message == "there is no model of n = 9: train it first, or take n = 3"
    for prompt in ("a\0b", "a\udcffb"):
        message = trained("generate", "--order", 3, "--prompt", prompt).complaint
        assert message.startswith("prompt: holds a")
    assert database.repository(TrainingRepository).get_generation_history() == []


def test_what_was_recorded(trained: Command, database: Database) -> None:
    (job,) = trained("jobs", "--json").json
    assert job.keys() == {
        "id",
        "job_id",
        "status",
        "progress",
        "message",
        "error",
        "neural_config_id",
        "text_corpus_id",
        "started_at",
        "completed_at",
        *("queue", "priority", "turn", "not_before", "attempts", "max_attempts"),
        *("worker", "token", "lease_until"),
        "created_at",
        "updated_at",
    }
    assert (job["status"], job["progress"]) == ("completed", 100)
    assert is_moment(job["started_at"])
    checkpoints = trained("checkpoints", "--job", job["job_id"], "--json").json
    assert [c["epochs"] for c in checkpoints] == [3, 2, 1]
    assert checkpoints[0].keys() == {
        "id",
        "epochs",
        "block_size",
        "path",
        "notes",
        "loss",
        "accuracy",
        "is_best",
        "training_job_id",
        "created_at",
    }
    metrics = trained("metrics", "--job", job["job_id"], "--json").json
    assert len(metrics) == 6
    assert metrics[0].keys() == {
        "id",
        "metric_type",
        "value",
        "step",
        "metadata",
        "model_checkpoint_id",
        "training_job_id",
        "created_at",
    }
    bits = trained("metrics", "--metric", "bits_per_character", "-n", 2, "--json").json
    assert [m["metric_type"] for m in bits] == ["bits_per_character"] * 2
    assert len(trained("jobs").out.splitlines()) == 2
    assert len(trained("checkpoints", "-n", 2).out.splitlines()) == 3
    assert len(trained("metrics").out.splitlines()) == 7
    assert trained("jobs", "--status", "failed", "--json").json == []


def test_numbers_that_json_has_no_word_for(
    on_database: Command, database: Database
) -> None:
    training = database.repository(TrainingRepository)
    for value in (float("nan"), float("inf"), float("-inf")):
        training.record_accuracy("m", value)

    metrics = on_database("metrics", "--json").json

    assert [m["value"] for m in metrics] == ["-inf", "inf", "nan"]
    assert "nan" in on_database("metrics").out


def test_asking_for_what_is_not_recorded(on_database: Command) -> None:
    for command in ("checkpoints", "metrics"):
        message = on_database(command, "--job", "nobody").complaint
        assert "no training job 'nobody'" in message
    wrong = on_database("jobs", "--status", "done")
    assert wrong.code == 2
    assert "pending, running, completed, failed, cancelled" in wrong.err
    for command, what in (
        ("jobs", "job"),
        ("checkpoints", "checkpoint"),
        ("metrics", "value"),
        ("corpus list", "text"),
        ("audit log", "change"),
    ):
        assert on_database(*command.split(), "--json").json == []
        shown = on_database(*command.split())
        assert (shown.code, shown.out) == (0, "")
        assert shown.err == f"note: no {what} was found\n"
    assert "there is no backup in ." in on_database("backups", ".").err


# Wrong usage


@pytest.mark.parametrize(
    "arguments",
    [
        ("fly",),
        ("corpus", "fly"),
        ("train", "--order", "0"),
        ("train", "--order", "33"),
        ("train", "--order", "five"),
        ("train", "--chunk", "0"),
        ("train", "--holdout", "1"),
        ("train", "--colour", "red"),
        ("generate", "--length", "-1"),
        ("generate", "--seed", "x"),
        ("jobs", "--limit", "-1"),
        ("jobs", "-n", "x"),
        ("search",),
        ("downgrade",),
        ("corpus", "list", "--after", "x"),
        ("corpus", "list", "-n", str(2**63)),
        ("corpus", "add", "file.txt", "--encoding", "klingon"),
        ("corpus", "add", "file.txt", "--encoding", "hex"),
        ("jobs", "--status", "done"),
        ("export", "out", "--format", "csv"),
        ("prune", "training_jobs"),
        ("prune", "training_jobs", "--older-than", "soon"),
        ("prune", "training_jobs", "--keep-last", "0"),
        ("prune", "training_jobs", "--keep-best", "1", "--best", "loss:most"),
        ("prune", "training_jobs", "--older-than", "1d", "--seconds", "-1"),
        ("copy", "--to", "oracle://x"),
        ("copy", "--to", ""),
        ("copy", "--to", "sqlite://two.db"),
    ],
    ids=" ".join,
)
def test_wrong_usage(bedplate: Command, arguments: tuple[str, ...]) -> None:
    found = bedplate(*arguments)

    assert (found.code, found.out) == (2, "")
    (line,) = found.err.splitlines()
    assert line.startswith("error: ")
    assert line.endswith("(see --help)")
    assert [*Path.cwd().iterdir()] == []  # no database was made


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("laptop.db", "sqlite:///laptop.db"),
        ("./laptop.db", "sqlite:///laptop.db"),
        ("/data/laptop.db", "sqlite:////data/laptop.db"),
    ],
)
def test_a_path_instead_of_a_url_is_told_how_to_be_one(
    bedplate: Command, path: str, url: str
) -> None:
    found = bedplate("copy", "--to", path)

    assert (found.code, found.out) == (2, "")
    assert f"Invalid value for --to: {path!r} is neither a URL nor a name" in found.err
    assert f": write {url} (see --help)" in found.err
    assert [*Path.cwd().iterdir()] == []


def test_help_and_version(bedplate: Command) -> None:
    assert bedplate("--version").out.startswith("bedplate ")
    for arguments in (("--help",), ("train", "--help"), ("corpus", "add", "--help")):
        shown = bedplate(*arguments)
        assert (shown.code, shown.err) == (0, "")
        assert "Usage: bedplate" in shown.out
    assert bedplate().code == bedplate("corpus").code == 2


# Where the database is


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"DB_TYPE": "oracle"}, "DB_TYPE: 'oracle' is not allowed"),
        ({"DB_PORT": "many"}, "DB_PORT: 'many' is not allowed"),
        ({"DB_PORT": "70000"}, "DB_PORT: '70000' is not allowed"),
        ({"DB_PASSWORD_FILE": "/nowhere/secret"}, "there is no file '/nowhere/secret'"),
        (
            {"DATABASE_URL": "oracle://x"},
            "DATABASE_URL: the URL must start with one of",
        ),
        ({"DATABASE_URL": "postgresql://u:pw@h:port/d"}, "port in the URL is not a"),
        ({"DB_POOL_SIZE": "-1", "DB_ECHO": "perhaps"}, "DB_POOL_SIZE"),
        ({"DB_POOL_SIZE": "-1", "DB_ECHO": "perhaps"}, "DB_ECHO"),
    ],
)
@pytest.mark.parametrize("command", ["status", "upgrade", "jobs"])
def test_bad_settings(
    bedplate: Command,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    variables: dict[str, str],
    problem: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    message = bedplate(command).complaint

    assert message.startswith("bad settings: ")
    assert problem in message
    assert "pw" not in message
    assert [*Path.cwd().iterdir()] == []


def closed_port() -> int:
    """Return a port where nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.mark.databases("postgresql", "mysql", "mariadb")
@pytest.mark.parametrize("command", ["status", "upgrade", "jobs"])
def test_a_server_that_does_not_let_us_in(
    bedplate: Command,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    url = sa.make_url(database_url)
    secret = "gKq7-secret"  # noqa: S105  # that is what is tested
    for wrong, problem in (
        (url.set(port=closed_port(), password=secret), "DB_HOST and DB_PORT"),
        (url.set(username="nobody_here", password=secret), "DB_USER and DB_PASSWORD"),
        (url.set(database="bedplate_nowhere"), "correct DB_NAME"),
        (url.set(host="host.invalid", password=secret), "DB_HOST and DB_PORT"),
    ):
        monkeypatch.setenv("DATABASE_URL", wrong.render_as_string(hide_password=False))
        message = bedplate(command).complaint
        assert problem in message
        assert secret not in message


@pytest.mark.databases("sqlite")
def test_a_file_that_is_no_database(
    bedplate: Command, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (text,) = written(tmp_path, notes__txt="not a database at all\n" * 100)
    for path, problem, when_made in (
        (tmp_path, "is a folder: name a file in it", ""),
        (tmp_path / "app.db", "there is no file", None),
        (tmp_path / "nowhere" / "app.db", "there is no file", "there is no folder"),
        (text, "is it an SQLite database", ""),
        (text / "app.db", "there is no file", "there is no folder"),
    ):
        monkeypatch.setenv("DATABASE_PATH", str(path))
        for command in (("status",), ("jobs",), ("search", "x"), ("downgrade", "-1")):
            assert problem in bedplate(*command).complaint
        if when_made is not None:
            assert (when_made or problem) in bedplate("upgrade").complaint
    assert text.read_text() == "not a database at all\n" * 100
    assert sorted(p.name for p in tmp_path.iterdir()) == ["here", "notes.txt"]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    "url", ["sqlite:///mistyped.db", "sqlite:///file:mistyped.db?mode=rwc"]
)
def test_what_only_reads_makes_no_file(
    bedplate: Command, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    for command in ("status", "search x", "doctor", "check", "health", "pool", "jobs"):
        complaint = bedplate(*command.split()).complaint
        assert complaint.startswith("there is no file ")
        assert "mistyped.db" in complaint
        assert complaint.endswith("run `bedplate upgrade` to make it")
    assert bedplate("history").code == 0
    assert [*Path.cwd().iterdir()] == []
    assert bedplate("upgrade").code == bedplate("status").code == 0


@pytest.mark.databases("sqlite")
def test_a_database_file_that_is_damaged(
    on_database: Command, database_url: str
) -> None:
    path = Path(str(sa.make_url(database_url).database))
    data = path.read_bytes()
    path.write_bytes(data[:100] + b"\xff" * 4_000 + data[4_100:])

    for command in (("status",), ("jobs",), ("upgrade",)):
        assert "is it an SQLite database" in on_database(*command).complaint


@pytest.mark.databases("sqlite")
def test_a_file_that_is_read_only(
    trained: Command, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sa.make_url(database_url).database
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///file:{path}?mode=ro")
    (file,) = written(tmp_path, new__txt="new")

    assert len(trained("corpus", "list", "--json").json) == 1
    assert trained("status").code == 0
    for arguments in (("corpus", "add", file), ("train",), ("generate", "--order", 3)):
        assert "read-only" in trained(*arguments).complaint
    assert len(trained("corpus", "list", "--json").json) == 1


def test_the_file_of_the_working_folder(bedplate: Command) -> None:
    assert bedplate("upgrade").code == 0
    assert Path("bedplate.db").is_file()
    Path(".env").write_text("DATABASE_PATH=other.db\n")
    assert "run `bedplate upgrade`" in bedplate("jobs").complaint
    bedplate("upgrade")
    assert Path("other.db").is_file()


# As a program


def program(*arguments: str, url: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [COMMAND, *arguments],
        env={**os.environ, "DATABASE_URL": url, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


@pytest.mark.databases("sqlite")
def test_the_program_ends_with_the_code_of_its_command(database_url: str) -> None:
    for arguments, code in (
        (("jobs", "--json"), 0),
        (("train",), 1),
        (("train", "--order", "x"), 2),
    ):
        with program(*arguments, url=database_url) as process:
            _, complaints = process.communicate(timeout=60)
        assert process.returncode == code
        assert len(complaints.splitlines()) == (0 if code == 0 else 1)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("options", [("--json",), ()], ids=["json", "table"])
def test_a_reader_that_goes_away_is_no_error(
    database: Database, database_url: str, options: tuple[str, ...]
) -> None:
    database.repository(TrainingRepository).add_corpus_texts(
        {"content": "x", "title": "t" * 200}
        for _ in range(2_000)  # beyond any pipe
    )
    arguments = ("corpus", "list", "-n", "2000", *options)

    with program(*arguments, url=database_url) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        complaints = process.stderr.read()
        process.wait(timeout=60)

    assert (process.returncode, complaints) == (0, "")


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("options", [("--json",), ()], ids=["json", "table"])
def test_a_terminal_that_knows_few_letters(
    database: Database, database_url: str, options: tuple[str, ...]
) -> None:
    training = database.repository(TrainingRepository)
    training.add_corpus_text("Où ça 🙂", "Où ça 🙂")

    with program(
        "search", "où", *options, url=database_url, PYTHONIOENCODING="ascii"
    ) as process:
        found, complaints = process.communicate(timeout=60)

    assert (process.returncode, complaints) == (0, "")
    if options:
        assert json.loads(found)[0]["title"] == "Où ça 🙂"
    else:
        assert "[O" in found


def test_no_command_shows_the_help_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    err = capsys.readouterr().err
    assert err.startswith("Usage: bedplate ")
    assert "\n  upgrade " in err


@pytest.mark.parametrize("option", ["--order=7", "--fresh", "--chunk=10"])
def test_options_of_a_new_run_are_refused_beside_resume(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", "--resume", option]) == 2
    assert f"{option.partition('=')[0]} is for a new run" in capsys.readouterr().err
