"""Personas, modules and conversations: made, read, listed, changed, deleted."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from bedplate import ConversationRepository, Database
from bedplate.domains.conversations import Conversation, Module, Persona
from bedplate.domains.users import User
from bedplate.errors import (
    AlreadyExistsError,
    CheckFailedError,
    InvalidValueError,
    NotFoundError,
    ReferenceFailedError,
    ValueTooLargeError,
)

NOBODY = UUID(int=7)


def test_a_persona_keeps_what_it_is_given(
    conversations: ConversationRepository,
) -> None:
    made = conversations.create_persona(
        name="Ada", description="Ä", system_prompt="Be kind.", metadata={"a": [1]}
    )

    found = conversations.get_persona(made.id)

    assert found is not None
    assert found.as_dict() == made.as_dict()
    assert (found.name, found.description) == ("Ada", "Ä")
    assert (found.system_prompt, found.metadata_) == ("Be kind.", {"a": [1]})
    assert made.id.version == 7
    by_name = conversations.get_persona_by_name("Ada")
    assert by_name is not None
    assert by_name.id == made.id
    assert conversations.get_persona_by_name("ADA") is None
    assert conversations.get_persona(NOBODY) is None


def test_personas_are_listed_in_pages(conversations: ConversationRepository) -> None:
    made = [conversations.create_persona(f"p{n}").id for n in range(5)]
    first = conversations.list_personas(limit=2)
    rest = conversations.list_personas(after=first[-1].id)
    assert [p.id for p in (*first, *rest)] == made


def test_a_persona_changes(conversations: ConversationRepository) -> None:
    made = conversations.create_persona("Ada", system_prompt="x")
    other = conversations.create_persona("Bob")

    changed = conversations.update_persona(
        made.id, name="Eve", system_prompt=None, metadata={"b": 2}
    )

    assert (changed.name, changed.system_prompt) == ("Eve", None)
    found = conversations.get_persona(made.id)
    assert found is not None
    assert found.metadata_ == {"b": 2}
    assert found.updated_at > found.created_at
    with pytest.raises(AlreadyExistsError):
        conversations.update_persona(other.id, name="Eve")
    with pytest.raises(NotFoundError):
        conversations.update_persona(NOBODY, name="x")
    with pytest.raises(InvalidValueError, match="no column 'nmae'"):
        conversations.update_persona(made.id, nmae="x")
    with pytest.raises(InvalidValueError, match="name: a value is needed"):
        conversations.update_persona(made.id, name=None)
    with pytest.raises(InvalidValueError, match="id: stays as it is"):
        conversations.update_persona(made.id, id=uuid4())


@pytest.mark.parametrize("name", ["", "  ", " a", "a ", "a\0b"])
def test_a_name_that_nobody_can_see_is_refused(
    conversations: ConversationRepository, name: str
) -> None:
    with pytest.raises(InvalidValueError, match=r"^name: "):
        conversations.create_persona(name)
    with pytest.raises(InvalidValueError, match=r"^name: "):
        conversations.create_module(name)


def test_a_name_is_there_once(conversations: ConversationRepository) -> None:
    conversations.create_persona("Ada")
    conversations.create_persona("ada")
    with pytest.raises(AlreadyExistsError):
        conversations.create_persona("Ada")
    with pytest.raises(ValueTooLargeError, match="name: 256 characters"):
        conversations.create_persona("x" * 256)


def test_a_deleted_persona_leaves_its_conversations(
    conversations: ConversationRepository,
) -> None:
    persona = conversations.create_persona("Ada")
    chat = conversations.create_conversation("c", persona.id)
    memory = conversations.remember(chat.id, "m", [1.0, 0.0], persona_id=persona.id)
    conversations.set_state(chat.id, "mine", 1, persona_id=persona.id)
    conversations.set_state(chat.id, "all", 2)

    assert conversations.delete_persona(persona.id)

    left = conversations.get_conversation(chat.id)
    assert left is not None
    assert left.persona_id is None
    kept = conversations.get_memory(memory.id)
    assert kept is not None
    assert kept.persona_id is None
    assert [s.state_key for s in conversations.states(chat.id)] == ["all"]
    assert not conversations.delete_persona(persona.id)


def test_a_module_keeps_what_it_is_given(
    conversations: ConversationRepository,
) -> None:
    made = conversations.create_module(
        type="python",
        trigger_pattern=r"\bweather\b",
        script="print(1)",
        execution_context="POST_RESPONSE",
        requires_ai_inference=True,
        stage_priority=3,
        content="text",
    )
    found = conversations.get_module(made.id)
    assert found is not None
    assert found.as_dict() == made.as_dict()
    assert found.requires_ai_inference is True
    plain = conversations.create_module()
    assert (plain.execution_context, plain.content) == ("ON_DEMAND", None)
    assert plain.requires_ai_inference is False
    assert [m.id for m in conversations.list_modules()] == [made.id, plain.id]
    assert conversations.delete_module(plain.id)
    assert not conversations.delete_module(plain.id)
    assert conversations.get_module(plain.id) is None


def test_modules_of_a_stage_come_by_priority(
    conversations: ConversationRepository,
) -> None:
    for name, context, priority in (
        ("late", "IMMEDIATE", 9),
        ("other", "ON_DEMAND", 0),
        ("first", "IMMEDIATE", -1),
        ("twin", "IMMEDIATE", 9),
    ):
        conversations.create_module(
            name, execution_context=context, stage_priority=priority
        )

    found = conversations.modules_for_stage("IMMEDIATE")

    assert [m.name for m in found] == ["first", "late", "twin"]
    assert conversations.modules_for_stage("POST_RESPONSE") == []


def test_an_execution_context_is_one_of_three(
    conversations: ConversationRepository, database: Database
) -> None:
    made = conversations.create_module("m")
    message = "execution_context: 'SOMETIMES' is not one of IMMEDIATE, POST_RESPONSE"
    with pytest.raises(InvalidValueError, match=message):
        conversations.create_module(execution_context="SOMETIMES")
    with pytest.raises(InvalidValueError, match=message):
        conversations.update_module(made.id, execution_context="SOMETIMES")
    with pytest.raises(InvalidValueError, match=message):
        conversations.modules_for_stage("SOMETIMES")
    with pytest.raises(CheckFailedError), database.transaction() as session:
        session.execute(sa.update(Module).values(execution_context="SOMETIMES"))


def test_a_module_changes(conversations: ConversationRepository) -> None:
    made = conversations.create_module("m", content="x", requires_ai_inference=True)
    changed = conversations.update_module(
        made.id, content=None, requires_ai_inference=False, stage_priority=2
    )
    assert (changed.content, changed.stage_priority) == (None, 2)
    assert changed.requires_ai_inference is False
    with pytest.raises(InvalidValueError, match="type: is empty"):
        conversations.update_module(made.id, type=" ")


def test_a_conversation_keeps_what_it_is_given(
    conversations: ConversationRepository, database: Database
) -> None:
    persona = conversations.create_persona("Ada")
    with database.transaction() as session:
        user = User(username="u")
        session.add(user)
    made = conversations.create_conversation(
        title="T 🙂",
        persona_id=persona.id,
        provider_type="local",
        provider_config={"model": "m", "options": {"temperature": 0.5}},
        user_id=user.id,
    )

    found = conversations.get_conversation(made.id)

    assert found is not None
    assert found.as_dict() == made.as_dict()
    conversations.create_conversation()
    by_persona = conversations.list_conversations(persona_id=persona.id)
    by_user = conversations.list_conversations(user_id=user.id)
    assert [c.id for c in by_persona] == [c.id for c in by_user] == [made.id]
    with pytest.raises(ReferenceFailedError):
        conversations.create_conversation(persona_id=NOBODY)


def test_conversations_are_listed_newest_first(
    conversations: ConversationRepository,
) -> None:
    made = [conversations.create_conversation(str(n)).id for n in range(5)]
    first = conversations.list_conversations(limit=2)
    rest = conversations.list_conversations(before=first[-1].id)
    assert [c.id for c in (*first, *rest)] == made[::-1]
    assert conversations.list_conversations(limit=0) == []
    with pytest.raises(InvalidValueError, match="limit"):
        conversations.list_conversations(limit=-1)


def test_a_conversation_changes(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    changed = conversations.update_conversation(chat.id, title=None, provider_type="p")
    assert (changed.title, changed.provider_type) == (None, "p")
    with pytest.raises(NotFoundError):
        conversations.update_conversation(NOBODY, title="x")
    with pytest.raises(ReferenceFailedError):
        conversations.update_conversation(chat.id, persona_id=NOBODY)


def test_a_conversation_takes_all_that_is_its_own(
    conversations: ConversationRepository, chat: Conversation
) -> None:
    other = conversations.create_conversation()
    for owner in (chat, other):
        first = conversations.append_message(owner.id, "user", "hello")
        conversations.set_state(owner.id, "k", 1)
        conversations.remember(owner.id, "m", [1.0], first_message_id=first.id)

    assert conversations.delete_conversation(chat.id)

    assert conversations.get_conversation(chat.id) is None
    assert conversations.list_messages(chat.id) == []
    assert conversations.states(chat.id) == []
    assert conversations.list_memories(chat.id) == []
    assert len(conversations.list_messages(other.id)) == 1
    assert len(conversations.states(other.id)) == 1
    assert len(conversations.list_memories()) == 1
    assert not conversations.delete_conversation(chat.id)


def test_a_user_takes_the_conversations_too(
    conversations: ConversationRepository, database: Database
) -> None:
    with database.transaction() as session:
        user = User(username="u")
        session.add(user)
    chat = conversations.create_conversation(user_id=user.id)
    conversations.append_message(chat.id, "user", "hello")
    conversations.remember(chat.id, "m", [1.0])
    with database.transaction() as session:
        session.execute(sa.delete(User).where(User.id == user.id))
    assert conversations.list_conversations() == []
    assert conversations.list_memories() == []


def test_tables_have_their_general_methods(
    conversations: ConversationRepository,
) -> None:
    conversations.create_persona("Ada")
    assert conversations.of(Persona).count() == 1
