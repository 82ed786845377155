"""Column types: what goes in comes out, the same on every database, or is refused."""

from __future__ import annotations

import json
import math
import sys
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bedplate import Base, Database, Repository, TrainingRepository
from bedplate.domains.training import (
    AccuracyMetric,
    GenerationHistory,
    NeuralCheckpoint,
    NeuralConfig,
    TextCorpus,
    TrainingJob,
)
from bedplate.errors import InvalidValueError, ValueTooLargeError
from bedplate.types import LongText, WholeNumber

if TYPE_CHECKING:
    from bedplate.testing.servers import Server


@pytest.fixture
def training(database: Database) -> TrainingRepository:
    return database.repository(TrainingRepository)


Store = Callable[..., Any]


@pytest.fixture(params=["entity", "change", "add_many", "upsert_many", "update_many"])
def store(request: pytest.FixtureRequest, training: TrainingRepository) -> Store:
    """Write one column of the only row in one of the ways there are; return it."""

    def written(model: type[Base], column: str, value: Any) -> Any:
        repository = training.of(model)
        repository.delete_many(sa.inspect(row).identity for row in repository.list())
        row = NEEDED[model] | {column: value}
        if request.param == "add_many":
            repository.add_many([row])
        elif request.param == "upsert_many":
            repository.upsert_many([row | {"id": 1}])
        elif request.param == "entity":
            repository.add(model(**row))
        else:
            repository.add(model(**NEEDED[model]))
            key = repository.list()[0].as_dict()["id"]
            if request.param == "change":
                repository.update(key, **{column: value})
            else:
                assert repository.update_many([{"id": key, column: value}]) == 1
        (found,) = repository.list()
        return getattr(found, column)

    return written


NEEDED: dict[type[Base], dict[str, Any]] = {
    AccuracyMetric: {"metric_type": "a", "value": 1.0},
    GenerationHistory: {"prompt": "a", "response": "b"},
    NeuralConfig: {"name": "a", "config": {}},
    TextCorpus: {"content": "a", "word_count": 1, "char_count": 1},
    TrainingJob: {"job_id": "a", "status": "pending", "progress": 0.0},
}
"""What a row cannot do without."""


def refused(store: Store, model: type[Base], column: str, value: Any) -> str:
    """Return what is said of a value that is refused, after the column's name."""
    with pytest.raises(InvalidValueError) as caught:
        store(model, column, value)
    name = column.rstrip("_")
    assert caught.value.column == name
    assert isinstance(caught.value, ValueError)
    assert str(caught.value).startswith(f"{name}: ")
    return str(caught.value).removeprefix(f"{name}: ")


# Floats

LARGEST = sys.float_info.max
BELOW = math.nextafter(LARGEST, 0)
FLOATS = [
    *(math.nan, math.inf, -math.inf, 0.0, 1.0, -1.0, 0.1, 1 / 3, math.pi),
    *(1e22, 123456789.123456789, 2.0**53 + 2, 1e-300),
    *(5e-324, -5e-324, sys.float_info.min, math.nextafter(sys.float_info.min, 0)),
    *(1.7e308, -1.7e308, -math.nextafter(sys.float_info.max, 0)),
]


def test_floats_come_back_exactly(store: Store) -> None:
    for value in FLOATS:
        found = store(AccuracyMetric, "value", value)
        assert type(found) is float
        assert found.hex() == value.hex()


@pytest.mark.parametrize("value", [LARGEST, BELOW, -LARGEST])
def test_the_largest_floats(server: Server, store: Store, value: float) -> None:
    if server.kind in ("mysql", "mariadb"):  # they stand for infinities and NaN
        told = refused(store, AccuracyMetric, "value", value)
        assert "cannot be told from an infinity or NaN" in told
    else:
        assert store(AccuracyMetric, "value", value) == value


def test_zero_below_zero_is_zero(store: Store) -> None:
    assert store(AccuracyMetric, "value", -0.0) == 0.0


def test_what_is_a_float_to_python(store: Store) -> None:
    import numpy as np

    values: list[Any] = [3, True, Decimal("0.1"), np.float32(0.5), np.float64("nan")]
    for value in values:
        assert repr(store(AccuracyMetric, "value", value)) == repr(float(value))


