"""How the database goes about a statement, asked right after it was slow.

The values of a statement are not kept, so its plan can be had only where it ran, and
then: on its own connection, in its own transaction. What could change anything, take
long or leave the transaction broken is not asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from bedplate.dialects import Dialect, dialect_of

__all__ = ["Slow", "plan_of"]

_LONGEST = 8_000
"""Characters of a statement from which it is mostly values, and of a plan."""

_LARGEST = 100_000
"""Bytes of values which are sent a second time."""

_EXPLAINED = re.compile(
    r"\s*(SELECT|WITH|UPDATE|DELETE|INSERT\b.*\bSELECT)\b", re.IGNORECASE | re.DOTALL
)
_ACCOUNT = (
    r"\((?:cost=[\d.e+]+ )?rows=[\d.e+]+(?: width=\d+)?\)"
    r"|^id=\d+(?= select_type=)|(?<= )(?:key_len|rows|filtered)=[\d.]+(?= |$)"
    r"|\b(?:InitPlan|SubPlan|SUBQUERY|Workers Planned:) \d+"
)
"""What a plan tells in numbers of its own; all others are taken for values."""

_NUMBER = r"(?<![\w.$#)])-?(?:0x[0-9a-f]+|\d[\d.]*(?:e[-+]?\d+)?)\b"
_LIST = re.compile(r"\?(?:, ?\?)+")


@dataclass(frozen=True)
class Slow:
    """A statement that was slow.

    Attributes:
        shape: What it is, without its values.
        seconds: How long it took.
        statement: It.
        values: What it was given; None for none.
        context: SQLAlchemy's account of it; None where it went another way.
    """

    shape: str
    seconds: float
    statement: str = ""
    values: Any = None
    context: Any = None


def plan_of(slow: Slow) -> str | None:
    """Return the plan of a statement without its values, None where it has none."""
    if slow.context is None or not _may_be_asked(slow):
        return None
    if not slow.context.root_connection.in_transaction():
        return None  # the driver may have begun one that nobody here can mend
    cursor = slow.context.root_connection.connection.cursor()
    try:
        lines = _lines(slow, cursor)
    except Exception:  # noqa: BLE001  # whatever a driver may say of what we add
        return None
    finally:
        cursor.close()
    literal = dialect_of(slow.context.root_connection).text_literal
    return masked("\n".join(lines), literal)[:_LONGEST]


def masked(plan: str, text_literal: str) -> str:
    """Return a plan with `?` for each value; texts look like Dialect.text_literal."""
    told = _values(text_literal).sub(lambda found: found["account"] or "?", plan)
    return _LIST.sub("?, ...", told)


@cache
def _values(text_literal: str) -> re.Pattern[str]:
    pattern = f"(?P<account>{_ACCOUNT})|{text_literal}|{_NUMBER}"
    return re.compile(pattern, re.IGNORECASE | re.DOTALL | re.MULTILINE)


def _may_be_asked(slow: Slow) -> bool:
    text, context = slow.statement, slow.context
    return (
        len(text) < _LONGEST
        and _EXPLAINED.match(text) is not None
        and ";" not in text.rstrip("; \n")  # a second statement would be run again
        and not context._is_server_side  # a stream takes no other statement
        and len(repr(_first(slow))) < _LARGEST
    )


def _first(slow: Slow) -> Any:
    """Return the values, or the first of many sets of them."""
    return slow.values[0] if isinstance(slow.values, list) else slow.values


def _lines(slow: Slow, cursor: Any) -> list[str]:
    connection = slow.context.root_connection
    ours = dialect_of(connection)
    if not ours.errors_abort:
        return _asked(slow, cursor, ours)
    cursor.execute("SAVEPOINT bedplate_plan")
    try:
        return _asked(slow, cursor, ours)
    finally:
        cursor.execute("ROLLBACK TO SAVEPOINT bedplate_plan")


def _asked(slow: Slow, cursor: Any, ours: Dialect) -> list[str]:
    values = _first(slow)
    given = () if values is None else (values,)
    cursor.execute(f"{ours.explain} {slow.statement}", *given)
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    return [ours.plan_line(dict(zip(names, row, strict=True))) for row in rows]
