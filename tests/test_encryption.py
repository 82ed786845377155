"""Encrypted columns: what is stored, who can read it, how keys are replaced."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bedplate import (
    AsyncDatabase,
    Base,
    BookRepository,
    Database,
    Repository,
    safekeeping,
    types,
)
from bedplate.base import Keyed, Updated
from bedplate.cli.app import run
from bedplate.dialects import table_options
from bedplate.domains import load_models
from bedplate.encryption import new_key
from bedplate.errors import (
    AlreadyExistsError,
    EncryptionError,
    InvalidValueError,
    TransactionError,
    UnsupportedError,
)
from bedplate.ops import drift, reencryption
from bedplate.prepared import Prepared
from bedplate.types import CodeText, Encrypted, JSONDocument, Key, Uuid

OLD, NEW = new_key(), new_key()
TEXT = "Straße 1, 🙂 %s '\\ \r\n"
ADDRESS = {"ä": [1.0, 2**62, None], "b": "🙂", "a": {"deep": [[]]}}


class Own(Base):
    """Apart from Bedplate's: other tests compare its metadata with the schema."""

    __abstract__ = True
    metadata = sa.MetaData(naming_convention=Base.metadata.naming_convention)


class Person(Keyed, Updated, Own):
    __tablename__ = "encrypted_people"
    __table_args__ = (table_options(),)

    name: Mapped[str | None] = mapped_column(Encrypted())
    code: Mapped[str | None] = mapped_column(Encrypted(CodeText(9)))
    address: Mapped[Any] = mapped_column(Encrypted(JSONDocument()), nullable=True)


class People(Repository[Person]):
    pass


Open = Callable[..., Database]


def load_all() -> sa.MetaData:
    load_models()
    return Base.metadata


def everything() -> sa.MetaData:
    """Return Bedplate's tables and those of this module."""
    together = sa.MetaData()
    for metadata in (Own.metadata, load_all()):
        for table in metadata.sorted_tables:
            table.to_metadata(together)
    return together


@pytest.fixture
def people(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Open]:
    """Open the database with keys, the first of which writes."""
    monkeypatch.setattr(safekeeping, "_tables", everything)
    opened: list[Database] = []

    def with_keys(*keys: str) -> Database:
        opened.append(Database(database_url, encryption_keys=",".join(keys)))
        return opened[-1]

    database.create_tables(Person)
    yield with_keys
    for one in opened:
        one.close()
    Own.metadata.drop_all(database.engine)


def raw(database: Database, column: str = "name") -> list[str]:
    chosen = f"SELECT {column} FROM encrypted_people ORDER BY id"
    with database.engine.connect() as connection:
        return [*connection.exec_driver_sql(chosen).scalars()]


def names(database: Database) -> list[str | None]:
    return [p.name for p in database.repository(People).list()]


def add(database: Database, *given: str | None) -> None:
    rows = [{"name": name, "address": ADDRESS} for name in given]
    database.repository(People).add_many(rows)


def test_values_come_back_and_are_not_stored_as_they_are(people: Open) -> None:
    database = people(OLD)
    repository = database.repository(People)
    one = repository.add(Person(name=TEXT, code="a b", address=ADDRESS))
    repository.add_many([{"name": TEXT}, {"name": None}, {"name": ""}])
    repository.upsert_many([{"id": 90, "name": "upserted"}])
    repository.update_many([{"id": 90, "name": "updated", "code": "c"}])
    with database.transaction() as session:
        session.execute(sa.insert(Person).values(name="core", address=[ADDRESS]))
        assert session.scalar(sa.select(sa.func.coalesce(Person.name, "-")).limit(1))
    found = repository.list()
    assert sorted(str(person.name) for person in found) == sorted(
        [TEXT, TEXT, "None", "", "updated", "core"]
    )
    first = repository.require(one.id)
    assert (first.name, first.code, first.address) == (TEXT, "a b", ADDRESS)
    stored = [v for c in ("name", "code", "address") for v in raw(database, c) if v]
    assert len(stored) == 9
    assert all(re.fullmatch(r"[0-9a-f]{8}\.gAAAA[\w=-]+", value) for value in stored)
    assert drift.differences(database._engines, Own.metadata) == []


def test_equal_values_are_stored_differently(people: Open) -> None:
    database = people(OLD)
    add(database, *["yes"] * 50)  # the very same object, in the bulk path
    assert len({*raw(database)}) == len({*raw(database, "address")}) == 50
    assert names(database) == ["yes"] * 50


def test_prepared_statements_and_a_long_value(people: Open) -> None:
    database = people(OLD)
    long = TEXT * 150_000
    add(database, long)
    prepared = Prepared(Person, sa.select(Person))
    engine = database.engine
    form = prepared.on(engine.dialect)
    with engine.connect() as connection:
        cursor = connection.exec_driver_sql(form.sql).cursor
        (person,) = form.entities(cursor.fetchall(), cursor)
    assert (person.name, person.address) == (long, ADDRESS)


