"""What both faces of a database do with its replicas."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from bedplate.replicas import Replicas

if TYPE_CHECKING:
    import sqlalchemy as sa

    from bedplate.engine import Engines
    from bedplate.ops.replica_watch import ReplicaHealth
    from bedplate.session import Scope

__all__ = ["Replicated"]


class Replicated:
    """A database that may have replicas."""

    _engines: Engines
    _scope: Scope

    def __init__(self, engines: Engines) -> None:
        self._replicas = Replicas.of(engines)
        self._watch = None
        if self._replicas is not None:
            from bedplate.ops.replica_watch import ReplicaWatch

            self._watch = ReplicaWatch(engines, self._replicas)

    def engines(self) -> tuple[sa.Engine, ...]:
        """Return every engine that owns a pool, those of replicas last."""
        replicas = (one.writer for one in self._engines_of_replicas())
        return (*self._engines.pools, *replicas)

    def primary(self) -> AbstractContextManager[None]:
        """Let whatever is read in a block be read from the primary.

        It holds for the thread or task that is in the block, and for tasks that it
        starts meanwhile. Nobody needs it for what the same thread or task has written.
        Without DB_REPLICA_URLS the block changes nothing.
        """
        return self._scope.primary()

    def note_write(self) -> None:
        """Note that this thread or task has written, where another one did it for it.

        So it reads what that has committed. What it writes itself is noted by itself.
        Without DB_REPLICA_URLS nothing has to be noted.
        """
        if self._replicas is not None:
            self._replicas.wrote()

    def _engines_of_replicas(self) -> tuple[Engines, ...]:
        replicas = self._replicas
        return () if replicas is None else tuple(one.engines for one in replicas.all)

    def _health_of_replicas(self, deadline: float) -> Sequence[ReplicaHealth]:
        return () if self._watch is None else self._watch.told(deadline)

    def _leave_replicas(self) -> None:
        if self._watch is not None:
            self._watch.stop()
