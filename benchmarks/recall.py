"""Measure how many of the nearest memories an index finds, and how fast.

    python benchmarks/recall.py                      # SQLite, and TEST_*_URL
    python benchmarks/recall.py --vectors 20000 postgresql://user@host/empty

The vectors are made up, the same in every run: 32 hidden directions, along which they
lie in 200 groups, are spread over 384 dimensions and blurred in each of them by noise.
So they have what embeddings have, groups and far fewer degrees of freedom than numbers;
real ones may be easier or harder. `--spread hard` makes one group of each hundred
vectors, all groups at right angles: hardly anything leads from one to the next.

For each database it prints the share of the ten nearest that the index finds
(recall@10; exact search is 1 by definition, and compared with NumPy here), with a
filter that one in fifty memories passes as well, and milliseconds of a search, the
median over the queries. Exit code 1: recall below 0.95, or an exact search was wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bedplate import ConversationRepository, Database
from bedplate.testing.products import PRODUCTS
from bedplate.testing.servers import GivenServer

Matrix = npt.NDArray[np.float32]

K = 10
KINDS = 50
"""Kinds of memories: a filter by one of them leaves so few."""


def made(count: int, dimension: int, spread: str, seed: int) -> Matrix:
    """Return made-up vectors of length 1; of one spread all share their groups."""
    shape, drawn = np.random.default_rng(0), np.random.default_rng(seed)
    if spread == "hard":
        groups = shape.normal(size=(1_000, dimension)) / np.sqrt(dimension)
        noise = drawn.normal(size=(count, dimension)) / np.sqrt(dimension)
        found = groups[drawn.integers(0, len(groups), count)] + noise
    else:
        hidden = shape.normal(size=(32, dimension)) / np.sqrt(32)
        groups = shape.normal(size=(200, 32))
        places = groups[drawn.integers(0, 200, count)] + drawn.normal(size=(count, 32))
        found = places @ hidden + 0.2 * drawn.normal(size=(count, dimension))
    single: Matrix = found.astype(np.float32)
    single /= np.linalg.norm(single, axis=1)[:, None]
    return single


def main() -> int:
    """Measure each database, print a line of JSON each, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", nargs="*", help="empty databases")
    parser.add_argument("--vectors", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--spread", choices=("soft", "hard"), default="soft")
    chosen = parser.parse_args()
    vectors = made(chosen.vectors, chosen.dimension, chosen.spread, 1)
    queries = made(chosen.queries, chosen.dimension, chosen.spread, 2)
    good = True
    for url in _urls(chosen.urls):
        found = measured(url, vectors, queries)
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()
        least = min(found.get("recall", 1), found.get("recall_filtered", 1))
        good = good and found["exact_is_right"] and least >= 0.95
    return 0 if good else 1


def measured(url: str, vectors: Matrix, queries: Matrix) -> dict[str, Any]:
    """Fill a database, search it both ways, and say what came of it."""
    with Database(url) as database:
        database.upgrade()
        memories = database.repository(ConversationRepository)
        conversation = memories.create_conversation()
        started = time.perf_counter()
        memories.remember_many(
            {
                "conversation_id": conversation.id,
                "content": str(n),
                "embedding": vector,
                "memory_type": f"kind {n % KINDS}",
            }
            for n, vector in enumerate(vectors)
        )
        told: dict[str, Any] = {
            "database": database.test_connection()["database"],
            "version": database.test_connection()["version"],
            "vectors": len(vectors),
            "dimension": vectors.shape[1],
            "remember_many_s": _since(started),
        }
        everything = np.arange(len(vectors))
        wanted = _nearest(vectors, queries, everything)
        few = queries[: max(5, len(queries) // 10)]
        exact, told["exact_ms"] = _searched(memories, few, approximate=False)
        told["exact_is_right"] = _recall(exact, wanted) == 1
        started = time.perf_counter()
        told["index"] = "; ".join(database.index_vectors())
        told["index_s"] = _since(started)
        if "are indexed" in told["index"]:
            found, told["approximate_ms"] = _searched(memories, queries)
            told["recall"] = _recall(found, wanted)
            of_a_kind = everything[everything % KINDS == 7]
            wanted = _nearest(vectors, queries, of_a_kind)
            found, told["filtered_ms"] = _searched(memories, queries, "kind 7")
            told["recall_filtered"] = _recall(found, wanted)
    return told


def _searched(
    memories: ConversationRepository,
    queries: Matrix,
    kind: str | None = None,
    *,
    approximate: bool = True,
) -> tuple[list[set[int]], float]:
    """Return what each query finds, and the median of milliseconds."""
    found, times = [], []
    for query in queries:
        started = time.perf_counter()
        hits = memories.search_memories(
            query, K, memory_type=kind, approximate=approximate
        )
        times.append(time.perf_counter() - started)
        found.append({int(hit.memory.content) for hit in hits})
    return found, round(statistics.median(times) * 1e3, 1)


def _nearest(
    vectors: Matrix, queries: Matrix, among: npt.NDArray[Any]
) -> list[set[int]]:
    return [
        {int(n) for n in among[np.argsort(-(vectors[among] @ query))[:K]]}
        for query in queries
    ]


def _recall(found: Sequence[set[int]], wanted: Sequence[set[int]]) -> float:
    shares = [
        len(one & other) / len(other) for one, other in zip(found, wanted, strict=False)
    ]
    return round(statistics.mean(shares), 4)


def _urls(given: Sequence[str]) -> Iterator[str]:
    if given:
        yield from given
        return
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/recall.db"
        for product in PRODUCTS:
            entries = os.environ.get(f"TEST_{product.name.upper()}_URL", "").split()
            for place, entry in enumerate(entries, 1):
                if entry != "container":
                    with _new(GivenServer(product, entry, place), folder) as url:
                        yield url


@contextmanager
def _new(server: GivenServer, folder: str) -> Iterator[str]:
    url = server.create_database(f"recall_{uuid.uuid4().hex[:12]}", Path(folder))
    try:
        yield url
    finally:
        server.drop_database(url)


def _since(started: float) -> float:
    return round(time.perf_counter() - started, 1)


if __name__ == "__main__":
    sys.exit(main())
