"""What a row costs while its table grows: merged, normalised, recorded.

    python benchmarks/growth.py --largest 10000000 --plot growth.svg

At 10,000 rows and each power of ten after it: n-grams of length 5 are merged, 20,000
drawn as those of a text are, then 20,000 and 200,000 that are there already; the model
is trained on a text of 20,000 characters; the probabilities of the whole model are set;
50,000 points are recorded into a table of as many. The letters, 96, follow Zipf's law.

Printed are the microseconds of the wall clock that a row took, those of the processor,
and the kilobytes written, both of this process and, where it runs on this machine, of
the server's process for this connection. What its other processes do in the background,
a checkpoint above all, is in the wall clock alone.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, astuple, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from contest import say
from places import Place, places

from bedplate import TrainingRepository
from bedplate.domains.training.ngrams import NGramCounts
from bedplate.domains.training.windows import tally_rows

N = 5
LETTERS = 96
BATCH = 200_000
"""Keys drawn for one merge while the table grows, as a block of a text's are."""
PROBE, POINTS, PROBES = 20_000, 50_000, 3
SMALLEST = 10_000

INK = "#7a7f87"
"""Of text and lines: read on a light page as on a dark one."""


@dataclass
class Growth:
    """The microseconds a row took, by how many rows there were.

    Attributes:
        place: The database, with its version.
        work: What was done to the rows.
        rows: How many rows the table had.
        microseconds: What one row of the work took then.
        processor: What it took of the processor.
        written: The kilobytes that were written for it.
    """

    place: str
    work: str
    rows: list[int] = field(default_factory=list)
    microseconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    written: list[float] = field(default_factory=list)

    def add(self, rows: int, spent: Spent) -> None:
        """Keep one figure, and print it."""
        self.rows.append(rows)
        self.microseconds.append(spent.wall * 1e6)
        self.processor.append(spent.processor * 1e6)
        self.written.append(spent.written / 1e3)
        say(
            f"{self.place}  {rows:>12,} rows  {spent.wall * 1e6:9.2f} us  "
            f"{spent.processor * 1e6:9.2f} us of the processor  "
            f"{spent.written / 1e3:8.3f} KB written  {self.work}"
        )


@dataclass(frozen=True)
class Spent:
    """What work has taken: seconds, seconds of the processor, bytes written."""

    wall: float
    processor: float
    written: float

    @classmethod
    def until_now(cls, place: Place) -> Spent:
        """Return what this process, and the server's for this database, have taken."""
        processes = [Path("/proc/self"), *serving(place)]
        ticks = written = 0
        for process in processes:
            # After the name, which is between parentheses: the third field and on.
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
            counts = dict(
                line.split(": ") for line in (process / "io").read_text().splitlines()
            )
            written += int(counts["wchar"])
        return cls(time.perf_counter(), ticks / os.sysconf("SC_CLK_TCK"), written)

    def since(self, start: Spent, rows: int) -> Spent:
        """Return what a row has taken since then."""
        return Spent(
            (self.wall - start.wall) / rows,
            (self.processor - start.processor) / rows,
            (self.written - start.written) / rows,
        )


def serving(place: Place) -> Iterator[Path]:
    """Yield the processes on this machine that serve connections of the database."""
    if place.kind != "postgresql":
        return
    asked = (
        "SELECT pid, datname FROM pg_stat_activity WHERE datname = current_database()"
    )
    for pid, name in place.run(asked):
        process = Path(f"/proc/{pid}")
        # A server elsewhere numbers its processes as it likes; the title tells.
        if process.exists() and name in (process / "cmdline").read_text():
            yield process


