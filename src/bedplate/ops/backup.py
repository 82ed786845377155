"""Backups: one file, written aside and put in place whole, checked before it is used.

The file is a ZIP archive of two entries: `dump`, in the database's own form (an SQLite
file, or SQL), and `manifest.json`, which says of what database, when, at which
revision, and the SHA-256 of the dump.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.engine import translating
from bedplate.errors import BackupError, BedplateError
from bedplate.ops import revisions

if TYPE_CHECKING:
    from bedplate.engine import Engines

__all__ = ["Backup", "back_up", "restore"]

_DUMP, _MANIFEST = "dump", "manifest.json"
_DAMAGED = (KeyError, OSError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error)
_LEVEL = 1
"""Of compression: twice as fast as the usual 6, for a tenth more bytes."""


@dataclass(frozen=True)
class Backup:
    """What a backup is of.

    Attributes:
        database: The kind of database, as in `postgresql`.
        version: Its version.
        revision: The revision of the schema, None for none.
        taken_at: When it was begun, in ISO 8601.
        bytes: The length of the dump.
        sha256: The checksum of the dump.
    """

    database: str
    version: str
    revision: str | None
    taken_at: str
    bytes: int
    sha256: str


def back_up(engines: Engines, file: Path) -> Backup:
    """Write a backup of a database, while others go on writing to it.

    Raises:
        BackupError: It could not be taken; nothing of that name is left.
    """
    if engines.settings.in_memory:
        raise BackupError("a database in memory has no backup: use a file")
    file = file.absolute()
    if not file.parent.is_dir():
        raise BackupError(f"there is no folder {file.parent}")
    if file.exists():
        raise BackupError(f"{file} is there already: name another file")
    with _explained(file), _put_in_place(file) as partial, translating(engines):
        return _write(engines, partial)


def restore(engines: Engines, file: Path, *, replace: bool = False) -> Backup:
    """Put a backup back, onto an empty database or in the place of what is there.

    Raises:
        BackupError: The file is damaged, or of another kind of database, or there are
            tables and `replace` is not set. Then nothing was changed.
    """
    with _explained(file), _opened(file) as archive:
        found = _manifest(archive, file)
        dialect = engines.dialect
        if found.database != dialect.name:
            raise BackupError(f"{file} is of {found.database}, not {dialect.name}")
        _verify(archive, found, file)
        with translating(engines), engines.writer.connect() as connection:
            if not replace and sa.inspect(connection).get_table_names():
                raise BackupError("the database is not empty: say --replace to lose it")
            connection.rollback()
            with archive.open(_DUMP) as source:
                dialect.load(
                    connection, engines.settings, source, file.absolute().parent
                )
    engines.dispose()  # what connections have prepared is of the schema before
    return found


class _Measured:
    """A stream that counts what is written, and sums it up."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self.length, self.digest = 0, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.length += len(data)
        self.digest.update(data)
        return self._target.write(data)


def _write(engines: Engines, file: Path) -> Backup:
    dialect = engines.dialect
    begun = datetime.now(UTC).isoformat(timespec="seconds")
    method = zipfile.ZIP_DEFLATED
    with (
        file.open("xb") as raw,
        zipfile.ZipFile(raw, "w", method, compresslevel=_LEVEL) as archive,
        engines.writer.connect() as connection,
    ):
        version = dialect.server_version(connection)
        current = revisions.status(engines).current
        connection.rollback()
        with archive.open(_DUMP, "w", force_zip64=True) as entry:
            measured: Any = _Measured(entry)
            dialect.dump(connection, engines.settings, measured, file.parent)
        made = Backup(
            dialect.name,
            version,
            current,
            begun,
            measured.length,
            measured.digest.hexdigest(),
        )
        archive.writestr(_MANIFEST, json.dumps(asdict(made), indent=2))
    return made


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    """Say of which backup it is that a disk is full, or may not be written to."""
    try:
        yield
    except BedplateError:  # some of which are errors of the system as well
        raise
    except OSError as error:
        raise BackupError(f"{file}: {error.strerror or error}") from error


@contextmanager
def _put_in_place(file: Path) -> Iterator[Path]:
    """Give a name to write to; what is there after the block gets its own, safely."""
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        yield partial
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.rename(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(file)
    except FileNotFoundError:
        raise BackupError(f"there is no file {file}") from None
    except (zipfile.BadZipFile, OSError) as error:
        raise BackupError(f"{file} is no backup, or damaged: {error}") from error
    with archive:
        yield archive


def _manifest(archive: zipfile.ZipFile, file: Path) -> Backup:
    try:
        return Backup(**json.loads(archive.read(_MANIFEST)))
    except (TypeError, *_DAMAGED) as error:
        raise BackupError(f"{file} is no backup, or damaged: {error}") from error


def _verify(archive: zipfile.ZipFile, found: Backup, file: Path) -> None:
    digest = hashlib.sha256()
    try:
        with archive.open(_DUMP) as entry:
            while piece := entry.read(1 << 20):
                digest.update(piece)
    except _DAMAGED as error:
        raise BackupError(f"{file} is damaged: {error}") from error
    if digest.hexdigest() != found.sha256:
        raise BackupError(f"{file} is damaged: its checksum is another")
