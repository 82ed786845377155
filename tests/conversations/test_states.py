"""States: one value for each owner and key, whoever writes at the same time."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from training.watching import statements, together

from bedplate import ConversationRepository, Database
from bedplate.domains.conversations import Conversation, ConversationState
from bedplate.errors import (
    AlreadyExistsError,
    InvalidValueError,
    ReferenceFailedError,
)

NOBODY = UUID(int=7)


@pytest.mark.parametrize(
    "value", [{"a": [1, None]}, [], 0, "", False, None, 1.5, "ä 🙂", 2**62]
)
def test_a_value_comes_back_equal(
    conversations: ConversationRepository, chat: Conversation, value: Any
) -> None:
    made = conversations.set_state(chat.id, "k", value)
    found = conversations.get_state(chat.id, "k")
    assert found is not None
    assert found.value == made.value == value
    assert type(found.value) is type(value)


def test_each_owner_has_a_value_of_its_own(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    personas = [None, *(conversations.create_persona(n).id for n in "ab")]
    modules = [None, *(conversations.create_module(n).id for n in "ab")]
    owners = [*product(personas, modules)]
    for time in range(2):  # the second time each takes the place of the first
        for n, (persona, module) in enumerate(owners):
            conversations.set_state(chat.id, "k", [time, n], persona, module)

    assert len(conversations.states(chat.id)) == len(owners)
    for n, (persona, module) in enumerate(owners):
        found = conversations.get_state(chat.id, "k", persona, module)
        assert found is not None
        assert found.value == [1, n]
        assert (found.persona_id, found.module_id) == (persona, module)
    assert conversations.get_state(chat.id, "K") is None


def test_a_new_value_takes_the_place_of_the_old(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    first = conversations.set_state(chat.id, "k", 1)
    second = conversations.set_state(chat.id, "k", 2)
    assert second.id == first.id
    assert second.created_at == first.created_at
    assert second.updated_at > first.updated_at


def test_a_value_is_fresh_inside_a_transaction(
    conversations: ConversationRepository, chat: Conversation, database: Database
) -> None:
    with database.transaction():
        state = conversations.set_state(chat.id, "k", 1)
        again = conversations.set_state(chat.id, "k", 2)
        assert again is state
        assert state.value == 2


def test_states_are_listed_by_key(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    other = conversations.create_conversation()
    conversations.set_state(other.id, "a", 0)
    for key in "cab":
        conversations.set_state(chat.id, key, key)
    assert [s.state_key for s in conversations.states(chat.id)] == ["a", "b", "c"]
    assert conversations.delete_state(chat.id, "b")
    assert not conversations.delete_state(chat.id, "b")
    assert [s.value for s in conversations.states(chat.id)] == ["a", "c"]


def test_threads_meet_in_one_row(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    module = conversations.create_module("m").id
    works = [
        partial(conversations.set_state, chat.id, "k", n, None, owner)
        for n in range(4)
        for owner in (None, module)
    ]
    results, errors = together(works)
    assert errors == []
    assert len({state.id for state in results}) == 2
    assert len(conversations.states(chat.id)) == 2


def test_setting_is_one_statement_that_writes(
    conversations: ConversationRepository, chat: Conversation, database: Database
) -> None:
    for value in (1, 2):
        with (
            statements(database, "INSERT") as written,
            statements(database, "UPDATE") as changed,
        ):
            conversations.set_state(chat.id, "k", value)
        assert (len(written), len(changed)) == (1, 0)


def test_the_database_itself_lets_no_twin_in(
    conversations: ConversationRepository, chat: Conversation, database: Database
) -> None:
    conversations.set_state(chat.id, "k", 1)
    with pytest.raises(AlreadyExistsError), database.transaction() as session:
        twin = ConversationState(conversation_id=chat.id, state_key="k", value=2)
        session.add(twin)


def test_bad_states_are_refused(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    with pytest.raises(InvalidValueError, match="state_key: is empty"):
        conversations.set_state(chat.id, "", 1)
    with pytest.raises(InvalidValueError, match="value: is not JSON"):
        conversations.set_state(chat.id, "k", {1, 2})
    with pytest.raises(InvalidValueError, match="persona_id: 'x' is not a UUID"):
        conversations.set_state(chat.id, "k", 1, "x")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(ReferenceFailedError):
        conversations.set_state(NOBODY, "k", 1)
    with pytest.raises(ReferenceFailedError):
        conversations.set_state(chat.id, "k", 1, module_id=NOBODY)
    assert conversations.states(chat.id) == []
