"""How many rows a statement reads, as far as the server can tell at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

    from bedplate.dialects.base import Dialect

__all__ = ["few"]


def few(
    _: Dialect, connection: Connection, rows: sa.Select[Any], most: int
) -> sa.Select[Any] | None:
    """Return the statement as it is, None where there seem to be more rows than `most`.

    A limit would have the server copy the rows before it adds them up. It knows within
    a factor how many they are, but does not believe in more than half of a table.
    Where it is mistaken, more rows are read.
    """
    if connection.get_execution_options().get("schema_translate_map"):
        return None  # which knows tables by other names
    # Its values written out: drivers differ in how they take parameters.
    statement = rows.compile(
        connection.engine, compile_kwargs={"literal_binds": True}
    ).string.replace("%%", "%")
    explain = f"EXPLAIN FORMAT=TRADITIONAL {statement}"
    estimate = connection.exec_driver_sql(explain).one().rows
    return rows if 2 * int(estimate or 0) <= most else None
