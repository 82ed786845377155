"""Messages: their places, their windows, and what finds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from training.watching import statements, together

from bedplate import ConversationRepository, Database
from bedplate.domains.conversations import Conversation, Message
from bedplate.errors import CheckFailedError, InvalidValueError, NotFoundError

NOBODY = UUID(int=7)


def said(messages: Sequence[Message]) -> list[str]:
    return [message.content for message in messages]


def test_a_message_keeps_what_it_is_given(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    made = conversations.append_message(
        chat.id,
        role="assistant",
        content="Hello 🙂",
        thinking="They greet.",
        extra_data={"stop": None, "ids": [1, 2]},
        input_tokens=12,
        output_tokens=2**40,
    )

    found = conversations.get_message(made.id)

    assert found is not None
    assert found.as_dict() == made.as_dict()
    assert (found.role, found.content, found.sequence) == ("assistant", "Hello 🙂", 1)
    assert (found.input_tokens, found.output_tokens) == (12, 2**40)
    assert conversations.get_message(NOBODY) is None


def test_messages_have_places_in_their_conversation(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    other = conversations.create_conversation()
    conversations.append_message(other.id, "user", "x")

    many = conversations.append_messages(
        chat.id, ({"role": "user", "content": str(n)} for n in range(3))
    )
    last = conversations.append_message(chat.id, "user", "3")

    assert [m.sequence for m in (*many, last)] == [1, 2, 3, 4]
    assert said(many) == ["0", "1", "2"]
    assert conversations.append_messages(chat.id, []) == []
    touched = conversations.get_conversation(chat.id)
    assert touched is not None
    assert touched.updated_at > chat.updated_at


def test_a_window_is_the_newest_or_goes_on(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    rows = [{"role": "user", "content": str(n)} for n in range(1, 11)]
    conversations.append_messages(chat.id, rows)
    window = partial(conversations.list_messages, chat.id)

    assert said(window(limit=3)) == ["8", "9", "10"]
    assert said(window(before=8, limit=3)) == ["5", "6", "7"]
    assert said(window(after=8)) == ["9", "10"]
    assert said(window(after=0, limit=2)) == ["1", "2"]
    assert said(window(after=2, before=5)) == ["3", "4"]
    assert len(window()) == 10
    assert window(limit=0) == []
    assert conversations.count_messages(chat.id) == 10
    assert conversations.list_messages(NOBODY) == []


def test_places_do_not_collide_between_threads(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    def talk(name: int) -> list[int]:
        found: list[int] = []
        for n in range(5):
            row = {"role": "user", "content": f"{name} {n}"}
            both = conversations.append_messages(chat.id, [row, row])
            found += [message.sequence for message in both]
        return found

    works: list[Callable[[], list[int]]] = [partial(talk, name) for name in range(4)]
    results, errors = together(works)

    assert errors == []
    assert sorted(n for places in results for n in places) == [*range(1, 41)]
    for places in results:
        assert places == sorted(places)
        pairs = zip(places[::2], places[1::2], strict=True)
        assert all(second == first + 1 for first, second in pairs)


def test_many_messages_are_few_statements(
    conversations: ConversationRepository, chat: Conversation, database: Database
) -> None:
    conversations.count_messages(chat.id)  # the first call looks at the schema
    counts = []
    for size in (1, 500):
        rows = [{"role": "user", "content": str(n)} for n in range(size)]
        with statements(database) as found:
            conversations.append_messages(chat.id, rows)
        counts.append(len(found))
    # A way for many rows at once may look first whether it can be gone.
    assert counts[0] <= counts[1] <= counts[0] + 1 <= 6


BAD: list[tuple[dict[str, Any], str]] = [
    ({"content": "x"}, "a message has role, content"),
    ({"role": "user"}, "a message has role, content"),
    ({"role": "user", "content": "x", "sequence": 1}, "a message has role, content"),
    ({"role": " ", "content": "x"}, "role: is empty"),
    ({"role": "user", "content": 7}, "content: text is needed"),
    ({"role": "user", "content": "a\0"}, "content: holds a NUL"),
    ({"role": "user", "content": "x", "input_tokens": -1}, "input_tokens: -1"),
    ({"role": "user", "content": "x", "output_tokens": 1.5}, "output_tokens: 1.5"),
]


@pytest.mark.parametrize(("bad", "message"), BAD)
def test_a_bad_message_is_refused_before_anything_is_written(
    conversations: ConversationRepository,
    chat: Conversation,
    database: Database,
    bad: dict[str, Any],
    message: str,
) -> None:
    good = {"role": "user", "content": "x"}
    with (
        statements(database, "INSERT") as found,
        pytest.raises(InvalidValueError, match=message),
    ):
        conversations.append_messages(chat.id, [good, bad])
    assert found == []
    assert conversations.list_messages(chat.id) == []


def test_a_conversation_that_is_not_there_is_told(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    with pytest.raises(NotFoundError, match="there is no conversation"):
        conversations.append_message(NOBODY, "user", "x")
    with pytest.raises(InvalidValueError, match="is not a UUID"):
        conversations.append_message("nobody", "user", "x")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(InvalidValueError, match="limit"):
        conversations.list_messages(chat.id, limit=-1)


def test_the_database_keeps_places_and_tokens(
    conversations: ConversationRepository, chat: Conversation, database: Database
) -> None:
    conversations.append_message(chat.id, "user", "x")
    for column in ("sequence", "input_tokens", "output_tokens"):
        with pytest.raises(CheckFailedError), database.transaction() as session:
            session.execute(sa.update(Message).values({column: -1}))


def test_a_message_changes_but_stays_where_it_is(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    made = conversations.append_message(chat.id, "user", "x")
    changed = conversations.update_message(made.id, content="y", output_tokens=3)
    assert (changed.content, changed.output_tokens) == ("y", 3)
    for fixed in ("sequence", "conversation_id"):
        with pytest.raises(InvalidValueError, match=f"{fixed}: stays as it is"):
            conversations.update_message(made.id, **{fixed: 5})
    with pytest.raises(InvalidValueError, match="output_tokens"):
        conversations.update_message(made.id, output_tokens=-3)
    with pytest.raises(NotFoundError):
        conversations.update_message(NOBODY, content="y")


def test_a_deleted_message_leaves_a_gap(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    rows = [{"role": "user", "content": str(n)} for n in range(1, 4)]
    made = conversations.append_messages(chat.id, rows)
    memory = conversations.remember(chat.id, "m", [1.0], first_message_id=made[1].id)

    assert conversations.delete_message(made[1].id)

    assert [m.sequence for m in conversations.list_messages(chat.id)] == [1, 3]
    assert conversations.append_message(chat.id, "user", "4").sequence == 4
    kept = conversations.get_memory(memory.id)
    assert kept is not None
    assert kept.first_message_id is None
    assert not conversations.delete_message(made[1].id)


def test_messages_are_found_by_their_words(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    other = conversations.create_conversation()
    first = conversations.append_message(chat.id, "user", "A dark and stormy night")
    conversations.append_message(chat.id, "user", "the night was wet")
    elsewhere = conversations.append_message(other.id, "user", "stormy weather")

    def found(query: str, where: UUID | None = None) -> set[UUID]:
        hits = conversations.search_messages(query, conversation_id=where)
        return {hit.id for hit in hits}

    assert found("stormy") == {first.id, elsewhere.id}
    assert found("stormy", chat.id) == {first.id}
    assert found("night -wet") == {first.id}
    assert found("storm*", other.id) == {elsewhere.id}
    assert found("';DROP TABLE messages; --") == set()
    (hit,) = conversations.search_messages("stormy", limit=1, conversation_id=chat.id)
    assert hit.snippet == "A dark and [stormy] night"
    conversations.update_message(first.id, content="calm")
    assert found("stormy") == {elsewhere.id}
    conversations.delete_conversation(other.id)
    assert found("stormy") == set()
