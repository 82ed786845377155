"""The revisions that this program has."""

from __future__ import annotations

from bedplate.ops import revisions

__all__ = ["BELOW", "HEAD", "HISTORY", "LISTED"]

HISTORY = [revision for revision, _ in revisions.history()]
LISTED = ", ".join(HISTORY)
BELOW, HEAD = HISTORY[-2:]
