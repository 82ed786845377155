"""Commands for encrypted columns: new-key, reencrypt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bedplate.cli.output import (
    AsJson,
    complain,
    if_interrupted,
    opened,
    show_json,
    show_table,
)
from bedplate.cli.progress import watching

if TYPE_CHECKING:
    from bedplate.ops.reencryption import Reencryption

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(new_key)
    app.command()(reencrypt)


def new_key() -> None:
    """Print a new key for DB_ENCRYPTION_KEYS; it is kept nowhere."""
    from bedplate.encryption import new_key

    typer.echo(new_key())


def reencrypt(
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Count only; exit 1 where rows need an older key, or may.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Rewrite what older keys have encrypted by the first of DB_ENCRYPTION_KEYS."""
    with (
        if_interrupted("what was rewritten stays so: run it again to go on"),
        opened() as database,
        watching(hidden=as_json) as watch,
    ):
        told = database.reencrypt(dry_run=dry_run, watch=watch)
    if as_json:
        show_json({"older": told.older, **vars(told)})
    else:
        _tell(told, dry_run)
    if told.left_out:
        names = ", ".join(told.left_out)
        complain(
            f"no model here declares {names}: whether they have encrypted columns "
            "only db.reencrypt() can tell, in the program that has their models",
            "left out",
        )
    if dry_run and (told.older or told.left_out):
        raise typer.Exit(1)


def _tell(told: Reencryption, dry_run: bool) -> None:
    if not told.tables:
        typer.echo("no table has an encrypted column")
        return
    show_table([vars(table) for table in told.tables], ("table", "rows", "older"))
    verb = "to reencrypt" if dry_run else "reencrypted"
    typer.echo(f"{verb}: {told.older:,} rows, by the key {told.key}")
