"""Identifiers: unique, ordered by time, one meaning on every database."""

from __future__ import annotations

import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from bedplate import Database, Repository
from bedplate.domains.users import User
from bedplate.errors import InvalidValueError
from bedplate.identifiers import uuid7

# Equal and ordered as their bytes are, whatever version they are of.
IDENTIFIERS = [
    uuid.UUID(int=0),
    uuid.UUID(int=2**128 - 1),
    uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    uuid.UUID("5ba7b810-9dad-11d2-80b4-00c04fd430c8"),
    uuid.UUID("5c27b5b0-0000-4000-8000-000000000027"),
    uuid.UUID("00000000-2525-7000-8000-253a78000000"),
]


class Users(Repository[User]):
    pass


def test_an_identifier_is_of_version_7_and_tells_its_time() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    # A burst may run ahead of the clock, by no more than it made.
    assert before <= made.int >> 80 <= after + 1


def test_identifiers_ascend_though_the_clock_stands_or_goes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = time.time_ns()
    clock = iter([now, now, now - 10**12, now - 10**12, now + 10**9, now])
    monkeypatch.setattr(time, "time_ns", lambda: next(clock))
    made = [uuid7() for _ in range(6)]
    assert made == sorted(set(made))


def test_threads_make_different_ones() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = [*pool.map(lambda _: uuid7(), range(20_000))]
    assert len(set(made)) == len(made)


def test_a_forked_process_makes_others() -> None:
    uuid7()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.write(writer, b"".join(uuid7().bytes for _ in range(100)))
        os._exit(0)
    mine = {uuid7().bytes for _ in range(100)}
    os.waitpid(child, 0)
    theirs = os.read(reader, 1_600)
    os.close(reader)
    os.close(writer)
    assert len(theirs) == 1_600
    assert not mine & {theirs[i : i + 16] for i in range(0, 1_600, 16)}


def test_they_are_kept_and_ordered_by_their_bytes(database: Database) -> None:
    users = database.repository(Users)
    users.add_many({"id": key, "username": str(key)} for key in IDENTIFIERS)
    found = users.list()
    assert [user.id for user in found] == sorted(IDENTIFIERS)
    assert all(user.username == str(user.id) for user in found)
    middle = sorted(IDENTIFIERS)[2]
    assert users.count(User.id > middle) == 3
    assert users.count(User.id.in_([middle, str(middle), uuid7()])) == 1


def test_the_text_of_one_is_taken(database: Database) -> None:
    users = database.repository(Users)
    user = users.add(User(username="a"))
    assert user.id.version == 7
    for text in (str(user.id), user.id.hex, str(user.id).upper(), f"{{{user.id}}}"):
        found = users.list(User.id == text)
        assert [one.id for one in found] == [user.id]


def test_a_literal_finds_it(database: Database) -> None:
    user = database.repository(Users).add(User(username="a"))
    query = sa.select(User.username).where(User.id == user.id)
    written = query.compile(database.engine, compile_kwargs={"literal_binds": True})
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql(str(written)).scalars().all() == ["a"]


@pytest.mark.parametrize("value", ["", "x", "6ba7b810", 7, b"0" * 16, 1.5, [], object])
def test_what_is_none_is_refused(database: Database, value: object) -> None:
    with pytest.raises(InvalidValueError, match="id: .*is not a UUID"):
        database.repository(Users).count(User.id == value)