def test_so_it_is_on_an_event_loop(people: Open, database_url: str) -> None:
    add(people(OLD), TEXT)

    async def work() -> None:
        async with AsyncDatabase(database_url, encryption_keys=OLD) as database:
            found = await database.run(lambda s: s.scalars(sa.select(Person)).one())
            assert (found.name, found.address) == (TEXT, ADDRESS)

    asyncio.run(work())


@pytest.mark.parametrize(
    "compared",
    [
        lambda: Person.name == TEXT,
        lambda: Person.name != TEXT,
        lambda: Person.name.in_([TEXT]),
        lambda: Person.name.like("a%"),
        lambda: Person.name.desc(),
        lambda: Person.name + "x",
        lambda: "x" + Person.name,
        lambda: Person.address["b"],
    ],
)
def test_a_comparison_is_refused(compared: Callable[[], Any]) -> None:
    with pytest.raises(
        UnsupportedError, match=r"(name|address) is encrypted: "
    ) as told:
        compared()
    assert TEXT not in str(told.value)


def test_what_is_null_can_be_asked(people: Open) -> None:
    database = people(OLD)
    add(database, "a", None)
    repository = database.repository(People)
    for condition in (Person.name.is_(None), Person.name == None):  # noqa: E711
        assert [p.name for p in repository.list(condition)] == [None]
    assert [p.name for p in repository.list(Person.name.is_not(None))] == ["a"]


def test_other_types_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="a type of text or JSONDocument"):
        Encrypted(Uuid())
    assert set(types.__all__) >= {"Encrypted"}


def test_nothing_tells_a_value(people: Open, caplog: pytest.LogCaptureFixture) -> None:
    database = people(OLD)
    person = Person(name="secret-1", address={"secret-2": 2})
    assert repr(person) == "Person(name=..., address=...)"
    caplog.set_level(logging.DEBUG)
    repository = database.repository(People)
    told = []
    for bad in (
        {"name": "secret\0"},
        {"name": "secret\ud800"},
        {"name": 5},
        {"code": "secret-of-many"},
        {"address": {"secret": float("nan")}},
        {"address": {5555: "secret"}},
        {"address": {"a": 10**40}},
    ):
        with pytest.raises(InvalidValueError) as caught:
            repository.add_many([bad])
        told.append(str(caught.value))
        with pytest.raises(InvalidValueError) as caught:
            repository.add(Person(**bad))
        told.append(str(caught.value))
    repository.add(Person(id=1, name="secret-1"))
    with pytest.raises(AlreadyExistsError) as twice:
        repository.add(Person(id=1, name="secret-1"))
    everything = " ".join([*told, str(twice.value), caplog.text])
    assert "secret" not in everything
    assert "5555" not in everything
    assert "0000000000" not in everything
    assert all(text.startswith(("name: ", "code: ", "address: ")) for text in told)


# Keys


def test_without_a_key_nothing_is_written_or_read(people: Open) -> None:
    add(people(OLD), TEXT)
    database = people()
    wanted = (
        "name: the column is encrypted, and there is no key: set DB_ENCRYPTION_KEYS"
    )
    for act in (lambda: add(database, TEXT), lambda: names(database)):
        with pytest.raises(EncryptionError, match=wanted):
            act()
    assert len(raw(people(OLD))) == 1


def test_a_key_that_is_not_there_is_told_by_its_id(people: Open) -> None:
    add(people(OLD), TEXT)
    other = people(NEW)
    (stored,) = raw(other)
    with pytest.raises(EncryptionError) as told:
        names(other)
    message = str(told.value)
    assert message.startswith(f"name: a value was encrypted by the key {stored[:8]}")
    assert "DB_ENCRYPTION_KEYS" in message
    assert not {OLD, NEW, TEXT} & {*re.split(r"[ ,]", message)}


def test_a_value_that_was_tampered_with_is_refused(people: Open) -> None:
    database = people(OLD)
    add(database, TEXT)
    (stored,) = raw(database)
    put = sa.text("UPDATE encrypted_people SET name = :name")
    middle = len(stored) // 2
    flipped = "A" if stored[middle] != "A" else "B"
    for bad, wanted in (
        (stored[:middle] + flipped + stored[middle + 1 :], "was changed, or cut off"),
        (stored[:middle], "was changed, or cut off"),
        ("plain", "holds a value that is not encrypted"),
    ):
        with database.engine.begin() as connection:
            connection.execute(put, {"name": bad})
        with pytest.raises(EncryptionError, match=wanted):
            names(database)


