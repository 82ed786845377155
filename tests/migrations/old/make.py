"""Write the old databases: one script a product and revision, with rows in each table.

    PYTHONPATH=tests python tests/migrations/old/make.py 001 002

They are written once, when a revision is the newest, and never again: what later
versions meet is what that version has left. A new revision adds its own.
"""

from __future__ import annotations

import io
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from migrations.rows import rows

from alembic import command
from bedplate import Base, types
from bedplate.dialects import DATABASES, dialect
from bedplate.ops import revisions

LONG = "Ein langer Text, äöü 🦜. " * 20


def main(wanted: list[str]) -> None:
    for product in DATABASES:
        folder = Path(__file__).parent / product
        folder.mkdir(exist_ok=True)
        for revision in wanted:
            file = folder / f"{revision}.sql"
            file.write_text(script(product, revision), encoding="utf-8")


def script(product: str, revision: str) -> str:
    """Return the SQL that makes a database of a revision."""
    written = io.StringIO()
    config = revisions.configuration(written)
    config.attributes["database"] = product
    command.upgrade(config, revision, sql=True)
    schema = written.getvalue()
    tables = [name for name in rows() if f"CREATE TABLE {name} (" in schema]
    return schema + "\n".join(insertions(product, tables)) + "\n"


def insertions(product: str, tables: list[str]) -> list[str]:
    name = f"{product}+{dialect(product).driver}"
    # Nothing is escaped for a driver, since no parameters follow.
    engine = sa.create_mock_engine(f"{name}://", print, paramstyle="named")
    found = []
    for key in tables:
        values = rows(LONG)[key]
        table = Base.metadata.tables[key]
        for row in values:
            written = {c: literal(product, table.c[c], v) for c, v in row.items()}
            insertion = sa.insert(table).values(written)
            options = {"literal_binds": True}
            made = insertion.compile(dialect=engine.dialect, compile_kwargs=options)
            found.append(f"{made};")
        if product == "postgresql" and has_sequence(table):
            found.append(CONTINUED.format(key))
    return found


def has_sequence(table: sa.Table) -> bool:
    return "id" in table.c and isinstance(table.c.id.type, types.Key)


def literal(product: str, column: sa.Column[Any], value: Any) -> Any:
    """Return a value, or the literal that SQLAlchemy has none for."""
    if isinstance(column.type, types.JSONDocument) and value is not None:
        text = json.dumps(value, ensure_ascii=False)
        return sa.type_coerce(text, types.LongText())
    if isinstance(column.type, types.Vector) and value is not None:
        made = np.asarray(value, "<f4").tobytes().hex()
        own = rf"'\x{made}'" if product == "postgresql" else f"X'{made}'"
        return sa.literal_column(own)
    if isinstance(column.type, types.Mark):
        return value or None
    if isinstance(column.type, types.Double) and value is not None:
        number = dialect(product).encode_float(value)
        if number in ("NaN", math.inf, -math.inf) or number != number:
            return sa.literal_column(NUMBERS[product][str(number).lower()])
    return value


CONTINUED = """\
SELECT setval(pg_get_serial_sequence('{0}', 'id'), (SELECT max(id) FROM {0}));"""

NUMBERS = {
    "sqlite": {"nan": "'NaN'", "inf": "9e999", "-inf": "-9e999"},
    "postgresql": {"nan": "'NaN'", "inf": "'Infinity'", "-inf": "'-Infinity'"},
}


if __name__ == "__main__":
    main(sys.argv[1:])
