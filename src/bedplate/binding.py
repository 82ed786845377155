"""Binding a repository to a database: each of its calls is a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial, wraps
from inspect import getattr_static, isfunction, isgeneratorfunction
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import exc

from bedplate.direct import Direct, NeedsSessionError
from bedplate.errors import BedplateError, InvalidValueError
from bedplate.pools import Loan
from bedplate.prepared import is_plain
from bedplate.repository import DomainRepository
from bedplate.translation import raise_translated

if TYPE_CHECKING:
    from bedplate.session import Scope

__all__ = ["bind"]

R = TypeVar("R", bound=DomainRepository)


def bind(repository: type[R], scope: Scope) -> R:
    """Return the repository with calls that commit, or join what is open.

    Raises:
        InvalidValueError: It is not a class of repositories.
    """
    given: Any = repository  # a type checker would have refused what is refused here
    if not (isinstance(given, type) and issubclass(given, DomainRepository)):
        raise InvalidValueError(
            f"{repository!r} is not a class of repositories: give the class itself, "
            "such as TrainingRepository"
        )
    kind = _bound_class(cast("Any", repository))
    bound = kind.__new__(kind)
    bound._scope = scope
    return cast("R", bound)


@cache
def _bound_class(repository: Any) -> Any:
    members: dict[str, Any] = {
        "session": property(lambda self: self._scope.session),
        "beside": lambda self, other: bind(other, self._scope),
        "__doc__": repository.__doc__,
        "__module__": repository.__module__,
    }
    for name in dir(repository):
        method = getattr_static(repository, name)
        plain = name.startswith("_") or name in ("of", *members)
        if not plain and isfunction(method) and not isgeneratorfunction(method):
            members[name] = _transactional(method)
            if getattr(method, "__prepared__", False):
                members[name] = _prepared(method, repository, members[name])
    return type(f"Bound{repository.__name__}", (repository,), members)


def _transactional(method: Callable[..., Any]) -> Callable[..., Any]:
    read_only = bool(getattr(method, "__read_only__", False))

    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        scope: Scope = self._scope
        unit = scope.current
        if unit is not None and unit.blocks:
            with scope.joined(unit, read_only=read_only):
                return method(self, *args, **kwargs)

        def once() -> Any:
            with Loan(), scope.transaction(read_only=read_only):
                return method(self, *args, **kwargs)

        return scope.attempt(once, (*args, *kwargs.values()))

    return call


@cache
def _alone_class(repository: Any) -> Any:
    """Return a repository's class that runs its statements its own way."""
    members = {
        "_way": None,
        "beside": _beside,
        "dialect": property(lambda self: self._way.database),
        "session": property(lambda self: self._way.refuse()),
    }
    return type(repository.__name__, (repository,), members)


def _beside(self: Any, other: Any) -> Any:
    beside = object.__new__(_alone_class(other))
    beside._way = self._way
    return beside


def _prepared(
    method: Callable[..., Any], repository: Any, otherwise: Callable[..., Any]
) -> Callable[..., Any]:
    read_only = bool(getattr(method, "__read_only__", False))
    kind = _alone_class(repository)
    model = getattr(repository, "model", None)  # that of a Repository

    def once(self: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        scope: Scope = self._scope
        engines = scope.reading if read_only else scope.engines
        if not (engines is scope.engines or engines.may_go_direct(read_only=True)):
            return otherwise(self, *args, **kwargs)  # as a replica's URL may say
        alone = object.__new__(kind)
        try:
            with Direct.lent(engines, read_only) as alone._way:
                return method(alone, *args, **kwargs)
        except exc.SQLAlchemyError as error:
            raise_translated(error, engines)
        finally:
            if scope.replicas is not None and not read_only:
                scope.replicas.wrote()

    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        scope: Scope = self._scope
        plain = model is None or is_plain(model)
        if not (plain and scope.may_go_direct(read_only=read_only)):
            return otherwise(self, *args, **kwargs)
        failed: BedplateError | None = None
        try:
            return once(self, args, kwargs)
        except NeedsSessionError:
            pass
        except BedplateError as error:
            failed = error
        try:
            if failed is not None:
                again = partial(once, self, args, kwargs)
                return scope.attempt(again, (*args, *kwargs.values()), failed=failed)
        except NeedsSessionError:
            pass
        return otherwise(self, *args, **kwargs)

    return call
