"""All rows go into files that others read, and come back exactly."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from copies import rows_of
from migrations.rows import fill, rows

from bedplate import Database
from bedplate.cli.app import run
from bedplate.errors import TransferError
from bedplate.ops.transfer import jsonl, pages
from bedplate.ops.transfer.manifest import Format, Manifest
from bedplate.ops.transfer.report import Step

FORMATS: tuple[Format, ...] = ("jsonl", "parquet")


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_ROWS", 2)
    monkeypatch.setattr(jsonl, "_ROWS", 3)


@pytest.fixture
def filled(database: Database) -> Database:
    with database.engine.begin() as connection:
        fill(connection)
    return database


def sums(manifest: Manifest) -> dict[str, tuple[int, str]]:
    return {t.table: (t.rows, t.checksum) for t in manifest.tables if t.rows}


@pytest.mark.parametrize("format_", FORMATS)
def test_every_row_goes_out_and_comes_back(
    filled: Database, tmp_path: Path, format_: Format
) -> None:
    before = rows_of(filled)
    told = filled.export_to(tmp_path / "out", format=format_)
    assert {*sums(told)} == {*rows()}
    again = filled.import_from(tmp_path / "out", replace=True)
    assert again.differences == []
    found = {t.table: (t.found, t.found_checksum) for t in again.tables if t.rows}
    assert found == sums(told)
    assert rows_of(filled) == before


@pytest.mark.databases("sqlite")
def test_columns_have_the_types_that_readers_expect(
    filled: Database, tmp_path: Path
) -> None:
    filled.export_to(tmp_path / "out", format="parquet")

    def types(table: str) -> dict[str, str]:
        schema = pq.read_schema(tmp_path / "out" / f"{table}.parquet")
        return {field.name: str(field.type) for field in schema}

    metrics = types("accuracy_metrics")
    assert metrics["id"] == metrics["step"] == "int64"
    assert metrics["value"] == types("agent_invocations")["cost"] == "double"
    assert metrics["created_at"] == "timestamp[us, tz=UTC]"
    assert metrics["metadata"] == types("users")["id"] == "string"
    assert types("conversation_memory")["embedding"] == "list<element: float>"
    assert types("neural_checkpoints")["is_best"] == "bool"
    assert types("text_corpora")["content"] == "string"
    losses = pq.read_table(tmp_path / "out" / "neural_checkpoints.parquet")["loss"]
    assert str(losses.to_pylist()) == "[nan, inf, -inf, 5e-324, None]"


@pytest.mark.databases("sqlite")
def test_lines_are_json_that_every_reader_takes(
    filled: Database, tmp_path: Path
) -> None:
    filled.export_to(tmp_path / "out")
    lines = (tmp_path / "out" / "neural_checkpoints.jsonl").read_text("utf-8")

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    found = [json.loads(line, parse_constant=refuse) for line in lines.splitlines()]
    losses = [row["loss"] for row in found]
    assert losses == ["NaN", "Infinity", "-Infinity", 5e-324, None]
    assert found[0]["created_at"] == "2024-02-29T23:59:59.123457+00:00"


class StopError(Exception):
    """A watcher's way to interrupt."""


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("format_", FORMATS)
def test_an_interrupted_import_goes_on(
    filled: Database, tmp_path: Path, format_: Format
) -> None:
    told = filled.export_to(tmp_path / "out", format=format_)
    left = 0

    def stop(step: Step) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise StopError

    with Database(f"sqlite:///{tmp_path}/new.db") as other:
        for left in (7, 30):  # noqa: B007  # stop() counts it down
            with pytest.raises(StopError):
                other.import_from(tmp_path / "out", watch=stop)
        assert other.import_from(tmp_path / "out").rows == told.rows
        assert rows_of(other) == rows_of(filled)


@pytest.mark.databases("sqlite")
def test_what_is_no_export_is_refused(filled: Database, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(TransferError, match=r"has no manifest.json"):
        filled.import_from(tmp_path, replace=True)
    filled.export_to(out)
    with pytest.raises(TransferError, match="is not empty: name a new folder"):
        filled.export_to(out)
    with pytest.raises(TransferError, match="'csv' is not one of jsonl, parquet"):
        filled.export_to(tmp_path / "csv", format="csv")  # type: ignore[arg-type]  # so
    with pytest.raises(TransferError, match="has rows already"):
        filled.import_from(out)


@pytest.mark.databases("sqlite")
def test_a_damaged_export_is_told(filled: Database, tmp_path: Path) -> None:
    out = tmp_path / "out"
    filled.export_to(out)
    file = out / "alerts.jsonl"
    text = file.read_text("utf-8")
    file.write_text(text.replace("{", "[", 1), "utf-8")
    with pytest.raises(TransferError, match=r"alerts.jsonl is damaged"):
        filled.import_from(out, replace=True)
    file.write_text(text.replace('"message":"', '"message":"not ', 1), "utf-8")
    with pytest.raises(TransferError, match=r"alerts: \d+ rows, but not the same"):
        filled.import_from(out, replace=True)
    (out / "manifest.json").write_text("{}", "utf-8")
    with pytest.raises(TransferError, match=r"manifest.json is damaged"):
        filled.import_from(out)


@pytest.mark.databases("sqlite")
def test_the_commands_export_and_import(
    filled: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_PATH", filled.settings.path)
    out = str(tmp_path / "out")
    assert run(["export", out, "--format", "parquet"]) == 0
    assert "exported: " in capsys.readouterr().out
    monkeypatch.setenv("DATABASE_PATH", str(tmp_path / "new.db"))
    assert run(["import", out]) == 0
    assert "the same on both sides" in capsys.readouterr().out
    assert run(["import", out, "--json"]) == 1
    assert run(["import", out, "--json", "--replace"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["differences"] == []
    assert {t["table"]: t["found"] for t in told["tables"]}["users"] == 2
