"""A chat with a memory, on any database.

    DATABASE_URL=sqlite:///chat.db python examples/chat.py

A persona talks; what is said is kept message by message, what is worth remembering as
a vector beside it, and each answer is drawn from the memories that come nearest to the
question. There is no language model in here, and no network: the embeddings are made
up from hashes of the words, so that texts with words in common lie near each other, and
the answers are put together from what was recalled. Everything is the same in every
run, and on every database.
"""

from __future__ import annotations

import hashlib
import re
import sys

import numpy as np
import numpy.typing as npt

from bedplate import ConversationRepository, Database
from bedplate.domains.conversations import Conversation, ExecutionContext, Persona

DIMENSION = 64

HEARD = (
    ("My sister Vera keeps bees in Trieste.", "family", 0.9),
    ("I drink green tea in the morning.", "taste", 0.6),
    ("The red bicycle has a flat tyre.", "errand", 0.4),
    ("Vera sends honey every autumn.", "family", 0.7),
    ("Yesterday it rained.", "smalltalk", 0.1),
)
ASKED = (
    "Who keeps bees?",
    "What do I drink in the morning?",
    "What is wrong with the bicycle?",
)


def embedding(text: str) -> npt.NDArray[np.float64]:
    """Return a made-up embedding: each word adds a direction that its hash gives."""
    found = np.zeros(DIMENSION)
    for word in re.findall(r"\w+", text.lower()):
        digest = hashlib.sha512(word.encode()).digest()
        found += np.frombuffer(digest, np.int8)[:DIMENSION]
    return found


def main() -> int:
    """Talk, and say what was recalled."""
    with Database.from_env() as database:
        database.upgrade()
        chats = database.repository(ConversationRepository)
        # A second run finds them, and begins a conversation of its own.
        persona = chats.get_persona_by_name("Mnemosyne") or chats.create_persona(
            "Mnemosyne", system_prompt="Answer from what you remember."
        )
        stage = chats.modules_for_stage(ExecutionContext.POST_RESPONSE)
        there = [module for module in stage if module.name == "remembering"]
        remembering = (
            there[0]
            if there
            else chats.create_module(
                "remembering",
                type="memory",
                execution_context=ExecutionContext.POST_RESPONSE,
                trigger_pattern=r"\.$",
            )
        )
        chat = chats.create_conversation("An example", persona.id, "none")
        # What is said, what is remembered and what is counted: all or nothing.
        with database.transaction():
            for text, kind, importance in HEARD:
                said = chats.append_message(chat.id, "user", text)
                for module in chats.modules_for_stage(ExecutionContext.POST_RESPONSE):
                    if re.search(module.trigger_pattern or "", text):
                        chats.remember(
                            chat.id,
                            text,
                            embedding(text),
                            kind,
                            importance,
                            persona_id=persona.id,
                            first_message_id=said.id,
                        )
            state = {"remembered": len(HEARD)}
            chats.set_state(chat.id, "count", state, module_id=remembering.id)
        for question in ASKED:
            answer(chats, chat, persona, question)
        close(chats, chat)
    return 0


def answer(
    chats: ConversationRepository, chat: Conversation, persona: Persona, question: str
) -> None:
    """Ask something, and let the nearest memory be the answer."""
    asked = chats.append_message(chat.id, "user", question)
    found = chats.recall(embedding(question), 2, conversation_id=chat.id)
    best = found[0]
    reply = f"You told me: {best.memory.content}"
    thinking = "; ".join(hit.memory.content for hit in found)
    chats.append_message(chat.id, "assistant", reply, thinking=thinking)
    say(f"{asked.sequence:2} you: {question}")
    say(f"   {persona.name}: {reply} (similarity {best.similarity:.3f})")


def close(chats: ConversationRepository, chat: Conversation) -> None:
    """Look back, let what is of no use fade, and forget it."""
    say("about the family:")
    for hit in chats.search_memories(
        embedding("Vera"), memory_type="family", conversation_id=chat.id
    ):
        say(f"   {hit.memory.content} (recalled {hit.memory.access_count} times)")
    say("found by their words:")
    hits = chats.search_messages("honey", conversation_id=chat.id)
    for snippet in sorted(hit.snippet for hit in hits):
        say(f"   {snippet}")
    say(f"{chats.decay_memories(0.5, conversation_id=chat.id)} memories faded")
    say(f"{chats.forget_faded(0.1, conversation_id=chat.id)} were forgotten")
    last = chats.list_messages(chat.id, limit=1)[0]
    say(f"{chats.count_messages(chat.id)} messages, the last by the {last.role}")


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
