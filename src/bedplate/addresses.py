"""Addresses of servers, as DB_HOST and URLs write them: one, or several."""

from __future__ import annotations

__all__ = ["Address", "addresses_in"]

Address = tuple[str, int | None]
"""A host and its port."""


def addresses_in(text: str, port: int | None = None) -> tuple[Address, ...]:
    """Return the addresses between commas: ``db1,db2:3307,[::1]:3308``.

    Args:
        text: A name or an address, or several; or a folder of sockets.
        port: The port of those that name none.

    Raises:
        ValueError: One of them is none.
    """
    if text.startswith("/"):  # a folder of sockets
        return ((text, port),)
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > 1 and not all(parts):
        raise ValueError(f"a host is missing between the commas of {text!r}")
    return tuple(_address(part, port) for part in parts)


def _address(text: str, port: int | None) -> Address:
    host, number = text, ""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        number = rest.removeprefix(":")
    elif text.count(":") == 1:  # with more it is an IPv6 address
        host, _, number = text.partition(":")
    if number and not (number.isdecimal() and 0 < int(number) < 65_536):
        raise ValueError(f"{number!r} is no port: 1 to 65535")
    return _host(host), int(number) if number else port


def _host(value: str) -> str:
    try:
        value.encode("idna")
    except UnicodeError:
        raise ValueError(f"{value!r} is no name of a host") from None
    return value
