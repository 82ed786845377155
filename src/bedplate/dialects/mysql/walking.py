"""Walking along a Markov chain, by a recursive query."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bedplate.dialects.chains import LARGEST_TOTAL

if TYPE_CHECKING:
    from bedplate.dialects.chains import Chain

__all__ = ["DRAWS", "place", "walking"]


class _Hex(sa.TypeDecorator[bytes]):
    """Bytes as hexadecimal digits: drivers write bytes as text, which some are not."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: object) -> str | None:
        return None if value is None else value.hex()


DRAWS = sa.bindparam("draws", type_=_Hex())


def place(total: str) -> str:
    """Return what getrandbits() draws for a total: the first bits of the next word."""
    # Of text in UTF-8 a place could not be found without reading all before it.
    word = "unhex(substr(_binary :draws, 8 * t.step + 1, 8))"
    return f"conv(hex(reverse({word})), 16, 10) >> (32 - length(bin({total})))"


@cache
def walking(chain: Chain, collation: str) -> sa.TextClause:
    """Return the statement that Dialect.walking() promises."""
    rows = chain.rows("t.context")
    char, count = chain.following.name, chain.count.name
    statement = f"""
WITH RECURSIVE t(step, context, drawn) AS (
    SELECT 0, CAST(:context AS CHAR({chain.length})) COLLATE {collation},
        CAST(NULL AS CHAR(1)) COLLATE {collation}
    UNION ALL
    SELECT t.step + 1,
        coalesce(substr(concat(t.context, one.drawn), 2), t.context), one.drawn
    FROM t
    JOIN LATERAL (
        SELECT sum({count}) AS total, {place(f"sum({count})")} AS place {rows}
    ) AS known
        ON known.total BETWEEN 1 AND {LARGEST_TOTAL}
    JOIN LATERAL (
        SELECT min({char}) AS drawn
        FROM (SELECT {char}, sum({count}) OVER (ORDER BY {char}) AS upto {rows}) AS sums
        WHERE upto > known.place
    ) AS one
    WHERE t.step < :steps
)
SELECT /*+ SET_VAR(cte_max_recursion_depth = 1000000) */
    max(step), group_concat(drawn ORDER BY step SEPARATOR '') FROM t"""  # noqa: S608  # names and our own SQL
    return sa.text(statement).bindparams(DRAWS)
