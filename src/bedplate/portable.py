"""What every column type shares: a shape of each database, and a column's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.types import TypeDecorator, TypeEngine

from bedplate import dialects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine.interfaces import Dialect as EngineDialect

__all__ = ["Portable"]


class Portable(TypeDecorator[Any]):
    """A type whose shape each dialect gives, and that knows its column's name."""

    impl: Any = sa.Text
    cache_ok = True
    column: Any = None
    repeats: bool = True
    """Whether the same value is stored in the same way each time."""

    @property
    def column_name(self) -> str | None:
        """The name of the column, which a mapped one is given after its type."""
        return getattr(self.column, "name", None)

    def load_dialect_impl(self, dialect: EngineDialect) -> TypeEngine[Any]:
        if dialect.name not in dialects.DATABASES:
            return super().load_dialect_impl(dialect)
        return self.shape(dialects.dialect(dialect.name))

    def shape(self, dialect: dialects.Dialect) -> TypeEngine[Any]:
        """Return the database's own type."""
        raise AssertionError("each type has a shape")  # abstract, but not an ABC

    def passes(self, kind: type, values: Sequence[Any], dialect: EngineDialect) -> bool:
        """Return whether all values reach the driver as they are.

        Cheaper than a look at each of them; False where only that would tell.

        Args:
            kind: The type of every value.
            values: One or more, none of them None.
            dialect: Whose driver.
        """
        return False


@event.listens_for(Portable, "before_parent_attach", propagate=True)
def _remember_column(target: Portable, parent: Any) -> None:
    target.column = parent
