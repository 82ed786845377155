"""Training: configurations, jobs, corpora, n-grams, checkpoints, generations, metrics."""

from __future__ import annotations

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
    "NeuralCheckpoint",
    "NeuralConfig",
    "TextCorpus",
    "TrainingJob",
    "TrainingRepository",
]
