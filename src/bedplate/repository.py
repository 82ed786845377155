"""Repositories: typed access to tables over a session that somebody else commits."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast, get_args

import sqlalchemy as sa

from bedplate import columns as by_columns
from bedplate.base import Base
from bedplate.batches import Batches, completed, renewing
from bedplate.checks import check_row, check_rows, check_whole
from bedplate.columns import batches
from bedplate.dialects import Dialect, dialect_of
from bedplate.direct import ThroughSession
from bedplate.errors import InvalidValueError, NotFoundError
from bedplate.marks import prepared, reads
from bedplate.primary_keys import among, following, key_values, same
from bedplate.types import searched
from bedplate.upserts import upsert_in_parts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from bedplate.direct import Way

__all__ = ["DomainRepository", "Repository", "prepared", "reads"]

M = TypeVar("M", bound=Base)
R = TypeVar("R", bound="DomainRepository")
T = TypeVar("T")
Row = Mapping[str, Any]
Columns = dict[str, list[Any]]

_BATCH = 5_000
"""Rows a statement: its fixed cost is lost, and 2 KB texts stay at 10 MB a batch."""

_FEW = 20
"""Rows up to which SQLAlchemy's own statement, which is kept compiled, is as fast."""


class DomainRepository(Batches):
    """What every repository has: a session, and ways to run a statement on it.

    A method builds a statement and hands it to `all`, `first` or `total`. Nothing
    here commits.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def session(self) -> Session:
        """The session all statements run on."""
        return self._session

    @property
    def _way(self) -> Way:
        """How prepared statements are run: as part of the session's work."""
        return ThroughSession(self.session)

    @property
    def connection(self) -> sa.Connection:
        """The session's connection, for work on plain rows; entities are flushed."""
        if self.session.autoflush:
            self.session.flush()
        return self.session.connection()

    @property
    def dialect(self) -> Dialect:
        """What the session's database can do."""
        return dialect_of(self.session.get_bind())

    def of(self, model: type[M]) -> Repository[M]:
        """Return the repository of a table, on the same session."""
        return self.beside(_repository_of(model))

    def beside(self, repository: type[R]) -> R:
        """Return another repository on the same session."""
        return repository(self.session)

    def _all(self, statement: sa.Select[T]) -> Sequence[T]:
        return self.session.scalars(statement).all()

    def _page(self, statement: sa.Select[T], limit: int) -> Sequence[T]:
        check_whole(limit, "limit", 0, sys.maxsize)
        return self._all(statement.limit(limit))

    def _first(self, statement: sa.Select[T]) -> T | None:
        return self.session.scalars(statement.limit(1)).first()

    def _total(self, statement: sa.Select[Any]) -> int:
        counted = sa.select(sa.func.count()).select_from(statement.subquery())
        return self.session.scalars(counted).one()