def test_keys_are_replaced_while_others_read_and_write(
    people: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reencryption, "_PAGE", 4)
    monkeypatch.setattr(reencryption, "_ROWS", 2)
    first = people(OLD)
    add(first, *"abcdefghi", None)
    reads_both, writes_new = people(OLD, NEW), people(NEW, OLD)
    add(writes_new, "new")
    add(reads_both, "old")  # a program that was not replaced yet
    before = [p.updated_at for p in writes_new.repository(People).list()]
    wanted = [*"abcdefghi", None, "new", "old"]
    assert names(reads_both) == names(writes_new) == wanted

    told = writes_new.reencrypt(dry_run=True)
    assert (told.older, told.tables[0].rows) == (11, 12)
    assert sum(told.tables[0].keys.values()) == 23

    steps = []
    changed = iter("xyz")

    def watch(step: Any) -> None:
        steps.append((step.doing, step.table, step.rows, step.total))
        repository = reads_both.repository(People)
        repository.update(repository.list()[-1].id, name=next(changed))

    assert writes_new.reencrypt(watch=watch).older == 11
    assert [rows for _, _, rows, _ in steps] == [4, 8, 12]
    again = writes_new.reencrypt()  # what was written by the old key meanwhile
    assert again.older == 1
    assert writes_new.reencrypt(dry_run=True).older == 0
    alone = people(NEW)
    assert names(alone) == [*"abcdefghi", None, "new", "z"]
    found = alone.repository(People).list()
    assert [p.updated_at for p in found][:-1] == before[:-1]
    assert [p.address for p in found] == [ADDRESS] * 12


def test_it_goes_on_after_it_was_stopped(
    people: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reencryption, "_PAGE", 2)
    add(people(OLD), *"abcdef")
    database = people(NEW, OLD)

    def stop(step: Any) -> None:
        if step.rows == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        database.reencrypt(watch=stop)
    assert database.reencrypt().older == 2
    assert names(people(NEW)) == [*"abcdef"]


def test_a_lost_key_ends_it_before_anything_is_lost(people: Open) -> None:
    add(people(OLD), "a")
    lost = people(NEW)
    with pytest.raises(EncryptionError, match=r"^encrypted_people\.name: a value was"):
        lost.reencrypt()
    with lost.transaction(), pytest.raises(TransactionError, match="end it first"):
        lost.reencrypt()
    assert names(people(OLD)) == ["a"]


@pytest.mark.databases("sqlite")
def test_the_command(
    people: Open,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    def ran(*arguments: str) -> tuple[int, str]:
        code = run([*arguments])
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    add(people(OLD), "a", "b")
    monkeypatch.setenv("DATABASE_URL", database_url)
    code, key = ran("new-key")
    assert (code, len(key.strip())) == (0, 44)
    code, text = ran("reencrypt")
    assert (code, "set DB_ENCRYPTION_KEYS" in text) == (1, True)
    file = tmp_path / "keys"
    file.write_text(f"{key}{OLD}\n")
    monkeypatch.setenv("DB_ENCRYPTION_KEYS_FILE", str(file))
    code, text = ran("reencrypt", "--dry-run", "--json")
    assert (code, json.loads(text)["older"]) == (1, 2)
    code, text = ran("reencrypt")
    assert (code, "reencrypted: 2 rows, by the key " in text) == (0, True)
    assert ran("reencrypt", "--dry-run")[0] == 0
    assert names(people(key.strip())) == ["a", "b"]
    monkeypatch.setattr(safekeeping, "_tables", load_all)
    code, text = ran("reencrypt", "--dry-run")
    assert (code, "no table has an encrypted column\n" in text) == (1, True)
    assert "no model here declares encrypted_people" in text


# Beside the rest


def test_rows_are_copied_with_other_keys(people: Open, tmp_path: Path) -> None:
    source = people(OLD)
    add(source, TEXT, None)
    with Database(f"sqlite:///{tmp_path}/a.db", encryption_keys=NEW) as target:
        told = source.copy_to(target)
        assert told.differences == []
        assert (told.rows, names(target)) == (2, [TEXT, None])
        assert target.compare_with(source).differences == []
        with pytest.raises(EncryptionError), target.transaction():
            people(NEW).compare_with(target)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_rows_are_exported_as_they_were_given(
    people: Open, tmp_path: Path, form: Any
) -> None:
    source = people(OLD)
    add(source, TEXT, None)
    source.export_to(tmp_path / "out", format=form)
    with Database(f"sqlite:///{tmp_path}/a.db", encryption_keys=NEW) as target:
        target.import_from(tmp_path / "out")
        found = target.repository(People).list()
        assert [(p.name, p.address) for p in found] == [
            (TEXT, ADDRESS),
            (None, ADDRESS),
        ]


def test_a_person_is_given_what_was_encrypted(people: Open) -> None:
    database = people(OLD)
    user = database.repository(BookRepository).create_user("ada")
    table = sa.Table(
        "encrypted_diaries",
        Base.metadata,
        sa.Column("id", Key(), primary_key=True),
        sa.Column("user_id", Uuid(), sa.ForeignKey("users.id")),
        sa.Column("text", Encrypted()),
        **table_options(),
    )
    try:
        with database.engine.begin() as connection:
            table.create(connection)
            row = {"id": 1, "user_id": user.id, "text": TEXT}
            connection.execute(sa.insert(table), [row])
        document = database.export_user_data(user.id)
        assert document["encrypted_diaries"][0]["text"] == TEXT
        assert database.erase_user(user.id)["encrypted_diaries"] == 1
    finally:
        with database.engine.begin() as connection:
            table.drop(connection)
        Base.metadata.remove(table)
