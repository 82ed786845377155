"""The command that deletes old rows: prune."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bedplate.cli.output import AsJson, opened, show_json, show_table

if TYPE_CHECKING:
    from bedplate.ops.retention import Rule

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(prune)


TableName = Annotated[str | None, typer.Argument(help="A table.")]
OlderThan = Annotated[
    str | None, typer.Option(help="The age from which rows go, such as 30d or 12h.")
]
By = Annotated[
    str, typer.Option(help="The column that tells the age, and which are the last.")
]
KeepLast = Annotated[
    int | None, typer.Option(min=1, help="How many of the newest rows stay.")
]
KeepBest = Annotated[
    int | None, typer.Option(min=1, help="How many of the best rows stay.")
]
Best = Annotated[
    str | None, typer.Option(help="What tells the best: loss, or score:max.")
]
Per = Annotated[
    str | None, typer.Option(help="Keep the last and best of each value of this.")
]
RuleFile = Annotated[Path | None, typer.Option(help="A TOML file of rules instead.")]
Seconds = Annotated[
    float | None,
    typer.Option(min=0, help="Stop after so long, though something is left."),
]
Vacuum = Annotated[
    bool, typer.Option("--vacuum", help="Give the space back to the system after.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")]


def prune(
    table: TableName = None,
    older_than: OlderThan = None,
    by: By = "created_at",
    keep_last: KeepLast = None,
    keep_best: KeepBest = None,
    best: Best = None,
    per: Per = None,
    rules: RuleFile = None,
    seconds: Seconds = None,
    vacuum: Vacuum = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Delete old rows by rules, in short transactions, beside those who write."""
    column, _, order = (best or "").partition(":")
    given = {
        "table": table,
        "older_than": older_than,
        "by": by,
        "keep_last": keep_last,
        "keep_best": keep_best,
        "best": column or None,
        "order": order or "min",
        "per": per,
    }
    wanted = _rules(given if table else None, rules)
    with opened() as database:
        told = database.prune(*wanted, dry_run=dry_run, seconds=seconds, vacuum=vacuum)
    if as_json:
        show_json(told)
        return
    rows = [{"table": name, "rows": count} for name, count in told.rows.items()]
    show_table(rows, ("table", "rows"))
    total = sum(told.rows.values())
    if dry_run:
        typer.echo(f"{total:,} rows would go")
    else:
        left = "" if told.is_complete else ", and more is left: time was up"
        typer.echo(f"pruned: {total:,} rows in {told.seconds:.1f} s{left}")


def _rules(given: dict[str, Any] | None, file: Path | None) -> list[Rule]:
    """Return the one rule of the options, or those of a file."""
    from bedplate.errors import InvalidValueError
    from bedplate.ops.retention import Rule

    if (given is None) == (file is None):
        raise typer.BadParameter("name a table, or a file with --rules")
    if given is not None:
        try:
            return [Rule.read(given)]
        except InvalidValueError as error:
            raise typer.BadParameter(str(error)) from error
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8")) if file else {}
        return [Rule.read(rule) for rule in found["rule"]]
    except (KeyError, TypeError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidValueError(
            f"{file} is no file of rules, each under [[rule]]: {error}"
        ) from error
