"""Column types with one Python meaning on every database.

Values are made portable here, at the bottom, never by callers. A value that some
database could not hold is refused on all of them, before the driver sees it, with
the name of the column.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from bedplate import dialects
from bedplate.checks import (
    check_json,
    check_uuid,
    check_whole,
)
from bedplate.encryption import Encrypted
from bedplate.errors import InvalidValueError
from bedplate.portable import Portable
from bedplate.texts import CodeText, LongText, SearchText, searched

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import Dialect as EngineDialect

    from bedplate.vectors import Array

__all__ = [
    "CodeText",
    "Double",
    "Encrypted",
    "JSONDocument",
    "Key",
    "LongText",
    "Mark",
    "Portable",
    "SearchText",
    "UTCDateTime",
    "Uuid",
    "Vector",
    "WholeNumber",
    "is_number",
    "searched",
]


_NEARLY_INFINITE = 1e308


class WholeNumber(Portable):
    """A whole number of so many bits; NumPy's are taken, a fraction is refused."""

    impl = sa.BigInteger
    cache_ok = True

    def __init__(self, bits: int = 64) -> None:
        super().__init__()
        self.bits = bits

    def shape(self, dialect: dialects.Dialect) -> TypeEngine[Any]:
        return {16: sa.SmallInteger(), 32: sa.Integer()}.get(self.bits, sa.BigInteger())

    def process_bind_param(self, value: Any, dialect: EngineDialect) -> Any:
        if value is None:
            return None
        largest = 2 ** (self.bits - 1) - 1
        return check_whole(value, self.column_name, -largest - 1, largest)

    def bind_processor(self, dialect: EngineDialect) -> Any:
        own = type(self).process_bind_param is not WholeNumber.process_bind_param
        if own or self.impl_instance.bind_processor(dialect):
            return super().bind_processor(dialect)  # a subclass does more
        name, largest = self.column_name, 2 ** (self.bits - 1) - 1
        lowest = -largest - 1

        def ready(value: Any) -> Any:
            if type(value) is int and lowest <= value <= largest:
                return value
            return None if value is None else check_whole(value, name, lowest, largest)

        return ready

    def passes(self, kind: type, values: Sequence[Any], dialect: EngineDialect) -> bool:
        if kind is not int:
            return False
        largest = 2 ** (self.bits - 1) - 1
        return bool(-largest - 1 <= min(values) and max(values) <= largest)


