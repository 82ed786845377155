"""An FTS5 index over a table, and what keeps it in step with the rows.

The index refers to its rows by a number that must never change. A key that is SQLite's
own rowid is that number. Any other key is given one in `<table>_fts_keys`, as the rowid
of such a table is another one after VACUUM; the view `<table>_fts_rows` then shows the
texts by their numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from alembic.operations import Operations

__all__ = ["Index", "create_index", "drop_index", "has_index"]

_DIALECT = sqlite.dialect()
_quote = _DIALECT.identifier_preparer.quote

_STRANGERS = (
    (0x2066, 0x2069),
    (0x20BA, 0x20C0),
    (0x23F4, 0x23FF),
    (0x2700, 0x2700),
    (0x2B4D, 0x2BFF),
    (0x2E3C, 0x2E5D),
    (0xFE00, 0xFE0F),
    (0x1F0BF, 0x1F0F5),
    (0x1F10D, 0x1FAFF),
)
"""Signs younger than FTS5's table of Unicode 6.1, which takes them for letters."""

_TOKENIZER = (
    "unicode61 remove_diacritics 0 categories 'L* N* Mn Mc' tokenchars '_' "
    "separators '{}'"
).format("".join(chr(c) for a, z in _STRANGERS for c in range(a, z + 1)))

# `{...}` are names, quoted where SQL needs it; see Index.statements().
_NUMBERS = (
    """CREATE TABLE {keys} (
    rowid INTEGER PRIMARY KEY, {key} {kind} NOT NULL UNIQUE)""",
    """CREATE VIEW {rows} AS SELECT k.rowid AS rowid, {texts}
    FROM {keys} AS k JOIN {table} AS t ON t.{key} = k.{key}""",
    "INSERT INTO {keys} ({key}) SELECT {key} FROM {table} ORDER BY {key}",
)
_INDEX = """CREATE VIRTUAL TABLE {fts} USING fts5(
    {columns}, content='{content}', content_rowid='{number}', tokenize="{tokenizer}")"""
_KEPT = (
    """CREATE TRIGGER {fts}_ai AFTER INSERT ON {table} BEGIN
    {begin}{add}
END""",
    """CREATE TRIGGER {fts}_ad AFTER DELETE ON {table} BEGIN
    {remove}{end}
END""",
    # A statement that writes the same text again leaves the index alone.
    """CREATE TRIGGER {fts}_au AFTER UPDATE OF {key}, {columns} ON {table}
WHEN {changed} BEGIN
    {remove}{rename}
    {add}
END""",
)
_REBUILT = "INSERT INTO {fts} ({fts}) VALUES ('rebuild')"
_ADD = """INSERT INTO {fts} (rowid, {columns})
    VALUES ({new_number}, {new_texts});"""
_REMOVE = """INSERT INTO {fts} ({fts}, rowid, {columns})
    VALUES ('delete', {old_number}, {old_texts});"""
_KEEP_NUMBERS = {
    "begin": """INSERT INTO {keys} ({key}) VALUES (new.{key});
    """,
    "rename": """
    UPDATE {keys} SET {key} = new.{key} WHERE {key} = old.{key};""",
    "end": """
    DELETE FROM {keys} WHERE {key} = old.{key};""",
}
_NUMBER_OF = "(SELECT rowid FROM {keys} WHERE {key} = {row}.{key})"


@dataclass(frozen=True)
class Index:
    """The index of a table: what its parts are called, and how they are made."""

    table: str
    columns: Sequence[str]
    key: sa.Column[Any]

    @property
    def fts(self) -> str:
        """The FTS5 table."""
        return f"{self.table}_fts"

    @property
    def keys(self) -> str:
        """The table of the rows' numbers, where there is one."""
        return f"{self.table}_fts_keys"

    @property
    def rows(self) -> str:
        """The view of the texts by number, where there is one."""
        return f"{self.table}_fts_rows"

    @property
    def triggers(self) -> tuple[str, ...]:
        """What keeps the index."""
        return tuple(f"{self.fts}_{event}" for event in ("ai", "ad", "au"))

    @property
    def is_numbered(self) -> bool:
        """Whether rows are given numbers: only INTEGER PRIMARY KEY is the rowid."""
        return self._kind != "INTEGER"

    @property
    def _kind(self) -> str:
        return self.key.type.compile(dialect=_DIALECT)

    def statements(self) -> Sequence[str]:
        """Return what makes the index, and fills it from the rows that are there."""
        made = (*(_NUMBERS if self.is_numbered else ()), _INDEX, *_KEPT, _REBUILT)
        names = self._names()
        numbered = self._numbered(names) if self.is_numbered else self._plain(names)
        names |= numbered
        names |= {"add": _ADD.format(**names), "remove": _REMOVE.format(**names)}
        return [statement.format(**names) for statement in made]

    def _names(self) -> dict[str, str]:
        columns = [*map(_quote, self.columns)]
        key = _quote(self.key.name)
        return {
            **{name: _quote(getattr(self, name)) for name in ("table", "fts", "keys")},
            "rows": _quote(self.rows),
            "key": key,
            "kind": self._kind,
            "columns": ", ".join(columns),
            "texts": ", ".join(f"t.{name}" for name in columns),
            "new_texts": ", ".join(f"new.{name}" for name in columns),
            "old_texts": ", ".join(f"old.{name}" for name in columns),
            "changed": " OR ".join(f"old.{n} IS NOT new.{n}" for n in (key, *columns)),
            "tokenizer": _TOKENIZER,
        }

    def _plain(self, names: dict[str, str]) -> dict[str, str]:
        key = names["key"]
        numbers = {"new_number": f"new.{key}", "old_number": f"old.{key}"}
        content = {"content": self.table, "number": self.key.name}
        return content | numbers | dict.fromkeys(_KEEP_NUMBERS, "")

    def _numbered(self, names: dict[str, str]) -> dict[str, str]:
        return {
            "content": self.rows,
            "number": "rowid",
            "new_number": _NUMBER_OF.format(**names, row="new"),
            "old_number": _NUMBER_OF.format(**names, row="old"),
            **{step: kept.format(**names) for step, kept in _KEEP_NUMBERS.items()},
        }


def create_index(
    op: Operations, table: str, columns: Sequence[str], key: sa.Column[Any]
) -> None:
    """Create the index with what keeps it, and fill it."""
    for statement in Index(table, columns, key).statements():
        op.execute(statement)


def drop_index(op: Operations, table: str) -> None:
    """Drop the index with what keeps it, whatever the key of the table is."""
    index = Index(table, (), sa.Column("id"))
    for trigger in index.triggers:
        op.execute(f"DROP TRIGGER {_quote(trigger)}")
    op.execute(f"DROP TABLE {_quote(index.fts)}")
    op.execute(f"DROP VIEW IF EXISTS {_quote(index.rows)}")
    op.execute(f"DROP TABLE IF EXISTS {_quote(index.keys)}")


def has_index(
    connection: sa.Connection, table: sa.Table, columns: Sequence[str]
) -> bool:
    """Look for every part, and at the columns of the FTS5 table."""
    index = Index(table.name, columns, next(iter(table.primary_key)))
    parts = {index.fts, *index.triggers}
    if index.is_numbered:
        parts |= {index.keys, index.rows}
    names = connection.exec_driver_sql("SELECT name FROM sqlite_schema").scalars()
    if not parts <= {*names}:
        return False
    query = "SELECT name FROM pragma_table_info(?)"
    found = connection.exec_driver_sql(query, (index.fts,)).scalars()
    return {*found} == {*columns}
