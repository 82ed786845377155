"""Backups by SQLite's online backup API: consistent while others write."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING

from bedplate.errors import BackupError

if TYPE_CHECKING:
    from bedplate.settings import Settings

__all__ = ["dump", "load"]

_PAGES = 10_000
"""Pages copied at once, 40 MB: between them others may write to the file."""


def dump(settings: Settings, target: IO[bytes], scratch: Path) -> None:
    """Write a copy of the file."""
    with TemporaryDirectory(dir=scratch) as folder:
        copy = Path(folder) / "copy.db"
        with _opened(settings.path) as live, _opened(copy) as made:
            live.backup(made, pages=_PAGES)
        with copy.open("rb") as source:
            shutil.copyfileobj(source, target, 1 << 20)


def load(settings: Settings, source: IO[bytes], scratch: Path) -> None:
    """Put a copy in the place of what is there, in one transaction."""
    with TemporaryDirectory(dir=scratch) as folder:
        copy = Path(folder) / "copy.db"
        with copy.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        with _opened(copy) as saved, _opened(settings.path) as live:
            _check(saved)
            saved.backup(live)
            live.execute("PRAGMA journal_mode=WAL")


def _check(saved: sqlite3.Connection) -> None:
    try:
        (found,) = saved.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise BackupError(f"the copy is damaged: {found}")


@contextmanager
def _opened(path: str | Path) -> Iterator[sqlite3.Connection]:
    text = str(path)
    uri = text.startswith("file:")
    try:
        with closing(sqlite3.connect(text, timeout=60, uri=uri)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise BackupError(f"{text}: {error}") from error
