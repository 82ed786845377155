"""Who took a connection: cheap to remember each time, spelled out only when asked.

Frames are not kept, which would keep alive what they hold, a forgotten connection
among it. Their code and the place in it are. Each frame looked at costs, so those of
SQLAlchemy, whose number is known, are left out, and the caller's nearest are enough.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import sqlalchemy

__all__ = ["Calls", "calls", "calls_of", "stack_of"]

Calls = list[tuple[CodeType, int]]
"""Code and the instruction in it, the innermost call first."""

_ENGINE, _SESSION = 6, 11
"""Calls from the one that asks to whoever took a connection, of the engine itself or
in a session."""

_OWN = 3
"""How many calls of the program's own are kept, the nearest ones."""

_DEPTHS = range(24)
"""How many calls are looked at: past those of a repository and of a transaction."""

_SQLALCHEMY = ("<string>", "<sqlalchemy", str(Path(sqlalchemy.__file__).parent))
_BEDPLATE = str(Path(__file__).parents[1])
_BINDING = str(Path(_BEDPLATE) / "binding.py")
"""Where a call of a repository comes in."""

_nearest_from: dict[CodeType, int] = {}
"""How deep the nearest call of the program's own was, by who asked SQLAlchemy."""

_owners: dict[str, str] = {}
"""Whose a file is: "sqlalchemy", "bedplate" or "own", the program's."""


def calls(*, in_greenlet: bool) -> Calls:
    """Return the calls that lead to whoever tells that a connection was taken."""
    try:
        frame = sys._getframe(_ENGINE)
        depth = _ENGINE
        if _owners.get(frame.f_code.co_filename) == "sqlalchemy":
            frame = sys._getframe(_SESSION)
            depth = _SESSION
        found = _own(_nearest(frame, depth + 1))
    except ValueError:  # a shorter way
        found = _own(sys._getframe(1))
    if in_greenlet and len(found) < _OWN:
        found += _own(_awaiting())
    return found


def calls_of(thread: int) -> Calls:
    """Return the calls that have led a thread to a call of a repository, now."""
    frame = sys._current_frames().get(thread)
    while frame is not None and frame.f_code.co_filename != _BINDING:
        frame = frame.f_back  # of the call itself, down to the driver
    return _own(frame)


def _nearest(frame: FrameType, depth: int) -> FrameType | None:
    """Return the nearest call of the program's own, from a frame at a depth on.

    Looking at a frame makes an object of it, jumping over it does not. So where it was
    the last time is tried first, and taken if the program's calls begin there.
    """
    known = _nearest_from.get(frame.f_code)
    if known is not None:
        try:
            last, own = sys._getframe(known - 1), sys._getframe(known)
            if _is_own(own) and not _is_own(last):
                return own
        except ValueError:  # it is nearer this time
            pass
    start, at = frame.f_code, depth
    nearest: FrameType | None = frame
    while nearest is not None and not _is_own(nearest):
        nearest = nearest.f_back
        at += 1
    if nearest is not None and at > depth:
        _nearest_from[start] = at
    return nearest


def _is_own(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    return (_owners.get(file) or _owner(file)) == "own"


def _own(frame: FrameType | None) -> Calls:
    found: Calls = []
    for _ in _DEPTHS:
        if frame is None:
            break
        code = frame.f_code
        owner = _owners.get(code.co_filename) or _owner(code.co_filename)
        if owner == "own":
            found.append((code, frame.f_lasti))
            if len(found) == _OWN:
                break
        frame = frame.f_back
    return found


def _owner(file: str) -> str:
    if file.startswith(_SQLALCHEMY):
        owner = "sqlalchemy"
    else:
        owner = "bedplate" if file.startswith(_BEDPLATE) else "own"
    return _owners.setdefault(file, owner)


def _awaiting() -> FrameType | None:
    """Return the frame that awaits SQLAlchemy's greenlet."""
    from greenlet import getcurrent  # type: ignore[import-untyped]  # it has no types

    parent: Any = getcurrent().parent
    return parent.gr_frame if parent is not None else None


def stack_of(taken: Calls) -> tuple[str, ...]:
    """Spell calls out, the innermost last."""
    return tuple(_line(code, at) for code, at in reversed(taken))


def _line(code: CodeType, at: int) -> str:
    line = next(
        (line for start, end, line in code.co_lines() if start <= at < end and line),
        code.co_firstlineno,
    )
    return f"{code.co_filename}:{line} in {code.co_qualname}"
