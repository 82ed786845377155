"""Backups: whole, checked, put back exactly, and nothing lost where that fails."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from migrations.commands import bedplate
from migrations.history import HEAD
from migrations.interruptions import at_change
from migrations.rows import fill, read, rows
from migrations.schemas import schema_of
from pydantic import SecretStr

from bedplate import Database, TrainingRepository
from bedplate.cli.app import run
from bedplate.dialects import dialect_of
from bedplate.dialects.programs import run as run_program
from bedplate.dialects.sqlite import backup as sqlite_backup
from bedplate.errors import BackupError
from bedplate.ops import verification
from bedplate.testing.products import PRODUCTS
from bedplate.testing.servers import Server

PROGRAMS = {
    "postgresql": ("pg_dump", "psql"),
    "mysql": ("mysqldump", "mysql"),
    "mariadb": ("mariadb-dump", "mariadb"),
}
WRAPPER = """\
#!/bin/sh
exec docker run --rm --interactive --network host --volume /tmp:/tmp {variables} \\
    --entrypoint {program} {image} "$@"
"""
_CASTS = r"::(text|character varying)(\[\])?|[()]"
VARIABLES = ("HOST", "PORT", "USER", "DATABASE", "PASSWORD", "SSLMODE")


@pytest.fixture(autouse=True)
def programs(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Have the programs of the server's own version, from its image where need be."""
    if "server" not in request.fixturenames:
        return
    server: Server = request.getfixturevalue("server")
    names: tuple[str, ...] = PROGRAMS.get(server.kind, ())
    if all(_fits(name, server) for name in names):
        return
    (product,) = (p for p in PRODUCTS if p.name == server.kind)
    if not shutil.which("docker"):
        pytest.skip(f"no {names[0]} of {server.version()} here")
    folder = tmp_path_factory.mktemp("programs")
    variables = " ".join(f"--env PG{name}" for name in VARIABLES)
    for name in names:
        wrapper = folder / name
        text = WRAPPER.format(program=name, image=product.image, variables=variables)
        wrapper.write_text(text)
        wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def _fits(name: str, server: Server) -> bool:
    if shutil.which(name) is None:
        return False
    told = subprocess.run([name, "--version"], capture_output=True, text=True)
    if server.kind == "mysql" and "MariaDB" in told.stdout:
        return False
    return f" {server.version().split('.')[0]}." in told.stdout


def write_rows(database: Database) -> None:
    with database.engine.begin() as connection:
        fill(connection)
        if connection.dialect.name == "postgresql":  # which does not look at them
            next_key = "SELECT setval('text_corpora_id_seq', 100)"
            connection.exec_driver_sql(next_key)


def rows_of(database: Database) -> dict[str, list[tuple[str, ...]]]:
    with database.engine.connect() as connection:
        found = read(connection)
    # mysqldump writes -0 for the one and the other.
    sign = {"-0.0": "0.0"}
    return {
        name: [tuple(sign.get(value, value) for value in row) for row in rows]
        for name, rows in found.items()
    }


def schema(database: Database) -> dict[str, str]:
    with database.engine.connect() as connection:
        found = schema_of(connection)
    # PostgreSQL writes a list of texts with other casts when it reads its own words.
    return {name: re.sub(_CASTS, "", made) for name, made in found.items()}


def test_everything_comes_back(blank_url: str, server: Server, tmp_path: Path) -> None:
    file = tmp_path / "all.backup"
    with Database(blank_url) as database:
        database.upgrade()
        write_rows(database)
        wanted, made = rows_of(database), schema(database)
        taken = database.backup(file)
        assert (taken.database, taken.revision) == (server.kind, HEAD)
        assert taken.bytes > 1000
    assert [*tmp_path.glob("*.partial")] == []

    other = server.create_database(f"bedplate_{uuid4().hex[:12]}", tmp_path)
    try:
        with Database(other) as database:
            assert database.restore(file) == taken
            assert rows_of(database) == wanted
            assert schema(database) == made
            assert database.schema_differences() == []
            training = database.repository(TrainingRepository)
            assert [hit.id for hit in training.search_corpus("wörter zwei")] == [1]
            added = training.add_corpus_text("Etwas Neues")  # keys go on
            assert added.id > 9
            assert [hit.id for hit in training.search_corpus("neues")] == [added.id]
    finally:
        server.drop_database(other)


