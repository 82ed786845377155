"""What a folder of files holds: written last, when all of it is there."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from bedplate.errors import TransferError

__all__ = ["FileTold", "Format", "Manifest"]

Format = Literal["jsonl", "parquet"]

_NAME = "manifest.json"


@dataclass(frozen=True)
class FileTold:
    """The file of a table.

    Attributes:
        table: Which table.
        file: The file's name.
        rows: How many rows it has.
        checksum: Their sum, the same as in a database.
    """

    table: str
    file: str
    rows: int
    checksum: str


@dataclass(frozen=True)
class Manifest:
    """What was exported.

    Attributes:
        format: Of the files.
        revision: That of the schema.
        database: The kind of database it is from.
        taken_at: When it was begun, in ISO 8601.
        tables: The files, parents first.
        left_out: Tables that no model declared.
    """

    format: Format
    revision: str
    database: str
    taken_at: str
    tables: tuple[FileTold, ...]
    left_out: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many rows there are in all files."""
        return sum(told.rows for told in self.tables)

    def write(self, folder: Path) -> None:
        """Write it, when all files are on the disk."""
        partial = folder / f".{_NAME}.partial"
        with partial.open("w", encoding="utf-8") as target:
            json.dump(asdict(self), target, indent=2)
            target.flush()
            os.fsync(target.fileno())
        partial.rename(folder / _NAME)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read it.

        Raises:
            TransferError: There is none, or it is damaged.
        """
        try:
            found = json.loads((folder / _NAME).read_text(encoding="utf-8"))
            tables = tuple(FileTold(**told) for told in found.pop("tables"))
            left_out = tuple(found.pop("left_out"))
            return cls(**found, tables=tables, left_out=left_out)
        except FileNotFoundError:
            raise TransferError(
                f"{folder} has no {_NAME}: it is no export, or one that was interrupted"
            ) from None
        except (KeyError, TypeError, ValueError) as error:
            raise TransferError(f"{folder / _NAME} is damaged: {error}") from error
