"""Backups: one file, written aside and put in place whole, checked before it is used.

The file is a ZIP archive of two entries: `dump`, in the database's own form (an SQLite
file, or SQL), and `manifest.json`, which says of what database, when, at which
revision, and the SHA-256 of the dump.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.errors import BackupError, BedplateError
from bedplate.ops import revisions, verification
from bedplate.ops.transfer.report import Step
from bedplate.translation import translating

if TYPE_CHECKING:
    from bedplate.engine import Engines
    from bedplate.ops.transfer.report import Watch
    from bedplate.ops.verification import Content

__all__ = ["Backup", "back_up", "manifest_of", "restore"]

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
        content: Table to its rows and their checksum, of those that nobody changed
            while the backup was taken; what is put back is compared with it.
    """

    database: str
    version: str
    revision: str | None
    taken_at: str
    bytes: int
    sha256: str
    content: Content = field(default_factory=dict)


def back_up(
    engines: Engines,
    file: Path,
    metadata: sa.MetaData,
    *,
    checksums: bool = True,
    watch: Watch | None = None,
) -> Backup:
    """Write a backup of a database, while others go on writing to it.

    Args:
        engines: Which.
        file: Where to.
        metadata: The tables that there are models of.
        checksums: Whether rows are summed up, before and after, or only counted.
        watch: Called from time to time.

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
        before = verification.content(
            engines, metadata, checksums=checksums, watch=watch
        )
        made = _write(engines, partial, watch)
        after = verification.content(
            engines, metadata, checksums=checksums, watch=watch
        )
        made = dataclasses.replace(made, content=verification.in_both(before, after))
        _add_manifest(partial, made)
        return made


def restore(
    engines: Engines,
    file: Path,
    metadata: sa.MetaData,
    *,
    replace: bool = False,
    watch: Watch | None = None,
) -> Backup:
    """Put a backup back, onto an empty database or in the place of what is there.

    Raises:
        BackupError: The file is damaged, or of another kind of database, or there are
            tables and `replace` is not set: then nothing was changed. Or what is there
            now is not what was saved.
    """
    with _explained(file), _opened(file) as archive:
        found = _manifest(archive, file)
        dialect = engines.dialect
        if found.database != dialect.name:
            raise BackupError(f"{file} is of {found.database}, not {dialect.name}")
        _verify(archive, found, file, watch)
        with translating(engines), engines.writer.connect() as connection:
            if not replace and sa.inspect(connection).get_table_names():
                raise BackupError("the database is not empty: say --replace to lose it")
            connection.rollback()
            with archive.open(_DUMP) as source:
                read: Any = _Told(source, watch, "restoring", file.name, found.bytes)
                dialect.load(connection, engines.settings, read, file.absolute().parent)
    engines.dispose()  # what connections have prepared is of the schema before
    summed = any(checksum for _, checksum in found.content.values())
    there = verification.content(engines, metadata, checksums=summed, watch=watch)
    verification.refuse_other(found.content, there)
    return found


def manifest_of(file: Path) -> Backup:
    """Return what a file is a backup of.

    Raises:
        BackupError: It is none, or damaged.
    """
    with _opened(file) as archive:
        return _manifest(archive, file)


class _Told:
    """A stream that counts what passes, sums it up, and tells of it."""

    def __init__(
        self, stream: IO[bytes], watch: Watch | None, doing: str, name: str, total: int
    ) -> None:
        self._stream, self._watch = stream, watch
        self._doing, self._name, self._total = doing, name, total
        self.length, self.digest = 0, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._pass(data)
        return self._stream.write(data)

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._pass(data)
        return data

    def _pass(self, data: bytes) -> None:
        self.length += len(data)
        self.digest.update(data)
        if self._watch is not None:
            total = max(self._total, self.length)
            self._watch(Step(self._doing, self._name, self.length, total))


def _write(engines: Engines, file: Path, watch: Watch | None) -> Backup:
    dialect = engines.dialect
    begun = datetime.now(UTC).isoformat(timespec="seconds")
    method = zipfile.ZIP_DEFLATED
    with (
        file.open("xb") as raw,
        zipfile.ZipFile(raw, "w", method, compresslevel=_LEVEL) as archive,
        engines.writer.connect() as connection,
    ):
        version = dialect.server_version(connection)
        size = sum(dialect.table_bytes(connection).values()) if watch else 0
        current = revisions.status(engines).current
        connection.rollback()
        with archive.open(_DUMP, "w", force_zip64=True) as entry:
            told: Any = _Told(entry, watch, "saving", "the tables", size)
            dialect.dump(connection, engines.settings, told, file.parent)
    return Backup(
        dialect.name, version, current, begun, told.length, told.digest.hexdigest()
    )


def _add_manifest(file: Path, made: Backup) -> None:
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_MANIFEST, json.dumps(asdict(made), indent=2))


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
        found = json.loads(archive.read(_MANIFEST))
        content = {
            str(name): (int(rows), checksum)
            for name, (rows, checksum) in found.pop("content", {}).items()
        }
        return Backup(**found, content=content)
    except (AttributeError, TypeError, *_DAMAGED) as error:
        raise BackupError(f"{file} is no backup, or damaged: {error}") from error


def _verify(
    archive: zipfile.ZipFile, found: Backup, file: Path, watch: Watch | None
) -> None:
    try:
        with archive.open(_DUMP) as entry:
            told = _Told(entry, watch, "checking", file.name, found.bytes)
            while told.read(1 << 20):
                pass
    except _DAMAGED as error:
        raise BackupError(f"{file} is damaged: {error}") from error
    if told.digest.hexdigest() != found.sha256:
        raise BackupError(f"{file} is damaged: its checksum is another")
