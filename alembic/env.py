"""Alembic's environment: the connection comes from Bedplate, never from a URL."""

from __future__ import annotations

from alembic import context
from bedplate.domains import load_models
from bedplate.ops import environment, migrations
from bedplate.settings import Settings

given = context.config.attributes

if context.is_offline_mode():
    environment.configure_script(context, given.get("database") or Settings().database)
    with context.begin_transaction():
        context.run_migrations()
elif "connection" in given:
    environment.configure(context, given["connection"])
    with context.begin_transaction():
        context.run_migrations()
else:
    load_models()  # `alembic check` and `revision --autogenerate` compare them
    wanted = getattr(context.config.cmd_opts, "revision", None)
    with migrations.migrating_from_env(wanted) as connection:
        environment.configure(context, connection)
        with context.begin_transaction():
            context.run_migrations()
