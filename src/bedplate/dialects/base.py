"""The contract of a database, and what most of them share.

Everything that differs between databases is a method or an attribute here, named
for the capability and described once, on this class. Implementations stay silent.
A dialect holds no state: one instance serves every engine of its kind.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, ClassVar, Literal

import sqlalchemy as sa

from bedplate import pools
from bedplate.dialects import taking
from bedplate.dialects.column_types import ColumnTypes
from bedplate.dialects.pooled import Pooled
from bedplate.dialects.replication import Replication
from bedplate.dialects.schema_changes import SchemaChanges
from bedplate.dialects.shares import Shares, update_joined
from bedplate.dialects.transfers import Transfers
from bedplate.dialects.vectors import Vectors

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy.engine import URL, Connection
    from sqlalchemy.engine.interfaces import Dialect as EngineDialect
    from sqlalchemy.engine.interfaces import ExecutionContext

    from bedplate import errors
    from bedplate.dialects.audits import Audits
    from bedplate.dialects.chains import Chain
    from bedplate.dialects.findings import Finding
    from bedplate.dialects.taking import Queue, Runner
    from bedplate.dialects.vitals import Vitals
    from bedplate.search import Match, SearchQuery
    from bedplate.settings import Settings

__all__ = ["READ_ONLY", "Columns", "Dialect", "Updates"]

READ_ONLY = "bedplate_read_only"
"""The execution option that marks an engine whose transactions only read."""


Updates = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Incoming columns -> what an upsert sets."""

Columns = Mapping[str, Sequence[Any]]
"""Column to values, all of one length, as the driver takes them."""