class Keys:
    """Keys as a text has them, and a fair sample of those that were drawn.

    Attributes:
        drawn: Code points of some keys that are in the table, shape (keys, N).
    """

    def __init__(self) -> None:
        self._chance = np.random.default_rng(5)
        weights = 1 / np.arange(1, LETTERS + 1)
        self._weights = weights / weights.sum()
        self.drawn = np.empty((0, N), np.uint32)

    def draw(self, count: int) -> NGramCounts:
        """Return `count` draws, counted; the frequent ones have come before."""
        letters = self._chance.choice(LETTERS, (count, N), p=self._weights)
        codes = (letters + ord(" ")).astype(np.uint32)
        self.drawn = np.concatenate([self.drawn, codes[:: max(count // PROBE, 1)]])
        return _counted(codes)

    def text(self, count: int) -> str:
        """Return a text of so many characters."""
        letters = self._chance.choice(LETTERS, count, p=self._weights)
        return (letters + ord(" ")).astype(np.uint8).tobytes().decode("ascii")

    def again(self, count: int) -> NGramCounts:
        """Return keys that are in the table, from all over it."""
        return _counted(self._chance.choice(self.drawn, count))


def main() -> int:
    """Measure on each database."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--db", default="sqlite,postgresql-18")
    parser.add_argument("--largest", type=int, default=10_000_000, help="rows")
    parser.add_argument("--json", type=Path, default=Path("run/benchmarks"))
    parser.add_argument("--plot", type=Path, help="draw them into this file")
    given = parser.parse_args()
    growths: list[Growth] = []
    for place in places(given.db):
        growths += ngrams(place, given.largest)
        growths += metrics(place, given.largest)
    keep(growths, given.json)
    if given.plot:
        draw(growths, given.plot)
    return 0


def ngrams(place: Place, largest: int) -> list[Growth]:
    """Let a model grow, and measure it on the way."""
    training = place.database.repository(TrainingRepository)
    merge = partial(training.merge_markov_ngrams, N)
    learn = partial(training.train_markov, N)
    new = Growth(place.name, "merged, by the draw")
    old = Growth(place.name, "merged, all there")
    many = Growth(place.name, "merged, all there, 200,000 at once")
    text = Growth(place.name, "trained on 20,000 characters")
    whole = Growth(place.name, "probabilities of the whole model")
    keys = Keys()
    for size in sizes(largest):
        while (rows := count(place, "markov_ngrams")) < size:
            merge(keys.draw(min(BATCH, size - rows + PROBE // 10)))
        settle(place, "markov_ngrams")
        whole.add(
            rows, probe(place, lambda: N, training.calculate_markov_probabilities, rows)
        )
        new.add(rows, probe(place, lambda: keys.draw(PROBE), merge))
        old.add(rows, probe(place, lambda: keys.again(PROBE), merge))
        if rows > BATCH:
            many.add(rows, probe(place, lambda: keys.again(BATCH), merge))
        text.add(rows, probe(place, lambda: keys.text(PROBE), learn))
    say(f"{place.name}  {stored(place) / rows:,.0f} bytes a row on disk")
    place.empty("markov_ngrams")
    return [new, old, many, text, whole]


def settle(place: Place, table: str) -> None:
    """Do what autovacuum does after a while, so that no probe meets it."""
    if place.kind == "postgresql":
        place.raw.autocommit = True
        place.raw.execute(f"VACUUM (ANALYZE) {table}")
        place.raw.autocommit = False


def stored(place: Place) -> int:
    """Return how many bytes the model's table takes, its index included."""
    if place.kind == "sqlite":
        pages, free, size = (
            place.run(f"PRAGMA {name}")[0][0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)
    if place.kind == "postgresql":
        found = place.run("SELECT pg_total_relation_size('markov_ngrams')")
    else:
        place.run("ANALYZE TABLE markov_ngrams")
        found = place.run(
            "SELECT data_length + index_length FROM information_schema.tables "
            "WHERE table_schema = database() AND table_name = 'markov_ngrams'"
        )
    return int(found[0][0])


def metrics(place: Place, largest: int) -> list[Growth]:
    """Let a table of measured values grow."""
    training = place.database.repository(TrainingRepository)
    recorded = Growth(place.name, "points recorded")
    rows = 0
    for size in sizes(largest):
        while rows < size:
            rows += training.record_metrics(points(rows, min(POINTS, size - rows)))
        settle(place, "accuracy_metrics")
        made = partial(points, rows, POINTS)
        recorded.add(rows, probe(place, made, training.record_metrics))
        rows += PROBES * POINTS
    place.empty("accuracy_metrics")
    return [recorded]


def sizes(largest: int) -> Iterator[int]:
    """Yield the sizes of a table at which it is measured."""
    size = SMALLEST
    while size <= largest:
        yield size
        size *= 10


def probe(
    place: Place,
    made: Callable[[], Any],
    work: Callable[[Any], object],
    rows: int | None = None,
) -> Spent:
    """Return what one row of the work takes, the median of a few."""
    found = []
    for _ in range(PROBES if rows is None else 1):
        given = made()
        began = Spent.until_now(place)
        work(given)
        found.append(Spent.until_now(place).since(began, rows or len(given)))
    return Spent(*map(statistics.median, zip(*map(astuple, found), strict=True)))


def points(first: int, number: int) -> list[dict[str, Any]]:
    """Return points of one curve."""
    return [
        {"metric_type": "loss", "value": step / 7, "step": step}
        for step in range(first, first + number)
    ]


def count(place: Place, table: str) -> int:
    """Return how many rows a table has."""
    return int(place.run(f"SELECT count(*) FROM {table}")[0][0])


def _counted(codes: Any) -> NGramCounts:
    return NGramCounts(N, *tally_rows(codes, np.ones(len(codes), np.int64)))


def keep(growths: list[Growth], folder: Path) -> None:
    """Write what was measured."""
    folder.mkdir(parents=True, exist_ok=True)
    measured = datetime.now(UTC).isoformat(timespec="seconds")
    kept = {"measured": measured, "growths": [asdict(growth) for growth in growths]}
    (folder / "growth.json").write_text(json.dumps(kept, indent=1) + "\n")


def draw(growths: list[Growth], file: Path) -> None:
    """Draw the curves: a column for each database, processor above, bytes below."""
    import matplotlib.pyplot as plt

    colors = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color")
    plt.rcParams.update(dict.fromkeys([*colors, "ytick.color", "grid.color"], INK))
    plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": file.stem})
    names = list(dict.fromkeys(growth.place for growth in growths))
    figure, panels = plt.subplots(
        2, len(names), figsize=(9, 6), sharey="row", sharex=True, squeeze=False
    )
    for column, name in zip(panels.T, names, strict=True):
        for growth in (one for one in growths if one.place == name):
            for panel, of_row in zip(
                column, (growth.processor, growth.written), strict=True
            ):
                panel.loglog(growth.rows, of_row, marker="o", ms=4, label=growth.work)
                panel.grid(visible=True, alpha=0.3)
                panel.minorticks_off()
        column[0].set_title(name)
        column[1].set_xlabel("rows in the table")
    panels[0][0].set_ylabel("us of the processor, a row")
    panels[1][0].set_ylabel("KB written, a row")
    named = panels[0][0].get_legend_handles_labels()
    figure.legend(*named, frameon=False, fontsize="small", loc="lower center", ncols=2)
    figure.tight_layout(rect=(0, 0.13, 1, 1))
    figure.savefig(file, metadata={"Date": None}, transparent=True)


if __name__ == "__main__":
    sys.exit(main())
