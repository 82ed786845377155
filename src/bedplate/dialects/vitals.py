"""What a server says of itself when it is asked how it is."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Vitals"]


@dataclass(frozen=True)
class Vitals:
    """How a server is.

    Attributes:
        version: The server's version.
        size_bytes: What the database takes on disk, indexes included.
        free_bytes: What is free on that disk; None where it is another machine's.
        connections: Connections the server has open, for whomever; None for a file.
        max_connections: How many it allows to users like this one; None for a file.
        is_replica: Whether it follows another server.
        replica_lag: Seconds it is behind; None where it follows none, or has stopped.
    """

    version: str
    size_bytes: int
    free_bytes: int | None = None
    connections: int | None = None
    max_connections: int | None = None
    is_replica: bool = False
    replica_lag: float | None = None
