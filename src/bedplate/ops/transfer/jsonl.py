"""A table as JSON Lines: an object a line, which needs nothing but Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from bedplate.encryption import meant
from bedplate.ops.transfer.plain import plain, reader
from bedplate.types import JSONDocument

if TYPE_CHECKING:
    from bedplate.ops.transfer.pages import Page
    from bedplate.ops.transfer.tables import Part

__all__ = ["Writer", "read"]

_ROWS = 10_000
_SIZE = 8_000_000
"""Rows and characters of lines that are taken together; a longer line comes alone."""

_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Writer:
    """Writes pages of a table into a file."""

    def __init__(self, part: Part, file: Path) -> None:
        self._columns = part.kinds
        self._file: IO[str] = file.open("x", encoding="utf-8", newline="\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, page: Page) -> None:
        """Add the rows of a page."""
        ready = [
            page.columns[name]
            if _is_document(column)
            else map(plain, page.columns[name])
            for name, column in self._columns.items()
        ]
        for row in zip(*ready, strict=True):
            self._file.write(_encoded(dict(zip(self._columns, row, strict=True))))
            self._file.write("\n")


def read(part: Part, file: Path) -> Iterator[dict[str, list[Any]]]:
    """Yield the columns of some rows at a time."""
    with file.open(encoding="utf-8", newline="\n") as lines:
        held: list[dict[str, Any]] = []
        size = 0
        for line in lines:
            held.append(json.loads(line))
            size += len(line)
            if size >= _SIZE or len(held) == _ROWS:
                yield _columns(part, held)
                held, size = [], 0
        if held:
            yield _columns(part, held)


def _columns(part: Part, rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {
        name: _read(column, [row[name] for row in rows])
        for name, column in part.kinds.items()
    }


def _read(column: sa.Column[Any], values: list[Any]) -> list[Any]:
    read = reader(column)
    if read is None:
        return values
    return [None if value is None else read(value) for value in values]


def _is_document(column: sa.Column[Any]) -> bool:
    return isinstance(meant(column.type), JSONDocument | sa.JSON)