def test_what_is_no_float_is_refused(
    store: Store, training: TrainingRepository
) -> None:
    for value in ("high", [], 1j, object()):
        assert "a number is needed" in refused(store, AccuracyMetric, "value", value)
    assert "too large" in refused(store, AccuracyMetric, "value", 10**400)
    for row in training.of(AccuracyMetric).list():
        assert row.value == 1.0  # as it was before it was to be changed


NUMBERS = [-math.inf, -1.0, 0.05, 1.0, 1e300, math.inf]


CONDITIONS: list[tuple[Any, list[float]]] = [
    (AccuracyMetric.value < 0.1, [-math.inf, -1.0, 0.05]),
    (AccuracyMetric.value <= 1.0, [-math.inf, -1.0, 0.05, 1.0]),
    (AccuracyMetric.value > 1.0, [1e300, math.inf]),
    (AccuracyMetric.value >= 1.0, [1.0, 1e300, math.inf]),
    (AccuracyMetric.value > math.inf, []),
    (AccuracyMetric.value >= math.inf, [math.inf]),
    (AccuracyMetric.value < math.inf, NUMBERS[:-1]),
    (AccuracyMetric.value <= math.inf, NUMBERS),
    (AccuracyMetric.value == 1.0, [1.0]),
    (AccuracyMetric.value == math.inf, [math.inf]),
    (AccuracyMetric.value != 1.0, [-math.inf, -1.0, 0.05, 1e300, math.inf]),
    (AccuracyMetric.value.between(-1, math.inf), NUMBERS[1:]),
    (sa.literal(0.1, sa.Float) > AccuracyMetric.value, [-math.inf, -1.0, 0.05]),
    (AccuracyMetric.value == math.nan, []),
    (AccuracyMetric.value < math.nan, []),
    (AccuracyMetric.value >= math.nan, []),
    (AccuracyMetric.value.between(0, math.nan), []),
    (AccuracyMetric.value == AccuracyMetric.value, NUMBERS),
    (AccuracyMetric.value.is_(None), []),
]


def test_no_comparison_matches_nan(training: TrainingRepository) -> None:
    values = [*NUMBERS, math.nan]
    training.record_metrics({"metric_type": "a", "value": value} for value in values)
    for condition, expected in CONDITIONS:
        found = training.of(AccuracyMetric).list(condition)
        assert [row.value for row in found] == expected, str(condition)


def test_no_comparison_of_columns_matches_nan(training: TrainingRepository) -> None:
    pairs = [(0.5, math.nan), (math.nan, 0.5), (0.5, 0.75), (math.nan, math.nan)]
    for loss, accuracy in pairs:
        training.create_checkpoint(1, 1, "p", loss=loss, accuracy=accuracy)
    checkpoints = training.of(NeuralCheckpoint)
    one, other = NeuralCheckpoint.loss, NeuralCheckpoint.accuracy
    assert checkpoints.count(one < other) == 1
    assert checkpoints.count(other > one) == 1
    for never in (one > other, one == other, one >= other):
        assert checkpoints.count(never) == 0


# Moments

MOMENTS = [
    datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
    datetime(2026, 1, 2, 3, 4, 5, 1, tzinfo=UTC),
    datetime(2026, 1, 2, 3, 4, 5, 999999, tzinfo=UTC),
    datetime(2026, 1, 2, tzinfo=UTC),
    datetime(2026, 7, 2, 3, 4, 5, tzinfo=ZoneInfo("Asia/Kathmandu")),
    datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")),
    datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin")),
    datetime(2026, 12, 31, 23, 59, 59, 999999, timezone(-timedelta(hours=11))),
    datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1, seconds=7))),
    datetime(1900, 1, 1, tzinfo=UTC),
    datetime(1000, 1, 1, tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC),
]


def test_moments_come_back_in_utc(store: Store) -> None:
    for moment in MOMENTS:
        found = store(TrainingJob, "started_at", moment)
        assert found == moment.astimezone(UTC)
        assert found.tzinfo is UTC


NO_MOMENTS: list[tuple[Any, str]] = [
    (datetime(2026, 1, 2), "has no time zone"),  # noqa: DTZ001
    (date(2026, 1, 2), "not date"),
    ("2026-01-02", "not str"),
    (datetime.min.replace(tzinfo=timezone(timedelta(hours=1))), "outside of"),
    (datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))), "outside of"),
]


