"""What is to be done in a transfer, and how much of it is."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bedplate.ops.transfer.report import Step, TableTold, Transfer, Watch
from bedplate.ops.transfer.sums import Sum
from bedplate.ops.transfer.tables import Part, left_out, parts

if TYPE_CHECKING:
    import sqlalchemy as sa

    from bedplate.ops.transfer.sources import Source

__all__ = ["Work"]


@dataclass
class Work:
    """The tables of a source, and who watches.

    Attributes:
        source: Where the rows come from.
        parts: Its tables, parents first.
        left_out: Those of its tables that nobody declares here.
    """

    source: Source
    parts: Sequence[Part]
    left_out: Sequence[str]
    _watch: Watch | None
    _total: int = 0
    _done: int = 0
    _started: float = field(default_factory=time.perf_counter)

    @classmethod
    def of(cls, source: Source, metadata: sa.MetaData, watch: Watch | None) -> Work:
        """Look which tables there are."""
        found = parts(metadata, source.present)
        return cls(source, found, left_out(metadata, source.present), watch)

    def begin(self, *rounds: Iterable[Part]) -> None:
        """Begin to go through tables, some of them more than once."""
        self._done = self._total = 0
        if self._watch is not None:
            counts = {part.name: self.source.count(part) for part in self.parts}
            self._total = sum(counts[part.name] for some in rounds for part in some)

    def tell(self, doing: str, part: Part, rows: int) -> None:
        """Tell that some more rows are done."""
        self._done += rows
        if self._watch is not None:
            total = max(self._total, self._done)
            self._watch(Step(doing, part.name, self._done, total))

    def sum(self, source: Source, part: Part) -> Sum:
        """Read a table and sum it up."""
        summed = Sum()
        for page in source.pages(part):
            summed.add(part.kinds, page.columns)
            self.tell("comparing", part, page.rows)
        return summed

    def transfer(self, revision: str, told: Iterable[TableTold]) -> Transfer:
        """Return what was done."""
        seconds = round(time.perf_counter() - self._started, 3)
        return Transfer(revision, tuple(told), tuple(self.left_out), seconds)
