"""Search with InnoDB's FULLTEXT, made exact by regular expressions.

The index narrows: it knows no stopword, no word under three characters or over
84, none with a letter younger than its tables, and it compares by a collation for
which ß is ss and é is e. (It must be one without accents, ..._ai_ci: under one with
them, ..._as_ci, the index misses prefixes.) So every term is checked as well: by a
regular expression, which stops at the first hit, unless the best rows could be checked
where they were read. Where no word is indexed, all rows are read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import add
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from bedplate.search import Match, SearchQuery, Term, spelled

if TYPE_CHECKING:
    from alembic.operations import Operations

__all__ = [
    "Holds",
    "at_once",
    "create_index",
    "drop_index",
    "has_index",
    "in_pieces",
    "ranked",
]

Text = sa.ColumnElement[str]
Condition = sa.ColumnElement[bool]


@dataclass(frozen=True)
class Holds:
    """How a server checks a term against a text.

    Attributes:
        pattern: Gives the regular expression of a term.
        test: Gives the condition for a table, texts of it one of which has to match, an
            expression and how many words that is about.
        is_sorted: Whether its index yields rows by rank, and no more than asked for.
    """

    pattern: Callable[[Term], str]
    test: Callable[[sa.Table, Sequence[Text], Text, int], Condition]
    is_sorted: bool


Form = tuple[tuple[bool, int], ...]
"""Of each term, whether it is negated, and how many words it has."""

_WORDS, _PATTERN = "search_words", "search_pattern_"
"""What the values of a query are called; the second one by its term's place."""

_PREFIXES = ("mysql_prefix", "mariadb_prefix")

# innodb_ft_min_token_size and innodb_ft_max_token_size as they come.
_SHORTEST, _LONGEST = 3, 84

# Of INNODB_FT_DEFAULT_STOPWORD, those that are long enough; and the letters that
# compare as one of theirs without being made of it.
_STOPWORDS = {
    *("about", "are", "com", "for", "from", "how", "that", "the", "this", "und"),
    *("was", "what", "when", "where", "who", "will", "with", "www"),
}
_BARE = str.maketrans("øđðħł", "oddhl")

# What is no letter, digit, mark or underscore; the styles of emoji (U+FE00...) separate
# as well. PCRE knows no set of sets; ICU reads this one in half the time of the other,
# which for short texts is most of what a search takes.
_ICU_GAP = r"[[^\p{L}\p{N}\p{Mn}\p{Mc}_]\x{FE00}-\x{FE0F}]"
_PCRE_GAP = (
    r"[\p{C}\p{Z}\p{S}\p{Me}\p{Pd}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Po}\x{FE00}-\x{FE0F}"
    r"\x{203F}\x{2040}\x{2054}\x{FE33}\x{FE34}\x{FE4D}-\x{FE4F}\x{FF3F}]"
)

# ICU gives a match up (regexp_time_limit) after 320,000 steps: one for each place
# it starts at, two for each gap of a phrase. So a long text is matched in pieces of
# at most so many characters; cut from blocks, as cutting counts from the start.
# A block stays below 32 MB, half of MySQL's max_allowed_packet.
_STEPS = 250_000
_PIECES = 32
# Between two texts, so that no phrase goes on from one to the other: a mark without a
# letter, which separates nothing and begins no word.
_APART = " \u0300 "
# The longest match, with its gaps, that is found where two pieces meet.
_OVERLAP = 2048


def _pattern_at_once(term: Term) -> str:
    end = "" if term.prefix else rf"(?={_PCRE_GAP}|\z)"
    return rf"(?-i)(?<={_PCRE_GAP}|\A){_words(term, _PCRE_GAP)}{end}"


def _test_at_once(
    _: sa.Table, texts: Sequence[Text], pattern: Text, __: int
) -> Condition:
    return sa.or_(*(text.regexp_match(pattern) for text in texts))


at_once = Holds(_pattern_at_once, _test_at_once, is_sorted=False)
"""Where the server's expressions are PCRE: no limit adds up."""


def _pattern_in_pieces(term: Term) -> str:
    words = _words(term, _ICU_GAP)
    return rf"(?-i){_ICU_GAP}{words}" + ("" if term.prefix else _ICU_GAP)


def _test_in_pieces(
    table: sa.Table, texts: Sequence[Text], pattern: Text, words: int
) -> Condition:
    size = _STEPS // words

    def test(piece: Text) -> Condition:
        return piece.regexp_match(pattern)

    apart = [part for text in texts for part in (_APART, text)][1:]
    together = test(sa.func.concat(" ", *apart, " "))
    length: sa.ColumnElement[int] = reduce(add, map(sa.func.char_length, texts))
    pieces = sa.or_(*(_any_piece(table, text, size, test) for text in texts))
    return sa.case((length <= size, together), else_=pieces)


in_pieces = Holds(_pattern_in_pieces, _test_in_pieces, is_sorted=True)
"""Where they are ICU, within the limit of its matcher."""


def _any_piece(
    table: sa.Table, text: Text, size: int, test: Callable[[Text], Condition]
) -> Condition:
    blocks, numbers = _blocks(table, text, size * _PIECES), _numbers()
    block = _block(table, text, size * _PIECES, blocks)
    place = numbers.c.number * size
    pieces = blocks.join(block, block.c.start == blocks.c.start).join(
        numbers, block.c.start + place <= blocks.c.length
    )
    piece = sa.func.substring(block.c.text, 1 + place, size + _OVERLAP, type_=sa.Text())
    found = sa.select(sa.literal(1)).select_from(pieces).where(test(piece))
    return found.correlate(table).exists()