def test_what_is_no_moment_is_refused(
    store: Store, training: TrainingRepository
) -> None:
    for value, told in NO_MOMENTS:
        assert told in refused(store, TrainingJob, "started_at", value)
        with pytest.raises(InvalidValueError, match=told):
            training.of(TrainingJob).list(TrainingJob.started_at > value)


def test_moments_are_compared_across_zones(training: TrainingRepository) -> None:
    first = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    for n in range(3):
        when = first + timedelta(microseconds=n)
        training.of(TrainingJob).add(TrainingJob(job_id=str(n), started_at=when))
    second = (first + timedelta(microseconds=1)).astimezone(ZoneInfo("Asia/Tokyo"))

    def found(condition: Any) -> list[str]:
        return [job.job_id for job in training.of(TrainingJob).list(condition)]

    assert found(TrainingJob.started_at == second) == ["1"]
    assert found(TrainingJob.started_at < second) == ["0"]
    assert found(TrainingJob.started_at > second) == ["2"]


# Text

TEXTS = [
    *("", " ", "a ", "\t\n\r", "\x01\x1f\x7f", "'\"\\`%s%%:x$1?", "<&>"),
    *("á", "a\u0301", "ß", "İ", "\u200b\u2028\ufeff", "\uffff", "\U0010ffff", "👩‍💻"),
]


def test_text_comes_back_exactly(store: Store) -> None:
    for text in [*TEXTS, "'long\\ 文😀" * 30_000]:
        assert store(GenerationHistory, "prompt", text) == text
        assert store(TextCorpus, "content", text) == text


BAD_TEXTS = [
    ("a\0b", "holds a NUL character (at 1)"),
    ("ab\ud800", "holds a lone surrogate (at 2)"),
    ("\udcff", "holds a lone surrogate (at 0)"),
    (5, "text is needed, not int"),
    (b"a", "text is needed, not bytes"),
]
COLUMNS: list[tuple[type[Base], str]] = [
    (NeuralConfig, "name"),
    (GenerationHistory, "prompt"),
    (TextCorpus, "title"),
    (TextCorpus, "content"),
]


@pytest.mark.parametrize(("model", "column"), COLUMNS)
def test_what_cannot_be_stored_is_refused(
    store: Store, model: type[Base], column: str
) -> None:
    for text, told in BAD_TEXTS:
        assert refused(store, model, column, text).startswith(told)


def test_what_cannot_be_stored_is_not_looked_for(training: TrainingRepository) -> None:
    configs = training.of(NeuralConfig)
    for text, told in BAD_TEXTS:
        conditions = [NeuralConfig.name == text, NeuralConfig.name.in_(["a", text])]
        for condition in conditions:
            with pytest.raises(InvalidValueError) as caught:
                configs.list(condition)
            assert str(caught.value).startswith(f"name: {told}")


def test_text_has_a_length_in_characters(
    store: Store, training: TrainingRepository
) -> None:
    longest = "😀" * 254 + "\u0301"
    assert store(NeuralConfig, "name", longest) == longest
    assert store(TextCorpus, "title", longest) == longest
    for model, column in ((NeuralConfig, "name"), (TextCorpus, "title")):
        told = refused(store, model, column, "x" * 256)
        assert told == "256 characters, 255 are allowed"
    with pytest.raises(ValueTooLargeError):
        training.of(NeuralConfig).list(NeuralConfig.name == "x" * 256)


# Identifiers

IDENTIFIERS = [
    *("a", "A", "á", "Á", "a ", "a  ", " a", "a\t", "\t", " ", "", "b", "aa", "z", "Z"),
    *(unicodedata.normalize("NFD", "á"), "ａ", "ß", "ss", "SS", "ı", "i", "I", "İ"),
    *("1", "１", "a\u200b", "a\u00ad", "\ufffd", "\uffff", "\U00010000", "😀", "😁"),
    *(
        "👩‍💻",
        "👩💻",
        "é",
        "e\u0301",
        "\u0301",
        "ñ",
        "日",
        "曰",
        "µ",
        "μ",
        "Ω",
        "\u2126",
    ),
]


