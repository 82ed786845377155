"""Who took a connection: cheap to remember each time, spelled out only when asked.

Frames are not kept, which would keep alive what they hold, a forgotten connection
among it. Their code and the place in it are. Each frame looked at costs, so those of
SQLAlchemy, whose number is known, are left out, and the caller's nearest are enough.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from sys import _getframe
from types import CodeType, FrameType
from typing import Any

import sqlalchemy

__all__ = ["Calls", "calls", "calls_of", "stack_of"]

Calls = tuple[tuple[CodeType, int], ...]
"""Code and the instruction in it, the innermost call first."""

_ENGINE, _SESSION = 6, 11
"""Calls from the one that asks to whoever took a connection, of the engine itself or
in a session."""

_OWN = 3
"""How many calls of the program's own are kept, the nearest ones."""

_DEPTHS = range(24)
"""How many calls are looked at: past those of a repository and of a transaction."""

_SQLALCHEMY = ("<string>", "<sqlalchemy", str(Path(sqlalchemy.__file__).parent))
_BEDPLATE = (str(Path(__file__).parents[1]), contextlib.__file__)
_ENTRIES = {str(Path(_BEDPLATE[0]) / name) for name in ("binding.py", "session.py")}
"""Where a call of a repository, or of work to be done, comes in."""

_routes: dict[int, tuple[CodeType, CodeType, int]] = {}
"""By the id of the code that asked SQLAlchemy: it itself, the last code after the
program's own, and how deep that is. (Hashing code reads all of its constants.)"""

_owners: dict[str, str] = {}
"""Whose a file is: "sqlalchemy", "bedplate" or "own", the program's."""


def calls(*, in_greenlet: bool) -> Calls:
    """Return the calls that lead to whoever tells that a connection was taken."""
    if in_greenlet:
        found = _found()
        return found if len(found) == _OWN else found + _own(_awaiting())
    # Looking at a frame makes an object of it, jumping over it does not. So where the
    # program's calls began the last time is tried first.
    try:
        near = _getframe(_ENGINE)
        if _owners.get(near.f_code.co_filename) == "own":
            return _from(near)
        _, after, depth = _routes[id(_getframe(_SESSION).f_code)]
        last = _getframe(depth)
        own = last.f_back
    except (KeyError, ValueError):  # the first time; a shorter way
        return _found()
    if own is not None and last.f_code is after and _is_own(own):
        return _from(own)
    return _found()


def _from(own: FrameType) -> Calls:
    """Return a call and those that led to it, most likely the program's own as well."""
    first = (own.f_code, own.f_lasti)
    caller = own.f_back
    if caller is None:
        return (first,)
    second = (caller.f_code, caller.f_lasti)
    caller = caller.f_back
    if caller is None:
        return (first, second)
    return (first, second, (caller.f_code, caller.f_lasti))


def _found() -> Calls:
    """Return the same by looking at each call."""
    try:
        frame, depth = _getframe(_ENGINE + 1), _ENGINE
        if _owner(frame.f_code.co_filename) == "sqlalchemy":
            frame, depth = _getframe(_SESSION + 1), _SESSION
    except ValueError:  # a shorter way
        return _own(_getframe(2))
    asker = frame.f_code
    nearest, last = frame, None
    while not _is_own(nearest):
        if nearest.f_back is None:
            return ()
        last, nearest = nearest, nearest.f_back
        depth += 1
    if last is not None and depth > _SESSION:
        _routes[id(asker)] = asker, last.f_code, depth - 1
    return _own(nearest)


def calls_of(thread: int) -> Calls:
    """Return the calls that have led a thread to what it does for a call, now."""
    frame = sys._current_frames().get(thread)
    found: list[tuple[CodeType, int]] = []
    entered = False
    while frame is not None and not (entered and len(found) >= _OWN):
        file = frame.f_code.co_filename
        entered = entered or file in _ENTRIES
        if _is_own(frame):
            found.append((frame.f_code, frame.f_lasti))
        elif not entered:
            found.clear()  # they were a driver's
        frame = frame.f_back
    return tuple(found[:_OWN])


def _is_own(frame: FrameType) -> bool:
    return _owner(frame.f_code.co_filename) == "own"


def _own(frame: FrameType | None) -> Calls:
    found: list[tuple[CodeType, int]] = []
    for _ in _DEPTHS:
        if frame is None or len(found) == _OWN:
            break
        if _is_own(frame):
            found.append((frame.f_code, frame.f_lasti))
        frame = frame.f_back
    return tuple(found)


def _owner(file: str) -> str:
    owner = _owners.get(file)
    if owner is None:
        if file.startswith(_SQLALCHEMY):
            owner = "sqlalchemy"
        else:
            owner = "bedplate" if file.startswith(_BEDPLATE) else "own"
        _owners[file] = owner
    return owner


def _awaiting() -> FrameType | None:
    """Return the frame that awaits SQLAlchemy's greenlet."""
    from greenlet import getcurrent  # type: ignore[import-untyped]  # it has no types

    parent: Any = getcurrent().parent
    return parent.gr_frame if parent is not None else None


def stack_of(taken: Calls) -> tuple[str, ...]:
    """Spell the program's own calls out, the innermost last."""
    return tuple(
        _line(code, at)
        for code, at in reversed(taken)
        if _owner(code.co_filename) == "own"
    )


def _line(code: CodeType, at: int) -> str:
    line = next(
        (line for start, end, line in code.co_lines() if start <= at < end and line),
        code.co_firstlineno,
    )
    return f"{code.co_filename}:{line} in {code.co_qualname}"
