"""The metrics of all processes of one application, by files in a folder they share.

A scraper reaches one worker process of several, and must be told of all. Each process
writes what it has counted, every few seconds, into a file of its own, whole or not at
all; whoever is asked adds them up. Of a process that is gone the counts stay, so that
no counter falls, and what it had open does not. Whoever begins puts the files of those
that are gone into one.
"""

from __future__ import annotations

import atexit
import itertools
import json
import os
import threading
import time
import weakref
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bedplate.base import utcnow

fcntl: Any
try:
    import fcntl
except ImportError:  # on Windows, where files of processes that are gone stay
    fcntl = None

if TYPE_CHECKING:
    from bedplate.durations import Distribution
    from bedplate.ops.pool_metrics import PoolMetrics
    from bedplate.ops.query_metrics import QueryMetrics

__all__ = ["LIMITS", "REPLICA", "Publisher", "Snapshot", "merged", "others", "snapshot"]

Snapshot = dict[str, Any]
"""{"seconds", "pools": {name: {"gauges", "counters", "histograms"}}, "queries"}."""

REPLICA = "replica "
"""What the name of a replica's pool begins with; its address follows."""

LIMITS = tuple(
    round(step * 10.0**decade, 8) for decade in range(-4, 2) for step in (1, 2.5, 5)
)
"""Upper bounds of the buckets told, in seconds: 0.1 ms to 50 s."""

_EVERY = 2.0
"""Seconds between two files of a process; scrapers come every 10 or so."""

_SILENT = 60.0
"""Seconds after which a process that nobody sees here writes no more."""

_GAUGES = ("size", "max_overflow", "checked_out", "idle", "overflow", "waiting")
_COUNTERS = (
    *("checkouts", "reused", "created", "closed", "invalidated"),
    *("failed_health_checks", "timeouts"),
)
_number = itertools.count()


def snapshot(pools: PoolMetrics, queries: QueryMetrics) -> Snapshot:
    """Return metrics as numbers that can be added up."""
    return {
        "seconds": (utcnow() - pools.since).total_seconds(),
        "pools": {pool.name: _pool(pool) for pool in pools.pools or (pools,)},
        "queries": {
            "counters": {
                "errors": queries.errors,
                "rows": queries.rows,
                "slow": queries.slow,
            },
            "histograms": {"seconds": _histogram(queries.seconds)},
        },
    }


def _pool(pool: PoolMetrics) -> Snapshot:
    return {
        "gauges": {name: getattr(pool, name) for name in _GAUGES},
        "counters": {name: getattr(pool, name) for name in _COUNTERS},
        "histograms": {
            "wait_seconds": _histogram(pool.wait_seconds),
            "hold_seconds": _histogram(pool.hold_seconds),
        },
    }


def _histogram(spread: Distribution) -> Snapshot:
    """Return how many were no longer than each limit, and last how many there were."""
    bounds = [bound for bound, _ in spread.buckets]
    counts = [0, *(count for _, count in spread.buckets)]
    counted = [counts[bisect_right(bounds, limit)] for limit in LIMITS]
    return {"counts": [*counted, spread.count], "total": spread.total}


def merged(snapshots: Sequence[Snapshot]) -> Snapshot:
    """Return the sum of snapshots."""
    found: Snapshot = reduce(_added, snapshots)
    return found


def _added(a: Any, b: Any) -> Any:
    if isinstance(a, dict):
        common = {key: _added(a[key], b[key]) for key in a if key in b}
        return {**a, **b, **common}
    if isinstance(a, list):
        return [_added(x, y) for x, y in zip(a, b, strict=True)]
    return a + b


def others(own: Path, database: str) -> Iterator[Snapshot]:
    """Yield what others have counted on a database, whose files stand beside ours."""
    with _locked(own.parent, alone=False):
        found = _files(own.parent, database)
    for file, told in found.items():
        if file != own:
            yield told["metrics"]


def join_ended(folder: Path, database: str) -> None:
    """Put the files of processes that are gone into one, which stands for them."""
    with _locked(folder, alone=True) as is_alone:
        if not is_alone:
            return
        found = _files(folder, database)
        ended = {f: told for f, told in found.items() if _has_ended(f, told)}
        names = [*_stood_for(ended)]
        if len(names) > 1:
            joined = {
                "process": None,
                "database": database,
                "metrics": merged([told["metrics"] for told in ended.values()]),
                "instead_of": names,
            }
            _write(folder / f"bedplate-ended-{time.time_ns()}.json", joined)
            for name in names:
                (folder / name).unlink(missing_ok=True)