class Key(WholeNumber):
    """A surrogate key, given by the database; 64 bits."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(64)

    def shape(self, dialect: dialects.Dialect) -> TypeEngine[Any]:
        return dialect.key()


class Uuid(Portable):
    """A UUID, 16 bytes ordered as its text is; its text is taken as well."""

    cache_ok = True
    impl = sa.Uuid

    def shape(self, dialect: dialects.Dialect) -> TypeEngine[Any]:
        return dialect.uuid()

    def process_bind_param(self, value: Any, dialect: EngineDialect) -> Any:
        if value is None:
            return None
        found = check_uuid(value, self.column_name)
        return found if self._is_native(dialect) else found.bytes

    def process_result_value(self, value: Any, dialect: EngineDialect) -> UUID | None:
        return UUID(bytes=value) if isinstance(value, bytes) else value

    def literal_processor(self, dialect: EngineDialect) -> Callable[[Any], str]:
        native = self._is_native(dialect)

        def written(value: Any) -> str:
            found = check_uuid(value, self.column_name)
            return f"'{found}'" if native else f"X'{found.hex}'"

        return written

    def _is_native(self, dialect: EngineDialect) -> bool:
        return isinstance(self.load_dialect_impl(dialect), sa.Uuid)


_SAMENESS = {operators.eq, operators.ne, operators.is_, operators.is_not}


class Mark(TypeDecorator[bool]):
    """True or nothing: False is stored as NULL.

    NULLs never collide, so a plain unique constraint over a group and its mark allows
    one marked row a group, on every database, without a partial index.
    """

    impl = sa.Boolean
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[bool]):
        """Knows that what is not marked is NULL."""

        def operate(self, op: Any, *other: Any, **options: Any) -> Any:
            if op in _SAMENESS and isinstance(other[0], bool):
                marked = other[0] == (op in (operators.eq, operators.is_))
                return self.expr.is_not(None) if marked else self.expr.is_(None)
            return super().operate(op, *other, **options)

    comparator_factory = Comparator

    def process_bind_param(self, value: Any, dialect: EngineDialect) -> bool | None:
        if isinstance(value, str | bytes) or value not in (None, False, True):
            raise InvalidValueError(f"a mark is True or False, not {value!r}")
        return True if value else None

    def process_result_value(self, value: Any, dialect: EngineDialect) -> bool:
        return bool(value)


class UTCDateTime(Portable):
    """An aware moment, kept in UTC to the microsecond; comes back aware, in UTC."""

    cache_ok = True
    _kept: tuple[EngineDialect, bool] | None = None
    impl = sa.DateTime

    def shape(self, dialect: dialects.Dialect) -> TypeEngine[Any]:
        return dialect.timestamp()

    def process_bind_param(self, value: Any, dialect: EngineDialect) -> Any:
        if value is None:
            return None
        if type(value) is datetime and value.tzinfo is UTC:
            return value if self._keeps_zone(dialect) else value.replace(tzinfo=None)
        if not isinstance(value, datetime):
            raise InvalidValueError(
                f"a datetime is needed, not {type(value).__name__}", self.column_name
            )
        if value.utcoffset() is None:
            raise InvalidValueError(
                f"{value.isoformat()} has no time zone: use datetime.now(UTC), or "
                ".replace(tzinfo=...) with the zone it was taken in",
                self.column_name,
            )
        try:
            utc = value.astimezone(UTC)
        except OverflowError:
            raise InvalidValueError(
                f"{value.isoformat()} is outside of the years 1 to 9999 in UTC",
                self.column_name,
            ) from None
        return utc if self._keeps_zone(dialect) else utc.replace(tzinfo=None)

    def _keeps_zone(self, dialect: EngineDialect) -> bool:
        kept = self._kept  # read once: another thread may put another dialect's there
        if kept is None or kept[0] is not dialect:
            shape = self.load_dialect_impl(dialect)
            kept = self._kept = (dialect, bool(getattr(shape, "timezone", False)))
        return kept[1]

    def result_processor(
        self, dialect: EngineDialect, coltype: object
    ) -> Callable[[Any], Any]:
        # In place of process_result_value(), which costs another call for each value.
        shape = self.load_dialect_impl(dialect)
        parse = shape.result_processor(dialect, coltype)
        if parse is not None and getattr(shape, "reads_utc", False):
            return parse

        def read(value: Any) -> datetime | None:
            if value is None:
                return None
            found: Any = value if parse is None else parse(value)
            moment: datetime = found
            if moment.tzinfo is UTC:
                return moment
            if moment.tzinfo is None:
                return moment.replace(tzinfo=UTC)
            return moment.astimezone(UTC)

        return read


class JSONDocument(Portable):
    """A JSON value that reads back equal: no NaN, no NUL, integers of 64 bits.

    Keys are strings; a tuple comes back as the list it is in JSON. Lists and objects
    may stand in one another 31 deep, which is all MariaDB takes.
    """

    cache_ok = True
    impl = sa.JSON

    def shape(self, dialect: dialects.Dialect) -> TypeEngine[Any]:
        return dialect.json_document()

    def process_bind_param(self, value: Any, dialect: EngineDialect) -> Any:
        if value is not None:
            check_json(value, self.column_name)
        return value


class Vector(Portable):
    """A row of numbers of any length, float32; comes back as a NumPy array.

    Stored as it is in memory, little-endian: the same bytes, and so the same distances,
    on every database. Lists and tuples are taken as well.
    """

    cache_ok = True
    impl = sa.LargeBinary

    def shape(self, dialect: dialects.Dialect) -> TypeEngine[Any]:
        return dialect.vector()

    def process_bind_param(self, value: Any, dialect: EngineDialect) -> Any:
        if value is None:
            return None
        from bedplate.vectors import check_vector, stored  # NumPy takes time to load

        return stored(check_vector(value, self.column_name))

    def process_result_value(self, value: Any, dialect: EngineDialect) -> Array | None:
        if value is None:
            return None
        from bedplate.vectors import read

        return read(value)

    def compare_values(self, x: Any, y: Any) -> bool:
        if x is None or y is None:
            return x is y
        from bedplate.vectors import check_vector

        one, other = (check_vector(side, self.column_name) for side in (x, y))
        return one.tobytes() == other.tobytes()


class _IsNumber(FunctionElement[bool]):
    """True where a float column holds anything but NaN."""

    inherit_cache = True
    type = sa.Boolean()


@compiles(_IsNumber)
def _compile_is_number(element: _IsNumber, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.clauses, **options)
    return dialects.dialect(compiler.dialect.name).is_number(column)


_COMPARISONS = {
    operators.lt,
    operators.le,
    operators.gt,
    operators.ge,
    operators.eq,
    operators.ne,
    operators.between_op,
    operators.in_op,
    operators.not_in_op,
}


class Double(Portable):
    """A float of 64 bits, NaN and infinities included, read back exactly.

    No comparison of the column with a value matches NaN, whatever the database thinks
    of it.
    """

    cache_ok = True
    impl = sa.Double

    class Comparator(TypeDecorator.Comparator[Any]):
        """Adds "and it is a number" to each comparison."""

        def operate(self, op: Any, *other: Any, **options: Any) -> Any:
            expression = super().operate(op, *other, **options)
            if op not in _COMPARISONS or other[0] is None:
                return expression
            if op is not operators.ne and any(map(_is_nan, other)):
                return sa.false()  # to the databases it is a number above all others
            sides = (self.expr, *filter(_is_double, other))
            return sa.and_(expression, *map(_IsNumber, sides))

    comparator_factory = Comparator

    def shape(self, dialect: dialects.Dialect) -> TypeEngine[Any]:
        return dialect.double()

    def process_bind_param(self, value: Any, dialect: EngineDialect) -> Any:
        if value is None:
            return None
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise InvalidValueError(
                f"a number is needed, not {value!r}", self.column_name
            ) from None
        except OverflowError:
            raise InvalidValueError(
                "the number is too large for a float", self.column_name
            ) from None
        try:
            return self._ours(dialect).encode_float(number)
        except InvalidValueError as error:
            raise InvalidValueError(str(error), self.column_name) from None

    def passes(self, kind: type, values: Sequence[Any], dialect: EngineDialect) -> bool:
        # The largest numbers stand for infinities where there are none.
        return (
            kind is float
            and all(map(math.isfinite, values))
            and bool(max(map(abs, values)) < _NEARLY_INFINITE)
        )

    def result_processor(
        self, dialect: EngineDialect, coltype: object
    ) -> Callable[[Any], Any]:
        # In place of process_result_value(), which costs another call for each value.
        decode = self._ours(dialect).decode_float
        return lambda value: None if value is None else decode(value)

    def _ours(self, dialect: EngineDialect) -> dialects.Dialect:
        return dialects.dialect(dialect.name)


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and value != value


def _is_double(side: object) -> bool:
    return isinstance(getattr(side, "type", None), Double)


def is_number(column: Any) -> sa.ColumnElement[bool]:
    """Return a condition that is true where a Double column is not NaN."""
    return _IsNumber(column)
