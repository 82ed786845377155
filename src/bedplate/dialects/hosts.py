"""Connecting to one of several servers, for drivers that know of one alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bedplate import errors

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import Dialect as EngineDialect

    from bedplate.addresses import Address
    from bedplate.settings import Settings

__all__ = ["connected", "in_turn"]

_Kind = type[errors.BedplateError] | None

_TRY_THE_NEXT = (errors.ServerUnreachableError, errors.ConnectionLostError)
"""What says nothing of the other servers, unlike a wrong password. So does a
ConnectionFailedError itself: too many clients there, a certificate that has expired."""


def in_turn(settings: Settings) -> Sequence[Address]:
    """Return the servers in the order in which to try them."""
    found = [*settings.hosts]
    if settings.load_balance_hosts == "random":
        random.shuffle(found)
    return found


def connected(
    engine_dialect: EngineDialect,
    arguments: tuple[Sequence[Any], Mapping[str, Any]],
    settings: Settings,
    classify: Callable[[BaseException], _Kind],
    accept: Callable[[Any], None],
) -> Any:
    """Return a driver's connection to the first server that takes us.

    Args:
        engine_dialect: SQLAlchemy's, which knows the driver.
        arguments: What its connect() gets, by place and by name.
        settings: Which servers there are.
        classify: Tells which of our errors one of the driver's is.
        accept: Makes a connection ready for work, or raises NodeNotReadyError.

    Raises:
        NodeNotReadyError: The last one that was tried is not ready.
    """
    failure: BaseException = AssertionError("there is a server at least")
    given, named = arguments
    for host, port in in_turn(settings):
        connection = None
        try:
            connection = engine_dialect.connect(
                *given, **{**named, "host": host, "port": port}
            )
            accept(connection)
        except BaseException as error:
            if connection is not None:
                connection.close()
            known = (errors.NodeNotReadyError, engine_dialect.loaded_dbapi.Error)
            if not (isinstance(error, known) and _is_of_that_server(error, classify)):
                raise
            failure = error
        else:
            return connection
    raise failure


def _is_of_that_server(
    error: BaseException, classify: Callable[[BaseException], _Kind]
) -> bool:
    if isinstance(error, errors.NodeNotReadyError):
        return True
    kind = classify(error)
    unclear = kind in (None, errors.ConnectionFailedError)
    return unclear or (kind is not None and issubclass(kind, _TRY_THE_NEXT))
