"""SQL scripts, run as a person runs them: through the driver, in one piece."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from bedplate import Database
from bedplate.settings import Settings

__all__ = ["run_script"]


def run_script(url: str, script: str) -> None:
    """Run a script on the database of that URL."""
    with Database(url) as database:
        engine, settings = database.engine, database.settings
        _RUNNERS[engine.dialect.name](settings, engine.url, script)


def _sqlite(settings: Settings, url: sa.URL, script: str) -> None:
    connection = sqlite3.connect(settings.path)
    connection.executescript(script)
    connection.close()


def _postgresql(settings: Settings, url: sa.URL, script: str) -> None:
    import psycopg

    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(script.encode())


def _mysql(settings: Settings, url: sa.URL, script: str) -> None:
    import pymysql  # type: ignore[import-untyped]  # it has no types
    from pymysql.constants import CLIENT  # type: ignore[import-untyped]  # nor this

    connection: Any = pymysql.connect(
        host=settings.host,
        port=settings.port,
        user=settings.user,
        password=settings.password.get_secret_value(),
        database=settings.name,
        charset="utf8mb4",
        client_flag=CLIENT.MULTI_STATEMENTS,
        autocommit=True,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(script)
        while cursor.nextset():
            pass


_RUNNERS: dict[str, Callable[[Settings, sa.URL, str], None]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "mysql": _mysql,
    "mariadb": _mysql,
}
