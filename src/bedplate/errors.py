"""The tree of errors: everything Bedplate raises on purpose is a BedplateError.

A class's docstring is its default message. What a program may want to act on stands
in attributes, and the driver's own error is chained as ``__cause__``.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "AlreadyExistsError",
    "AuthenticationError",
    "BackupError",
    "BedplateError",
    "CheckFailedError",
    "CommitUnknownError",
    "ConnectionFailedError",
    "ConnectionLostError",
    "DatabaseBusyError",
    "DatabaseFileError",
    "DatabaseMissingError",
    "DeadlockError",
    "EncryptionError",
    "IntegrityError",
    "InvalidValueError",
    "LeaseLostError",
    "LockTimeoutError",
    "MigrationError",
    "MigrationLockError",
    "MissingValueError",
    "NodeNotReadyError",
    "NotFoundError",
    "PermissionDeniedError",
    "PoolTimeoutError",
    "ReadOnlyError",
    "ReferenceFailedError",
    "SchemaAheadError",
    "SchemaBehindError",
    "SchemaError",
    "SchemaHalfAppliedError",
    "SerializationError",
    "ServerMismatchError",
    "ServerUnreachableError",
    "SettingsError",
    "StatementError",
    "StatementTimeoutError",
    "StorageFullError",
    "TransactionError",
    "TransferError",
    "TransitionError",
    "UnsupportedError",
    "ValueTooLargeError",
]


class BedplateError(Exception):
    """Something went wrong in the database layer."""

    retryable: ClassVar[bool] = False
    """Whether the same unit of work may succeed when it is run again."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())

    def __str__(self) -> str:
        return str(self.args[0])


class SettingsError(BedplateError, ValueError):
    """The settings are not valid.

    Attributes:
        problems: What is wrong, by the name of the variable.
    """

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        lines = "; ".join(f"{name}: {text}" for name, text in problems.items())
        super().__init__(f"bad settings: {lines}")


# Connecting


class ConnectionFailedError(BedplateError, ConnectionError):
    """The database could not be reached or did not let us in."""


class ServerUnreachableError(ConnectionFailedError):
    """No server answers at that host and port."""


class AuthenticationError(ConnectionFailedError):
    """The server refused the user or the password."""


class DatabaseMissingError(ConnectionFailedError):
    """The server has no database of that name."""


class DatabaseFileError(ConnectionFailedError):
    """The database file cannot be used."""


class ServerMismatchError(ConnectionFailedError):
    """The server is not of the type that DB_TYPE names."""


class NodeNotReadyError(ConnectionFailedError):
    """This node of the cluster is not in sync with the others, so it does no work."""

    retryable = True


class PoolTimeoutError(BedplateError, TimeoutError):
    """No connection of the pool became free in time."""


class ConnectionLostError(BedplateError, ConnectionError):
    """The connection broke before the transaction was committed."""

    retryable = True


# Transactions


class TransactionError(BedplateError):
    """The transaction cannot go on."""


class CommitUnknownError(TransactionError):
    """The connection broke during COMMIT: it may or may not have happened."""


class ReadOnlyError(TransactionError):
    """A read-only transaction, or a read-only database, cannot write."""


class DeadlockError(TransactionError):
    """The database ended this transaction to resolve a deadlock."""

    retryable = True


class SerializationError(TransactionError):
    """Another transaction changed the same rows first."""

    retryable = True


class LockTimeoutError(TransactionError, TimeoutError):
    """A lock that another transaction holds was not released in time."""

    retryable = True


class DatabaseBusyError(LockTimeoutError):
    """Another process is writing to the database file."""


class StatementTimeoutError(BedplateError, TimeoutError):
    """The statement ran longer than DB_STATEMENT_TIMEOUT allows."""


# Data


class InvalidValueError(BedplateError, ValueError):
    """A value cannot be stored.

    Attributes:
        column: The column or argument it was meant for, where that is known.
    """

    def __init__(self, message: str | None = None, column: str | None = None) -> None:
        self.column = column
        super().__init__(f"{column}: {message}" if column and message else message)


class ValueTooLargeError(InvalidValueError):
    """The value is larger than the column or the server accepts."""


class EncryptionError(BedplateError):
    """A value cannot be encrypted or decrypted by the keys that are set.

    Attributes:
        column: The column, where that is known.
    """

    def __init__(self, message: str | None = None, column: str | None = None) -> None:
        self.column = column
        super().__init__(f"{column}: {message}" if column and message else message)


class NotFoundError(BedplateError, LookupError):
    """There is no such row."""


class TransitionError(BedplateError, ValueError):
    """The state does not allow that change.

    Attributes:
        current: The state it is in.
        wanted: The state that was asked for.
    """

    def __init__(self, message: str, current: str, wanted: str) -> None:
        self.current = current
        self.wanted = wanted
        super().__init__(message)


class LeaseLostError(BedplateError):
    """The job is no longer this worker's.

    Attributes:
        job_id: The job.
        token: The token of the lease that was lost.
    """

    def __init__(self, message: str, job_id: str, token: int) -> None:
        self.job_id = job_id
        self.token = token
        super().__init__(message)


class IntegrityError(BedplateError, ValueError):
    """The change would break a constraint of the database."""


class AlreadyExistsError(IntegrityError):
    """A row with that key is there already."""


class ReferenceFailedError(IntegrityError):
    """The row refers to one that does not exist, or is still referred to."""


class CheckFailedError(IntegrityError):
    """A value is outside of what the column allows."""


class MissingValueError(IntegrityError):
    """A column that needs a value was given none."""


class StatementError(BedplateError):
    """The database refused a statement."""


class PermissionDeniedError(StatementError):
    """The database user may not do that."""


class UnsupportedError(BedplateError):
    """This database cannot do that, and nothing could stand in for it."""


class StorageFullError(BedplateError):
    """The disk, or the space the server may use, is full."""


# Schema


class SchemaError(BedplateError):
    """The schema of the database is not the one this version needs."""


class SchemaBehindError(SchemaError):
    """The schema is older than this version needs: run `bedplate upgrade`."""


class SchemaHalfAppliedError(SchemaBehindError):
    """A migration was stopped half way: run `bedplate upgrade`."""


class SchemaAheadError(SchemaError):
    """The schema is newer than this version of Bedplate: update the program."""


class BackupError(BedplateError):
    """A backup could not be taken, or not be put back."""


class TransferError(BedplateError):
    """Rows could not be taken over, or are not the same on both sides."""


class MigrationError(BedplateError):
    """A migration failed."""


class MigrationLockError(MigrationError, TimeoutError):
    """Another process is migrating this database."""
