"""Search with InnoDB's FULLTEXT, made exact by regular expressions.

The index narrows: it knows no word under three characters or over 84, none with
a letter younger than its tables, and it compares by a collation for which ß is
ss and é is e. (It must be one without accents, ..._ai_ci: under an ..._as_ci the
index misses prefixes.) So every term is checked by a regular expression as well,
which stops at the first hit. Where no word is indexed, all rows are read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from bedplate.search import Match, SearchQuery, Term, spelled

__all__ = ["Holds", "at_once", "in_pieces", "ranked"]

Text = sa.ColumnElement[str]
Condition = sa.ColumnElement[bool]
Holds = Callable[[Text, Term], Condition]

# innodb_ft_min_token_size and innodb_ft_max_token_size as they come.
_SHORTEST, _LONGEST = 3, 84

# What is no letter, digit, mark or underscore, as one set without a complement,
# which ICU and PCRE both read; the styles of emoji (U+FE00...) separate as well.
_GAP = (
    r"[\p{C}\p{Z}\p{S}\p{Me}\p{Pd}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Po}\x{FE00}-\x{FE0F}"
    r"\x{203F}\x{2040}\x{2054}\x{FE33}\x{FE34}\x{FE4D}-\x{FE4F}\x{FF3F}]"
)

# regexp_time_limit ends a match after 320,000 steps back (ICU). One word takes
# none, so a piece is only kept below 16 MB, the least max_allowed_packet; a phrase
# takes one where a comma and a space follow its first word.
_PIECE, _PHRASE_PIECE = 4_000_000, 500_000
# The longest phrase, with its gaps, that is found where two pieces meet.
_OVERLAP = 4096


def at_once(text: Text, term: Term) -> Condition:
    """Check a term where the server's expressions are PCRE: no limit adds up."""
    end = "" if term.prefix else rf"(?={_GAP}|\z)"
    return text.regexp_match(rf"(?-i)(?<={_GAP}|\A){_words(term)}{end}")


def in_pieces(text: Text, term: Term) -> Condition:
    """Check a term where they are ICU, within the limits of its matcher."""
    pattern = rf"(?-i){_GAP}{_words(term)}" + ("" if term.prefix else _GAP)
    size = _PHRASE_PIECE if len(term.words) > 1 else _PIECE
    length = sa.func.char_length(text)
    starts = sa.select(sa.literal(1).label("start")).cte(recursive=True)
    following = starts.c.start + size
    starts = starts.union_all(sa.select(following).where(following <= length))
    start = starts.c.start
    piece = sa.func.concat(
        sa.case((start == 1, " "), else_=""),
        sa.func.substring(text, start, size + _OVERLAP),
        sa.case((start + size + _OVERLAP > length, " "), else_=""),
    )
    found = sa.exists().where(piece.regexp_match(pattern)).select_from(starts)
    whole = sa.func.concat(" ", text, " ").regexp_match(pattern)
    return sa.case((length <= size, whole), else_=found)


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
    if not query.positive:
        return Match(table, sa.false(), sa.literal(0.0))
    checks = [
        _check([table.c[name] for name in columns], term, holds) for term in query.terms
    ]
    words = " ".join(_indexed(query))
    if not words:
        return Match(table, sa.and_(*checks), sa.literal(0.0))
    against = mysql.match(*(table.c[name] for name in columns), against=words)
    found = against.in_boolean_mode()
    return Match(table, sa.and_(found, *checks), sa.type_coerce(found, sa.Double()))


def _check(searched: Sequence[sa.Column[str]], term: Term, holds: Holds) -> Condition:
    # Plain text: a column's own type would refuse an expression longer than it.
    texts = [sa.func.coalesce(c, "", type_=sa.Text()) for c in searched]
    found = sa.or_(*(holds(text, term) for text in texts))
    return sa.not_(found) if term.negated else found


def _indexed(query: SearchQuery) -> list[str]:
    """List the words the index can look up; + stands for "must"."""
    return [
        f"+{word}" + ("*" if term.prefix and place == len(term.words) else "")
        for term in query.positive
        for place, word in enumerate(term.words, 1)
        if _SHORTEST <= len(word) <= _LONGEST and _is_indexed(word)
    ]


def _is_indexed(word: str) -> bool:
    # The server's table of letters is about as old as Unicode 3.2.
    return all(
        c == "_" or (c <= "\uffff" and unicodedata.ucd_3_2_0.category(c)[0] in "LMN")
        for c in word + word.lower() + word.upper()
    )


def _words(term: Term) -> str:
    # Possessive: a gap that was passed is never tried again in parts.
    return rf"{_GAP}++".join(map(spelled, term.words))
