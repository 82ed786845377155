"""Count n-grams in a text, and train on it end to end.

python benchmarks/counting.py --characters 10000000 --db sqlite
"""

from __future__ import annotations

import argparse
import random
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from contest import Contender, Contest, options, report
from places import Place, places

from bedplate import TrainingRepository
from bedplate.domains.training.counting import count_ngrams

ENDS_GOAL = 1.25
COUNTER_SHARE = 0.1


def main() -> int:
    """Measure counting, then training on every database."""
    given = options(__doc__, characters=10_000_000)
    return report(contests(given), given)


def contests(given: argparse.Namespace) -> Iterator[Contest]:
    """Yield a contest for each n, and each database."""
    text = source_text(given.characters)
    chinese = made_up_chinese(given.characters // 10)
    for name, some in (("Python's library", text), ("Chinese", chinese)):
        for n in (3, 5, 12):
            subject = f"counting {name}, n = {n}"
            contest = Contest(subject, "no database", len(some), "characters")
            yield contest.hold(list(counters(some, n)), given)
    for place in places(given.db):
        for n in (3, 5):
            subject = f"training, n = {n}"
            contest = Contest(subject, place.name, len(text), "characters")
            yield contest.hold(list(trainers(place, text, n)), given)


def source_text(size: int) -> str:
    """Return the sources of Python's library, as often as they are needed."""
    library = Path(sysconfig.get_path("stdlib"))
    pieces, length = [], 0
    for path in sorted(library.rglob("*.py")):
        if length >= size:
            break
        pieces.append(path.read_text("utf-8", "replace").replace("\0", " "))
        length += len(pieces[-1])
    text = "".join(pieces)
    return (text * (size // len(text) + 1))[:size]


def made_up_chinese(size: int) -> str:
    """Return characters of a large alphabet, frequent and rare ones."""
    chance = random.Random(3)
    letters = [chr(code) for code in range(0x4E00, 0x4E00 + 4_000)]
    weights = [1 / place for place in range(1, len(letters) + 1)]
    return "".join(chance.choices(letters, weights, k=size))


def counters(text: str, n: int) -> Iterator[Contender]:
    """Yield ways to count without a database."""
    part = text[: int(len(text) * COUNTER_SHARE)]
    share = len(part) / len(text)
    yield Contender("raw Counter over slices", partial(slices, part, n), share=share)
    yield Contender("Bedplate count_ngrams", partial(count_ngrams, text, n))
    if find_spec("markovify") and n == 3:
        yield Contender("markovify", partial(markovify_model, part, n), share=share)


def slices(text: str, n: int) -> Counter[str]:
    """Count in the plain way."""
    return Counter(text[start : start + n] for start in range(len(text) - n + 1))


def markovify_model(text: str, n: int) -> object:
    """Build a model of characters."""
    import markovify  # type: ignore[import-untyped]

    return markovify.Chain([list(text)], n - 1)


def trainers(place: Place, text: str, n: int) -> Iterator[Contender]:
    """Yield counting and merging by hand, and training end to end."""
    training = place.database.repository(TrainingRepository)
    before = partial(place.empty, "markov_ngrams")

    def by_hand() -> None:
        training.merge_markov_ngrams(n, count_ngrams(text, n))

    yield Contender("raw counting and merging alone", by_hand, before)
    ours = partial(training.train_markov, n, text)
    yield Contender("Bedplate train_markov", ours, before, ENDS_GOAL)


if __name__ == "__main__":
    sys.exit(main())
