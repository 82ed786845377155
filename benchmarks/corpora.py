"""Add documents whose words are indexed, and search them.

    python benchmarks/corpora.py --documents 20000

Documents are 2 KB of words that are as frequent as those of a language (Zipf's law).
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from typing import Any

from contest import Contender, Contest, options, report
from places import Place, places

from bedplate import TrainingRepository

TABLE = "text_corpora"
COLUMNS = "title, content, source, word_count, char_count, created_at"
MOMENT = "2026-01-02 03:04:05.678901"
GOAL = 1.2
WORDS = 340
"""Words a document, which make 2 KB."""

Document = tuple[str, str, str, int, int, str]


def main() -> int:
    """Measure on every database."""
    given = options(__doc__, documents=20_000)
    return report(contests(given), given)


def contests(given: argparse.Namespace) -> Iterator[Contest]:
    """Yield the contest of each database."""
    rows = documents(given.documents)
    for place in places(given.db):
        contest = Contest("documents added", place.name, len(rows), "documents")
        yield contest.hold(list(contenders(place, rows)), given)


def documents(count: int) -> list[Document]:
    """Return documents, the same at each call."""
    chance = random.Random(2)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [
        "".join(chance.choices(letters, k=chance.randrange(2, 9)))
        for _ in range(20_000)
    ]
    weights = [1 / place for place in range(1, len(words) + 1)]
    found: list[Document] = []
    for number in range(count):
        text = " ".join(chance.choices(words, weights, k=WORDS))
        source = f"source/{number}"
        found.append((f"Title {number}", text, source, WORDS, len(text), MOMENT))
    return found


def contenders(place: Place, rows: list[Document]) -> Iterator[Contender]:
    """Yield the raw techniques of a database, Bedplate, and Advanced Alchemy."""
    training = place.database.repository(TrainingRepository)
    given = [{"title": r[0], "content": r[1], "source": r[2]} for r in rows]
    before = partial(place.empty, TABLE)
    for name, technique in RAW[place.kind].items():
        yield Contender(f"raw {name}", partial(technique, place.raw, rows), before)
    add = partial(training.add_corpus_texts, given)
    yield Contender("Bedplate add_corpus_texts", add, before, GOAL)
    if find_spec("advanced_alchemy"):
        yield Contender("Advanced Alchemy add_many", alchemy(place, given), before)


def alchemy(place: Place, given: list[dict[str, Any]]) -> Callable[[], None]:
    """Return what adds the documents through a repository of Advanced Alchemy."""
    from advanced_alchemy.repository import (  # type: ignore[import-not-found]
        SQLAlchemySyncRepository,
    )
    from sqlalchemy.orm import Session

    from bedplate.domains.training import TextCorpus

    class Corpora(SQLAlchemySyncRepository):  # type: ignore[misc]  # it may be missing
        model_type = TextCorpus

    def add() -> None:
        with Session(place.database.engine) as session, session.begin():
            made = [
                TextCorpus(**row, word_count=WORDS, char_count=len(row["content"]))
                for row in given
            ]
            Corpora(session=session).add_many(made)

    return add


# Raw techniques


def sqlite_values(raw: Any, rows: list[Document], size: int) -> None:
    """Insert by so many rows a statement; triggers keep the index."""
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        marks = ", ".join(["(?, ?, ?, ?, ?, ?)"] * len(some))
        sql = f"INSERT INTO {TABLE} ({COLUMNS}) VALUES {marks}"
        raw.execute(sql, [value for row in some for value in row])
    raw.commit()


def sqlite_rebuild(raw: Any, rows: list[Document]) -> None:
    """Drop the trigger, insert, build the index anew, make the trigger again."""
    trigger = "SELECT sql FROM sqlite_schema WHERE name = 'text_corpora_fts_ai'"
    (again,) = raw.execute(trigger).fetchone()
    raw.execute("BEGIN IMMEDIATE")
    raw.execute("DROP TRIGGER text_corpora_fts_ai")
    for start in range(0, len(rows), 200):
        some = rows[start : start + 200]
        marks = ", ".join(["(?, ?, ?, ?, ?, ?)"] * len(some))
        sql = f"INSERT INTO {TABLE} ({COLUMNS}) VALUES {marks}"
        raw.execute(sql, [value for row in some for value in row])
    raw.execute("INSERT INTO text_corpora_fts (text_corpora_fts) VALUES ('rebuild')")
    raw.execute(again)
    raw.commit()


def copy(raw: Any, rows: list[Document]) -> None:
    """COPY into the table."""
    statement = f"COPY {TABLE} ({COLUMNS}) FROM STDIN"
    with raw.cursor() as cursor, cursor.copy(statement) as sink:
        for row in rows:
            sink.write_row(row)
    raw.commit()


def executemany(raw: Any, rows: list[Document]) -> None:
    """Insert by the driver's executemany, which sends 1 MB at a time."""
    marks = ", ".join(["%s"] * 6)
    sql = f"INSERT INTO {TABLE} ({COLUMNS}) VALUES ({marks})"
    raw.cursor().executemany(sql, rows)
    raw.commit()


RAW: dict[str, dict[str, Callable[[Any, list[Document]], None]]] = {
    "sqlite": {
        "VALUES by 200, triggers": partial(sqlite_values, size=200),
        "VALUES by 5,000, triggers": partial(sqlite_values, size=5_000),
        "VALUES by 200, rebuild": sqlite_rebuild,
    },
    "postgresql": {"COPY": copy},
    "mysql": {"executemany": executemany},
    "mariadb": {"executemany": executemany},
}


if __name__ == "__main__":
    sys.exit(main())
