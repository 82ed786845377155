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
"""Pages copied at once, 40 MB: between them an interrupt is heeded."""

_SCRATCH = ".bedplate-backup-"
"""What the folder of a copy is called; a killed process leaves it behind."""

_PATIENCE = 60.0
"""Seconds to wait for whoever writes to the file."""


def dump(settings: Settings, target: IO[bytes], scratch: Path) -> None:
    """Write a copy of the file."""
    with TemporaryDirectory(prefix=_SCRATCH, dir=scratch) as folder:
        copy = Path(folder) / "copy.db"
        with _opened(settings.path) as live, _opened(copy) as made:
            # One moment for all pages: else each write of another connection lets
            # SQLite begin anew, and beside steady writers it never ends.
            live.execute("BEGIN")
            live.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            live.backup(made, pages=_PAGES, progress=_refuse_waiting)
            live.rollback()
        with copy.open("rb") as source:
            shutil.copyfileobj(source, target, 1 << 20)


def load(settings: Settings, source: IO[bytes], scratch: Path) -> None:
    """Put a copy in the place of what is there, in one transaction."""
    with TemporaryDirectory(prefix=_SCRATCH, dir=scratch) as folder:
        copy = Path(folder) / "copy.db"
        with copy.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        with _opened(copy) as saved, _opened(settings.path) as live:
            _check(saved)
            saved.backup(live, progress=_refuse_waiting)
            live.execute("PRAGMA journal_mode=WAL")


def _refuse_waiting(status: int, _left: int, _total: int) -> None:
    """End a copy that waits for a lock: Python would go on for ever.

    Raises:
        BackupError: Another program has held the file for as long as we wait.
    """
    if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        raise BackupError(
            f"another program has held the file for {_PATIENCE:.0f} seconds: end it, "
            "or its transaction, and try again"
        )


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
        with closing(sqlite3.connect(text, timeout=_PATIENCE, uri=uri)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise BackupError(f"{text}: {error}") from error
