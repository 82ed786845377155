"""Commands that take rows elsewhere: copy, export, import."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from bedplate.cli.output import AsJson, complain, opened, show_json, show_table
from bedplate.cli.progress import watching

if TYPE_CHECKING:
    from bedplate.database import Database
    from bedplate.ops.transfer.manifest import Format
    from bedplate.ops.transfer.report import Transfer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(copy)
    app.command("export")(export)
    app.command("import")(import_)


def copy(
    target: Annotated[
        str, typer.Option("--to", help="Where to: a URL, or a name as for --from.")
    ],
    source: Annotated[
        str,
        typer.Option(
            "--from",
            help="What: a URL; or NAME, whose URL is in DATABASE_URL_NAME; or default.",
        ),
    ] = "default",
    replace: Annotated[
        bool, typer.Option("--replace", help="Lose the rows that the target has now.")
    ] = False,
    verify_only: Annotated[
        bool,
        typer.Option("--verify-only", help="Copy nothing; exit 1 where rows differ."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Copy every row of a database into another, of any kind, and compare the two."""
    with (
        _opened(source) as one,
        _opened(target, new=not verify_only) as other,
        watching(hidden=as_json) as watch,
    ):
        if verify_only:
            told = one.compare_with(other, watch=watch)
        else:
            told = one.copy_to(other, replace=replace, watch=watch)
    _tell("compared" if verify_only else "copied", told, as_json)
    if told.differences:
        raise typer.Exit(1)


def export(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    format_: Annotated[
        str, typer.Option("--format", help="jsonl (JSON Lines) or parquet.")
    ] = "jsonl",
    as_json: AsJson = False,
) -> None:
    """Write every row into a folder of files, one a table."""
    with opened() as database, watching(hidden=as_json) as watch:
        told = database.export_to(folder, format=cast("Format", format_), watch=watch)
    if as_json:
        show_json(told)
        return
    show_table([vars(t) for t in told.tables if t.rows], ("file", "rows", "checksum"))
    if told.left_out:
        complain(f"no model here declares {', '.join(told.left_out)}", "left out")
    typer.echo(f"exported: {told.rows:,} rows at {told.revision} into {folder}")


def import_(
    folder: Annotated[Path, typer.Argument(help="What `bedplate export` has written.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Lose the rows that the database has now.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the rows of an exported folder into the database."""
    with (
        opened(checked=False, new=True) as database,
        watching(hidden=as_json) as watch,
    ):
        told = database.import_from(folder, replace=replace, watch=watch)
    _tell("imported", told, as_json)


@contextmanager
def _opened(place: str, *, new: bool = False) -> Iterator[Database]:
    """Open the database of a URL or of a name.

    A name, because the whole machine can read the password in a command's URL: what
    get_database() reads from the environment, or from .env, is as good here.
    """
    from bedplate.database import Database
    from bedplate.errors import DatabaseFileError
    from bedplate.settings import url_of

    with Database(place if "://" in place else url_of(place)) as database:
        if not new and database.is_missing_file():
            raise DatabaseFileError(f"there is no file {database.settings.path}")
        yield database


def _tell(verb: str, told: Transfer, as_json: bool) -> None:
    if as_json:
        show_json(
            {
                "revision": told.revision,
                "rows": told.rows,
                "seconds": told.seconds,
                "differences": told.differences,
                "left_out": told.left_out,
                "tables": told.tables,
            }
        )
        return
    show_table([vars(t) for t in told.tables if t.rows], ("table", "rows", "checksum"))
    for difference in told.differences:
        typer.echo(difference)
    if told.left_out:
        complain(f"no model here declares {', '.join(told.left_out)}", "left out")
    same = "" if told.differences else ", the same on both sides"
    typer.echo(f"{verb}: {told.rows:,} rows at {told.revision}{same}")
