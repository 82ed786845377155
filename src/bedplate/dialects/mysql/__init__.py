"""MySQL 8.4 and later; MariaDB builds on it."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, ClassVar

from sqlalchemy.dialects import mysql
from sqlalchemy.engine import URL

from bedplate import errors
from bedplate.dialects import hosts, taking
from bedplate.dialects.base import READ_ONLY, Columns, Dialect, Updates
from bedplate.dialects.mysql import (
    backup,
    doctor,
    errnos,
    estimates,
    floats,
    literals,
    search,
    standby,
    tls,
    turns,
    upserts,
    vitals,
    walking,
)
from bedplate.dialects.mysql.audits import MySQLAudits
from bedplate.dialects.mysql.pooled import PyMySQLConnections
from bedplate.dialects.mysql.replication import GtidReplication
from bedplate.dialects.mysql.transfers import InnoTransfers
from bedplate.dialects.values import insert_head

if TYPE_CHECKING:
    from pathlib import Path

    import sqlalchemy as sa
    from alembic.operations import Operations
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine.interfaces import Dialect as EngineDialect
    from sqlalchemy.types import TypeEngine

    from bedplate.dialects.chains import Chain
    from bedplate.dialects.findings import Finding
    from bedplate.dialects.taking import Queue, Runner
    from bedplate.dialects.vitals import Vitals
    from bedplate.search import Match, SearchQuery
    from bedplate.settings import Settings

_SQL_MODE = (
    "STRICT_ALL_TABLES,"  # a value that does not fit is an error, never cut
    "ONLY_FULL_GROUP_BY,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
)

_SAFE_TEXT = 1_000_000
"""Characters that fit any server's max_allowed_packet, escaped or not."""

_UNKNOWN_VARIABLE = 1193
_OF_ONE_KIND = {
    *("transaction_isolation", "max_execution_time"),
    *("tx_isolation", "max_statement_time"),
}
"""What a session sets on MySQL and on MariaDB, and old or new ones do not know."""

_STEP_LOCK = 2
"""Seconds a step of a migration waits for a table before it is tried again."""

_ENDED, _PACKET = "bedplate_ended", "bedplate_max_allowed_packet"
"""Where a transaction is kept on its connection, and the server's limit on the
engine's own dialect object."""


