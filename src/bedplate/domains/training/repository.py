"""TrainingRepository: all of the training domain in one place."""

from __future__ import annotations

from bedplate.domains.training.generating import TextGeneration
from bedplate.domains.training.generations import GenerationHistories
from bedplate.domains.training.runs import MarkovRuns
from bedplate.domains.training.upkeep import Upkeep

__all__ = ["TrainingRepository"]


class TrainingRepository(MarkovRuns, TextGeneration, GenerationHistories, Upkeep):
    """Configurations, jobs, corpora, n-grams, checkpoints, generations and metrics.

    Each aggregate has a module of its own; the general methods of a single table are
    at `training.of(TextCorpus)` and its like.
    """