class Dialect(ColumnTypes, SchemaChanges, Pooled):
    """What Bedplate asks of a database."""

    name: ClassVar[str]
    """SQLAlchemy's name of it."""
    title: ClassVar[str]
    """Its name as people write it."""
    driver: ClassVar[str]
    async_driver: ClassVar[str]

    utc_now: ClassVar[str]
    """SQL for the present moment, in UTC, to the microsecond where it can."""
    parameter_limit: ClassVar[int] = 30_000
    """How many bound parameters one statement may have."""
    batches_updates: ClassVar[bool] = True
    """Whether the driver sends many sets of parameters at once, updates too."""
    ranges_over_rows: ClassVar[bool] = True
    """Whether (a, b) > (1, 2) is looked up in an index over both."""
    upserts_lose_words: ClassVar[bool] = False
    """Whether an upsert of many rows leaves some of them out of a search index."""
    joins: ClassVar[Literal["columns", "texts", "rows"]] = "texts"
    """What becomes a long value the fastest: columns, texts as one, rows with NULs."""
    times_statements: ClassVar[bool] = False
    """Whether on_statement() has to see to DB_STATEMENT_TIMEOUT."""
    row_security: ClassVar[bool] = False
    """Whether it can keep the rows of one user from the transactions of another."""
    sends_rows: ClassVar[bool] = False
    """Whether on_execute() has to see to rows that are sent beside a statement."""
    errors_abort: ClassVar[bool] = False
    """Whether any error aborts the transaction that it came in."""
    text_literal: ClassVar[str] = r"'[^']*(?:''[^']*)*(?:'|$)"
    """A regular expression of a text in a statement, or of one that is cut off."""
    explain: ClassVar[str] = "EXPLAIN"
    """What stands before a statement to have its plan instead."""
    read_only_options: ClassVar[Mapping[str, Any]] = {READ_ONLY: True}
    """Execution options of an engine whose transactions only read."""

    engine_options: ClassVar[Mapping[str, Any]] = {}
    """Further options of create_engine()."""

    # Connecting

    @abstractmethod
    def url(self, settings: Settings, *, asynchronous: bool) -> URL:
        """Return the address for SQLAlchemy, made from parts, never from text."""

    @abstractmethod
    def connect_args(self, settings: Settings, *, asynchronous: bool) -> dict[str, Any]:
        """Return what the driver's connect() gets: timeouts, TLS, session settings."""

    def pool_options(
        self, settings: Settings, *, asynchronous: bool, read_only: bool
    ) -> dict[str, Any]:
        """Return create_engine()'s options for the pool.

        LIFO lets the server close what a quiet program does not need; pre-ping (see
        `idle`) and recycle keep a connection that a proxy has dropped from a caller.
        """
        if not settings.pooled:
            return {"poolclass": pools.NoPool}
        return {
            "poolclass": pools.AsyncQueue if asynchronous else pools.Queue,
            "pool_size": settings.pool_size,
            "max_overflow": settings.max_overflow,
            "pool_timeout": settings.pool_timeout,
            "pool_recycle": settings.pool_recycle,
            "pool_pre_ping": True,
            "pool_use_lifo": True,
        }

    def has_reader_pool(self, settings: Settings) -> bool:
        """Return whether readers in this process get a pool of their own."""
        return False

    def before_connect(self, settings: Settings) -> None:
        """Refuse what the driver would only report unclearly.

        Raises:
            ConnectionFailedError: Says what is wrong and what to do.
        """

    def connected(
        self,
        engine_dialect: EngineDialect,
        arguments: tuple[Sequence[Any], Mapping[str, Any]],
        settings: Settings,
    ) -> Any:
        """Return a driver's connection; None where SQLAlchemy is to open it.

        Args:
            engine_dialect: SQLAlchemy's, whose connect() opens one.
            arguments: What that gets, by place and by name.
            settings: Where the database is.

        Raises:
            NodeNotReadyError: A node of a cluster is not in sync with the others.
        """
        return None

    def on_connect(self, dbapi: Any, settings: Settings, *, read_only: bool) -> None:
        """Prepare a new driver connection; called with no transaction open."""

    def on_first_connect(self, connection: Connection, settings: Settings) -> None:
        """Check, once an engine, that the server is the one expected."""

    def on_close(self, dbapi: Any) -> None:
        """Say goodbye to a driver connection that is about to be closed."""

    def on_begin(self, connection: Connection, settings: Settings) -> None:
        """Begin a transaction where the driver does not, or not as we want it."""

    def on_commit(self, connection: Connection) -> None:
        """Refuse to commit what the database has rolled back already.

        After some errors a COMMIT succeeds and keeps nothing; a program that caught
        the error would believe that its work is safe.

        Raises:
            TransactionError: Nothing of the transaction is left to commit.
        """

    def on_statement(self, connection: Connection, seconds: float) -> None:
        """Have the statement that comes next interrupted after so many seconds."""

    def on_execute(self, statement: str, context: ExecutionContext) -> bool:
        """Run a statement in another way than the driver's; return if that was done.

        Called only where sends_rows is set.
        """
        return False

    def on_error(self, connection: Connection, error: BaseException) -> None:
        """Remember, for on_commit(), an error that ended the transaction."""

    # Errors

    def is_demoted(self, error: BaseException) -> bool:
        """Return whether a server refuses writes that took them: another one does now.

        After a failover that leaves its connections open, a pool would keep them.
        """
        return False

    @abstractmethod
    def classify(self, error: BaseException) -> type[errors.BedplateError] | None:
        """Return which of our errors the driver's is, None where it is none of them."""

    def advice(self, error: BaseException) -> str | None:
        """Return what to do about it, where its words tell more than its class."""
        return None

    # Statements

    def among(
        self, columns: Sequence[sa.Column[Any]], keys: Sequence[tuple[Any, ...]]
    ) -> sa.ColumnElement[bool]:
        """Return the condition that these columns have the values of one of the keys.

        Args:
            columns: The columns of a key, two or more.
            keys: Their values; as many keys as parameter_limit allows.
        """
        return sa.tuple_(*columns).in_(keys)

    def contains(self, column: Any, text: str) -> sa.ColumnElement[bool]:
        """Return the condition that a column contains a text, by code point."""
        return sa.type_coerce(column, sa.Text()).contains(text, autoescape=True)

    @abstractmethod
    def upsert(
        self, table: sa.Table, keys: Sequence[str], update: Updates | None
    ) -> sa.Insert:
        """Return an INSERT that changes the row with the same key instead.

        Args:
            table: Where to insert.
            keys: Columns of a unique key; a conflict on them is the one meant.
            update: Given the columns of the row that was to be inserted, returns
                column to new value. None: the row that is there stays as it is.
        """

    @abstractmethod
    def insert_columns(
        self, connection: Connection, table: sa.Table, columns: Columns
    ) -> None:
        """Insert many rows in the fastest way there is, in the order given.

        A row that cannot be inserted is an error as it is with INSERT, and leaves the
        transaction as a failed INSERT does. Rows before it may have been inserted.

        Args:
            connection: Where to.
            table: Which table.
            columns: What the driver is to be given, made by the column types.
        """

    @abstractmethod
    def add_up(
        self,
        connection: Connection,
        table: sa.Table,
        columns: Columns,
        total: str,
    ) -> None:
        """Insert rows, or where the primary key is there add to that row's total.

        The values go to the driver as they are: they must have been checked.

        Args:
            connection: Where to.
            table: Which table.
            columns: The primary key's columns, the total, and what else a new row
                has; in the order of the key, so that no two writers deadlock, and
                no key twice.
            total: The name of the column to add to.
        """

    def one_of(
        self, column: sa.Column[str], values: Sequence[str]
    ) -> sa.ColumnElement[bool]:
        """Return the condition that a text is one of these, which may be many."""
        return column.in_(values)

    def set_shares(self, connection: Connection, shares: Shares) -> int:
        """Set each row's share of the total of its group; return how many changed."""
        return update_joined(connection, shares)

    def take(
        self, runner: Runner, queue: Queue, given: Mapping[str, Any], most: int
    ) -> Sequence[Any]:
        """Change the first rows of a queue, and return them as they are then.

        Of many who take at once no two get the same row, and nobody waits for a row
        that somebody else is about to have.

        Args:
            runner: Runs statements; in one transaction where an UPDATE returns nothing.
            queue: Which rows, in which order, and what becomes of them.
            given: The parameters that the queue names.
            most: How many rows at most.

        Returns:
            What the runner makes of rows, in the order of the queue.
        """
        return taking.by_update(runner, queue, given, most)

    def few(
        self, connection: Connection, rows: sa.Select[Any], most: int
    ) -> sa.Select[Any] | None:
        """Return a statement of the same rows if they seem to be `most` or fewer.

        For rows that are added up, where counting them first would cost as much as a
        part of that: the statement takes other columns, by with_only_columns(). It may
        stop after `most` + 1 rows: who reads more than `most` may not have all. None
        where the database can't tell, and where there seem to be more.
        """
        return None

    def walking(self, chain: Chain) -> sa.TextClause | None:
        """Return the statement that draws characters from a chain, one after another.

        Its parameters: `order`; `context`, where to begin; `draws`, random bytes, four
        for each step; `steps`. A step draws as `sampling.Choices` does, by the first
        bits of a word that is its own, the least byte first. It may draw in vain. The
        row returned has the number of steps taken, and the characters drawn as one
        text. The walk ends before `steps` at a context without rows, and at one whose
        counts are more than 32 bits tell.

        None where it costs no round trip to ask for one context after another.
        """
        return None

    @property
    def vectors(self) -> Vectors:
        """What the database has for finding the nearest of many vectors."""
        return Vectors()

    @property
    @abstractmethod
    def audits(self) -> Audits:
        """What the database has for a log of who changed what."""

    @property
    def transfers(self) -> Transfers:
        """What the database has for a copy of all its rows."""
        return Transfers()

    @property
    def replication(self) -> Replication:
        """What the database tells of servers that follow others."""
        return Replication()

    @contextmanager
    def indexing_many(self, connection: Connection, table: sa.Table) -> Iterator[None]:
        """Let the index of a table's words take many rows while the block writes."""
        yield

    @abstractmethod
    def ranked(
        self, table: sa.Table, columns: Sequence[str], query: SearchQuery
    ) -> Match:
        """Say how to find and rank the rows that match a query.

        Args:
            table: The table searched; it has a search index.
            columns: Those of the index.
            query: What to look for; at least one term is positive.
        """

    def check_size(
        self, engine_dialect: EngineDialect, value: str, column: str | None
    ) -> None:
        """Refuse a text that the server would not take in one piece.

        Raises:
            ValueTooLargeError: Names the server's setting to raise.
        """

    def plan_line(self, row: Mapping[str, Any]) -> str:
        """Return one row of a plan as a line of text."""
        if len(row) == 1:
            return str(next(iter(row.values())))
        return " ".join(f"{name}={value}" for name, value in row.items() if value)

    # Users

    def act_for(self, connection: Connection, user_id: UUID) -> None:
        """Have the open transaction see and write that user's rows alone.

        It holds for tables with row security, and ends with the transaction.
        """
        raise AssertionError(f"{self.title} has no row security")

    # Upkeep

    @abstractmethod
    def server_version(self, connection: Connection) -> str:
        """Return the server's version, as short as `psql --version` says it."""

    @abstractmethod
    def vacuum(self, connection: Connection, tables: Sequence[str]) -> None:
        """Give space of deleted rows back; the connection is in autocommit."""

    @abstractmethod
    def analyze(self, connection: Connection, tables: Sequence[str]) -> None:
        """Renew the planner's statistics; the connection is in autocommit."""

    @abstractmethod
    def examine(self, connection: Connection, settings: Settings) -> Iterator[Finding]:
        """Yield what there is to say about the server and its indexes."""

    @abstractmethod
    def vitals(self, connection: Connection) -> Vitals:
        """Ask how the server is: its version, size, connections and lag."""

    @abstractmethod
    def table_bytes(self, connection: Connection) -> dict[str, int]:
        """Return the size of each table with its indexes, in bytes, as far as known."""

    # Backups

    @abstractmethod
    def dump(
        self,
        connection: Connection,
        settings: Settings,
        target: IO[bytes],
        scratch: Path,
    ) -> None:
        """Write a copy of the database, as it is at one moment, while others write.

        Args:
            connection: One to it, with no transaction open.
            settings: What programs of the database connect with.
            target: Where to.
            scratch: A folder with room for another copy.

        Raises:
            BackupError: It could not be done.
        """

    @abstractmethod
    def load(
        self,
        connection: Connection,
        settings: Settings,
        source: IO[bytes],
        scratch: Path,
    ) -> None:
        """Put what dump() has written in the place of all that is there.

        Raises:
            BackupError: It could not be done.
        """
