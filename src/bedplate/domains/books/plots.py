"""Plots, one by one and many at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from bedplate.checks import check_row, check_text, check_whole
from bedplate.domains.books.models import BookSession, Plot
from bedplate.domains.books.ownership import Key, Ownership, check_name
from bedplate.errors import InvalidValueError
from bedplate.repository import prepared, reads

__all__ = ["Plots"]

_TEXT = "text"
"""The criterion that is no column: what the title or the summary contains."""


class Plots(Ownership):
    """Plots of books, with their authors where those are asked for."""

    def create_plot(
        self,
        title: str,
        plot_summary: str | None = None,
        genre: str | None = None,
        subgenre: str | None = None,
        microgenre: str | None = None,
        trope: str | None = None,
        tone: str | None = None,
        target_audience: Any = None,
        user_id: Key | None = None,
        session_id: Key | None = None,
        author_id: Key | None = None,
    ) -> Plot:
        """Create a plot; without a user it is the session's user's.

        Raises:
            ReferenceFailedError: There is no such user, session or author.
            InvalidValueError: The title is empty, or the audience is no JSON.
        """
        entity = Plot(
            title=check_name(title, "title"),
            plot_summary=plot_summary,
            genre=genre,
            subgenre=subgenre,
            microgenre=microgenre,
            trope=trope,
            tone=tone,
            target_audience=target_audience,
            user_id=self._owner(user_id, {BookSession: session_id}),
            session_id=session_id,
            author_id=author_id,
        )
        return self.of(Plot).add(entity)

    def create_multiple_plots(
        self, rows: Iterable[Mapping[str, Any]]
    ) -> Sequence[Plot]:
        """Create plots, all or none, and return them in that order.

        It takes an insert and a select for up to 5,000 plots, whatever each row names.

        Args:
            rows: Mappings of column names, each with a title. What they belong to
                stands in them: the user is not looked up.

        Raises:
            ReferenceFailedError: A user, session or author is not there.
            InvalidValueError: A title is missing or empty, or there is no such column.
        """
        keys = self.batch_insert(Plot, _titled(rows))
        return self.batch_select_by_ids(Plot, keys)

    @prepared
    @reads
    def get_plot(self, plot_id: Key) -> Plot | None:
        """Return a plot by its id."""
        return self.of(Plot).get(plot_id)

    @reads
    def list_plots(
        self,
        user_id: Key | None = None,
        session_id: Key | None = None,
        author_id: Key | None = None,
        limit: int = 100,
        after: Key | None = None,
    ) -> Sequence[Plot]:
        """Return plots in the order of their ids, from `after` on."""
        wanted = {"user_id": user_id, "session_id": session_id, "author_id": author_id}
        return self._listed(Plot, wanted, limit, after)

    @reads
    def get_plots_with_authors_batch(self, user_id: Key) -> Sequence[Plot]:
        """Return every plot of a user with its `author` loaded, in one statement."""
        plots = sa.select(Plot).where(Plot.user_id == user_id).order_by(Plot.id)
        return self._all(plots.options(joinedload(Plot.author)))

    @reads
    def search_plots_with_related_data(
        self,
        criteria: Mapping[str, Any] | None = None,
        include_authors: bool = True,
        limit: int = 100,
        offset: int = 0,
    ) -> Sequence[Plot]:
        """Return the plots that meet all criteria, in the order of their ids.

        Args:
            criteria: Column to value. A list, tuple or set means any of its values,
                None that there is no value. `text` is a text that the title or the
                summary contains; letter case matters.
            include_authors: Whether each plot's `author` is loaded with it, in the
                same statement; without, it cannot be read.
            limit: The most plots to return.
            offset: How many to leave out first.

        Raises:
            InvalidValueError: There is no such criterion, or a number is negative.
        """
        check_whole(offset, "offset", 0, sys.maxsize)
        where = [self._criterion(name, v) for name, v in (criteria or {}).items()]
        plots = sa.select(Plot).where(*where).order_by(Plot.id).offset(offset)
        if include_authors:
            plots = plots.options(joinedload(Plot.author))
        return self._page(plots, limit)

    def update_plot(self, plot_id: Key, **changes: Any) -> Plot:
        """Change what is given, by the names of the columns, and return the plot.

        Raises:
            NotFoundError: There is no such plot.
            InvalidValueError: There is no such column, or the title is empty.
        """
        return self._changed(Plot, plot_id, changes)

    def delete_plot(self, plot_id: Key) -> bool:
        """Delete a plot, its worlds and characters; return whether it was there."""
        return self.of(Plot).delete(plot_id)

    def _criterion(self, name: str, value: Any) -> sa.ColumnElement[bool]:
        if name == _TEXT:
            text = check_text(value, name)
            searched = (Plot.title, Plot.plot_summary)
            return sa.or_(*(self.dialect.contains(c, text) for c in searched))
        columns = dict(sa.inspect(Plot).columns.items())
        del columns["target_audience"]  # JSON, which no two databases compare alike
        if name not in columns:
            known = ", ".join([_TEXT, *columns])
            raise InvalidValueError(f"{name!r} is no criterion of plots ({known} are)")
        return _equals(columns[name], value)


def _equals(column: Any, value: Any) -> sa.ColumnElement[bool]:
    if isinstance(value, list | tuple | set | frozenset):
        return sa.or_(sa.false(), *(_equals(column, one) for one in value))
    found: sa.ColumnElement[bool] = (
        column.is_(None) if value is None else column == value
    )
    return found


def _titled(rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        check_name(check_row(row).get("title"), "title")
        yield row
