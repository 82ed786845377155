"""A folder of backups, of which the newest are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bedplate.errors import BackupError
from bedplate.ops.backup import Backup, manifest_of

__all__ = ["Found", "keep", "listed"]


@dataclass(frozen=True)
class Found:
    """A backup in a folder.

    Attributes:
        file: Where it is.
        backup: What it is of.
        bytes: The length of the file.
    """

    file: Path
    backup: Backup
    bytes: int


def listed(folder: Path) -> list[Found]:
    """Return the backups of a folder, the newest first; other files are passed over.

    Raises:
        BackupError: There is no such folder.
    """
    if not folder.is_dir():
        raise BackupError(f"there is no folder {folder}")
    found = []
    for file in sorted(folder.iterdir()):
        if file.is_file() and not file.name.startswith("."):
            try:
                found.append(Found(file, manifest_of(file), file.stat().st_size))
            except BackupError:
                continue  # something else, or damaged: for a person to look at
    return sorted(found, key=_taken, reverse=True)


def keep(folder: Path, count: int) -> list[Found]:
    """Delete all backups of a folder but the newest, and return those that went.

    Raises:
        BackupError: There is no such folder, or none would be left.
    """
    if count < 1:
        raise BackupError("one backup at least has to be kept")
    gone = listed(folder)[count:]
    for found in gone:
        found.file.unlink(missing_ok=True)
    return gone


def _taken(found: Found) -> datetime:
    moment = datetime.fromisoformat(found.backup.taken_at)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
