"""How fast rows are copied from one database into another, and compared.

    python benchmarks/transfer.py --rows 200000   # a file into each server

The rows are metrics, ten columns each; and one text of 50 MB goes with them, for the
most memory that is held. A line for each target tells rows a second, of the copy with
its comparison, and of the comparison alone, which reads both sides; on a machine that
others use as well, the seconds that the process itself was at work tell more.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bedplate import BookRepository, Database, TrainingRepository
from bedplate.domains.books.models import Plot
from bedplate.domains.training.models import AccuracyMetric
from bedplate.testing.products import PRODUCTS
from bedplate.testing.servers import GivenServer

_TEXT = 50_000_000


def main() -> int:
    """Fill a file and copy it everywhere."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--text", type=int, default=_TEXT, help="bytes of the text")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Database(f"sqlite:///{folder}/source.db") as source,
    ):
        _fill(source, given.rows, given.text)
        print(f"{given.rows:,} rows and a text of {given.text:,} bytes")
        for name, url in _targets(folder):
            _measure(source, name, url)
    return 0


def _measure(source: Database, name: str, url: str) -> None:
    with Database(url) as target:
        target.upgrade()
        started, busy = time.perf_counter(), time.process_time()
        rows = source.copy_to(target).rows
        copied, busy = time.perf_counter(), time.process_time() - busy
        source.compare_with(target)
        compared = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:<15} copied {rows / (copied - started):>9,.0f} rows/s "
        f"({rows / busy:,.0f} a second of this process at work), "
        f"compared {rows / (compared - copied):>9,.0f} rows/s, peak {peak:,.0f} MB",
        flush=True,
    )


def _fill(database: Database, rows: int, size: int) -> None:
    database.upgrade()
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    training = database.repository(TrainingRepository)
    training.of(AccuracyMetric).add_many(
        {
            "metric_type": ("loss", "accuracy")[n % 2],
            "value": 1 / (n + 1),
            "step": n,
            "metadata_": {"epoch": n // 1000},
            "created_at": moment + timedelta(microseconds=n),
        }
        for n in range(rows)
    )
    text = "0123456789abcdef" * (size // 16)
    row = {"title": "long", "plot_summary": text}
    database.repository(BookRepository).of(Plot).add_many([row])


def _targets(folder: str) -> Iterator[tuple[str, str]]:
    yield "sqlite", f"sqlite:///{folder}/target.db"
    for product in PRODUCTS:
        entries = os.environ.get(f"TEST_{product.name.upper()}_URL", "").split()
        for place, entry in enumerate(entries, 1):
            if entry != "container":
                server = GivenServer(product, entry, place)
                with _new(server, folder) as url:
                    yield server.id, url


@contextmanager
def _new(server: GivenServer, folder: str) -> Iterator[str]:
    url = server.create_database(f"transfer_{uuid.uuid4().hex[:12]}", Path(folder))
    try:
        yield url
    finally:
        server.drop_database(url)


if __name__ == "__main__":
    sys.exit(main())
