"""Marks on a repository's methods: what a call of its own may do without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["prepared", "reads"]

F = TypeVar("F", bound=Callable[..., Any])


def reads(method: F) -> F:
    """Mark a method that only reads: it may run deferred, or on a replica."""
    method.__read_only__ = True  # type: ignore[attr-defined]  # ours, on a function
    return method


def prepared(method: F) -> F:
    """Mark a method that does nothing but run prepared statements.

    Called by itself it needs no session: it uses `_way`, and other prepared methods.
    Each statement commits itself. One that asks for a session before it has written
    gets one, and is begun anew.
    """
    method.__prepared__ = True  # type: ignore[attr-defined]  # ours, on a function
    return method
