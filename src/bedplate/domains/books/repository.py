"""BookRepository: all of the books domain in one place."""

from __future__ import annotations

from bedplate.domains.books.authors import Authors
from bedplate.domains.books.characters import Characters
from bedplate.domains.books.plots import Plots
from bedplate.domains.books.sessions import Sessions
from bedplate.domains.books.worlds import Worlds
from bedplate.domains.privacy import Privacy
from bedplate.domains.users import Users

__all__ = ["BookRepository"]


class BookRepository(Users, Sessions, Authors, Plots, Worlds, Characters, Privacy):
    """Users, sessions, authors, plots, worlds and characters.

    Each aggregate has a module of its own; the general methods of a single table are
    at `books.of(Plot)` and its like.
    """
