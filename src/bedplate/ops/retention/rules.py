"""What a rule says should go, and the conditions that say it to a database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from bedplate.base import utcnow
from bedplate.errors import InvalidValueError
from bedplate.primary_keys import following, same
from bedplate.types import Double, UTCDateTime, is_number

if TYPE_CHECKING:
    from bedplate.dialects import Dialect

__all__ = ["Conditions", "Read", "Rule"]

Conditions = Sequence[sa.ColumnElement[bool]]
Read = Callable[[sa.Select[Any]], Sequence[sa.Row[Any]]]
"""Runs a statement and returns its rows."""

_GROUPS = 1_000
"""Groups that are listed at once."""

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True)
class Rule:
    """Which rows of a table should go.

    A row goes if it is older than `older_than`, where that is given, and is neither
    among the last nor among the best ones that are kept, where these are.

    Attributes:
        table: The table.
        older_than: The age from which rows go.
        by: The column that tells a row's age, and which rows are the last.
        keep_last: How many of the newest rows stay, however old they are.
        keep_best: How many of the best rows stay, however old they are.
        best: The column that tells the best; NULL and NaN are never among them.
        order: Whether the least or the greatest are the best.
        per: The column whose every value has its own last and best; None: the table.
    """

    table: str
    older_than: timedelta | None = None
    by: str = "created_at"
    keep_last: int | None = None
    keep_best: int | None = None
    best: str | None = None
    order: Literal["min", "max"] = "min"
    per: str | None = None

    def __post_init__(self) -> None:
        if self.older_than is None and self.keep_last is None and not self.keep_best:
            raise InvalidValueError(
                f"the rule for {self.table} would delete every row: say older_than, "
                "keep_last or keep_best"
            )
        if self.older_than is not None and self.older_than <= timedelta():
            raise InvalidValueError("has to be longer than nothing", "older_than")
        for name in ("keep_last", "keep_best"):
            count = getattr(self, name)
            if count is not None and not (isinstance(count, int) and count > 0):
                raise InvalidValueError(f"{count!r} is no number of rows", name)
        if (self.keep_best is None) != (self.best is None):
            raise InvalidValueError("keep_best and best go together", "keep_best")
        if self.order not in ("min", "max"):
            raise InvalidValueError(f"{self.order!r} is not min or max", "order")

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Rule:
        """Return the rule of a table in a TOML file.

        Raises:
            InvalidValueError: It is none.
        """
        known = {field.name for field in fields(cls)}
        if strange := sorted(given.keys() - known):
            there = ", ".join(sorted(known))
            raise InvalidValueError(
                f"a rule has no {', '.join(strange)} (it has {there})"
            )
        if "table" not in given:
            raise InvalidValueError("is needed", "table")
        age = given.get("older_than")
        return cls(**{**given, "older_than": None if age is None else duration(age)})

    def groups(
        self, table: sa.Table, read: Read, dialect: Dialect, now: datetime
    ) -> Iterator[Conditions]:
        """Yield the conditions of the rows that should go, one group after another."""
        old = [] if self.older_than is None else [self._older(table, now)]
        if self.per is None:
            yield [*old, *self._others(table, read, dialect, [])]
            return
        for group in _groups(_column(table, self.per), read):
            yield [*old, group, *self._others(table, read, dialect, [group])]

    def _older(self, table: sa.Table, now: datetime) -> sa.ColumnElement[bool]:
        column = _column(table, self.by)
        kind: Any = column.type
        if not isinstance(kind, UTCDateTime | sa.DateTime | sa.Date):
            raise InvalidValueError(
                f"{table.name}.{self.by} tells no moment: name a column that does"
            )
        if isinstance(kind, sa.DateTime) and not kind.timezone:
            now = now.replace(tzinfo=None)  # UTC, as in every column of ours
        return column < now - (self.older_than or timedelta())

    def columns(self, table: sa.Table) -> None:
        """Make sure that the columns are there, and tell what they should.

        Raises:
            InvalidValueError: One does not.
        """
        for name in (self.by, self.best, self.per):
            needed = name != self.by or self.older_than or self.keep_last is not None
            if name is not None and needed:
                _column(table, name)
        if self.older_than is not None:
            self._older(table, utcnow())

    def _others(
        self, table: sa.Table, read: Read, dialect: Dialect, group: Conditions
    ) -> Iterator[sa.ColumnElement[bool]]:
        """Yield what leaves out the rows of a group that are kept."""
        if self.keep_last:
            key, by = [*table.primary_key.columns], _column(table, self.by)
            newest = [by.desc(), *(column.desc() for column in key)]
            last = sa.select(by, *key).where(*group, by.is_not(None)).order_by(*newest)
            found = read(last.offset(self.keep_last - 1).limit(1))
            # There may not even be that many.
            yield _before_last(table, by, found[0], dialect) if found else sa.false()
        if self.keep_best and self.best:
            yield from self._not_best(table, read, group)

    def _not_best(
        self, table: sa.Table, read: Read, group: Conditions
    ) -> Iterator[sa.ColumnElement[bool]]:
        column, key = _column(table, self.best or ""), [*table.primary_key.columns]
        first = column.asc() if self.order == "min" else column.desc()
        best = sa.select(*key).where(column.is_not(None), *group).order_by(first, *key)
        if isinstance(column.type, Double):
            best = best.where(is_number(column))
        for row in read(best.limit(self.keep_best)):
            yield ~same(table, tuple(row))


def duration(text: object) -> timedelta:
    """Return a duration such as "30d", "12h", "2w".

    Raises:
        InvalidValueError: It is none.
    """
    found = re.fullmatch(r"(\d+)\s*([smhdw])", str(text))
    if found is None:
        raise InvalidValueError(
            f"{text!r} is no duration: write 30d, 12h or 2w (s, m, h, d, w)"
        )
    try:
        return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
    except OverflowError:
        raise InvalidValueError(f"{text!r} is too long a time") from None


def _before_last(
    table: sa.Table, by: sa.Column[Any], found: sa.Row[Any], dialect: Dialect
) -> sa.ColumnElement[bool]:
    """Return the condition that a row comes before the last ones that are kept."""
    moment: Any = found[0]
    last: tuple[Any, ...] = tuple(found[1:])
    # Rows of one moment are told apart by their keys: bulk work writes many.
    later: sa.ColumnElement[bool] = following(table, last, dialect)
    earlier: sa.ColumnElement[bool] = by < moment
    return sa.or_(earlier, sa.and_(by == moment, ~sa.or_(later, same(table, last))))


def _groups(column: sa.Column[Any], read: Read) -> Iterator[sa.ColumnElement[bool]]:
    listed = sa.select(column).distinct().order_by(column).limit(_GROUPS)
    if column.nullable:
        yield column.is_(None)
    following = listed.where(column.is_not(None))
    while found := read(following):
        for (value,) in found:
            yield column == value
        following = listed.where(column > found[-1][0])


def _column(table: sa.Table, name: str) -> sa.Column[Any]:
    if name not in table.columns:
        raise InvalidValueError(
            f"{table.name} has no column {name!r} (it has "
            f"{', '.join(column.name for column in table.columns)})"
        )
    return table.columns[name]
