"""Statements of calls that are made often: built once, compiled once a database.

SQLAlchemy builds, looks up and wraps a statement anew at each execution, which costs
several times what a short one takes. What is prepared here goes to the driver as it
is, and its values through the same column types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import sqlalchemy as sa

from bedplate.base import Base
from bedplate.columns import defaults
from bedplate.conversions import Process, making_ready, naming, reading

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import Dialect as EngineDialect

__all__ = [
    "Change",
    "Form",
    "Prepared",
    "Rows",
    "Written",
    "by_key",
    "completed",
    "insertion",
    "is_plain",
    "loaded",
    "once_prepared",
]

M = TypeVar("M", bound=Base)
_FORMS, _SELECTS = "_bedplate_forms", "_bedplate_selects"
"""Where an engine's dialect keeps its own, so that they go when it goes."""

_MOST_SELECTS = 256
"""Selects that an engine keeps: searches have many forms."""

_LATER = ("select", "raise", "raise_on_sql", "dynamic", "write_only")
"""How a relationship is loaded that is not loaded together with its row."""


class Prepared(Generic[M]):
    """A statement about the rows of one model, its values bound by name.

    Args:
        model: Whose rows it is about.
        statement: A select of the whole model, or an update or insert of its table.
    """

    def __init__(self, model: type[M], statement: Any) -> None:
        self.model = model
        self.statement = statement

    def on(self, dialect: EngineDialect) -> Form[M]:
        """Return it as one engine's driver takes it."""
        forms: dict[Any, Form[M]] = dialect.__dict__.setdefault(_FORMS, {})
        form = forms.get(self)
        if form is None:
            form = forms[self] = Form(self, dialect)
        return form


@cache
def once_prepared(model: type[M], statement: Any) -> Prepared[M]:
    """Return a statement, which is kept by whoever made it, prepared."""
    return Prepared(model, statement)


class Change(Generic[M]):
    """An update of one row, and how that row is read afterwards.

    Args:
        model: Whose row it is.
        update: The update of its table.
        fresh: The select of the same row, with the same names for what finds it.
    """

    def __init__(self, model: type[M], update: sa.Update, fresh: Prepared[M]) -> None:
        columns = model.__table__.columns
        self.update = Prepared(model, update)
        self.returning = Prepared(model, update.returning(*columns))
        self.fresh = fresh


class Written:
    """A statement as a driver takes it.

    Attributes:
        sql: The statement.
    """

    def __init__(self, statement: Any, dialect: EngineDialect) -> None:
        compiled: Any = statement.compile(dialect=_positional(dialect))
        self.sql: str = compiled.string
        self._dialect = dialect
        binds, names = compiled.binds, compiled.positiontup
        self._ready = making_ready([(n, *_binding(binds[n], dialect)) for n in names])

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """Return values as the driver takes them.

        Raises:
            InvalidValueError: A column's type refuses its value.
        """
        return self._ready(values.get)

    def _readers(
        self, columns: Iterable[Any], description: Sequence[Sequence[Any]]
    ) -> list[Process | None]:
        """Return what reads the values of each column, by its type and the driver's."""
        told = zip(columns, description, strict=True)
        kinds = ((c.type.dialect_impl(self._dialect), of[1]) for c, of in told)
        return [kind.result_processor(self._dialect, code) for kind, code in kinds]


class Rows(Written):
    """A select, whose rows are tuples, as a driver takes it."""

    def __init__(self, select: sa.Select[Any], dialect: EngineDialect) -> None:
        super().__init__(select, dialect)
        self._columns = [*select.selected_columns]
        self._read: Callable[[Any], list[tuple[Any, ...]]] | None = None

    @classmethod
    def of(cls, select: sa.Select[Any], dialect: EngineDialect) -> Rows:
        """Return a select, kept by whoever made it, as one engine's driver takes it."""
        known: dict[Any, Rows] = dialect.__dict__.setdefault(_SELECTS, {})
        form = known.get(select)
        if form is None:
            if len(known) >= _MOST_SELECTS:
                known.clear()
            form = known[select] = cls(select, dialect)
        return form

    def tuples(self, rows: Iterable[Sequence[Any]], cursor: Any) -> list[Any]:
        """Return what the driver has fetched, each value read by its column's type."""
        read = self._read
        if read is None:
            readers = self._readers(self._columns, cursor.description)
            read = self._read = reading(readers)
        return read(rows)


