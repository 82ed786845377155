"""Configurations of models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from bedplate.checks import check_text
from bedplate.domains.training.models import NeuralConfig
from bedplate.errors import AlreadyExistsError, InvalidValueError
from bedplate.repository import DomainRepository, prepared, reads

__all__ = ["NeuralConfigs"]


class NeuralConfigs(DomainRepository):
    """What a model was configured with, by name."""

    def create_neural_config(self, name: str, config: dict[str, Any]) -> NeuralConfig:
        """Store a configuration under a new name.

        Raises:
            AlreadyExistsError: There is one of that name.
            InvalidValueError: The name is empty, or the configuration is no JSON.
        """
        _check_name(name)
        if self.get_neural_config_by_name(name) is not None:
            raise AlreadyExistsError(f"there is a configuration named {name!r} already")
        return self.of(NeuralConfig).add(NeuralConfig(name=name, config=config))

    @prepared
    @reads
    def get_neural_config(self, config_id: int) -> NeuralConfig | None:
        """Return a configuration by its id."""
        return self.of(NeuralConfig).get(config_id)

    @reads
    def get_neural_config_by_name(self, name: str) -> NeuralConfig | None:
        """Return a configuration by its name; letter case matters."""
        return self._first(sa.select(NeuralConfig).where(NeuralConfig.name == name))

    @reads
    def list_neural_configs(
        self, limit: int = 100, after: int | None = None
    ) -> Sequence[NeuralConfig]:
        """Return configurations in the order of their ids, from `after` on."""
        return self.of(NeuralConfig).list(limit=limit, after=after)

    def update_neural_config(
        self,
        config_id: int,
        name: str | None = None,
        config: dict[str, Any] | None = None,
    ) -> NeuralConfig:
        """Change the name or the configuration; what is None stays.

        Raises:
            NotFoundError: There is no such configuration.
            AlreadyExistsError: Another one has that name.
        """
        if name is not None:
            _check_name(name)
        given = {"name": name, "config": config}
        changes = {key: value for key, value in given.items() if value is not None}
        return self.of(NeuralConfig).update(config_id, **changes)

    def delete_neural_config(self, config_id: int) -> bool:
        """Delete a configuration with its jobs; return whether it was there."""
        return self.of(NeuralConfig).delete(config_id)


def _check_name(name: str) -> None:
    check_text(name, "name")
    if not name or name != name.strip():
        raise InvalidValueError(
            f"{name!r} is empty or has spaces around it, which no one can see", "name"
        )