def _blocks(table: sa.Table, text: Text, size: int) -> sa.CTE:
    first = sa.select(
        sa.literal(1).label("start"), sa.func.char_length(text).label("length")
    )
    blocks = first.correlate(table).cte("blocks", recursive=True, nesting=True)
    start, length = blocks.c.start, blocks.c.length
    following = sa.select(start + size, length).where(start + size <= length)
    return blocks.union_all(following)


def _block(table: sa.Table, text: Text, size: int, blocks: sa.CTE) -> sa.FromClause:
    """Cut a block of a text that has a space at either end."""
    start, stop = blocks.c.start, blocks.c.start + size + _OVERLAP
    padded = sa.func.concat(
        sa.case((start == 1, " "), else_=""),
        sa.func.substring(text, start, size + _OVERLAP),
        sa.case((stop > blocks.c.length, " "), else_=""),
    )
    cut = sa.select(start.label("start"), padded.label("text"))
    # The limit has it cut once, not once a piece.
    return cut.correlate(table, blocks).limit(1).lateral("block")


def _numbers() -> sa.CTE:
    first = sa.select(sa.literal(0).label("number"))
    numbers = first.cte("numbers", recursive=True, nesting=True)
    following = numbers.c.number + 1
    return numbers.union_all(sa.select(following).where(following < _PIECES))


def create_index(op: Operations, table: str, columns: Sequence[str]) -> None:
    """Create a FULLTEXT index; the search does not count on its stopwords."""
    fulltext: dict[str, Any] = dict.fromkeys(_PREFIXES, "FULLTEXT")
    op.create_index(_index(table), table, list(columns), **fulltext)


def drop_index(op: Operations, table: str) -> None:
    """Drop it."""
    op.drop_index(_index(table), table)


def has_index(
    connection: sa.Connection, table: sa.Table, columns: Sequence[str]
) -> bool:
    """Look for the index over exactly these columns."""
    found = sa.inspect(connection).get_indexes(table.name)
    over = {index["name"]: {*index["column_names"]} for index in found}
    return over.get(_index(table.name)) == {*columns}


def _index(table: str) -> str:
    return f"ix_{table}_search"


def ranked(
    table: sa.Table,
    columns: Sequence[str],
    query: SearchQuery,
    holds: Holds = in_pieces,
) -> Match:
    """Say how to find and rank the rows whose columns match the query.

    Args:
        table: The table searched.
        columns: Exactly those of its FULLTEXT index, in any order.
        query: What to look for.
        holds: How to check one term: `in_pieces`, or `at_once` on MariaDB.
    """
    terms = query.terms
    values = {f"{_PATTERN}{n}": holds.pattern(term) for n, term in enumerate(terms)}
    words = " ".join(_indexed(query))
    if words:
        values[_WORDS] = words
    over = tuple(columns)
    form = tuple((term.negated, len(term.words)) for term in terms)
    rows = _rows(table, over, is_indexed=bool(words))
    sorts = holds.is_sorted and bool(words)
    return Match(rows, values, _check(table, over, form, holds), sorts)


@lru_cache(maxsize=64)
def _rows(
    table: sa.Table, columns: tuple[str, ...], *, is_indexed: bool
) -> sa.Select[Any, float]:
    key = next(iter(table.primary_key)).label("key")
    if not is_indexed:
        return sa.select(key, sa.cast(0.0, sa.Double()).label("rank"))
    words = sa.bindparam(_WORDS, type_=sa.Text())
    against = mysql.match(*(table.c[name] for name in columns), against=words)
    found = against.in_boolean_mode()
    rank: sa.Label[float] = sa.type_coerce(found, sa.Double()).label("rank")
    return sa.select(key, rank).where(found)


@lru_cache(maxsize=64)
def _check(
    table: sa.Table, columns: tuple[str, ...], form: Form, holds: Holds
) -> Condition:
    # Plain text: a column's own type would refuse an expression longer than it.
    texts = [sa.func.coalesce(table.c[name], "", type_=sa.Text()) for name in columns]
    checks = []
    for place, (negated, words) in enumerate(form):
        pattern = sa.bindparam(f"{_PATTERN}{place}", type_=sa.Text())
        found = holds.test(table, texts, pattern, words)
        checks.append(sa.not_(found) if negated else found)
    return sa.and_(*checks)


def _indexed(query: SearchQuery) -> list[str]:
    """List the words the index can look up; + stands for "must"."""
    return [
        "+" + word + star
        for term in query.positive
        for word, star in zip(term.words, _stars(term), strict=True)
        if _SHORTEST <= len(word) <= _LONGEST
        and _is_known(word)
        and not _is_stopword(word, star)
    ]


def _stars(term: Term) -> list[str]:
    return [""] * (len(term.words) - 1) + ["*" if term.prefix else ""]


def _is_known(word: str) -> bool:
    # The server's table of letters is about as old as Unicode 3.2.
    return all(
        c == "_" or (c <= "\uffff" and unicodedata.ucd_3_2_0.category(c)[0] in "LMN")
        for c in word + word.lower() + word.upper()
    )


def _is_stopword(word: str, star: str) -> bool:
    letters = unicodedata.normalize("NFKD", word).casefold().translate(_BARE)
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    found = (stop.startswith(bare) if star else stop == bare for stop in _STOPWORDS)
    return any(found)


def _words(term: Term, gap: str) -> str:
    # Possessive: a gap that was passed is never tried again in parts.
    return rf"{gap}++".join(map(spelled, term.words))
