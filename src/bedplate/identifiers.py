"""Identifiers that sort by the time they were made.

Source: RFC 9562, UUID version 7, with a counter in the bits after the milliseconds
(its section 6.2, method 1). Python has its own from 3.14 on.
"""

from __future__ import annotations

import os
import time
from threading import Lock
from uuid import UUID

__all__ = ["uuid7"]

_COUNTER_BITS = 42
_RANDOM_BITS = 32
_lock = Lock()
_last = (0, 0)


def _renew_lock() -> None:
    """Give a forked child a lock that none of its parent's threads holds."""
    global _lock
    _lock = Lock()


os.register_at_fork(after_in_child=_renew_lock)


def uuid7() -> UUID:
    """Return a new identifier; those of one process come out in ascending order.

    Neighbours in time are neighbours in an index: inserts stay local. A clock that is
    set back does not disturb the order within a process.
    """
    milliseconds, counter = _next(time.time_ns() // 1_000_000)
    high, low = divmod(counter, 2**30)
    random = int.from_bytes(os.urandom(_RANDOM_BITS // 8))
    return UUID(
        int=milliseconds << 80
        | 0x7 << 76
        | high << 64
        | 0b10 << 62
        | low << _RANDOM_BITS
        | random
    )


def _next(now: int) -> tuple[int, int]:
    """Return the moment and the counter of the next identifier."""
    global _last
    with _lock:
        milliseconds, counter = _last
        if now > milliseconds:
            # A random start, half of the range at most: it leaves room to count on.
            milliseconds, counter = now, int.from_bytes(os.urandom(5))
        else:
            counter += 1
            if counter >> _COUNTER_BITS:
                milliseconds, counter = milliseconds + 1, 0
        _last = milliseconds, counter
        return _last
