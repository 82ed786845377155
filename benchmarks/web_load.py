"""What `bedplate serve` stands: many clients at once, and a database that goes away.

    python benchmarks/web_load.py --seconds 60
    python benchmarks/web_load.py --stop --db postgresql

64 clients ask as fast as they are answered, three times in five to read, over a pool of
10 connections and none above. With --stop the database is a container of its own, which
is stopped in the middle and started again; every answer meanwhile has to be 503 with
Retry-After. Each line ends with `ok`, or with what was not as it should be.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import sqlalchemy as sa
from places import places

from bedplate import AsyncDatabase, Database, TrainingRepository
from bedplate.testing.products import PRODUCTS, Product

POOL = 10
FACES = {"sync": Database, "async": AsyncDatabase}
PASSWORD = {"password": "x"}
PAUSE = 0.1
"""Seconds a client waits after a refusal."""


@dataclass
class Tally:
    """What clients were answered.

    Attributes:
        begun: When, by the monotonic clock.
        took: Seconds of each request that was done.
        statuses: How often each status was answered; 0 for no answer at all.
        refused: When the last refusal came, by the monotonic clock.
        unhelpful: Refusals that did not say when to come back.
        errors: What was told with a status that should not be.
    """

    begun: float = field(default_factory=time.monotonic)
    took: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    refused: float = 0
    unhelpful: int = 0
    errors: Counter[str] = field(default_factory=Counter)

    def note(self, answer: httpx2.Response | None, seconds: float) -> None:
        """Count an answer."""
        status = answer.status_code if answer is not None else 0
        self.statuses[status] += 1
        if answer is not None and answer.is_success:
            self.took.append(seconds)
            return
        self.refused = time.monotonic()
        self.unhelpful += answer is None or "retry-after" not in answer.headers
        if status != 503:
            self.errors[answer.text[:200] if answer is not None else "no answer"] += 1


# The server, a process of its own


def serve(face: str, url: str, port: int) -> None:
    """Serve a database, and tell at /peak how many connections were ever in use."""
    import uvicorn

    from bedplate.web import Access, create_app
    from bedplate.web.dependencies import PATIENCE

    database = FACES[face](url, retry=PATIENCE, pool_size=POOL, max_overflow=0)
    app = create_app(database, Access(rate=0))
    peak = Counter[int]()

    def watch() -> None:
        while True:
            for place, engine in enumerate(database.engines()):
                peak[place] = max(peak[place], engine.pool.checkedout())  # type: ignore[attr-defined]  # of a queue
            time.sleep(0.002)

    threading.Thread(target=watch, daemon=True).start()

    @app.get("/api/session/peak")
    async def get_peak() -> list[int]:
        return [peak[place] for place in sorted(peak)]

    uvicorn.run(app, port=port, log_level="critical")


@contextmanager
def serving(face: str, url: str) -> Iterator[str]:
    """Serve in another process; give the address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(  # noqa: S603  # this very program
        [sys.executable, __file__, "--serve", face, url, str(port)]
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            with contextlib.suppress(httpx2.HTTPError):
                if httpx2.get(f"{address}/health/ready").is_success:
                    break
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


# The clients


async def load(address: str, clients: int, seconds: float, tally: Tally) -> None:
    """Ask with many clients for so many seconds."""
    end = time.monotonic() + seconds
    limits = httpx2.Limits(max_connections=clients)
    async with httpx2.AsyncClient(
        base_url=address, limits=limits, timeout=60
    ) as client:
        await asyncio.gather(*(one(client, i, end, tally) for i in range(clients)))


async def one(
    client: httpx2.AsyncClient, number: int, end: float, tally: Tally
) -> None:
    """Be one client."""
    rng = random.Random(number)
    while time.monotonic() < end:
        started = time.perf_counter()
        answer = None
        with contextlib.suppress(httpx2.HTTPError):
            answer = await ask(client, rng, number)
        tally.note(answer, time.perf_counter() - started)
        if answer is None or answer.is_error:
            await asyncio.sleep(PAUSE)


async def ask(
    client: httpx2.AsyncClient, rng: random.Random, number: int
) -> httpx2.Response:
    """Ask for one of the things that programs ask for."""
    job = f"load-{number % 16}"
    match rng.randrange(5):
        case 0:
            values = [{"metric_type": "loss", "value": rng.random(), "step": 1}]
            return await client.post(f"/api/metrics/{job}", json={"values": values})
        case 1:
            progress = round(rng.random() * 100, 2)
            return await client.put(f"/api/jobs/{job}", json={"progress": progress})
        case 2:
            return await client.get(f"/api/jobs/{job}")
        case 3:
            return await client.get("/api/jobs?limit=20")
        case _:
            return await client.get("/api/search?q=stormy+night")


def prepare(database: Database) -> None:
    """Write what is asked for."""
    database.upgrade()
    training = database.repository(TrainingRepository)
    for number in range(16):
        if training.get_training_job(f"load-{number}") is None:
            training.create_training_job(job_id=f"load-{number}")
    for number in range(50):
        training.add_corpus_text(f"It was a dark and stormy night. {number} " * 20)


# What is measured


def measure(face: str, name: str, url: str, options: argparse.Namespace) -> bool:
    """Load one database through one face, and print what came of it."""
    tally = Tally()
    with serving(face, url) as address:
        asyncio.run(load(address, options.clients, options.seconds, tally))
        pool = httpx2.get(f"{address}/metrics/database/pool").json()
        peaks = httpx2.get(f"{address}/api/session/peak").json()
    bad = Counter({s: n for s, n in tally.statuses.items() if not 200 <= s < 300})
    over = [peak for peak in peaks if peak > POOL]
    waits = pool["wait_seconds"]
    verdict = "ok" if not bad and not over else f"NOT OK {dict(bad)} {tally.errors}"
    print(
        f"{name:24} {face:5} {len(tally.took) / options.seconds:7.0f}/s"
        f"  {spread(tally.took)}  in use at most {'+'.join(map(str, peaks))} of"
        f" {pool['capacity']}  {waits['count']:,} checkouts, 95 % waited up to"
        f" {waits['p95'] * 1e3:.1f} ms, longest {waits['longest'] * 1e3:.0f} ms"
        f"  {verdict}",
        flush=True,
    )
    return verdict == "ok"


def spread(took: list[float]) -> str:
    """Return the percentiles of latencies."""
    if len(took) < 2:
        return "no answer"
    cuts = statistics.quantiles(took, n=100)
    return " ".join(f"p{p} {cuts[p - 1] * 1e3:.0f} ms" for p in (50, 95, 99))


@contextmanager
def container(product: Product) -> Iterator[tuple[Any, str]]:
    """Start a database server of its own, which may be stopped and started."""
    import docker

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    made = docker.from_env().containers.run(
        product.image,
        list(product.command),
        environment={k: v.format_map(PASSWORD) for k, v in product.variables.items()},
        ports={f"{product.port}/tcp": ("127.0.0.1", port)},
        detach=True,
    )
    try:
        url = f"{product.name}://{product.user}:x@127.0.0.1:{port}"
        home = product.home or "mysql"
        with Database(f"{url}/{home}") as database:
            database.wait(120)
        driver = sa.make_url(f"{url}/{product.home}").set(drivername=product.driver)
        time.sleep(3)  # the image's own set-up ends with a restart
        engine = sa.create_engine(driver, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in product.create:
                connection.exec_driver_sql(statement.format(name="web_load"))
        engine.dispose()
        yield made, f"{url}/web_load"
    finally:
        made.remove(force=True, v=True)


def outage(face: str, product: Product, options: argparse.Namespace) -> bool:
    """Stop the database under the load and start it again; print what came of it."""
    with ExitStack() as stack:
        made, url = stack.enter_context(container(product))
        with Database(url) as database:
            prepare(database)
        address = stack.enter_context(serving(face, url))
        tally = Tally()
        last = options.seconds
        clients = threading.Thread(
            target=lambda: asyncio.run(load(address, options.clients, last, tally))
        )
        clients.start()
        time.sleep(last / 5)
        made.stop(timeout=options.grace)
        time.sleep(last / 5)
        made.start()
        with Database(url, connect_timeout=1) as database:
            database.wait(120)
        returned = time.monotonic()
        clients.join()
    late = max(0.0, tally.refused - returned)
    others = {
        s: n for s, n in tally.statuses.items() if s != 503 and not 200 <= s < 300
    }
    good = not others and not tally.unhelpful and late <= 5
    verdict = "ok" if good else f"NOT OK {others} {tally.unhelpful} {tally.errors}"
    print(
        f"{product.name:24} {face:5} {len(tally.took):,} done, "
        f"{tally.statuses[503]:,} refused with Retry-After while it was away,"
        f" the last one {late:.1f} s after its return  {verdict}",
        flush=True,
    )
    return good


def main() -> None:
    """Run what the command line asks for; exit 1 where something was not ok."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", default="", help="these databases only, between commas")
    parser.add_argument("--face", choices=FACES, help="this face only")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--stop", action="store_true", help="stop the database")
    parser.add_argument("--grace", type=int, default=0, help="seconds it may take")
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        face, url, port = options.serve
        serve(face, url, int(port))
        return
    good = True
    faces = [options.face] if options.face else [*FACES]
    if options.stop:
        for product in PRODUCTS:
            if not options.db or product.name in options.db.split(","):
                for face in faces:
                    good &= outage(face, product, options)
    else:
        for place in places(options.db):
            prepare(place.database)
            for face in faces:
                good &= measure(face, place.name, place.url, options)
    sys.exit(not good)


if __name__ == "__main__":
    main()
