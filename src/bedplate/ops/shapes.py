"""The shape of a statement: what it is, without the values it is about."""

from __future__ import annotations

import re
from functools import cache

__all__ = ["ENOUGH", "shape_of"]

ENOUGH = 2_000
"""Characters of a statement that are looked at: the rest of a long one is values."""

_VALUE = r"""
    \b(?:0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[-+]?\d+)?)\b
    | (?:%\(\w+\)s | %s)                     # parameters, and what type they have
      (?:::\w+ (?:\ with(?:out)?\ time\ zone | \ precision | \ varying)?
         (?:\([\d,\ ]+\))? (?:\[\])*)?
    | (?<![:\w]):[a-z_]\w* | \$\d+ | \?
"""
_COMMENT = r"/\*.*?(?:\*/|$) | --(?:\s[^\n]*|$)"
_NAME = r"""(?P<name>"[^"]*" | `[^`]*`)"""
_SPACE = re.compile(r"\s+")
_LIST = re.compile(r"\((?:\s*\?\s*,)+\s*\?\s*\)")
_OPEN = re.compile(r"\([^()]*(?:\([^()]*)?$")  # a list that is cut off
_ROWS = re.compile(r"(\((?:\?|\?, \.\.\.)\))(?:\s*,\s*\1)+")


def shape_of(statement: str, text_literal: str) -> str:
    """Return a statement with `?` for every value, and `(?, ...)` for a list of them.

    The same statement about other values, or about more of them, has the same shape.

    Args:
        statement: The statement.
        text_literal: What a text in it looks like: Dialect.text_literal.
    """
    text = _values(text_literal).sub(_instead, statement[:ENOUGH])
    text = _LIST.sub("(?, ...)", _SPACE.sub(" ", text))
    text = _ROWS.sub(r"\1, ...", text).strip()
    return text if len(statement) <= ENOUGH else _OPEN.sub("", text).rstrip(" ,")


@cache
def _values(text_literal: str) -> re.Pattern[str]:
    flags = re.VERBOSE | re.IGNORECASE | re.DOTALL
    pattern = f"{text_literal} | (?P<comment>{_COMMENT}) | {_NAME} | {_VALUE}"
    return re.compile(pattern, flags)


def _instead(found: re.Match[str]) -> str:
    if found.lastgroup == "name":
        return found[0]
    return " " if found.lastgroup == "comment" else "?"