class Form(Written, Generic[M]):
    """A prepared statement as a driver takes it.

    Attributes:
        sql: The statement.
        key: The first attribute of the model's primary key.
    """

    def __init__(self, prepared: Prepared[M], dialect: EngineDialect) -> None:
        super().__init__(prepared.statement, dialect)
        self._model = prepared.model
        self._columns = _attributes(prepared.model)
        self._named: Callable[[Any], list[dict[str, Any]]] | None = None
        self.key = next(n for n, c in self._columns.items() if c.primary_key)

    def entities(self, rows: Iterable[Sequence[Any]], cursor: Any) -> list[M]:
        """Return rows of the whole table as entities whose session is gone.

        Args:
            rows: What the driver has fetched.
            cursor: The driver's, which describes the columns; not each time, for a
                description is made when it is asked for.
        """
        named, model = self._named, self._model
        if named is None:
            named = self._named = self._naming(cursor.description)
        new, found = object.__new__, []
        for values in named(rows):  # as loaded() does, of which there may be thousands
            entity = new(model)
            entity.__dict__ = values
            found.append(entity)
        return found

    def _naming(
        self, description: Sequence[Sequence[Any]]
    ) -> Callable[[Iterable[Sequence[Any]]], list[dict[str, Any]]]:
        """Return what names the values of rows, each read by its column's type."""
        readers = self._readers(self._columns.values(), description)
        return naming([*self._columns], readers)


def _positional(dialect: EngineDialect) -> Any:
    """Return a dialect whose statements take values by their places, not by names.

    A driver that takes both looks each name up, at every call.
    """
    if dialect.positional:
        return dialect
    other: Any = copy(dialect)
    other.paramstyle, other.positional = "format", True
    return other


def loaded(model: type[M], values: dict[str, Any]) -> M:
    """Return an entity with these attributes, which is as one whose session is gone."""
    entity = object.__new__(model)
    entity.__dict__ = values
    return entity


@cache
def _attributes(model: type[Base]) -> dict[str, Any]:
    """Return the columns of a table in their order, by their attributes' names."""
    sa.orm.configure_mappers()  # else attributes of an entity cannot be read yet
    mapper = sa.inspect(model)
    columns = model.__table__.columns
    return {mapper.get_property_by_column(c).key: c for c in columns}


def _binding(
    bind: sa.BindParameter[Any], dialect: EngineDialect
) -> tuple[Any, Process | None]:
    """Return the value where none is given, and what makes a value ready."""
    kind = bind.type.dialect_impl(dialect)
    return bind.value, kind.bind_processor(dialect)


@cache
def by_key(model: type[M]) -> tuple[Prepared[M], tuple[str, ...]]:
    """Return the select of a row by its primary key, and its values' names in order."""
    table = cast("sa.Table", model.__table__)
    names = tuple(f"key_{column.name}" for column in table.primary_key)
    same = (
        column == sa.bindparam(name, type_=column.type)
        for name, column in zip(names, table.primary_key, strict=True)
    )
    return Prepared(model, sa.select(table).where(*same)), names


def is_plain(model: type[Base]) -> bool:
    """Return whether a row's columns are all that the ORM would load of an entity.

    And whether nobody listens to its being loaded, as types that note changes inside
    of a value do.
    """
    # In this order: types that listen begin to when mappers are configured.
    return _has_columns_only(model) and not model.__mapper__.class_manager.dispatch.load


@cache
def _has_columns_only(model: type[Base]) -> bool:
    sa.orm.configure_mappers()
    mapper, table = model.__mapper__, model.__table__
    single = mapper.persist_selectable is table and mapper.polymorphic_on is None
    mapped = [attribute for attribute in mapper.column_attrs if not attribute.deferred]
    return (
        single
        and not mapper.composites
        and {*table.columns} == {c for each in mapped for c in each.columns}
        and len(mapped) == len(table.columns) == len([*mapper.column_attrs])
        and all(other.lazy in _LATER for other in mapper.relationships)
    )


@cache
def insertion(model: type[M], *, returning: bool) -> Prepared[M]:
    """Return the insert of one row, its key left to the database.

    Its values are called after the attributes, with `new_` before.

    Args:
        model: Whose row.
        returning: Whether the key is returned; else the driver tells it.
    """
    table: Any = model.__table__
    # Not by the columns' own names, which SQLAlchemy keeps to itself.
    binds = {
        column: sa.bindparam(f"new_{name}", type_=column.type)
        for name, column in _attributes(model).items()
        if not column.primary_key
    }
    statement = sa.insert(table).values(binds)
    return Prepared(
        model, statement.returning(*table.primary_key) if returning else statement
    )


def completed(model: type[Base], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a new row: what is given, else the table's defaults."""
    return {
        name: given[name] if name in given else default() if default else None
        for name, default in _new(model).items()
    }


@cache
def _new(model: type[Base]) -> dict[str, Callable[[], Any] | None]:
    made = defaults(cast("sa.Table", model.__table__))
    return {
        name: made[column.name][1] if column.name in made else None
        for name, column in _attributes(model).items()
    }
