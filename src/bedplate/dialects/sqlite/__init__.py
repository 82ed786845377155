"""SQLite: one file, one writer at a time, many readers beside it."""

from __future__ import annotations

import logging
import math
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL

from bedplate import errors, pools
from bedplate.dialects.base import READ_ONLY, Columns, Dialect, Updates
from bedplate.dialects.shares import Shares, update_looked_up
from bedplate.dialects.sqlite import backup, doctor, fts, search, vitals
from bedplate.dialects.sqlite.audits import SQLiteAudits
from bedplate.dialects.sqlite.kinds import AnyDouble, Moment
from bedplate.dialects.transfers import Transfers
from bedplate.dialects.values import insert_head, on_conflict_add, write_values

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy.engine import Connection
    from sqlalchemy.types import TypeEngine

    from bedplate.dialects.findings import Finding
    from bedplate.dialects.vitals import Vitals
    from bedplate.search import Match, SearchQuery
    from bedplate.settings import Settings

_log = logging.getLogger(__name__)

_BUSY_TIMEOUT = 30.0
"""Seconds to wait for another process's write; inside this one writers queue."""

_ENDED = "bedplate_ended"
_CLOCK = "bedplate_clock"

_STEPS_A_LOOK = 10_000
"""Steps of SQLite's machine between two looks at the clock: a millisecond at most."""

_ROWS_ADDED_UP = 200
"""Rows a statement that adds up; more of them gain nothing."""

_PRAGMAS = (
    "foreign_keys=ON",  # off by default, for files of 2009
    "synchronous=NORMAL",  # safe under WAL: a power cut loses no consistency
    "cache_size=-65536",  # 64 MB a connection, in KiB
    "mmap_size=268435456",  # 256 MB read without copying
    "temp_store=MEMORY",
    "journal_size_limit=67108864",  # a WAL that once grew is cut back to 64 MB
)

_CLASSES: dict[int, type[errors.BedplateError]] = {
    sqlite3.SQLITE_BUSY: errors.DatabaseBusyError,
    sqlite3.SQLITE_LOCKED: errors.DatabaseBusyError,
    sqlite3.SQLITE_READONLY: errors.ReadOnlyError,
    sqlite3.SQLITE_FULL: errors.StorageFullError,
    sqlite3.SQLITE_NOTADB: errors.DatabaseFileError,
    sqlite3.SQLITE_CORRUPT: errors.DatabaseFileError,
    sqlite3.SQLITE_CANTOPEN: errors.DatabaseFileError,
    sqlite3.SQLITE_IOERR: errors.DatabaseFileError,
    sqlite3.SQLITE_TOOBIG: errors.ValueTooLargeError,
    sqlite3.SQLITE_INTERRUPT: errors.StatementTimeoutError,
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: errors.AlreadyExistsError,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: errors.AlreadyExistsError,
    sqlite3.SQLITE_CONSTRAINT_ROWID: errors.AlreadyExistsError,
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: errors.ReferenceFailedError,
    sqlite3.SQLITE_CONSTRAINT_CHECK: errors.CheckFailedError,
    sqlite3.SQLITE_CONSTRAINT_NOTNULL: errors.MissingValueError,
    sqlite3.SQLITE_CONSTRAINT: errors.IntegrityError,
}


class _Clock:
    """When the statement that runs on a connection has to end."""

    end = math.inf

    def has_run_out(self) -> bool:
        return time.monotonic() > self.end


class FileTransfers(Transfers):
    """Each transaction reads a snapshot anyway."""

    snapshot_options: ClassVar[Mapping[str, Any]] = {}


