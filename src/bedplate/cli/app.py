"""The commands put together, and how the program ends.

Exit codes: 0 done, 1 an error (one line on stderr), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

import typer

from bedplate.cli import (
    audit,
    backup,
    corpus,
    encryption,
    model,
    operate,
    records,
    retention,
    schema,
    serve,
    transfer,
    worker,
)
from bedplate.cli.output import complain
from bedplate.errors import BedplateError

__all__ = ["app", "run"]

app = typer.Typer(
    name="bedplate",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich takes as long to load as everything else together
    help="The database layer of language-model pipelines.\n\n"
    "The database is the one that DB_TYPE and its companions, or DATABASE_URL, name "
    "(by default the SQLite file bedplate.db).",
)
schema.register(app)
corpus.register(app)
model.register(app)
records.register(app)
backup.register(app)
audit.register(app)
encryption.register(app)
serve.register(app)
operate.register(app)
transfer.register(app)
retention.register(app)
worker.register(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        import bedplate

        typer.echo(f"bedplate {bedplate.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(
        False,
        "--version",
        # Eager: otherwise a command is missed before this is looked at.
        is_eager=True,
        callback=_show_version,
        help="Show the version and exit.",
    ),
) -> None:
    """Take the options that stand before a command."""


def run(arguments: Sequence[str]) -> int:
    """Run a command and return the program's exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may not know every sign
    _show_warnings()
    try:
        command = typer.main.get_command(app)
        result: Any = command.main([*arguments], "bedplate", standalone_mode=False)
    except typer.TyperException as error:
        return _wrong_usage(error)
    except (typer.Abort, KeyboardInterrupt):
        complain("interrupted")
        return 130
    except (BrokenPipeError, SystemExit):  # typer and rich make the one of the other
        # The reader went away, as `head` does: nothing more to say to anybody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except BedplateError as error:
        complain(str(error))
        return 1
    except OSError as error:
        complain(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "))
        return 1
    return result if isinstance(result, int) else 0


def _show_warnings() -> None:
    """Send the library's warnings to stderr, as lines of this program."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("warning: %(message)s"))
    logging.getLogger("bedplate").addHandler(handler)
    # A connection that an interrupt broke off: its traceback is for nobody here.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    # Whoever looks for slow statements has a log; here they would only disturb.
    logging.getLogger("bedplate.slow").setLevel(logging.ERROR)


def _wrong_usage(error: typer.TyperException) -> int:
    message = error.format_message()
    if message.startswith("Usage: "):  # a command was wanted: this is the help
        typer.echo(message, err=True)
    elif message:
        complain(f"{message} (see --help)")
    return error.exit_code


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
