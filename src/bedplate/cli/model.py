"""Commands for the model: train, generate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bedplate.cli.output import AsJson, opened, show_json

if TYPE_CHECKING:
    from bedplate.domains.training import TrainingJob, TrainingRepository
    from bedplate.domains.training.runs import RunProgress

__all__ = ["register"]

Order = Annotated[
    int, typer.Option("--order", min=1, max=32, help="The length of an n-gram.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (train, generate):
        app.command()(command)


def train(
    context: typer.Context,
    order: Order = 5,
    corpus: Annotated[
        list[int] | None,
        typer.Option(help="The id of a text to train on; all texts if not given."),
    ] = None,
    chunk: Annotated[
        int, typer.Option(min=1, help="Characters trained in one transaction.")
    ] = 1_000_000,
    holdout: Annotated[
        float, typer.Option(min=0, max=0.99, help="The share kept for measuring.")
    ] = 0.05,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Clear the model of this order first.")
    ] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with the newest run that did not finish."),
    ] = False,
    queue: Annotated[
        bool, typer.Option("--queue", help="Only queue the run: a worker trains it.")
    ] = False,
    job: Annotated[
        str | None, typer.Option(help="With --resume: the job to go on with.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a Markov model on the texts, as a job that can be killed and resumed.

    Each chunk's counts, progress, checkpoint and measured quality are committed
    together. Without --fresh the counts are added to what the model has.
    """
    from bedplate.domains.training import TrainingRepository

    if resume:
        _refuse_a_new_run(context)
    elif job is not None:
        raise typer.BadParameter("--job is for a run to go on with: say --resume too")
    with opened() as database:
        training = database.repository(TrainingRepository)
        if resume:
            run = _unfinished(training, job)
        else:
            run = training.start_markov_run(order, corpus, chunk, holdout, fresh)
        last = None if queue else _train(training, run, quiet=as_json)
    if last is None:
        _tell_queued(run, as_json)
    elif as_json:
        show_json(last)
    else:
        _tell_trained(last)


def _tell_trained(last: RunProgress) -> None:
    typer.echo(
        f"job {last.job_id}: {last.characters:,} characters in {last.chunk} chunks"
    )
    if last.bits_per_character is not None and last.accuracy is not None:
        typer.echo(
            f"held-out text: {last.bits_per_character:.3f} bits per character, "
            f"{last.accuracy:.1%} of the next characters right"
        )


def _refuse_a_new_run(context: typer.Context) -> None:
    """Refuse options of a new run beside --resume: that run has its own."""
    for name in ("order", "corpus", "chunk", "holdout", "fresh", "queue"):
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise typer.BadParameter(f"--{name} is for a new run: leave --resume out")


def generate(
    prompt: Annotated[str, typer.Option(help="What to go on from.")] = "",
    order: Order = 5,
    length: Annotated[int, typer.Option(min=0, help="Characters to write.")] = 200,
    seed: Annotated[int | None, typer.Option(help="For the same text again.")] = None,
    as_json: AsJson = False,
) -> None:
    """Let the model go on from a prompt, and record what it wrote."""
    from bedplate.domains.training import TrainingRepository

    with opened() as database:
        training = database.repository(TrainingRepository)
        text = training.generate_text(order, prompt, length, seed)
        parameters: dict[str, Any] = {"order": order, "length": length, "seed": seed}
        record = training.record_generation(prompt, text, f"markov-{order}", parameters)
    if as_json:
        show_json(record.as_dict())
    else:
        typer.echo(prompt + text)


def _tell_queued(run: TrainingJob, as_json: bool) -> None:
    if as_json:
        show_json(run.as_dict())
    else:
        typer.echo(f"job {run.job_id}: queued")


def _unfinished(training: TrainingRepository, job_id: str | None) -> TrainingJob:
    from bedplate.errors import NotFoundError

    if job_id is None:
        run = training.get_unfinished_run()
    else:
        run = training.get_training_job(job_id)
    if run is None:
        raise NotFoundError(
            f"there is no job {job_id}" if job_id else "there is no run to resume"
        )
    return run


def _train(
    training: TrainingRepository, run: TrainingJob, *, quiet: bool
) -> RunProgress:
    from bedplate.errors import BedplateError, TransitionError

    total = training.get_markov_plan(run.job_id).characters
    try:
        with _bar(total, quiet=quiet) as advance:
            while True:
                progress = training.train_markov_chunk(run.job_id)
                advance(progress)
                if progress.done:
                    return progress
    except KeyboardInterrupt:
        _mark(training, run.job_id, "cancelled", message="interrupted")
        typer.echo(f"go on with: bedplate train --resume --job {run.job_id}", err=True)
        raise
    except TransitionError:
        raise  # the job was not running: it keeps the state it is in
    except BedplateError as error:
        _mark(training, run.job_id, "failed", error=str(error))
        raise


def _mark(training: TrainingRepository, job_id: str, status: str, **told: Any) -> None:
    """Note how a run ended with its job, if the database still lets us."""
    from bedplate.errors import BedplateError, TransitionError

    try:
        training.update_training_job(job_id, status, **told)
    except TransitionError:
        return  # it had just completed
    except BedplateError:
        typer.echo(f"(the job could not be marked as {status})", err=True)


@contextmanager
def _bar(total: int, *, quiet: bool) -> Iterator[Any]:
    """Show how far the run is, on stderr, where somebody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    with Progress(
        TextColumn("training"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[measured]}"),
        TimeRemainingColumn(),
        console=console,
        disable=quiet or not console.is_terminal,
    ) as progress:
        task = progress.add_task("training", total=max(total, 1), measured="")

        def advance(found: RunProgress) -> None:
            bits = found.bits_per_character
            measured = "" if bits is None else f"{bits:.3f} bits/char"
            progress.update(task, completed=found.characters, measured=measured)

        yield advance
