"""Commands that take rows elsewhere: copy, export, import."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from bedplate.cli.output import (
    AsJson,
    check_choice,
    complain,
    if_interrupted,
    opened,
    show_json,
    show_table,
)
from bedplate.cli.progress import watching

if TYPE_CHECKING:
    from bedplate.database import Database
    from bedplate.ops.transfer.report import Transfer

__all__ = ["register"]


_HALF = (
    "the target is not complete: the same command without --replace goes on where it "
    "was"
)
_UNCOMPARED = "not all tables were compared, and nothing was changed: run it again"


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
    here, there = _database(source, "--from"), _database(target, "--to")
    with (
        if_interrupted(_UNCOMPARED if verify_only else _HALF),
        _opened(here) as one,
        _opened(there, new=not verify_only) as other,
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
    from bedplate.ops.transfer.manifest import Format

    check_choice(format_, get_args(Format), "--format")
    left = f"what is in {folder} is no whole export: export into a new folder"
    with (
        if_interrupted(left),
        opened() as database,
        watching(hidden=as_json) as watch,
    ):
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
        if_interrupted(_HALF),
        opened(checked=False, new=True) as database,
        watching(hidden=as_json) as watch,
    ):
        told = database.import_from(folder, replace=replace, watch=watch)
    _tell("imported", told, as_json)


def _database(place: str, option: str) -> Database:
    """Return the database of a URL or of a name; nothing is connected to yet.

    A name, because the whole machine can read the password in a command's URL: what
    get_database() reads from the environment, or from .env, is as good here.
    """
    from bedplate.database import Database
    from bedplate.errors import SettingsError
    from bedplate.settings import url_of

    if "://" not in place and (not place or set(place) & set("./\\")):
        hint = f": write sqlite:///{place.removeprefix('./')}" if place else ""
        message = f"{place!r} is neither a URL nor a name{hint}"
        raise typer.BadParameter(message, param_hint=option)
    try:
        return Database(place if "://" in place else url_of(place))
    except SettingsError as error:
        wrong = error.problems.get("DATABASE_URL")
        if wrong is None or "://" not in place:
            raise
        raise typer.BadParameter(wrong, param_hint=option) from error


@contextmanager
def _opened(database: Database, *, new: bool = False) -> Iterator[Database]:
    from bedplate.errors import DatabaseFileError

    with database:
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
