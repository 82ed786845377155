"""Bulk work under names that say so: many rows, few statements, no entities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import defer

from bedplate.base import Base
from bedplate.checks import check_row
from bedplate.errors import InvalidValueError

if TYPE_CHECKING:
    from bedplate.repository import Repository

__all__ = ["Batches", "completed", "renewing"]

M = TypeVar("M", bound=Base)
T = TypeVar("T")
Row = Mapping[str, Any]


class Batches:
    """Bulk methods of a domain, which name the table they are about.

    The repository of one table has them without the model.
    """

    if TYPE_CHECKING:

        def of(self, model: type[M]) -> Repository[M]: ...

    def batch_insert(self, model: type[Base], rows: Iterable[Row]) -> Sequence[Any]:
        """Insert rows of a table and return their keys, in that order.

        Args:
            model: The table, by its model.
            rows: Mappings of column or attribute names. The keys stand in them, or
                the program makes them, as `Identified` does.

        Raises:
            InvalidValueError: The database would give the keys, and not every one
                tells them: use `of(model).add_many()`, which returns how many.
        """
        return self.of(model).batch_insert(rows)

    def batch_select_by_ids(self, model: type[M], ids: Iterable[Any]) -> Sequence[M]:
        """Return the rows of these keys, in that order; missing ones are left out."""
        return self.of(model).get_many(ids)

    def batch_update(self, model: type[Base], rows: Iterable[Row]) -> int:
        """Change rows of a table, each by its key; return how many were there."""
        return self.of(model).update_many(rows)


# Of a bound repository a call is a transaction of its own, marked as what it does.
Batches.batch_select_by_ids.__read_only__ = True  # type: ignore[attr-defined]  # as `reads` does, which stands above


def completed(
    model: type[Base], rows: Iterable[Row], keys: list[Any]
) -> Iterator[dict[str, Any]]:
    """Yield rows with every column that the program fills, and note their keys.

    Rows of one shape go in as they come: which columns each row names does not tell
    how many statements it takes.

    Raises:
        InvalidValueError: A row has no key, and the program does not make it.
    """
    mapper = sa.inspect(model)
    columns = [(c, c.name, key) for key, c in mapper.columns.items()]
    for row in rows:
        given = dict(check_row(row))
        whole = {n: given[key] for _, n, key in columns if key in given} | given
        for column, name, key in columns:
            if name != key:
                whole.pop(key, None)
            if name not in whole and column.server_default is None:
                _fill(whole, column)
        key_of = tuple(whole[c.name] for c in mapper.primary_key)
        keys.append(key_of if len(key_of) > 1 else key_of[0])
        yield whole


def _fill(row: dict[str, Any], column: sa.Column[Any]) -> None:
    made: Any = column.default
    if made is not None and made.is_callable:
        row[column.name] = made.arg(None)
    elif made is not None and made.is_scalar:
        row[column.name] = made.arg
    elif column.primary_key:
        raise InvalidValueError(
            "is given by the database, and not every one tells it: give it in each "
            "row, or use add_many(), which returns how many rows there were",
            column.name,
        )
    elif made is None:
        row[column.name] = None


def renewing(model: type[M], entities: Sequence[Base]) -> sa.Select[M]:
    """Return a select that loads entities anew, but for what none of them has loaded.

    A column may be left out because it is large: it stays out.
    """
    states = [sa.inspect(entity) for entity in entities]
    out = [state.unloaded - state.expired_attributes for state in states]
    columns = sa.inspect(model).column_attrs.keys()
    left_out = set(columns).intersection(*out)
    deferred = [defer(getattr(model, name), raiseload=True) for name in left_out]
    anew = sa.select(model).options(*deferred)
    return anew.execution_options(populate_existing=True)
