"""Alerts: what an agent wants people to know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from bedplate.base import utcnow
from bedplate.checks import check_filled, check_row
from bedplate.domains.workflows.models import Alert
from bedplate.repository import DomainRepository, reads

__all__ = ["Alerts"]


class Alerts(DomainRepository):
    """What was noticed, and where."""

    def insert_alert(
        self, title: str, message: str, source_url: str | None = None
    ) -> Alert:
        """Store an alert.

        Raises:
            InvalidValueError: The title or the message is empty.
        """
        row = _row({"title": title, "message": message, "source_url": source_url})
        return self.of(Alert).add(Alert(**row))

    def insert_alerts(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Store many alerts at once; return how many.

        Args:
            rows: Mappings with title and message, and if there is one source_url.

        Raises:
            InvalidValueError: A title or a message is empty.
        """
        return self.of(Alert).add_many(map(_row, rows))

    @reads
    def list_alerts(
        self, limit: int = 100, before: int | None = None
    ) -> Sequence[Alert]:
        """Return alerts, the newest first; `before` is the last id seen."""
        statement = sa.select(Alert).order_by(Alert.id.desc())
        if before is not None:
            statement = statement.where(Alert.id < before)
        return self._page(statement, limit)


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    for name in ("title", "message"):
        check_filled(check_row(row).get(name), name)
    return {"source_url": None, "created_at": utcnow(), **row}
