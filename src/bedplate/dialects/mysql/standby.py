"""Of several servers, that which takes writes: the others follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bedplate.errors import NodeNotReadyError

if TYPE_CHECKING:
    from bedplate.settings import Settings

__all__ = ["refuse"]


def refuse(driver: Any, settings: Settings) -> None:
    """Refuse a server that takes no writes, where another one may.

    Raises:
        NodeNotReadyError: It is one that follows another.
    """
    if len(settings.hosts) == 1:
        return
    cursor = driver.cursor()
    try:
        cursor.execute("SELECT @@global.read_only")
        (read_only,) = cursor.fetchone()
    finally:
        cursor.close()
    if read_only:
        raise NodeNotReadyError(
            "none of the servers that DB_HOST names takes writes: the last one that "
            "answered is read_only"
        )
