"""Columns of text: of any length, with an index of its words, or a name.

Text is compared by code point on every database, and what one of them could not hold
is refused on all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bedplate import dialects
from bedplate.checks import check_text, is_storable
from bedplate.portable import Portable

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.engine.interfaces import Dialect as EngineDialect
    from sqlalchemy.types import TypeEngine

__all__ = ["CodeText", "LongText", "SearchText", "searched"]

_LARGE = 1_000_000
"""Characters that every server takes at once, however they are escaped."""

_SHORT = 1_000
"""Characters of texts that are looked through together, not one by one."""


class _Text(Portable):
    """Text that is checked on its way in; comparing with it is checked as well."""

    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__()
        self.length = length

    def process_bind_param(self, value: Any, dialect: EngineDialect) -> Any:
        return _checked_text(value, self.column_name, self.length, dialect)

    def bind_processor(self, dialect: EngineDialect) -> Any:
        own = type(self).process_bind_param is not _Text.process_bind_param
        if own or self.impl_instance.bind_processor(dialect):
            return super().bind_processor(dialect)  # a subclass does more
        name, length = self.column_name, self.length  # looked up once
        most = _LARGE if length is None else min(length, _LARGE)

        def ready(value: Any) -> Any:
            usual = type(value) is str and len(value) <= most and value.isascii()
            if usual and "\0" not in value:
                return value
            return _checked_text(value, name, length, dialect)

        return ready

    def passes(self, kind: type, values: Sequence[Any], dialect: EngineDialect) -> bool:
        limit = _SHORT if self.length is None else self.length
        if kind is not str or max(map(len, values)) > limit:
            return False
        return is_storable("".join(values))


def _checked_text(
    value: Any, name: str | None, length: int | None, dialect: EngineDialect
) -> Any:
    if value is None:
        return None
    text = check_text(value, name, length)
    if len(text) > _LARGE and dialect.name in dialects.DATABASES:
        dialects.dialect(dialect.name).check_size(dialect, text, name)
    return text


class LongText(_Text):
    """Text of any length (100 MB and more), compared by code point."""

    cache_ok = True

    def shape(self, dialect: dialects.Dialect) -> TypeEngine[Any]:
        return dialect.long_text()


class SearchText(_Text):
    """Text with an index of its words; `length` in characters, None for any."""

    cache_ok = True

    def shape(self, dialect: dialects.Dialect) -> TypeEngine[Any]:
        return dialect.search_text(self.length)


def searched(table: sa.Table) -> tuple[str, ...]:
    """Return the columns of a table that its search index is about."""
    return tuple(c.name for c in table.columns if isinstance(c.type, SearchText))


class CodeText(_Text):
    """A name, an identifier or an n-gram: equal and ordered by code point."""

    cache_ok = True
    length: int

    def __init__(self, length: int) -> None:
        super().__init__(length)

    def shape(self, dialect: dialects.Dialect) -> TypeEngine[Any]:
        return dialect.code_text(self.length)
