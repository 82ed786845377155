"""Encrypted values brought to the newest key, while others go on writing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.dialects import dialect_of
from bedplate.encryption import ID_LENGTH, Encrypted, keyring_of
from bedplate.errors import EncryptionError
from bedplate.ops.transfer.report import Step, Watch
from bedplate.ops.transfer.tables import left_out
from bedplate.primary_keys import among, following
from bedplate.session import Retry, Scope, idempotent
from bedplate.translation import translating
from bedplate.types import LongText

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from bedplate.encryption import Keyring
    from bedplate.engine import Engines

__all__ = ["Reencryption", "TableTold", "reencrypt"]

_PAGE = 2_000
"""Rows looked at together: their keys and lengths, not their values."""

_ROWS = 200
"""Rows rewritten in a transaction: others wait for their locks that long."""

_SIZE = 4_000_000
"""Characters rewritten in a transaction; a longer value has one of its own."""

Key = tuple[Any, ...]


@dataclass
class TableTold:
    """A table with encrypted columns.

    Attributes:
        table: Its name.
        rows: How many rows it has.
        older: How many of them had a value of another key than the newest.
        keys: How many values there were of each key, by its id.
    """

    table: str
    rows: int = 0
    older: int = 0
    keys: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Reencryption:
    """What was brought to the newest key, or would be.

    Attributes:
        key: The id of the newest key.
        tables: Each table with encrypted columns.
        seconds: How long it took.
        left_out: Tables that no model declares here: nobody can tell whether they
            have encrypted columns.
    """

    key: str
    tables: tuple[TableTold, ...]
    seconds: float
    left_out: tuple[str, ...] = ()

    @property
    def older(self) -> int:
        """How many rows had a value of another key, in all tables."""
        return sum(table.older for table in self.tables)


def reencrypt(
    engines: Engines,
    metadata: sa.MetaData,
    *,
    dry_run: bool = False,
    watch: Watch | None = None,
) -> Reencryption:
    """Rewrite every value of another key than the newest, some rows at a time.

    Stopped, it has done a part; the next run finds the rest.

    Args:
        engines: Whose database.
        metadata: The tables.
        dry_run: Whether to look only.
        watch: Called after each page of rows.

    Raises:
        EncryptionError: There is no key, or a value's is not there.
    """
    started = time.perf_counter()
    keyring = keyring_of(engines.writer.dialect)
    with translating(engines), engines.reader.connect() as connection:
        present = {*sa.inspect(connection).get_table_names()}
        found = _tables(present, metadata)
        total = sum(_count(connection, table) for table in found) if watch else 0
    told, done = [], 0
    for table, columns in found.items():
        part = _Part(table, columns, keyring, engines, TableTold(table.name))
        told.append(part.told)
        for page in part.pages():
            if not dry_run:
                part.renew(page)
            done += len(page)
            if watch is not None:
                watch(Step("reencrypting", table.name, done, max(total, done)))
    seconds = round(time.perf_counter() - started, 3)
    unknown = tuple(left_out(metadata, present))
    return Reencryption(keyring.newest, tuple(told), seconds, unknown)


def _tables(
    present: Collection[str], metadata: sa.MetaData
) -> dict[sa.Table, list[sa.Column[Any]]]:
    """Return the tables that are there, and their encrypted columns."""
    found = {}
    for table in metadata.sorted_tables:
        columns = [c for c in table.columns if isinstance(c.type, Encrypted)]
        if columns and table.name in present:
            if not table.primary_key.columns:
                raise EncryptionError(
                    f"{table.name} has no primary key, by which its rows could be "
                    "found again: declare one"
                )
            found[table] = columns
    return found


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


@dataclass(frozen=True)
class _Row:
    """What is known of a row: its key, whether it is to be renewed, how long it is."""

    key: Key
    is_older: bool
    size: int


@dataclass(frozen=True)
class _Part:
    """A table, and the work on it."""

    table: sa.Table
    columns: Sequence[sa.Column[Any]]
    keyring: Keyring
    engines: Engines
    told: TableTold

    def pages(self) -> Iterator[Sequence[_Row]]:
        """Yield what is known of the rows, in the order of their keys."""
        after: Key | None = None
        while True:
            with translating(self.engines), self.engines.reader.connect() as connection:
                rows = self._looked_at(connection, after)
            if rows:
                yield rows
                after = rows[-1].key
            if len(rows) < _PAGE:
                return

    def _looked_at(
        self, connection: sa.Connection, after: Key | None
    ) -> Sequence[_Row]:
        ours, key = dialect_of(connection), [*self.table.primary_key.columns]
        ours.transfers.see_all(connection)
        ids = [sa.func.substr(_raw(c), 1, ID_LENGTH) for c in self.columns]
        size = ours.transfers.stored_size
        total = sum((sa.func.coalesce(size(c), 0) for c in self.columns), sa.literal(0))
        chosen = sa.select(*key, *ids, total).order_by(*key).limit(_PAGE)
        if after is not None:
            chosen = chosen.where(following(self.table, after, ours))
        width = len(key)
        return [
            self._row(tuple(found[:width]), found[width:-1], int(found[-1]))
            for found in connection.execute(chosen)
        ]

    def _row(self, key: Key, ids: Sequence[str | None], size: int) -> _Row:
        there = [each for each in ids if each is not None]
        is_older = any(each != self.keyring.newest for each in there)
        self.told.rows += 1
        self.told.older += is_older
        self.told.keys.update(there)
        return _Row(key, is_older, size)

    def renew(self, page: Sequence[_Row]) -> None:
        """Rewrite what is older, in transactions that are run again after deadlocks."""
        scope = Scope(self.engines, Retry())
        for keys in _cuts([row for row in page if row.is_older]):
            scope.run(_renew, self, keys)

    def write(self, connection: sa.Connection, keys: Sequence[Key]) -> None:
        """Rewrite some rows in the open transaction."""
        ours, key = dialect_of(connection), [*self.table.primary_key.columns]
        ours.transfers.see_all(connection)
        # Locked, so that nobody writes between the look and the rewriting.
        some = sa.select(*key, *map(_raw, self.columns)).order_by(*key)
        some = some.where(among(self.table, keys, ours)).with_for_update()
        found = connection.execute(some).all()
        names = [f"key_{c.name}" for c in key] + [f"new_{c.name}" for c in self.columns]
        renewed = [
            dict(zip(names, (*row[: len(key)], *self._renewed(row)), strict=True))
            for row in found
        ]
        if renewed:  # else they were deleted meanwhile
            connection.execute(self._update(), renewed)

    def _renewed(self, row: sa.Row[Any]) -> Iterator[str | None]:
        stored = row[-len(self.columns) :]
        for column, value in zip(self.columns, stored, strict=True):
            place = f"{self.table.name}.{column.name}"
            yield None if value is None else self.keyring.renew(value, place)

    def _update(self) -> sa.Update:
        same = [
            c == sa.bindparam(f"key_{c.name}", type_=c.type)
            for c in self.table.primary_key.columns
        ]
        # What changes with every update stays: the value is the same to its readers.
        kept: dict[str, Any] = {
            c.key: c for c in self.table.columns if c.onupdate is not None
        }
        new = {
            c.key: sa.bindparam(f"new_{c.name}", type_=LongText()) for c in self.columns
        }
        return sa.update(self.table).where(*same).values({**kept, **new})


@idempotent
def _renew(session: Session, part: _Part, keys: Sequence[Key]) -> None:
    part.write(session.connection(), keys)


_raw = partial(sa.type_coerce, type_=LongText())
"""A column as it is stored."""


def _cuts(rows: Sequence[_Row]) -> Iterator[Sequence[Key]]:
    """Yield the keys of rows that are rewritten together."""
    keys: list[Key] = []
    size = 0
    for row in rows:
        if keys and (size + row.size > _SIZE or len(keys) == _ROWS):
            yield keys
            keys, size = [], 0
        keys.append(row.key)
        size += row.size
    if keys:
        yield keys
