"""Commands that show what was recorded: jobs, checkpoints, metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from bedplate.cli.output import (
    AsJson,
    Limit,
    check_choice,
    opened,
    show_json,
    show_table,
)

__all__ = ["register"]

Job = Annotated[str | None, typer.Option(help="Only of this job (its job_id).")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (jobs, checkpoints, metrics):
        app.command()(command)


def jobs(
    limit: Limit = 20,
    status: Annotated[
        str | None,
        typer.Option(help="pending, running, completed, failed or cancelled."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List training jobs, the newest first."""
    from bedplate.domains.training import JobStatus, TrainingRepository

    if status is not None:
        check_choice(status, JobStatus, "--status")
    with opened() as database:
        found = database.repository(TrainingRepository).list_training_jobs(
            limit, status
        )
        rows = [job.as_dict() for job in found]
    columns = ("job_id", "status", "progress", "message", "created_at")
    _show(rows, columns, "no job was found", as_json)


def checkpoints(limit: Limit = 20, job: Job = None, as_json: AsJson = False) -> None:
    """List checkpoints, the newest first."""
    from bedplate.domains.training import TrainingRepository

    with opened() as database:
        training = database.repository(TrainingRepository)
        found = training.list_checkpoints(limit, _id_of(training, job))
        rows = [checkpoint.as_dict() for checkpoint in found]
    columns = ("id", "epochs", "loss", "accuracy", "is_best", "notes", "created_at")
    _show(rows, columns, "no checkpoint was found", as_json)


def metrics(
    limit: Limit = 20,
    metric: Annotated[str | None, typer.Option(help="Only of this type.")] = None,
    job: Job = None,
    as_json: AsJson = False,
) -> None:
    """List measured values, the newest first."""
    from bedplate.domains.training import TrainingRepository

    with opened() as database:
        training = database.repository(TrainingRepository)
        found = training.get_accuracy_metrics(
            metric, limit=limit, training_job_id=_id_of(training, job)
        )
        rows = [value.as_dict() for value in found]
    columns = ("id", "metric_type", "step", "value", "created_at")
    _show(rows, columns, "no value was found", as_json)


def _id_of(training: Any, job_id: str | None) -> int | None:
    from bedplate.errors import NotFoundError

    if job_id is None:
        return None
    job = training.get_training_job(job_id)
    if job is None:
        raise NotFoundError(f"there is no training job {job_id!r}")
    return int(job.id)


def _show(
    rows: Sequence[dict[str, Any]], columns: Sequence[str], empty: str, as_json: bool
) -> None:
    if as_json:
        show_json(rows)
    else:
        show_table(rows, columns, empty)
