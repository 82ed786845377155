"""How an SQLite file is."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from bedplate.dialects.vitals import Vitals

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["vitals"]


def vitals(connection: Connection) -> Vitals:
    """Look how large the file is, and how much room is left beside it."""
    ask = connection.exec_driver_sql
    pages = int(ask("PRAGMA page_count").scalar_one())
    size = pages * int(ask("PRAGMA page_size").scalar_one())
    file = ask("SELECT file FROM pragma_database_list WHERE name = 'main'").scalar()
    if not file:
        return Vitals(sqlite3.sqlite_version, size)
    log = Path(f"{file}-wal")
    return Vitals(
        sqlite3.sqlite_version,
        size + (log.stat().st_size if log.exists() else 0),
        free_bytes=shutil.disk_usage(Path(file).parent).free,
    )
