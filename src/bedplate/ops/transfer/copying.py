"""Rows written into a database, from wherever they come, and the two compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bedplate.errors import TransferError
from bedplate.ops import migrations, revisions, vectors
from bedplate.ops.transfer import position, sources, writing
from bedplate.ops.transfer.report import TableTold, Transfer, Watch
from bedplate.ops.transfer.sums import Sum
from bedplate.ops.transfer.work import Work
from bedplate.translation import place, translating

if TYPE_CHECKING:
    from bedplate.engine import Engines
    from bedplate.ops.transfer.sources import Source
    from bedplate.ops.transfer.tables import Part

__all__ = ["compare", "copy", "take_over"]


def copy(
    source: Engines,
    target: Engines,
    metadata: sa.MetaData,
    *,
    replace: bool = False,
    watch: Watch | None = None,
) -> Transfer:
    """Copy all rows into another database, and compare both sides.

    The target is brought to the source's revision first. A copy that was killed goes
    on where it was.

    Args:
        source: What to copy, as it is at one moment; others may write on.
        target: Where to.
        metadata: The tables.
        replace: Whether rows that are there are lost; else they are an error.
        watch: Called after each page.

    Raises:
        SchemaError: The source is not at this program's revision.
        TransferError: There are rows, or the two are not the same afterwards.
    """
    named = sources.named
    if named(source) == named(target) and not source.settings.in_memory:
        raise TransferError(f"{place(source.settings)} cannot be copied into itself")
    revisions.check_schema(source)
    with sources.opened(source) as rows:
        return take_over(rows, target, metadata, replace=replace, watch=watch)


def take_over(
    source: Source,
    target: Engines,
    metadata: sa.MetaData,
    *,
    replace: bool = False,
    watch: Watch | None = None,
) -> Transfer:
    """Write all rows of a source into a database, and compare both sides.

    Raises:
        TransferError: There are rows, or the two are not the same afterwards.
    """
    migrations.upgrade(target)
    work = Work.of(source, metadata, watch)
    _create_missing(target, work.parts)
    _prepare(target, work, replace=replace)
    known = _write_rows(work, target)
    writing.finish(target, work.parts)
    if source.has_vector_indexes(metadata):
        vectors.build(target, metadata)
    told = _compared(work, target, known)
    if told.differences:
        raise TransferError(
            f"the copy is not the same: {'; '.join(told.differences)}. Was the source "
            "changed, a file or a database between two halves of a copy? Say --replace "
            "to do it all again"
        )
    with translating(target), target.writer.begin() as connection:
        position.end(connection)
    return told


def compare(
    source: Engines,
    target: Engines,
    metadata: sa.MetaData,
    *,
    watch: Watch | None = None,
) -> Transfer:
    """Compare every table of two databases, by count and by checksum.

    Raises:
        SchemaError: One of them is not at this program's revision.
    """
    revisions.check_schema(source)
    revisions.check_schema(target)
    with sources.opened(source) as rows:
        return _compared(Work.of(rows, metadata, watch), target, {})


def _create_missing(target: Engines, found: Sequence[Part]) -> None:
    """Create what create_tables() made in the source: no revision does."""
    with translating(target), target.writer.begin() as connection:
        present = {*sa.inspect(connection).get_table_names()}
        missing = [part.table for part in found if part.name not in present]
        if missing:
            missing[0].metadata.create_all(connection, tables=missing)


def _prepare(target: Engines, work: Work, *, replace: bool) -> None:
    if replace:
        writing.clear(target, work.parts)
    with translating(target), target.writer.begin() as connection:
        if not position.is_begun(connection):
            filled = writing.has_rows(connection, work.parts)
            if filled:
                raise TransferError(
                    f"{place(target.settings)} has rows already, in "
                    f"{', '.join(filled)}: say --replace to lose them"
                )
        position.begin(connection, work.parts, work.source.name)


def _write_rows(work: Work, target: Engines) -> dict[str, Sum]:
    """Write every table; return the sums of those that were read from their start."""
    work.begin(work.parts)
    with translating(target), target.reader.connect() as connection:
        positions = position.read(connection, work.parts)
    known = {}
    for part in work.parts:
        began, summed = positions[part.name], Sum()
        work.tell("copying", part, began.rows)
        for page in work.source.pages(part, began):
            writing.put(target, part, page, began.rows + summed.rows)
            summed.add(part.kinds, page.columns)
            work.tell("copying", part, page.rows)
        if not began.rows:
            known[part.name] = summed
    for part in work.parts:
        if part.later:
            writing.fill_references(target, part, work.source.late(part))
    return known


def _compared(work: Work, target: Engines, known: dict[str, Sum]) -> Transfer:
    told = []
    with sources.opened(target) as there:
        sums = {part.name: work.source.known(part) for part in work.parts}
        sums = {name: summed or known.get(name) for name, summed in sums.items()}
        again = [part for part in work.parts if sums[part.name] is None]
        work.begin(work.parts, again)
        for part in work.parts:
            wanted = sums[part.name] or work.sum(work.source, part)
            found = work.sum(there, part) if part.name in there.present else Sum()
            told.append(
                TableTold(part.name, wanted.rows, wanted.hex, found.rows, found.hex)
            )
    return work.transfer(revisions.status(target).head, told)