def test_identifiers_are_distinct_and_in_order(training: TrainingRepository) -> None:
    configs = training.of(NeuralConfig)
    rows = [{"name": name, "config": {"name": name}} for name in IDENTIFIERS]
    assert configs.add_many(rows) == len(set(IDENTIFIERS))
    for name in IDENTIFIERS:
        (found,) = configs.list(NeuralConfig.name == name)
        assert (found.name, found.config) == (name, {"name": name})
    # Each finds its own row, as a conflict too.
    assert configs.upsert_many(rows, keys=["name"]) == len(rows)
    assert configs.count() == len(rows)

    def ordered(session: Any) -> list[str]:
        return list(session.scalars(sa.select(NeuralConfig.name).order_by("name")))

    with training._scope.transaction(read_only=True) as session:  # type: ignore[attr-defined]  # of a bound one
        assert ordered(session) == sorted(IDENTIFIERS)
        above = sa.select(NeuralConfig.name).where(NeuralConfig.name > "a")
        assert sorted(session.scalars(above)) == sorted(
            name for name in IDENTIFIERS if name > "a"
        )
        groups = sa.select(sa.func.count(NeuralConfig.name.distinct()))
        assert session.scalar(groups) == len(rows)


# JSON

DOCUMENTS: list[Any] = [
    *({}, [], "", 0, False, True, "text", 1.5, -1),
    {"": "", " ": None, "a": {"b": [1, [2, [3, {}]]]}},
    {"z": 1, "a": 2, "A": 3, "á": 4, "a ": 5},
    [None, True, False, 0, 1, -0.5, "", {}, []],
    [2**63 - 1, -(2**63), 2**53 + 1, 10**18],
    [0.1, 1 / 3, math.pi, 1e-7, 5e-324, 1e22, 1.7976931348623157e308, 123456.789],
    ["'\"\\/\b\f\n\r\t\x01\x7f", "%s :x $1 ?", "\\u0000", "\\\\u0000", "</script>"],
    ["á", "a\u0301", "\u2028\ufeff\uffff", "👩‍💻", "\U0010ffff"],
    {"long": "文" * 100_000},
]


def test_json_comes_back_equal(store: Store) -> None:
    for document in DOCUMENTS:
        found = store(AccuracyMetric, "metadata_", document)
        assert found == document
        assert type(found) is type(document)


def nested(depth: int) -> Any:
    document: Any = "x"
    for n in range(depth):
        document = {"a": document, "b": n} if n % 2 else [n, document]
    return document


def test_json_may_be_31_deep(store: Store) -> None:
    assert store(AccuracyMetric, "metadata_", nested(31)) == nested(31)
    assert "31 lists" in refused(store, AccuracyMetric, "metadata_", nested(32))
    flat = [[n] for n in range(100)]
    assert store(AccuracyMetric, "metadata_", flat) == flat


def test_no_json_is_null(store: Store, training: TrainingRepository) -> None:
    assert store(AccuracyMetric, "metadata_", None) is None
    assert training.of(AccuracyMetric).count(AccuracyMetric.metadata_.is_(None)) == 1


NO_JSON: list[tuple[Any, str]] = [
    ({"a": [math.nan]}, "is not JSON"),
    ([math.inf], "is not JSON"),
    ({"a": -math.inf}, "is not JSON"),
    ({"a": "b\0"}, "holds a NUL character"),
    ({"a\0": "b"}, "holds a NUL character"),
    (["\\\0"], "holds a NUL character"),
    ({"a": ["\ud800"]}, "holds a lone surrogate"),
    ({"a": 2**63}, "does not fit in 64 bits"),
    ([[-(2**63) - 1]], "does not fit in 64 bits"),
    ({"a": 10**400}, "does not fit in 64 bits"),
    ({"a": {1, 2}}, "is not JSON"),
    ({"a": b"bytes"}, "is not JSON"),
    ({"a": datetime.now(UTC)}, "is not JSON"),
    ({("a", "b"): 1}, "is not JSON"),
]


