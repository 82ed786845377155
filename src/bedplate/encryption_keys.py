"""The keys of encrypted columns, as a setting holds them."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from binascii import Error

__all__ = ["keys_in"]

_BYTES = 32


def keys_in(text: str) -> tuple[str, ...]:
    """Return the keys of a text, which commas or white space part.

    Raises:
        ValueError: One is no key, or stands there twice; it is never told.
    """
    keys = tuple(key for key in re.split(r"[,\s]+", text) if key)
    for place, key in enumerate(keys, 1):
        if not _is_key(key):
            raise ValueError(
                f"number {place} of {len(keys)} is no key, which is {_BYTES} bytes in "
                "URL-safe Base64 (`bedplate new-key` prints a new one)"
            )
        if key in keys[: place - 1]:
            raise ValueError(f"number {place} of {len(keys)} stands there twice")
    return keys


def _is_key(text: str) -> bool:
    try:
        return len(urlsafe_b64decode(text.encode("ascii"))) == _BYTES
    except (Error, UnicodeEncodeError):
        return False
