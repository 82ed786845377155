"""Walking along a Markov chain, by a recursive query and variables.

MariaDB has no LATERAL, and a sum for each row takes several times as long. So the
running sum is a variable. That these are set in the order they are written in is what
MariaDB does, not what its documentation promises.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bedplate.dialects.chains import LARGEST_TOTAL
from bedplate.dialects.mysql.walking import DRAWS, place

if TYPE_CHECKING:
    from bedplate.dialects.chains import Chain

__all__ = ["walking"]

_NEXT = "coalesce(substr(concat(t.context, t.drawn), 2), t.context)"


@cache
def walking(chain: Chain, collation: str) -> sa.TextClause:
    """Return the statement that Dialect.walking() promises."""
    rows, char, count = chain.rows(_NEXT), chain.following.name, chain.count.name
    usable = f"BETWEEN 1 AND {LARGEST_TOTAL}"
    total, drawn, upto = "@bedplate_total", "@bedplate_drawn", "@bedplate_upto"
    statement = f"""
SET STATEMENT max_recursive_iterations = 1000000 FOR
WITH RECURSIVE t(step, context, total, drawn) AS (
    SELECT 0, CAST(:context AS CHAR({chain.length})) COLLATE {collation},
        CAST(1 AS DECIMAL(40)), CAST(NULL AS CHAR(1)) COLLATE {collation}
    UNION ALL
    SELECT t.step + 1 + ({upto} := 0), {_NEXT},
        ({total} := (SELECT sum({count}) {rows})),
        if({total} {usable} AND ({drawn} := {place(total)}) >= 0, (
            SELECT {char} {rows} AND ({upto} := {upto} + {count}) > {drawn}
            ORDER BY {char} LIMIT 1), NULL)
    FROM t
    WHERE t.step < :steps AND t.total {usable}
)
SELECT max(step), group_concat(drawn ORDER BY step SEPARATOR '')
FROM t WHERE total {usable}"""  # noqa: S608  # names and our own SQL
    return sa.text(statement).bindparams(DRAWS)
