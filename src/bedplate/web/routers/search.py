"""Finding texts by their words over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from bedplate.domains.training import TrainingRepository
from bedplate.search import marked_parts, parse
from bedplate.web.dependencies import Calls, calls
from bedplate.web.errors import ANSWERS
from bedplate.web.schemas import Hit, Part

__all__ = ["search"]

search = APIRouter(prefix="/api/search", tags=["search"], responses=ANSWERS)

Repository = Annotated[Calls[TrainingRepository], calls(TrainingRepository)]


@search.get("", response_model=list[Hit])
async def search_corpora(
    repository: Repository,
    q: Annotated[
        str, Query(max_length=1000, description='Words, "a phrase", -not, prefix*.')
    ],
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Sequence[Hit]:
    """Find texts by their words, the best match first."""
    query = parse(q)
    return [
        Hit(
            id=hit.id,
            title=hit.title,
            rank=hit.rank,
            snippet=[
                Part(text=text, match=match)
                for text, match in marked_parts(hit.snippet, query)
            ],
        )
        for hit in await repository(TrainingRepository.search_corpus, q, limit)
    ]
