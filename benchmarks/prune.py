"""How long writers wait while a large table is pruned by half.

    python benchmarks/prune.py --rows 5000000 --db sqlite,postgresql

A table of metrics is filled; a process writes one metric after another, each in a
transaction of its own, before and while the older half is deleted. Told are the rows
deleted a second, the longest transaction that deletes, and the median and the longest
time of a write, alone and beside the deletion.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bedplate import Database, TrainingRepository
from bedplate.domains.training.models import AccuracyMetric
from bedplate.ops.retention import Rule
from bedplate.testing.products import PRODUCTS
from bedplate.testing.servers import GivenServer

_QUIET = 5.0
"""Seconds of writing before the deletion begins."""

_ROW = {"metric_type": "loss", "value": 0.0}

_PAUSE = 0.005
"""Seconds between two writes."""


def main() -> int:
    """Prune on each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--db", default="sqlite,postgresql")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, url in _targets(folder, given.db.split(",")):
            _measure(name, url, given.rows)
    return 0


def _measure(name: str, url: str, rows: int) -> None:
    with Database(url) as database:
        database.upgrade()
        _fill(database, rows)
        writer = _Writer(url)
        time.sleep(_QUIET)
        began = writer.moment()
        told = database.prune(Rule("accuracy_metrics", timedelta(days=30)))
        quiet, beside = writer.stop(began)
    deleted = sum(told.rows.values())
    print(
        f"{name}: {deleted:,} of {rows:,} rows deleted in {told.seconds:,.0f} s "
        f"({deleted / told.seconds:,.0f} rows/s, the longest transaction "
        f"{told.longest * 1e3:,.0f} ms)\n"
        f"  writes alone:  {_times(quiet)}\n  writes beside: {_times(beside)}",
        flush=True,
    )


def _fill(database: Database, rows: int) -> None:
    """Write rows, the older half of which is two months old."""
    now = datetime.now(UTC)
    moments = (now - timedelta(days=60), now)
    database.repository(TrainingRepository).of(AccuracyMetric).add_many(
        {
            "metric_type": "loss",
            "value": 1 / (n + 1),
            "step": n,
            "created_at": moments[2 * n >= rows],
        }
        for n in range(rows)
    )


class _Writer:
    """A process that writes."""

    def __init__(self, url: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_write, args=(url, theirs))
        self._process.start()
        self._ours.recv()  # it has written its first

    def moment(self) -> float:
        return time.monotonic()

    def stop(self, began: float) -> tuple[list[float], list[float]]:
        """End it; return the times of its writes before a moment, and after."""
        self._ours.send("stop")
        times: list[tuple[float, float]] = self._ours.recv()
        self._process.join()
        quiet = [took for at, took in times if at + took < began]
        return quiet, [took for at, took in times if at + took >= began]


def _write(url: str, pipe: Any) -> None:
    times = []
    with Database(url) as database:
        training = database.repository(TrainingRepository)
        training.record_metrics([_ROW])
        pipe.send("ready")
        while not pipe.poll():
            at = time.monotonic()
            training.record_metrics([_ROW])
            times.append((at, time.monotonic() - at))
            time.sleep(_PAUSE)
    pipe.send(times)


def _times(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return (
        f"{len(ordered):,}, median {statistics.median(ordered) * 1e3:.1f} ms, "
        f"99 % {ordered[len(ordered) * 99 // 100] * 1e3:.0f} ms, "
        f"longest {ordered[-1] * 1e3:,.0f} ms"
    )


def _targets(folder: str, wanted: list[str]) -> Iterator[tuple[str, str]]:
    if "sqlite" in wanted:
        yield "sqlite", f"sqlite:///{folder}/prune.db"
    for product in PRODUCTS:
        entries = os.environ.get(f"TEST_{product.name.upper()}_URL", "").split()
        named = [entry for entry in entries if entry != "container"]
        for entry in named[:1] if product.name in wanted else []:
            server = GivenServer(product, entry, 1)
            with _new(server, folder) as url:
                yield server.id, url


@contextmanager
def _new(server: GivenServer, folder: str) -> Iterator[str]:
    url = server.create_database(f"prune_{uuid.uuid4().hex[:12]}", Path(folder))
    try:
        yield url
    finally:
        server.drop_database(url)


if __name__ == "__main__":
    sys.exit(main())
