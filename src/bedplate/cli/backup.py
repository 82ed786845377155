"""Commands for backups: backup, restore, backups."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bedplate.cli.output import (
    AsJson,
    if_interrupted,
    opened,
    show_json,
    show_table,
)
from bedplate.cli.progress import watching

if TYPE_CHECKING:
    from bedplate.ops.backup import Backup
    from bedplate.ops.kept import Found

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (backup, restore, backups):
        app.command()(command)


def backup(
    file: Annotated[Path, typer.Argument(help="A new file.")],
    counts_only: Annotated[
        bool,
        typer.Option("--counts-only", help="Count rows without their checksums."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a backup of the whole database, while others go on writing to it."""
    with (
        if_interrupted("no backup was written"),
        opened(checked=False) as database,
        watching(hidden=as_json) as watch,
    ):
        made = database.backup(file, checksums=not counts_only, watch=watch)
    _tell("backup", file, made, as_json)


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Lose what the database holds now.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup back, onto an empty database."""
    again = f"bedplate restore --replace {shlex.quote(str(file))}"
    with (
        if_interrupted(f"the database may hold a part of the backup: {again}"),
        opened(checked=False, new=True) as database,
        watching(hidden=as_json) as watch,
    ):
        found = database.restore(file, replace=replace, watch=watch)
    _tell("restored", file, found, as_json)


def backups(
    folder: Annotated[Path, typer.Argument(help="A folder of backups.")],
    keep: Annotated[
        int | None,
        typer.Option(min=1, help="Delete all but so many of the newest."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the backups of a folder, the newest first; delete the oldest with --keep."""
    from bedplate.ops import kept

    gone = kept.keep(folder, keep) if keep else []
    found = kept.listed(folder)
    if as_json:
        show_json({"kept": [*map(_row, found)], "deleted": [*map(_row, gone)]})
        return
    columns = ("file", "database", "revision", "taken_at", "bytes")
    show_table([*map(_row, found)], columns, f"there is no backup in {folder}")
    for one in gone:
        typer.echo(f"deleted: {one.file}")


def _row(found: Found) -> dict[str, Any]:
    told = found.backup
    return {
        "file": found.file.name,
        "database": told.database,
        "revision": told.revision,
        "taken_at": told.taken_at,
        "bytes": found.bytes,
    }


def _tell(verb: str, file: Path, found: Backup, as_json: bool) -> None:
    if as_json:
        told: dict[str, Any] = {"file": str(file), "backup": found}
        show_json(told)
        return
    at = found.revision or "base"
    typer.echo(
        f"{verb}: {file}, {found.database} {found.version} at {at}, "
        f"{found.bytes:,} bytes, taken {found.taken_at}"
    )
