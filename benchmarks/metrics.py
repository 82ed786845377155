"""Record measured values: many at once, and one at a time with a commit each.

    python benchmarks/metrics.py --points 100000 --single 300

Peers are measured where they can be imported; see benchmarks/requirements.txt.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from contest import Contender, Contest, options, report
from places import Place, places

from bedplate import MetricBuffer, TrainingRepository
from bedplate.domains.training import AccuracyMetric

TABLE = "accuracy_metrics"
COLUMNS = "metric_type, value, step, created_at"
MOMENT = "2026-01-02 03:04:05.678901"
BULK_GOAL = 1.25
SINGLE_GOAL = {"sqlite": 3.0}
"""Where nothing else is asked, 1.5 times."""

PEER_SHARE = 0.02
"""Peers take so long that they record this part of the points."""

Point = tuple[str, float, int, str]


def main() -> int:
    """Measure on every database."""
    given = options(__doc__, points=100_000, single=300)
    return report(contests(given), given)


def contests(given: argparse.Namespace) -> Iterator[Contest]:
    """Yield two contests of each database."""
    for place in places(given.db):
        with peers(place) as address:
            many = Contest("metrics at once", place.name, given.points, "points")
            yield many.hold(list(at_once(place, address, given.points)), given)
            single = Contest("metrics one by one", place.name, given.single, "points")
            yield single.hold(list(one_by_one(place, address, given.single)), given)


def points(count: int) -> list[Point]:
    """Return points as the drivers take them."""
    return [("loss", step / 7, step, MOMENT) for step in range(count)]


def mappings(count: int) -> list[dict[str, Any]]:
    """Return the same as mappings."""
    return [
        {"metric_type": "loss", "value": step / 7, "step": step}
        for step in range(count)
    ]


def at_once(place: Place, address: str | None, count: int) -> Iterator[Contender]:
    """Yield who writes many points in one transaction."""
    training = place.database.repository(TrainingRepository)
    before = partial(place.empty, TABLE)
    rows, given = points(count), mappings(count)
    for name, technique in RAW[place.kind].items():
        yield Contender(f"raw {name}", partial(technique, place.raw, rows), before)
    record = partial(training.record_metrics, given)
    yield Contender("Bedplate record_metrics", record, before, BULK_GOAL)
    buffered = partial(buffer, training, given)
    yield Contender("Bedplate MetricBuffer", buffered, before)
    yield Contender("SQLAlchemy Core", partial(core, place, given), before)
    yield from peers_at_once(address, count)


def one_by_one(place: Place, address: str | None, count: int) -> Iterator[Contender]:
    """Yield who commits each point."""
    training = place.database.repository(TrainingRepository)
    before = partial(place.empty, TABLE)
    goal = SINGLE_GOAL.get(place.kind, 1.5)
    yield Contender("raw INSERT, COMMIT", partial(single, place, points(count)), before)
    ours = partial(accuracy, training, count)
    yield Contender("Bedplate record_accuracy", ours, before, goal)
    yield from peers_one_by_one(address, count)


def buffer(training: TrainingRepository, given: list[dict[str, Any]]) -> None:
    """Hand each point over by itself, and wait until all are written."""
    with MetricBuffer(training, size=5_000, capacity=len(given)) as held:
        for point in given:
            held.record(point["metric_type"], point["value"], step=point["step"])


def core(place: Place, given: list[dict[str, Any]]) -> None:
    """Insert by executemany."""
    table: Any = AccuracyMetric.__table__
    with place.database.engine.begin() as connection:
        connection.execute(sa.insert(table), given)


def accuracy(training: TrainingRepository, count: int) -> None:
    """Record one after the other."""
    for step in range(count):
        training.record_accuracy("loss", step / 7, step=step)


# Raw techniques


def sqlite_values(raw: Any, rows: list[Point], size: int = 200) -> None:
    """Insert by so many rows a statement."""
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        marks = ", ".join(["(?, ?, ?, ?)"] * len(some))
        sql = f"INSERT INTO {TABLE} ({COLUMNS}) VALUES {marks}"
        raw.execute(sql, [value for row in some for value in row])
    raw.commit()


def executemany(raw: Any, rows: list[Point], mark: str) -> None:
    """Insert by the driver's executemany."""
    marks = ", ".join([mark] * 4)
    sql = f"INSERT INTO {TABLE} ({COLUMNS}) VALUES ({marks})"
    raw.cursor().executemany(sql, rows)
    raw.commit()


