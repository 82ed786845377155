"""Writing texts by the Markov model."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from bedplate.checks import check_text, check_whole
from bedplate.dialects.chains import Chain
from bedplate.domains.training.models import MAX_ORDER, MarkovNGram
from bedplate.domains.training.sampling import Choices, sample_text
from bedplate.errors import NotFoundError
from bedplate.repository import DomainRepository, reads

if TYPE_CHECKING:
    from bedplate.domains.training.held import MarkovModel
    from bedplate.domains.training.ngrams import NGramCounts

__all__ = ["TextGeneration"]

_ROWS_A_CHARACTER = 50
"""Rows that are read as fast as the followers of one context are looked up, halved:
a model that is too large for its text is noticed in a part of the time that takes."""

_ROWS_HELD = 2_000_000
"""The largest model that is held for a single text: 100 MB, at n = 5."""

_ROWS_AT_ONCE, _CHARACTERS_AT_ONCE = 200_000, 2_000_000
"""What one statement brings: 8 MB, which every server sends in one value."""

_COUNT = 5
"""Characters of four bytes that a count takes as much as, at most."""

_FEW_CHARACTERS = 400
"""Up to here a server draws a text before it has counted the rows of its model."""

_FIRST_STEPS, _STEPS_AT_ONCE = 500, 20_000
"""What the first statement draws, and at most a later one: each twice the last."""

_SLOW_STEP = 500e-6
"""Seconds a step that are no faster than to ask: contexts with hundreds of followers
are added up at each step, where those that have been asked for are held."""

_FEW_STEPS = 8
"""Characters up to which a walk that stops was not worth its statement."""

_NGRAMS: Any = MarkovNGram.__table__
_CHAIN = Chain(
    order=_NGRAMS.c.n,
    context=_NGRAMS.c.context,
    following=_NGRAMS.c.next_char,
    count=_NGRAMS.c.count,
    length=MAX_ORDER - 1,
)
_ROWS = sa.select(_NGRAMS.c.context, _NGRAMS.c.next_char, _NGRAMS.c.count)
_FOLLOWERS = sa.select(_NGRAMS.c.next_char, _NGRAMS.c.count).where(
    _NGRAMS.c.n == sa.bindparam("n"), _NGRAMS.c.context == sa.bindparam("context")
)


class TextGeneration(DomainRepository):
    """Texts by the counts of n-grams, from the database or a model held in memory."""

    @reads
    def generate_text(
        self, n: int, prompt: str = "", length: int = 200, seed: int | None = None
    ) -> str:
        """Return characters that follow the prompt, as the model would have them.

        The same model, prompt and seed give the same text on every database. Where
        the model has not seen the end of the prompt it goes on from a context it has.
        A model that is small beside the length is read whole. By a larger one a server
        draws the text, by a recursive query; SQLite is asked context by context.

        Args:
            n: Which model.
            prompt: What to go on from; not part of what is returned.
            length: How many characters to return.
            seed: For the same text again.

        Raises:
            NotFoundError: There is no model of that n.
        """
        check_whole(n, "n", 1, MAX_ORDER)
        check_whole(length, "length", 0, sys.maxsize)
        check_text(prompt, "prompt")
        walking = self._walking()
        if walking is None or not 0 < length <= _FEW_CHARACTERS:
            most = max(1, min(length * _ROWS_A_CHARACTER, _ROWS_HELD))
            counts = self._read(n, most)
            if counts is not None:
                return self._held(counts).generate(prompt, length, seed)
        rng = Random(seed)  # noqa: S311  # sampling, no secret
        known = len(prompt) >= n - 1
        context = prompt[len(prompt) - n + 1 :] if known else self._any(n, rng)
        if walking is None:
            return self._asked(n, context, length, rng)
        return self._walked(walking, n, context, length, rng)

    @reads
    def load_markov_model(self, n: int) -> MarkovModel:
        """Read a whole model, to write many texts by it: each in a few milliseconds.

        Raises:
            NotFoundError: There is no model of that n.
        """
        check_whole(n, "n", 1, MAX_ORDER)
        return self._held(cast("NGramCounts", self._read(n, sys.maxsize)))

    def _held(self, counts: NGramCounts) -> MarkovModel:
        from bedplate.domains.training.held import MarkovModel

        if not len(counts):
            raise self._missing(counts.n)
        return MarkovModel(counts)

    def _missing(self, n: int) -> NotFoundError:
        """Return the error for a model that is not there, with those that are."""
        there = ", ".join(map(str, self._orders()))
        instead = f", or take n = {there}" if there else ""
        return NotFoundError(f"there is no model of n = {n}: train it first{instead}")

    def _orders(self) -> Iterator[int]:
        """Yield the n of each model, by a look into the key: DISTINCT reads it all."""
        lowest = sa.select(sa.func.min(_NGRAMS.c.n))
        last: int | None = 0
        while last := self.connection.scalar(lowest.where(_NGRAMS.c.n > last)):
            yield last

    def _read(self, n: int, most: int) -> NGramCounts | None:
        """Return the counts of a model, None where it has more rows than that."""
        from bedplate.domains.training.counting import merge_counts

        at_once = min(_ROWS_AT_ONCE, _CHARACTERS_AT_ONCE // (n + _COUNT))
        whole = self._whole(n, at_once) if at_once <= most else None
        if whole is not None:
            return whole
        parts: list[NGramCounts] = []
        last: str | None = ""
        while last is not None:
            left = most - sum(map(len, parts))
            after, last = last, self._context_at(n, last, min(left, at_once))
            if left < 0 or (last is not None and left <= at_once):
                return None
            parts.append(self._part(n, after, last))
        return merge_counts(n, parts)

    def _whole(self, n: int, most: int) -> NGramCounts | None:
        """Return the counts of a model that seems small, None where it is not."""
        few = self.dialect.few(self.connection, _ROWS.where(_NGRAMS.c.n == n), most)
        if few is None:
            return None
        try:
            counts = self._joined(n, few)
        except ValueError:  # cut off, where a server was mistaken in how many they are
            return None
        return counts if len(counts) <= most else None

    def _context_at(self, n: int, after: str, place: int) -> str | None:
        """Return the context of a row, so many further on; None past the last one."""
        keys = (_NGRAMS.c.context, _NGRAMS.c.next_char)
        statement = sa.select(_NGRAMS.c.context).where(_NGRAMS.c.n == n)
        if after:
            statement = statement.where(_NGRAMS.c.context > after)
        statement = statement.order_by(*keys).offset(max(0, place)).limit(1)
        return cast("str | None", self.connection.execute(statement).scalar())

    def _part(self, n: int, after: str, last: str | None) -> NGramCounts:
        """Return the counts of those contexts after one and up to another."""
        rows = _ROWS.where(_NGRAMS.c.n == n)
        if after:
            rows = rows.where(_NGRAMS.c.context > after)
        if last is not None:
            rows = rows.where(_NGRAMS.c.context <= last)
        return self._joined(n, rows)

    def _joined(self, n: int, rows: sa.Select[Any]) -> NGramCounts:
        """Read rows as long values, which takes a tenth of the time of the rows."""
        from bedplate.domains.training.ngrams import NGramCounts

        # From the rows as they are: a subquery would cost MySQL and MariaDB a tenth.
        row, joined = rows.selected_columns, sa.func.aggregate_strings
        texts: list[sa.ColumnElement[str]] = [row.context, row.next_char]
        how = self.dialect.joins
        if how == "rows":
            line = sa.func.concat(*texts, "\0", row.count, "\0")
            whole = rows.with_only_columns(sa.func.count(), joined(line, ""))
            found, lines = self.connection.execute(whole).one()
            return NGramCounts.from_lines(n, lines or "", found)
        if how == "texts":
            texts = [row.context + row.next_char]
        counts = joined(sa.cast(row.count, sa.String(20)), ",")
        pieces = (joined(text, "") for text in texts)
        statement = rows.with_only_columns(counts, *pieces)
        numbers, *columns = self.connection.execute(statement).one()
        return NGramCounts.from_joined(n, [c or "" for c in columns], numbers or "")

    def _walking(self) -> sa.TextClause | None:
        """Return the statement by which the server draws, None where it can't."""
        if self.connection.get_execution_options().get("schema_translate_map"):
            return None  # which knows tables by other names
        return self.dialect.walking(_CHAIN)

    def _asked(self, n: int, context: str, length: int, rng: Random) -> str:
        """Ask for what follows each context, those in use aside."""
        characters = sample_text(
            lambda context: self._followers(n, context),
            context,
            length,
            rng,
            lambda _: self._any(n, rng),
        )
        return "".join(characters)

    def _walked(
        self, walking: sa.TextClause, n: int, context: str, length: int, rng: Random
    ) -> str:
        """Let the server draw, as long as that is faster than to ask it."""
        parts, left, most, in_vain = list[str](), length, _FIRST_STEPS, 0
        while left > 0:
            # A third of the draws are in vain, for most texts.
            steps = min(left + left // 2 + 8, most)
            started = perf_counter()
            text, stopped = self._steps(walking, n, context, steps, rng)
            took = perf_counter() - started
            if stopped and len(text) < left:  # a dead end, or counts too large for it
                at = (context + text)[len(text) :]
                context, char = self._onward(n, at, rng)
                text += char
            else:
                context = (context + text)[len(text) :]
            parts.append(text)
            left -= len(text)
            in_vain = in_vain + 1 if stopped and len(text) < _FEW_STEPS else 0
            if took > _SLOW_STEP * steps or in_vain > 3:
                parts.append(self._asked(n, context, left, rng))
                break
            most = min(2 * most, _STEPS_AT_ONCE)
        return "".join(parts)[:length]

    def _onward(self, n: int, context: str, rng: Random) -> tuple[str, str]:
        """Return the context that follows, and the character drawn on the way."""
        choices = Choices(self._followers(n, context))
        if not choices.total:
            context = self._any(n, rng)
            choices = Choices(self._followers(n, context))
        char = choices.choose(rng)
        return (context + char)[1:], char

    def _steps(
        self, walking: sa.TextClause, n: int, context: str, steps: int, rng: Random
    ) -> tuple[str, bool]:
        """Return what the server has drawn, and whether it stopped before its time.

        Chance then goes on from there.
        """
        before = rng.getstate()
        draws = rng.getrandbits(32 * steps).to_bytes(4 * steps, "little")
        given = {"order": n, "context": context, "draws": draws, "steps": steps}
        taken, text = self.connection.execute(walking, given).one()
        if taken < steps:
            rng.setstate(before)
            if taken:
                rng.getrandbits(32 * taken)
        return text or "", taken < steps

    def _followers(self, n: int, context: str) -> Sequence[tuple[str, int]]:
        given = {"n": n, "context": context}
        return [(r[0], r[1]) for r in self.connection.execute(_FOLLOWERS, given)]

    def _any(self, n: int, rng: Random) -> str:
        """Return a context by chance, each as often as it has rows.

        Raises:
            NotFoundError: There is none.
        """
        counted = sa.select(sa.func.count()).select_from(_NGRAMS)
        rows = self.connection.execute(counted.where(_NGRAMS.c.n == n)).scalar_one()
        place = min(int(rng.random() * rows), rows - 1)
        found = self._context_at(n, "", place)
        if found is None:
            raise self._missing(n)
        return found
