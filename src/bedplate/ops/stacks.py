"""Who took a connection: cheap to remember each time, spelled out only when asked.

Frames are not kept, which would keep alive what they hold, a forgotten connection
among it. Their code and the place in it are. Each frame looked at costs, so those of
SQLAlchemy are passed over by the ways known, and the caller's nearest are enough.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from sys import _getframe
from threading import get_ident
from types import CodeType, FrameType
from typing import Any

import sqlalchemy

from bedplate.pools import Loan, loan_here

__all__ = ["Calls", "asker", "asker_awaiting", "calls_of", "stack_of"]

Calls = tuple[tuple[CodeType, int], ...]
"""Code and the instruction in it, the innermost call first."""

_BINDS = 5
"""Calls from the one that asks to what takes a connection for a session."""

_OWN = 3
"""How many calls of the program's own are kept, the nearest ones."""

_DEPTHS = range(24)
"""How many calls are looked at: past those of a repository and of a transaction."""

_SQLALCHEMY = ("<string>", "<sqlalchemy", str(Path(sqlalchemy.__file__).parent))
_BEDPLATE = str(Path(__file__).parents[1])
_ENTRIES = {str(Path(_BEDPLATE) / name) for name in ("binding.py", "session.py")}
"""Where a call of a repository, or of work to be done, comes in."""

_TAKES = "_connection_for_bind"
"""What a session's transaction takes its connection in."""

_routes: list[tuple[CodeType, int]] = []
"""Ways from what the program has called to a connection: its code, and how deep it is.
There are few: an engine's connect(), a session's get() or execute(). The latest is the
first."""

_MOST_ROUTES = 8

_owners: dict[str, str] = {}
"""Whose a file is: "sqlalchemy", "bedplate", "between" or "own", the program's."""

_own_files: set[str] = set()
"""Those of them that are the program's."""


def asker() -> Calls | Loan:
    """Return who asks for a connection, called by the pool's connect()."""
    # Each look at a frame is short, and so is each question; all of them together take
    # a hundredth of a short transaction. So the usual case is written out.
    loan = loan_here.get()
    if loan is not None and not loan.is_over and loan.thread == get_ident():
        try:
            if _getframe(_BINDS).f_code.co_name == _TAKES:
                return loan
        except ValueError:  # there are not so many calls
            pass
    for after, depth in _routes:
        try:
            last = _getframe(depth)
        except ValueError:  # there are not so many calls
            continue
        if last.f_code is after:
            own = last.f_back
            if own is not None and own.f_code.co_filename in _own_files:
                break
    else:
        return _found(remember=True)
    caller = own.f_back
    before = caller.f_back if caller is not None else None
    if (
        caller is not None
        and before is not None
        and caller.f_code.co_filename in _own_files
        and before.f_code.co_filename in _own_files
    ):
        return (
            (own.f_code, own.f_lasti),
            (caller.f_code, caller.f_lasti),
            (before.f_code, before.f_lasti),
        )
    return _own(own)


def asker_awaiting() -> Calls:
    """Return the same where SQLAlchemy runs in a greenlet, and a task awaits it."""
    found = _found(remember=False)
    return found if len(found) == _OWN else found + _own(_awaiting())


def _found(*, remember: bool) -> Calls:
    """Return who asks by looking at each call, and remember the way to there or not."""
    last, depth = _getframe(2), 1  # as the one who asks counts them
    own = last.f_back
    while own is not None and not _is_own(own):
        last, own = own, own.f_back
        depth += 1
    if own is None:
        return ()
    if remember:
        others = [route for route in _routes if route != (last.f_code, depth)]
        _routes[:] = [(last.f_code, depth), *others][:_MOST_ROUTES]
    return _own(own)


def calls_of(thread: int) -> Calls:
    """Return the calls that have led a thread to what it does for a call, now.

    Those nearest to where the call came in, and who called it; nothing where none did.
    """
    frame = sys._current_frames().get(thread)
    found: list[tuple[CodeType, int]] = []
    entered = False
    while frame is not None and not (entered and len(found) >= _OWN):
        file = frame.f_code.co_filename
        owner = _owner(file)
        if file in _ENTRIES and not entered:
            del found[: 1 - _OWN]
            entered = True
        if owner == "own":
            found.append((frame.f_code, frame.f_lasti))
        elif not entered and owner != "between":
            found.clear()  # they were a driver's
        frame = frame.f_back
    return tuple(found) if entered else ()


def _is_own(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    return file in _own_files or (file not in _owners and _owner(file) == "own")


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
    if file == contextlib.__file__:
        owner = "between"
    elif file.startswith(_SQLALCHEMY):
        owner = "sqlalchemy"
    else:
        owner = "bedplate" if file.startswith(_BEDPLATE) else "own"
    if owner == "own":
        _own_files.add(file)
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
