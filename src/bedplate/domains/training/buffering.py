"""A buffer for measured values: a training loop hands them over and goes on."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from bedplate.base import utcnow
from bedplate.checks import check_json, check_text, check_whole
from bedplate.errors import (
    BedplateError,
    CommitUnknownError,
    IntegrityError,
    InvalidValueError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bedplate.domains.training.metrics import AccuracyMetrics

__all__ = ["MetricBuffer"]

_log = logging.getLogger(__name__)

_PAUSE = 1.0
"""Seconds before what could not be written is tried again, and usual age of a point."""

_Point = dict[str, Any]


class MetricBuffer:
    """Collects points and writes them in batches, in a thread of its own.

    `record` only appends to a list. A batch is written when there are `size` points,
    or when the oldest is `age` seconds old; what is left is written by close(), at the
    end of a with block whatever ends it, and when the program ends. Points of one
    buffer are written in the order they came in.

    While the database cannot be reached they are kept, at most `capacity` of them, and
    tried again; a point that comes when it is full, is refused by the database, or is
    still there when the buffer was closed in vain, is lost, and counted. No error
    reaches the loop: it is logged, and kept in `last_error`.

    Any thread may record. A forked child begins with an empty buffer; the points of
    before the fork are its parent's.

    Args:
        training: The repository, as `database.repository()` gives it.
        size: How many points make a batch.
        age: How many seconds a point waits at most.
        capacity: The most points to keep.
    """

    def __init__(
        self,
        training: AccuracyMetrics,
        size: int = 1_000,
        age: float = _PAUSE,
        capacity: int = 100_000,
    ) -> None:
        self._training = training
        self._size = check_whole(size, "size", 1, 1_000_000)
        self._capacity = check_whole(capacity, "capacity", self._size, 10**9)
        if not age > 0:
            raise InvalidValueError(f"{age!r} is not a number above 0", "age")
        self._age = age
        self._begin()
        atexit.register(self.close)

    def _begin(self) -> None:
        self._process = os.getpid()
        self._held: deque[_Point] = deque()
        self._written = self._lost = self._writing = 0
        self._last_error: BedplateError | None = None
        self._due = 0.0
        self._closed = self._flushing = self._failed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @property
    def written(self) -> int:
        """How many points are in the database."""
        return self._written

    @property
    def lost(self) -> int:
        """How many points could not be written, and will not be."""
        return self._lost

    @property
    def waiting(self) -> int:
        """How many points have yet to be written."""
        return len(self._held) + self._writing

    @property
    def last_error(self) -> BedplateError | None:
        """What the database said last when it refused points; None if it never did."""
        return self._last_error

    def record(
        self,
        metric_type: str,
        value: float,
        metadata: dict[str, Any] | None = None,
        checkpoint_id: int | None = None,
        step: int | None = None,
        training_job_id: int | None = None,
    ) -> bool:
        """Take a point, with the present time; return False if there was no room.

        Raises:
            InvalidValueError: A value is not what its column takes, or the buffer is
                closed.
        """
        check_text(metric_type, "metric_type", 100)
        if metadata is not None:
            check_json(metadata, "metadata")
        point = {
            "metric_type": metric_type,
            "value": _number(value),
            "metadata": metadata,
            "model_checkpoint_id": _whole(checkpoint_id, "checkpoint_id"),
            "step": _whole(step, "step"),
            "training_job_id": _whole(training_job_id, "training_job_id"),
            "created_at": utcnow(),
        }
        if self._process != os.getpid():
            self._begin()
        with self._changed:
            return self._take(point)

    def flush(self, timeout: float = 60.0) -> bool:
        """Have everything written that is there; return whether nothing waits.

        Not inside a transaction of your own on SQLite: the buffer could not write
        before that has ended.

        Args:
            timeout: How many seconds to wait for it.
        """
        if self._process != os.getpid():
            self._begin()
        with self._changed:
            self._flushing = self.waiting > 0
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._flushing, timeout)
            return not self.waiting

    def close(self, timeout: float = 60.0) -> None:
        """Write what is left and end the thread; what cannot be written is lost."""
        if self._process != os.getpid():
            return
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout)
        with self._changed:
            self._lost += len(self._held)
            self._held.clear()
        atexit.unregister(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # How

    def _take(self, point: _Point) -> bool:
        if self._closed:
            raise InvalidValueError("the buffer is closed")
        if self.waiting >= self._capacity:
            self._lost += 1
            return False
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._work, name="bedplate metrics", daemon=True
            )
            self._thread.start()
        if not self._held and not self._failed:
            self._due = time.monotonic() + self._age
            self._changed.notify_all()
        self._held.append(point)
        if len(self._held) == self._size:
            self._changed.notify_all()
        return True

    def _work(self) -> None:
        try:
            while batch := self._next():
                self._settle(self._write(batch))
        finally:  # an error that is none of ours ends the thread
            with self._changed:
                self._lost += self._writing
                self._writing = 0
                self._closed = True
                self._flushing = False
                self._changed.notify_all()

    def _settle(self, unwritten: Sequence[_Point]) -> None:
        """Put back what was not written, and say when the next batch is due."""
        with self._changed:
            self._writing = 0
            self._held.extendleft(reversed(unwritten))
            self._failed = bool(unwritten)
            self._due = time.monotonic() + (_PAUSE if self._failed else self._age)
            if self._failed or not self._held:
                self._flushing = False
                self._changed.notify_all()

    def _next(self) -> Sequence[_Point]:
        """Wait for a batch that is due; nothing where there will be none."""
        with self._changed:
            while not self._is_due():
                if self._closed:
                    return ()
                left = self._due - time.monotonic() if self._held else None
                self._changed.wait(left)
            batch = [*islice(self._held, self._size)]
            for _ in batch:
                self._held.popleft()
            self._writing = len(batch)
            return batch

    def _is_due(self) -> bool:
        if not self._held:
            return False
        if self._failed:  # even a full batch waits for its time
            return time.monotonic() >= self._due and not self._closed
        is_full = len(self._held) >= self._size
        asked = self._closed or self._flushing
        return is_full or asked or time.monotonic() >= self._due

    def _write(self, batch: Sequence[_Point]) -> Sequence[_Point]:
        """Write points; return those that are to be tried again."""
        try:
            self._written += self._training.record_metrics(batch)
        except (IntegrityError, InvalidValueError) as error:
            return self._write_parts(batch, error)
        except CommitUnknownError as error:
            self._lose(batch, error)  # they may be there: twice would be worse
        except BedplateError as error:
            self._last_error = error
            _log.warning("%d points wait to be written: %s", len(batch), error)
            return batch
        return ()

    def _write_parts(
        self, batch: Sequence[_Point], error: BedplateError
    ) -> Sequence[_Point]:
        """Lose the one point that is at fault, and write the others."""
        if len(batch) == 1:
            self._lose(batch, error)
            return ()
        half = len(batch) // 2
        return [*self._write(batch[:half]), *self._write(batch[half:])]

    def _lose(self, batch: Sequence[_Point], error: BedplateError) -> None:
        self._last_error = error
        self._lost += len(batch)
        _log.warning("%d points are lost: %s", len(batch), error)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise InvalidValueError(f"a number is needed, not {value!r}", "value") from None


def _whole(value: Any, column: str) -> int | None:
    return None if value is None else check_whole(value, column, -(2**63), 2**63 - 1)
