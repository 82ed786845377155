"""What a look at a database brings to light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from bedplate.settings import Settings

__all__ = ["Finding", "Level", "pool_finding"]

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes:
        check: What was looked at.
        level: "ok", "warning" (works, but know this) or "error" (does not).
        message: What was found, and what to do about it.
        repair: Mends it without losing anything, given a connection in autocommit;
            None where there is nothing to mend, or a person has to decide.
    """

    check: str
    level: Level
    message: str
    repair: Callable[[Connection], None] | None = None


def pool_finding(limit: int, settings: Settings) -> Finding:
    """Hold the pool of one process against what the server allows to all."""
    if not settings.pooled:
        return Finding("pool", "ok", "none is kept: each transaction connects anew")
    wanted = settings.pool_size + settings.max_overflow
    if wanted < limit:
        return Finding("pool", "ok", f"{wanted} connections a process, of {limit}")
    return Finding(
        "pool",
        "warning",
        f"one process may open {wanted} connections, the server allows {limit}: lower "
        "DB_POOL_SIZE or DB_MAX_OVERFLOW",
    )
