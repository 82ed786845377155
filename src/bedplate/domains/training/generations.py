"""Generated texts and how they were rated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from bedplate.checks import check_whole
from bedplate.domains.training.models import GenerationHistory
from bedplate.repository import DomainRepository, reads

__all__ = ["GenerationHistories"]


class GenerationHistories(DomainRepository):
    """What models were asked, what they answered, what people thought of it."""

    def record_generation(
        self,
        prompt: str,
        response: str,
        model: str | None = None,
        parameters: dict[str, Any] | None = None,
        quality_score: float | None = None,
    ) -> GenerationHistory:
        """Record a generated text."""
        generation = GenerationHistory(
            prompt=prompt,
            response=response,
            model=model,
            parameters=parameters,
            quality_score=quality_score,
        )
        return self.of(GenerationHistory).add(generation)

    @reads
    def get_generation_history(
        self, limit: int = 100, model: str | None = None, before: int | None = None
    ) -> Sequence[GenerationHistory]:
        """Return generations, the newest first; `before` is the last id seen."""
        statement = sa.select(GenerationHistory).order_by(GenerationHistory.id.desc())
        if model is not None:
            statement = statement.where(GenerationHistory.model == model)
        if before is not None:
            statement = statement.where(GenerationHistory.id < before)
        return self._page(statement, limit)

    def clear_generation_history(self) -> int:
        """Delete every generation; return how many there were."""
        deleted = self.session.execute(sa.delete(GenerationHistory))
        return int(deleted.rowcount)  # type: ignore[attr-defined]  # of a DELETE

    def update_generation_rating(
        self, generation_id: int, rating: int
    ) -> GenerationHistory:
        """Rate a generation from 1 to 5.

        Raises:
            InvalidValueError: The rating is not a whole number from 1 to 5.
            NotFoundError: There is no such generation.
        """
        check_whole(rating, "rating", 1, 5)
        return self.of(GenerationHistory).update(generation_id, user_rating=rating)
