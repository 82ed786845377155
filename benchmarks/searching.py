"""Search documents for a word: the ten best, by rank, with the head of each.

    python benchmarks/searching.py --documents 20000

The documents are those of corpora.py. Words are looked for that stand in 200 to 800 of
20,000 documents, and words that stand in a third of them or more.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from contest import Contender, Contest, options, report
from corpora import Document, documents
from places import Place, places

from bedplate import TrainingRepository

GOAL = 1.3
SHARES = {"rare": (0.01, 0.04), "frequent": (0.33, 1.0)}
WORDS = 20
"""Words of each kind that are looked for, one after the other."""

HEAD = "substr(t.content, 1, 10000)"
FULLTEXT = f"""SELECT t.id, t.title, MATCH (content, title)
AGAINST (%(word)s IN BOOLEAN MODE) AS best, {HEAD} FROM text_corpora AS t
WHERE MATCH (content, title) AGAINST (%(word)s IN BOOLEAN MODE)
ORDER BY best DESC LIMIT 10"""
RAW = {
    "sqlite": f"""SELECT t.id, t.title, f.rank, {HEAD}
FROM text_corpora_fts AS f JOIN text_corpora AS t ON t.id = f.rowid
WHERE text_corpora_fts MATCH :word ORDER BY f.rank LIMIT 10""",
    "postgresql": f"""SELECT t.id, t.title, ts_rank(search_vector, q, 1) AS best, {HEAD}
FROM text_corpora AS t, to_tsquery('simple', %(word)s) AS q
WHERE search_vector @@ q ORDER BY best DESC LIMIT 10""",
    "mysql": FULLTEXT,
    "mariadb": FULLTEXT,
}


def main() -> int:
    """Measure on every database."""
    given = options(__doc__, documents=20_000)
    return report(contests(given), given)


def contests(given: argparse.Namespace) -> Iterator[Contest]:
    """Yield the contest of each database and kind of words."""
    rows = documents(given.documents)
    for place in places(given.db):
        training = place.database.repository(TrainingRepository)
        training.add_corpus_texts({"title": row[0], "content": row[1]} for row in rows)
        if place.kind == "postgresql":
            place.raw.autocommit = True
            place.raw.execute("VACUUM ANALYZE text_corpora")
            place.raw.autocommit = False
        for kind, (least, most) in SHARES.items():
            words = found_in(rows, least, most)
            subject = f"{kind} words in {len(rows):,} documents"
            contest = Contest(subject, place.name, len(words), "searches")
            yield contest.hold(list(contenders(place, words)), given)


def found_in(rows: Sequence[Document], least: float, most: float) -> list[str]:
    """Return words that stand in so large a share of the documents."""
    counts = Counter(word for row in rows for word in {*row[1].split()})
    few, many = least * len(rows), most * len(rows)
    # Longer than those that FULLTEXT leaves out, and none of its stopwords.
    words = sorted(w for w, n in counts.items() if few <= n <= many and len(w) > 4)
    return words[:WORDS]


def contenders(place: Place, words: Sequence[str]) -> Iterator[Contender]:
    """Yield the raw statement and Bedplate's search."""
    training = place.database.repository(TrainingRepository)

    def raw() -> None:
        cursor = place.raw.cursor()
        plus = "+" if RAW[place.kind] is FULLTEXT else ""
        for word in words:
            cursor.execute(RAW[place.kind], {"word": plus + word})
            cursor.fetchall()
            place.raw.commit()

    yield Contender("raw statement", raw)

    def ours() -> None:
        for word in words:
            training.search_corpus(word)

    yield Contender("Bedplate search_corpus", ours, goal=GOAL)


if __name__ == "__main__":
    sys.exit(main())
