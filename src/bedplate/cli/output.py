"""What the commands print: tables for people, JSON for programs."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bedplate.database import Database

__all__ = [
    "AsJson",
    "Limit",
    "check_choice",
    "complain",
    "if_interrupted",
    "opened",
    "show_json",
    "show_table",
    "shown",
]

_PIPE_WIDTH = 10_000

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Limit = Annotated[
    int, typer.Option("--limit", "-n", min=0, max=2**63 - 1, help="How many at most.")
]


@contextmanager
def opened(*, checked: bool = True, new: bool = False) -> Iterator[Database]:
    """Open the environment's database for a command and close it after.

    Args:
        checked: Whether the schema has to be this program's.
        new: Whether a file that is not there is made.

    Raises:
        SchemaError: The schema is not this program's.
        DatabaseFileError: There is no such file.
    """
    from bedplate.database import Database
    from bedplate.errors import DatabaseFileError

    with Database.from_env() as database:
        if not new and database.is_missing_file():
            raise DatabaseFileError(
                f"there is no file {database.settings.path}: correct DATABASE_PATH, or "
                "run `bedplate upgrade` to make it"
            )
        if checked:
            database.check_schema()
        yield database


def check_choice(given: str, known: Iterable[str], option: str) -> None:
    """Refuse a value of an option as wrong usage, unless it is a known one."""
    if given not in (allowed := [*known]):
        message = f"{given!r} is not one of {', '.join(allowed)}"
        raise typer.BadParameter(message, param_hint=option)


def show_json(value: Any) -> None:
    """Print a value as JSON on stdout."""
    typer.echo(json.dumps(_plain(value), ensure_ascii=False, indent=2, allow_nan=False))


def show_table(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], empty: str | None = None
) -> None:
    """Print rows as a table; text is shown as it is, never as markup.

    Args:
        rows: What to show; the head alone would tell nobody anything.
        columns: What of each.
        empty: What to say on stderr where there are no rows.
    """
    if not rows:
        if empty is not None:
            complain(empty, "note")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(row.get(column))) for column in columns))
    # Whoever reads a pipe wants a row a line, however long.
    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    with console.capture() as drawn:
        console.print(table)
    # Where a terminal knows few letters, rich itself would end in a traceback.
    typer.echo(drawn.get(), nl=False)


def shown(value: Any) -> str:
    """Return a value as a person reads it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, float):
        return f"{value:.4g}"
    text = f"{value:,}" if isinstance(value, int) else str(value)
    # A text may hold what a terminal would take for a command.
    return "".join(
        c if c.isprintable() or c == " " else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def complain(message: str, kind: str = "error") -> None:
    """Print an error, or what else a person should know, as one line on stderr."""
    typer.echo(f"{kind}: {' '.join(message.split())}", err=True)


@contextmanager
def if_interrupted(message: str) -> Iterator[None]:
    """Say what Ctrl-C or SIGTERM leaves behind, where work is broken off by it."""
    try:
        yield
    except KeyboardInterrupt:
        if sys.stderr.isatty():
            typer.echo(err=True)  # after the ^C that stands there
        complain(message, "interrupted")
        raise typer.Exit(130) from None


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it: NaN and infinities become words."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
