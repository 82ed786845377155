"""Alembic's environment: the connection comes from Bedplate, never from a URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import context
from bedplate.base import Base
from bedplate.domains import load_models
from bedplate.ops import audit_triggers, environment, migrations
from bedplate.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import MetaData

given = context.config.attributes


def models() -> MetaData:
    load_models()
    return Base.metadata


if context.is_offline_mode():
    environment.configure_script(context, given.get("database") or Settings().database)
    with context.begin_transaction():
        context.run_migrations()
elif "connection" in given:
    environment.configure(context, given["connection"])
    with audit_triggers.kept(given["connection"], models), context.begin_transaction():
        context.run_migrations()
else:
    load_models()  # `alembic check` and `revision --autogenerate` compare them
    wanted = getattr(context.config.cmd_opts, "revision", None)
    with migrations.migrating_from_env(models, wanted) as connection:
        environment.configure(context, connection)
        with context.begin_transaction():
            context.run_migrations()
