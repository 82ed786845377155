"""What goes over the wire: requests, answers, pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from bedplate.domains.training.models import MAX_ORDER, JobStatus
from bedplate.domains.workflows.models import WorkflowStatus
from bedplate.ops.pool_metrics import PoolMetrics
from bedplate.ops.query_metrics import QueryMetrics

__all__ = [
    "After",
    "Before",
    "Corpus",
    "CorpusIn",
    "Curve",
    "Generated",
    "GenerationIn",
    "Hit",
    "Job",
    "JobId",
    "JobIn",
    "JobUpdate",
    "Key",
    "Limit",
    "Metric",
    "MetricFilter",
    "MetricIn",
    "MetricsIn",
    "NameFilter",
    "Page",
    "Part",
    "Performance",
    "Recorded",
    "Schema",
    "Setting",
    "State",
    "Summary",
    "Table",
    "Tables",
    "Workflow",
    "WorkflowIn",
    "WorkflowStep",
    "WorkflowUpdate",
    "page",
]

T = TypeVar("T")
_LARGEST_KEY = 2**53 - 1
"""The largest number that every reader of JSON takes for itself."""


Key = Annotated[int, Path(ge=1, le=_LARGEST_KEY)]


def _whole(value: Any) -> Any:
    is_whole = isinstance(value, float) and value.is_integer()
    return int(value) if is_whole else value


_Whole = BeforeValidator(_whole)
"""JSON has numbers of one kind: 7.0 is an integer as well; true and "7" are none."""

Row = Annotated[int, Field(strict=True, ge=1, le=_LARGEST_KEY), _Whole]
Natural = Annotated[int, Field(strict=True, ge=0, le=_LARGEST_KEY), _Whole]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most.")]
Before = Annotated[
    int | None,
    Query(ge=1, le=_LARGEST_KEY, description="`next` of the page before."),
]
After = Before
JobId = Annotated[str, Path(min_length=1, max_length=64)]
NameFilter = Annotated[str | None, Query(min_length=1, max_length=255)]
MetricFilter = Annotated[str | None, Query(min_length=1, max_length=100)]


def _shown(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character, which not every database can store")
    return text


Measured = Annotated[
    Annotated[float, Field(strict=True)] | Literal["nan", "inf", "-inf"],
    AfterValidator(float),
]
"""A number as it is sent: true is none, nor is "1"."""

Number = Annotated[
    float,
    PlainSerializer(_shown, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"enum": ["nan", "inf", "-inf"]}]}),
]
"""A number; JSON knows neither NaN nor the infinities, so these are words."""

# Words or none: a check of one's own says more than a pattern that does not match.
Text = Annotated[
    str,
    AfterValidator(_without_nul),
    Field(json_schema_extra={"pattern": r"^[^\x00]*$"}),
]
Name = Annotated[Text, Field(min_length=1, max_length=255)]


class _In(BaseModel):
    """A request: what it does not know it refuses."""

    model_config = ConfigDict(extra="forbid")


class _Out(BaseModel):
    """An answer, read from the attributes of an entity."""

    model_config = ConfigDict(from_attributes=True)


class Page(BaseModel, Generic[T]):
    """Some of a list.

    Attributes:
        items: The rows.
        next: What to ask the next page with; null where there is none.
    """

    items: list[T]
    next: int | None


def page(rows: Sequence[Any], limit: int) -> dict[str, Any]:
    """Return a page of a list that was asked for one row more than `limit`."""
    more = len(rows) > limit
    return {"items": rows[:limit], "next": rows[limit - 1].id if more else None}


class State(BaseModel):
    """In a word, how it is: `ok`, or what is not: `database`, `schema` or `busy`."""

    status: str


class Setting(BaseModel):
    """A setting as it is in force."""

    variable: str
    value: str | float | int | bool | None
    meaning: str | None


class Step(_Out):
    """A step of the schema, up or down, as it was made."""

    version: str
    description: str | None
    applied_at: datetime


class Schema(_Out):
    """Where the schema stands."""

    current: str | None
    head: str
    at_head: bool
    pending: list[str]
    half_step: str | None
    applied: list[Step]


class Table(BaseModel):
    """The size of a table, and what it was when this process first looked."""

    name: str
    rows: int
    bytes: int | None
    rows_first: int


class Tables(BaseModel):
    """The sizes of all tables."""

    since: datetime
    tables: list[Table]


class Performance(BaseModel):
    """What the pool does, and what statements have cost."""

    pool: PoolMetrics
    queries: QueryMetrics


class WorkflowIn(_In):
    """A workflow to create."""

    workflow_name: Name
    data: Any = None


class WorkflowUpdate(_In):
    """What to change of a workflow; what is left out stays."""

    status: WorkflowStatus | None = None
    step: Annotated[Text, Field(max_length=255)] | None = None
    data: Any = None
    message: Text | None = None
    error: Text | None = None


class Workflow(_Out):
    """A workflow, and where it stands."""

    id: int
    workflow_name: str
    status: WorkflowStatus
    current_step: str | None
    data: Any
    error_message: str | None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None


class WorkflowStep(_Out):
    """One update of a workflow."""

    id: int
    workflow_id: int
    status: WorkflowStatus
    step: str | None
    message: str | None
    created_at: datetime


class JobIn(_In):
    """A job to create, pending."""

    job_id: Annotated[Text, Field(min_length=1, max_length=64)] | None = None
    neural_config_id: Row | None = None
    text_corpus_id: Row | None = None


class JobUpdate(_In):
    """What to change of a job; what is left out stays."""

    status: JobStatus | None = None
    progress: Annotated[float, Field(strict=True, ge=0, le=100)] | None = None
    message: Text | None = None
    error: Text | None = None


class Job(_Out):
    """A training job: how far it is, how it ended."""

    id: int
    job_id: str
    status: str
    progress: float
    message: str | None
    error: str | None
    neural_config_id: int | None
    text_corpus_id: int | None
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    queue: str
    priority: int
    attempts: int
    max_attempts: int
    worker: str | None
    lease_until: datetime | None


class CorpusIn(_In):
    """A text to store."""

    content: Annotated[Text, Field(min_length=1)]
    title: Annotated[Text, Field(max_length=255)] | None = None
    source: Annotated[Text, Field(max_length=512)] | None = None
    metadata: dict[str, Any] | None = None


class Corpus(_Out):
    """A text, without its content."""

    id: int
    title: str | None
    source: str | None
    metadata: dict[str, Any] | None = Field(validation_alias="metadata_")
    word_count: int
    char_count: int
    created_at: datetime


class Part(BaseModel):
    """A part of a snippet, and whether it is what the query looked for."""

    text: str
    match: bool


class Hit(BaseModel):
    """A text that a search found, and where it has what was looked for."""

    id: int
    title: str | None
    rank: float
    snippet: list[Part]


class GenerationIn(_In):
    """What a model is asked for."""

    prompt: Annotated[Text, Field(max_length=100_000)] = ""
    order: Annotated[int, Field(strict=True, ge=1, le=MAX_ORDER), _Whole] = 5
    length: Annotated[int, Field(strict=True, ge=0, le=20_000), _Whole] = 200
    seed: Natural | None = None


class Generated(_Out):
    """A text that a model wrote, as it is on record."""

    id: int
    prompt: str
    response: str
    model: str | None
    parameters: dict[str, Any] | None
    quality_score: float | None
    user_rating: int | None
    created_at: datetime


class MetricIn(_In):
    """A measured value; NaN and the infinities are `"nan"`, `"inf"` and `"-inf"`."""

    metric_type: Annotated[Text, Field(min_length=1, max_length=100)]
    value: Measured
    step: Natural | None = None
    metadata: dict[str, Any] | None = None


class Metric(_Out):
    """A measured value as it is on record."""

    id: int
    metric_type: str
    value: Number
    step: int | None
    metadata: dict[str, Any] | None = Field(validation_alias="metadata_")
    created_at: datetime


class MetricsIn(_In):
    """Measured values of one job."""

    values: Annotated[list[MetricIn], Field(min_length=1, max_length=10_000)]


class Recorded(BaseModel):
    """How many rows were written."""

    recorded: int


class Curve(_Out):
    """The values of one metric along a run, thinned out evenly.

    Attributes:
        steps: Where each was measured.
        values: What was measured.
        count: How many there are on record.
    """

    steps: list[int]
    values: list[Number]
    count: int


class Summary(_Out):
    """What the values of one metric amount to."""

    count: int
    minimum: Number | None
    maximum: Number | None
    mean: Number | None
    latest: Number
