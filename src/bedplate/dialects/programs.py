"""The databases' own programs for backups, run so that nobody reads a password."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from bedplate.errors import BackupError

__all__ = ["program", "run"]

_PIECE = 1 << 20
_WRONG_PROGRAM = ("server version mismatch", "unknown variable", "unknown option")
_NEEDED = (
    " (this program does not fit the server: install the one of the server's product, "
    "in its version or a later one)"
)


def program(*names: str) -> str:
    """Return the first of these programs that is installed.

    Raises:
        BackupError: None is.
    """
    for name in names:
        if found := shutil.which(name):
            return found
    raise BackupError(f"this needs the program {names[0]}: install the client programs")


def run(
    command: Sequence[str],
    first: bytes = b"",
    *,
    source: IO[bytes] | None = None,
    target: IO[bytes] | None = None,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a program that reads a backup from a stream, or writes one to a stream.

    Args:
        command: The program and its arguments, none of them secret.
        first: What it reads before the source.
        source: Read from, to its end.
        target: Written to.
        environment: Variables it gets beside those there are.

    Raises:
        BackupError: It failed; with what it said last.
    """
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(  # noqa: S603  # ours, by its full path
            command,
            stdin=subprocess.PIPE if source else subprocess.DEVNULL,
            stdout=subprocess.PIPE if target else subprocess.DEVNULL,
            stderr=told,
            env=os.environ | dict(environment or {}),
        )
        with process:
            try:
                _pass_on(process, first, source, target)
            except BrokenPipeError:  # it has ended; its exit code says why
                _give_up(process)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            told.seek(0)
            words = told.read().decode(errors="replace").strip()
            raise BackupError(_explained(command[0], words, process.returncode))


def _explained(command: str, words: str, code: int) -> str:
    """Return what a program said last, and what to do where it is the wrong one."""
    name = Path(command).name
    said = words.splitlines()[-1] if words else f"exit code {code}"
    for prefix in (f"{command}: ", f"{name}: "):
        said = said.removeprefix(prefix)
    wrong = any(sign in words for sign in _WRONG_PROGRAM)
    return f"{name}: {said}" + (_NEEDED if wrong else "")


def _pass_on(
    process: subprocess.Popen[bytes],
    first: bytes,
    source: IO[bytes] | None,
    target: IO[bytes] | None,
) -> None:
    if source and process.stdin:
        process.stdin.write(first)
        shutil.copyfileobj(source, process.stdin, _PIECE)
        process.stdin.close()
    if target and process.stdout:
        shutil.copyfileobj(process.stdout, target, _PIECE)


def _give_up(process: subprocess.Popen[bytes]) -> None:
    """Close what the program reads no more, which would fail at the end otherwise."""
    with suppress(BrokenPipeError):
        if process.stdin:
            process.stdin.close()
