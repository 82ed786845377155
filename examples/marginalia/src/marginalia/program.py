"""Remarks are written beside a text and go with it."""

from __future__ import annotations

from bedplate import Database, TrainingRepository
from marginalia.repository import Remarks
from marginalia.tables import Remark

__all__ = ["main"]

TEXT = "It was a bright cold day in April, and the clocks were striking thirteen."


def main() -> None:
    """Write a text with remarks, print them, and take the text away."""
    with Database.from_env() as database:
        training = database.repository(TrainingRepository)
        remarks = database.repository(Remarks)

        with database.transaction():  # a text and what is said of it, or neither
            corpus = training.add_corpus_text(TEXT, "Opening")
            for word, author, body in (
                ("thirteen", "ann", "No clock does that."),
                ("bright", "ben", "Bright, and yet cold."),
            ):
                place = TEXT.index(word)
                remarks.add(
                    Remark(
                        corpus_id=corpus.id, position=place, author=author, body=body
                    )
                )

        for remark in remarks.list_beside(corpus.id):
            print(f"{remark.position:3} {remark.author}: {remark.body}")
        print(remarks.count_by_author())

        training.delete_corpus_text(corpus.id)
        print(remarks.count(), "remarks are left")
