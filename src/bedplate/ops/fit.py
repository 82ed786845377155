"""Whether a schema fits this program, told without loading Alembic.

A program that meets an older or a newer schema should hear so at its first use of the
database, and not by a missing column some day; and that look must cost next to nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bedplate.errors import (
    MigrationError,
    SchemaAheadError,
    SchemaBehindError,
    SchemaHalfAppliedError,
)
from bedplate.ops.halfway import VERSION, half_step
from bedplate.projects import projects

__all__ = [
    "applied",
    "current",
    "folders",
    "head",
    "refuse_misfit",
    "refuse_unknown",
    "revisions",
    "script_location",
]

_NAMES = ("revision", "down_revision", "depends_on", "branch_labels")
_PARSINGS = 9
"""How often a file is parsed beside other threads that parse; see `_parsed`."""


def script_location() -> Path:
    """Return Alembic's folder: in the wheel, or beside src in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "alembic"
    return inside if inside.is_dir() else package.parent.parent / "alembic"


def folders() -> tuple[Path, ...]:
    """Return the folders of the revisions: ours, then those of other projects."""
    others = (project.revisions for project in projects())
    return (script_location() / "versions", *others)


@lru_cache(maxsize=1)
def revisions() -> dict[str, frozenset[str]]:
    """Return, of each revision, those that come before it or that it depends on.

    Raises:
        MigrationError: A file is no revision, follows none that there is, or has the
            name of another one.
    """
    files = (file for folder in folders() for file in sorted(folder.glob("*.py")))
    read = [names for file in files if (names := _read(file)).get("revision")]
    labels = {
        label: names["revision"]
        for names in read
        for label in _several(names.get("branch_labels"))
    }
    _refuse_muddle(read)
    return {
        names["revision"]: frozenset(
            labels.get(name, name)
            for key in ("down_revision", "depends_on")
            for name in _several(names.get(key))
        )
        for names in read
    }


def _refuse_muddle(read: Sequence[dict[str, Any]]) -> None:
    """Refuse what Alembic would stumble over, or take for another's revision."""
    known = [names["revision"] for names in read]
    for names in read:
        revision = names["revision"]
        if known.count(revision) > 1:
            raise MigrationError(
                f"{known.count(revision)} revisions are called {revision!r}: give the "
                "project's own a name that nobody else has"
            )
        for before in _several(names.get("down_revision")):
            if before not in known or before == revision:
                raise MigrationError(
                    f"revision {revision!r} follows {before!r}, which is no other "
                    "revision there is"
                )


def applied(current: Iterable[str]) -> set[str]:
    """Return the revisions that a schema has, given those Alembic notes of it."""
    found: set[str] = set()
    waiting = [*current]
    while waiting:
        revision = waiting.pop()
        if revision not in found:
            found.add(revision)
            waiting += revisions().get(revision, ())
    return found


def head() -> str:
    """Return the newest revision this program has; several stand between commas."""
    before = set().union(*revisions().values())
    return ",".join(sorted(revisions().keys() - before))


def current(connection: sa.Connection) -> Sequence[str]:
    """Return the revisions a schema is at; none where it was never migrated."""
    if not sa.inspect(connection).has_table(VERSION.name):
        return []
    return sorted(connection.scalars(sa.select(VERSION.c.version_num)))


def refuse_unknown(current: Iterable[str]) -> None:
    """Make sure that this program has the revisions a schema is at.

    Raises:
        SchemaAheadError: It has not.
    """
    for revision in current:
        if revision not in revisions():
            raise SchemaAheadError(
                f"the schema is at revision {revision}, which this program does not "
                "have: it was written by a newer version, so update the program (or by "
                "a project that is not installed here)"
            )


def refuse_misfit(connection: sa.Connection) -> None:
    """Make sure that a migrated schema is the one this program was written for.

    One that was never migrated is let pass: its tables may be somebody's own.

    Raises:
        SchemaBehindError: It is older.
        SchemaHalfAppliedError: A migration was stopped half way.
        SchemaAheadError: It is newer, or of another program.
    """
    found = current(connection)
    if half := half_step(connection, found):
        raise SchemaHalfAppliedError(str(half))
    refuse_unknown(found)
    if found and revisions().keys() - applied(found):
        raise SchemaBehindError(
            f"the schema is at {','.join(found)}, this program needs "
            f"{head()}: run `bedplate upgrade`"
        )


def _read(file: Path) -> dict[str, Any]:
    """Return what a revision says of itself, without running it."""
    found = {}
    try:
        parsed = _parsed(file)
    except (SyntaxError, ValueError) as error:
        raise MigrationError(f"{file} is no revision: {error}") from error
    for node in parsed.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        target = node.target if isinstance(node, ast.AnnAssign) else target
        if isinstance(target, ast.Name) and target.id in _NAMES:
            found[target.id] = _literal(node, file)
    return found


def _parsed(file: Path) -> ast.Module:
    content = file.read_bytes()
    for _ in range(_PARSINGS):
        # CPython 3.11 counts the depth of every thread's parsing in one number.
        with suppress(SystemError):
            return ast.parse(content, str(file))
    return ast.parse(content, str(file))


def _literal(node: Any, file: Path) -> Any:
    try:
        found = ast.literal_eval(node.value)
    except ValueError:
        found = ...
    texts = found if isinstance(found, tuple | list) else [found]
    if not all(text is None or isinstance(text, str) for text in texts):
        raise MigrationError(
            f"{file}: line {node.lineno} has to be plain text or a tuple of texts"
        )
    return found


def _several(names: str | Sequence[str] | None) -> Sequence[str]:
    return [names] if isinstance(names, str) else names or ()