def test_what_is_no_json_is_refused(store: Store) -> None:
    for document, told in NO_JSON:
        assert told in refused(store, AccuracyMetric, "metadata_", document)
    itself: list[Any] = []
    itself.append(itself)
    assert "is not JSON" in refused(store, AccuracyMetric, "metadata_", itself)
    assert "is not JSON" in refused(store, AccuracyMetric, "metadata_", nested(5_000))


# Marks


def test_a_mark_is_true_or_nothing(training: TrainingRepository) -> None:
    for best in (True, False, False):
        training.of(NeuralCheckpoint).add_many(
            [{"epochs": 1, "block_size": 1, "path": "p", "is_best": best}]
        )
    found = [row.is_best for row in training.of(NeuralCheckpoint).list()]
    assert found == [True, False, False]


@pytest.mark.parametrize("value", ["false", "", "True", b"1", 2, -1, 0.5])
def test_what_is_no_mark_is_refused(training: TrainingRepository, value: Any) -> None:
    with pytest.raises(InvalidValueError, match="a mark is True or False"):
        training.of(NeuralCheckpoint).add_many(
            [{"epochs": 1, "block_size": 1, "path": "p", "is_best": value}]
        )


# Many rows at once

KINDS: list[tuple[type[Base], str, list[Any]]] = [
    (AccuracyMetric, "value", FLOATS),
    (AccuracyMetric, "step", [0, 1, -1, 2**40, 2**63 - 1, -(2**63), None]),
    (AccuracyMetric, "metadata_", [*DOCUMENTS[:-1], None]),
    (AccuracyMetric, "metric_type", ["a", "ä", "\\N", "\t\n\\", "文", "👩‍💻", " "]),
    (NeuralCheckpoint, "is_best", [True, False]),
    (TrainingJob, "started_at", [*MOMENTS, None]),
]


@pytest.mark.parametrize(
    ("model", "column", "values"), KINDS, ids=[column for _, column, _ in KINDS]
)
def test_hundreds_of_rows_come_back_exactly(
    training: TrainingRepository, model: type[Base], column: str, values: list[Any]
) -> None:
    """PostgreSQL gets so many in another way than a few."""
    needed = NEEDED.get(model) or {"epochs": 1, "block_size": 1, "path": "p"}
    given = [values[n % len(values)] for n in range(600)]
    rows = [needed | {column: value} for value in given]
    if model is TrainingJob:
        rows = [row | {"job_id": f"{n}"} for n, row in enumerate(rows)]

    training.of(model).add_many(rows)

    found = training.of(model).list(limit=1_000)
    stored = {row.as_dict()["id"]: getattr(row, column) for row in found}
    assert [spelled(stored[key]) for key in sorted(stored)] == [*map(spelled, given)]


def spelled(value: Any) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(UTC)
    return json.dumps(value, sort_keys=True) if isinstance(value, dict) else repr(value)


class Apart(DeclarativeBase):
    """Other tests compare the schema with the tables of Bedplate's base."""


def repository_of(database: Database, model: Any) -> Repository[Any]:
    return database.repository(TrainingRepository).of(model)


class Tally(Apart):
    """What a program takes its table to be."""

    __tablename__ = "tallies"
    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    number: Mapped[int | None] = mapped_column(sa.Integer)
    name: Mapped[str | None] = mapped_column(sa.String(20))


class Mixed(Apart):
    """Columns of types that Bedplate's own tables have none of."""

    __tablename__ = "mixtures"
    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    small: Mapped[int | None] = mapped_column(sa.SmallInteger)
    whole: Mapped[int | None] = mapped_column(sa.Integer)
    large: Mapped[int | None] = mapped_column(sa.BigInteger)
    flag: Mapped[bool | None] = mapped_column(sa.Boolean)
    data: Mapped[bytes | None] = mapped_column(sa.LargeBinary)


