"""The command that serves the HTTP interface and the dashboard: serve."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bedplate.cli.output import complain
from bedplate.errors import SettingsError, UnsupportedError

if TYPE_CHECKING:
    from bedplate.database import Database
    from bedplate.web import Access

__all__ = ["register"]

_ROOT = re.compile(r"(/[^/?#\s]+)+")

_SHORT = 16
"""Characters below which a token can be guessed."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(serve)


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; 0 for any that is free.")
    ] = 8000,
    root_path: Annotated[
        str, typer.Option(help="The path that a reverse proxy has it under.")
    ] = "",
    cors_origin: Annotated[
        list[str] | None,
        typer.Option(help="A site whose pages may ask, as in https://example.org."),
    ] = None,
    max_body: Annotated[
        float, typer.Option(min=0.001, help="The largest body of a request, in MB.")
    ] = 16,
    rate: Annotated[
        float,
        typer.Option(min=0, help="Requests a second for each address; 0 for any."),
    ] = 100,
    log_requests: Annotated[
        bool, typer.Option("--log-requests", help="Log each request on stderr.")
    ] = False,
) -> None:
    """Serve the HTTP interface, and the dashboard at /, until it is interrupted.

    On any address but this machine's own it wants BEDPLATE_API_TOKEN. Ctrl-C and
    SIGTERM let the requests under way end, for 10 seconds, and the exit code is 0.
    """
    _check_extra()
    from bedplate.web import Access

    origins = tuple(cors_origin or ())
    _check_places(root_path, origins)
    with _opened() as database:
        secret = database.settings.api_token
        token = secret.get_secret_value() if secret else None
        _check(host, token)
        _warn(token)
        access = Access(token, origins, round(max_body * 1e6), rate)
        with closing(_listening(host, port)) as listener:
            _check(listener.getsockname()[0], token)  # what a name stands for
            _say(host, listener.getsockname()[1])
            _serve(database, access, listener, (root_path, log_requests))


def _check_extra() -> None:
    try:
        import uvicorn  # noqa: F401  # only whether it is there

        import bedplate.web  # noqa: F401
    except ImportError as error:
        raise UnsupportedError(
            "serving needs FastAPI and uvicorn: pip install 'bedplate[web]'"
        ) from error


def _check_places(root_path: str, origins: Iterable[str]) -> None:
    """Refuse what would be taken, and never match what a browser sends."""
    from bedplate.web.access import is_origin

    if root_path and not _ROOT.fullmatch(root_path):
        raise typer.BadParameter(
            f"{root_path!r} is no path: write /some/path, beginning with / and not "
            "ending with it",
            param_hint="--root-path",
        )
    for origin in origins:
        if not is_origin(origin):
            raise typer.BadParameter(
                f"{origin!r} is no origin: write scheme://host or scheme://host:port "
                "in small letters, without a path, as in https://example.org",
                param_hint="--cors-origin",
            )


def _opened() -> Database:
    from bedplate.database import Database
    from bedplate.errors import DatabaseFileError
    from bedplate.web.dependencies import PATIENCE

    database = Database.from_env(retry=PATIENCE)
    if database.is_missing_file():
        raise DatabaseFileError(
            f"there is no file {database.settings.path}: correct DATABASE_PATH, or "
            "run `bedplate upgrade` to make it"
        )
    return database


def _check(host: str, token: str | None) -> None:
    from bedplate.web.access import is_loopback

    if token is None and not is_loopback(host):
        raise SettingsError(
            {
                "BEDPLATE_API_TOKEN": f"set it to a long random text: {host} can be "
                "reached from other machines"
            }
        )


def _warn(token: str | None) -> None:
    if token is not None and len(token) < _SHORT:
        complain(
            f"BEDPLATE_API_TOKEN has {len(token)} characters and can be guessed: make "
            "one with `openssl rand -hex 32`",
            "warning",
        )


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; bound here, so that the port is known."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # who comes before all is loaded, waits
    except OSError as error:
        listener.close()
        raise OSError(error.errno, error.strerror, f"{host}:{port}") from error
    return listener


def _say(host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    typer.echo(f"Bedplate is at http://{shown}:{port} (Ctrl-C stops it)")


def _serve(
    database: Database,
    access: Access,
    listener: socket.socket,
    options: tuple[str, bool],
) -> None:
    import uvicorn

    from bedplate.web import create_app

    root_path, log_requests = options
    try:
        config: Any = uvicorn.Config(
            create_app(database, access),
            root_path=root_path,
            log_level="info" if log_requests else "warning",
            access_log=log_requests,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
        uvicorn.Server(config).run([listener])
    except KeyboardInterrupt:
        return  # it has stopped in order, and repeats what it was stopped by
