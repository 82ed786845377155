"""The Markov model: how often each character follows the characters before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import sqlalchemy as sa

from bedplate.checks import check_text, check_whole
from bedplate.dialects.shares import Shares
from bedplate.dialects.values import Quotients
from bedplate.domains.training.corpora import TextCorpora
from bedplate.domains.training.models import MAX_ORDER, MarkovNGram
from bedplate.errors import InvalidValueError
from bedplate.prepared import Prepared
from bedplate.repository import DomainRepository, prepared, reads

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bedplate.domains.training.ngrams import NGramCounts

__all__ = ["MarkovModels"]

_MERGED_AT_ONCE = 200_000
"""Rows merged at a time: what that takes once is lost in them, and they are 40 MB."""

_CONTEXTS_AT_ONCE = 1_000
"""Contexts looked up in one statement."""

_NORMALISED_AT_ONCE = 5_000
"""Contexts whose probabilities one statement sets, whose fixed cost is lost in them."""

_CONTEXT_IN_ROWS = 5
"""What a context costs that is looked up, in rows of a model that is read whole."""

_LONG = 10_000
"""Characters of a chunk from which its n-grams are looked at, once they are counted.

In ten million characters that takes 1 to 4 ms for n = 3 and 5, the text itself 18.
"""

Counts = (
    Mapping[tuple[str, str], int] | tuple[Sequence[str], Sequence[str], Sequence[int]]
)

_FOLLOWERS = Prepared(
    MarkovNGram,
    sa.select(MarkovNGram)
    .where(
        MarkovNGram.n == sa.bindparam("of"),
        MarkovNGram.context == sa.bindparam("after"),
    )
    .order_by(MarkovNGram.next_char),
)


class MarkovModels(DomainRepository):
    """Counts of n-grams; a model is all rows of one n.

    'a', 'A', 'á', 'a ', emoji and combining marks are different characters on every
    database, and rows are ordered by code point.
    """

    def update_markov_ngram(self, n: int, context: str, next_char: str) -> MarkovNGram:
        """Count one more occurrence and return the row as it is then.

        Raises:
            InvalidValueError: The context has not n-1 characters, or the next not one.
        """
        self._merge(_counted(n, {(context, next_char): 1}))
        fresh = sa.select(MarkovNGram).where(
            MarkovNGram.n == n,
            MarkovNGram.context == context,
            MarkovNGram.next_char == next_char,
        )
        return self.session.scalars(
            fresh.execution_options(populate_existing=True)
        ).one()

    def merge_markov_ngrams(self, n: int, counts: Counts | NGramCounts) -> int:
        """Add counts to the model; return how many distinct n-grams were given.

        Args:
            n: The length of an n-gram.
            counts: {(context, next_char): count}, or three sequences of one length
                (contexts, next characters, counts), or what `counting` returns.

        Raises:
            InvalidValueError: A context has not n-1 characters, a next character is
                not one, or a count is not positive.
        """
        return self._merge(_counted(n, counts))

    @prepared
    @reads
    def get_markov_ngrams(self, n: int, context: str) -> Sequence[MarkovNGram]:
        """Return what follows a context, in the order of the next character.

        Raises:
            InvalidValueError: The context has not n-1 characters.
        """
        _check_context(n, context)
        return self._way.rows(_FOLLOWERS, {"of": n, "after": context})

    @reads
    def get_markov_counts(
        self, n: int, contexts: Iterable[str]
    ) -> dict[str, dict[str, int]]:
        """Return {context: {next_char: count}} for those contexts that were seen."""
        _check_order(n)
        found: dict[str, dict[str, int]] = {}
        wanted = list(contexts)
        columns = (MarkovNGram.context, MarkovNGram.next_char, MarkovNGram.count)
        for start in range(0, len(wanted), _CONTEXTS_AT_ONCE):
            some = wanted[start : start + _CONTEXTS_AT_ONCE]
            statement = sa.select(*columns).where(
                MarkovNGram.n == n, MarkovNGram.context.in_(some)
            )
            for context, next_char, count in self.session.execute(statement):
                found.setdefault(context, {})[next_char] = count
        return found

    def calculate_markov_probabilities(self, n: int) -> int:
        """Set each row's probability to its share of its context.

        Returns:
            How many rows that has changed; those whose share is the same stay as
            they are.
        """
        _check_order(n)
        return self._normalise(n)

    def clear_markov_model(self, n: int) -> int:
        """Delete the model of one n; return how many rows it had."""
        _check_order(n)
        ngrams: Any = MarkovNGram.__table__
        statement = sa.delete(ngrams).where(ngrams.c.n == n)
        return self.connection.execute(statement).rowcount

    def train_markov(
        self,
        n: int,
        text: str | Iterable[str] | None = None,
        corpus_ids: Iterable[int] | None = None,
    ) -> int:
        """Count the n-grams of a text, or of corpora, and add them to the model.

        The probabilities of the contexts it has counted are set as well, in the same
        transaction; the rest of the model is left alone. No n-gram spans two corpora.

        Args:
            n: The length of an n-gram.
            text: The text, whole or as the chunks it is made of.
            corpus_ids: Ids of corpora to read, in pieces.

        Returns:
            How many n-grams were counted, repeated ones included.

        Raises:
            InvalidValueError: Neither or both were given, or a text holds what no
                database can store.
            NotFoundError: There is no such corpus.
        """
        if (text is None) == (corpus_ids is None):
            raise InvalidValueError("give a text or the ids of corpora, one of the two")
        from bedplate.domains.training.counting import count_chunks, merge_counts

        _check_order(n)
        texts: Iterable[Iterable[str]]
        if text is not None:
            texts = [[text] if isinstance(text, str) else text]
        else:
            corpora = self.beside(TextCorpora)
            texts = (corpora.read_corpus_text(key) for key in corpus_ids or ())
        counts = merge_counts(n, (count_chunks(map(_checked, t), n) for t in texts))
        if not counts.is_storable:
            _refuse(text)
        self._learn(counts)
        return counts.total

    def _learn(self, counts: NGramCounts) -> None:
        """Merge counts and see to it that the probabilities are those of all counts."""
        # Written with the counts they cost a tenth of the load, afterwards several
        # loads. They are the right ones where nothing else is in the model by now.
        is_new = not self._has_more(counts.n, 0)
        self._merge(counts, counts.totals if is_new else None)
        if not (is_new and self._is_whole(counts)):
            self._normalise_contexts(counts)

    def _normalise_contexts(self, counts: NGramCounts) -> None:
        """Set the probabilities of these contexts, or of all where that is less."""
        contexts = counts.contexts
        if not self._has_more(counts.n, len(contexts) * _CONTEXT_IN_ROWS):
            self._normalise(counts.n)
            return
        column: Any = MarkovNGram.__table__.c.context
        for start in range(0, len(contexts), _NORMALISED_AT_ONCE):
            some = contexts[start : start + _NORMALISED_AT_ONCE]
            self._normalise(counts.n, self.dialect.one_of(column, some))

    def _has_more(self, n: int, rows: int) -> bool:
        """Return whether a model has more rows than that, and walk no further."""
        keys = (MarkovNGram.context, MarkovNGram.next_char)
        # In the order of the key, lest a server read the whole table for the first row.
        statement = sa.select(MarkovNGram.n).where(MarkovNGram.n == n).order_by(*keys)
        return self._first(statement.offset(rows)) is not None

    def _is_whole(self, counts: NGramCounts) -> bool:
        """Return whether these are all counts of the model."""
        totals = sa.select(sa.func.count(), sa.func.sum(MarkovNGram.count))
        found = self.session.execute(totals.where(MarkovNGram.n == counts.n)).one()
        return bool(found == (len(counts), counts.total))

    def _normalise(self, n: int, *where: sa.ColumnElement[bool]) -> int:
        """Set the probabilities of whole contexts; return how many have changed."""
        ngrams: Any = MarkovNGram.__table__
        shares = Shares(
            group=ngrams.c.context,
            amount=ngrams.c.count,
            share=ngrams.c.probability,
            where=sa.and_(ngrams.c.n == n, *where),
            looked_up=bool(where),
        )
        return self.dialect.set_shares(self.connection, shares)

    def _merge(
        self, counts: NGramCounts, totals: NDArray[np.int64] | None = None
    ) -> int:
        """Add counts to the model; new rows get their share of the totals, if given."""
        ngrams: Any = MarkovNGram.__table__
        storable = counts.is_storable
        for start in range(0, len(counts), _MERGED_AT_ONCE):
            stop = start + _MERGED_AT_ONCE
            contexts, characters, added = counts.columns(start, stop)
            if not storable:
                check_text("".join(contexts), "context")
                check_text("".join(characters), "next_char")
            columns: dict[str, Sequence[Any]] = {
                "n": [counts.n] * len(added),
                "context": contexts,
                "next_char": characters,
                "count": added,
            }
            if totals is not None:
                of = totals[start:stop].tolist()
                columns["probability"] = Quotients(added, of)
            self.dialect.add_up(self.connection, ngrams, columns, "count")
        return len(counts)


def _counted(n: int, counts: Counts | NGramCounts) -> NGramCounts:
    from bedplate.domains.training.ngrams import NGramCounts

    _check_order(n)
    if isinstance(counts, NGramCounts):
        if counts.n != n:
            raise InvalidValueError(f"these are counts of n = {counts.n}", "counts")
        return counts
    try:
        if isinstance(counts, Mapping):
            return NGramCounts.from_mapping(n, counts)
        return NGramCounts.from_arrays(n, *counts)
    except (TypeError, ValueError) as error:
        raise InvalidValueError(str(error), "counts") from error


def _check_order(n: int) -> None:
    check_whole(n, "n", 1, MAX_ORDER)


def _check_context(n: int, context: str) -> None:
    _check_order(n)
    if len(check_text(context, "context")) != n - 1:
        raise InvalidValueError(
            f"{context!r} has {len(context)} characters, for n = {n} it needs {n - 1}",
            "context",
        )


def _checked(chunk: object) -> str:
    """Return a chunk that may be counted."""
    if isinstance(chunk, str) and len(chunk) > _LONG:
        return chunk  # its n-grams are looked at
    return check_text(chunk, "text")


def _refuse(text: object) -> NoReturn:
    """Raise InvalidValueError for a character that not every database can store."""
    if isinstance(text, str):
        check_text(text, "text")  # which tells where it is
    raise InvalidValueError(
        "a chunk holds a NUL character or a lone surrogate, which not every database "
        "can store: remove it or replace it",
        "text",
    )
