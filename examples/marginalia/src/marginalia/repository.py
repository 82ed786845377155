"""What the program asks of its tables."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from bedplate import Repository
from bedplate.repository import reads
from marginalia.tables import Remark

__all__ = ["Remarks"]


class Remarks(Repository[Remark]):
    """Remarks, in the order of the text."""

    @reads
    def list_beside(self, corpus_id: int, limit: int = 100) -> Sequence[Remark]:
        """Return the remarks on a text, in the order of their places."""
        statement = sa.select(Remark).where(Remark.corpus_id == corpus_id)
        return self._page(statement.order_by(Remark.position, Remark.id), limit)

    @reads
    def count_by_author(self) -> dict[str, int]:
        """Return how many remarks each author has written."""
        statement = sa.select(Remark.author, sa.func.count()).group_by(Remark.author)
        return dict(self.session.execute(statement.order_by(Remark.author)).all())  # type: ignore[arg-type]  # rows of two
