"""The numbers of errors, of MySQL and MariaDB and of their driver."""

from __future__ import annotations

from bedplate import errors

__all__ = ["CANNOT_CONNECT", "CLASSES", "DEMOTED", "TOO_LARGE_A_NUMBER"]

CANNOT_CONNECT = 2003

TOO_LARGE_A_NUMBER = 1690

DEMOTED = (1290, 1836)
"""The server runs with read_only; 1792 would be a transaction that only reads."""

CLASSES: dict[int, type[errors.BedplateError]] = {
    1020: errors.SerializationError,  # record has changed since last read
    1021: errors.StorageFullError,
    1040: errors.ConnectionFailedError,
    1044: errors.AuthenticationError,
    1045: errors.AuthenticationError,
    1047: errors.NodeNotReadyError,  # of a Galera cluster
    1048: errors.MissingValueError,
    1049: errors.DatabaseMissingError,
    1053: errors.ConnectionLostError,
    1062: errors.AlreadyExistsError,
    1114: errors.StorageFullError,
    1054: errors.SchemaBehindError,
    1142: errors.PermissionDeniedError,
    1143: errors.PermissionDeniedError,
    1146: errors.SchemaBehindError,
    1153: errors.ValueTooLargeError,
    1205: errors.LockTimeoutError,
    1213: errors.DeadlockError,
    1227: errors.PermissionDeniedError,
    1264: errors.InvalidValueError,
    1290: errors.ReadOnlyError,
    1301: errors.ValueTooLargeError,
    1364: errors.MissingValueError,
    1366: errors.InvalidValueError,
    1406: errors.ValueTooLargeError,
    1451: errors.ReferenceFailedError,
    1452: errors.ReferenceFailedError,
    1586: errors.AlreadyExistsError,
    1698: errors.AuthenticationError,
    1792: errors.ReadOnlyError,
    1836: errors.ReadOnlyError,
    1927: errors.ConnectionLostError,
    1969: errors.StatementTimeoutError,
    2002: errors.ServerUnreachableError,
    CANNOT_CONNECT: errors.ServerUnreachableError,
    2005: errors.ServerUnreachableError,
    2006: errors.ConnectionLostError,
    2013: errors.ConnectionLostError,
    2026: errors.ConnectionFailedError,
    2055: errors.ConnectionLostError,
    3024: errors.StatementTimeoutError,
    3572: errors.LockTimeoutError,
    3819: errors.CheckFailedError,
    4025: errors.CheckFailedError,
    4031: errors.ConnectionLostError,
}
