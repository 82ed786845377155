"""Moments in SQL: the database's own clock, and arithmetic with UTCDateTime."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from bedplate import dialects
from bedplate.types import UTCDateTime

__all__ = ["database_now", "later", "microseconds"]


class _Microseconds(FunctionElement[int]):
    """The microseconds from 1970 to a moment."""

    inherit_cache = True
    type = sa.BigInteger()


@compiles(_Microseconds)
def _compile_microseconds(element: _Microseconds, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.clauses, **options)
    return dialects.dialect(compiler.dialect.name).microseconds(column)


def microseconds(column: Any) -> sa.ColumnElement[int]:
    """Return the microseconds from 1970 to a UTCDateTime, exactly, before it too."""
    return _Microseconds(column)


class _DatabaseNow(FunctionElement[datetime]):
    """The present moment by the database's clock."""

    inherit_cache = True
    type = UTCDateTime()


@compiles(_DatabaseNow)
def _compile_now(_: _DatabaseNow, compiler: Any, **__: Any) -> str:
    return dialects.dialect(compiler.dialect.name).utc_now


def database_now() -> sa.ColumnElement[datetime]:
    """Return the present moment by the database's clock, which all workers share."""
    return _DatabaseNow()


class _Later(FunctionElement[datetime]):
    """A moment and so many microseconds."""

    inherit_cache = True
    type = UTCDateTime()


@compiles(_Later)
def _compile_later(element: _Later, compiler: Any, **options: Any) -> str:
    moment, added = (compiler.process(part, **options) for part in element.clauses)
    return dialects.dialect(compiler.dialect.name).later(moment, added)


def later(moment: Any, added: Any) -> sa.ColumnElement[datetime]:
    """Return the UTCDateTime so many microseconds after another."""
    return _Later(moment, added)
