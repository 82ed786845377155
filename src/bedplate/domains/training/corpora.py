"""Texts to train on, and the search over them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import defer

from bedplate.checks import check_text, check_whole
from bedplate.domains.training.models import MAX_CONTENT_BYTES, TextCorpus
from bedplate.errors import InvalidValueError, NotFoundError, ValueTooLargeError
from bedplate.repository import prepared, reads
from bedplate.text_search import PIECE, TextSearch

if TYPE_CHECKING:
    from bedplate.search import SearchHit

__all__ = ["CorpusStats", "TextCorpora"]

_MANY_TEXTS = 200
"""Texts from which the index is worth preparing for them."""

_SIGNS = bytes(ord(" " if chr(code).isspace() else "x") for code in range(256))
"""A space for white space, an x for anything else."""

_OPTIONAL = ("title", "source", "metadata")


@dataclass(frozen=True)
class CorpusStats:
    """What all corpora amount to.

    Attributes:
        count: How many there are.
        words: Runs between white space, all together.
        characters: Code points, all together.
    """

    count: int
    words: int
    characters: int


class TextCorpora(TextSearch):
    """Texts, read whole or in pieces, found by their words."""

    def add_corpus_text(
        self,
        content: str,
        title: str | None = None,
        source: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> TextCorpus:
        """Store a text of up to 100 MB.

        Raises:
            InvalidValueError: It is empty, or holds what no database can store.
            ValueTooLargeError: It is longer than 100 MB, or than the server takes.
        """
        row = self._row({"content": content, "title": title, "source": source})
        return self.of(TextCorpus).add(TextCorpus(**row, metadata_=metadata))

    def add_corpus_texts(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Store many texts at once; return how many.

        Args:
            rows: Mappings with content, and if wanted title, source and metadata.
        """
        # All columns in every row: rows of one shape go in as they come.
        whole = ({**dict.fromkeys(_OPTIONAL), **row} for row in rows)
        checked = map(self._row, whole)
        first = [*islice(checked, _MANY_TEXTS)]
        corpora = self.of(TextCorpus)
        if len(first) < _MANY_TEXTS:
            return corpora.add_many(first)
        table: Any = TextCorpus.__table__
        with self.dialect.indexing_many(self.connection, table):
            return corpora.add_many(chain(first, checked))

    @prepared
    @reads
    def get_corpus_text(self, corpus_id: int) -> TextCorpus | None:
        """Return a text with its content."""
        return self.of(TextCorpus).get(corpus_id)

    @reads
    def list_corpus_texts(
        self, limit: int = 100, after: int | None = None
    ) -> Sequence[TextCorpus]:
        """Return texts without their content, in the order of their ids."""
        statement = _without_content().order_by(TextCorpus.id)
        if after is not None:
            statement = statement.where(TextCorpus.id > after)
        return self._page(statement, limit)

    @reads
    def get_corpus_by_source(self, source: str) -> TextCorpus | None:
        """Return the text last added from a source, without its content."""
        statement = _without_content().where(TextCorpus.source == source)
        return self._first(statement.order_by(TextCorpus.id.desc()))

    def delete_corpus_text(self, corpus_id: int) -> bool:
        """Delete a text; jobs that were trained on it stay."""
        return self.of(TextCorpus).delete(corpus_id)

    @prepared
    @reads
    def get_corpus_slice(self, corpus_id: int, start: int, length: int) -> str:
        """Return the characters from `start` on (0 is the first), at most `length`.

        Raises:
            NotFoundError: There is no such text.
            InvalidValueError: `start` or `length` is negative.
        """
        first = min(check_whole(start, "start", 0, sys.maxsize), MAX_CONTENT_BYTES)
        most = min(check_whole(length, "length", 0, sys.maxsize), MAX_CONTENT_BYTES)
        found = self._slice(TextCorpus.content, corpus_id, first, most)
        if found is None:
            raise NotFoundError(f"there is no corpus {corpus_id}")
        return found

    def read_corpus_text(
        self, corpus_id: int, start: int = 0, piece: int = PIECE
    ) -> Iterator[str]:
        """Yield a text in pieces of at most `piece` characters.

        Each piece is read in a transaction of its own: nothing stays open, and
        memory holds one piece.

        Raises:
            NotFoundError: There is no such text.
        """
        check_whole(piece, "piece", 1, sys.maxsize)
        while text := self.get_corpus_slice(corpus_id, start, piece):
            yield text
            if len(text) < piece:
                return
            start += piece

    @reads
    def get_corpus_stats(self) -> CorpusStats:
        """Return how many texts, words and characters there are."""
        totals = sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(TextCorpus.word_count), 0),
            sa.func.coalesce(sa.func.sum(TextCorpus.char_count), 0),
        )
        count, words, characters = self.session.execute(totals).one()
        return CorpusStats(count, int(words), int(characters))

    @prepared
    @reads
    def search_corpus(self, query: str, limit: int = 10) -> Sequence[SearchHit[int]]:
        """Return the texts that match a query, the best first.

        Args:
            query: Words that must all occur, "a phrase", -not, prefix*. Letter case
                does not matter, accents do. Any text is a query; one without a word
                to look for finds nothing.
            limit: The most hits to return.
        """
        return self._search(TextCorpus.content, query, limit, title=TextCorpus.title)

    def _row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        if "content" not in row:
            raise InvalidValueError(f"a text needs content, this row has {[*row]}")
        content = check_text(row["content"], "content")
        if not content:
            raise InvalidValueError("is empty", "content")
        _check_size(content)
        counts = {"word_count": count_words(content), "char_count": len(content)}
        return {**row, **counts}


def count_words(text: str) -> int:
    """Return how many runs between white space a text has, in bounded memory."""
    total, inside = 0, False
    for start in range(0, len(text), 1_000_000):
        piece = text[start : start + 1_000_000]
        total += _runs(piece) - (inside and not piece[0].isspace())
        inside = not piece[-1].isspace()
    return total


def _runs(text: str) -> int:
    try:
        signs = text.encode("latin-1").translate(_SIGNS)
    except UnicodeEncodeError:
        return len(text.split())
    # Half of the time of making all the words.
    return signs.count(b" x") + signs.startswith(b"x")


def _check_size(content: str) -> None:
    if len(content) * 4 > MAX_CONTENT_BYTES:
        size = len(content.encode())
        if size > MAX_CONTENT_BYTES:
            raise ValueTooLargeError(
                f"{size:,} bytes, {MAX_CONTENT_BYTES:,} are allowed: split the text",
                "content",
            )


def _without_content() -> sa.Select[TextCorpus]:
    return sa.select(TextCorpus).options(defer(TextCorpus.content, raiseload=True))
