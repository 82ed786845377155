"""Results whose columns are known on MySQL and MariaDB: they are what PyMySQL reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from proxy import Proxy

from bedplate import Database, TrainingRepository
from bedplate.dialects.mysql.cursors import KnowingCursor

pytestmark = pytest.mark.databases("mysql", "mariadb")

TYPES = (
    "SELECT 1 AS a, 'b' AS b, NULL AS c, 1.5 AS d, %s AS e, now(6) AS f, x'00ff' AS g"
)


@pytest.fixture
def driver(database: Database) -> Iterator[Any]:
    """A connection of PyMySQL."""
    connection = database.engine.raw_connection()
    yield connection.driver_connection
    connection.invalidate()
    connection.close()


def read(cursor: Any, statement: str, *values: Any) -> tuple[Any, ...]:
    found = cursor.execute(statement, values)
    return (found, cursor.fetchall(), cursor.description, cursor.rowcount)


@pytest.mark.parametrize(
    "statement",
    [
        TYPES,
        "SELECT * FROM training_jobs WHERE job_id = %s",
        "SELECT n.* FROM (SELECT %s AS a UNION ALL SELECT 2) AS n",
        # More columns than there are numbers for packets.
        "SELECT " + ", ".join(f"{n} AS c{n}" for n in range(700)) + ", %s AS last",
        "UPDATE training_jobs SET progress = 1 WHERE job_id = %s",
        # Values with a length of one byte and of more, in a row that comes whole.
        "SELECT repeat('ä', 120), repeat('b', 250), repeat('c', 251), %s, '', 1e3",
        "SELECT repeat('d', 3000), repeat('e', 70000), %s",
        # As many rows as come at once, and more.
        "SELECT %s, seven.a FROM (SELECT 1 AS a UNION SELECT 2 UNION SELECT 3 UNION "
        "SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7) AS seven",
        "SELECT a.character_set_name, b.character_set_name, %s "
        "FROM information_schema.character_sets AS a, "
        "information_schema.character_sets AS b",
        "SELECT * FROM training_jobs WHERE job_id <> %s",  # none
        "SELECT CAST('0000-00-00 00:00:00' AS DATETIME), now(), DATE(now()), %s",
    ],
)
def test_it_reads_what_the_driver_reads(driver: Any, statement: str) -> None:
    usual, knowing = driver.cursor(), driver.cursor(KnowingCursor)
    if "now(6)" in statement:
        usual.execute("SET timestamp = 1767323045.678901")
    expected = read(usual, statement, "x")
    for _ in range(3):
        assert read(knowing, statement, "x") == expected
    assert read(usual, "SELECT 1")[1] == ((1,),)


@pytest.mark.parametrize("piece", [11, 196, 205, 230, 243, 400, 545])
def test_answers_that_come_in_pieces_are_read(database_url: str, piece: int) -> None:
    """Cut in the columns, in a row, before the end."""
    with (
        Proxy(database_url, forwards=True, piece=piece) as proxy,
        Database(proxy.url) as database,
    ):
        connection = database.engine.raw_connection()
        driver: Any = connection.driver_connection
        usual, knowing = driver.cursor(), driver.cursor(KnowingCursor)
        for values in ("x", "y" * 300):
            statement = TYPES.replace("now(6)", "'then'")
            expected = read(usual, statement, values)
            for _ in range(3):
                assert read(knowing, statement, values) == expected
        connection.close()


def test_columns_that_have_changed_are_seen(driver: Any) -> None:
    usual, knowing = driver.cursor(), driver.cursor(KnowingCursor)
    usual.execute("CREATE TEMPORARY TABLE changing (a INT)")
    usual.execute("INSERT INTO changing VALUES (1)")
    statement = "SELECT * FROM changing"
    for change in (
        "SET @nothing = 1",
        "ALTER TABLE changing ADD COLUMN b VARCHAR(9) DEFAULT 'x'",
        "ALTER TABLE changing MODIFY a VARCHAR(9)",
        "ALTER TABLE changing RENAME COLUMN b TO c",
        "ALTER TABLE changing DROP COLUMN c",
    ):
        usual.execute(change)
        expected = read(usual, statement)
        assert read(knowing, statement) == expected
        assert read(knowing, statement) == expected


def test_an_error_between_leaves_no_trace(driver: Any) -> None:
    knowing = driver.cursor(KnowingCursor)
    expected = read(knowing, TYPES.replace("now(6)", "1"), "x")
    for broken in ("SELECT nothing FROM nowhere", "SELECT 1 +"):
        with pytest.raises(Exception, match=r"nowhere|syntax"):
            knowing.execute(broken)
    assert read(knowing, TYPES.replace("now(6)", "1"), "x") == expected
    assert len(read(knowing, TYPES.replace("now(6)", "1"), "y" * 200_000)[1]) == 1


CHANGE = "UPDATE training_jobs SET progress = %s"
SUM = "SELECT sum(progress), %s FROM training_jobs"


@pytest.fixture
def knowing(database: Database, driver: Any) -> Any:
    """A cursor beside a job whose progress can be changed."""
    database.repository(TrainingRepository).create_training_job(job_id="a")
    driver.autocommit(True)
    return driver.cursor(KnowingCursor)


def in_step(knowing: Any) -> bool:
    return bool(read(knowing, "SELECT %s", "in step")[1] == (("in step",),))


def test_what_was_announced_is_run_after_what_comes_first(knowing: Any) -> None:
    for progress in (10.0, 20.0, 30.0):
        knowing.announce(SUM, ["x"])
        assert knowing.execute(CHANGE, [progress]) == 1
        assert knowing.rowcount == 1
        assert knowing.execute(SUM, ["x"]) == 1
        assert knowing.fetchall() == ((progress, "x"),)
    assert in_step(knowing)


def test_what_was_announced_is_run_beside_an_error(knowing: Any) -> None:
    knowing.announce(CHANGE, [7.0])
    with pytest.raises(Exception, match="nowhere"):
        knowing.execute("SELECT nothing FROM nowhere")
    assert read(knowing, SUM, "x")[1] == ((7.0, "x"),)
    knowing.announce("SELECT nothing FROM nowhere", None)
    assert knowing.execute(CHANGE, [8.0]) == 1
    with pytest.raises(Exception, match="nowhere"):
        knowing.execute("SELECT nothing FROM nowhere")
    assert read(knowing, SUM, "x")[1] == ((8.0, "x"),)


def test_a_cursor_that_is_closed_leaves_the_connection_in_step(
    driver: Any, knowing: Any
) -> None:
    knowing.announce(SUM, ["x"])
    knowing.execute(CHANGE, [5.0])
    knowing.close()
    assert read(driver.cursor(), "SELECT %s", "in step")[1] == (("in step",),)


@pytest.mark.parametrize("values", [["y"], None])
def test_what_was_announced_may_not_be_asked_for(
    knowing: Any, values: list[str] | None
) -> None:
    knowing.announce(SUM, ["x"])
    knowing.execute(CHANGE, [5.0])
    if values:
        assert read(knowing, SUM, *values)[1] == ((5.0, "y"),)
    assert in_step(knowing)


def test_an_announcement_holds_for_one_statement(knowing: Any) -> None:
    knowing.announce(CHANGE, [9.0])
    with pytest.raises(TypeError):
        knowing.execute("SELECT %s, %s", ["one"])
    assert in_step(knowing)
    assert read(knowing, SUM, "x")[1] == ((0.0, "x"),)


LENGTH = "SELECT length(%s)"


@pytest.mark.parametrize("first", [LENGTH, SUM])
def test_a_statement_that_needs_packets_of_its_own_is_sent_apart(
    knowing: Any, first: str
) -> None:
    # As long as a packet can be; a server may take no more.
    long = 2**24 - 2 - len("SELECT length('')")
    values = {LENGTH: ["y" * long], SUM: ["x"]}
    expected = {LENGTH: ((long,),), SUM: ((0.0, "x"),)}
    second = SUM if first == LENGTH else LENGTH
    knowing.announce(second, values[second])
    for statement in (first, second):
        knowing.execute(statement, values[statement])
        assert knowing.fetchall() == expected[statement]


def test_what_was_announced_goes_with_its_connection(
    database: Database, knowing: Any
) -> None:
    kill = f"KILL {knowing.connection.thread_id()}"
    knowing.announce(SUM, ["x"])
    with pytest.raises(Exception, match="interrupted|killed|Lost|gone"):
        knowing.execute(kill)
    with pytest.raises(Exception, match=r"Lost|gone|closed|\(0, ''\)"):
        knowing.execute("SELECT 1")
