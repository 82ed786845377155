"""What waits to be written: a bounded queue, and counts of what became of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

__all__ = ["Backlog"]

T = TypeVar("T")


class Backlog(Generic[T]):
    """Items of many threads, for one thread that takes them in batches.

    Nobody who offers something waits: the lock is held for as long as a few items take
    to be moved. It is re-entrant, because a signal or the garbage collector may end a
    span in the middle of ending another.

    Attributes:
        size: How many items may be here, those being written among them.
        batch: How many are taken at a time.
        given: How many were accepted.
        refused: How many were not, because there was no room.
        written: How many were written.
        failed: How many were accepted, but could not be written.
    """

    def __init__(self, size: int, batch: int) -> None:
        self.size = size
        self.batch = batch
        self.given = self.refused = self.written = self.failed = 0
        self._items: deque[T] = deque()
        self._changed = threading.Condition(threading.RLock())
        self._closed = False
        self._urgent = 0
        self._hurries = 0

    @property
    def finished(self) -> int:
        """How many of the accepted items have been dealt with."""
        return self.written + self.failed

    @property
    def pending(self) -> int:
        """How many items are here, those being written among them."""
        return self.given - self.finished

    def offer(self, items: Sequence[T]) -> int:
        """Accept as many items as there is room for; return how many there was not."""
        with self._changed:
            room = 0 if self._closed else max(0, self.size - self.pending)
            accepted, refused = len(items[:room]), len(items[room:])
            # No call within a sum: what interrupts us there would not be counted.
            self.given += accepted
            self.refused += refused
            was_empty = not self._items
            self._items.extend(items[:room])
            if was_empty or len(self._items) >= self.batch:
                self._changed.notify_all()
            return refused

    def take(self, linger: float) -> list[T]:
        """Return a batch; waits for a first item, and `linger` seconds for a full one.

        An empty one means that the backlog is closed and nothing is left.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed)
            self._changed.wait_for(self._is_due, linger)
            count = min(self.batch, len(self._items))
            return [self._items.popleft() for _ in range(count)]

    def finish(self, *, written: int = 0, failed: int = 0) -> None:
        """Say what became of items that were taken."""
        with self._changed:
            self.written += written
            self.failed += failed
            self._changed.notify_all()

    def flush(self, timeout: float) -> bool:
        """Wait until all that is here now is dealt with; return whether it was."""
        with self._changed:
            target = self._urgent = self.given
            self._hurry()
            return self._changed.wait_for(lambda: self.finished >= target, timeout)

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than until somebody is in a hurry."""
        with self._changed:
            before = self._hurries
            self._changed.wait_for(lambda: self._hurries != before, seconds)

    def close(self) -> None:
        """Accept nothing any more."""
        with self._changed:
            self._closed = True
            self._hurry()

    def abandon(self) -> int:
        """Give up what has not been taken; return how many items that was."""
        with self._changed:
            left = len(self._items)
            self._items.clear()
            self.finish(failed=left)
            return left

    def _is_due(self) -> bool:
        hurried = self._closed or self._urgent > self.finished
        return hurried or len(self._items) >= self.batch

    def _hurry(self) -> None:
        self._hurries += 1
        self._changed.notify_all()