class Repository(DomainRepository, Generic[M]):
    """One table.

    Subclass it with the model as its argument, `class Notes(Repository[Note])`, and
    add what your domain asks of it. Rows of the bulk methods are mappings of column
    or attribute names; they never become entities.
    """

    model: ClassVar[type[Base]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for base in getattr(cls, "__orig_bases__", ()):
            for argument in get_args(base):
                if isinstance(argument, type) and issubclass(argument, Base):
                    cls.model = argument

    # One row

    @prepared
    @reads
    def get(self, key: Any) -> M | None:
        """Return the row of a primary key (a tuple where it has several columns)."""
        values = key_values(self._table, key)
        return cast("M | None", self._way.get(self.model, values))

    @prepared
    @reads
    def require(self, key: Any) -> M:
        """Return the row of a primary key.

        Raises:
            NotFoundError: There is none.
        """
        if (found := self.get(key)) is None:
            raise NotFoundError(f"no row of {self._table.name} has the key {key!r}")
        return found

    def add(self, entity: M) -> M:
        """Insert an entity and return it with what the database gave it."""
        self.session.add(entity)
        self.session.flush()
        self._load_rest(entity)
        return entity

    def update(self, key: Any, **changes: Any) -> M:
        """Change some attributes of a row and return it.

        Raises:
            NotFoundError: There is none.
            InvalidValueError: It has no such attribute.
        """
        entity = self.require(key)
        for name, value in changes.items():
            setattr(entity, self._attribute(name), value)
        self.session.flush()
        return entity

    def delete(self, key: Any) -> bool:
        """Delete a row and what the database cascades to; return if there was one."""
        return self.delete_many([key]) == 1

    # Many rows

    @reads
    def list(
        self, *where: sa.ColumnElement[bool], limit: int = 100, after: Any = None
    ) -> Sequence[M]:
        """Return rows in the order of their key.

        Args:
            where: Conditions, all of which must hold.
            limit: The most rows to return.
            after: Only rows whose key follows this one: the last of the page before.
        """
        statement = sa.select(self.model).where(*where).order_by(*self._keys)
        if after is not None:
            statement = statement.where(following(self._table, after, self.dialect))
        return cast("Sequence[M]", self._page(statement, limit))

    def stream(self, *where: sa.ColumnElement[bool], batch: int = 1_000) -> Iterator[M]:
        """Yield all rows in the order of their key, holding one batch in memory.

        Each batch is read by key in a transaction of its own, so a caller may write
        in between and no connection stays open while it thinks.
        """
        after = None
        while page := self.list(*where, limit=batch, after=after):
            yield from page
            if len(page) < batch:
                return
            after = sa.inspect(page[-1]).identity

    @reads
    def count(self, *where: sa.ColumnElement[bool]) -> int:
        """Return how many rows there are."""
        statement = sa.select(sa.func.count()).select_from(self._table).where(*where)
        return self.session.scalars(statement).one()

    @reads
    def get_many(self, keys: Iterable[Any]) -> Sequence[M]:
        """Return the rows of these keys, in that order; missing ones are left out."""
        found: dict[Any, M] = {}
        wanted = [key_values(self._table, key) for key in keys]
        for some in batches(dict.fromkeys(wanted), self._rows_a_statement(1)):
            statement = sa.select(self.model).where(self._among(some))
            for entity in cast("Sequence[M]", self._all(statement)):
                found[sa.inspect(entity).identity] = entity
        return [found[key] for key in wanted if key in found]

    def add_many(self, rows: Iterable[Row]) -> int:
        """Insert rows and return how many; a fraction of the cost of entities."""
        return self._add_rows(rows)

    def batch_insert(self, rows: Iterable[Row]) -> Sequence[Any]:  # type: ignore[override]  # of its table
        """Insert rows and return their keys, in that order, where these are known."""
        keys: list[Any] = []
        self.add_many(completed(self.model, rows, keys))
        return keys

    def upsert_many(
        self,
        rows: Iterable[Row],
        *,
        keys: Sequence[str] | None = None,
        update: Sequence[str] | None = None,
    ) -> int:
        """Insert rows; where the key is there already, change that row instead.

        Args:
            rows: The rows, all of them with the key's columns.
            keys: The columns of the unique key meant; by default the primary key.
            update: What to change on a conflict; by default all that the row brings.
                Empty: rows that are there stay as they are.

        Returns:
            How many rows were given.
        """
        names = [self._column(name) for name in keys or self._key_names]
        chosen = None if update is None else [self._column(name) for name in update]
        done = 0
        for batch in self._alike(rows):
            changed = (
                [n for n in batch[0] if n not in names] if chosen is None else chosen
            )
            statement = self._upsert(names, changed)
            if self.dialect.upserts_lose_words and searched(self._table):
                given = (self.connection, statement, batch, names, changed)
                for some in upsert_in_parts(*given):
                    self.update_many(some)
            else:
                self.connection.execute(statement, batch)
            done += len(batch)
        if chosen != []:  # else no row that anybody holds has changed
            held = list(self.session.identity_map.values())
            self._renew(entity for entity in held if isinstance(entity, self.model))
        return done

    def update_many(self, rows: Iterable[Row]) -> int:
        """Change rows, each by its primary key; return how many were there.

        Some hundreds or thousands of rows go to the database at a time.
        """
        changed = 0
        for batch in self._alike(rows):
            names = [name for name in batch[0] if name not in self._key_names]
            if len(batch[0]) - len(names) < len(self._key_names):
                raise InvalidValueError(f"each row needs {', '.join(self._key_names)}")
            if (
                names
                and self.dialect.batches_updates
                and not by_columns.has_expression(batch)
            ):
                changed += self._update_each(batch, names)
            elif names:
                size = self._rows_a_statement(2 * len(names) + 1, most=500)
                for some in batches(batch, size):
                    changed += self._update_by_key(some, names)
        return changed

    def delete_many(self, keys: Iterable[Any]) -> int:
        """Delete the rows of these keys; return how many there were."""
        deleted = 0
        unique = dict.fromkeys(key_values(self._table, key) for key in keys)
        for some in batches(unique, self._rows_a_statement(1)):
            statement = sa.delete(self._table).where(self._among(some))
            deleted += self.connection.execute(statement).rowcount
            for entity in self._held(some):
                self.session.expunge(entity)
        return deleted

    batch_select_by_ids = get_many  # type: ignore[assignment]  # of its table
    batch_update = update_many  # type: ignore[assignment]  # of its table

    # How

    @property
    def _table(self) -> sa.Table:
        return cast("sa.Table", self.model.__table__)

    @property
    def _keys(self) -> tuple[sa.Column[Any], ...]:
        return tuple(self._table.primary_key.columns)

    @property
    def _key_names(self) -> tuple[str, ...]:
        return tuple(key.name for key in self._keys)

    def _rows_a_statement(self, parameters: int, most: int = _BATCH) -> int:
        limit = self.dialect.parameter_limit
        return max(1, min(most, limit // (parameters * len(self._keys))))

    def _among(self, keys: Sequence[tuple[Any, ...]]) -> sa.ColumnElement[bool]:
        return among(self._table, keys, self.dialect)

    def _key_of(self, row: Row) -> tuple[Any, ...]:
        return key_values(self._table, [row[name] for name in self._key_names])

    def _load_rest(self, entity: M) -> None:
        """Load what the insert left out, which could not be read afterwards."""
        state = sa.inspect(entity)
        columns = sa.inspect(self.model).column_attrs
        missing = [name for name in state.unloaded if name in columns]
        given = [n for n in missing if by_columns.is_given(columns[n].columns[0])]
        if given:
            self.session.refresh(entity, given)
        for name in set(missing) - set(given):
            sa.orm.attributes.set_committed_value(entity, name, None)

    def _add_rows(
        self,
        rows: Iterable[Row],
        optional: Set[str] = frozenset(),
        ready: Callable[[Columns], Columns] = dict,
    ) -> int:
        """Insert rows, which may leave these columns out without being a kind apart."""
        return sum(
            self._insert(ready(columns), count)
            for batch in batches(rows, _BATCH)
            for columns, count in by_columns.tabulated(check_rows(batch), optional)
        )

    def _insert(self, given: Columns, rows: int) -> int:
        columns = {self._column(name): values for name, values in given.items()}
        many = rows >= _FEW and bool(columns)
        if many and by_columns.may_go_by_columns(self._table, self.connection):
            by_columns.write(self.dialect, self.connection, self._table, columns, rows)
            return rows
        named = [{n: v[place] for n, v in columns.items()} for place in range(rows)]
        self.connection.execute(sa.insert(self._table), named)
        return rows

    def _upsert(self, keys: Sequence[str], changed: Sequence[str]) -> sa.Insert:
        touched = [c.name for c in self._table.columns if c.onupdate is not None]
        names = [*changed, *(n for n in touched if n not in changed)]
        return self.dialect.upsert(
            self._table,
            keys,
            (lambda incoming: {name: incoming[name] for name in names})
            if changed
            else None,
        )

    def _update_each(self, rows: Sequence[Row], names: Sequence[str]) -> int:
        """Update by one statement and many sets of parameters, sent together."""
        keyed = {self._key_of(row): row for row in rows}
        where = [c == sa.bindparam(f"key_{c.name}", type_=c.type) for c in self._keys]
        values = {
            n: sa.bindparam(f"new_{n}", type_=self._table.c[n].type) for n in names
        }
        statement = sa.update(self._table).where(*where).values(values)
        parameters = [
            {f"key_{k}": row[k] for k in self._key_names}
            | {f"new_{n}": row[n] for n in names}
            for row in keyed.values()
        ]
        changed = self.connection.execute(statement, parameters).rowcount
        self._renew(self._held(keyed))
        return changed

    def _update_by_key(self, rows: Sequence[Row], names: Sequence[str]) -> int:
        # Of rows with the same key the last one counts, as in an upsert.
        keyed = {self._key_of(row): row for row in rows}
        values = {
            # A mapping: of tuples SQLAlchemy writes out every value, to no purpose.
            name: sa.case(
                {
                    same(self._table, key): by_columns.typed(
                        row[name], self._table.c[name]
                    )
                    for key, row in keyed.items()
                }
            )
            for name in names
        }
        keys = list(keyed)
        statement = sa.update(self._table).where(self._among(keys)).values(values)
        changed = self.connection.execute(statement).rowcount
        self._renew(self._held(keys))
        return changed

    def _held(self, keys: Iterable[tuple[Any, ...]]) -> Iterator[Base]:
        """Yield those rows of the keys that the session holds as entities."""
        for key in keys:
            identity = sa.orm.util.identity_key(self.model, key)
            if (entity := self.session.identity_map.get(identity)) is not None:
                yield entity

    def _renew(self, entities: Iterable[Base]) -> None:
        """Load entities anew, together: their rows were changed behind them."""
        held = [*entities]
        keys = [sa.inspect(entity).identity or () for entity in held]
        for some in batches(keys, self._rows_a_statement(1)):
            self._all(renewing(self.model, held).where(self._among(some)))

    def _alike(self, rows: Iterable[Row]) -> Iterator[Sequence[dict[str, Any]]]:
        """Yield batches of rows that name the same columns."""
        named = ({self._column(k): row[k] for k in check_row(row)} for row in rows)
        # Neighbours only: the rows keep their order, and their ids tell it.
        for _, group in groupby(named, key=lambda row: row.keys()):
            yield from batches(group, _BATCH)

    def _column(self, name: str) -> str:
        try:
            return _columns(self.model)[name]
        except KeyError:
            known = ", ".join(self._table.columns.keys())
            raise InvalidValueError(
                f"{self._table.name} has no column {name!r} (it has {known})"
            ) from None

    def _attribute(self, name: str) -> str:
        column = self._table.c[self._column(name)]
        return sa.inspect(self.model).get_property_by_column(column).key


@cache
def _columns(model: type[Base]) -> dict[str, str]:
    """Return the column of each attribute name and of each column name."""
    mapper = sa.inspect(model)
    found = {column.name: column.name for column in mapper.columns}
    return found | {key: column.name for key, column in mapper.columns.items()}


@cache
def _repository_of(model: type[M]) -> type[Repository[M]]:
    return cast(
        "type[Repository[M]]",
        type(f"{model.__name__}Repository", (Repository,), {"model": model}),
    )
