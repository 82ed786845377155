"""What PyMySQL does more often than it has to: looking at columns, setting timeouts.

It is written in Python, and most of a short statement is its work. A result begins with
a packet for each column that describes it: the same bytes each time a statement is run,
so they are compared, and only taken apart where they are others. And what has come
whole, as a few rows do, is read where it lies, not packet by packet.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pymysql.connections import (  # type: ignore[import-untyped]  # it has no types
    MAX_PACKET_LEN,
    MySQLResult,
)
from pymysql.constants import (  # type: ignore[import-untyped]
    COMMAND,
    CR,
    SERVER_STATUS,
)
from pymysql.converters import convert_datetime  # type: ignore[import-untyped]
from pymysql.cursors import Cursor  # type: ignore[import-untyped]
from pymysql.err import (  # type: ignore[import-untyped]
    MySQLError,
    OperationalError,
)

__all__ = ["KnowingCursor", "QuietSocket"]

_KNOWN = "_bedplate_known"
"""Where a driver's connection keeps what is known of its statements' results."""


_NULL, _END, _ERROR = 251, 254, 255
"""What a value, or a packet, begins with that is none."""

_WIDTHS = {252: 2, 253: 3, 254: 8}
"""By what a long value begins with, the bytes of its length."""

Statement = tuple[str, Any]
"""A statement and its values."""

Converters = Sequence[tuple[str | None, Callable[[Any], Any] | None]]
"""Of each column its encoding, and what makes a value of a text."""


class QuietSocket:
    """A socket that is told a timeout only where that is another one.

    PyMySQL sets it before whatever it reads or writes: each time a call of the system,
    in which another thread may go first.

    Attributes:
        socket: The socket, which has all the rest.
    """

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self._timeout = socket.gettimeout()
        self.sendall = socket.sendall

    def settimeout(self, seconds: float | None) -> None:
        """Set the timeout, None for none."""
        if seconds != self._timeout:
            self.socket.settimeout(seconds)
            self._timeout = seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self.socket, name)


class _Columns:
    """The columns of a result, as they came and as PyMySQL has read them.

    Attributes:
        fields: What PyMySQL knows of each.
        converters: How it reads the values of each.
        description: What it says of them to whoever asks the cursor.
        packets: As they came.
        head: What comes before them as well; None where others count packets.
        next: The number of the packet that follows.
    """

    def __init__(self, result: Any, first: int) -> None:
        self.fields: list[Any] = result.fields
        self.converters: Converters = [
            (encoding, _moment if convert is convert_datetime else convert)
            for encoding, convert in result.converters
        ]
        self.description: tuple[Any, ...] = result.description
        self.packets = b"".join(  # of each the length, its number, and what it holds
            struct.pack("<I", len(field._data))[:3]
            + bytes([(first + place) % 256])
            + field._data
            for place, field in enumerate(self.fields)
        )
        count = len(self.fields)
        usual = first == 2 and count < _NULL
        head = bytes((1, 0, 0, 1, count)) + self.packets if usual else None
        self.head: bytes | None = head
        self.next = (first + count) % 256


class _Result(MySQLResult):  # type: ignore[misc]  # it has no types
    """A result whose columns may be known.

    Args:
        connection: Where it comes from.
        known: The columns of each statement that were seen on it.
        statement: Of which it is.
    """

    connection: Any  # None once all is read

    def __init__(
        self, connection: Any, known: dict[str, _Columns], statement: str
    ) -> None:
        super().__init__(connection)
        self._known = known
        self._statement = statement

    def read(self) -> None:
        known = self._known.get(self._statement)
        if known is None or not self._has_read(known):
            super().read()

    def _has_read(self, known: _Columns) -> bool:
        """Read an answer that has come whole, with these columns; else touch nothing.

        So PyMySQL meets whatever else may come, and says what it means.
        """
        connection, head = self.connection, known.head
        if head is None or connection._read_timeout is not None:
            return False
        connection._sock.settimeout(None)
        seen = _seen(connection)
        if not seen.startswith(head):
            return False
        rows: list[int] = []
        at, number, ends = len(head), known.next, 0
        while ends < 2:  # of the columns, and of the rows
            start = at + 4
            end = start + int.from_bytes(seen[at : at + 3], "little")
            if not start < end <= len(seen) or seen[at + 3] != number:
                return False
            first, at, number = seen[start], end, (number + 1) % 256
            if first == _END and end - start < 9:
                ends += 1
            elif first == _ERROR or not ends:
                return False
            else:
                rows.append(start)
        connection._rfile.read(end)
        connection._next_seq_id = number
        self.warning_count, status = struct.unpack_from("<HH", seen, start + 1)
        self.has_next = bool(status & SERVER_STATUS.SERVER_MORE_RESULTS_EXISTS)
        self._take(known)
        self.field_count, self.connection = len(known.fields), None
        self.affected_rows = len(rows)
        self.rows = tuple([_row(seen, start, known.converters) for start in rows])
        return True

    def _take(self, known: _Columns) -> None:
        self.fields, self.converters = known.fields, known.converters
        self.description = known.description

    def _read_row_from_packet(self, packet: Any) -> tuple[Any, ...]:
        return _row(packet.get_all_data(), 0, self.converters)

    def _get_descriptions(self) -> None:
        known = self._known.get(self._statement)
        as_many = known is not None and len(known.fields) == self.field_count
        if known is None or not (as_many and self._passed(known.packets)):
            first = self.connection._next_seq_id
            super()._get_descriptions()
            self._known[self._statement] = _Columns(self, first)
            return
        self._take(known)
        if not self.connection._read_packet().is_eof_packet():
            raise AssertionError("a result's columns do not end where they did")

    def _passed(self, packets: bytes) -> bool:
        """Pass over the packets that come next, if they are these."""
        connection, size = self.connection, len(packets)
        if _seen(connection)[:size] != packets:
            return False
        connection._rfile.read(size)
        connection._next_seq_id = (connection._next_seq_id + self.field_count) % 256
        return True


def _seen(connection: Any) -> bytes:
    """Return what has come of an answer, once something has, and leave it there."""
    try:
        seen: bytes = connection._rfile.peek()
    except OSError as error:  # as PyMySQL does where it reads
        connection._force_close()
        told = f"Lost connection to MySQL server during query ({error})"
        raise OperationalError(CR.CR_SERVER_LOST, told) from error
    return seen


def _moment(text: str) -> Any:
    try:
        return datetime.fromisoformat(text)  # in a fifth of the time
    except ValueError:  # a date that is none: day 0, or the 30th of February
        return convert_datetime(text)


def _row(data: bytes, at: int, converters: Converters) -> tuple[Any, ...]:
    """Return the values of a row that begins there."""
    row: list[Any] = []
    for encoding, convert in converters:
        size = data[at]
        at += 1
        if size >= _NULL:
            if size == _NULL:
                row.append(None)
                continue
            width = _WIDTHS[size]
            size = int.from_bytes(data[at : at + width], "little")
            at += width
        value: Any = data[at : at + size]
        at += size
        if encoding is not None:
            value = value.decode(encoding)
        row.append(value if convert is None else convert(value))
    return tuple(row)


class KnowingCursor(Cursor):  # type: ignore[misc]  # it has no types
    """A cursor for few statements that are run often."""

    _next: Statement | None = None
    """What is sent together with the statement that is run now."""

    _awaited: Statement | None = None
    """What was sent, and whose answer was not read yet."""

    def announce(self, query: str, args: Any) -> None:
        """Say what is run after the next statement, whatever comes of that one.

        Both are sent at once, and the server takes one after the other: that saves a
        round trip. The first has one result, or none.
        """
        self._next = query, args

    def execute(self, query: str, args: Any = None) -> int:
        self._statement = query
        if self._awaited == (query, args):
            self._awaited = None
            self._clear_result()
            self._get_db()._next_seq_id = 1
            return self._receive()
        self.pass_over()
        try:
            found: int = super().execute(query, args)
        finally:
            self._next = None
        return found

    def _query(self, q: str | bytes) -> int:
        connection: Any = self._get_db()
        self._clear_result()
        sent = _encoded(q, connection)
        then = self._next and _encoded(self.mogrify(*self._next), connection)
        if not then or not _may_send(connection, sent, then):
            connection._execute_command(COMMAND.COM_QUERY, sent)
            return self._receive()
        connection._write_bytes(_packet(sent) + _packet(then))
        connection._next_seq_id = 1
        self._awaited = self._next
        try:
            return self._receive()
        except MySQLError:
            self.pass_over()
            raise

    def _receive(self) -> int:
        connection: Any = self._get_db()
        connection._result = None
        known = connection.__dict__.setdefault(_KNOWN, {})
        result = _Result(connection, known, self._statement)
        try:
            result.read()
        except MySQLError:
            raise
        except BaseException:  # as of a signal's handler: the rest is nobody's
            connection._force_close()
            raise
        connection._result = result
        connection._affected_rows = result.affected_rows
        if result.server_status is not None:
            connection.server_status = result.server_status
        self._do_get_result()
        rows: int = self.rowcount
        return rows

    def close(self) -> None:
        if self.connection is not None:
            self.pass_over()
        super().close()

    def pass_over(self) -> None:
        """Read the answer that is awaited, if there is one, and leave it at that."""
        if self._awaited is None:
            return
        self._awaited = None
        connection: Any = self._get_db()
        if connection.open:
            connection._next_seq_id = 1
            try:
                MySQLResult(connection).read()
            except MySQLError:
                pass
            except BaseException:
                connection._force_close()
                raise


def _encoded(query: str | bytes, connection: Any) -> bytes:
    if isinstance(query, bytes):
        return query
    return query.encode(connection.encoding, "surrogateescape")


def _packet(query: bytes) -> bytes:
    # Three bytes of a length, the number of the packet, which is 0, and the command.
    return struct.pack("<iB", len(query) + 1, COMMAND.COM_QUERY) + query


def _may_send(connection: Any, *queries: bytes) -> bool:
    """Return whether statements can be sent at once: PyMySQL sees to all the rest."""
    before = connection._result
    in_the_midst = before is not None and (before.unbuffered_active or before.has_next)
    return (
        connection.open
        and not in_the_midst
        and all(len(query) + 1 < MAX_PACKET_LEN for query in queries)
    )
