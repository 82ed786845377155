"""Search with a column of words, `search_vector`, and its GIN index.

The column is NULL where the document is too big for a tsvector, and its
positions stop telling words apart in a long one: there regular expressions
decide. `_lexeme` does to a word
what revision 003 does to the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from bedplate.dialects.postgresql.search_index import VECTOR
from bedplate.search import Match, SearchQuery, Term, spelled

if TYPE_CHECKING:
    from alembic.operations import Operations

__all__ = ["create_index", "drop_index", "has_index", "ranked"]

# A tsvector holds positions to 16383 (a word takes two bytes at least) and 256 of
# each word. Up to the first size a phrase found is there; up to the second, one
# not found is not.
_PHRASE_TRUE_BYTES = 2 * 16383
_PHRASE_FALSE_BYTES = 2 * 256

# The parser breaks words at these; letters without case stand in for them, in the
# column (revision 003) and in the query alike.
_DIGITS = "²³¹¼½¾⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉⅓⅔①②③④⑤⑥⑦⑧⑨⑩"
_CLEANED = str.maketrans(
    "_İ" + _DIGITS,
    "\u01c0\u01c2" + "".join(map(chr, range(0xA000, 0xA000 + len(_DIGITS)))),
)

# What the values of a query are called; the last three by their term's place.
_RANKED, _ASKED = "search_ranked", "search_asked"
_PATTERN, _WORDS, _PHRASE = "search_pattern_", "search_words_", "search_phrase_"

Form = tuple[tuple[bool, bool], ...]
"""Of each term, whether it is negated, and whether it is a phrase."""

# The parser would read 9e107d9 as the number 9e107.
_EXPONENT = re.compile("^([0-9]+)e")

# \w knows no combining marks. The words of revision 003, as an expression.
_WORD = rf"\w\u0300-\u036f{_DIGITS}"


def create_index(
    op: Operations, table: str, columns: Sequence[str], key: sa.Column[Any]
) -> None:
    """Add the vector, as revision 003 does, whose function makes it."""
    quote = op.get_context().dialect.identifier_preparer.quote
    made = f"bedplate_search_vector({', '.join(map(quote, columns))})"
    op.add_column(table, sa.Column(VECTOR, TSVECTOR, sa.Computed(made, persisted=True)))
    words, missing = _indexes(table)
    op.create_index(words, table, [VECTOR], postgresql_using="gin")
    too_big = sa.text(f"{VECTOR} IS NULL")
    op.create_index(missing, table, [key.name], postgresql_where=too_big)


def drop_index(op: Operations, table: str) -> None:
    """Drop the vector, and the indexes with it."""
    op.drop_column(table, VECTOR)


def has_index(
    connection: sa.Connection, table: sa.Table, columns: Sequence[str]
) -> bool:
    """Look for the vector, of what it is made, and for the indexes."""
    inspector = sa.inspect(connection)
    found = {column["name"]: column for column in inspector.get_columns(table.name)}
    names = {index["name"] for index in inspector.get_indexes(table.name)}
    if VECTOR not in found or not names.issuperset(_indexes(table.name)):
        return False
    words = re.findall(r"\w+", str(found[VECTOR].get("computed")))
    return {*columns} <= {*words}


def _indexes(table: str) -> tuple[str, str]:
    return f"ix_{table}_{VECTOR}", f"ix_{table}_{VECTOR}_missing"


def ranked(table: sa.Table, columns: Sequence[str], query: SearchQuery) -> Match:
    """Say how to find and rank the rows whose columns match the query.

    Apart from each other, those that have a vector and those that have none: a
    condition for both would read each vector again, once the index has found it.

    Args:
        table: The table searched; it has the column `search_vector`.
        columns: Those the vector is made of.
        query: What to look for.
    """
    single = [t for t in query.negative if len(t.words) == 1]
    asked = [*map(_words, query.positive)] + [f"!{_words(term)}" for term in single]
    values = {
        _RANKED: " & ".join(map(_phrase, query.positive)),
        _ASKED: " & ".join(asked),
    }
    for place, term in enumerate(query.terms):
        values[f"{_PATTERN}{place}"] = _pattern(term)
        if len(term.words) > 1:
            values[f"{_WORDS}{place}"] = _words(term)
            values[f"{_PHRASE}{place}"] = _phrase(term)
    form = tuple((term.negated, len(term.words) > 1) for term in query.terms)
    return Match(_rows(table, tuple(columns), form), values)


@lru_cache(maxsize=64)
def _rows(
    table: sa.Table, columns: tuple[str, ...], form: Form
) -> sa.CompoundSelect[Any, float]:
    vector = sa.column(VECTOR, TSVECTOR)
    vector.table = table
    # Plain text: a column's own type would refuse an expression longer than it.
    texts = [sa.type_coerce(table.c[name], sa.Text()) for name in columns]
    # 1: divide by the logarithm of the length.
    rank: sa.Cast[float] = sa.cast(
        sa.func.ts_rank(vector, _tsquery(_RANKED), 1), sa.Double()
    )
    key = next(iter(table.primary_key)).label("key")
    indexed = sa.select(key, rank.label("rank")).where(_indexed(vector, texts, form))
    read = (
        _sign(negated, _check(texts, place)) for place, (negated, _) in enumerate(form)
    )
    unranked = sa.select(key, sa.cast(0.0, sa.Double()).label("rank"))
    return indexed.union_all(unranked.where(vector.is_(None), *read))


def _indexed(
    vector: sa.ColumnElement[str],
    searched: Sequence[sa.ColumnElement[str]],
    form: Form,
) -> sa.ColumnElement[bool]:
    """Look up all words at once; phrases only in what that leaves."""
    return sa.and_(
        vector.op("@@", is_comparison=True)(_tsquery(_ASKED)),
        *(
            _sign(negated, _follows(vector, searched, place))
            for place, (negated, is_phrase) in enumerate(form)
            if is_phrase
        ),
    )


def _follows(
    vector: sa.ColumnElement[str],
    searched: Sequence[sa.ColumnElement[str]],
    place: int,
) -> sa.ColumnElement[bool]:
    sizes = [sa.func.coalesce(sa.func.octet_length(column), 0) for column in searched]
    size = sum(sizes[1:], sizes[0])
    matches = vector.op("@@", is_comparison=True)
    return sa.and_(
        matches(_tsquery(f"{_WORDS}{place}")),
        sa.or_(
            sa.and_(size <= _PHRASE_TRUE_BYTES, matches(_tsquery(f"{_PHRASE}{place}"))),
            sa.and_(size > _PHRASE_FALSE_BYTES, _check(searched, place)),
        ),
    )


def _check(
    searched: Sequence[sa.ColumnElement[str]], place: int
) -> sa.ColumnElement[bool]:
    pattern = sa.bindparam(f"{_PATTERN}{place}", type_=sa.Text())
    return sa.or_(*(sa.func.coalesce(c, "").regexp_match(pattern) for c in searched))


def _sign(negated: bool, found: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.not_(found) if negated else found


def _tsquery(name: str) -> sa.ColumnElement[str]:
    # Lowered by the server, as the words of the column were; a cast, unlike
    # to_tsquery(), parses no text again.
    return sa.cast(sa.func.lower(sa.bindparam(name, type_=sa.Text())), TSQUERY)


def _pattern(term: Term) -> str:
    words = rf"[^{_WORD}]+".join(map(spelled, term.words))
    end = "" if term.prefix else rf"(?:[^{_WORD}]|$)"
    return rf"(?:^|[^{_WORD}]){words}{end}"


def _words(term: Term) -> str:
    return f"({' & '.join(_lexemes(term))})"


def _phrase(term: Term) -> str:
    return f"({' <-> '.join(_lexemes(term))})"


def _lexemes(term: Term) -> list[str]:
    # Words hold no quote: they are letters, digits, marks and underscores.
    lexemes = [f"'{_lexeme(word)}'" for word in term.words]
    return [*lexemes[:-1], lexemes[-1] + (":*" if term.prefix else "")]


def _lexeme(word: str) -> str:
    return _EXPONENT.sub("\\1\u01c1", word.translate(_CLEANED))
