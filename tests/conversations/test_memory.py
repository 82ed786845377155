"""Memories: what is kept, what is refused, what fades and what is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import sqlalchemy as sa
from training.watching import statements, together

from bedplate import ConversationRepository, Database
from bedplate.domains.conversations import Conversation, ConversationMemory
from bedplate.errors import (
    CheckFailedError,
    InvalidValueError,
    NotFoundError,
    ReferenceFailedError,
)

NOBODY = UUID(int=7)


def test_a_memory_keeps_what_it_is_given(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    persona = conversations.create_persona("Ada")
    first = conversations.append_message(chat.id, "user", "I like tea")

    made = conversations.remember(
        chat.id,
        content="likes tea",
        embedding=[3, 4],
        memory_type="taste",
        importance=0.75,
        persona_id=persona.id,
        first_message_id=first.id,
        metadata={"sure": True},
    )

    found = conversations.get_memory(made.id)
    assert found is not None
    wanted = np.array([0.6, 0.8], np.float32)
    np.testing.assert_array_equal(found.embedding, wanted)
    assert found.embedding.dtype == np.float32
    assert (found.content, found.memory_type) == ("likes tea", "taste")
    assert (found.importance, found.decay) == (0.75, 1)
    assert (found.persona_id, found.first_message_id) == (persona.id, first.id)
    assert found.metadata_ == {"sure": True}
    assert (found.last_accessed, found.access_count) == (None, 0)
    assert conversations.get_memory(NOBODY) is None


@pytest.mark.parametrize(
    "numbers",
    [
        [1, 2],
        (1.0, 2.0),
        np.array([1, 2], np.float64),
        np.array([1, 2], np.float16),
        np.array([1, 2], np.uint8),
        np.array([9, 1, 9, 2], np.float32)[1::2],
        np.array([1, 2], ">f4"),
        [np.float32(1), 2],
    ],
)
def test_numbers_of_every_kind_are_taken(
    conversations: ConversationRepository, chat: Conversation, numbers: Any
) -> None:
    made = conversations.remember(chat.id, "m", numbers)
    found = conversations.get_memory(made.id)
    assert found is not None
    wanted = np.array([1, 2]) / np.sqrt(5)
    np.testing.assert_array_equal(found.embedding, wanted.astype(np.float32))


BAD: list[tuple[Any, str]] = [
    ([], "is empty"),
    (np.zeros(0), "is empty"),
    ([0.0, 0.0], "is all zeros"),
    ([1.0, float("nan")], "nan at 1 is no finite number of 32 bits"),
    ([float("-inf"), 1.0], "-inf at 0 is no finite number"),
    ([1.0, 1e39], "1e\\+39 at 1 is no finite number"),
    ([1.0, "2"], "holds what is no number"),
    ([1.0, None], "holds what is no number"),
    ([True, False], "holds what is no number"),
    ([1j, 2], "holds what is no number"),
    ([[1.0, 2.0]], "one row of numbers is needed, not 1 x 2"),
    ([[1.0], [1.0, 2.0]], "one row of numbers is needed"),
    (np.float32(1), "a list or array of numbers is needed, not float32"),
    ("12", "a list or array of numbers is needed, not str"),
    ({1.0, 2.0}, "a list or array of numbers is needed, not set"),
]


@pytest.mark.parametrize(("numbers", "message"), BAD)
def test_what_is_no_vector_is_refused(
    conversations: ConversationRepository,
    chat: Conversation,
    database: Database,
    numbers: Any,
    message: str,
) -> None:
    with statements(database, "INSERT") as written:
        with pytest.raises(InvalidValueError, match=f"^embedding: {message}"):
            conversations.remember(chat.id, "m", numbers)
        good = {"conversation_id": chat.id, "content": "m", "embedding": [1.0, 2.0]}
        with pytest.raises(InvalidValueError, match=f"^embedding: {message}"):
            conversations.remember_many([good, {**good, "embedding": numbers}])
        with pytest.raises(InvalidValueError, match=f"^embedding: {message}"):
            conversations.recall(numbers)
    assert written == []


def test_the_first_memory_decides_the_dimension(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    kept = conversations.remember(chat.id, "m", [1.0, 0.0, 0.0])

    row = {"conversation_id": chat.id, "content": "m", "embedding": [1.0] * 1_024}
    message = "embedding: has 1,024 numbers, the memories have 3"
    with pytest.raises(InvalidValueError, match=message):
        conversations.remember_many([row])
    with pytest.raises(InvalidValueError, match=message):
        conversations.recall([1.0] * 1_024)
    with pytest.raises(InvalidValueError, match=message):
        conversations.search_memories([1.0] * 1_024)
    with pytest.raises(InvalidValueError, match=message):
        conversations.update_memory(kept.id, embedding=[1.0] * 1_024)
    mixed = [{**row, "embedding": numbers} for numbers in ([1.0, 2.0], [1.0] * 3)]
    with pytest.raises(InvalidValueError, match=r"embedding: has . numbers"):
        conversations.remember_many(mixed)
    assert conversations.forget(kept.id)
    with pytest.raises(InvalidValueError, match=message):
        conversations.remember_many([row])  # an empty collection keeps its dimension

    assert conversations.clear_memories() == 0
    assert conversations.remember_many([row]) == 1


def test_of_two_first_memories_one_decides(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    sizes = (2, 3, 2, 3)
    works: list[Callable[[], ConversationMemory]] = [
        partial(conversations.remember, chat.id, "m", [1.0] * size) for size in sizes
    ]
    results, errors = together(works)
    assert len(results) == len(errors) == 2
    assert all(isinstance(error, InvalidValueError) for error in errors)
    assert len({memory.embedding.size for memory in results}) == 1


@pytest.mark.parametrize("size", [1, 7, 384, 20_000])
def test_a_vector_may_be_long(
    conversations: ConversationRepository, chat: Conversation, size: int
) -> None:
    numbers = np.random.default_rng(size).normal(size=size)
    made = conversations.remember(chat.id, "m", numbers)
    (hit,) = conversations.recall(numbers, 1)
    assert hit.memory.id == made.id
    assert hit.similarity == pytest.approx(1, abs=1e-6)


def test_many_memories_are_few_statements(
    conversations: ConversationRepository, chat: Conversation, database: Database
) -> None:
    conversations.remember(chat.id, "m", [1.0, 0.0])
    counts = []
    for size in (1, 2, 300):
        rows = (
            {
                "conversation_id": chat.id,
                "content": str(n),
                "embedding": [1.0, n],
                **({"importance": 0.1} if n % 2 else {"metadata": {"n": n}}),
            }
            for n in range(size)
        )
        with statements(database, "INSERT") as written:
            assert conversations.remember_many(rows) == size
        counts.append(len(written))
    assert counts == [1, 1, 1]
    assert conversations.remember_many([]) == 0
    assert len(conversations.list_memories(limit=1_000)) == 304


ROWS: list[tuple[dict[str, Any], str]] = [
    ({"content": None}, "a memory has conversation_id, content, embedding"),
    ({"embedding": None}, "a memory has conversation_id, content, embedding"),
    ({"colour": "red"}, "a memory has conversation_id, content, embedding"),
    ({"importance": 1.01}, "importance: 1.01 is not a number from 0 to 1"),
    ({"importance": float("nan")}, "importance: nan is not a number from 0 to 1"),
    ({"importance": "much"}, "importance: 'much' is not a number from 0 to 1"),
    ({"memory_type": ""}, "memory_type: is empty"),
    ({"content": "a\0"}, "content: holds a NUL"),
]


@pytest.mark.parametrize(("change", "message"), ROWS)
def test_bad_rows_are_refused(
    conversations: ConversationRepository,
    chat: Conversation,
    change: dict[str, Any],
    message: str,
) -> None:
    good = {"conversation_id": chat.id, "content": "m", "embedding": [1.0]}
    with pytest.raises(InvalidValueError, match=message):
        conversations.remember_many([good, good | change])
    assert conversations.list_memories() == []


def test_a_reference_to_nothing_is_refused(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    with pytest.raises(ReferenceFailedError):
        conversations.remember(NOBODY, "m", [1.0])
    with pytest.raises(ReferenceFailedError):
        conversations.remember(chat.id, "m", [1.0], first_message_id=NOBODY)
    assert conversations.remember(chat.id, "m", [1.0, 2.0]).embedding.size == 2


def test_the_database_keeps_shares_between_0_and_1(
    conversations: ConversationRepository, chat: Conversation, database: Database
) -> None:
    conversations.remember(chat.id, "m", [1.0])
    for change in ({"importance": 1.5}, {"decay": -0.5}, {"access_count": -1}):
        with pytest.raises(CheckFailedError), database.transaction() as session:
            session.execute(sa.update(ConversationMemory).values(change))


def test_memories_are_listed_in_pages(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    other = conversations.create_conversation()
    made = [
        conversations.remember(owner.id, "m", [1.0], memory_type=kind).id
        for owner in (chat, other)
        for kind in ("a", "b")
    ]
    assert [m.id for m in conversations.list_memories(chat.id)] == made[:2]
    by_kind = conversations.list_memories(memory_type="b")
    assert [m.id for m in by_kind] == made[1::2]
    first = conversations.list_memories(limit=3)
    rest = conversations.list_memories(after=first[-1].id)
    assert [m.id for m in (*first, *rest)] == made


def test_a_memory_changes(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    made = conversations.remember(chat.id, "m", [1.0, 0.0])
    changed = conversations.update_memory(
        made.id, content="n", embedding=(0, 2), importance=1, metadata={"a": 1}
    )
    assert changed.content == "n"
    (hit,) = conversations.search_memories([0.0, 1.0])
    assert hit.similarity == 1
    assert (hit.memory.importance, hit.memory.metadata_) == (1, {"a": 1})
    with pytest.raises(NotFoundError):
        conversations.update_memory(NOBODY, content="n")
    with pytest.raises(InvalidValueError, match="decay: 2 is not"):
        conversations.update_memory(made.id, decay=2)
    with pytest.raises(InvalidValueError, match="access_count"):
        conversations.update_memory(made.id, access_count=-1)


def test_memories_fade(
    conversations: ConversationRepository, chat: Conversation, database: Database
) -> None:
    other = conversations.create_conversation()
    old = conversations.remember(chat.id, "old", [1.0])
    new = conversations.remember(chat.id, "new", [1.0])
    elsewhere = conversations.remember(other.id, "else", [1.0])
    long_ago = datetime.now(UTC) - timedelta(days=9)
    with database.transaction() as session:
        change = sa.update(ConversationMemory).values(last_accessed=long_ago)
        session.execute(change.where(ConversationMemory.id == old.id))

    def decays() -> list[float]:
        found = (conversations.get_memory(m.id) for m in (old, new, elsewhere))
        return [memory.decay for memory in found if memory is not None]

    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert conversations.decay_memories(0.5, before=yesterday) == 1
    assert decays() == [0.5, 1, 1]
    assert conversations.decay_memories(0.5, conversation_id=chat.id) == 2
    assert decays() == [0.25, 0.5, 1]
    assert conversations.decay_memories() == 3
    assert decays() == pytest.approx([0.225, 0.45, 0.9])
    for factor in (-0.1, 1.1, float("nan")):
        with pytest.raises(InvalidValueError, match="factor"):
            conversations.decay_memories(factor)


def test_fading_shows_in_a_transaction(
    conversations: ConversationRepository, chat: Conversation, database: Database
) -> None:
    with database.transaction():
        made = conversations.remember(chat.id, "m", [1.0], importance=1)
        lost = conversations.remember(chat.id, "n", [1.0], importance=0.1)
        conversations.decay_memories(0.5)
        assert made.decay == 0.5
        conversations.forget_faded(0.2)
    assert (made.decay, lost.content) == (0.5, "n")  # readable when all is over


def test_memories_are_forgotten(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    other = conversations.create_conversation()
    made = [
        conversations.remember(owner.id, "m", [1.0], importance=importance)
        for owner in (chat, other)
        for importance in (0.2, 0.5, 0.9)
    ]
    conversations.decay_memories(0.5, conversation_id=other.id)

    assert conversations.forget(made[0].id)
    assert not conversations.forget(made[0].id)
    assert conversations.forget_faded(0.3, chat.id) == 0
    assert conversations.forget_faded(0.3) == 2
    left = {memory.id for memory in conversations.list_memories()}
    assert left == {made[1].id, made[2].id, made[5].id}
    assert conversations.clear_memories() == 3
    assert conversations.list_memories() == []
