"""What every database can hold: values are refused before they reach a driver."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, cast
from uuid import UUID

from bedplate.errors import InvalidValueError, ValueTooLargeError

__all__ = [
    "check_filled",
    "check_json",
    "check_row",
    "check_rows",
    "check_text",
    "check_uuid",
    "check_whole",
    "is_storable",
    "refuse_surrogates",
]

_DEPTH = 31
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_LONG_DIGITS = re.compile(r"\d{19}")


def check_text(value: object, column: str | None, length: int | None = None) -> str:
    """Return the text if every database can store it.

    Args:
        value: The text.
        column: Its name, for the message.
        length: The most characters (code points) allowed.

    Raises:
        InvalidValueError: It is no text, or holds a NUL or a lone surrogate.
        ValueTooLargeError: It is longer than `length`.
    """
    if not isinstance(value, str):
        raise InvalidValueError(f"text is needed, not {type(value).__name__}", column)
    if length is not None and len(value) > length:
        raise ValueTooLargeError(
            f"{len(value):,} characters, {length:,} are allowed", column
        )
    if "\0" in value:
        raise InvalidValueError(
            f"holds a NUL character (at {value.index(chr(0)):,}), which PostgreSQL "
            "cannot store: remove it or replace it",
            column,
        )
    if not value.isascii():
        refuse_surrogates(value, column)
    return value


def check_filled(value: object, column: str | None, length: int | None = None) -> str:
    """Return the text if every database can store it and it is not empty.

    Raises:
        InvalidValueError: It is missing or empty, or check_text() refuses it.
        ValueTooLargeError: It is longer than `length`.
    """
    if value is None or value == "":
        raise InvalidValueError("is needed and may not be empty", column)
    return check_text(value, column, length)


def is_storable(text: str) -> bool:
    """Return whether every database can store a text: no NUL, no lone surrogate."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_whole(value: object, column: str | None, lowest: int, highest: int) -> int:
    """Return a whole number if it lies between two bounds, both allowed.

    Raises:
        InvalidValueError: It does not, or is none.
    """
    try:
        whole = operator.index(value)  # type: ignore[arg-type]  # that is the question
    except TypeError:
        whole = None
    if whole is None or isinstance(value, bool) or not lowest <= whole <= highest:
        raise InvalidValueError(
            f"{value!r} is not a whole number from {lowest:,} to {highest:,}", column
        )
    return whole


def check_row(row: object) -> Mapping[str, Any]:
    """Return a row of a bulk method, whose values nobody has looked at yet.

    Raises:
        InvalidValueError: It is no mapping, as where one row is given for many.
    """
    # Of a dict at once: to ask an abstract class takes longer than all the rest.
    if type(row) is not dict and not isinstance(row, Mapping):
        raise InvalidValueError(
            "rows are mappings of column names, many of them: one of these is "
            f"{type(row).__name__}"
        )
    return row


def check_rows(rows: Sequence[object]) -> Sequence[Mapping[str, Any]]:
    """Return rows of a bulk method, each checked by check_row()."""
    if {*map(type, rows)} != {dict}:
        for row in rows:
            check_row(row)
    return cast("Sequence[Mapping[str, Any]]", rows)


def check_uuid(value: object, column: str | None) -> UUID:
    """Return a UUID, of which the text is taken as well.

    Raises:
        InvalidValueError: It is none.
    """
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value)  # type: ignore[arg-type]  # that is the question
    except (AttributeError, TypeError, ValueError):
        raise InvalidValueError(f"{value!r} is not a UUID", column) from None


def refuse_surrogates(value: str, column: str | None) -> None:
    """Refuse a text with half of a pair, which UTF-8 cannot write."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidValueError(
            f"holds a lone surrogate (at {error.start:,}), which is no character: "
            "was it decoded with errors='surrogateescape'?",
            column,
        ) from None


def check_json(value: object, column: str | None) -> None:
    """Refuse what would not come back equal from JSON, on any of the databases.

    Raises:
        InvalidValueError: It is no JSON, has a NaN, a NUL, a lone surrogate, a key
            that is no string, an integer of more than 64 bits, or is too deep.
    """
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidValueError(f"is not JSON: {error}", column) from None
    refuse_surrogates(text, column)
    if "\\u0000" in text and _NUL.search(text):
        raise InvalidValueError("holds a NUL character", column)
    if "{" in text or _LONG_DIGITS.search(text):
        _check_parts(value, column)
    if text.count("[") + text.count("{") > _DEPTH < _depth(value):
        raise InvalidValueError(f"is more than {_DEPTH} lists and objects deep", column)


def _check_parts(value: object, column: str | None) -> None:
    for part in _parts(value):
        if isinstance(part, dict):
            _refuse_other_keys(part, column)
        elif isinstance(part, int) and not -(2**63) <= part < 2**63:
            raise InvalidValueError(
                f"the integer {part} does not fit in 64 bits: store it as a string",
                column,
            )


def _refuse_other_keys(part: dict[Any, Any], column: str | None) -> None:
    for key in part:
        if not isinstance(key, str):
            raise InvalidValueError(
                f"the key {key!r} is no string, and would come back as one", column
            )


def _parts(value: object) -> Iterator[object]:
    """Yield a value and all that it holds."""
    inside = [value]
    while inside:
        part = inside.pop()
        yield part
        if isinstance(part, dict):
            inside += part.values()
        elif isinstance(part, list | tuple):
            inside += part


def _depth(value: Any) -> int:
    """Return how deep lists and objects stand in one another."""
    depth, inside = 0, [value]
    while inside := [item for item in inside if isinstance(item, dict | list | tuple)]:
        depth += 1
        items = (i.values() if isinstance(i, dict) else i for i in inside)
        inside = list(chain.from_iterable(items))
    return depth
