"""A progress bar for long work, on a terminal only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bedplate.ops.transfer.report import Step, Watch

__all__ = ["watching"]


@contextmanager
def watching(*, hidden: bool) -> Iterator[Watch | None]:
    """Give what draws a bar, or None where nobody would see it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    console = Console(stderr=True)
    if hidden or not console.is_terminal:
        yield None
        return
    text = TextColumn("{task.description}", markup=False)
    columns = (text, BarColumn(), MofNCompleteColumn(), TimeLeft())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("")

        def watch(step: Step) -> None:
            progress.update(
                task,
                description=f"{step.doing} {step.table}",
                completed=step.rows,
                total=step.total,
            )

        yield watch
