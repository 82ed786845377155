"""A table as Parquet, by pyarrow, which the extra `parquet` brings.

Columns have the type that a reader expects: whole numbers of their width, floats of 64
bits, moments in UTC to the microsecond, vectors as lists of 32-bit floats. UUIDs and
exact decimals are their text, and JSON is its text too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from bedplate.encryption import meant
from bedplate.errors import UnsupportedError
from bedplate.ops.transfer.plain import plain, reader
from bedplate.types import JSONDocument, UTCDateTime, Vector, WholeNumber

if TYPE_CHECKING:
    from bedplate.ops.transfer.pages import Page
    from bedplate.ops.transfer.tables import Part

__all__ = ["Writer", "read"]

_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Writer:
    """Writes pages of a table into a file, each as a group of rows."""

    def __init__(self, part: Part, file: Path) -> None:
        arrow, parquet = _arrow()
        self._columns = part.kinds
        kinds = {name: _kind(arrow, c) for name, c in self._columns.items()}
        self._schema = arrow.schema(
            [
                arrow.field(name, kind, nullable=self._columns[name].nullable or False)
                for name, kind in kinds.items()
            ]
        )
        self._arrow = arrow
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()

    def write(self, page: Page) -> None:
        """Add the rows of a page."""
        arrays = [
            self._arrow.array(_ready(self._columns[field.name], values), field.type)
            for field in self._schema
            for values in [page.columns[field.name]]
        ]
        table = self._arrow.Table.from_arrays(arrays, schema=self._schema)
        self._writer.write_table(table)


def read(part: Part, file: Path) -> Iterator[dict[str, list[Any]]]:
    """Yield the columns of some rows at a time: of those that were written together."""
    _, parquet = _arrow()
    with parquet.ParquetFile(file) as found:
        for group in range(found.num_row_groups):
            table = found.read_row_group(group)
            yield {
                name: _read(column, table.column(name).to_pylist())
                for name, column in part.kinds.items()
            }


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UnsupportedError(
            "Parquet needs pyarrow: pip install 'bedplate[parquet]', or use JSON Lines"
        ) from error
    return pyarrow, pyarrow.parquet


def _kind(arrow: Any, column: sa.Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, Vector):
        return arrow.list_(arrow.float32())
    python = _python_type(column)
    if python is int and isinstance(kind, WholeNumber):
        return {16: arrow.int16(), 32: arrow.int32()}.get(kind.bits, arrow.int64())
    if python is datetime:
        zone = "UTC" if isinstance(kind, UTCDateTime) else None
        return arrow.timestamp("us", tz=zone)
    simple = {
        int: arrow.int64(),
        float: arrow.float64(),
        bool: arrow.bool_(),
        bytes: arrow.large_binary(),
        date: arrow.date32(),
        timedelta: arrow.duration("us"),
    }
    return simple.get(python, arrow.string())


def _python_type(column: sa.Column[Any]) -> type:
    kind = column.type
    for told in (kind, getattr(kind, "impl_instance", kind)):
        with suppress(NotImplementedError):
            if told.python_type is not object:  # a decorator that does not say
                return told.python_type
    return str


_OWN = (int, float, bool, bytes, date, datetime, timedelta, str)


def _ready(column: sa.Column[Any], values: list[Any]) -> list[Any]:
    if isinstance(meant(column.type), JSONDocument | sa.JSON):
        return [None if value is None else _encoded(value) for value in values]
    if isinstance(column.type, Vector) or _python_type(column) in _OWN:
        return values
    return [*map(plain, values)]


def _read(column: sa.Column[Any], values: list[Any]) -> list[Any]:
    if isinstance(meant(column.type), JSONDocument | sa.JSON):
        return [None if value is None else json.loads(value) for value in values]
    if not isinstance(column.type, Vector) and _python_type(column) in _OWN:
        return values
    read = reader(column)
    if read is None:
        return values
    return [None if value is None else read(value) for value in values]
