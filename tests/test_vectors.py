"""Vectors: a column type, and which of many are the nearest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from training.watching import statements

from bedplate import Database
from bedplate.base import Keyed
from bedplate.dialects import table_options
from bedplate.errors import InvalidValueError
from bedplate.types import Vector
from bedplate.vectors import Best, stored, unit


class Own(DeclarativeBase):
    """Apart from Bedplate's: other tests compare its metadata with the schema."""


class Place(Keyed, Own):
    """A table with a vector that may be missing."""

    __tablename__ = "test_places"
    __table_args__ = (table_options(),)

    meaning: Mapped[Any] = mapped_column(Vector(), nullable=True)


@pytest.fixture
def places(blank_url: str) -> Any:
    with Database(blank_url) as database:
        Own.metadata.create_all(database.engine)
        yield database


def read(database: Database) -> list[Any]:
    with database.transaction(read_only=True) as session:
        return list(session.scalars(sa.select(Place.meaning).order_by(Place.id)))


def test_a_vector_comes_back_to_its_last_bit(places: Database) -> None:
    odd = [0.0, -0.0, 1e-45, -3.4028235e38, 1 / 3, 2**-126]
    given = [np.array(odd, np.float32), [1, 2, 3], (0.5,), np.arange(5, dtype="i8")]
    with places.transaction() as session:
        session.add_all([Place(meaning=numbers) for numbers in given])
    for found, numbers in zip(read(places), given, strict=True):
        assert found.dtype == np.float32
        assert found.tobytes() == np.asarray(numbers, np.float32).tobytes()


def test_no_vector_is_none(places: Database) -> None:
    with places.transaction() as session:
        session.add(Place(meaning=None))
    assert read(places) == [None]


def test_what_came_back_is_not_written_to(places: Database) -> None:
    with places.transaction() as session:
        session.add(Place(meaning=[1.0, 2.0]))
    (found,) = read(places)
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 5


@pytest.mark.parametrize("numbers", [[], [[1.0]], [float("inf")], "ab", 5, ["1"]])
def test_what_is_no_vector_names_its_column(places: Database, numbers: Any) -> None:
    refused = pytest.raises(InvalidValueError, match=r"^meaning: ")
    with refused, places.transaction() as session:
        session.add(Place(meaning=numbers))
    assert read(places) == []


def test_only_a_change_is_written(places: Database) -> None:
    with places.transaction() as session:
        session.add(Place(meaning=[1.0, 2.0]))
    for new, count in (([1, 2], 0), ([1.0, 2.5], 1), (None, 1), (None, 0)):
        with statements(places, "UPDATE") as written, places.transaction() as session:
            session.scalars(sa.select(Place)).one().meaning = new
        assert len(written) == count, new


def test_a_unit_vector_has_length_1() -> None:
    for numbers in ([3, 4], [1e-30, 0], [1e38, 1e38], [1e-45, 0.0]):
        found = unit(numbers, None).astype(np.float64)
        assert np.sqrt((found * found).sum()) == pytest.approx(1, abs=1e-7)


def test_the_best_do_not_depend_on_the_batches() -> None:
    made = np.random.default_rng(3).integers(-2, 3, (600, 4)).astype(np.float32)
    rows = [stored(unit(row + 0.5, None)) for row in made]  # many of them equal
    order = np.random.default_rng(4).permutation(600)
    wanted = unit([1.0, 2.0, 3.0, 4.0], None)
    for count in (1, 10, 600, 900):
        found = []
        for keys in (range(600), order.tolist()):
            for size in (1, 7, 600):
                best = Best(wanted, count)
                for start in range(0, 600, size):
                    some = [int(key) for key in keys[start : start + size]]
                    best.offer(some, [rows[key] for key in some])
                found.append(best.found())
        assert all(one == found[0] for one in found)
        assert len(found[0]) == min(count, 600)
