"""Texts to train on, and the search over them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import defer

from bedplate.checks import check_text, check_whole
from bedplate.domains.training.models import MAX_CONTENT_BYTES, TextCorpus
from bedplate.errors import InvalidValueError, NotFoundError, ValueTooLargeError
from bedplate.repository import DomainRepository, reads
from bedplate.search import SearchHit, SearchQuery, parse, snippet

__all__ = ["CorpusStats", "TextCorpora"]

_PIECE = 4_000_000
"""Characters read at once of a long text: the server walks to each piece from the
start, so few and large; at four bytes a character 16 MB."""

_HEAD = 10_000
"""Characters of each hit that a search brings along to show where it matches."""

_PIECES_LOOKED_AT = 4
"""Pieces of a hit in which a place to show is looked for; then its head has to do."""

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


class TextCorpora(DomainRepository):
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
        return self.of(TextCorpus).add_many(map(self._row, whole))

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

    @reads
    def get_corpus_slice(self, corpus_id: int, start: int, length: int) -> str:
        """Return the characters from `start` on (0 is the first), at most `length`.

        Raises:
            NotFoundError: There is no such text.
            InvalidValueError: `start` or `length` is negative.
        """
        first = min(check_whole(start, "start", 0, sys.maxsize), MAX_CONTENT_BYTES) + 1
        most = min(check_whole(length, "length", 0, sys.maxsize), MAX_CONTENT_BYTES)
        part = sa.func.substr(TextCorpus.content, first, most)
        statement = sa.select(sa.type_coerce(part, sa.Text())).where(
            TextCorpus.id == corpus_id
        )
        found = self.session.scalars(statement).one_or_none()
        if found is None:
            raise NotFoundError(f"there is no corpus {corpus_id}")
        return found

    def read_corpus_text(
        self, corpus_id: int, start: int = 0, piece: int = _PIECE
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

    @reads
    def search_corpus(self, query: str, limit: int = 10) -> Sequence[SearchHit]:
        """Return the texts that match a query, the best first.

        Args:
            query: Words that must all occur, "a phrase", -not, prefix*. Letter case
                does not matter, accents do. Any text is a query; one without a word
                to look for finds nothing.
            limit: The most hits to return.
        """
        check_whole(limit, "limit", 0, sys.maxsize)
        parsed = parse(query)
        if not parsed.positive:
            return []
        table = sa.inspect(TextCorpus).local_table
        match = self.dialect.ranked(table, ("title", "content"), parsed)  # type: ignore[arg-type]  # a Table
        head = sa.type_coerce(sa.func.substr(table.c.content, 1, _HEAD), sa.Text())
        statement = (
            sa.select(table.c.id, table.c.title, match.rank, head, table.c.char_count)
            .select_from(match.from_clause)
            .where(match.condition)
            .order_by(match.rank.desc(), table.c.id)
            .limit(limit)
        )
        return [
            SearchHit(key, title, float(rank), self._snippet(parsed, key, text, size))
            for key, title, rank, text, size in self.session.execute(statement)
        ]

    def _row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        if "content" not in row:
            raise InvalidValueError(f"a text needs content, this row has {[*row]}")
        content = check_text(row["content"], "content")
        if not content:
            raise InvalidValueError("is empty", "content")
        _check_size(content)
        counts = {"word_count": count_words(content), "char_count": len(content)}
        return {**row, **counts}

    def _snippet(self, query: SearchQuery, corpus_id: int, head: str, size: int) -> str:
        if size <= _HEAD:
            return snippet([head], query)
        return snippet(self._continued(corpus_id, head), query)

    def _continued(self, corpus_id: int, head: str) -> Iterator[str]:
        yield head
        pieces = self.read_corpus_text(corpus_id, start=len(head))
        yield from islice(pieces, _PIECES_LOOKED_AT)


def count_words(text: str) -> int:
    """Return how many runs between white space a text has, in bounded memory."""
    total, inside = 0, False
    for start in range(0, len(text), 1_000_000):
        piece = text[start : start + 1_000_000]
        total += len(piece.split()) - (inside and not piece[0].isspace())
        inside = not piece[-1].isspace()
    return total


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
