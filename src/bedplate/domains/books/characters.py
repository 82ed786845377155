"""Who appears in a plot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bedplate.domains.books.models import Character, Plot
from bedplate.domains.books.ownership import Key, Ownership, check_name
from bedplate.repository import prepared, reads

__all__ = ["Characters"]


class Characters(Ownership):
    """Characters, each of a plot, or made before there is one."""

    def create_character(
        self,
        name: str,
        role: str | None = None,
        description: str | None = None,
        backstory: str | None = None,
        traits: Any = None,
        relationships: Any = None,
        user_id: Key | None = None,
        plot_id: Key | None = None,
    ) -> Character:
        """Create a character; without a user it is the plot's user's.

        Raises:
            ReferenceFailedError: There is no such user or plot.
            InvalidValueError: The name is empty, or the traits are no JSON.
        """
        entity = Character(
            name=check_name(name, "name"),
            role=role,
            description=description,
            backstory=backstory,
            traits=traits,
            relationships=relationships,
            user_id=self._owner(user_id, {Plot: plot_id}),
            plot_id=plot_id,
        )
        return self.of(Character).add(entity)

    @prepared
    @reads
    def get_character(self, character_id: Key) -> Character | None:
        """Return a character by its id."""
        return self.of(Character).get(character_id)

    @reads
    def list_characters(
        self,
        user_id: Key | None = None,
        plot_id: Key | None = None,
        limit: int = 100,
        after: Key | None = None,
    ) -> Sequence[Character]:
        """Return characters in the order of their ids, from `after` on."""
        wanted = {"user_id": user_id, "plot_id": plot_id}
        return self._listed(Character, wanted, limit, after)

    def update_character(self, character_id: Key, **changes: Any) -> Character:
        """Change what is given, by the names of the columns, and return the character.

        Raises:
            NotFoundError: There is no such character.
            InvalidValueError: There is no such column, or the name is empty.
        """
        return self._changed(Character, character_id, changes)

    def delete_character(self, character_id: Key) -> bool:
        """Delete a character; return whether it was there."""
        return self.of(Character).delete(character_id)
