"""The contract of a database: how it notes who changed what, by triggers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = [
    "ACTOR",
    "KEPT",
    "LOG",
    "SEPARATOR",
    "Audited",
    "Audits",
    "Kind",
    "Reference",
]

Kind = Literal[
    "text", "json", "binary", "uuid", "moment", "flag", "real", "whole", "other"
]
"""What a column holds, as far as it matters for writing it down."""

LOG = "bedplate_audit"
"""The table of changes; the names of triggers begin with it as well."""

ACTOR = "bedplate_actor"
"""Where the actor of the open transaction stands, in whatever way."""

KEPT = "the audit log is only ever added to"
"""What whoever would change it is told."""

SEPARATOR = 31
"""The code of the sign between the parts of a key of several columns."""

_LONG = 2_000
"""Characters of a text from which on it is cut, and its length told."""


@dataclass(frozen=True)
class Audited:
    """A table whose changes are noted.

    Attributes:
        name: Its name.
        columns: Its columns and what they hold, in their order.
        key: Those of the primary key.
    """

    name: str
    columns: Mapping[str, Kind]
    key: Sequence[str]


@dataclass(frozen=True)
class Reference:
    """A foreign key by which rows change when the row goes that they refer to.

    Attributes:
        child: The table of those rows.
        columns: Their columns.
        parent: The table that they refer to.
        targets: Its columns.
        clears: Whether the columns become NULL; else the rows are deleted.
    """

    child: str
    columns: tuple[str, ...]
    parent: str
    targets: tuple[str, ...]
    clears: bool


class Audits(ABC):
    """What most databases do alike: values written as JSON, one row of the log each."""

    alters_with_triggers: ClassVar[bool] = True
    """Whether a table can be altered while triggers name its columns."""

    preparer: ClassVar[Any]
    """What quotes names, SQLAlchemy's."""

    def quote(self, name: str) -> str:
        """Return a name as SQL, in quotes where it needs them."""
        quoted: str = self.preparer.quote(name)
        # Doubled for statements with parameters, which these are not.
        return quoted.replace("%%", "%") if self.preparer._double_percents else quoted

    @abstractmethod
    def on(self, table: Audited) -> Sequence[str]:
        """Return the statements that have each change noted."""

    @abstractmethod
    def off(self, table: str) -> Sequence[str]:
        """Return the statements that end it, done or half done."""

    @abstractmethod
    def protection(self) -> Sequence[str]:
        """Return the statements that let the log be added to, and no more."""

    @abstractmethod
    def triggers(self, connection: Connection) -> set[str]:
        """Return the names of triggers there are."""

    @abstractmethod
    def names(self, table: str) -> Sequence[str]:
        """Return the names of a table's triggers."""

    def cascades(
        self, references: Sequence[Reference], audited: Mapping[str, Audited]
    ) -> Mapping[str, str]:
        """Return triggers by their names, for rows that go with others.

        None, where a database runs the rows' own triggers for them.
        """
        return {}

    def cascades_in(self, triggers: Iterable[str]) -> Sequence[str]:
        """Return which of these triggers are such."""
        return ()

    @abstractmethod
    def act_as(self, connection: Connection, actor: str) -> None:
        """Name the actor of the open transaction."""

    def end(self, connection: Connection) -> None:  # noqa: B027  # most need nothing
        """Forget the actor; called before each COMMIT and ROLLBACK."""

    # Values

    def values(self, table: Audited, row: str, cleared: Sequence[str] = ()) -> str:
        """Return SQL for a row as the text of a JSON object, some columns cleared."""
        return self.object_of(
            {
                name: "NULL"
                if name in cleared
                else getattr(self, f"of_{kind}")(f"{row}.{self.quote(name)}")
                for name, kind in table.columns.items()
            }
        )

    def key(self, table: Audited, row: str) -> str:
        """Return SQL for the key of a row as text."""
        return self.joined(
            [
                self.of_uuid(column)
                if table.columns[name] == "uuid"
                else self.as_text(column)
                for name in table.key
                for column in [f"{row}.{self.quote(name)}"]
            ]
        )

    @abstractmethod
    def object_of(self, values: Mapping[str, str]) -> str:
        """Return SQL for a JSON object, given SQL for its values, as text."""

    @abstractmethod
    def joined(self, parts: Sequence[str]) -> str:
        """Return SQL for texts with the separator between them."""

    @abstractmethod
    def as_text(self, column: str) -> str:
        """Return SQL for a value as text."""

    @abstractmethod
    def concat(self, *parts: str) -> str:
        """Return SQL for texts one after the other, NULL where one is."""

    length: ClassVar[str] = "length"

    def cut(self, text: str, written: str = "{}") -> str:
        """Return SQL for a text, or its beginning and its length where it is long.

        Args:
            text: SQL for it.
            written: What is made of a text that is cut.
        """
        length = f"{self.length}({text})"
        begins = f"substr({text}, 1, {_LONG})"
        told = self.concat(begins, "'... ['", self.as_text(length), "' characters]'")
        made = written.format(told)
        return f"CASE WHEN {length} > {_LONG} THEN {made} ELSE {text} END"

    def of_text(self, column: str) -> str:
        return self.cut(column)

    @abstractmethod
    def of_json(self, column: str) -> str: ...

    def of_binary(self, column: str) -> str:
        size = self.as_text(f"length({column})")
        return self.concat("'['", size, "' bytes]'")

    def of_uuid(self, column: str) -> str:
        places = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        parts = [f"substr(lower(hex({column})), {at}, {n})" for at, n in places]
        dashed = [piece for part in parts for piece in ("'-'", part)][1:]
        return self.concat(*dashed)

    @abstractmethod
    def of_moment(self, column: str) -> str: ...

    @abstractmethod
    def of_flag(self, column: str) -> str: ...

    @abstractmethod
    def of_real(self, column: str) -> str: ...

    def of_whole(self, column: str) -> str:
        return column

    def of_other(self, column: str) -> str:
        return self.as_text(column)


def literal(text: str) -> str:
    """Return a text as SQL; names and JSON's names of columns are such."""
    return "'" + text.replace("'", "''") + "'"
