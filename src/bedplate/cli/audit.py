"""Commands for the audit log: audit on, audit off, audit list, audit log."""

from __future__ import annotations

from typing import Annotated

import typer

from bedplate.cli.output import AsJson, Limit, opened, show_json, show_table

__all__ = ["register"]

Names = Annotated[
    list[str], typer.Argument(help="Tables, or domains such as training.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    audits = typer.Typer(no_args_is_help=True, help="Note who changes what.")
    audits.command("on")(on)
    audits.command("off")(off)
    audits.command("list")(list_tables)
    audits.command("log")(log)
    app.add_typer(audits, name="audit")


def on(names: Names, as_json: AsJson = False) -> None:
    """Have every change of these tables noted from now on."""
    with opened() as database:
        found = database.audit.on(*names)
    if as_json:
        show_json(found)
    else:
        typer.echo(f"audited: {', '.join(found)}")


def off(names: Names, as_json: AsJson = False) -> None:
    """Note changes of these tables no longer; what was noted stays."""
    with opened() as database:
        found = database.audit.off(*names)
    if as_json:
        show_json(found)
    else:
        typer.echo(f"no longer audited: {', '.join(found) or 'none of them was'}")


def list_tables(as_json: AsJson = False) -> None:
    """List the tables whose changes are noted."""
    with opened() as database:
        found = database.audit.tables()
    if as_json:
        show_json(found)
    else:
        typer.echo("\n".join(found) or "no table is audited")


def log(
    table: Annotated[str | None, typer.Option(help="Only of this table.")] = None,
    key: Annotated[str | None, typer.Option(help="Only of the row with it.")] = None,
    before: Annotated[
        int | None, typer.Option(help="Only with a smaller id, as of a last page.")
    ] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Show changes, the latest first; --json with the values before and after."""
    from bedplate.auditing import AuditRepository

    with opened() as database:
        repository = database.repository(AuditRepository)
        found = repository.list_changes(table, key, before=before, limit=limit)
    if as_json:
        show_json(found)
    else:
        rows = [vars(change) | {"key": ", ".join(change.key)} for change in found]
        columns = ("id", "at", "actor", "action", "table", "key")
        show_table(rows, columns, "no change was found")
