"""Tables of the training domain."""

from __future__ import annotations

import time
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bedplate.base import Base, Created, Keyed, Updated, utcnow
from bedplate.dialects import table_options
from bedplate.types import (
    CodeText,
    Double,
    JSONDocument,
    Key,
    LongText,
    Mark,
    SearchText,
    UTCDateTime,
    WholeNumber,
)

__all__ = [
    "DEFAULT_QUEUE",
    "MARKOV_QUEUE",
    "MAX_CONTENT_BYTES",
    "MAX_ORDER",
    "AccuracyMetric",
    "DatabaseVersion",
    "GenerationHistory",
    "JobStatus",
    "MarkovNGram",
    "NeuralCheckpoint",
    "NeuralConfig",
    "TextCorpus",
    "TrainingJob",
    "place_in_queue",
]

MAX_ORDER = 32
"""The longest n-gram; its context is one shorter."""

MAX_CONTENT_BYTES = 100 * 1024 * 1024
"""The largest text of a corpus, in bytes of UTF-8."""

NAME_LENGTH = 255

DEFAULT_QUEUE = "default"
MARKOV_QUEUE = "markov"
"""Where the jobs wait that `bedplate worker` can do."""


class JobStatus(StrEnum):
    """What a training job is doing."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


def _parent(table: str, on_delete: str) -> Mapped[Any]:
    """Return a reference whose row follows its parent in the database itself."""
    return mapped_column(
        Key(), sa.ForeignKey(f"{table}.id", ondelete=on_delete), index=True
    )


class NeuralConfig(Keyed, Updated, Base):
    """A named configuration of a model."""

    __tablename__ = "neural_configs"
    __table_args__ = (sa.UniqueConstraint("name"), table_options())

    name: Mapped[str] = mapped_column(CodeText(NAME_LENGTH))
    config: Mapped[dict[str, Any]] = mapped_column(JSONDocument())

    jobs: Mapped[list[TrainingJob]] = relationship(
        back_populates="neural_config", passive_deletes=True, lazy="raise"
    )


class TextCorpus(Keyed, Created, Base):
    """A text to train on.

    `word_count` counts runs between white space, `char_count` code points.
    """

    __tablename__ = "text_corpora"
    __table_args__ = (table_options(),)

    title: Mapped[str | None] = mapped_column(SearchText(NAME_LENGTH))
    content: Mapped[str] = mapped_column(SearchText())
    source: Mapped[str | None] = mapped_column(CodeText(512))
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata", JSONDocument())
    word_count: Mapped[int] = mapped_column(WholeNumber())
    char_count: Mapped[int] = mapped_column(WholeNumber())

    jobs: Mapped[list[TrainingJob]] = relationship(
        back_populates="text_corpus", passive_deletes=True, lazy="raise"
    )


def place_in_queue() -> int:
    """Return the place of who queues now: microseconds since 1970."""
    return time.time_ns() // 1_000


def _counter(start: int = 0) -> Mapped[int]:
    # The database knows the value as well: an older program writes rows without it.
    return mapped_column(WholeNumber(), default=start, server_default=str(start))


class TrainingJob(Keyed, Updated, Base):
    """A run of training; its checkpoints and metrics go when it goes.

    A worker that claims a job holds a lease on it, until `lease_until` by the
    database's clock, and a `token`, which is another one at each claim. Of the jobs of
    a queue that may begin, the one with the smallest `turn` is next.
    """

    __tablename__ = "training_jobs"
    __table_args__ = (
        sa.UniqueConstraint("job_id"),
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'completed', 'failed', 'cancelled')",
            name="status",
        ),
        sa.CheckConstraint("progress >= 0 AND progress <= 100", name="progress"),
        table_options(),
    )

    job_id: Mapped[str] = mapped_column(CodeText(64))
    status: Mapped[str] = mapped_column(CodeText(16), default=JobStatus.PENDING.value)
    progress: Mapped[float] = mapped_column(Double(), default=0.0)
    message: Mapped[str | None] = mapped_column(LongText())
    error: Mapped[str | None] = mapped_column(LongText())
    neural_config_id: Mapped[int | None] = _parent("neural_configs", "CASCADE")
    text_corpus_id: Mapped[int | None] = _parent("text_corpora", "SET NULL")
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime())
    queue: Mapped[str] = mapped_column(
        CodeText(64), default=DEFAULT_QUEUE, server_default=DEFAULT_QUEUE
    )
    priority: Mapped[int] = _counter()
    turn: Mapped[int] = mapped_column(
        WholeNumber(), default=place_in_queue, server_default="0"
    )
    not_before: Mapped[datetime | None] = mapped_column(UTCDateTime())
    attempts: Mapped[int] = _counter()
    max_attempts: Mapped[int] = _counter(3)
    worker: Mapped[str | None] = mapped_column(CodeText(NAME_LENGTH))
    token: Mapped[int] = _counter()
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime())

    neural_config: Mapped[NeuralConfig | None] = relationship(
        back_populates="jobs", lazy="raise"
    )
    text_corpus: Mapped[TextCorpus | None] = relationship(
        back_populates="jobs", lazy="raise"
    )
    checkpoints: Mapped[list[NeuralCheckpoint]] = relationship(
        back_populates="training_job", passive_deletes=True, lazy="raise"
    )
    metrics: Mapped[list[AccuracyMetric]] = relationship(
        back_populates="training_job", passive_deletes=True, lazy="raise"
    )


class MarkovNGram(Base):
    """How often a character follows the n-1 characters before it.

    The three columns that name it are its key: without an id and a second unique
    index a merge costs 1.3 to 2.2 times less.
    """

    __tablename__ = "markov_ngrams"
    __table_args__ = (
        sa.CheckConstraint("count >= 1", name="count"),
        table_options(counters=True),
    )

    n: Mapped[int] = mapped_column(
        WholeNumber(16), primary_key=True, autoincrement=False
    )
    context: Mapped[str] = mapped_column(CodeText(MAX_ORDER - 1), primary_key=True)
    next_char: Mapped[str] = mapped_column(CodeText(1), primary_key=True)
    count: Mapped[int] = mapped_column(WholeNumber())
    probability: Mapped[float | None] = mapped_column(Double())


class NeuralCheckpoint(Keyed, Created, Base):
    """A saved state of a training run; at most one of a job is the best."""

    __tablename__ = "neural_checkpoints"
    __table_args__ = (
        # The mark first: MySQL 9.7 does not check a reference whose index goes on
        # with a column that is NULL, and takes this one where it begins with it.
        sa.UniqueConstraint("is_best", "training_job_id"),
        sa.CheckConstraint("epochs >= 0", name="epochs"),
        sa.CheckConstraint("block_size >= 0", name="block_size"),
        table_options(),
    )

    epochs: Mapped[int] = mapped_column(WholeNumber(32))
    block_size: Mapped[int] = mapped_column(WholeNumber(32))
    path: Mapped[str] = mapped_column(CodeText(1024))
    notes: Mapped[str | None] = mapped_column(LongText())
    loss: Mapped[float | None] = mapped_column(Double())
    accuracy: Mapped[float | None] = mapped_column(Double())
    is_best: Mapped[bool] = mapped_column(Mark(), nullable=True, default=False)
    training_job_id: Mapped[int | None] = _parent("training_jobs", "CASCADE")

    training_job: Mapped[TrainingJob | None] = relationship(
        back_populates="checkpoints", lazy="raise"
    )
    metrics: Mapped[list[AccuracyMetric]] = relationship(
        back_populates="model_checkpoint", passive_deletes=True, lazy="raise"
    )


class GenerationHistory(Keyed, Created, Base):
    """A text that a model was asked for, and what people thought of it."""

    __tablename__ = "generation_history"
    __table_args__ = (
        sa.CheckConstraint("user_rating >= 1 AND user_rating <= 5", name="user_rating"),
        table_options(),
    )

    prompt: Mapped[str] = mapped_column(LongText())
    response: Mapped[str] = mapped_column(LongText())
    model: Mapped[str | None] = mapped_column(CodeText(NAME_LENGTH))
    parameters: Mapped[dict[str, Any] | None] = mapped_column(JSONDocument())
    quality_score: Mapped[float | None] = mapped_column(Double())
    user_rating: Mapped[int | None] = mapped_column(WholeNumber(16))


class AccuracyMetric(Keyed, Created, Base):
    """One measured value; `step` is the position in the run it was measured at."""

    __tablename__ = "accuracy_metrics"
    __table_args__ = (table_options(),)

    metric_type: Mapped[str] = mapped_column(CodeText(100))
    value: Mapped[float] = mapped_column(Double())
    step: Mapped[int | None] = mapped_column(WholeNumber())
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata", JSONDocument())
    model_checkpoint_id: Mapped[int | None] = _parent("neural_checkpoints", "CASCADE")
    training_job_id: Mapped[int | None] = _parent("training_jobs", "CASCADE")

    model_checkpoint: Mapped[NeuralCheckpoint | None] = relationship(
        back_populates="metrics", lazy="raise"
    )
    training_job: Mapped[TrainingJob | None] = relationship(
        back_populates="metrics", lazy="raise"
    )


class DatabaseVersion(Keyed, Base):
    """One step of the schema, up or down, as it was made."""

    __tablename__ = "database_versions"
    __table_args__ = (table_options(),)

    version: Mapped[str] = mapped_column(CodeText(100))
    description: Mapped[str | None] = mapped_column(LongText())
    applied_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=utcnow)


# What the queries of the repository need beyond keys and references; revision 002.
sa.Index(None, TrainingJob.status, TrainingJob.id)
sa.Index(None, TextCorpus.source)
sa.Index(None, NeuralCheckpoint.loss)
sa.Index(None, AccuracyMetric.metric_type, AccuracyMetric.id)
sa.Index(None, GenerationHistory.model, GenerationHistory.id)

# The queue in the order in which it is claimed; revision 010. Where an index may be of
# some rows only, it is of those that wait, and stays small.
_waits = TrainingJob.status == sa.literal_column(f"'{JobStatus.PENDING}'")
sa.Index(
    None,
    TrainingJob.status,
    TrainingJob.queue,
    TrainingJob.turn,
    TrainingJob.id,
    TrainingJob.not_before,
    sqlite_where=_waits,
    postgresql_where=_waits,
)
