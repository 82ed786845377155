"""Agents: their code in versions, of which one is active."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from bedplate.checks import check_filled
from bedplate.domains.workflows.models import AgentVersion
from bedplate.errors import AlreadyExistsError, NotFoundError, SerializationError
from bedplate.repository import DomainRepository, reads

__all__ = ["AgentVersions"]


class AgentVersions(DomainRepository):
    """What each agent runs, and what it ran before."""

    def create_agent_version(
        self,
        agent_name: str,
        version: str,
        code: str,
        description: str | None = None,
        created_by: str | None = None,
        is_active: bool = False,
    ) -> AgentVersion:
        """Store a version of an agent.

        Args:
            agent_name: The agent.
            version: What the version is called, "2" or "1.4.0".
            code: What the agent runs: source, a prompt, a configuration.
            description: What is new in it.
            created_by: Who made it, a person or an agent.
            is_active: Whether it takes the place of the active one.

        Raises:
            AlreadyExistsError: The agent has a version of that name.
            InvalidValueError: The agent's name, the version or the code is empty.
        """
        given = {"agent_name": agent_name, "version": version, "code": code}
        for column, value in given.items():
            check_filled(value, column)
        if self.get_agent_version(agent_name, version) is not None:
            raise AlreadyExistsError(f"{agent_name} has a version {version!r} already")
        made = AgentVersion(**given, description=description, created_by=created_by)
        self.of(AgentVersion).add(made)
        return self._activate(made) if is_active else made

    @reads
    def get_agent_version(self, agent_name: str, version: str) -> AgentVersion | None:
        """Return a version of an agent; letter case matters."""
        return self._first(_of_agent(agent_name).where(AgentVersion.version == version))

    @reads
    def get_active_agent_version(self, agent_name: str) -> AgentVersion | None:
        """Return the version that an agent is to run."""
        active = AgentVersion.is_active.is_not(None)
        return self._first(_of_agent(agent_name).where(active))

    def activate_agent_version(self, agent_name: str, version: str) -> AgentVersion:
        """Make a version the active one, in place of the one that is.

        One transaction: whoever asks meanwhile is given the old one or the new one.
        Of two that race the second waits, and what it wants is active in the end.

        Raises:
            NotFoundError: The agent has no such version.
        """
        found = self.get_agent_version(agent_name, version)
        if found is None:
            raise NotFoundError(f"{agent_name} has no version {version!r}")
        return self._activate(found)

    @reads
    def list_agent_versions(
        self, agent_name: str, limit: int = 100, before: int | None = None
    ) -> Sequence[AgentVersion]:
        """Return versions, the newest first; `before` is the last id seen."""
        statement = _of_agent(agent_name).order_by(AgentVersion.id.desc())
        if before is not None:
            statement = statement.where(AgentVersion.id < before)
        return self._page(statement, limit)

    def _activate(self, version: AgentVersion) -> AgentVersion:
        self._lock(version.agent_name)
        self._mark(
            False,
            AgentVersion.agent_name == version.agent_name,
            AgentVersion.is_active.is_not(None),
        )
        # By a statement: what the entity says was read before the lock was had.
        try:
            self._mark(True, AgentVersion.id == version.id)
        except sa.exc.IntegrityError as error:
            # Where an agent's first versions come at once there is no row to lock.
            raise SerializationError() from error
        return version

    def _mark(self, is_active: bool, *where: sa.ColumnElement[bool]) -> None:
        statement = sa.update(AgentVersion).where(*where).values(is_active=is_active)
        self.session.execute(statement.execution_options(synchronize_session="fetch"))

    def _lock(self, agent_name: str) -> None:
        """Let one transaction at a time change which version of an agent is active."""
        # The first version's row is the lock, looked up by its key: a search by name
        # would lock the entries of an index, which activating moves.
        first = _of_agent(agent_name).with_only_columns(sa.func.min(AgentVersion.id))
        key = self.session.scalars(first).one()
        row = sa.select(AgentVersion.id).where(AgentVersion.id == key)
        self.session.execute(row.with_for_update())


def _of_agent(agent_name: str) -> sa.Select[AgentVersion]:
    return sa.select(AgentVersion).where(AgentVersion.agent_name == agent_name)
