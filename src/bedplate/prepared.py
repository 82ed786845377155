"""Statements of calls that are made often: built once, compiled once a database.

SQLAlchemy builds, looks up and wraps a statement anew at each execution, which costs
several times what a short one takes. What is prepared here goes to the driver as it
is, and its values through the same column types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm.attributes import instance_state, manager_of_class

from bedplate.base import Base
from bedplate.columns import defaults

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import Dialect as EngineDialect

__all__ = [
    "Change",
    "Form",
    "Prepared",
    "completed",
    "insertion",
    "loaded",
    "once_prepared",
]

M = TypeVar("M", bound=Base)
Process = Callable[[Any], Any]
_FORMS = "_bedplate_forms"


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
        # With the engine's own, so that they go when it goes.
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


class Form(Generic[M]):
    """A prepared statement as a driver takes it.

    Attributes:
        sql: The statement.
        key: The first attribute of the model's primary key.
    """

    def __init__(self, prepared: Prepared[M], dialect: EngineDialect) -> None:
        compiled: Any = prepared.statement.compile(dialect=dialect)
        self.sql: str = compiled.string
        self._model = prepared.model
        self._named = compiled.positiontup is None
        names = [*compiled.binds] if self._named else compiled.positiontup
        self._binds = [(n, *_binding(compiled.binds[n], dialect)) for n in names]
        self._columns = _attributes(prepared.model)
        self._dialect = dialect
        self._readers: list[tuple[str, Process]] | None = None
        self.key = _making(prepared.model)[2][0]

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """Return values as the driver takes them.

        Raises:
            InvalidValueError: A column's type refuses its value.
        """
        ready = [
            (process(values.get(name, usual)) if process else values.get(name, usual))
            for name, process, usual in self._binds
        ]
        if not self._named:
            return ready
        return {bind[0]: value for bind, value in zip(self._binds, ready, strict=True)}

    def entities(self, rows: Iterable[Sequence[Any]], cursor: Any) -> list[M]:
        """Return rows of the whole table as entities whose session is gone.

        Args:
            rows: What the driver has fetched.
            cursor: The driver's, which describes the columns; not each time, for a
                description is made when it is asked for.
        """
        readers = self._readers
        if readers is None:
            readers = self._readers = [*self._reading(cursor.description)]
        found = []
        for row in rows:
            values = dict(zip(self._columns, row, strict=True))
            for name, process in readers:
                values[name] = process(values[name])
            found.append(loaded(self._model, values))
        return found

    def _reading(
        self, description: Sequence[Sequence[Any]]
    ) -> Iterator[tuple[str, Process]]:
        """Yield how those columns are read whose values are not the driver's."""
        columns = zip(self._columns.items(), description, strict=True)
        for (name, column), (_, code, *_) in columns:
            kind = column.type.dialect_impl(self._dialect)
            process = kind.result_processor(self._dialect, code)
            if process is not None:
                yield name, process


def loaded(model: type[M], values: dict[str, Any]) -> M:
    """Return an entity with these attributes, which is as one whose session is gone."""
    manager, identity_class, key = _making(model)
    entity: M = manager.new_instance()
    entity.__dict__.update(values)
    identity = tuple([values[name] for name in key])
    instance_state(entity).key = (identity_class, identity, None)
    return entity


@cache
def _making(model: type[Base]) -> tuple[Any, type[Any], list[str]]:
    sa.orm.configure_mappers()  # else attributes of an entity cannot be read yet
    key = [name for name, c in _attributes(model).items() if c.primary_key]
    return manager_of_class(model), sa.inspect(model).base_mapper.class_, key


@cache
def _attributes(model: type[Base]) -> dict[str, Any]:
    """Return the columns of a table in their order, by their attributes' names."""
    mapper = sa.inspect(model)
    columns = model.__table__.columns
    return {mapper.get_property_by_column(c).key: c for c in columns}


def _binding(
    bind: sa.BindParameter[Any], dialect: EngineDialect
) -> tuple[Process | None, Any]:
    """Return what makes a value ready, and the value where none is given."""
    kind = bind.type.dialect_impl(dialect)
    return kind.bind_processor(dialect), bind.value


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
