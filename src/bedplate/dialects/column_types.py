"""The contract of a database: its types of columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

__all__ = ["ColumnTypes"]


class ColumnTypes(ABC):
    """How values are kept, so that they mean the same on every database."""

    def key(self) -> TypeEngine[Any]:
        """Return the type of a surrogate key: 64 bits, given by the database."""
        return sa.BigInteger()

    @abstractmethod
    def timestamp(self) -> TypeEngine[Any]:
        """Return a type that keeps microseconds."""

    @abstractmethod
    def long_text(self) -> TypeEngine[Any]:
        """Return a text type for 100 MB and more, compared by code point."""

    @abstractmethod
    def search_text(self, length: int | None) -> TypeEngine[Any]:
        """Return a text type whose words the search index compares without case."""

    @abstractmethod
    def code_text(self, length: int) -> TypeEngine[Any]:
        """Return a text type whose equality and order are those of code points.

        'a', 'A', 'á', 'a ' and a combining mark all differ, in keys as well.
        """

    def uuid(self) -> TypeEngine[Any]:
        """Return the type of a UUID: 16 bytes, or the database's own of that order."""
        return sa.LargeBinary(16)

    def vector(self) -> TypeEngine[Any]:
        """Return the type of a vector: as many bytes as there are."""
        return sa.LargeBinary()

    def json_document(self) -> TypeEngine[Any]:
        """Return the database's own JSON type, SQL NULL for None."""
        return sa.JSON(none_as_null=True)

    def double(self) -> TypeEngine[Any]:
        """Return the type of a float of 64 bits."""
        return sa.Double()

    def encode_float(self, value: float) -> Any:
        """Return what stands for a float in a column, NaN and infinities included."""
        return value

    def decode_float(self, value: Any) -> float:
        """Return the float that encode_float() was given."""
        return float(value)

    @abstractmethod
    def is_number(self, column: str) -> str:
        """Return SQL that is true where the float column holds anything but NaN."""

    @abstractmethod
    def microseconds(self, column: str) -> str:
        """Return SQL for the microseconds from 1970 to a moment, a whole number."""

    @abstractmethod
    def later(self, moment: str, added: str) -> str:
        """Return SQL for the moment so many microseconds after another."""

    @property
    @abstractmethod
    def table_options(self) -> dict[str, Any]:
        """The options of every table, under SQLAlchemy's prefixed names."""

    @property
    def counter_table_options(self) -> dict[str, Any]:
        """Further options of a table of counters under a natural key."""
        return {}
