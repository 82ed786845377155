"""Texts over HTTP; a long one streams, piece by piece."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from bedplate.domains.training import TrainingRepository
from bedplate.errors import NotFoundError
from bedplate.text_search import PIECE
from bedplate.web.dependencies import Calls, calls
from bedplate.web.errors import ANSWERS, NOT_FOUND
from bedplate.web.schemas import After, Corpus, CorpusIn, Key, Limit, Page, page

__all__ = ["corpora"]

corpora = APIRouter(prefix="/api/corpora", tags=["corpora"], responses=ANSWERS)

Repository = Annotated[Calls[TrainingRepository], calls(TrainingRepository)]
_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}}
}


@corpora.post("", status_code=201, response_model=Corpus)
async def add_corpus(text: CorpusIn, repository: Repository) -> Any:
    """Store a text."""
    return await repository(TrainingRepository.add_corpus_text, **text.model_dump())


@corpora.get("", response_model=Page[Corpus])
async def list_corpora(
    repository: Repository, limit: Limit = 100, after: After = None
) -> Any:
    """List texts without their content, in the order of their ids."""
    found = await repository(TrainingRepository.list_corpus_texts, limit + 1, after)
    return page(found, limit)


@corpora.get("/{corpus_id}", response_model=Corpus, responses=NOT_FOUND)
async def get_corpus(corpus_id: Key, repository: Repository) -> Any:
    """Return a text without its content."""
    before = corpus_id - 1
    found = await repository(TrainingRepository.list_corpus_texts, 1, before)
    if not found or found[0].id != corpus_id:
        raise NotFoundError(f"there is no corpus {corpus_id}")
    return found[0]


@corpora.get(
    "/{corpus_id}/text",
    response_class=StreamingResponse,
    responses=NOT_FOUND | _TEXT,
)
async def read_corpus(corpus_id: Key, repository: Repository) -> StreamingResponse:
    """Return the content of a text; no connection is held while it is sent."""
    slice_of = TrainingRepository.get_corpus_slice
    first = await repository(slice_of, corpus_id, 0, PIECE)

    async def pieces() -> AsyncIterator[bytes]:
        piece, start = first, 0
        while piece:
            yield piece.encode()
            start += len(piece)
            more = len(piece) == PIECE
            piece = await repository(slice_of, corpus_id, start, PIECE) if more else ""

    return StreamingResponse(pieces(), media_type="text/plain; charset=utf-8")


@corpora.delete("/{corpus_id}", status_code=204, responses=NOT_FOUND)
async def delete_corpus(corpus_id: Key, repository: Repository) -> Response:
    """Delete a text; jobs that were trained on it stay."""
    if not await repository(TrainingRepository.delete_corpus_text, corpus_id):
        raise NotFoundError(f"there is no corpus {corpus_id}")
    return Response(status_code=204)
