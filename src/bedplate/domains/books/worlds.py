"""The worlds that plots happen in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bedplate.domains.books.models import Plot, WorldBuilding
from bedplate.domains.books.ownership import Key, Ownership, check_name
from bedplate.repository import prepared, reads

__all__ = ["Worlds"]


class Worlds(Ownership):
    """Worlds, each of a plot, or made before there is one."""

    def create_world_building(
        self,
        world_name: str,
        world_type: str | None = None,
        overview: str | None = None,
        user_id: Key | None = None,
        plot_id: Key | None = None,
        geography: Any = None,
        political_landscape: Any = None,
        cultural_systems: Any = None,
        economic_framework: Any = None,
        historical_timeline: Any = None,
        power_systems: Any = None,
        languages_and_communication: Any = None,
        religious_and_belief_systems: Any = None,
        unique_elements: Any = None,
    ) -> WorldBuilding:
        """Create a world; its sections are JSON, without a user it is the plot's.

        Raises:
            ReferenceFailedError: There is no such user or plot.
            InvalidValueError: The name is empty, or a section is no JSON.
        """
        entity = WorldBuilding(
            world_name=check_name(world_name, "world_name"),
            world_type=world_type,
            overview=overview,
            user_id=self._owner(user_id, {Plot: plot_id}),
            plot_id=plot_id,
            geography=geography,
            political_landscape=political_landscape,
            cultural_systems=cultural_systems,
            economic_framework=economic_framework,
            historical_timeline=historical_timeline,
            power_systems=power_systems,
            languages_and_communication=languages_and_communication,
            religious_and_belief_systems=religious_and_belief_systems,
            unique_elements=unique_elements,
        )
        return self.of(WorldBuilding).add(entity)

    @prepared
    @reads
    def get_world_building(self, world_id: Key) -> WorldBuilding | None:
        """Return a world by its id."""
        return self.of(WorldBuilding).get(world_id)

    @reads
    def list_world_building(
        self,
        user_id: Key | None = None,
        plot_id: Key | None = None,
        limit: int = 100,
        after: Key | None = None,
    ) -> Sequence[WorldBuilding]:
        """Return worlds in the order of their ids, from `after` on."""
        wanted = {"user_id": user_id, "plot_id": plot_id}
        return self._listed(WorldBuilding, wanted, limit, after)

    def update_world_building(self, world_id: Key, **changes: Any) -> WorldBuilding:
        """Change what is given, by the names of the columns, and return the world.

        Raises:
            NotFoundError: There is no such world.
            InvalidValueError: There is no such column, or the name is empty.
        """
        return self._changed(WorldBuilding, world_id, changes)

    def delete_world_building(self, world_id: Key) -> bool:
        """Delete a world; return whether it was there."""
        return self.of(WorldBuilding).delete(world_id)
