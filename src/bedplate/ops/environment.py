"""Alembic's environment: what env.py sets up, and what happens at every step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate import types
from bedplate.base import Base, utcnow
from bedplate.dialects import Dialect, dialect, dialect_of
from bedplate.ops import search_indexes  # noqa: F401  # registers its operations
from bedplate.ops.drift import is_modelled, is_ours
from bedplate.ops.revisions import VERSIONS, subject
from bedplate.ops.steps import adapt, adapt_script, watch

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, MigrationInfo

__all__ = ["configure", "configure_script"]

_LONGEST = 100
"""Characters of database_versions.version."""


def configure(context: Any, connection: sa.Connection) -> None:
    """Set Alembic up to run revisions; `context` is env.py's."""
    ours = dialect_of(connection)
    context.configure(connection=connection, **_options(ours))
    adapt(context.get_context(), ours)
    if not ours.transactional_ddl:
        watch(context.get_context())


def configure_script(context: Any, name: str) -> None:
    """Set Alembic up to write a script for the database of that name."""
    context.configure(
        dialect_name=name,
        literal_binds=True,
        # No parameters follow a script, so nothing is to be escaped for a driver.
        dialect_opts={"paramstyle": "named"},
        **_options(dialect(name)),
    )
    adapt_script(context.get_context())


def _options(ours: Dialect) -> dict[str, Any]:
    return {
        "target_metadata": Base.metadata,
        "transactional_ddl": ours.transactional_ddl,
        "transaction_per_migration": not ours.upgrade_is_one_transaction,
        "render_as_batch": True,
        "compare_type": True,
        "include_name": is_modelled,
        "include_object": is_ours,
        "render_item": _render_type,
        "on_version_apply": (_checker(ours), _recorder(ours)),
    }


def _render_type(kind: str, item: Any, context: Any) -> str | bool:
    name = type(item).__name__
    if kind != "type" or getattr(types, name, None) is not type(item):
        return False
    context.imports.add("from bedplate import types")
    given = getattr(item, "length", getattr(item, "bits", None))
    if isinstance(item, types.Encrypted):
        # The kind of a program's own type; it is stored in the same way.
        given = (
            "types.JSONDocument()" if isinstance(item.of, types.JSONDocument) else ""
        )
    elif isinstance(item, types.Key):
        given = None
    return f"types.{name}({given or ''})"


def _checker(ours: Dialect) -> Callable[..., None]:
    def check(*, ctx: MigrationContext, **_: Any) -> None:
        if ctx.connection is not None and not ctx.as_sql:
            ours.after_step(ctx.connection)

    return check


def _recorder(ours: Dialect) -> Callable[..., None]:
    """Write each step into database_versions, in the step's own transaction."""

    def record(
        *, ctx: MigrationContext, step: MigrationInfo, heads: Any, **_: Any
    ) -> None:
        at = ",".join(sorted(heads)) or "base"
        if not _is_recorded(ctx, at):
            return
        if len(at) > _LONGEST:  # branches of many projects
            at = step.up_revision_ids[0]
        # A script is run at another time than it is written: the server tells it.
        now: Any = sa.text(ours.utc_now) if ctx.as_sql else utcnow()
        values = {"version": at, "description": _about(step), "applied_at": now}
        ctx.impl.execute(sa.insert(VERSIONS).values(values))

    return record


def _is_recorded(ctx: MigrationContext, at: str) -> bool:
    if ctx.connection is None or ctx.as_sql:
        return at != "base"
    return sa.inspect(ctx.connection).has_table(VERSIONS.name)


def _about(step: MigrationInfo) -> str:
    verb = "upgrade" if step.is_upgrade else "downgrade"
    revision = step.up_revision
    return (
        f"{verb} {revision.revision}: {subject(revision.revision)}"
        if revision
        else verb
    )
