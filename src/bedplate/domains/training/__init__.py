"""Training: texts in, a measured model out, and every run on record."""

from __future__ import annotations

from bedplate.domains.training.buffering import MetricBuffer
from bedplate.domains.training.models import (
    AccuracyMetric,
    DatabaseVersion,
    GenerationHistory,
    JobStatus,
    MarkovNGram,
    NeuralCheckpoint,
    NeuralConfig,
    TextCorpus,
    TrainingJob,
)
from bedplate.domains.training.repository import TrainingRepository

__all__ = [
    "AccuracyMetric",
    "DatabaseVersion",
    "GenerationHistory",
    "JobStatus",
    "MarkovNGram",
    "MetricBuffer",
    "NeuralCheckpoint",
    "NeuralConfig",
    "TextCorpus",
    "TrainingJob",
    "TrainingRepository",
]
