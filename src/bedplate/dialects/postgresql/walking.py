"""Walking along a Markov chain, by a recursive query."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bedplate.dialects.chains import LARGEST_TOTAL

if TYPE_CHECKING:
    from bedplate.dialects.chains import Chain

__all__ = ["walking"]

_WORD = " | ".join(
    f"(get_byte(:draws, 4 * t.step + {byte})::bigint << {8 * byte})"
    for byte in range(4)
)
_POWERS = ", ".join(str(2**bit) for bit in range(32))


@cache
def walking(chain: Chain) -> sa.TextClause:
    """Return the statement that Dialect.walking() promises."""
    # Sums of bigint would be decimals; these are exact as far as they are used. OFFSET
    # keeps the draw from being made again for each row it is compared with.
    rows = chain.rows("t.context")
    char, count = chain.following.name, chain.count.name
    statement = f"""
WITH RECURSIVE t(step, context, drawn) AS (
    SELECT 0, CAST(:context AS text) COLLATE "C", CAST(NULL AS text) COLLATE "C"
    UNION ALL
    SELECT t.step + 1, coalesce(substr(t.context || one.drawn, 2), t.context), one.drawn
    FROM t
    CROSS JOIN LATERAL (SELECT sum({count}::float8) AS total {rows}) AS known
    CROSS JOIN LATERAL (SELECT ({_WORD}) >> (32 - width_bucket(
        CAST(least(known.total, {LARGEST_TOTAL}) AS bigint),
        CAST(ARRAY[{_POWERS}] AS bigint[]))) AS place OFFSET 0) AS chance
    LEFT JOIN LATERAL (
        SELECT {char} AS drawn
        FROM (
            SELECT {char}, sum({count}::float8) OVER (ORDER BY {char}) AS upto {rows}
        ) AS sums
        WHERE upto > chance.place ORDER BY {char} LIMIT 1
    ) AS one ON true
    WHERE t.step < :steps AND known.total BETWEEN 1 AND {LARGEST_TOTAL}
)
SELECT max(step), string_agg(drawn, '' ORDER BY step) FROM t"""  # noqa: S608  # names and our own SQL
    return sa.text(statement)
