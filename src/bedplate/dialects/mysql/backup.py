"""Backups by mysqldump or mariadb-dump, put back by the client program."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any

from bedplate.dialects.programs import program, run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bedplate.settings import Settings

__all__ = ["Programs", "dump", "load"]

_ONE_SNAPSHOT = (
    *("--single-transaction", "--quick", "--skip-lock-tables", "--no-tablespaces"),
    *("--routines", "--triggers", "--hex-blob", "--max-allowed-packet=1G"),
)


@dataclass(frozen=True)
class Programs:
    """The programs of a product.

    Attributes:
        dump: What its dump program is called, the best name first.
        client: What its client program is called.
        options: Further options of the dump program.
        tls: What both are told of TLS.
    """

    dump: Sequence[str]
    client: Sequence[str]
    options: Sequence[str]
    tls: Callable[[Settings], dict[str, Any]]


def dump(
    programs: Programs, connection: Connection, settings: Settings, target: IO[bytes]
) -> None:
    """Write the tables and their rows, as one snapshot has them."""
    with _options(programs, connection, settings) as file:
        command = [
            program(*programs.dump),
            f"--defaults-extra-file={file}",
            *_ONE_SNAPSHOT,
            *programs.options,
            settings.name,
        ]
        run(command, target=target)


def load(
    programs: Programs, connection: Connection, settings: Settings, source: IO[bytes]
) -> None:
    """Put them in the place of what is there."""
    with _options(programs, connection, settings) as file:
        command = [program(*programs.client), f"--defaults-extra-file={file}"]
        command += ["--binary-mode", "--max-allowed-packet=1G", settings.name]
        # Before anything is lost: is there such a program, and is it let in?
        run([*command, "--execute=DO 0"])
        _empty(connection)
        run(command, source=source)


def _empty(connection: Connection) -> None:
    """Drop every table and view, those too that the backup knows nothing of."""
    quote = connection.dialect.identifier_preparer.quote
    ask = connection.exec_driver_sql
    ask("SET SESSION foreign_key_checks = 0")
    for name, kind in ask("SHOW FULL TABLES").all():
        ask(f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} {quote(name)}")
    ask("SET SESSION foreign_key_checks = 1")
    connection.commit()


@contextmanager
def _options(
    programs: Programs, connection: Connection, settings: Settings
) -> Iterator[Path]:
    """Write options where nobody else may read them; arguments everybody may."""
    driver: Any = connection.connection.driver_connection
    found = {
        "host": driver.host,  # of several the one that has let us in
        "port": driver.port,
        "user": settings.user,
        "password": settings.password.get_secret_value(),
        "protocol": "tcp",
        "default-character-set": "utf8mb4",
        **programs.tls(settings),
    }
    text = io.StringIO("[client]\n")
    text.seek(0, io.SEEK_END)
    for name, value in found.items():
        if value is not None:
            text.write(f"{name}={_quoted(str(value))}\n")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "client.cnf"
        with open(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as written:  # noqa: PTH123  # with its mode
            written.write(text.getvalue())
        yield file


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
