"""Search with InnoDB's FULLTEXT, made exact by regular expressions.

The index narrows: it knows neither words under three characters, nor over 84,
nor those beyond Unicode's first plane, and it compares by a collation for which
ß is ss and a superscript a digit. So every term is also checked by a regular
expression, which stops at the first hit. Where no word is indexed, the
expressions read all rows. The syntax here is common to ICU and PCRE.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from bedplate.search import Match, SearchQuery, Term, spelled

__all__ = ["ranked"]

# innodb_ft_min_token_size and innodb_ft_max_token_size as they come.
_SHORTEST, _LONGEST = 3, 84

# A letter, digit, mark or underscore; the styles of emoji are marks, but no word.
_WORD = r"\p{L}\p{N}\p{Mn}\p{Mc}_"
_STYLES = r"\x{FE00}-\x{FE0F}"
_GAP = rf"(?:[^{_WORD}]|[{_STYLES}])"


def ranked(table: sa.Table, columns: Sequence[str], query: SearchQuery) -> Match:
    """Say how to find and rank the rows whose columns match the query.

    Args:
        table: The table searched.
        columns: Exactly those of its FULLTEXT index, in any order.
        query: What to look for.
    """
    # Plain text: a column's own type would refuse an expression longer than it.
    searched = [sa.type_coerce(table.c[name], sa.Text()) for name in columns]
    checks = [_check(searched, term) for term in query.terms]
    words = " ".join(_indexed(query))
    if not query.positive:
        return Match(table, sa.false(), sa.literal(0.0))
    if not words:
        return Match(table, sa.and_(*checks), sa.literal(0.0))
    found = mysql.match(*searched, against=words).in_boolean_mode()
    return Match(table, sa.and_(found, *checks), sa.type_coerce(found, sa.Double()))


def _indexed(query: SearchQuery) -> list[str]:
    """List the words the index can look up; + stands for "must"."""
    return [
        f"+{word}*" if term.prefix and word is term.words[-1] else f"+{word}"
        for term in query.positive
        for word in term.words
        if _SHORTEST <= len(word) <= _LONGEST and all(map(_is_indexed, word))
    ]


def _is_indexed(character: str) -> bool:
    # The server's table of letters is about as old as Unicode 3.2.
    category = unicodedata.ucd_3_2_0.category(character)
    return character == "_" or (character <= "\uffff" and category[0] in "LN")


def _check(
    searched: Sequence[sa.ColumnElement[str]], term: Term
) -> sa.ColumnElement[bool]:
    found = sa.or_(
        *(sa.func.coalesce(c, "").regexp_match(_pattern(term)) for c in searched)
    )
    return sa.not_(found) if term.negated else found


def _pattern(term: Term) -> str:
    words = rf"{_GAP}++".join(map(spelled, term.words))
    end = "" if term.prefix else rf"(?={_GAP}|\z)"
    return rf"(?-i)(?<={_GAP}|\A){words}{end}"
