"""An agent that scrapes, watches and acts, and that may be killed at any moment.

    python examples/agent.py            # SQLite, or what DB_TYPE names
    python examples/agent.py URL        # a database of its own
    python examples/agent.py --pause 1  # with time to kill it in the middle

It reads a made-up newspaper page by page, looks through the articles for the words that
its active version watches, raises alerts, and learns: it stores a next version of
itself that watches one word more, and activates it. Each step is one transaction with
the workflow's own progress. Killed with `kill -9` and started again it goes on at the
step that it was in, and ends with the rows of a run that nobody disturbed.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from bedplate import Database, WorkflowRepository
from bedplate.domains.workflows import WorkflowState

AGENT = "gazette watcher"
ROUND = "gazette round"
FIRST_WORDS = ["outage", "recall"]
PAGES = 8
PLACES = ("Harbour", "Mill Lane", "Old Town", "Riverside", "Harbour")
STORIES = (
    ("Power outage: {place}", "The outage began at {hour}:00 and took {n} minutes."),
    ("Market day: {place}", "{n} stalls sold lamps, cheese and old books."),
    ("Concert: {place}", "{n} people came, and nobody asked for the money back."),
    ("Lamps: {place}", "The maker announced a recall of {n} lamps sold there."),
)


Step = Callable[[WorkflowRepository], str]


def page(number: int) -> Iterator[dict[str, str]]:
    """Yield what a scraper would make of a page: the front page comes every time."""
    address = f"https://gazette.example/{number}"
    for place, where in enumerate(PLACES):
        count = number * len(PLACES) + place
        title, content = STORIES[count * 7 % len(STORIES)]
        facts = {"place": where, "n": 10 + count * 13 % 90, "hour": count * 5 % 24}
        yield {
            "id": f"gazette/{number:02}/{place}",
            "url": f"{address}#{place}",
            "title": title.format(**facts),
            "content": content.format(**facts),
        }
    yield {
        "id": "gazette/front",
        "url": address,
        "title": "The Gazette",
        "content": f"Today on {number + 1} pages, no outage of news.",
    }


def scrape(agent: WorkflowRepository, number: int) -> str:
    """Store the articles of a page; one that came before is replaced."""
    return f"{agent.insert_articles([*page(number)], on_conflict='update')} articles"


def watch(agent: WorkflowRepository, word: str) -> str:
    """Raise an alert for each article that has a word."""
    hits = sorted(agent.search_articles(word, limit=1_000), key=lambda hit: hit.id)
    found = [(hit, agent.get_article(hit.id)) for hit in hits]
    alerts = [
        {"title": f"{word}: {hit.title}", "message": hit.snippet, "source_url": a.url}
        for hit, a in found
        if a is not None
    ]
    return f"{agent.insert_alerts(alerts)} alerts"


def act(agent: WorkflowRepository, words: Sequence[str], version: str) -> str:
    """Make the next version, which also watches the place with the most alerts."""
    places = Counter(a.title.rpartition(": ")[2] for a in agent.list_alerts(10_000))
    (place, _), *_ = sorted(places.items(), key=lambda item: (-item[1], item[0]))
    made = agent.create_agent_version(
        AGENT,
        str(int(version) + 1),
        json.dumps([*words, place.lower()]),
        description=f"watches {place} too",
        created_by=AGENT,
        is_active=True,
    )
    return f"version {made.version} is active: {made.code}"


def steps(data: dict[str, Any]) -> list[tuple[str, Step]]:
    """Return what a round is made of: the name of each step, and what it does."""
    words = data["words"]
    return [
        *((f"scrape {n}", partial(scrape, number=n)) for n in range(PAGES)),
        *((f"watch {word}", partial(watch, word=word)) for word in words),
        ("act", partial(act, words=words, version=data["version"])),
    ]


def begin(agent: WorkflowRepository) -> WorkflowState:
    """Return the round that was not finished, or a new one."""
    for status in ("running", "pending"):
        for unfinished in agent.list_workflows(status, 1, name=ROUND):
            return unfinished
    active = agent.get_active_agent_version(AGENT) or agent.create_agent_version(
        AGENT, "1", json.dumps(FIRST_WORDS), is_active=True
    )
    # What the round runs is written down: the active version changes on the way.
    data = {"version": active.version, "words": json.loads(active.code), "done": 0}
    return agent.create_workflow(ROUND, data)


def advance(database: Database, key: int, pause: float) -> WorkflowState:
    """Take the next step of a round: what it does and its progress are one."""
    agent = database.repository(WorkflowRepository)
    with database.transaction() as session:
        # Locked: of two agents on one round the second waits, and goes on after it.
        workflow = session.get_one(WorkflowState, key, with_for_update=True)
        plan, done = steps(workflow.data), workflow.data["done"]
        if done == len(plan):
            return workflow
        name, work = plan[done]
        said = work(agent)
        time.sleep(pause)
        return agent.update_workflow(
            key,
            "completed" if done + 1 == len(plan) else "running",
            step=name,
            data={**workflow.data, "done": done + 1},
            message=said,
        )


def main() -> None:
    """Do one round, or what is left of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("url", nargs="?", help="a database of its own")
    parser.add_argument("--pause", type=float, default=0, help="seconds in each step")
    given = parser.parse_args()
    with Database(given.url) as database:
        database.upgrade()
        agent = database.repository(WorkflowRepository)
        with database.transaction():
            workflow = begin(agent)
        while workflow.status != "completed":
            workflow = advance(database, workflow.id, given.pause)
            print(f"done: {workflow.current_step}", flush=True)
        for entry in agent.get_workflow_history(workflow.id):
            print(f"{entry.status:9} {entry.step}: {entry.message}")
        for alert in reversed(agent.list_alerts(5)):
            print(f"{alert.title} - {alert.message}")


if __name__ == "__main__":
    main()
