from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import bedplate

PACKAGE = Path(bedplate.__file__).parent
HEAVY = (
    "alembic",
    "cryptography",
    "fastapi",
    "numpy",
    "opentelemetry",
    "psycopg",
    "pyarrow",
    "pydantic_settings",
    "pymysql",
    "rich",
    "typer",
    "uvicorn",
)
DATABASE_NAME = re.compile(r"(sqlite|postgres|postgresql|mysql|mariadb|supabase)\b")
MAY_NAME_DATABASES = (
    "dialects",  # this is what the folder is for
    "settings.py",  # DB_TYPE
    "urls.py",  # the schemes of DATABASE_URL
    "testing/products.py",  # starts servers of each kind
    "testing/servers.py",  # ... and one that is a file
)


def test_importing_bedplate_loads_nothing_heavy() -> None:
    script = (
        "import sys, bedplate\n"
        f"print(*(name for name in {HEAVY!r} if name in sys.modules))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout.split()
    assert loaded == []


def test_every_public_name_can_be_imported() -> None:
    assert len(bedplate.__all__) <= 20
    for name in bedplate.__all__:
        assert getattr(bedplate, name) is not None


def quoted(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and text of every string that is not a docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) not in prose and isinstance(node, ast.Constant):
            yield node.lineno, str(node.value)


def python_files() -> list[Path]:
    places = tuple(PACKAGE / place for place in MAY_NAME_DATABASES)
    return [
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if not any(path.is_relative_to(place) for place in places)
    ]


@pytest.mark.parametrize(
    "path", python_files(), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_no_database_is_named_outside_dialects(path: Path) -> None:
    named = [
        f"{path}:{line}: {text!r}"
        for line, text in quoted(path)
        if DATABASE_NAME.match(text)
    ]
    assert named == [], "name the capability in bedplate.dialects instead"


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from bedplate.cli.app import run; run(['--help']); "
        "sys.exit(sorted({'rich', 'sqlalchemy', 'pydantic'} & {*sys.modules}) or 0)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "upgrade" in done.stdout
