"""A project with tables of its own upgrades, checks and downgrades together with us."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from migrations.history import HEAD
from migrations.scripts import run_script

from bedplate import Database
from bedplate.domains.training import TextCorpus
from bedplate.errors import SchemaAheadError
from bedplate.types import UTCDateTime

pytestmark = pytest.mark.one_of_each_kind

CHECKOUT = Path(__file__).parents[1]
EXAMPLE = CHECKOUT / "examples" / "marginalia"
BOTH = f"{HEAD},marginalia_002"
REVISE = "alembic revision --autogenerate --head marginalia@head -m next"

# Runs commands in one process: each would take a second to start.
RUNNER = """
import contextlib, io, json, sys

def done(command):
    program, *arguments = command.split()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            if program == "bedplate":
                from bedplate.cli.app import run
                code = run(arguments)
            elif program == "alembic":
                from alembic.config import main
                code = main(arguments)
            else:
                from marginalia.program import main
                code = main()
        except Exception as error:
            code = f"{type(error).__name__}: {error}"
        except SystemExit as end:
            code = end.code
    return code or 0, out.getvalue(), err.getvalue()

print(json.dumps([done(command) for command in sys.argv[1:]]))
"""


@dataclass
class Done:
    code: int | str
    out: str
    err: str


@dataclass
class Installed:
    """A virtual environment in which the project is installed beside Bedplate."""

    python: Path
    project: Path

    def __call__(self, url: str, *commands: str) -> list[Done]:
        printed = subprocess.run(
            [self.python, "-c", RUNNER, *commands],
            cwd=self.project,
            env={"PATH": os.environ["PATH"], "DATABASE_URL": url},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert printed.returncode == 0, printed.stderr
        return [Done(*done) for done in json.loads(printed.stdout)]

    def well(self, url: str, *commands: str) -> list[str]:
        """Return what the commands print, none of which may fail."""
        found = self(url, *commands)
        assert [done.code for done in found] == [0] * len(commands), found
        return [done.out for done in found]

    @contextmanager
    def put_back(self) -> Iterator[None]:
        """Undo at the end what happens to the project's files."""
        before = {file: file.read_bytes() for file in self.files()}
        try:
            yield
        finally:
            for file in self.files() - before.keys():
                file.unlink()
            for file, content in before.items():
                file.write_bytes(content)

    def files(self) -> set[Path]:
        return {*self.project.rglob("*.py")}


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel of Bedplate and a copy of the project, which may be edited."""
    folder = tmp_path_factory.mktemp("project")
    project = folder / "marginalia"
    shutil.copytree(EXAMPLE, project)
    environment = folder / "venv"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    python = environment / "bin" / "python"
    install = [*pip, "--python", str(python), "install", "--no-deps"]
    wheel = [*pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(CHECKOUT)]
    venv = [sys.executable, "-m", "venv", "--without-pip", str(environment)]
    subprocess.run(wheel, check=True)
    subprocess.run(venv, check=True)
    # What the two depend on is here already.
    (packages,) = environment.glob("lib/python*/site-packages")
    here = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "here.pth").write_text("\n".join(here))
    (made,) = folder.glob("bedplate-*.whl")
    subprocess.run([*install, str(made)], check=True)
    subprocess.run([*install, "--editable", str(project)], check=True)
    return Installed(python, project)


def tables_of(url: str) -> set[str]:
    with Database(url) as database, database.engine.connect() as connection:
        return {*sa.inspect(connection).get_table_names()} - {"sqlite_sequence"}


def test_they_are_installed_and_used_together(
    installed: Installed, blank_url: str
) -> None:
    first, again, check, program, status, doctor = installed.well(
        blank_url,
        *("bedplate upgrade", "bedplate upgrade", "bedplate check", "marginalia"),
        *("bedplate status", "bedplate doctor"),
    )
    assert first == f"schema: base -> {BOTH}\n"
    assert again == f"the schema is at {BOTH} already\n"
    assert check == "the schema is what the models say\n"
    assert program.splitlines() == [
        "  9 ben: Bright, and yet cold.",
        " 64 ann: No clock does that.",
        "{'ann': 1, 'ben': 1}",
        "0 remarks are left",
    ]
    assert f"schema: {BOTH}, up to date" in status
    assert "marginalia_remarks" in status
    assert f"at {BOTH}, as the models say" in doctor

    told = pytest.raises(SchemaAheadError, match="marginalia_002.*not installed here")
    with Database(blank_url) as database, told:
        database.check_schema()  # by this process, which knows of no project


def test_its_tables_are_copied(
    installed: Installed, blank_url: str, tmp_path: Path
) -> None:
    installed.well(blank_url, "bedplate upgrade")
    with Database(blank_url) as database, database.engine.begin() as connection:
        corpora: Any = TextCorpus.__table__
        remarks = sa.table(
            "marginalia_remarks",
            *map(sa.column, ("corpus_id", "position", "author", "body")),
            sa.column("created_at", UTCDateTime()),
        )
        row = {"id": 7, "content": "text", "word_count": 1, "char_count": 4}
        connection.execute(sa.insert(corpora).values(row))
        values = {"corpus_id": 7, "position": 1, "author": "ann", "body": "why?"}
        values["created_at"] = datetime(2024, 1, 1, tzinfo=UTC)
        connection.execute(sa.insert(remarks).values(values))
    target = f"sqlite:///{tmp_path}/target.db"
    copied, compared = installed.well(
        blank_url,
        f"bedplate copy --to {target} --json",
        f"bedplate copy --to {target} --verify-only",
    )
    found = {t["table"]: t["found"] for t in json.loads(copied)["tables"]}
    assert (found["text_corpora"], found["marginalia_remarks"]) == (1, 1)
    assert f"compared: 2 rows at {BOTH}, the same" in compared


def test_each_branch_goes_its_own_way_back(
    installed: Installed, blank_url: str
) -> None:
    _, ambiguous, scripted, back, behind, again, refused, agreed, status = installed(
        blank_url,
        *("bedplate upgrade", "bedplate downgrade -1", "bedplate downgrade -1 --sql"),
        *("bedplate downgrade marginalia@-1", "marginalia"),
        *("bedplate upgrade marginalia@head", "bedplate downgrade marginalia@base"),
        *("bedplate downgrade marginalia@base --yes", "bedplate status"),
    )
    for told in (ambiguous, scripted):
        assert told.code == 1
        assert "bedplate@-1 or marginalia@-1" in told.err
    assert back.out == f"schema: {BOTH} -> {HEAD},marginalia_001\n"
    assert f"this program needs {BOTH}: run `bedplate upgrade`" in str(behind.code)
    assert again.out == f"schema: {HEAD},marginalia_001 -> {BOTH}\n"
    assert (refused.code, refused.out) == (1, "")
    assert "this drops every remark" in refused.err
    assert agreed.out == f"schema: {BOTH} -> {HEAD}\n"
    assert "pending: marginalia_001, marginalia_002" in status.out


def test_what_it_depends_on_takes_it_along(
    installed: Installed, blank_url: str
) -> None:
    installed.well(blank_url, "bedplate upgrade marginalia@head")
    with Database(blank_url) as database, database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
        assert rows.scalars().all() == ["marginalia_002"]  # which 003 comes before
    refused, _ = installed(
        blank_url,
        *("bedplate downgrade bedplate@002", "bedplate downgrade bedplate@002 --yes"),
    )
    assert "every remark" in refused.err
    assert "marginalia_remarks" not in tables_of(blank_url)
    with Database(blank_url) as database:
        assert database.migration_status().current == "002"
    installed.well(blank_url, "bedplate upgrade", "bedplate downgrade base --yes")
    assert tables_of(blank_url) == {"alembic_version"}


def test_a_script_brings_both_up_and_down(installed: Installed, blank_url: str) -> None:
    (up,) = installed.well(blank_url, "bedplate upgrade --sql")
    run_script(blank_url, up)
    _, status, down = installed.well(
        blank_url,
        *("bedplate check", "bedplate status"),
        "bedplate downgrade marginalia@base --sql",
    )
    assert f"schema: {BOTH}, up to date" in status
    run_script(blank_url, down)
    assert "marginalia_remarks" not in tables_of(blank_url)
    with Database(blank_url) as database:
        assert database.migration_status().at_head


def test_plain_alembic_knows_both(installed: Installed, blank_url: str) -> None:
    with installed.put_back():
        before = installed.files()
        installed.well(blank_url, "alembic upgrade heads", "alembic check", REVISE)
        (made,) = installed.files() - before
        text = made.read_text(encoding="utf-8")
    assert made.parent.name == "revisions"
    assert text.count("    pass\n") == 2
    assert "op." not in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def (", "is no revision: invalid syntax"),
        ("revision = 3", "line 1 has to be plain text"),
        (f"revision = {HEAD!r}", f"2 revisions are called '{HEAD}'"),
        ("revision = 'a'\ndown_revision = 'b'", "'a' follows 'b', which is no other"),
    ],
)
def test_a_file_that_is_no_revision_is_told(
    installed: Installed, blank_url: str, text: str, told: str
) -> None:
    (first,) = installed.project.rglob("marginalia_001_*.py")
    with installed.put_back():
        first.with_name("next.py").write_text(text)
        (upgrade,) = installed(blank_url, "bedplate upgrade")
    assert upgrade.code == 1
    assert told in upgrade.err


def test_tables_that_cannot_be_loaded_are_told(
    installed: Installed, blank_url: str
) -> None:
    installed.well(blank_url, "bedplate upgrade")
    (tables,) = installed.project.rglob("tables.py")
    with installed.put_back():
        tables.write_text("import nothing_of_that_name")
        (check,) = installed(blank_url, "bedplate check")
    assert check.code == 1
    assert "cannot be loaded: ModuleNotFoundError" in check.err


def test_a_changed_model_is_proposed(installed: Installed, blank_url: str) -> None:
    tables = installed.project / "src" / "marginalia" / "tables.py"
    with installed.put_back():
        text, before = tables.read_text(encoding="utf-8"), installed.files()
        text = text.replace("import Base", "import Base, types", 1)
        place = text.index("\n\nsa.Index")
        added = (
            "    mood: Mapped[str | None] = mapped_column(CodeText(20))\n"
            "    secret: Mapped[str | None] = mapped_column(types.Encrypted())\n"
            "    hidden: Mapped[dict | None] = mapped_column(\n"
            "        types.Encrypted(types.JSONDocument())\n"
            "    )\n"
        )
        tables.write_text(text[:place] + added + text[place:], encoding="utf-8")
        _, check, _ = installed(blank_url, "bedplate upgrade", "bedplate check", REVISE)
        assert check.code == 1
        assert "marginalia_remarks mood" in check.out
        (made,) = installed.files() - before
        revision = made.read_text(encoding="utf-8")
        assert "types.CodeText(20)" in revision
        assert "types.Encrypted()" in revision
        assert "types.Encrypted(types.JSONDocument())" in revision
        upgrade, _, _ = installed.well(
            blank_url,
            *("bedplate upgrade", "bedplate check", "bedplate downgrade marginalia@-1"),
        )
        assert upgrade.endswith(f"{made.name.partition('_')[0]}\n")
    installed.well(blank_url, "bedplate check")


def test_the_documentation_shows_these_files() -> None:
    page = CHECKOUT / "docs" / "how-to" / "add-your-own-tables.md"
    shown = page.read_text(encoding="utf-8")
    for name, marks in (("pyproject.toml", "[project.entry"), ("alembic.ini", "[al")):
        text = (EXAMPLE / name).read_text(encoding="utf-8")
        part = marks + text.partition(marks)[2].partition("\n\n")[0].rstrip("\n")
        assert part in shown, name
    first = EXAMPLE / "src" / "marginalia" / "revisions" / "marginalia_001_remarks.py"
    names = first.read_text(encoding="utf-8").partition("\nrevision =")[2]
    assert f"revision ={names}".partition("\n\n")[0] in shown
