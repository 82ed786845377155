"""A cursor of PyMySQL that recognises the columns of a result it has seen before.

A result begins with a packet for each column that describes it. PyMySQL is written in
Python: for a row of twenty columns it takes longer to read these than for all the rest.
They are the same bytes each time a statement is run, so they are compared, and only
taken apart where they are others.
"""

from __future__ import annotations

import struct
from typing import Any

from pymysql.connections import MySQLResult  # type: ignore[import-untyped]  # no types
from pymysql.constants import COMMAND  # type: ignore[import-untyped]
from pymysql.cursors import Cursor  # type: ignore[import-untyped]

__all__ = ["KnowingCursor"]

_KNOWN = "_bedplate_known"
"""Where a driver's connection keeps what is known of its statements' results."""


class _Columns:
    """The columns of a result, as they came and as PyMySQL has read them."""

    def __init__(self, result: Any, first: int) -> None:
        self.fields: list[Any] = result.fields
        self.converters: list[Any] = result.converters
        self.description: tuple[Any, ...] = result.description
        self.packets = b"".join(  # of each the length, its number, and what it holds
            struct.pack("<I", len(field._data))[:3]
            + bytes([(first + place) % 256])
            + field._data
            for place, field in enumerate(self.fields)
        )


class _Result(MySQLResult):  # type: ignore[misc]  # it has no types
    """A result whose columns may be known.

    Args:
        connection: Where it comes from.
        known: The columns of each statement that were seen on it.
        statement: Of which it is.
    """

    def __init__(
        self, connection: Any, known: dict[str, _Columns], statement: str
    ) -> None:
        super().__init__(connection)
        self._known = known
        self._statement = statement

    def _get_descriptions(self) -> None:
        known = self._known.get(self._statement)
        as_many = known is not None and len(known.fields) == self.field_count
        if known is None or not (as_many and self._passed(known.packets)):
            first = self.connection._next_seq_id
            super()._get_descriptions()
            self._known[self._statement] = _Columns(self, first)
            return
        self.fields, self.converters = known.fields, known.converters
        self.description = known.description
        if not self.connection._read_packet().is_eof_packet():
            raise AssertionError("a result's columns do not end where they did")

    def _passed(self, packets: bytes) -> bool:
        """Pass over the packets that come next, if they are these."""
        connection, size = self.connection, len(packets)
        try:
            if connection._rfile.peek(size)[:size] != packets:
                return False
        except OSError:  # PyMySQL meets it as well, and says what it means
            return False
        connection._rfile.read(size)
        connection._next_seq_id = (connection._next_seq_id + self.field_count) % 256
        return True


class KnowingCursor(Cursor):  # type: ignore[misc]  # it has no types
    """A cursor for few statements that are run often."""

    def execute(self, query: str, args: Any = None) -> int:
        self._statement = query
        found: int = super().execute(query, args)
        return found

    def _query(self, q: str | bytes) -> int:
        connection: Any = self._get_db()
        self._clear_result()
        sent = (
            q.encode(connection.encoding, "surrogateescape")
            if isinstance(q, str)
            else q
        )
        connection._execute_command(COMMAND.COM_QUERY, sent)
        connection._result = None
        known = connection.__dict__.setdefault(_KNOWN, {})
        result = _Result(connection, known, self._statement)
        result.read()
        connection._result = result
        connection._affected_rows = result.affected_rows
        if result.server_status is not None:
            connection.server_status = result.server_status
        self._do_get_result()
        rows: int = self.rowcount
        return rows
