"""Commands for the schema: upgrade, downgrade, status, check, history, stamp."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bedplate.cli.output import AsJson, complain, opened, show_json, show_table, shown

if TYPE_CHECKING:
    from bedplate.database import Database
    from bedplate.ops.revisions import MigrationStatus

__all__ = ["register"]

Revision = Annotated[str, typer.Argument(help="A revision, such as 002.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(upgrade)
    # So that -1, one step back, is not taken for an option.
    app.command(context_settings={"ignore_unknown_options": True})(downgrade)
    for command in (status, history, check, stamp, doctor, vectors):
        app.command()(command)


AsScript = Annotated[
    bool, typer.Option("--sql", help="Print the SQL to run instead of running it.")
]


def upgrade(
    revision: Revision = "head",
    sql: AsScript = False,
    as_json: AsJson = False,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait",
            help="Wait for a server that is still starting, for as long as "
            "DB_MIGRATION_LOCK_TIMEOUT.",
        ),
    ] = False,
    backup: Annotated[
        Path | None,
        typer.Option(
            "--backup", help="Back up into this file first; restore it on failure."
        ),
    ] = None,
) -> None:
    """Bring the schema up to a revision, by default the newest."""
    with opened(checked=False, new=True) as database:
        if wait:
            database.wait(database.settings.migration_lock_timeout)
        if sql:
            typer.echo(database.migration_script(revision), nl=False)
            return
        before = database.migration_status()
        if backup is not None and before.current and not before.at_head:
            database.backup(backup)
            with _put_back(database, before, backup):
                after = database.upgrade(revision)
        else:
            after = database.upgrade(revision)
        _tell_move(before.current, after, as_json)


@contextmanager
def _put_back(
    database: Database, before: MigrationStatus, backup: Path
) -> Iterator[None]:
    """Restore the backup where an upgrade fails half way; say how, where it is stopped.

    Not where somebody else is migrating, and not where nothing was changed.
    """
    from bedplate.errors import BedplateError, MigrationLockError

    try:
        yield
    except MigrationLockError:
        raise
    except BedplateError:
        now = database.migration_status()
        if (now.current, now.half_step) != (before.current, before.half_step):
            with _hinted(backup):
                database.restore(backup, replace=True)
            complain(f"the upgrade failed: {backup} was put back", "restored")
        raise
    except BaseException:
        with _hinted(backup):
            raise


@contextmanager
def _hinted(backup: Path) -> Iterator[None]:
    """Say how to go back where something fails."""
    try:
        yield
    except BaseException:
        complain(f"to go back: bedplate restore {backup} --replace", "hint")
        raise


def downgrade(
    revision: Annotated[
        str, typer.Argument(help="A revision, -1 for one step, base for none at all.")
    ],
    as_json: AsJson = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it, though rows are dropped for good.")
    ] = False,
    sql: AsScript = False,
) -> None:
    """Take the schema back to an older revision."""
    from bedplate.errors import MigrationError

    with opened(checked=False) as database:
        if sql:
            typer.echo(database.migration_script(revision, down=True), nl=False)
            return
        before = database.migration_status().current
        losses = database.migration_losses(revision)
        if losses and not yes:
            raise MigrationError(
                f"this drops {'; '.join(losses)}: say --yes to do it all the same"
            )
        _tell_move(before, database.downgrade(revision), as_json)


def stamp(revision: Revision, as_json: AsJson = False) -> None:
    """Write down that the schema is at a revision, without changing anything."""
    with opened(checked=False, new=True) as database:
        before = database.migration_status().current
        _tell_move(before, database.stamp(revision), as_json)


def history(as_json: AsJson = False) -> None:
    """List the revisions this program has, oldest first."""
    from bedplate.ops import revisions

    rows = [{"revision": r, "subject": subject} for r, subject in revisions.history()]
    if as_json:
        show_json(rows)
    else:
        show_table(rows, ("revision", "subject"))


def check(as_json: AsJson = False) -> None:
    """Compare the schema with what this program needs; exit 1 where they differ."""
    with opened() as database:
        found = database.schema_differences()
    if as_json:
        show_json({"differences": found})
    elif not found:
        typer.echo("the schema is what the models say")
    for difference in () if as_json else found:
        typer.echo(difference)
    if found:
        raise typer.Exit(1)


def status(as_json: AsJson = False) -> None:
    """Show the connection, the schema's state and the size of each table."""
    from bedplate.domains.training import TrainingRepository
    from bedplate.errors import ConnectionFailedError, SchemaError

    with opened(checked=False) as database:
        connection = database.test_connection()
        if connection["status"] != "ok":
            raise ConnectionFailedError(connection["message"])
        migration = database.migration_status()
        try:
            tables = database.repository(TrainingRepository).get_table_stats()
        except SchemaError:
            tables = {}  # they are not this program's; `migration` says why
        if as_json:
            show_json({"connection": connection, **_moved(migration), "tables": tables})
            return
        typer.echo(
            f"{connection['database']} {connection['version']}, {connection['message']}"
        )
        _tell_state(migration)
        rows = [
            {"table": name, "rows": size.rows, "bytes": size.bytes}
            for name, size in tables.items()
        ]
        show_table(rows, ("table", "rows", "bytes"))


def doctor(
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended safely.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look for what is wrong; exit 1 where something is, and was not mended."""
    with opened(checked=False) as database:
        found = database.examine()
        if repair and database.repair(found):
            found = database.examine()
    rows = [
        {
            "check": finding.check,
            "level": finding.level,
            "message": finding.message,
            "repairable": finding.repair is not None,
        }
        for finding in found
    ]
    if as_json:
        show_json(rows)
    else:
        show_table(rows, ("level", "check", "message"))
    if any(finding.level == "error" for finding in found):
        raise typer.Exit(1)


def vectors(
    drop: Annotated[
        bool, typer.Option("--drop", help="Drop them; each vector is compared again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Build the indexes over vectors, where this database has such."""
    with opened() as database:
        told = database.index_vectors(drop=drop)
    if as_json:
        show_json(told)
        return
    for sentence in told:
        typer.echo(sentence)


def _tell_move(before: str | None, found: MigrationStatus, as_json: bool) -> None:
    if as_json:
        show_json({"before": before, **_moved(found)})
    elif before == found.current:
        typer.echo(f"the schema is at {found.current or 'base'} already")
    else:
        typer.echo(f"schema: {before or 'base'} -> {found.current or 'base'}")


def _tell_state(found: MigrationStatus) -> None:
    at = f"schema: {found.current or 'base'}"
    if found.half_step:
        typer.echo(f"{at}, and {found.half_step}")
    elif found.at_head:
        typer.echo(f"{at}, up to date")
    elif found.pending:
        waiting = ", ".join(found.pending)
        typer.echo(f"{at}, pending: {waiting} (run `bedplate upgrade`)")
    else:
        typer.echo(
            f"{at}, not all of which this program has: update the program, or install "
            "the project that is missing here"
        )
    for step in found.applied:
        typer.echo(f"  {shown(step.applied_at)}  {step.description}")


def _moved(found: MigrationStatus) -> dict[str, Any]:
    return {
        "current": found.current,
        "head": found.head,
        "pending": found.pending,
        "half_step": found.half_step,
        "applied": found.applied,
    }
