"""MariaDB 10.11 and later: MySQL's driver and language, with its own ways."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from bedplate.dialects.mariadb import cluster, turns, walking
from bedplate.dialects.mariadb.replication import DomainReplication
from bedplate.dialects.mariadb.vectors import MariaVectors
from bedplate.dialects.mysql import MySQL, _lock_limits, backup, search, tls

if TYPE_CHECKING:
    from sqlalchemy import TextClause
    from sqlalchemy.engine import Connection

    from bedplate import errors
    from bedplate.dialects.chains import Chain
    from bedplate.settings import Settings


class MariaDB(MySQL):
    """MariaDB."""

    name = "mariadb"
    explain: ClassVar[str] = "EXPLAIN"
    title = "MariaDB"
    upserts_lose_words = False

    oldest: ClassVar[tuple[int, int]] = (10, 11)
    code_collation: ClassVar[str] = "utf8mb4_nopad_bin"
    alias: ClassVar[str] = ""
    incoming: ClassVar[str] = "VALUES({})"
    words_collation: ClassVar[str] = "utf8mb4_uca1400_ai_ci"

    backup_programs: ClassVar[backup.Programs] = backup.Programs(
        dump=("mariadb-dump", "mysqldump"),
        client=("mariadb", "mysql"),
        options=(),
        tls=tls.mariadb_options,
    )

    def accept(self, driver: Any, settings: Settings) -> None:
        super().accept(driver, settings)
        cluster.accept(driver, settings)

    def classify(self, error: BaseException) -> type[errors.BedplateError] | None:
        return cluster.classify(error) or super().classify(error)

    def session_variables(self) -> dict[str, str]:
        variables = super().session_variables()
        # The name transaction_isolation came with 11.1; this one is known to all.
        variables["tx_isolation"] = variables.pop("transaction_isolation")
        return variables

    def walking(self, chain: Chain) -> TextClause:
        return walking.walking(chain, self.code_collation)

    @property
    def holds(self) -> search.Holds:
        return search.at_once

    @property
    def replication(self) -> DomainReplication:
        return DomainReplication()

    @property
    def vectors(self) -> MariaVectors:
        return MariaVectors()

    def time_limits(self, settings: Settings) -> dict[str, str]:
        found = _lock_limits(settings)
        if settings.statement_timeout is not None:
            found["max_statement_time"] = f"{settings.statement_timeout:f}"
        return found

    @contextmanager
    def migrating_alone(self, connection: Connection, timeout: float) -> Iterator[None]:
        is_node = cluster.is_node(connection)
        connection.rollback()
        lock = super().migrating_alone
        if is_node:  # where GET_LOCK is each node's own
            with turns.held(connection, "migration", timeout):
                yield
        else:
            with lock(connection, timeout):
                yield

    def refuse_other_server(self, connection: Connection) -> None:
        return  # session_variables() fail where the server is none


DIALECT = MariaDB()
