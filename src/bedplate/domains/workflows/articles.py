"""Articles: pages under the scraper's own ids, found by their words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from bedplate.base import utcnow
from bedplate.checks import check_filled, check_row
from bedplate.domains.workflows.models import Article
from bedplate.errors import AlreadyExistsError, InvalidValueError
from bedplate.repository import prepared, reads
from bedplate.text_search import TextSearch

if TYPE_CHECKING:
    from bedplate.search import SearchHit

__all__ = ["Articles"]

_REPLACED: dict[str, tuple[str, ...]] = {
    "update": ("url", "title", "content"),
    "skip": (),
}
"""What a row changes in the article that has its id; when it came, it keeps."""


class Articles(TextSearch):
    """What was scraped."""

    def insert_article(
        self,
        id: str,  # noqa: A002  # the column's name
        url: str | None = None,
        title: str | None = None,
        content: str = "",
    ) -> Article:
        """Store an article under an id of the caller's.

        Raises:
            AlreadyExistsError: There is one of that id.
            InvalidValueError: The id is empty, or a value cannot be stored.
        """
        if self.get_article(check_filled(id, "id")) is not None:
            raise AlreadyExistsError(f"there is an article {id!r} already")
        article = Article(id=id, url=url, title=title, content=content)
        return self.of(Article).add(article)

    def insert_articles(
        self,
        rows: Iterable[Mapping[str, Any]],
        on_conflict: Literal["update", "skip"] = "update",
    ) -> int:
        """Store many articles at once; return how many were given.

        Args:
            rows: Mappings with id, and if there are some url, title, content and
                created_at. Of several with one id the last counts for "update", the
                first for "skip".
            on_conflict: What becomes of an article whose id is there: "update"
                replaces its url, title and content, "skip" leaves it as it is.

        Raises:
            InvalidValueError: A row has no id, or on_conflict is none of the two.
        """
        if on_conflict not in _REPLACED:
            known = " or ".join(map(repr, _REPLACED))
            raise InvalidValueError(f"{on_conflict!r} is not {known}", "on_conflict")
        return self.of(Article).upsert_many(
            map(_row, rows), update=_REPLACED[on_conflict]
        )

    @prepared
    @reads
    def get_article(self, article_id: str) -> Article | None:
        """Return an article by its id; letter case matters."""
        return self.of(Article).get(article_id)

    @reads
    def list_articles(
        self, limit: int = 100, after: str | None = None
    ) -> Sequence[Article]:
        """Return articles in the order of their ids, from `after` on."""
        return self.of(Article).list(limit=limit, after=after)

    @prepared
    @reads
    def search_articles(self, query: str, limit: int = 10) -> Sequence[SearchHit[str]]:
        """Return the articles that match a query, the best first.

        Args:
            query: Words that must all occur, "a phrase", -not, prefix*, in the title
                or the content. Any text is a query.
            limit: The most hits to return.
        """
        return self._search(Article.content, query, limit, title=Article.title)


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    check_filled(check_row(row).get("id"), "id")
    # All columns in every row: rows of one shape go in as they come.
    return {
        "url": None,
        "title": None,
        "content": "",
        "created_at": utcnow(),
        **row,
    }
