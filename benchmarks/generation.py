"""Write texts by a Markov model: once from the database, and by a model that is held.

    python benchmarks/generation.py --length 10000 --characters 2000000

The model is trained on the sources of Python's library. Every contender writes a text
of the same length; those of a kind of chance write the same text.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from importlib.util import find_spec
from itertools import islice
from random import Random
from typing import Any

from contest import Contender, Contest, options, report
from counting import markovify_model, source_text
from places import Place, places

from bedplate import TrainingRepository
from bedplate.domains.training.sampling import sample_text

PROMPT = "import os\nimport "
SEED = 1
PACE = 100_000
HELD_PACE = 500_000
QUERIED_SHARE = 0.1
FOLLOWERS = """SELECT next_char, count FROM markov_ngrams
WHERE n = {n} AND context = {mark} ORDER BY next_char"""


def main() -> int:
    """Measure on every database."""
    given = options(__doc__, length=10_000, characters=2_000_000)
    return report(contests(given), given)


def contests(given: argparse.Namespace) -> Iterator[Contest]:
    """Yield the contest of each database and n."""
    text = source_text(given.characters)
    for place in places(given.db):
        training = place.database.repository(TrainingRepository)
        for n in (3, 5):
            training.train_markov(n, text)
            ((rows,),) = place.run(f"SELECT count(*) FROM markov_ngrams WHERE n = {n}")
            subject = f"a text by {rows:,} n-grams, n = {n}"
            contest = Contest(subject, place.name, given.length, "characters")
            found = contenders(place, text, n, given.length)
            yield contest.hold(list(found), given)


def contenders(place: Place, text: str, n: int, length: int) -> Iterator[Contender]:
    """Yield queries through the driver, Bedplate in both ways, and markovify."""
    training = place.database.repository(TrainingRepository)
    part = int(length * QUERIED_SHARE)
    asked = partial(queried, place, n, part)
    yield Contender("raw query a character", asked, share=QUERIED_SHARE)
    kept = partial(queried, place, n, part, keep=True)
    yield Contender("raw query a context, kept", kept, share=QUERIED_SHARE)
    ours = partial(training.generate_text, n, PROMPT, length, SEED)
    yield Contender("Bedplate generate_text", ours, pace=PACE)
    model = training.load_markov_model(n)
    held = partial(model.generate, PROMPT, length, SEED)
    yield Contender("Bedplate, model held", held, pace=HELD_PACE)
    if find_spec("markovify"):
        chain: Any = markovify_model(text, n)
        theirs = partial(drawn, chain, tuple(PROMPT[1 - n :]), length)
        yield Contender("markovify, model held", theirs)


def queried(place: Place, n: int, length: int, *, keep: bool = False) -> str:
    """Ask for the followers of one context after the other, through the driver."""
    cursor = place.raw.cursor()
    mark = "?" if place.kind == "sqlite" else "%s"
    statement = FOLLOWERS.format(n=n, mark=mark)

    def followers(context: str) -> Sequence[tuple[str, int]]:
        cursor.execute(statement, (context,))
        rows: Sequence[tuple[str, int]] = cursor.fetchall()
        return rows

    of: Callable[[str], Sequence[tuple[str, int]]]
    of = cache(followers) if keep else followers
    context, rng, written = PROMPT[1 - n :], Random(SEED), list[str]()
    for _ in range(length):
        (char,) = sample_text(of, context, 1, rng, lambda _: PROMPT[1 - n :])
        written.append(char)
        context = (context + char)[1:]
    place.raw.commit()
    return "".join(written)


def drawn(chain: Any, start: tuple[str, ...], length: int) -> str:
    """Let markovify write, again from the start where its text ends."""
    written = list[str]()
    while len(written) < length:
        written += islice(chain.gen(start), length - len(written))
    return "".join(written)


if __name__ == "__main__":
    sys.exit(main())
