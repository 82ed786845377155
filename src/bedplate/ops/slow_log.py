"""Slow statements, logged once a shape."""

from __future__ import annotations

import logging

from bedplate.ops.plans import Slow, plan_of

__all__ = ["log_slow"]

_slow = logging.getLogger("bedplate.slow")


def log_slow(slow: Slow) -> str | None:
    """Log a slow statement with its plan, without its values; return the plan."""
    if not _slow.isEnabledFor(logging.WARNING):
        return None
    plan = plan_of(slow)
    told = f"{slow.shape}\n{plan}" if plan else slow.shape
    _slow.warning("%.0f ms: %s", slow.seconds * 1e3, told)
    return plan
