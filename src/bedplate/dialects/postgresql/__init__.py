"""PostgreSQL 15 and later, through psycopg 3 both ways."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL

from bedplate import errors
from bedplate.dialects.base import READ_ONLY, Columns, Dialect, Updates
from bedplate.dialects.pooled import is_pooled
from bedplate.dialects.postgresql import (
    addressing,
    backup,
    bulk,
    doctor,
    pooler,
    search,
    search_index,
    security,
    states,
    turns,
    vitals,
    walking,
)
from bedplate.dialects.postgresql.audits import PgAudits
from bedplate.dialects.postgresql.pooled import PsycopgConnections
from bedplate.dialects.postgresql.replication import PgReplication
from bedplate.dialects.postgresql.transfers import PgTransfers
from bedplate.dialects.postgresql.vectors import PgVectors

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from alembic.operations import Operations
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine.interfaces import ExecutionContext
    from sqlalchemy.types import TypeEngine

    from bedplate.dialects.chains import Chain
    from bedplate.dialects.findings import Finding
    from bedplate.dialects.shares import Shares
    from bedplate.dialects.vitals import Vitals
    from bedplate.search import Match, SearchQuery
    from bedplate.settings import Settings

_STEP_LOCK_MS = 2_000
"""How long a step of a migration waits for a table before it is tried again."""

_IS_VALID = sa.text(
    "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(quote_ident(:name))"
)

_HAS_WRITTEN = "SELECT pg_current_xact_id_if_assigned() IS NOT NULL"


def _whole(digits: str) -> int | float:
    """Return a number of JSON without a point.

    JSONB writes floats from 1e16 on like this. What does not fit in 64 bits was one:
    integers of that size are refused on their way in.
    """
    number = int(digits)
    return number if -(2**63) <= number < 2**63 else float(digits)


_json = partial(json.loads, parse_int=_whole)  # psycopg hands it bytes


class PostgreSQL(PsycopgConnections, Dialect):
    """PostgreSQL, Supabase included."""

    name = "postgresql"
    title = "PostgreSQL"
    driver = "psycopg"
    async_driver = "psycopg"
    parameter_limit = 65_535
    row_security = True
    sends_rows = True
    errors_abort = True
    text_literal: ClassVar[str] = (
        r"\be'(?:[^'\\]|''|\\(?:.|$))*(?:'|$)|'[^']*(?:''[^']*)*(?:'|$)"
        r"|\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|$)"
    )
    utc_now = "clock_timestamp()"
    engine_options: ClassVar[Mapping[str, Any]] = {"json_deserializer": _json}
    # BEGIN READ ONLY: no statement of its own, so no round trip.
    read_only_options: ClassVar[Mapping[str, Any]] = {
        READ_ONLY: True,
        "postgresql_readonly": True,
    }

    def url(self, settings: Settings, *, asynchronous: bool) -> URL:
        return URL.create(
            f"{self.name}+{self.driver}",
            username=settings.user,
            password=settings.password.get_secret_value() or None,
            host=settings.hosts[0][0],
            port=settings.hosts[0][1],
            database=settings.name,
        )

    def connect_args(self, settings: Settings, *, asynchronous: bool) -> dict[str, Any]:
        args = addressing.arguments(settings)
        if settings.pgbouncer:
            # A pooler hands each transaction another server connection: nothing
            # prepared on one is there on the next, and it refuses `options`.
            return args | {"prepare_threshold": None}
        session = {"timezone": "UTC", **_timeouts(settings)}
        options = " ".join(f"-c {name}={value}" for name, value in session.items())
        return args | {"options": options}

    def on_begin(self, connection: Connection, settings: Settings) -> None:
        options = connection.get_execution_options()
        if options.get("isolation_level") != "AUTOCOMMIT":
            self.end_autocommit(connection.connection.driver_connection)
        if settings.pgbouncer:
            pooler.begin(connection, _timeouts(settings))

    def on_commit(self, connection: Connection) -> None:
        from psycopg.pq import TransactionStatus

        driver: Any = connection.connection.driver_connection
        if driver.info.transaction_status == TransactionStatus.INERROR:
            raise errors.TransactionError(
                "an earlier statement failed: PostgreSQL would commit nothing (use "
                "session.begin_nested() for a part that may fail)"
            )

    def on_execute(self, statement: str, context: ExecutionContext) -> bool:
        return bulk.send(statement, context)

    def is_demoted(self, error: BaseException) -> bool:
        return self.classify(error) is errors.ReadOnlyError

    def classify(self, error: BaseException) -> type[errors.BedplateError] | None:
        return states.classify(error)

    def advice(self, error: BaseException) -> str | None:
        return states.advice(error)

    def timestamp(self) -> TypeEngine[Any]:
        return sa.DateTime(timezone=True)

    def long_text(self) -> TypeEngine[Any]:
        return sa.Text(collation="C")

    def search_text(self, length: int | None) -> TypeEngine[Any]:
        return sa.Text() if length is None else sa.String(length)

    def code_text(self, length: int) -> TypeEngine[Any]:
        return sa.String(length, collation="C")

    def uuid(self) -> TypeEngine[Any]:
        return sa.Uuid()

    def json_document(self) -> TypeEngine[Any]:
        return postgresql.JSONB(none_as_null=True)

    def is_number(self, column: str) -> str:
        return f"{column} <> 'NaN'"

    def later(self, moment: str, added: str) -> str:
        return f"({moment} + {added} * interval '1 microsecond')"

    def microseconds(self, column: str) -> str:
        return f"CAST(extract(epoch FROM {column}) * 1000000 AS bigint)"

    @property
    def table_options(self) -> dict[str, Any]:
        return {}

    @property
    def counter_table_options(self) -> dict[str, Any]:
        # Room on each page lets a count grow in place (a HOT update).
        return {"postgresql_with": {"fillfactor": 50}}

    def among(
        self, columns: Sequence[sa.Column[Any]], keys: Sequence[tuple[Any, ...]]
    ) -> sa.ColumnElement[bool]:
        # A list of tuples is an OR for each, compared with every row of the table.
        arrays = (
            sa.bindparam(None, list(values), type_=postgresql.ARRAY(column.type))
            for column, values in zip(columns, zip(*keys, strict=True), strict=True)
        )
        names = (sa.column(column.name, column.type) for column in columns)
        wanted = sa.func.unnest(*arrays).table_valued(*names, name="wanted")
        wanted = wanted.render_derived()
        return sa.tuple_(*columns).in_(sa.select(*wanted.c))

    def one_of(
        self, column: sa.Column[str], values: Sequence[str]
    ) -> sa.ColumnElement[bool]:
        # One array: thousands of parameters are a statement that the driver reads.
        array = sa.bindparam(None, list(values), type_=postgresql.ARRAY(sa.Text()))
        return column == sa.any_(array)

    def upsert(
        self, table: sa.Table, keys: Sequence[str], update: Updates | None
    ) -> sa.Insert:
        statement = postgresql.insert(table)
        if update is None:
            return statement.on_conflict_do_nothing(index_elements=keys)
        return statement.on_conflict_do_update(
            index_elements=keys, set_=update(dict(statement.excluded))
        )

    def insert_columns(
        self, connection: Connection, table: sa.Table, columns: Columns
    ) -> None:
        bulk.insert_columns(connection, table, columns)

    def add_up(
        self,
        connection: Connection,
        table: sa.Table,
        columns: Columns,
        total: str,
    ) -> None:
        bulk.add_up(connection, table, columns, total)

    def set_shares(self, connection: Connection, shares: Shares) -> int:
        with bulk.hashing_many(connection):
            if shares.looked_up:
                with bulk.looking_up(connection):
                    return super().set_shares(connection, shares)
            return super().set_shares(connection, shares)

    def few(
        self, connection: Connection, rows: sa.Select[Any], most: int
    ) -> sa.Select[Any]:
        return sa.select(rows.limit(most + 1).subquery())

    def walking(self, chain: Chain) -> sa.TextClause:
        return walking.walking(chain)

    @property
    def transfers(self) -> PgTransfers:
        return PgTransfers()

    @property
    def replication(self) -> PgReplication:
        return PgReplication()

    @property
    def vectors(self) -> PgVectors:
        return PgVectors()

    def ranked(
        self, table: sa.Table, columns: Sequence[str], query: SearchQuery
    ) -> Match:
        return search.ranked(table, columns, query)

    def create_search_index(
        self, op: Operations, table: str, columns: Sequence[str], key: sa.Column[Any]
    ) -> None:
        search_index.create_index(op, table, columns, key)

    def drop_search_index(self, op: Operations, table: str) -> None:
        search_index.drop_index(op, table)

    def has_search_index(
        self, connection: Connection, table: sa.Table, columns: Sequence[str]
    ) -> bool:
        return search_index.has_index(connection, table, columns)

    def dump(
        self,
        connection: Connection,
        settings: Settings,
        target: IO[bytes],
        scratch: Path,
    ) -> None:
        backup.dump(connection, settings, target)

    def load(
        self,
        connection: Connection,
        settings: Settings,
        source: IO[bytes],
        scratch: Path,
    ) -> None:
        backup.load(settings, source)

    def act_for(self, connection: Connection, user_id: UUID) -> None:
        security.act_for(connection, user_id)

    def row_security_on(self, table: str, user_column: str) -> Sequence[str]:
        return security.turned_on(table, user_column)

    def row_security_off(self, table: str) -> Sequence[str]:
        return security.turned_off(table)

    @property
    def audits(self) -> PgAudits:
        return PgAudits()

    def server_version(self, connection: Connection) -> str:
        version: str = connection.exec_driver_sql("SHOW server_version").scalar_one()
        return version.split()[0]

    def vacuum(self, connection: Connection, tables: Sequence[str]) -> None:
        quote = connection.dialect.identifier_preparer.quote
        for table in tables:
            connection.exec_driver_sql(f"VACUUM (ANALYZE) {quote(table)}")

    def analyze(self, connection: Connection, tables: Sequence[str]) -> None:
        quote = connection.dialect.identifier_preparer.quote
        for table in tables:
            connection.exec_driver_sql(f"ANALYZE {quote(table)}")

    def examine(self, connection: Connection, settings: Settings) -> Iterator[Finding]:
        return doctor.examine(connection, settings)

    def vitals(self, connection: Connection) -> Vitals:
        return vitals.vitals(connection)

    def table_bytes(self, connection: Connection) -> dict[str, int]:
        rows = connection.exec_driver_sql(
            "SELECT relname, pg_total_relation_size(oid) FROM pg_class "
            "WHERE relkind IN ('r', 'p') "
            "AND relnamespace = current_schema()::regnamespace"
        )
        return {name: int(size) for name, size in rows}

    @contextmanager
    def migrating(self, connection: Connection, timeout: float) -> Iterator[None]:
        # A statement that waits for a lock on a table makes everybody who comes after
        # it wait as well: better to give up soon and to try the step again.
        limit = f"lock_timeout = {_STEP_LOCK_MS}"
        if is_pooled(connection):  # where a session is everybody's
            pooler.at_each_begin(connection, f"SET LOCAL {limit}")
        else:
            connection.exec_driver_sql(f"SET {limit}")
            connection.commit()
        yield

    def builds_beside_writers(self, connection: Connection, index: sa.Index) -> bool:
        # Beside writers means: committed apart. A revision that has changed something
        # already stays whole, so its index is built in its transaction.
        if connection.exec_driver_sql(_HAS_WRITTEN).scalar_one():
            return False
        if connection.execute(_IS_VALID, {"name": index.name}).first() is not None:
            return True  # a killed run left it
        table = sa.select(sa.literal(1)).select_from(index.table).limit(1)  # type: ignore[arg-type]  # an index that is created has one
        return connection.execute(table).first() is not None

    def build_index(self, connection: Connection, index: sa.Index) -> None:
        valid = connection.execute(_IS_VALID, {"name": index.name}).scalar()
        if valid:
            return
        if valid is False:
            self._drop_leftover(connection, index)
        index.dialect_options[self.name]["concurrently"] = True
        connection.execute(sa.schema.CreateIndex(index))

    def _drop_leftover(self, connection: Connection, index: sa.Index) -> None:
        name = connection.dialect.identifier_preparer.format_index(index)
        connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")

    @contextmanager
    def migrating_alone(self, connection: Connection, timeout: float) -> Iterator[None]:
        with turns.migrating_alone(connection, timeout):
            yield


def _timeouts(settings: Settings) -> dict[str, int]:
    """Return the session's time limits, in milliseconds."""
    limits = {
        "statement_timeout": settings.statement_timeout,
        "lock_timeout": settings.lock_timeout,
    }
    found = {k: math.ceil(v * 1000) for k, v in limits.items() if v is not None}
    if found.get("lock_timeout") == 0:
        found["lock_timeout"] = 1  # 0 would mean to wait for ever
    return found


DIALECT = PostgreSQL()
