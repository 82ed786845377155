"""Commands for who runs it: health, pool."""

from __future__ import annotations

from typing import Annotated

import typer

from bedplate.cli.output import AsJson, opened, show_json, show_table

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (health, pool):
        app.command()(command)


def health(as_json: AsJson = False) -> None:
    """Tell how the database is; exit 1 where it is not as it should be."""
    with opened(checked=False) as database:
        found = database.health()
    if as_json:
        show_json(found)
    else:
        rows = [check.to_dict() for check in found.checks]
        typer.echo(f"{found.status}: {found.message}")
        show_table(rows, ("ok", "name", "message"))
    if found.status != "ok":
        raise typer.Exit(1)


def pool(
    processes: Annotated[
        int, typer.Option("--processes", "-p", min=1, help="How many there are.")
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Say how large each process's pool should be; exit 1 where it is too large."""
    with opened(checked=False) as database:
        advice = database.pool_advice(processes)
    if as_json:
        show_json(advice)
    else:
        for reason in advice.reasons:
            typer.echo(reason)
        if advice.pool_size is not None:
            typer.echo(f"DB_POOL_SIZE={advice.pool_size}")
            typer.echo(f"DB_MAX_OVERFLOW={advice.max_overflow}")
    if not advice.fits:
        raise typer.Exit(1)
