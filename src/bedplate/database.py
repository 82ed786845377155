"""Database: the face that composes the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from bedplate.binding import bind
from bedplate.engine import Engines
from bedplate.errors import (
    BedplateError,
    ConnectionLostError,
    NodeNotReadyError,
    ServerUnreachableError,
)
from bedplate.face import Face
from bedplate.ops.deadline import within
from bedplate.repository import DomainRepository
from bedplate.safekeeping import Safekeeping
from bedplate.session import Retry
from bedplate.translation import translating

if TYPE_CHECKING:
    from uuid import UUID

    import sqlalchemy as sa
    from sqlalchemy.orm import Session

    from bedplate.base import Base
    from bedplate.dialects.findings import Finding
    from bedplate.ops.health import Health
    from bedplate.ops.pool_advice import PoolAdvice
    from bedplate.ops.revisions import MigrationStatus
    from bedplate.settings import Settings

__all__ = ["Database"]

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R", bound=DomainRepository)

_NOT_YET = (ServerUnreachableError, ConnectionLostError, NodeNotReadyError)
"""What a server says, or a node of a cluster, that is still starting."""


class Database(Safekeeping, Face):
    """A database, opened when it is first used.

    Args:
        target: A URL, Settings, or None for the environment's.
        retry: When to run a unit of work again; by default for up to 30 seconds.
        settings: Single settings to replace, as in `pool_size=5`.

    Raises:
        SettingsError: A setting is not valid.
    """

    def __init__(
        self,
        target: str | Settings | None = None,
        *,
        retry: Retry | None = None,
        **settings: Any,
    ) -> None:
        from bedplate.settings import Settings

        super().__init__(Engines(Settings.of(target, **settings)), retry)

    @classmethod
    def from_env(cls, **settings: Any) -> Self:
        """Open the database that DB_TYPE and its companions name."""
        return cls(None, **settings)

    # Work

    @property
    def engine(self) -> sa.Engine:
        """SQLAlchemy's engine, for what Bedplate has no word for."""
        return self._engines.writer

    @property
    def session(self) -> Session:
        """The session of this thread or task; inside transaction() that block's own."""
        return self._scope.session

    def transaction(
        self,
        *,
        read_only: bool = False,
        user_id: UUID | str | None = None,
        actor: str | None = None,
    ) -> AbstractContextManager[Session]:
        """Open a transaction: commit on success, roll back on any exception.

        Where one is open already in this thread or task, the block joins it, and the
        outermost block commits. `read_only=True` begins without a write lock and may
        not write. `user_id` is for a database with row security: the transaction sees
        and writes that user's rows alone, in tables where it is turned on. `actor` is
        who the audit log says has made the changes.

        Raises:
            UnsupportedError: The database has no row security.
            TransactionError: The open transaction is another user's or actor's, or
                nobody's.
        """
        return self._scope.transaction(
            read_only=read_only, user_id=user_id, actor=actor
        )

    def run(
        self,
        work: Callable[Concatenate[Session, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `work(session, ...)` in one transaction, and again after a deadlock.

        Work that cannot have been committed is run again for up to 30 seconds: after
        a deadlock, a lock timeout, a serialization failure or a lost connection. After
        a COMMIT whose outcome is unknown only work marked `@idempotent` is. Work marked
        `@reads` runs in a read-only transaction.
        """
        return self._scope.run(work, *args, **kwargs)

    def repository(self, repository: type[R]) -> R:
        """Return a repository whose every call is a transaction of its own.

        Inside transaction() its calls join that one instead.

        Raises:
            InvalidValueError: It is not a class of repositories.
        """
        return bind(repository, self._scope)

    # Privacy

    def export_user_data(self, user_id: UUID | str) -> dict[str, Any]:
        """Return all that hangs on a user as one JSON document.

        Returns:
            Table to its rows, the user's own first; only tables that have some.

        Raises:
            NotFoundError: There is no such user.
        """
        from bedplate.domains.privacy import Privacy

        return self.repository(Privacy).export_user_data(user_id)

    def erase_user(self, user_id: UUID | str) -> dict[str, int]:
        """Delete a user with all that hangs on it, in one transaction.

        Returns:
            Table to how many of its rows went; only tables that had some.

        Raises:
            NotFoundError: There is no such user.
        """
        from bedplate.domains.privacy import Privacy

        return self.repository(Privacy).erase_user(user_id)

    # Schema

    def create_tables(self, *models: type[Base]) -> None:
        """Create the tables of your own models where they are not there yet.

        Bedplate's own come by upgrade(); tables that have to change later are better
        made by revisions of your own.
        """
        tables: list[Any] = [model.__table__ for model in models]
        with translating(self._engines):
            models[0].metadata.create_all(self.engine, tables=tables)

    def upgrade(self, revision: str = "head") -> MigrationStatus:
        """Bring the schema up to a revision, under the migration lock."""
        from bedplate.ops import migrations

        return migrations.upgrade(self._engines, revision)

    def downgrade(self, revision: str) -> MigrationStatus:
        """Take the schema back to an older revision; "base" empties the database."""
        from bedplate.ops import migrations

        return migrations.downgrade(self._engines, revision)

    def migration_script(self, revision: str = "head", *, down: bool = False) -> str:
        """Return the SQL that would bring this database to a revision."""
        from bedplate.ops import migrations

        return migrations.script(self._engines, revision, down=down)

    def stamp(self, revision: str) -> MigrationStatus:
        """Write down that the schema is at a revision, without running anything."""
        from bedplate.ops import migrations

        return migrations.stamp(self._engines, revision)

    def migration_losses(self, revision: str) -> Sequence[str]:
        """Return what a downgrade to a revision would drop for good."""
        from bedplate.ops import revisions

        return revisions.losses(self._engines, revision)

    def schema_differences(self) -> Sequence[str]:
        """Return where the schema is not what the models say, a sentence each."""
        from bedplate.base import Base
        from bedplate.domains import load_models
        from bedplate.ops import drift

        load_models()
        return drift.differences(self._engines, Base.metadata)

    def examine(self) -> Sequence[Finding]:
        """Look for what is wrong with the server, the schema and the indexes."""
        from bedplate.base import Base
        from bedplate.domains import load_models
        from bedplate.ops import doctor

        load_models()
        return doctor.examine(self._engines, Base.metadata)

    def repair(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Mend what can be mended without losing anything; return what was mended."""
        from bedplate.ops import doctor

        return doctor.repair(self._engines, findings)

    def index_vectors(self, *, drop: bool = False) -> Sequence[str]:
        """Build the indexes over vectors, or bring them up to date; or drop them.

        A search asks them from then on, and may miss a few of the nearest. Others go
        on reading and writing, and what they write is indexed as well. It is a change
        of the schema, so no transaction may be open here.

        Returns:
            A sentence for each column of vectors: what was done, or why it was not.

        Raises:
            TransactionError: A transaction is open here.
            MigrationLockError: Somebody else is building them.
        """
        from bedplate.base import Base
        from bedplate.domains import load_models
        from bedplate.ops import vectors

        self._scope.refuse_inside()
        load_models()
        act = vectors.drop if drop else vectors.build
        return act(self._engines, Base.metadata)

    def migration_status(self) -> MigrationStatus:
        """Return the current revision, the newest, what is pending, what was run."""
        from bedplate.ops import revisions

        return revisions.status(self._engines)

    def check_schema(self) -> None:
        """Make sure the schema is this program's.

        Raises:
            SchemaBehindError: It is older: run `bedplate upgrade`.
            SchemaAheadError: It is newer: update the program.
        """
        from bedplate.ops import revisions

        revisions.check_schema(self._engines)

    # Health

    def test_connection(self) -> dict[str, Any]:
        """Connect, ask for the version, and say what came of it; never raises.

        An answer comes within DB_CONNECT_TIMEOUT, from a server that hangs as well.

        Returns:
            status ("ok" or "error"), message, database, version, host, port,
            latency_ms.
        """
        told = self._told()
        started = time.perf_counter()
        try:
            told["version"] = within(self.settings.connect_timeout, self._version)
        except BedplateError as error:
            told |= {"status": "error", "message": str(error)}
        return told | {"latency_ms": milliseconds_since(started)}

    def _version(self) -> str:
        engines = self._engines
        with translating(engines), engines.reader.connect() as connection:
            return engines.dialect.server_version(connection)

    def health(self) -> Health:
        """Ask the database how it is, within DB_CONNECT_TIMEOUT; never raises."""
        from bedplate.ops import health

        return health.look(self._engines, self.pool_metrics, self._health_of_replicas)

    def pool_advice(self, processes: int = 1) -> PoolAdvice:
        """Say what each of so many processes should set its pool to.

        From what the server allows, and from the waits that were measured: in this
        process, or in all that share DB_METRICS_DIR.

        Raises:
            ConnectionFailedError: The server cannot be asked what it allows.
        """
        return self._advice(self.health(), processes)

    def wait(self, seconds: float = 60) -> None:
        """Wait until the server answers, which may still be starting.

        Raises:
            ServerUnreachableError: It did not for so long.
            BedplateError: It answers, and refuses this program.
        """
        pauses = Retry(deadline=seconds).pauses()
        while True:
            try:
                with translating(self._engines), self._engines.reader.connect():
                    return
            except _NOT_YET as error:
                pause = next(pauses, None)
                if pause is None:
                    raise ServerUnreachableError(
                        f"no answer for {seconds:g} s: {error}"
                    ) from error
            time.sleep(pause)

    def is_missing_file(self) -> bool:
        """Return whether the database is a file that is not there yet."""
        return self.settings.is_missing_file

    def prewarm(self) -> int:
        """Open DB_POOL_PREWARM connections at once; return how many are open."""
        wanted = min(self.settings.pool_prewarm, self.settings.pool_size)
        engine = self._engines.pools[-1]
        with translating(self._engines), ExitStack() as held:
            for _ in range(wanted):
                held.enter_context(engine.connect())
        return wanted

    def close(self) -> None:
        """Close this context's session and every idle connection."""
        self._scope.remove()
        self._leave_replicas()
        for engines in (self._engines, *self._engines_of_replicas()):
            engines.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def milliseconds_since(started: float) -> float:
    """Return how long ago a reading of perf_counter() was."""
    return round((time.perf_counter() - started) * 1e3, 3)
