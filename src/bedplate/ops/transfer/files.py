"""All rows as a folder of files, one a table, and back into a database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from bedplate.errors import TransferError
from bedplate.ops import revisions
from bedplate.ops.transfer import copying, jsonl, parquet, sources
from bedplate.ops.transfer.manifest import FileTold, Format, Manifest
from bedplate.ops.transfer.pages import Page
from bedplate.ops.transfer.sources import Source
from bedplate.ops.transfer.sums import Sum
from bedplate.ops.transfer.work import Work

if TYPE_CHECKING:
    import sqlalchemy as sa

    from bedplate.engine import Engines
    from bedplate.ops.transfer.position import Position
    from bedplate.ops.transfer.report import Transfer, Watch
    from bedplate.ops.transfer.tables import Part

__all__ = ["export_to", "import_from"]

_FORMATS: dict[str, ModuleType] = {"jsonl": jsonl, "parquet": parquet}


def export_to(
    engines: Engines,
    folder: Path,
    metadata: sa.MetaData,
    *,
    format: Format = "jsonl",  # noqa: A002  # as pandas and the command call it
    watch: Watch | None = None,
) -> Manifest:
    """Write all rows into a new folder, as they are at one moment.

    Raises:
        SchemaError: The database is not at this program's revision.
        TransferError: The folder has files, or there is no such format.
        UnsupportedError: The format needs a package that is not installed.
    """
    if format not in _FORMATS:
        raise TransferError(f"{format!r} is not one of {', '.join(_FORMATS)}")
    revisions.check_schema(engines)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise TransferError(f"{folder} is not empty: name a new folder")
    begun = datetime.now(UTC).isoformat()
    with sources.opened(engines) as source:
        work = Work.of(source, metadata, watch)
        work.begin(work.parts)
        told = [_write(work, part, folder, format) for part in work.parts]
    manifest = Manifest(
        format,
        revisions.status(engines).head,
        engines.dialect.name,
        begun,
        tuple(told),
        tuple(work.left_out),
    )
    manifest.write(folder)
    return manifest


def import_from(
    engines: Engines,
    folder: Path,
    metadata: sa.MetaData,
    *,
    replace: bool = False,
    watch: Watch | None = None,
) -> Transfer:
    """Write the rows of such a folder into a database, and compare both sides.

    Raises:
        TransferError: It is no export, or of another revision; there are rows; or what
            was written is not what the folder says.
    """
    manifest = Manifest.read(folder)
    head = revisions.status(engines).head
    if manifest.revision != head:
        raise TransferError(
            f"{folder} is of revision {manifest.revision}, this program is at {head}: "
            "import it with the program that exported it, then upgrade the database"
        )
    known = {table.name for table in metadata.tables.values()}
    strange = [told.table for told in manifest.tables if told.table not in known]
    if strange:
        raise TransferError(
            f"no model here declares {', '.join(strange)}: install their project"
        )
    source = FolderSource(folder, manifest)
    return copying.take_over(source, engines, metadata, replace=replace, watch=watch)


class FolderSource(Source):
    """The rows of such a folder."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.name = f"the export of {manifest.taken_at} in {folder.absolute()}"
        self.present = frozenset(told.table for told in manifest.tables)
        self._folder = folder
        self._format = _FORMATS[manifest.format]
        self._files = {told.table: told for told in manifest.tables}

    def count(self, part: Part) -> int:
        return self._files[part.name].rows

    def pages(self, part: Part, position: Position | None = None) -> Iterator[Page]:
        there = position.rows if position else 0
        file = self._folder / self._files[part.name].file
        try:
            for columns in self._format.read(part, file):
                rows = len(next(iter(columns.values())))
                if there < rows:
                    yield _page(part, columns, there)
                there = max(0, there - rows)
        except (KeyError, OSError, TypeError, ValueError) as error:
            raise TransferError(
                f"{file} is damaged: {type(error).__name__}: {error}"
            ) from error

    def late(self, part: Part) -> Iterator[Page]:
        return self.pages(part)

    def known(self, part: Part) -> Sum:
        told = self._files[part.name]
        return Sum(told.rows, int(told.checksum, 16))


def _page(part: Part, columns: dict[str, list[Any]], there: int) -> Page:
    left = {name: values[there:] for name, values in columns.items()}
    last = tuple(left[column.name][-1] for column in part.key)
    return Page(left, len(next(iter(left.values()))), last)


def _write(work: Work, part: Part, folder: Path, format: Format) -> FileTold:  # noqa: A002  # the same
    name, summed = f"{part.name}.{format}", Sum()
    with _FORMATS[format].Writer(part, folder / name) as writer:
        for page in work.source.pages(part):
            writer.write(page)
            summed.add(part.kinds, page.columns)
            work.tell("exporting", part, page.rows)
    return FileTold(part.name, name, summed.rows, summed.hex)
