"""The index over memories: built when asked for, in step, gone without a trace."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from migrations.commands import bedplate
from training.watching import together

from bedplate import ConversationRepository, Database
from bedplate.dialects import dialect_of
from bedplate.domains.conversations import Conversation, ConversationMemory
from bedplate.domains.users import User
from bedplate.errors import InvalidValueError, TransactionError

COLUMN: Any = ConversationMemory.__table__.c.embedding
CHECK = "vectors of conversation_memory"


@pytest.fixture
def own(blank_url: str) -> Iterator[Database]:
    """A database whose schema may be changed."""
    with Database(blank_url) as database:
        database.upgrade()
        yield database


@pytest.fixture
def conversations(own: Database) -> ConversationRepository:
    return own.repository(ConversationRepository)


@pytest.fixture
def chat(conversations: ConversationRepository) -> Conversation:
    return conversations.create_conversation("chat")


def vectors(count: int, dimension: int = 16) -> Any:
    return np.random.default_rng(7).normal(size=(count, dimension))


def fill(conversations: ConversationRepository, chat: Conversation, made: Any) -> None:
    conversations.remember_many(
        {
            "conversation_id": chat.id,
            "content": str(n),
            "embedding": numbers,
            "memory_type": f"kind {n % 40}",
        }
        for n, numbers in enumerate(made)
    )


def can_index(database: Database) -> bool:
    with database.engine.connect() as connection:
        vectors = dialect_of(connection).vectors
        return vectors.obstacle(connection, 16, 0) is None


def is_indexed(database: Database, dimension: int = 16) -> bool:
    with database.engine.connect() as connection:
        whole = dialect_of(connection).vectors.indexed(COLUMN, dimension)
        return bool(connection.scalar(sa.select(whole)))


def finding(database: Database) -> Any:
    (found,) = [f for f in database.examine() if f.check == CHECK]
    return found


def shown(found: Any) -> list[str]:
    return [hit.memory.content for hit in found]


def test_an_index_finds_what_comparing_finds(
    conversations: ConversationRepository, chat: Conversation, own: Database
) -> None:
    made = vectors(420)
    fill(conversations, chat, made[:400])

    (told,) = own.index_vectors()

    assert is_indexed(own) == can_index(own) == ("are indexed" in told)
    assert own.schema_differences() == []
    hits = 0
    for wanted in made[400:]:
        exact = conversations.search_memories(wanted, 10, approximate=False)
        found = conversations.search_memories(wanted, 10)
        assert len(found) == 10
        assert [h.similarity for h in found] == sorted(
            (h.similarity for h in found), reverse=True
        )
        hits += len({*shown(exact)} & {*shown(found)})
    assert hits >= 190  # of 200
    if not can_index(own):
        assert hits == 200


def test_a_filter_still_gives_as_many_as_there_are(
    conversations: ConversationRepository, chat: Conversation, own: Database
) -> None:
    made = vectors(800)
    fill(conversations, chat, made)
    rare = conversations.create_conversation()
    for n in range(3):
        conversations.remember(rare.id, f"rare {n}", -made[0] - n)
    own.index_vectors()
    search = partial(conversations.search_memories, made[0])

    assert len(search(15, memory_type="kind 3")) == 15
    assert len(search(50, memory_type="kind 3")) == 20  # all there are
    assert len(search(2, conversation_id=rare.id)) == 2
    assert len(conversations.recall(made[0], 10, conversation_id=rare.id)) == 3
    assert len(search(900)) == 803


def test_an_index_follows_whatever_is_written(
    conversations: ConversationRepository, chat: Conversation, own: Database
) -> None:
    made = vectors(60)
    fill(conversations, chat, made[:50])
    own.index_vectors()
    nearest = partial(conversations.search_memories, k=1)

    one = conversations.remember(chat.id, "one", made[50])
    assert shown(nearest(made[50])) == ["one"]
    with own.transaction():  # past the repository
        conversations.of(ConversationMemory).add_many(
            [
                {
                    "conversation_id": chat.id,
                    "content": "past",
                    "memory_type": "fact",
                    "embedding": made[51] / np.linalg.norm(made[51]),
                }
            ]
        )
    assert shown(nearest(made[51])) == ["past"]
    conversations.update_memory(one.id, embedding=made[52])
    assert shown(nearest(made[52])) == ["one"]
    assert shown(nearest(made[50])) != ["one"]
    conversations.recall(made[52])  # an access is no change of the vector
    conversations.forget(one.id)
    assert shown(nearest(made[52])) != ["one"]
    with pytest.raises(RuntimeError), own.transaction():
        conversations.remember(chat.id, "undone", made[53])
        raise RuntimeError
    assert shown(nearest(made[53])) != ["undone"]
    assert finding(own).level == ("ok" if can_index(own) else finding(own).level)


def test_a_deleted_conversation_leaves_the_index_at_work(
    conversations: ConversationRepository, chat: Conversation, own: Database
) -> None:
    made = vectors(90)
    other = conversations.create_conversation()
    fill(conversations, chat, made[:40])
    fill(conversations, other, made[40:80])
    own.index_vectors()
    conversations.delete_conversation(other.id)
    for wanted in made[80:]:
        found = conversations.search_memories(wanted, 10)
        assert len(found) == 10
        assert {hit.memory.conversation_id for hit in found} == {chat.id}
    if can_index(own):
        assert "40 of 16 numbers, indexed" in finding(own).message


def test_a_cascade_past_the_index_is_seen_and_mended(
    conversations: ConversationRepository, own: Database
) -> None:
    """By a user, whose rows go without a word to the index of some databases."""
    with own.transaction() as session:
        user = User(username="u")
        session.add(user)
    made = vectors(90)
    gone = conversations.create_conversation(user_id=user.id)
    kept = conversations.create_conversation()
    fill(conversations, gone, made[:40])
    fill(conversations, kept, made[40:80])
    own.index_vectors()

    with own.transaction() as session:
        session.execute(sa.delete(User))

    for wanted in made[80:]:
        assert len(conversations.search_memories(wanted, 10)) == 10
    if not can_index(own):
        return
    assert finding(own).level in ("ok", "warning")
    own.repair(own.examine())
    assert finding(own).message == "40 of 16 numbers, indexed"
    fill(conversations, kept, made[:40])
    assert shown(conversations.search_memories(made[5], 1)) == ["5"]


def test_building_again_changes_nothing(
    conversations: ConversationRepository, chat: Conversation, own: Database
) -> None:
    fill(conversations, chat, vectors(30))
    first = own.index_vectors()
    assert own.index_vectors() == first
    assert len(conversations.search_memories(vectors(1)[0], 30)) == 30


def test_an_empty_memory_has_nothing_to_index(own: Database) -> None:
    (told,) = own.index_vectors()
    assert told == "conversation_memory: no vectors yet, and so no dimension to index"
    assert not is_indexed(own)


def test_building_waits_for_no_transaction_of_this_thread(own: Database) -> None:
    refused = pytest.raises(TransactionError, match="inside a transaction")
    with refused, own.transaction():
        own.index_vectors()


def test_an_index_is_built_while_others_write(
    conversations: ConversationRepository, chat: Conversation, own: Database
) -> None:
    made = vectors(300)
    fill(conversations, chat, made[:200])

    def write() -> None:
        for n in range(200, 300):
            conversations.remember(chat.id, str(n), made[n])

    def build() -> None:
        own.index_vectors()

    _, errors = together([write, build])

    assert errors == []
    for n in range(0, 300, 10):
        assert shown(conversations.search_memories(made[n], 1)) == [str(n)]
    if can_index(own):
        assert finding(own).message == "300 of 16 numbers, indexed"


def test_another_dimension_is_compared_until_it_is_indexed(
    conversations: ConversationRepository, chat: Conversation, own: Database
) -> None:
    fill(conversations, chat, vectors(30))
    own.index_vectors()
    conversations.clear_memories()
    made = vectors(40, 8)
    fill(conversations, chat, made)
    assert shown(conversations.search_memories(made[3], 1)) == ["3"]
    assert not is_indexed(own, 8)
    with pytest.raises(InvalidValueError, match="16 numbers, the memories have 8"):
        conversations.search_memories([1.0] * 16)
    own.index_vectors()
    assert is_indexed(own, 8) == can_index(own)
    assert shown(conversations.search_memories(made[3], 1)) == ["3"]


def test_an_index_can_be_dropped(
    conversations: ConversationRepository, chat: Conversation, own: Database
) -> None:
    made = vectors(30)
    fill(conversations, chat, made)
    own.index_vectors()
    own.index_vectors(drop=True)
    assert not is_indexed(own)
    conversations.remember(chat.id, "later", -made[0])
    assert shown(conversations.search_memories(-made[0], 1)) == ["later"]
    assert own.schema_differences() == []


def test_a_downgrade_takes_the_index_along(
    conversations: ConversationRepository, chat: Conversation, own: Database
) -> None:
    fill(conversations, chat, vectors(30))
    before = own.migration_status().current
    own.index_vectors()
    own.downgrade("004")
    assert not is_indexed(own)
    own.upgrade()
    assert own.migration_status().current == before
    again = conversations.create_conversation()
    fill(conversations, again, vectors(30))
    assert len(conversations.search_memories(vectors(1)[0], 10)) == 10
    own.downgrade("base")


def test_the_doctor_mends_an_index_out_of_step(
    conversations: ConversationRepository, chat: Conversation, own: Database
) -> None:
    fill(conversations, chat, vectors(30))
    if not can_index(own):
        assert finding(own).repair is None
        assert "every vector is compared" in finding(own).message
        return
    assert "without an index" in finding(own).message
    own.index_vectors()
    with own.transaction() as session:
        session.execute(sa.text("DELETE FROM conversation_memory_vector_index"))
    assert finding(own).level == "error"
    assert finding(own).message == "the index misses 30 rows"
    assert own.repair(own.examine())
    assert finding(own).message == "30 of 16 numbers, indexed"
    assert shown(conversations.search_memories(vectors(30)[4], 1)) == ["4"]


def test_the_command_builds_and_drops(
    conversations: ConversationRepository,
    chat: Conversation,
    own: Database,
    blank_url: str,
) -> None:
    fill(conversations, chat, vectors(30))
    told = own.index_vectors()
    done = bedplate(blank_url, "vectors")
    assert (done.code, done.out) == (0, f"{told[0]}\n")
    done = bedplate(blank_url, "vectors", "--json")
    assert json.loads(done.out) == [*told]
    done = bedplate(blank_url, "vectors", "--drop")
    assert done.out == "conversation_memory: no index over its vectors\n"
    assert not is_indexed(own)


@pytest.mark.databases("postgresql")
def test_a_vector_is_read_to_its_last_bit(
    conversations: ConversationRepository, chat: Conversation, own: Database
) -> None:
    odd = [0.0, -0.0, 1e-45, -1.1754942e-38, 1.1754944e-38, 3.4028235e38, -1.5, 1 / 3]
    numbers = np.array(odd, np.float32)
    fill(conversations, chat, [numbers + 1])
    if "are indexed" not in own.index_vectors()[0]:
        return
    with own.engine.connect() as connection:
        query = "SELECT bedplate_vector(%s)"
        found = connection.exec_driver_sql(query, (numbers.tobytes(),)).scalar_one()
    assert np.array(found, np.float32).tobytes() == numbers.tobytes()


def test_any_number_of_memories_may_be_asked_for(
    own: Database, conversations: ConversationRepository, chat: Conversation
) -> None:
    """More than an index looks at, more than a database counts to."""
    fill(conversations, chat, vectors(20))
    own.index_vectors()
    for k in (20_000, 2**40, sys.maxsize):
        assert len(conversations.recall(vectors(1)[0], k)) == 20
        assert len(conversations.search_memories(vectors(1)[0], k)) == 20
