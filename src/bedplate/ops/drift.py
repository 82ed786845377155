"""Drift: where the schema of a database is not what the models say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from bedplate.dialects import dialect_of
from bedplate.dialects.vectors import SUFFIX
from bedplate.translation import translating
from bedplate.types import searched

if TYPE_CHECKING:
    from bedplate.engine import Engines

__all__ = ["differences", "is_modelled", "is_ours"]

_SEARCH = re.compile(
    r"_fts(_(data|idx|content|docsize|config|keys))?$"
    r"|^search_vector$|^ix_\w+_search(_vector\w*)?$"
    rf"|{SUFFIX}$"
)
"""The tables, columns and indexes of searching: no model knows them."""


def is_modelled(name: str | None, kind: str, _parents: Any = None) -> bool:
    """Return whether a table, column or index of that name has a model."""
    if name == "alembic_version" and kind == "table":
        return False
    return name is None or kind == "schema" or not _SEARCH.search(name)


def is_ours(
    _object: object, _name: str | None, kind: str, reflected: bool, compared: object
) -> bool:
    """Return whether a table has a model here; others belong to other programs."""
    return not (kind == "table" and reflected and compared is None)


def differences(engines: Engines, metadata: sa.MetaData) -> Sequence[str]:
    """Return what the database has that the models have not, and the other way round.

    Compared are tables, columns, types and lengths, defaults, collations, indexes,
    unique, foreign-key and check constraints, and whether each table with searched
    columns has their index.

    Returns:
        A sentence each; empty where they agree.
    """
    options = {
        "compare_type": True,
        "compare_server_default": True,
        "include_name": is_modelled,
        "include_object": is_ours,
        "target_metadata": metadata,
    }
    with translating(engines), engines.reader.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        found = [_told(step) for step in _flat(compare_metadata(context, metadata))]
        inspector = sa.inspect(connection)
        present = set(inspector.get_table_names())
        for table in metadata.sorted_tables:
            if table.name in present:
                found += _details(table, inspector)
                found += _checks(table, inspector)
                found += _search(table, connection)
    return found


def _flat(steps: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    for step in steps:
        if isinstance(step, list):
            yield from step
        else:
            yield step


def _told(step: tuple[Any, ...]) -> str:
    """Put one of Alembic's differences into words: what an upgrade would do."""
    verb, *what = step
    words = [_name(part) for part in what if part is not None]
    return f"{verb.replace('_', ' ')}: {' '.join(word for word in words if word)}"


def _name(part: Any) -> str:
    if isinstance(part, sa.Column | sa.Table):
        return part.name
    if isinstance(part, sa.Index | sa.Constraint):
        table = getattr(part, "table", None)
        return f"{part.name} on {table.name}" if table is not None else str(part.name)
    if isinstance(part, sa.types.TypeDecorator):
        return repr(part)
    if isinstance(part, sa.DefaultClause):
        return f"DEFAULT {part.arg}"
    return "" if isinstance(part, dict) else str(part)


def _details(table: sa.Table, inspector: sa.Inspector) -> Iterator[str]:
    """Yield what Alembic does not look at: collations, and digits of a second."""
    options = inspector.get_table_options(table.name)
    default = next((v for k, v in options.items() if k.endswith("_collate")), None)
    for column in inspector.get_columns(table.name):
        model = table.columns.get(column["name"])
        wanted = _type(model, inspector) if model is not None else None
        found, where = column["type"], f"{table.name}.{column['name']}"
        if isinstance(wanted, sa.String):
            collation = getattr(found, "collation", None) or default
            if collation != wanted.collation:
                yield f"collation of {where}: {collation}, not {wanted.collation}"
        elif isinstance(wanted, sa.DateTime) and _digits(found) != _digits(wanted):
            yield f"digits of a second in {where}: {_digits(found)}"


def _digits(kind: Any) -> int | None:
    """Return how many digits of a second a type keeps; None for its database's own."""
    found: int | None = getattr(kind, "fsp", getattr(kind, "precision", None))
    return found


def _type(column: sa.Column[Any], inspector: sa.Inspector) -> sa.types.TypeEngine[Any]:
    """Return the type of a model's column as its database has it."""
    if isinstance(column.type, sa.types.TypeDecorator):
        return column.type.load_dialect_impl(inspector.dialect)
    return column.type


def _checks(table: sa.Table, inspector: sa.Inspector) -> Iterator[str]:
    wanted = {
        str(constraint.name): str(constraint.sqltext)
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint)
    }
    found = {
        str(check["name"]): check["sqltext"]
        for check in inspector.get_check_constraints(table.name)
    }
    for name in sorted(wanted.keys() - found.keys()):
        yield f"check constraint {name} is missing on {table.name}"
    for name in sorted(found.keys() - wanted.keys()):
        yield f"check constraint {name} on {table.name} is in no model: {found[name]}"
    for name in sorted(wanted.keys() & found.keys()):
        if _said(wanted[name]) != _said(found[name]):
            yield f"check constraint {name} on {table.name} is another: {found[name]}"


_DRESS = re.compile(r"=\s*any\s*\(|::[a-z ]+(\[\])?|_utf8mb4|[\\'\"`]")
_GRAMMAR = {"and", "array", "in", "or"}


def _said(condition: str) -> set[str]:
    """Return the names, values and comparisons of a condition, however it is written.

    Each database keeps a condition in words of its own.
    """
    plain = _DRESS.sub(" ", condition.lower())
    return {*re.findall(r"\w+|[<>!]=?|=", plain)} - _GRAMMAR


def _search(table: sa.Table, connection: sa.Connection) -> Iterator[str]:
    columns = searched(table)
    ours = dialect_of(connection)
    if columns and not ours.has_search_index(connection, table, columns):
        yield f"search index of {table.name} is missing: {', '.join(columns)}"
