"""Audit triggers of databases that have one for each way a row can change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from bedplate.dialects.audits import KEPT, LOG, Audited, Audits, literal

__all__ = ["RowTriggers"]

_SIDES = {"insert": ("", "new"), "update": ("old", "new"), "delete": ("old", "")}
"""What has happened to a row, and which of its states there are."""


class RowTriggers(Audits):
    """Three triggers a table; their body is one statement."""

    noted: ClassVar[str] = (
        "at, table_name, action, row_key, actor, login, old_values, new_values"
    )
    """The columns of the log that are written."""
    moment: ClassVar[str]
    """SQL for now."""
    actor: ClassVar[str]
    login: ClassVar[str]
    body: ClassVar[str]
    """What stands around the statement of a trigger."""
    refusal: ClassVar[str]
    """The statement that raises an error, given its text."""

    def on(self, table: Audited) -> Sequence[str]:
        return [self._trigger(table, action) for action in _SIDES]

    def off(self, table: str) -> Sequence[str]:
        return [f"DROP TRIGGER IF EXISTS {self.quote(n)}" for n in self.names(table)]

    def names(self, table: str) -> Sequence[str]:
        return [f"{LOG}_{table}_{action[0]}" for action in _SIDES]

    def protection(self) -> Sequence[str]:
        refusal = self.body.format(self.refusal.format(literal(KEPT)))
        names = {f"{LOG}_keep_{verb[0]}": verb for verb in ("update", "delete")}
        return [  # a run that was killed half way may have left them
            *(f"DROP TRIGGER IF EXISTS {name}" for name in names),
            *(
                f"CREATE TRIGGER {name} BEFORE {verb} ON {LOG} {refusal}"
                for name, verb in names.items()
            ),
        ]

    def _trigger(self, table: Audited, action: str) -> str:
        old, new = _SIDES[action]
        values = (
            self.moment,
            literal(table.name),
            literal(action),
            self.key(table, old or new),
            self.actor,
            self.login,
            self.values(table, old) if old else "NULL",
            self.values(table, new) if new else "NULL",
        )
        statement = f"INSERT INTO {LOG} ({self.noted}) VALUES ({', '.join(values)})"  # noqa: S608  # names and our own SQL
        name = self.quote(f"{LOG}_{table.name}_{action[0]}")
        where = f"AFTER {action} ON {self.quote(table.name)}"
        return f"CREATE TRIGGER {name} {where} {self.body.format(statement)}"
