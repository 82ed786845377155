"""Commands for texts: corpus add, corpus list, search."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bedplate.cli.output import AsJson, Limit, complain, opened, show_json, show_table

if TYPE_CHECKING:
    from bedplate.domains.training import TrainingRepository

__all__ = ["register"]

corpora = typer.Typer(no_args_is_help=True, help="Add and list texts.")

_SKIPPED = {"__pycache__", "node_modules", "site-packages"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(corpora, name="corpus")
    # So that -not is a part of the query and no option.
    app.command(context_settings={"ignore_unknown_options": True})(search)


@corpora.command()
def add(
    paths: Annotated[
        list[Path], typer.Argument(help="Files, or folders to take all of.")
    ],
    pattern: Annotated[
        str, typer.Option(help="Which files of a folder, as in *.txt.")
    ] = "*",
    encoding: Annotated[str, typer.Option(help="How the files are encoded.")] = "utf-8",
    as_json: AsJson = False,
) -> None:
    """Add texts; one that is there already, unchanged, is left alone.

    A file named here that cannot be added is an error; one found in a folder is
    reported and passed over.
    """
    from bedplate.domains.training import TrainingRepository
    from bedplate.errors import NotFoundError

    _check_encoding(encoding)
    counts = {"added": 0, "unchanged": 0, "skipped": 0, "characters": 0}
    with opened() as database:
        training = database.repository(TrainingRepository)
        files = list(_files(paths, pattern))
        if not files:
            raise NotFoundError(f"no file here matches {pattern}")
        for file, named in _with_progress(files, hidden=as_json):
            _add_file(training, file, encoding, named, counts)
    if as_json:
        show_json(counts)
    else:
        typer.echo(
            f"added {counts['added']:,} texts, {counts['characters']:,} characters"
            f" ({counts['unchanged']:,} unchanged, {counts['skipped']:,} skipped)"
        )


@corpora.command("list")
def list_(
    limit: Limit = 20,
    after: Annotated[int | None, typer.Option(help="Only ids above this one.")] = None,
    as_json: AsJson = False,
) -> None:
    """List texts, without their content."""
    from bedplate.domains.training import TrainingRepository

    with opened() as database:
        found = database.repository(TrainingRepository).list_corpus_texts(limit, after)
        rows = [corpus.as_dict() for corpus in found]
    if as_json:
        show_json(rows)
    else:
        columns = ("id", "title", "word_count", "char_count", "source")
        show_table(rows, columns, "no text was found")


def search(
    words: Annotated[
        list[str], typer.Argument(help='Words, "a phrase", -not, prefix*.')
    ],
    limit: Limit = 10,
    as_json: AsJson = False,
) -> None:
    """Find texts by their words, the best match first."""
    from dataclasses import asdict

    from bedplate.domains.training import TrainingRepository

    query = " ".join(words)
    with opened() as database:
        hits = database.repository(TrainingRepository).search_corpus(query, limit)
    rows: list[dict[str, Any]] = [asdict(hit) for hit in hits]
    if as_json:
        show_json(rows)
    else:
        columns = ("id", "title", "rank", "snippet")
        show_table(rows, columns, f"nothing matches {query!r}")


def _files(paths: Sequence[Path], pattern: str) -> Iterator[tuple[Path, bool]]:
    """Yield each file, and whether it was named itself."""
    for path in paths:
        if not path.is_dir():
            yield path, True
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(f for f in folders if _wanted(f))
            for name in sorted(names):
                file = Path(folder, name)
                if _wanted(name) and file.match(pattern) and file.is_file():
                    yield file, False


def _wanted(name: str) -> bool:
    return name not in _SKIPPED and not name.startswith(".")


def _with_progress(
    files: Sequence[tuple[Path, bool]], *, hidden: bool
) -> Iterator[tuple[Path, bool]]:
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    quiet = hidden or len(files) < 2 or not console.is_terminal
    yield from track(files, "adding", console=console, disable=quiet)


def _add_file(
    training: TrainingRepository,
    file: Path,
    encoding: str,
    named: bool,
    counts: dict[str, int],
) -> None:
    from bedplate.errors import InvalidValueError

    try:
        text = _read(file, encoding)
        if _is_there(training, file, text):
            counts["unchanged"] += 1
            return
        training.add_corpus_text(text, file.name, str(file.resolve()))
    except InvalidValueError as error:
        if named:
            raise InvalidValueError(f"{file}: {error}") from error
        complain(f"{file}: {error}", "skipped")
        counts["skipped"] += 1
    else:
        counts["added"] += 1
        counts["characters"] += len(text)


def _read(file: Path, encoding: str) -> str:
    from bedplate.domains.training.models import MAX_CONTENT_BYTES
    from bedplate.errors import InvalidValueError, ValueTooLargeError

    size = file.stat().st_size
    if size > MAX_CONTENT_BYTES:
        raise ValueTooLargeError(
            f"{size:,} bytes, {MAX_CONTENT_BYTES:,} are allowed: split the file"
        )
    try:
        with file.open(encoding=encoding, newline="") as found:  # line ends stay
            text = found.read().removeprefix("\ufeff")  # a mark of encoding, no text
    except UnicodeError as error:  # UTF-16 without its mark raises the root alone
        where = f" (byte {error.start:,})" if hasattr(error, "start") else ""
        raise InvalidValueError(
            f"is not {encoding} text{where}: name its --encoding"
        ) from error
    if not text:
        raise InvalidValueError("is empty")
    return text


def _check_encoding(encoding: str) -> None:
    try:
        io.TextIOWrapper(io.BytesIO(), encoding)
    except LookupError as error:
        raise typer.BadParameter(
            f"there is no encoding {encoding!r}", param_hint="--encoding"
        ) from error


def _is_there(training: TrainingRepository, file: Path, text: str) -> bool:
    known = training.get_corpus_by_source(str(file.resolve()))
    if known is None or known.char_count != len(text):
        return False
    pieces = training.read_corpus_text(known.id)
    place = 0
    for piece in pieces:
        if text[place : place + len(piece)] != piece:
            return False
        place += len(piece)
    return place == len(text)
