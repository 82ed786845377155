"""When a unit of work is run again, and after how long."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from bedplate.errors import BedplateError, CommitUnknownError

__all__ = ["Retry", "pause_after"]

T = TypeVar("T")


@dataclass(frozen=True)
class Retry:
    """When to run a unit of work again after a deadlock, a lock or a lost connection.

    Attributes:
        deadline: Seconds after which no further try begins; 0 for no retry at all.
        first: Seconds the first pause lasts at most; each further one twice that.
        longest: Seconds no pause exceeds.
    """

    deadline: float = 30.0
    first: float = 0.01
    longest: float = 1.0

    def pauses(self) -> Iterator[float]:
        """Yield how long to wait before each further try, until time is up.

        Full jitter: those who collided must not meet again at the same moment
        (Brooker, "Exponential Backoff and Jitter", 2015).
        """
        end = time.monotonic() + self.deadline
        bound = self.first
        while (left := end - time.monotonic()) > 0:
            yield min(random.uniform(0, bound), left)  # noqa: S311  # not a secret
            bound = min(bound * 2, self.longest)

    def call(self, act: Callable[[], T]) -> T:
        """Call what may be done twice until it succeeds, fails for good, or time is up.

        Raises:
            BedplateError: The last error.
        """
        pauses = self.pauses()
        while True:
            try:
                return act()
            except BedplateError as error:
                pause = pause_after(error, pauses, idempotent=True)
            time.sleep(pause)


def pause_after(
    error: BedplateError, pauses: Iterator[float], *, idempotent: bool
) -> float:
    """Return how long to wait before the same work is run again after this error.

    Raises:
        BedplateError: The error itself, where it may not be, or time is up.
    """
    again = error.retryable or (idempotent and isinstance(error, CommitUnknownError))
    pause = next(pauses, None) if again else None
    if pause is None:
        raise error
    return pause
