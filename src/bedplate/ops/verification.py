"""What a backup says of its tables, and whether that is what came back.

Every table is counted, and where the models are the schema's it is summed up as well,
before the backup and after it: what is the same both times is what the backup holds,
and what is put back is compared with. A table that others wrote to meanwhile is left
out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from bedplate.errors import BackupError
from bedplate.ops import revisions
from bedplate.ops.drift import is_modelled
from bedplate.ops.transfer import sources
from bedplate.ops.transfer.work import Work

if TYPE_CHECKING:
    from bedplate.engine import Engines
    from bedplate.ops.transfer.report import Watch

__all__ = ["Content", "content", "in_both", "refuse_other"]

Content = dict[str, tuple[int, str | None]]
"""Table to its rows and their checksum, None where it was only counted."""


def content(
    engines: Engines,
    metadata: sa.MetaData,
    *,
    checksums: bool = True,
    watch: Watch | None = None,
) -> Content:
    """Return what the tables of a database hold, as at one moment."""
    fits = checksums and revisions.status(engines).at_head
    with sources.opened(engines) as source:
        work = Work.of(source, metadata, watch)
        found: Content = {
            name: (source.count_table(sa.table(name)), None)
            for name in sorted(source.present)
            if is_modelled(name, "table")
        }
        if fits:
            work.begin(work.parts)
            for part in work.parts:
                summed = work.sum(source, part)
                found[part.name] = (summed.rows, summed.hex)
    return found


def in_both(before: Content, after: Content) -> Content:
    """Return what nobody has changed between the two."""
    return {name: told for name, told in before.items() if after.get(name) == told}


def refuse_other(wanted: Content, found: Content) -> None:
    """Make sure that a database holds what a backup says.

    Raises:
        BackupError: It does not.
    """
    wrong = [
        name
        for name, (rows, checksum) in wanted.items()
        if (there := found.get(name)) is None
        or there[0] != rows
        or (None not in (checksum, there[1]) and there[1] != checksum)
    ]
    if wrong:
        raise BackupError(
            f"what was put back is not what was saved, in {', '.join(wrong)}: the "
            "database is not to be relied on"
        )