def _has_ended(file: Path, told: dict[str, Any]) -> bool:
    # Of a process in another container nobody here can tell that it runs.
    return not _is_running(told) and time.time() - file.stat().st_mtime > _SILENT


def _stood_for(files: dict[Path, dict[str, Any]]) -> Iterator[str]:
    """Yield the names of files, and of those they stand for that are left there."""
    for file, told in files.items():
        yield file.name
        for name in told.get("instead_of", ()):
            if file.with_name(name).exists():
                yield name


def _files(folder: Path, database: str) -> dict[Path, dict[str, Any]]:
    """Return what is told of a database, with nothing open where a process is gone."""
    found = {}
    for file in sorted(folder.glob("bedplate-*.json")):
        with suppress(OSError, ValueError):  # it is being taken away
            told = json.loads(file.read_text(encoding="utf-8"))
            if told["database"] == database:
                found[file] = told
    for told in [*found.values()]:
        for name in told.get("instead_of", ()):  # left there by one who was killed
            found.pop(folder / name, None)
        if not _is_running(told):
            for pool in told["metrics"]["pools"].values():
                pool["gauges"] = dict.fromkeys(pool["gauges"], 0)
    return found


@contextmanager
def _locked(folder: Path, *, alone: bool) -> Iterator[bool]:
    """Keep files from being put into one by others; say whether that is so."""
    with ExitStack() as stack:
        yield fcntl is not None and _is_taken(stack, folder, alone=alone)


def _is_taken(stack: ExitStack, folder: Path, *, alone: bool) -> bool:
    """Take the lock; not for ever: the child of one who was killed may have it."""
    how = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    try:
        lock = stack.enter_context((folder / "bedplate.lock").open("a"))
    except OSError:  # another user's, or the folder is gone
        return False
    for _ in range(1 if alone else 50):
        with suppress(OSError):
            fcntl.flock(lock, how | fcntl.LOCK_NB)
            # Closing it does not free what a forked child has a copy of.
            stack.callback(fcntl.flock, lock, fcntl.LOCK_UN)
            return True
        time.sleep(0.01)
    return False


def _write(file: Path, told: dict[str, Any]) -> None:
    """Write a file whole or not at all."""
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(told), encoding="utf-8")
    fresh.replace(file)


def _is_running(told: dict[str, Any]) -> bool:
    process = told["process"]
    if process is None:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Publisher:
    """Writes this process's metrics into a folder, now and then and at its end.

    Args:
        folder: The folder.
        database: Which database they are about.
        metrics: Returns them.

    Attributes:
        file: Where to.
    """

    def __init__(
        self, folder: Path, database: str, metrics: Callable[[], Snapshot]
    ) -> None:
        self._folder, self._database, self._metrics = folder, database, metrics
        self.start()
        atexit.register(_publish_once, weakref.ref(self))

    def start(self) -> None:
        """Begin to write, in a forked child anew."""
        self._one_at_a_time = threading.Lock()  # the parent's may be held by nobody
        begun = f"{os.getpid()}-{time.time_ns()}-{next(_number)}"
        self.file = self._folder / f"bedplate-{begun}.json"
        threading.Thread(
            target=_publish_now_and_then,
            args=(weakref.ref(self), self._folder, self._database),
            name="bedplate-metrics",
            daemon=True,
        ).start()

    def publish(self) -> None:
        """Write what is counted, as far as the disk lets us."""
        told = {
            "process": os.getpid(),
            "database": self._database,
            "metrics": self._metrics(),
        }
        # Full, or taken away: the program goes on.
        with self._one_at_a_time, suppress(OSError):
            _write(self.file, told)


def _publish_once(alive: weakref.ref[Publisher]) -> bool:
    publisher = alive()
    if publisher is not None:
        publisher.publish()
    return publisher is not None


def _publish_now_and_then(
    alive: weakref.ref[Publisher], folder: Path, database: str
) -> None:
    process = os.getpid()
    with suppress(Exception):  # what another version has written, say
        join_ended(folder, database)
    while os.getpid() == process and _publish_once(alive):
        time.sleep(_EVERY)