class SQLite(Dialect):
    """SQLite 3.40 and later, through the standard library or aiosqlite."""

    name = "sqlite"
    title = "SQLite"
    driver = "pysqlite"
    async_driver = "aiosqlite"
    upgrade_is_one_transaction = True
    utc_now = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
    times_statements = True
    explain = "EXPLAIN QUERY PLAN"
    joins = "columns"
    read_only_options: ClassVar[Mapping[str, Any]] = {READ_ONLY: True}

    def url(self, settings: Settings, *, asynchronous: bool) -> URL:
        driver = self.async_driver if asynchronous else self.driver
        path = settings.path or ":memory:"
        query = {"uri": "true"} if path.startswith("file:") else {}
        return URL.create(f"{self.name}+{driver}", database=path, query=query)

    def connect_args(self, settings: Settings, *, asynchronous: bool) -> dict[str, Any]:
        timeout = settings.lock_timeout
        return {
            # Autocommit: BEGIN is ours (Python 3.11 has no autocommit argument).
            "isolation_level": None,
            "timeout": _BUSY_TIMEOUT if timeout is None else timeout,
            "check_same_thread": False,
        }

    def pool_options(
        self, settings: Settings, *, asynchronous: bool, read_only: bool
    ) -> dict[str, Any]:
        options = super().pool_options(
            settings, asynchronous=asynchronous, read_only=read_only
        )
        if options["poolclass"] is pools.NoPool:
            return options
        options |= {"pool_pre_ping": False, "pool_recycle": -1}
        if not read_only:
            # Writers queue here, fairly, rather than poll the file's lock.
            options |= {"pool_size": 1, "max_overflow": 0}
        return options

    def has_reader_pool(self, settings: Settings) -> bool:
        return not settings.in_memory

    def before_connect(self, settings: Settings) -> None:
        if settings.in_memory or settings.path.startswith("file:"):
            return
        path = Path(settings.path)
        if "\0" in settings.path:
            raise errors.DatabaseFileError("DATABASE_PATH holds a NUL character")
        if path.is_dir():
            raise errors.DatabaseFileError(
                f"{path} is a folder: name a file in it, as in {path / 'bedplate.db'}"
            )
        if not path.parent.is_dir():
            raise errors.DatabaseFileError(
                f"there is no folder {path.parent}: create it, or change DATABASE_PATH"
            )

    def on_connect(self, dbapi: Any, settings: Settings, *, read_only: bool) -> None:
        cursor = dbapi.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        if not settings.in_memory:
            _use_wal(cursor, settings.path)
            if read_only:
                cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    def on_close(self, dbapi: Any) -> None:
        # Refreshes the planner's statistics where queries of this connection
        # would have gained from it; bounded, so closing stays quick. It writes, so
        # it may find the file locked or read-only, and then it can wait.
        cursor = dbapi.cursor()
        with suppress(sqlite3.Error):
            cursor.execute("PRAGMA query_only=OFF")
            cursor.execute("PRAGMA busy_timeout=0")
            cursor.execute("PRAGMA analysis_limit=400")
            cursor.execute("PRAGMA optimize")
        cursor.close()

    def begin_autocommit(self, driver: Any) -> None:
        if driver.isolation_level is not None:  # so SQLAlchemy leaves it behind
            driver.isolation_level = None  # a connection that was in AUTOCOMMIT

    def on_begin(self, connection: Connection, settings: Settings) -> None:
        options = connection.get_execution_options()
        read_only = bool(options.get(READ_ONLY))
        if settings.in_memory:  # readers and writers share the one connection
            connection.exec_driver_sql(f"PRAGMA query_only={int(read_only)}")
        if _autocommits(connection):
            return
        if not read_only:  # it may wait for long, which is to be seen
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        driver: Any = connection.connection.dbapi_connection
        try:  # without what SQLAlchemy makes of a statement, which is most of it
            driver.execute("BEGIN").close()
        except BaseException as error:  # noqa: BLE001  # an interrupt gives it up too
            connection._handle_dbapi_exception(error, "BEGIN", (), None, None)

    def on_error(self, connection: Connection, error: BaseException) -> None:
        if not connection.in_transaction() or _autocommits(connection):
            return
        driver: Any = connection.connection.driver_connection
        if not isinstance(error, Exception):
            # Cancelled: the lock would last as long as anybody holds the cursor.
            if connection.dialect.is_async:  # its thread is at it still
                _own(driver).interrupt()
            with suppress(sqlite3.Error):
                connection.connection.rollback()
        elif isinstance(error, sqlite3.Error) and not driver.in_transaction:
            # Rolled back by itself: what follows must not commit on its own.
            connection.info[_ENDED] = connection.get_transaction()
            connection.connection.cursor().execute("BEGIN")

    def on_commit(self, connection: Connection) -> None:
        ended = connection.info.pop(_ENDED, None)
        if ended is not None and ended is connection.get_transaction():
            raise errors.TransactionError(
                "an earlier error made SQLite roll back: nothing was committed"
            )

    def on_statement(self, connection: Connection, seconds: float) -> None:
        clock: _Clock | None = connection.info.get(_CLOCK)
        if clock is None:
            clock = connection.info[_CLOCK] = _Clock()
            driver: Any = connection.connection.driver_connection
            _own(driver).set_progress_handler(clock.has_run_out, _STEPS_A_LOOK)
        clock.end = time.monotonic() + seconds

    def classify(self, error: BaseException) -> type[errors.BedplateError] | None:
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:
            return None
        if str(error).startswith(("no such table", "no such column")):
            return errors.SchemaBehindError
        return _CLASSES.get(code) or _CLASSES.get(code & 0xFF)

    def key(self) -> TypeEngine[Any]:
        return sa.Integer()  # only INTEGER PRIMARY KEY is the rowid

    def timestamp(self) -> TypeEngine[Any]:
        return Moment()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so

    def long_text(self) -> TypeEngine[Any]:
        return sa.Text()

    def search_text(self, length: int | None) -> TypeEngine[Any]:
        return sa.Text() if length is None else sa.String(length)

    def code_text(self, length: int) -> TypeEngine[Any]:
        return sa.String(length)

    def double(self) -> TypeEngine[Any]:
        return AnyDouble()

    def encode_float(self, value: float) -> Any:
        return "NaN" if value != value else value  # NaN itself would become NULL

    def is_number(self, column: str) -> str:
        return f"typeof({column}) <> 'text'"

    def later(self, moment: str, added: str) -> str:
        seconds = f"printf('%.6f seconds', {added} / 1e6)"
        return f"strftime('%Y-%m-%d %H:%M:%f000', {moment}, {seconds})"

    def microseconds(self, column: str) -> str:
        # Apart, because a fraction that strftime() is given rounds up to a second.
        seconds = f"CAST(strftime('%s', substr({column}, 1, 19)) AS INTEGER)"
        return f"({seconds} * 1000000 + CAST(substr({column}, 21) AS INTEGER))"

    @property
    def table_options(self) -> dict[str, Any]:
        return {}

    @property
    def counter_table_options(self) -> dict[str, Any]:
        return {"sqlite_with_rowid": False}

    def contains(self, column: Any, text: str) -> sa.ColumnElement[bool]:
        return sa.func.instr(column, sa.literal(text, sa.Text())) > 0  # LIKE folds case

    def upsert(
        self, table: sa.Table, keys: Sequence[str], update: Updates | None
    ) -> sa.Insert:
        statement = sqlite.insert(table)
        if update is None:
            return statement.on_conflict_do_nothing(index_elements=keys)
        return statement.on_conflict_do_update(
            index_elements=keys, set_=update(dict(statement.excluded))
        )

    def insert_columns(
        self, connection: Connection, table: sa.Table, columns: Columns
    ) -> None:
        head = insert_head(connection, table, [*columns])
        rows = self.parameter_limit // len(columns)
        write_values(connection, head, columns, "", rows)

    @property
    def transfers(self) -> FileTransfers:
        return FileTransfers()

    @contextmanager
    def indexing_many(self, connection: Connection, table: sa.Table) -> Iterator[None]:
        with search.indexing_many(connection, table):
            yield

    def add_up(
        self,
        connection: Connection,
        table: sa.Table,
        columns: Columns,
        total: str,
    ) -> None:
        head = insert_head(connection, table, [*columns])
        ending = on_conflict_add(table, total)
        write_values(connection, head, columns, ending, _ROWS_ADDED_UP)

    def set_shares(self, connection: Connection, shares: Shares) -> int:
        return update_looked_up(connection, shares)

    def ranked(
        self, table: sa.Table, columns: Sequence[str], query: SearchQuery
    ) -> Match:
        return search.ranked(table, columns, query)

    def create_search_index(
        self, op: Operations, table: str, columns: Sequence[str], key: sa.Column[Any]
    ) -> None:
        fts.create_index(op, table, columns, key)

    def drop_search_index(self, op: Operations, table: str) -> None:
        fts.drop_index(op, table)

    def has_search_index(
        self, connection: Connection, table: sa.Table, columns: Sequence[str]
    ) -> bool:
        return fts.has_index(connection, table, columns)

    def dump(
        self,
        connection: Connection,
        settings: Settings,
        target: IO[bytes],
        scratch: Path,
    ) -> None:
        backup.dump(settings, target, scratch)

    def load(
        self,
        connection: Connection,
        settings: Settings,
        source: IO[bytes],
        scratch: Path,
    ) -> None:
        backup.load(settings, source, scratch)

    @property
    def audits(self) -> SQLiteAudits:
        return SQLiteAudits()

    def server_version(self, connection: Connection) -> str:
        return sqlite3.sqlite_version

    def vacuum(self, connection: Connection, tables: Sequence[str]) -> None:
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def analyze(self, connection: Connection, tables: Sequence[str]) -> None:
        connection.exec_driver_sql("ANALYZE")

    def examine(self, connection: Connection, settings: Settings) -> Iterator[Finding]:
        return doctor.examine(connection, settings)

    def plan_line(self, row: Mapping[str, Any]) -> str:
        return str(row["detail"])

    def vitals(self, connection: Connection) -> Vitals:
        return vitals.vitals(connection)

    def table_bytes(self, connection: Connection) -> dict[str, int]:
        statement = (
            "SELECT coalesce(m.tbl_name, s.name), sum(s.pgsize) FROM dbstat AS s "
            "LEFT JOIN sqlite_schema AS m ON m.name = s.name "
            "WHERE s.aggregate = 1 GROUP BY 1"  # a bare column would give no rows
        )
        try:
            rows = connection.exec_driver_sql(statement).all()
        except sa.exc.OperationalError:  # built without the dbstat table
            return {}
        return {name: int(size) for name, size in rows}

    @contextmanager
    def migrating(self, connection: Connection, timeout: float) -> Iterator[None]:
        # A table made anew by batch mode would take its CASCADE children with it.
        # Through the driver: the pragma means nothing once a transaction is open.
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA foreign_keys=OFF")
        cursor.execute(f"PRAGMA busy_timeout={math.ceil(timeout * 1000)}")
        try:
            yield
        finally:
            connection.rollback()
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.close()

    def after_step(self, connection: Connection) -> None:
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            table, row, parent, _ = broken[0]
            raise errors.MigrationError(
                f"{len(broken)} rows would refer to nothing, the first being "
                f"row {row} of {table}, to {parent}: the revision was rolled back"
            )


def _autocommits(connection: Connection) -> bool:
    return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"


def _own(driver: Any) -> Any:
    """Return the sqlite3 connection, which aiosqlite wraps."""
    return getattr(driver, "_conn", driver)


def _use_wal(cursor: Any, path: str) -> None:
    """Turn write-ahead logging on, and read back whether the file took it."""
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY:
            raise
        return  # a file on a read-only disk can be read all the same
    mode = cursor.fetchone()[0]
    if mode != "wal":
        _log.warning(
            "%s stays in journal mode %s: readers and writers will block each other "
            "(is it on a network disk?)",
            path,
            mode,
        )


DIALECT = SQLite()