def test_hundreds_of_rows_of_plain_types_come_back_exactly(blank_url: str) -> None:
    values = [
        (0, 0, 0, False, b""),
        (2**15 - 1, 2**31 - 1, 2**63 - 1, True, bytes(range(256))),
        (-(2**15), -(2**31), -(2**63), False, b"\\N\n\t'"),
        (None, None, None, None, None),
    ]
    names = ("small", "whole", "large", "flag", "data")
    given = [(n, *values[n % len(values)]) for n in range(1, 601)]
    with Database(blank_url) as database:
        database.upgrade()
        with database.transaction() as session:
            Mixed.metadata.create_all(session.connection())
        mixtures = repository_of(database, Mixed)
        mixtures.add_many(dict(zip(("id", *names), row, strict=True)) for row in given)
        with database.transaction() as session:
            query = sa.select(Mixed.__table__).order_by(Mixed.id)
            found = session.execute(query).all()
    assert [tuple(row) for row in found] == given


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("integer", "text"),
        ("smallint", "varchar(20)"),
        ("bigint", "char(5)"),
        ("numeric(20, 2)", "name"),
        ("double precision", 'text COLLATE "C"'),
        ("money", "inet"),
    ],
)
def test_a_column_may_be_of_another_type_than_a_program_thinks(
    blank_url: str, number: str, name: str
) -> None:
    rows = [{"id": n, "number": n, "name": f"10.0.{n % 9}.1"} for n in range(600)]
    with Database(blank_url) as database:
        database.upgrade()
        with database.transaction() as session:
            session.execute(
                sa.text(
                    "CREATE TABLE tallies "
                    f"(id bigint PRIMARY KEY, number {number}, name {name})"
                )
            )
        if name == "char(5)":
            rows = [row | {"name": "12345"} for row in rows]
        tallies = repository_of(database, Tally)
        assert (
            tallies.add_many([*rows, {"id": 600, "number": None, "name": None}]) == 601
        )
        with database.transaction() as session:
            query = "SELECT id, number::numeric::bigint, name::varchar FROM tallies"
            found = session.execute(sa.text(f"{query} ORDER BY id")).all()
    assert [tuple(row) for row in found[:600]] == [
        (row["id"], row["number"], f"{row['name']}{'/32' * (name == 'inet')}")
        for row in rows
    ]
    assert tuple(found[600]) == (600, None, None)


@pytest.mark.databases("postgresql")
def test_a_number_too_large_for_its_column_is_refused(blank_url: str) -> None:
    with Database(blank_url) as database:
        database.upgrade()
        with database.transaction() as session:
            Mixed.metadata.create_all(session.connection())
        mixtures = repository_of(database, Mixed)
        for column, bound in (("small", 2**15), ("whole", 2**31), ("large", 2**63)):
            for number in (bound, -bound - 1, 2**80):
                rows = [{"id": n, column: n} for n in range(600)]
                with pytest.raises(InvalidValueError):
                    mixtures.add_many([*rows, {"id": 600, column: number}])
        assert mixtures.count() == 0


@pytest.mark.databases("postgresql")
def test_hundreds_of_rows_go_in_the_binary_form(database: Database) -> None:
    said = list[str]()

    def note(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        said.append(sql)

    metrics = database.repository(TrainingRepository).of(AccuracyMetric)
    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        for document in ({"a": 1}, None):
            row = NEEDED[AccuracyMetric] | {"metadata_": document}
            metrics.add_many(row | {"step": n} for n in range(600))
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)
    copies = [sql for sql in said if sql.startswith("COPY")]
    assert len(copies) == 2
    assert all(sql.endswith(" (FORMAT BINARY)") for sql in copies)


# Types of a program's own


class Loud(LongText):
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return super().process_bind_param(value.upper(), dialect)


class Upper(sa.types.TypeDecorator[str]):
    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str:
        return str(value).upper()


class LoudInShape(LongText):
    cache_ok = True

    def shape(self, dialect: Any) -> Any:
        return Upper()


class Doubled(WholeNumber):
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return super().process_bind_param(2 * value, dialect)


@pytest.mark.parametrize(
    ("kind", "given", "stored", "bad"),
    [
        (Loud(), "abc", "ABC", "a\0"),
        (LoudInShape(), "abc", "ABC", "a\0"),
        (Doubled(), 21, 42, 2**62),
    ],
)
def test_a_type_of_ones_own_does_what_it_adds_and_checks(
    database: Database, kind: Any, given: Any, stored: Any, bad: Any
) -> None:
    with database.transaction(read_only=True) as session:
        assert session.scalar(sa.select(sa.literal(given, kind))) == stored
    with pytest.raises(InvalidValueError), database.transaction() as session:
        session.scalar(sa.select(sa.literal(bad, kind)))
