"""Durations, counted in buckets of fixed width: cheap to add to, of a size that stays.

They are noted as they come, and counted by the hundred or when somebody asks: a note
reads little memory beside that of the work whose duration it is, where looking for a
bucket costs more than a short statement can bear.

A percentile is read off the buckets, so it is at most a quarter too long or too short;
nothing is kept of single durations that are counted.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any

__all__ = ["BOUNDS", "PENDING", "Distribution", "Durations", "Told"]

_STEPS = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0)
"""The preferred numbers R10 of ISO 3: ten a decade, each a quarter above the last."""

BOUNDS = tuple(
    round(step * 10.0**decade, 8) for decade in range(-5, 3) for step in _STEPS
)
"""Upper bounds of the buckets, in seconds: 10 microseconds to 800 seconds."""

PENDING = 100
"""Durations that are noted before they are counted."""


class Told:
    """A result that can be shown as JSON."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as dictionaries, lists, numbers and strings; times as datetime."""
        return asdict(self)  # type: ignore[call-overload,no-any-return]  # of dataclasses


@dataclass(frozen=True)
class Distribution(Told):
    """How durations are spread; all in seconds.

    Attributes:
        count: How many there were.
        total: Their sum.
        p50: Half of them were no longer; None where there were none.
        p95: 95 % of them were no longer.
        p99: 99 % of them were no longer.
        longest: The longest of them; 0 where there were none.
        buckets: An upper bound and how many were no longer than it, from the first
            bound that some keep to the first that all keep.
    """

    count: int
    total: float
    p50: float | None
    p95: float | None
    p99: float | None
    longest: float
    buckets: tuple[tuple[float, int], ...]


class Durations:
    """Counts durations, from any thread.

    No lock is held. Whoever takes a note out counts it, so none is counted twice. The
    interpreter changes threads at calls and loops, and there is none inside of the
    additions here; where threads run side by side a count may be lost, which a
    percentile does not show.

    Attributes:
        pending: Those that are noted and not yet counted; who appends to it has
            settle() called where it holds PENDING of them.
    """

    __slots__ = ("_counts", "_longest", "_total", "pending")

    def __init__(self) -> None:
        self.pending: deque[float] = deque()
        self._counts = [0] * (len(BOUNDS) + 1)
        self._total = 0.0
        self._longest = 0.0

    @property
    def count(self) -> int:
        """How many there were."""
        self.settle()
        return sum(self._counts)

    def add(self, seconds: float) -> None:
        """Note a duration."""
        self.pending.append(seconds)
        if len(self.pending) >= PENDING:
            self.settle()

    def settle(self) -> None:
        """Count what is noted."""
        pending, counts = self.pending, self._counts
        while pending:
            try:
                seconds = pending.popleft()
            except IndexError:  # another thread was faster
                return
            counts[bisect_left(BOUNDS, seconds)] += 1
            self._total += seconds
            if seconds > self._longest:
                self._longest = seconds

    def distribution(self, others: int = 0) -> Distribution:
        """Return how they are spread, beside so many others of no length at all."""
        self.settle()
        counts = [*self._counts]
        counts[0] += others
        sums = [*accumulate(counts)]
        return Distribution(
            count=sums[-1],
            total=self._total,
            p50=_percentile(sums, 0.50, self._longest),
            p95=_percentile(sums, 0.95, self._longest),
            p99=_percentile(sums, 0.99, self._longest),
            longest=self._longest,
            buckets=_needed(sums),
        )

    def merge(self, other: Durations) -> None:
        """Count what another one has counted as well."""
        other.settle()
        for place, count in enumerate(other._counts):
            self._counts[place] += count
        self._total += other._total
        self._longest = max(self._longest, other._longest)


def _percentile(sums: list[int], share: float, longest: float) -> float | None:
    """Read a percentile off cumulated counts, by a straight line inside its bucket."""
    if not sums[-1]:
        return None
    rank = share * sums[-1]
    place = bisect_left(sums, rank)
    below = sums[place - 1] if place else 0
    floor = BOUNDS[place - 1] if place else 0.0
    ceiling = min(BOUNDS[place], longest) if place < len(BOUNDS) else longest
    part = (rank - below) / (sums[place] - below)
    return floor + max(ceiling - floor, 0.0) * part


def _needed(sums: list[int]) -> tuple[tuple[float, int], ...]:
    first, last = bisect_left(sums, 1), bisect_left(sums, sums[-1])
    if not sums[-1]:
        return ()
    return tuple(zip(BOUNDS[first:], sums[first : last + 1], strict=False))
