"""Commands for backups: backup, restore."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bedplate.cli.output import AsJson, opened, show_json

if TYPE_CHECKING:
    from bedplate.ops.backup import Backup

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (backup, restore):
        app.command()(command)


def backup(
    file: Annotated[Path, typer.Argument(help="A new file.")], as_json: AsJson = False
) -> None:
    """Write a backup of the whole database, while others go on writing to it."""
    with opened(checked=False) as database:
        _tell("backup", file, database.backup(file), as_json)


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Lose what the database holds now.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup back, onto an empty database."""
    with opened(checked=False, new=True) as database:
        _tell("restored", file, database.restore(file, replace=replace), as_json)


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
