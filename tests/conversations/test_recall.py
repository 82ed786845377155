"""Recall: the nearest are the same everywhere, and the best of them come first."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from training.watching import statements, together

from bedplate import AsyncDatabase, ConversationRepository, Database
from bedplate.domains.conversations import Conversation, ConversationMemory, Recalled
from bedplate.errors import InvalidValueError, ReadOnlyError
from bedplate.vectors import Best, stored, unit


def vectors(count: int, dimension: int = 24) -> Any:
    """Return made-up vectors, the same in every run."""
    return np.random.default_rng(5).normal(size=(count, dimension))


def fill(conversations: ConversationRepository, chat: Conversation, count: int) -> Any:
    made = vectors(count)
    conversations.remember_many(
        {
            "conversation_id": chat.id,
            "content": str(n),
            "embedding": made[n],
            "memory_type": f"kind {n % 10}",
            "importance": n % 4 / 4,
        }
        for n in range(count)
    )
    return made


def shown(found: Any) -> list[str]:
    return [hit.memory.content for hit in found]


def truth(made: Any, wanted: Any, k: int, among: Any) -> list[str]:
    """Return what is nearest, worked out in another way."""
    single = (made / np.linalg.norm(made, axis=1)[:, None]).astype(np.float32)
    cosines = single.astype(np.float64) @ (wanted / np.linalg.norm(wanted))
    return [str(n) for n in sorted(among, key=lambda n: -cosines[n])[:k]]


def test_exact_search_finds_the_nearest(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    made = fill(conversations, chat, 500)
    for wanted in vectors(520)[500:]:
        found = conversations.search_memories(wanted, 10, approximate=False)
        assert shown(found) == truth(made, wanted, 10, range(500))
        assert [hit.similarity for hit in found] == sorted(
            (hit.similarity for hit in found), reverse=True
        )


def test_neighbours_are_the_same_on_every_database(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    """Each similarity to its last bit: those of a search without a database."""
    made = fill(conversations, chat, 300)
    kept = [stored(unit(numbers, None)) for numbers in made]
    for wanted in vectors(310)[300:]:
        best = Best(unit(wanted, None), 20)
        best.offer(range(300), kept)
        found = conversations.search_memories(wanted, 20, approximate=False)
        shown = [(hit.similarity, int(hit.memory.content)) for hit in found]
        assert shown == best.found()


def test_equal_memories_come_by_their_ids(
    conversations: ConversationRepository, chat: Conversation, database: Database
) -> None:
    ids = [UUID(int=n) for n in (9, 3, 7, 1, 5)]
    conversations.remember(chat.id, "other", [0.0, 1.0])
    with database.transaction():
        conversations.of(ConversationMemory).add_many(
            {
                "id": key,
                "conversation_id": chat.id,
                "content": "m",
                "memory_type": "fact",
                "embedding": [1.0, 0.0],
            }
            for key in ids
        )
    for k in (1, 2, 4, 5):
        found = conversations.search_memories([1.0, 0.1], k)
        assert [hit.memory.id for hit in found] == sorted(ids)[:k]


def test_filters_leave_as_many_as_there_are(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    made = fill(conversations, chat, 200)
    other = conversations.create_conversation()
    conversations.remember(other.id, "elsewhere", made[0])
    wanted = made[3]
    search = partial(conversations.search_memories, wanted, 15)

    of_kind = [n for n in range(200) if n % 10 == 3]
    assert shown(search(memory_type="kind 3")) == truth(made, wanted, 15, of_kind)
    important = [n for n in range(200) if n % 4 / 4 >= 0.5]
    assert shown(search(min_importance=0.5)) == truth(made, wanted, 15, important)
    both = [n for n in of_kind if n in important]
    found = search(memory_type="kind 3", min_importance=0.5)
    assert shown(found) == truth(made, wanted, 15, both)
    assert shown(search(conversation_id=other.id)) == ["elsewhere"]
    assert shown(search(memory_type="kind 77")) == []
    conversations.decay_memories(0.5)
    assert search(min_importance=0.5) == []


def test_nothing_is_found_where_nothing_is(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    assert conversations.recall([1.0, 2.0]) == []
    assert conversations.search_memories([1.0, 2.0]) == []
    conversations.remember(chat.id, "m", [1.0, 2.0])
    assert conversations.recall([1.0, 2.0], 0) == []
    assert len(conversations.recall([1.0, 2.0], 100)) == 1


@pytest.mark.parametrize("k", [-1, 1.5, "3", True])
def test_k_is_a_whole_number(conversations: ConversationRepository, k: Any) -> None:
    with pytest.raises(InvalidValueError, match="k: "):
        conversations.recall([1.0], k)
    with pytest.raises(InvalidValueError, match="k: "):
        conversations.search_memories([1.0], k)


def test_importance_is_a_share(conversations: ConversationRepository) -> None:
    with pytest.raises(InvalidValueError, match="min_importance: 2 is not"):
        conversations.recall([1.0], min_importance=2)


def set_back(database: Database, memory: ConversationMemory, **age: float) -> None:
    """Let a memory have been accessed some time ago."""
    moment = datetime.now(UTC) - timedelta(**age)
    with database.transaction() as session:
        change = sa.update(ConversationMemory).values(last_accessed=moment)
        session.execute(change.where(ConversationMemory.id == memory.id))


def test_a_score_is_similarity_importance_and_recency(
    conversations: ConversationRepository, chat: Conversation, database: Database
) -> None:
    memory = conversations.remember(chat.id, "m", [1.0, 0.0], importance=0.8)
    conversations.update_memory(memory.id, decay=0.5)
    set_back(database, memory, hours=100)

    (hit,) = conversations.recall([0.6, 0.8])

    assert isinstance(hit, Recalled)
    assert hit.similarity == pytest.approx(0.6)
    assert hit.score == pytest.approx(0.6 + (0.8 * 0.5 + 0.995**100) / 4, abs=1e-4)
    with pytest.raises(AttributeError):
        hit.score = 1.0  # type: ignore[misc]  # frozen


def test_each_part_of_the_score_may_decide(
    conversations: ConversationRepository, chat: Conversation, database: Database
) -> None:
    near = conversations.remember(chat.id, "near", [1.0, 0.0], importance=0.1)
    dear = conversations.remember(chat.id, "dear", [0.9, 0.4], importance=1)
    late = conversations.remember(chat.id, "late", [0.9, 0.3], importance=0.1)
    for memory in (near, dear):
        set_back(database, memory, hours=100)

    ranked = conversations.recall([1.0, 0.0], 3)

    assert shown(ranked) == ["dear", "late", "near"]
    assert shown(conversations.search_memories([1.0, 0.0])) == ["near", "late", "dear"]
    assert [hit.memory.id for hit in ranked] == [dear.id, late.id, near.id]


def test_an_access_is_noted_of_what_is_returned(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    first = conversations.remember(chat.id, "first", [1.0, 0.0])
    second = conversations.remember(chat.id, "second", [0.0, 1.0])
    before = datetime.now(UTC)

    conversations.recall([1.0, 0.0], 1)
    (hit,) = conversations.recall([1.0, 0.0], 1)

    assert hit.memory.access_count == 2
    found = conversations.get_memory(first.id)
    assert found is not None
    assert found.access_count == 2
    assert found.last_accessed == hit.memory.last_accessed
    assert found.last_accessed is not None
    assert before < found.last_accessed < datetime.now(UTC)
    assert found.updated_at == first.updated_at
    other = conversations.get_memory(second.id)
    assert other is not None
    assert (other.access_count, other.last_accessed) == (0, None)


def test_searching_is_no_access(
    conversations: ConversationRepository, chat: Conversation, database: Database
) -> None:
    memory = conversations.remember(chat.id, "m", [1.0])
    with database.transaction(read_only=True):
        conversations.search_memories([1.0])
        with pytest.raises(ReadOnlyError):
            conversations.recall([1.0])
    found = conversations.get_memory(memory.id)
    assert found is not None
    assert found.access_count == 0


def test_accesses_at_once_are_all_counted(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    fill(conversations, chat, 20)
    wanted = vectors(1)[0]

    def recall(times: int) -> None:
        for _ in range(times):
            conversations.recall(wanted, 20)

    _, errors = together([partial(recall, 3) for _ in range(4)])
    assert errors == []
    counts = {memory.access_count for memory in conversations.list_memories()}
    assert counts == {12}


def test_recalling_takes_as_many_statements_whatever_there_is(
    conversations: ConversationRepository, chat: Conversation, database: Database
) -> None:
    counts = []
    for size in (1, 300):
        fill(conversations, chat, size)
        with statements(database) as found:
            conversations.recall(vectors(1)[0], size)
        counts.append(len(found))
    assert counts[0] == counts[1] <= 6


def test_a_long_search_holds_one_batch(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    """Vectors of 12 KB, so that they come in several batches; ties span them."""
    numbers = vectors(1, 3_000)[0]
    conversations.remember_many(
        {"conversation_id": chat.id, "content": "m", "embedding": numbers}
        for _ in range(800)
    )
    ids = [memory.id for memory in conversations.list_memories(limit=5)]
    found = conversations.search_memories(numbers, 5)
    assert [hit.memory.id for hit in found] == ids


def test_an_event_loop_finds_the_same(
    conversations: ConversationRepository, chat: Conversation, database_url: str
) -> None:
    made = fill(conversations, chat, 50)

    def recalled(session: Session) -> list[str]:
        return shown(ConversationRepository(session).recall(made[3], 5))

    async def ask() -> list[str]:
        database = AsyncDatabase(database_url)
        found = await database.run(recalled)
        await database.close()
        return found

    wanted = shown(conversations.search_memories(made[3], 50))
    found = asyncio.run(ask())
    assert found[0] == wanted[0] == "3"
    assert {*found} <= {*wanted}
    assert len(found) == 5
