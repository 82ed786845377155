"""Set the probabilities of a model: the whole of it, a part, and as it is learnt.

python benchmarks/probabilities.py --rows 150000
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from functools import partial

from contest import Contender, Contest, options, report
from ngram_merge import Row, columns, fill, made_up
from places import Place, places

from bedplate import TrainingRepository

N = 3
CHANGED = 100
WHOLE_GOAL = 1.15
TOTALS = f"""SELECT context, sum(count) AS total FROM markov_ngrams
WHERE n = {N} GROUP BY context"""
CORRELATED = f"""UPDATE markov_ngrams SET probability = CAST(count AS REAL) / (
SELECT sum(m.count) FROM markov_ngrams AS m WHERE m.n = markov_ngrams.n
AND m.context = markov_ngrams.context) WHERE n = {N}"""
FROM = f"""UPDATE markov_ngrams
SET probability = CAST(count AS DOUBLE PRECISION) / total
FROM ({TOTALS}) AS t WHERE n = {N} AND t.context = markov_ngrams.context"""
JOIN = f"""UPDATE markov_ngrams AS m JOIN ({TOTALS}) AS t ON t.context = m.context
SET m.probability = CAST(m.count AS DOUBLE) / CAST(t.total AS DOUBLE)
WHERE m.n = {N}"""
RAW = {
    "sqlite": {"correlated subquery": CORRELATED, "UPDATE FROM": FROM},
    "postgresql": {"UPDATE FROM": FROM},
    "mysql": {"UPDATE JOIN": JOIN},
    "mariadb": {"UPDATE JOIN": JOIN},
}


def main() -> int:
    """Measure on every database."""
    given = options(__doc__, rows=150_000)
    return report(contests(given), given)


def contests(given: argparse.Namespace) -> Iterator[Contest]:
    """Yield two contests of each database."""
    rows = made_up(N, given.rows)
    for place in places(given.db):
        whole = Contest("probabilities of a model", place.name, len(rows), "rows")
        yield whole.hold(list(afterwards(place, rows)), given)


def afterwards(place: Place, rows: list[Row]) -> Iterator[Contender]:
    """Yield who sets them once the counts are there, and who has little to do."""
    training = place.database.repository(TrainingRepository)
    before = partial(fill, place, rows)
    for name, statement in RAW[place.kind].items():
        yield Contender(f"raw {name}", partial(place.run, statement), before)
    ours = partial(training.calculate_markov_probabilities, N)
    yield Contender("Bedplate, whole model", ours, before, WHOLE_GOAL)
    some = columns(rows[: len(rows) : len(rows) // CHANGED])

    def changed() -> None:
        fill(place, rows)
        training.calculate_markov_probabilities(N)
        training.merge_markov_ngrams(N, some)

    yield Contender(f"Bedplate, {CHANGED} rows changed", ours, changed)
    counts = columns(rows)
    empty = partial(place.empty, "markov_ngrams")
    merge = partial(training.merge_markov_ngrams, N, counts)
    yield Contender("the counts alone, merged", merge, empty)


if __name__ == "__main__":
    sys.exit(main())
