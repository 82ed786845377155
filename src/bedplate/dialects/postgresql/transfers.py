"""How all rows are read, and taken over: sequences do not look at the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bedplate.dialects.transfers import Transfers

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["PgTransfers"]


class PgTransfers(Transfers):
    """Lengths are told without the value; policies and sequences are heeded."""

    def see_all(self, connection: Connection) -> None:
        # A policy would otherwise leave rows out, and say nothing.
        connection.exec_driver_sql("SET LOCAL row_security = off")

    def stored_size(self, column: sa.Column[Any]) -> sa.ColumnElement[int]:
        is_json = isinstance(getattr(column.type, "impl", column.type), sa.JSON)
        return sa.func.octet_length(sa.cast(column, sa.Text) if is_json else column)

    def advance_keys(self, connection: Connection, table: sa.Table) -> None:
        name = connection.dialect.identifier_preparer.format_table(table)
        for column in table.columns:
            asked = sa.func.pg_get_serial_sequence(name, column.name)
            sequence = connection.scalar(sa.select(asked))
            if sequence:
                highest = connection.scalar(sa.select(sa.func.max(column)))
                if highest is not None and highest > 0:
                    connection.execute(sa.select(sa.func.setval(sequence, highest)))
