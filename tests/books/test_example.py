"""The example: the same words on every database, and nothing left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from migrations.programs import environment

from bedplate import BookRepository, Database
from bedplate.domains.users import User

pytestmark = pytest.mark.one_of_each_kind

ROOT = Path(__file__).parents[2]

PRINTED = """\
The Last Lighthouse: Ines Calder
Salt Roads: T. R. Sands
The Keeper's Index: Ines Calder
mysteries with a lamp: The Last Lighthouse, The Keeper's Index
exported: 2 authors, 2 characters, 3 plots, 1 sessions, 1 users, 1 world_building
a world: {"coast": "cliffs", "road": {"km": 7}}
erased: 2 authors, 2 characters, 3 plots, 1 sessions, 1 users, 1 world_building
left of the writer: 0
"""


def test_a_book_session(database: Database, database_url: str) -> None:
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-W", "error", str(ROOT / "examples/book_session.py")],
            env=environment(database_url, PYTHONPATH=str(ROOT / "src")),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, PRINTED), done.stderr
    assert database.repository(BookRepository).of(User).count() == 0
