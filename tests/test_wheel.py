"""An installed user has no checkout: the wheel alone has to be enough."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from migrations.history import HEAD

CHECKOUT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty virtual environment with the wheel and what it depends on."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    made = folder / "venv"
    run(*pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(CHECKOUT))
    run(sys.executable, "-m", "venv", "--without-pip", str(made))
    (wheel,) = folder.glob("bedplate-*.whl")
    run(*pip, "--python", str(made / "bin" / "python"), "install", str(wheel))
    return made


def run(
    *command: str, cwd: Path | None = None, env: dict[str, str] | None = None
) -> str:
    finished = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=cwd, env=env
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_an_installed_user_can_migrate(environment: Path, tmp_path: Path) -> None:
    variables = {
        "DATABASE_PATH": str(tmp_path / "installed.db"),
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
    }
    bedplate = str(environment / "bin" / "bedplate")

    json.loads(run(bedplate, "upgrade", "--json", cwd=tmp_path, env=variables))
    printed = run(bedplate, "status", "--json", cwd=tmp_path, env=variables)
    status = json.loads(printed)

    assert status["head"] == status["current"] == HEAD


def test_an_installed_user_gets_the_types(environment: Path) -> None:
    (package,) = environment.glob("lib/python*/site-packages/bedplate")
    assert (package / "py.typed").is_file()
    assert (package / "alembic" / "env.py").is_file()


def test_an_installed_user_gets_the_dashboard(environment: Path) -> None:
    (package,) = environment.glob("lib/python*/site-packages/bedplate")
    dashboard = package / "web" / "dashboard"
    sources = CHECKOUT / "src" / "bedplate" / "web" / "dashboard"
    files = [p.relative_to(sources) for p in sources.rglob("*") if p.is_file()]
    assert Path("vendor/uPlot.LICENSE.txt") in files
    assert [file for file in files if not (dashboard / file).is_file()] == []