class MySQL(PyMySQLConnections, Dialect):
    """MySQL through PyMySQL and its asynchronous sister."""

    name = "mysql"
    text_literal: ClassVar[str] = literals.TEXT
    explain: ClassVar[str] = "EXPLAIN FORMAT=TREE"
    title = "MySQL"
    driver = "pymysql"
    async_driver = "aiomysql"
    transactional_ddl = False
    batches_updates = False
    ranges_over_rows = False
    # Seen with 9.7: at a key that is there, InnoDB takes back all that the statement
    # has noted for the FULLTEXT index, that of its earlier rows as well.
    upserts_lose_words = True
    utc_now = "utc_timestamp(6)"
    parameter_limit = 60_000

    oldest: ClassVar[tuple[int, int]] = (8, 4)
    """The oldest version that is tested, or close to it."""
    code_collation: ClassVar[str] = "utf8mb4_0900_bin"
    """By code point and without padding: 'a' and 'a ' differ."""
    alias: ClassVar[str] = " AS incoming"
    """What the row that was to be inserted is called after VALUES."""
    incoming: ClassVar[str] = "incoming.{}"
    """A column of that row."""
    words_collation: ClassVar[str] = "utf8mb4_0900_ai_ci"
    """Without case and accents: with accents, InnoDB's index misses prefixes."""
    joins = "rows"
    few = estimates.few

    def url(self, settings: Settings, *, asynchronous: bool) -> URL:
        driver = self.async_driver if asynchronous else self.driver
        # The drivers send a password as Latin-1, servers keep it as UTF-8.
        password = settings.password.get_secret_value().encode().decode("latin-1")
        return URL.create(
            f"{self.name}+{driver}",
            username=settings.user,
            password=password or None,
            host=settings.hosts[0][0],
            port=settings.hosts[0][1],
            database=settings.name,
            query={"charset": "utf8mb4"},
        )

    def connect_args(self, settings: Settings, *, asynchronous: bool) -> dict[str, Any]:
        literals.register()
        assignments = {**self.session_variables(), **self.time_limits(settings)}
        pairs = ", ".join(f"{name} = {value}" for name, value in assignments.items())
        args: dict[str, Any] = {
            "connect_timeout": math.ceil(settings.connect_timeout),
            "init_command": f"SET {pairs}",
            "program_name": "bedplate",
        }
        if not asynchronous:
            # Something that listens there but is no such server would never greet us.
            args["read_timeout"] = args["connect_timeout"]
        return args | tls.arguments(settings, asynchronous=asynchronous)

    def session_variables(self) -> dict[str, str]:
        return {
            "time_zone": "'+00:00'",
            "sql_mode": f"'{_SQL_MODE}'",
            # Gap locks of the default level deadlock where upserts meet.
            "transaction_isolation": "'READ-COMMITTED'",
            # By default a longer value ends after 1,024 bytes, without an error.
            "group_concat_max_len": str(1 << 30),
        }

    def time_limits(self, settings: Settings) -> dict[str, str]:
        found = _lock_limits(settings)
        if settings.statement_timeout is not None:
            found["max_execution_time"] = str(
                math.ceil(settings.statement_timeout * 1e3)
            )
        return found

    def connected(
        self,
        engine_dialect: EngineDialect,
        arguments: tuple[Sequence[Any], Mapping[str, Any]],
        settings: Settings,
    ) -> Any:
        def accept(driver: Any) -> None:
            self.accept(driver, settings)

        return hosts.connected(
            engine_dialect, arguments, settings, self.classify, accept
        )

    def accept(self, driver: Any, settings: Settings) -> None:
        standby.refuse(driver, settings)

    def on_connect(self, dbapi: Any, settings: Settings, *, read_only: bool) -> None:
        driver = getattr(dbapi, "driver_connection", dbapi)
        self.ready(driver)
        if settings.ssl_mode in (None, "disable", "prefer"):
            return
        # aiomysql, and PyMySQL before 1.2, go on in the clear where a server, or
        # somebody in between, says it has no TLS.
        if not driver._secure:
            raise errors.ConnectionFailedError(
                f"the server offers no TLS, DB_SSL_MODE={settings.ssl_mode} asks for "
                "it: turn it on there, or set DB_SSL_MODE=prefer"
            )

    def on_first_connect(self, connection: Connection, settings: Settings) -> None:
        self.refuse_other_server(connection)
        told = self.see_who_answers(connection)
        packet = int(told.get("max_allowed_packet", sys.maxsize))
        setattr(connection.dialect, _PACKET, packet)
        # PyMySQL sends many rows in one statement only where ON DUPLICATE follows
        # VALUES at once: an upsert by the alias `AS new` takes ten times as long.
        connection.dialect._requires_alias_for_on_duplicate_key = False  # type: ignore[attr-defined]  # VALUES() is deprecated, but there
        connection.rollback()

    def refuse_other_server(self, connection: Connection) -> None:
        if getattr(connection.dialect, "is_mariadb", False):
            raise errors.ServerMismatchError(
                "the server is MariaDB: set DB_TYPE=mariadb (or mariadb:// in the URL)"
            )

    def on_begin(self, connection: Connection, settings: Settings) -> None:
        options = connection.get_execution_options()
        if options.get("isolation_level") == "AUTOCOMMIT":
            return
        if options.get(READ_ONLY):
            connection.exec_driver_sql("START TRANSACTION READ ONLY")
        else:
            self.end_autocommit(connection.connection.driver_connection)

    def on_error(self, connection: Connection, error: BaseException) -> None:
        if self.classify(error) in (errors.DeadlockError, errors.SerializationError):
            connection.info[_ENDED] = connection.get_transaction()

    def on_commit(self, connection: Connection) -> None:
        ended = connection.info.pop(_ENDED, None)
        if ended is not None and ended is connection.get_transaction():
            raise errors.TransactionError(
                "an earlier deadlock rolled this transaction back: nothing of what "
                "went before it would be committed"
            )

    def is_demoted(self, error: BaseException) -> bool:
        return (error.args[0] if error.args else None) in errnos.DEMOTED

    def classify(self, error: BaseException) -> type[errors.BedplateError] | None:
        number = error.args[0] if error.args else None
        if number == _UNKNOWN_VARIABLE and _OF_ONE_KIND & {*str(error).split("'")}:
            return errors.ServerMismatchError
        if number == errnos.TOO_LARGE_A_NUMBER and "~" in str(error):
            return errors.AlreadyExistsError  # see upserts.only_if_same()
        if number == errnos.CANNOT_CONNECT and "SSL" in str(error):
            return errors.ConnectionFailedError  # it answered, but is not trusted
        if isinstance(number, int):
            return errnos.CLASSES.get(number)
        return None

    def timestamp(self) -> TypeEngine[Any]:
        return mysql.DATETIME(fsp=6)

    def long_text(self) -> TypeEngine[Any]:
        return mysql.LONGTEXT(charset="utf8mb4", collation=self.code_collation)

    def uuid(self) -> TypeEngine[Any]:
        # MariaDB's own type orders some versions otherwise, and MySQL has none.
        return mysql.BINARY(16)

    def vector(self) -> TypeEngine[Any]:
        return mysql.LONGBLOB()  # a BLOB ends at 16,383 numbers

    def search_text(self, length: int | None) -> TypeEngine[Any]:
        options = {"charset": "utf8mb4", "collation": self.words_collation}
        if length is None:
            return mysql.LONGTEXT(**options)
        return mysql.VARCHAR(length, **options)

    def code_text(self, length: int) -> TypeEngine[Any]:
        return mysql.VARCHAR(length, charset="utf8mb4", collation=self.code_collation)

    def encode_float(self, value: float) -> Any:
        return floats.encode(value, self.title)

    def decode_float(self, value: Any) -> float:
        return floats.decode(value)

    def is_number(self, column: str) -> str:
        return floats.is_number(column)

    def later(self, moment: str, added: str) -> str:
        return f"date_add({moment}, INTERVAL {added} MICROSECOND)"

    def microseconds(self, column: str) -> str:
        return f"timestampdiff(MICROSECOND, '1970-01-01', {column})"

    @property
    def table_options(self) -> dict[str, Any]:
        return {
            f"{self.name}_engine": "InnoDB",
            f"{self.name}_charset": "utf8mb4",
            f"{self.name}_collate": self.code_collation,
        }

    def upsert(
        self, table: sa.Table, keys: Sequence[str], update: Updates | None
    ) -> sa.Insert:
        statement = mysql.insert(table)
        incoming = dict(statement.inserted)
        # Not INSERT IGNORE, which would swallow every other error as well.
        changes: dict[str, Any] = {keys[0]: table.c[keys[0]]}
        if upserts.other_unique_keys(table, keys):
            changes = upserts.only_if_same(table, keys, incoming)
        changes |= update(incoming) if update else {}
        return statement.on_duplicate_key_update(changes)

    def insert_columns(
        self, connection: Connection, table: sa.Table, columns: Columns
    ) -> None:
        head = insert_head(connection, table, [*columns])
        literals.write_values(connection, head, columns, "")

    def add_up(
        self,
        connection: Connection,
        table: sa.Table,
        columns: Columns,
        total: str,
    ) -> None:
        head = insert_head(connection, table, [*columns])
        sums = f"{total} = {table.name}.{total} + {self.incoming.format(total)}"
        ending = f"{self.alias} ON DUPLICATE KEY UPDATE {sums}"
        literals.write_values(connection, head, columns, ending)

    def take(
        self, runner: Runner, queue: Queue, given: Mapping[str, Any], most: int
    ) -> Sequence[Any]:
        return taking.by_lock(runner, queue, given, most)

    def walking(self, chain: Chain) -> sa.TextClause:
        return walking.walking(chain, self.code_collation)

    @property
    def transfers(self) -> InnoTransfers:
        return InnoTransfers()

    @property
    def replication(self) -> GtidReplication:
        return GtidReplication()

    @property
    def holds(self) -> search.Holds:
        """How to check a term of a query against a text."""
        return search.in_pieces

    def ranked(
        self, table: sa.Table, columns: Sequence[str], query: SearchQuery
    ) -> Match:
        return search.ranked(table, columns, query, self.holds)

    def check_size(
        self, engine_dialect: EngineDialect, value: str, column: str | None
    ) -> None:
        limit = getattr(engine_dialect, _PACKET, sys.maxsize)
        escaped = sum(value.count(character) for character in "\\'\"\n\r\x1a")
        size = len(value.encode()) + escaped + 4096
        if size > limit:
            raise errors.ValueTooLargeError(
                f"{size:,} bytes are more than the server takes at once "
                f"(max_allowed_packet was {limit:,} when this program connected): "
                "raise it there, for example with "
                f"SET GLOBAL max_allowed_packet = {1 << size.bit_length()}",
                column,
            )

    def create_search_index(
        self, op: Operations, table: str, columns: Sequence[str], key: sa.Column[Any]
    ) -> None:
        search.create_index(op, table, columns)

    def drop_search_index(self, op: Operations, table: str) -> None:
        search.drop_index(op, table)

    def has_search_index(
        self, connection: Connection, table: sa.Table, columns: Sequence[str]
    ) -> bool:
        return search.has_index(connection, table, columns)

    backup_programs: ClassVar[backup.Programs] = backup.Programs(
        dump=("mysqldump",),
        client=("mysql",),
        options=("--set-gtid-purged=OFF", "--column-statistics=0"),
        tls=tls.mysql_options,
    )

    def dump(
        self,
        connection: Connection,
        settings: Settings,
        target: IO[bytes],
        scratch: Path,
    ) -> None:
        backup.dump(self.backup_programs, connection, settings, target)

    def load(
        self,
        connection: Connection,
        settings: Settings,
        source: IO[bytes],
        scratch: Path,
    ) -> None:
        backup.load(self.backup_programs, connection, settings, source)

    @property
    def audits(self) -> MySQLAudits:
        return MySQLAudits()

    def server_version(self, connection: Connection) -> str:
        version: str = connection.exec_driver_sql("SELECT version()").scalar_one()
        return version.split("-")[0]

    def vacuum(self, connection: Connection, tables: Sequence[str]) -> None:
        self._maintain(connection, "OPTIMIZE", tables)

    def analyze(self, connection: Connection, tables: Sequence[str]) -> None:
        self._maintain(connection, "ANALYZE", tables)

    def _maintain(
        self, connection: Connection, verb: str, tables: Sequence[str]
    ) -> None:
        quote = connection.dialect.identifier_preparer.quote
        for table in tables:
            rows = connection.exec_driver_sql(f"{verb} TABLE {quote(table)}").all()
            failed = [text for _, _, kind, text in rows if kind.lower() == "error"]
            if failed:
                raise errors.StatementError(f"{verb} TABLE {table}: {failed[0]}")

    def examine(self, connection: Connection, settings: Settings) -> Iterator[Finding]:
        return doctor.examine(connection, settings, self.title, self.oldest)

    def vitals(self, connection: Connection) -> Vitals:
        return vitals.vitals(connection)

    def table_bytes(self, connection: Connection) -> dict[str, int]:
        rows = connection.exec_driver_sql(
            "SELECT table_name, data_length + index_length "
            "FROM information_schema.tables "
            "WHERE table_schema = database() AND table_type = 'BASE TABLE'"
        )
        return {name: int(size or 0) for name, size in rows}

    @contextmanager
    def migrating(self, connection: Connection, timeout: float) -> Iterator[None]:
        # The server's own limit is a year. Whoever comes after a statement that waits
        # for a table waits as well: it gives up, and the step is tried again.
        connection.exec_driver_sql(f"SET SESSION lock_wait_timeout = {_STEP_LOCK}")
        connection.rollback()
        yield

    @contextmanager
    def migrating_alone(self, connection: Connection, timeout: float) -> Iterator[None]:
        turns.take(connection, timeout)
        yield  # it ends with the connection


def _lock_limits(settings: Settings) -> dict[str, str]:
    """Return the session's limits on waiting for rows and for tables, in seconds."""
    if settings.lock_timeout is None:
        return {}
    seconds = str(max(1, math.ceil(settings.lock_timeout)))
    return {"innodb_lock_wait_timeout": seconds, "lock_wait_timeout": seconds}


DIALECT = MySQL()