def copy(raw: Any, rows: list[Point]) -> None:
    """COPY into the table."""
    statement = f"COPY {TABLE} ({COLUMNS}) FROM STDIN"
    with raw.cursor() as cursor, cursor.copy(statement) as sink:
        for row in rows:
            sink.write_row(row)
    raw.commit()


def literals(raw: Any, rows: list[Point], size: int = 2_000) -> None:
    """Insert by so many rows a statement, the values written here."""
    for start in range(0, len(rows), size):
        values = ", ".join(
            [
                f"('{kind}', {value!r}, {step}, '{moment}')"
                for kind, value, step, moment in rows[start : start + size]
            ]
        )
        raw.query(f"INSERT INTO {TABLE} ({COLUMNS}) VALUES {values}")
    raw.commit()


def single(place: Place, rows: list[Point]) -> None:
    """Insert and commit one after the other."""
    mark = "?" if place.kind == "sqlite" else "%s"
    marks = ", ".join([mark] * 4)
    sql = f"INSERT INTO {TABLE} ({COLUMNS}) VALUES ({marks})"
    cursor = place.raw.cursor()
    for row in rows:
        cursor.execute(sql, row)
        place.raw.commit()


RAW: dict[str, dict[str, Callable[[Any, list[Point]], None]]] = {
    "sqlite": {
        "VALUES by 200": sqlite_values,
        "executemany": partial(executemany, mark="?"),
    },
    "postgresql": {"COPY": copy},
    "mysql": {
        "literals by 2,000": literals,
        "executemany": partial(executemany, mark="%s"),
    },
    "mariadb": {
        "literals by 2,000": literals,
        "executemany": partial(executemany, mark="%s"),
    },
}


# Peers, on a database of their own


@contextmanager
def peers(place: Place) -> Iterator[str | None]:
    """Yield the URL of a database for them; None where they are not measured."""
    if place.kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'peer.db'}"
    elif place.kind == "postgresql":
        url = sa.make_url(place.url)
        own = url.set(database=f"{url.database}_peer", drivername="postgresql+psycopg")
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {own.database}"))
            yield own.render_as_string(hide_password=False)
            connection.execute(sa.text(f"DROP DATABASE {own.database} WITH (FORCE)"))
    else:
        yield None


def peers_at_once(address: str | None, count: int) -> Iterator[Contender]:
    """Yield MLflow's batch, where MLflow is installed."""
    if address and find_spec("mlflow"):
        some = int(count * PEER_SHARE)
        yield Contender(
            "MLflow log_batch", mlflow_batch(address, some), share=some / count
        )


def peers_one_by_one(address: str | None, count: int) -> Iterator[Contender]:
    """Yield MLflow and Optuna, where they are installed."""
    if address and find_spec("mlflow"):
        yield Contender("MLflow log_metric", mlflow_single(address, count))
    if address and address.endswith("peer.db") and find_spec("optuna"):
        yield Contender("Optuna report", optuna_report(address, count))


def _mlflow(address: str) -> tuple[Any, str]:
    from mlflow.tracking import MlflowClient  # type: ignore[import-not-found]

    client = MlflowClient(address)
    return client, client.create_run("0").info.run_id


def mlflow_batch(address: str, count: int) -> Callable[[], None]:
    """Return what logs so many points by a thousand."""
    from mlflow.entities import Metric  # type: ignore[import-not-found]

    client, run = _mlflow(address)

    def log() -> None:
        made = [Metric("loss", step / 7, step, step) for step in range(count)]
        for start in range(0, count, 1_000):
            client.log_batch(run, metrics=made[start : start + 1_000])

    return log


def mlflow_single(address: str, count: int) -> Callable[[], None]:
    """Return what logs so many points one by one."""
    client, run = _mlflow(address)

    def log() -> None:
        for step in range(count):
            client.log_metric(run, "loss", step / 7, step=step)

    return log


def optuna_report(address: str, count: int) -> Callable[[], None]:
    """Return what reports so many values of a trial."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    # Beside MLflow's, which keeps its revision in a table of the same name.
    study = optuna.create_study(storage=address.replace("peer.db", "optuna.db"))

    def report_all() -> None:
        trial = study.ask()
        for step in range(count):
            trial.report(step / 7, step)

    return report_all


if __name__ == "__main__":
    sys.exit(main())
