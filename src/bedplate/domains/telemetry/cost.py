"""Amounts of money whose sums are the same on every database."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from bedplate.errors import InvalidValueError
from bedplate.types import WholeNumber

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import Dialect as EngineDialect

__all__ = ["Cost"]

_BILLION = 10**9
_MOST = 2**63 - 1
"""Billionths that fit into the column; a sum has no more room."""


class Cost(WholeNumber):
    """An amount of money, to a billionth; kept as a whole number of billionths.

    A sum of floats depends on the order of the rows, which each database chooses for
    itself. A sum of whole numbers does not.
    """

    cache_ok = True

    @property
    def python_type(self) -> type[Any]:
        """What it is in Python, not in the database."""
        return float

    def process_bind_param(self, value: Any, dialect: EngineDialect) -> Any:
        if value is None:
            return None
        billionths = round(self._exact(value) * _BILLION)
        if abs(billionths) > _MOST:
            raise InvalidValueError(
                f"{value!r} is more than {_MOST // _BILLION:,}, the most that can be "
                "kept to a billionth",
                self.column_name,
            )
        return super().process_bind_param(billionths, dialect)

    def process_result_value(self, value: Any, dialect: EngineDialect) -> float | None:
        return None if value is None else int(value) / _BILLION

    def _exact(self, value: Any) -> Decimal:
        """Return what a number says, not the binary fraction that stands for it."""
        try:
            exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
        except (InvalidOperation, OverflowError, TypeError, ValueError):
            exact = Decimal("NaN")
        if not exact.is_finite():
            raise InvalidValueError(
                f"{value!r} is not an amount of money", self.column_name
            )
        return exact
