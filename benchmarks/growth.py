"""What a row costs while its table grows: merged, normalised, recorded.

    python benchmarks/growth.py --largest 10000000 --plot growth.svg

At 10,000 rows and each power of ten after it: n-grams of length 5 are merged, 20,000
drawn as those of a text are, then 20,000 and 200,000 that are there already; the
probabilities of the whole model are set; 50,000 points are recorded into a table of as
many. The letters of the n-grams, 96, follow Zipf's law.

A server's last statements go on in the background, so a figure may hold a checkpoint.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
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


@dataclass
class Growth:
    """The microseconds a row took, by how many rows there were.

    Attributes:
        place: The database, with its version.
        work: What was done to the rows.
        rows: How many rows the table had.
        microseconds: What one row of the work took then.
    """

    place: str
    work: str
    rows: list[int] = field(default_factory=list)
    microseconds: list[float] = field(default_factory=list)

    def add(self, rows: int, microseconds: float) -> None:
        """Keep one figure, and print it."""
        self.rows.append(rows)
        self.microseconds.append(microseconds)
        say(f"{self.place}  {rows:>12,} rows  {microseconds:9.2f} us  {self.work}")


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
    new = Growth(place.name, "merged, by the draw")
    old = Growth(place.name, "merged, all there")
    many = Growth(place.name, "merged, all there, 200,000 at once")
    whole = Growth(place.name, "probabilities of the whole model")
    keys = Keys()
    for size in sizes(largest):
        while (rows := count(place, "markov_ngrams")) < size:
            merge(keys.draw(min(BATCH, size - rows + PROBE // 10)))
        new.add(rows, probe(lambda: keys.draw(PROBE), merge))
        old.add(rows, probe(lambda: keys.again(PROBE), merge))
        if rows > BATCH:
            many.add(rows, probe(lambda: keys.again(BATCH), merge))
        began = time.perf_counter()
        training.calculate_markov_probabilities(N)
        whole.add(rows, (time.perf_counter() - began) / rows * 1e6)
    say(f"{place.name}  {stored(place) / rows:,.0f} bytes a row on disk")
    place.empty("markov_ngrams")
    return [new, old, many, whole]


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
        recorded.add(
            rows, probe(partial(points, rows, POINTS), training.record_metrics)
        )
        rows += PROBES * POINTS
    place.empty("accuracy_metrics")
    return [recorded]


def sizes(largest: int) -> Iterator[int]:
    """Yield the sizes of a table at which it is measured."""
    size = SMALLEST
    while size <= largest:
        yield size
        size *= 10


def probe(made: Callable[[], Any], work: Callable[[Any], object]) -> float:
    """Return the microseconds that one row of the work takes, the median of a few."""
    found = []
    for _ in range(PROBES):
        given = made()
        began = time.perf_counter()
        work(given)
        found.append((time.perf_counter() - began) / len(given) * 1e6)
    return statistics.median(found)


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
    """Draw the curves, a panel for each database."""
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(growth.place for growth in growths))
    figure, panels = plt.subplots(
        1, len(names), figsize=(5 * len(names), 4), sharey=True, squeeze=False
    )
    for panel, name in zip(panels[0], names, strict=True):
        for growth in growths:
            if growth.place == name:
                panel.loglog(
                    growth.rows, growth.microseconds, marker="o", label=growth.work
                )
        panel.set_title(name)
        panel.set_xlabel("rows in the table")
        panel.grid(visible=True, which="major", alpha=0.3)
    panels[0][0].set_ylabel("microseconds a row")
    panels[0][0].legend(frameon=False, fontsize="small")
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


if __name__ == "__main__":
    sys.exit(main())
