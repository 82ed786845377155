"""Conversions written out for one statement: its values made ready, its rows read.

As a namedtuple's constructor is: a loop that looks up each column and what its type
makes of a value takes two to three times as long, and does so at each call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

__all__ = ["Process", "making_ready", "naming", "reading"]

Process = Callable[[Any], Any]
"""What a column's type makes of a value, on its way to the driver or from there."""


def making_ready(
    given: Sequence[tuple[str, Any, Process | None]],
) -> Callable[[Callable[[str, Any], Any]], Any]:
    """Return what makes a statement's values ready, given how to get one by name.

    Args:
        given: The name of each parameter, its value where none is given, and its type's
            way, in the order of the statement.
    """
    known = {f"usual{place}": usual for place, (_, usual, _) in enumerate(given)}
    got = [f"get({name!r}, usual{place})" for place, (name, *_) in enumerate(given)]
    ready = _processed(got, [process for *_, process in given], known)
    return _function("get", f"[{', '.join(ready)}]", known)


def naming(
    names: Sequence[str], processes: Sequence[Process | None]
) -> Callable[[Iterable[Sequence[Any]]], list[dict[str, Any]]]:
    """Return what makes a dictionary of each row's values.

    Args:
        names: What they are called in it.
        processes: How each is read.
    """
    arguments, read, known = _read(processes)
    pairs = [f"{name!r}: {value}" for name, value in zip(names, read, strict=True)]
    return _function("rows", f"[{{{', '.join(pairs)}}} for {arguments} in rows]", known)


def reading(
    processes: Sequence[Process | None],
) -> Callable[[Iterable[Sequence[Any]]], list[tuple[Any, ...]]]:
    """Return what makes a tuple of each row's values.

    Args:
        processes: How each is read.
    """
    if not any(processes):
        return lambda rows: [*map(tuple, rows)]  # which tuples are already
    arguments, read, known = _read(processes)
    return _function("rows", f"[({', '.join(read)},) for {arguments} in rows]", known)


def _read(
    processes: Sequence[Process | None],
) -> tuple[str, list[str], dict[str, Any]]:
    """Return code that takes a row apart, that of each value, and what that knows."""
    known: dict[str, Any] = {}
    names = [f"value{place}" for place in range(len(processes))]
    return f"({', '.join(names)},)", _processed(names, processes, known), known


def _processed(
    values: Sequence[str], processes: Sequence[Process | None], known: dict[str, Any]
) -> list[str]:
    """Return the code of values, each as its process makes it, which becomes known."""
    code = []
    for place, (value, process) in enumerate(zip(values, processes, strict=True)):
        known[f"process{place}"] = process
        if process is None:
            code.append(value)
        elif process(None) is not None:
            code.append(f"process{place}({value})")
        else:  # most types leave None as it is: it need not be asked
            code.append(f"None if (v := {value}) is None else process{place}(v)")
    return code


def _function(arguments: str, body: str, known: dict[str, Any]) -> Callable[..., Any]:
    # Of words made here, and names that stand in it as quoted text.
    function: Callable[..., Any] = eval(f"lambda {arguments}: {body}", known)  # noqa: S307  # see above
    return function
