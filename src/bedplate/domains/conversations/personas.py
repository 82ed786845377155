"""Personas: whom the model speaks as."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from bedplate.domains.conversations.models import Persona
from bedplate.domains.conversations.values import changeable, check_name
from bedplate.repository import DomainRepository, prepared, reads

__all__ = ["Personas"]


class Personas(DomainRepository):
    """Personas, by id or by name."""

    def create_persona(
        self,
        name: str,
        description: str | None = None,
        system_prompt: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> Persona:
        """Create a persona under a new name.

        Raises:
            AlreadyExistsError: There is one of that name.
            InvalidValueError: The name is empty or has spaces around it.
        """
        persona = Persona(
            name=check_name(name),
            description=description,
            system_prompt=system_prompt,
            metadata_=metadata,
        )
        return self.of(Persona).add(persona)

    @prepared
    @reads
    def get_persona(self, persona_id: UUID) -> Persona | None:
        """Return a persona by its id."""
        return self.of(Persona).get(persona_id)

    @reads
    def get_persona_by_name(self, name: str) -> Persona | None:
        """Return a persona by its name; letter case matters."""
        return self._first(sa.select(Persona).where(Persona.name == name))

    @reads
    def list_personas(
        self, limit: int = 100, after: UUID | None = None
    ) -> Sequence[Persona]:
        """Return personas, the oldest first; `after` is the last id of a page."""
        return self.of(Persona).list(limit=limit, after=after)

    def update_persona(self, persona_id: UUID, **changes: Any) -> Persona:
        """Change columns of a persona, by their names, and return it.

        Raises:
            NotFoundError: There is no such persona.
            InvalidValueError: It has no such column, or not that value.
            AlreadyExistsError: Another one has that name.
        """
        return self.of(Persona).update(persona_id, **changeable(Persona, changes))

    def delete_persona(self, persona_id: UUID) -> bool:
        """Delete a persona with its states; conversations and memories stay."""
        return self.of(Persona).delete(persona_id)