def test_what_is_there_is_lost_only_when_that_is_said(
    blank_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "old.backup"
    with Database(blank_url) as database:
        database.upgrade("002")
        write_rows(database)
        wanted, made = rows_of(database), schema(database)
        database.backup(file)
        database.upgrade()
        database.repository(TrainingRepository).add_corpus_text("written later")
        later = rows_of(database)

        with pytest.raises(BackupError, match="not empty: say --replace"):
            database.restore(file)
        assert rows_of(database) == later

        database.restore(file, replace=True)
        assert rows_of(database) == wanted
        assert schema(database) == made
        assert database.migration_status().current == "002"
        assert database.upgrade().at_head


def test_a_backup_is_of_one_moment(blank_url: str, tmp_path: Path) -> None:
    """Two tables that are written together agree, though writers go on."""
    with Database(blank_url) as database:
        database.upgrade()
        training = database.repository(TrainingRepository)
        training.add_corpus_texts({"content": f"text {n} " * 200} for n in range(2_000))
        stopped = threading.Event()

        def write() -> None:
            with Database(blank_url) as own:
                repository = own.repository(TrainingRepository)
                number = 0
                while not stopped.is_set():
                    number += 1
                    with own.transaction():
                        repository.create_neural_config(f"config {number}", {})
                        repository.add_corpus_text(f"pair {number}")

        writer = threading.Thread(target=write)
        writer.start()
        try:
            while training.get_corpus_stats().count < 2_010:
                pass
            database.backup(tmp_path / "busy.backup")
        finally:
            stopped.set()
            writer.join()
        database.restore(tmp_path / "busy.backup", replace=True)
        with database.engine.connect() as connection:
            count = "SELECT count(*) FROM "
            configs = connection.exec_driver_sql(count + "neural_configs").scalar_one()
            texts = connection.exec_driver_sql(count + "text_corpora").scalar_one()
        assert configs >= 10
        assert texts == 2_000 + configs


def test_what_is_damaged_or_foreign_is_refused(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "good.backup"
    database.backup(file)
    whole = file.read_bytes()
    cut, changed = tmp_path / "cut.backup", tmp_path / "changed.backup"
    cut.write_bytes(whole[: len(whole) // 2])
    place = len(whole) // 3
    changed.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    text = tmp_path / "text.backup"
    text.write_text("nothing of the kind")
    other = tmp_path / "other.backup"
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(other, "w") as made:
        manifest = json.loads(archive.read("manifest.json")) | {"database": "oracle"}
        made.writestr("manifest.json", json.dumps(manifest))
        made.writestr("dump", archive.read("dump"))
    for bad in (cut, changed, text, other, tmp_path / "missing", tmp_path):
        with pytest.raises(BackupError):
            database.restore(bad, replace=True)
    assert database.schema_differences() == []


def test_a_failed_backup_leaves_no_file(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("kept")
    for file in (taken, tmp_path / "no" / "folder"):
        with pytest.raises(BackupError):
            database.backup(file)
    assert taken.read_text() == "kept"
    if database.engine.dialect.name != "sqlite":
        empty = tmp_path / "empty"
        empty.mkdir()
        monkeypatch.setenv("PATH", str(empty))
        with pytest.raises(BackupError, match="install the client programs"):
            database.backup(tmp_path / "new")
        empty.rmdir()
    assert [*tmp_path.glob("*new*")] == []


def test_a_full_disk_is_told(blank_url: str, tmp_path: Path) -> None:
    """The limit on the size of files stands for the disk; a process has its own."""
    program = """
import resource, signal, sys
from bedplate import Database
from bedplate.errors import BackupError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Database(sys.argv[1]) as database:
    database.migration_status()
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))
    try:
        database.backup(sys.argv[2])
    except BackupError as error:
        print(error)
"""
    with Database(blank_url) as database:
        database.upgrade()
    command = [sys.executable, "-c", program, blank_url, str(tmp_path / "new")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout, done.stderr
    assert [*tmp_path.glob("*new*")] == []


@pytest.mark.databases("sqlite")
def test_a_file_that_is_written_to_all_the_time_is_backed_up(
    blank_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write between two steps would let SQLite's backup begin anew, for ever."""
    monkeypatch.setattr(sqlite_backup, "_PAGES", 5)
    with Database(blank_url) as database:
        database.upgrade()
        training = database.repository(TrainingRepository)
        training.add_corpus_texts({"content": f"{n} " * 2_000} for n in range(200))
        own = sqlite3.connect(database.settings.path, isolation_level=None)
        writes = 0

        def write(status: int, left: int, total: int) -> None:
            nonlocal writes
            writes += 1
            assert writes < 2 * total, "it begins anew with each write"
            own.execute("UPDATE text_corpora SET title = ? WHERE id = 1", (writes,))
            refuse(status, left, total)

        refuse = sqlite_backup._refuse_waiting
        monkeypatch.setattr(sqlite_backup, "_refuse_waiting", write)
        database.backup(tmp_path / "steady.backup")
        own.close()
        monkeypatch.undo()
        assert writes > 100
        database.restore(tmp_path / "steady.backup", replace=True)
        assert training.list_corpus_texts()[-1].title is None  # as it began


@pytest.mark.databases("sqlite")
def test_a_file_that_another_program_holds_is_not_waited_for_for_ever(
    blank_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_backup, "_PATIENCE", 0.5)
    with Database(blank_url) as database:
        database.upgrade()
        database.backup(tmp_path / "good.backup")
        other = sqlite3.connect(database.settings.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BackupError, match="another program has held the file"):
            database.restore(tmp_path / "good.backup", replace=True)
        other.execute("COMMIT")
        other.close()
        database.restore(tmp_path / "good.backup", replace=True)


def test_a_backup_that_is_killed_leaves_no_file_of_its_name(
    blank_url: str, tmp_path: Path
) -> None:
    """Killed while the dump is written, and when all but the name is there."""
    program = """
import os, signal, sys
from bedplate import Database
from bedplate.ops import backup
def die(*given):
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[3] == "dump":
    backup._Told._pass = die
else:
    os.fsync = die
Database(sys.argv[1]).backup(sys.argv[2])
"""
    file = tmp_path / "new.backup"
    with Database(blank_url) as database:
        database.upgrade()
        write_rows(database)
        for moment in ("dump", "end"):
            command = [sys.executable, "-c", program, blank_url, str(file), moment]
            done = subprocess.run(command, capture_output=True, text=True)
            assert done.returncode == -signal.SIGKILL, done.stderr
            assert not file.exists()
            assert [*tmp_path.glob(".new.backup.*.partial")]
        database.backup(file)
        assert database.restore(file, replace=True).content


@pytest.mark.databases("postgresql", "mysql", "mariadb")
def test_nothing_is_lost_where_a_program_is_missing_or_not_let_in(
    blank_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, empty = tmp_path / "good.backup", tmp_path / "empty"
    empty.mkdir()
    with Database(blank_url) as database:
        database.upgrade()
        database.backup(file)
        database.repository(TrainingRepository).add_corpus_text("written later")
        there = rows_of(database)
        monkeypatch.setenv("PATH", str(empty))
        with pytest.raises(BackupError, match="install the client programs"):
            database.restore(file, replace=True)
        for name in PROGRAMS[database.engine.dialect.name]:
            (empty / name).write_text("#!/bin/sh\necho Access denied >&2\nexit 1\n")
            (empty / name).chmod(0o755)
        with pytest.raises(BackupError, match="Access denied"):
            database.restore(file, replace=True)
        assert rows_of(database) == there


@pytest.mark.databases("postgresql", "mysql", "mariadb")
def test_a_password_is_in_no_argument(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a program is started with can be read by everybody on the machine."""
    seen = tmp_path / "seen"
    spy = tmp_path / "spy"
    spy.mkdir()
    for name in PROGRAMS[database.engine.dialect.name]:
        program = spy / name
        program.write_text(f'#!/bin/sh\necho "$0 $@" >> {seen}\nexit 3\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy}:{os.environ['PATH']}")
    secret = database.settings.of(database.settings, password=SecretStr("hunter2%"))
    ours, file = dialect_of(database.engine), tmp_path / "dumped"
    with (
        database.engine.connect() as connection,
        file.open("wb") as target,
        pytest.raises(BackupError, match="exit code 3"),
    ):
        ours.dump(connection, secret, target, tmp_path)
    assert seen.read_text()
    assert "hunter2" not in seen.read_text()


def test_the_commands(blank_url: str, tmp_path: Path) -> None:
    file = str(tmp_path / "by command.backup")
    bedplate(blank_url, "upgrade", "002")
    done = bedplate(blank_url, "backup", file)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"backup: {file}, ")
    assert bedplate(blank_url, "backup", file).code == 1
    assert bedplate(blank_url, "restore", file).code == 1
    done = bedplate(blank_url, "restore", file, "--replace", "--json")
    assert json.loads(done.out)["backup"]["revision"] == "002"


def test_an_upgrade_takes_one_first(blank_url: str, tmp_path: Path) -> None:
    file = tmp_path / "before.backup"
    bedplate(blank_url, "upgrade", "--backup", str(file))
    assert not file.exists()  # there was nothing
    bedplate(blank_url, "downgrade", "002", "--yes")
    with Database(blank_url) as database:
        write_rows(database)
        wanted = rows_of(database)
    done = bedplate(blank_url, "upgrade", "--backup", str(file))
    assert (done.code, done.out) == (0, f"schema: 002 -> {HEAD}\n")
    with Database(blank_url) as database:
        assert database.restore(file, replace=True).revision == "002"
        assert rows_of(database) == wanted
    failed = bedplate(blank_url, "upgrade", "nonsense", "--backup", f"{file}2")
    assert failed.code == 1
    assert "restored" not in failed.err  # nothing was changed


def test_an_upgrade_that_fails_half_way_is_taken_back(
    blank_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "before.backup"
    with Database(blank_url) as database:
        database.upgrade("002")
        write_rows(database)
        wanted = rows_of(database)
    monkeypatch.setenv("DATABASE_URL", blank_url)
    with at_change(40, lambda: "the test wants this to fail"):
        assert run(["upgrade", "--backup", str(file)]) == 1
    told = capsys.readouterr().err
    with Database(blank_url) as database:
        whole = dialect_of(database.engine).upgrade_is_one_transaction
        assert ("restored: the upgrade failed" in told) != whole
        status = database.migration_status()
        assert (status.current, status.half_step) == ("002", None)
        assert rows_of(database) == wanted


def test_what_was_put_back_is_compared(
    blank_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Database(blank_url) as database:
        database.upgrade()
        write_rows(database)
        taken = database.backup(tmp_path / "all.backup")
        assert taken.content["text_corpora"][0] == 2
        assert all(taken.content[name][1] for name in rows())
        dialect = type(dialect_of(database.engine))
        load = dialect.load

        def lossy(self: Any, connection: sa.Connection, *given: Any) -> None:
            load(self, connection, *given)
            with database.engine.begin() as other:
                other.exec_driver_sql("UPDATE alerts SET title = 'another'")

        monkeypatch.setattr(dialect, "load", lossy)
        database.close()
        with pytest.raises(BackupError, match="not what was saved, in alerts:"):
            Database(blank_url).restore(tmp_path / "all.backup", replace=True)


@pytest.mark.databases("sqlite")
def test_the_newest_backups_of_a_folder_are_kept(
    blank_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "notes.txt").write_text("not a backup")
    bedplate(blank_url, "upgrade")
    for day in (1, 2, 3):
        file = folder / f"{3 - day}.backup"  # whose names tell nothing
        bedplate(blank_url, "backup", str(file), "--counts-only")
        age(file, f"2026-01-0{day}T00:00:00+00:00")
    (folder / "broken.backup").write_bytes((folder / "1.backup").read_bytes()[:-50])
    listed = json.loads(bedplate(blank_url, "backups", str(folder), "--json").out)
    names = [row["file"] for row in listed["kept"]]
    assert names == ["0.backup", "1.backup", "2.backup"]
    done = bedplate(blank_url, "backups", str(folder), "--keep", "2")
    assert done.out.endswith(f"deleted: {folder / '2.backup'}\n")
    left = {file.name for file in folder.iterdir()}
    assert left == {"0.backup", "1.backup", "broken.backup", "notes.txt"}
    assert bedplate(blank_url, "backups", str(folder), "--keep", "0").code == 2
    assert bedplate(blank_url, "backups", str(tmp_path / "none")).code == 1


def age(file: Path, taken_at: str) -> None:
    """Have a backup say that it is of another time."""
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    manifest = {**json.loads(entries["manifest.json"]), "taken_at": taken_at}
    entries["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("$0: Access denied", "sh: Access denied"),
        (
            "$0: unknown variable",
            "sh: unknown variable (this program does not fit the server: .*)",
        ),
        (
            "$0: error: server version mismatch\\n$0: detail: 18 and 15",
            "sh: detail: 18 and 15 (this program does not fit the server: .*)",
        ),
        ("", "sh: exit code 3"),
    ],
)
def test_a_program_that_fails_is_told_with_what_to_do(words: str, told: str) -> None:
    script = f'printf "{words}" >&2; exit 3'
    pattern = re.escape(told).replace(r"\.\*", ".*")
    with pytest.raises(BackupError, match=f"^{pattern}$"):
        run_program(["/bin/sh", "-c", script])


@pytest.mark.databases("sqlite")
def test_what_an_interrupt_leaves_is_told(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    file = tmp_path / "it is.backup"
    with monkeypatch.context() as patch:
        patch.setattr(verification, "content", interrupt)
        assert run(["backup", str(file)]) == 130
    assert capsys.readouterr().err == "interrupted: no backup was written\n"
    assert not [*tmp_path.glob("*it is*")]
    assert run(["backup", str(file)]) == 0
    capsys.readouterr()
    again = ["restore", "--replace", str(file)]
    with monkeypatch.context() as patch:
        patch.setattr(verification, "content", interrupt)
        assert run(again) == 130
    assert capsys.readouterr().err == (
        "interrupted: the database may hold a part of the backup: "
        f"bedplate restore --replace '{file}'\n"
    )
    assert run(again) == 0


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
