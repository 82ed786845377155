"""Alembic's environment: the connection comes from Bedplate, never from a URL."""

from __future__ import annotations

from alembic import context
from bedplate.ops import migrations


def run(connection: object) -> None:
    """Run the revisions asked for on a connection."""
    migrations.configure(context, connection)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with migrations.migrating_from_env() as connection:
        run(connection)
