"""Letting the model write over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter

from bedplate.domains.training import TrainingRepository
from bedplate.web.dependencies import Calls, calls
from bedplate.web.errors import ANSWERS, NOT_FOUND
from bedplate.web.schemas import Before, Generated, GenerationIn, Limit, Page, page

__all__ = ["generation"]

generation = APIRouter(prefix="/api/generate", tags=["generate"], responses=ANSWERS)

Repository = Annotated[Calls[TrainingRepository], calls(TrainingRepository)]


@generation.post("", status_code=201, response_model=Generated, responses=NOT_FOUND)
async def generate(wanted: GenerationIn, repository: Repository) -> Any:
    """Let the model go on from a prompt, and record what it wrote."""
    order, length, seed = wanted.order, wanted.length, wanted.seed
    text = await repository(
        TrainingRepository.generate_text, order, wanted.prompt, length, seed
    )
    return await repository(
        TrainingRepository.record_generation,
        wanted.prompt,
        text,
        f"markov-{order}",
        {"order": order, "length": length, "seed": seed},
    )


@generation.get("", response_model=Page[Generated])
async def list_generations(
    repository: Repository, limit: Limit = 100, before: Before = None
) -> Any:
    """List what models wrote, the newest first."""
    found = await repository(
        TrainingRepository.get_generation_history, limit + 1, None, before
    )
    return page(found, limit)
