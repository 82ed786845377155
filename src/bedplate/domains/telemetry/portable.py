"""Whatever a program attaches to a span, as JSON that every database takes."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping, Set
from itertools import islice
from typing import Any

__all__ = ["portable", "portable_text"]

_LONGEST = 16_384
"""Characters of a text: a long prompt; 128 of them, OpenTelemetry's limit, are 2 MB."""

_DEEPEST = 8
"""Lists and objects in one another; MariaDB takes 31, some of them ours."""

_MOST = 1_000
"""Items of a list or an object."""

_CUT = "…"


def portable_text(text: str, length: int = _LONGEST) -> str:
    """Return a text without NUL and lone surrogates, cut with an ellipsis."""
    if len(text) > length:
        text = text[: length - 1] + _CUT
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode()


def portable(value: object, depth: int = 0) -> Any:
    """Return a value as JSON that reads back equal, on every database.

    Bytes become base64, NaN and infinities their names, integers beyond 64 bits
    hexadecimal, keys and all other things texts. Long texts are cut with an ellipsis.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return portable_text(value)
    if isinstance(value, int):
        return int(value) if -(2**63) <= value < 2**63 else portable_text(hex(value))
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, bytes | bytearray | memoryview):
        return portable_text(base64.b64encode(value).decode())
    if depth < _DEEPEST and isinstance(value, Mapping):
        items = islice(value.items(), _MOST)
        return {_text_of(key): portable(item, depth + 1) for key, item in items}
    if depth < _DEEPEST and isinstance(value, list | tuple | Set):
        return _list_of(value, depth + 1)
    return _text_of(value)


def _list_of(values: Iterable[object], depth: int) -> list[Any]:
    return [portable(item, depth) for item in islice(values, _MOST)]


def _text_of(value: object) -> str:
    try:
        return portable_text(str(value))
    except Exception:  # noqa: BLE001  # it is somebody's __str__
        return f"<{type(value).__name__}>"
