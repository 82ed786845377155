"""A session of work on a book: plots, authors, a world, and what a person may ask for.

    DATABASE_URL=sqlite:///books.db python examples/book_session.py

It works on the database that the environment names, prints the same on every one, and
leaves nothing of its people behind.
"""

from __future__ import annotations

import json
from uuid import UUID

from bedplate import BookRepository, Database

AUTHORS = (
    {"author_name": "Ines Calder", "writing_style": "short sentences, long silences"},
    {"author_name": "Tomas Reyes", "pen_name": "T. R. Sands"},
)

PLOTS = (
    ("The Last Lighthouse", "mystery", "A keeper finds a lamp that nobody lit.", 0),
    ("Salt Roads", "fantasy", "A caravan carries the sea across a desert.", 1),
    ("The Keeper's Index", "mystery", "Every book lent is a lamp put out.", 0),
)


def main() -> None:
    """Run the session."""
    with Database.from_env() as db:
        db.upgrade()
        books = db.repository(BookRepository)
        reader = books.create_user("reader", metadata={"plan": "free"})
        writer = books.create_user("writer")
        try:
            work(db, books, writer.id)
            take_along(books, writer.id)
            show("left of the writer", len(books.list_plots(writer.id)))
        finally:
            for user in (reader, writer):
                books.delete_user(user.id)


def work(db: Database, books: BookRepository, writer: UUID) -> None:
    """Write: everything of one evening is one transaction."""
    with db.transaction():
        session = books.create_session(writer, "An evening", metadata={"model": "m"})
        authors = [books.create_author(**a, session_id=session.id) for a in AUTHORS]
        plots = books.create_multiple_plots(
            {
                "title": title,
                "genre": genre,
                "plot_summary": summary,
                "user_id": writer,
                "session_id": session.id,
                "author_id": authors[author].id,
            }
            for title, genre, summary, author in PLOTS
        )
        populate(books, plots[0].id)
        books.update_session(session.id, status="completed")

    for plot in books.get_plots_with_authors_batch(writer):
        if plot.author is not None:
            show(plot.title, plot.author.pen_name or plot.author.author_name)
    criteria = {"user_id": writer, "genre": ["mystery"], "text": "lamp"}
    found = books.search_plots_with_related_data(criteria, limit=10)
    show("mysteries with a lamp", ", ".join(plot.title for plot in found))


def populate(books: BookRepository, plot_id: UUID) -> None:
    """Give a plot a world and people; they are its writer's, as the plot is."""
    books.create_world_building(
        "Aldea",
        world_type="island",
        overview="One road, one lighthouse, no harbour.",
        plot_id=plot_id,
        geography={"coast": "cliffs", "road": {"km": 7}},
        languages_and_communication=["lamp signals"],
        unique_elements={"tide": "twice a year"},
    )
    for name, role in (("Mara", "keeper"), ("Old Benedikt", "the one before")):
        books.create_character(name, role, traits=["patient"], plot_id=plot_id)


def take_along(books: BookRepository, writer: UUID) -> None:
    """Give the writer all that is theirs, then erase it."""
    document = books.export_user_data(writer)
    again = json.loads(json.dumps(document, allow_nan=False))
    show("exported", counted({name: len(rows) for name, rows in again.items()}))
    geography = again["world_building"][0]["geography"]
    show("a world", json.dumps(geography, sort_keys=True))
    show("erased", counted(books.erase_user(writer)))


def counted(counts: dict[str, int]) -> str:
    """Return counts by table as a line of text."""
    return ", ".join(f"{counts[name]} {name}" for name in sorted(counts))


def show(what: str, value: object) -> None:
    """Print a line of the session."""
    print(f"{what}: {value}")


if __name__ == "__main__":
    main()
