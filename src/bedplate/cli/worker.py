"""The command for working on the queue: worker."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from bedplate.cli.output import AsJson, complain, opened

if TYPE_CHECKING:
    from bedplate.worker import Worked, Worker

__all__ = ["register"]

_WAITING = (
    "waiting for runs that `bedplate train --queue` has queued (Ctrl-C ends it after "
    "the chunk it trains)"
)
_STOPPING = (
    "worker: ending after the chunk it trains, whose job goes back to the queue; once "
    "more ends it at once\n"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(worker)


def worker(
    name: Annotated[
        str | None, typer.Option(help="Who claims; host and process if not given.")
    ] = None,
    lease: Annotated[
        float, typer.Option(min=1, help="Seconds until a silent worker's job is free.")
    ] = 60.0,
    poll: Annotated[
        float, typer.Option(min=0.01, help="Seconds between two looks for a job.")
    ] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="End after one job.")] = False,
    drain: Annotated[
        bool, typer.Option("--drain", help="End when nothing is queued.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train queued runs until told to stop; many workers share a queue.

    SIGTERM, or Ctrl-C, ends it after the chunk that is being trained, and gives the job
    back; a second one ends it at once, and the job is free when its lease has run out.
    `bedplate train --queue` queues a run. The exit code is 1 if a job failed for good.
    """
    from bedplate.worker import Worker

    failed = False
    with opened() as database:
        working = Worker(database, name, lease, poll)
        with _stopped_by_signals(working):
            if not (drain or once):
                complain(_WAITING, "worker")
            for worked in working.work(drain=drain or once):
                failed = failed or worked.outcome == "failed"
                _tell(worked, as_json)
                if once:
                    break
    if failed:
        raise typer.Exit(1)


def _tell(worked: Worked, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(worked), ensure_ascii=False))
        return
    typer.echo(
        f"job {worked.job_id}: {worked.outcome}, {worked.characters:,} characters"
    )
    if worked.error:
        complain(worked.error, "job")


@contextmanager
def _stopped_by_signals(working: Worker) -> Iterator[None]:
    """Let the first signal stop the worker, and the second be what it was before."""
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}

    def put_back() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def stop(*_: object) -> None:
        working.stop()
        put_back()
        # Not by a stream, in the midst of whose own writing a signal may come.
        with suppress(OSError):
            os.write(2, _STOPPING.encode())

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        put_back()
