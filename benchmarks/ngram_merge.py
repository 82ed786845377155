"""Merge counted n-grams: into an empty table, then onto the same rows once more.

    python benchmarks/ngram_merge.py --rows 150000 --db sqlite,postgresql

Raw techniques take rows that are ready as tuples, in the order of their keys. Bedplate
takes what `counting` returns, and three columns such as another program has.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from contest import Contender, Contest, options, report
from places import Place, places
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import Session

from bedplate import TrainingRepository
from bedplate.domains.training import MarkovNGram
from bedplate.domains.training.ngrams import NGramCounts

if TYPE_CHECKING:
    import sqlalchemy as sa

Row = tuple[int, str, str, int]

ALPHABET = [chr(code) for code in (*range(32, 127), *range(0xE0, 0x100))]
COLUMNS = "n, context, next_char, count"
KEYS = "n, context, next_char"
GOAL = 1 / 0.85
ORM_ROWS = 1_000


def main() -> int:
    """Measure on every database."""
    given = options(__doc__, rows=150_000)
    return report(contests(given), given)


def contests(given: argparse.Namespace) -> Iterator[Contest]:
    """Yield the contest of each database, n, and state of the table."""
    for place in places(given.db):
        for n in (3, 5):
            rows = made_up(n, given.rows)
            empty = partial(place.empty, "markov_ngrams")
            filled = partial(fill, place, rows)
            for state, before in (("empty table", empty), ("all there", filled)):
                subject = f"merge of n = {n}, {state}"
                contest = Contest(subject, place.name, len(rows), "rows")
                yield contest.hold(list(contenders(place, rows, before)), given)


def made_up(n: int, count: int) -> list[Row]:
    """Return rows of one n in the order of their keys, the same at each call."""
    chance = random.Random(n)
    keys: set[str] = set()
    while len(keys) < count:
        keys.add("".join(chance.choices(ALPHABET, k=n)))
    return [(n, key[:-1], key[-1], chance.randrange(1, 9)) for key in sorted(keys)]


def fill(place: Place, rows: Sequence[Row]) -> None:
    """Leave exactly these rows, as somebody else would have merged them."""
    place.empty("markov_ngrams")
    place.database.repository(TrainingRepository).merge_markov_ngrams(
        rows[0][0], columns(rows)
    )
    if place.kind == "postgresql":
        place.raw.autocommit = True
        place.raw.execute("VACUUM ANALYZE markov_ngrams")
        place.raw.autocommit = False


def columns(rows: Sequence[Row]) -> tuple[list[str], list[str], list[int]]:
    """Return contexts, next characters and counts."""
    return [r[1] for r in rows], [r[2] for r in rows], [r[3] for r in rows]


def contenders(
    place: Place, rows: list[Row], before: Callable[[], object]
) -> Iterator[Contender]:
    """Yield the raw techniques of a database, Bedplate, and what people write."""
    training = place.database.repository(TrainingRepository)
    n, given = rows[0][0], columns(rows)
    counted = NGramCounts.from_arrays(n, *given)
    for name, technique in RAW[place.kind].items():
        if "LOAD DATA" not in name or loads_files(place):
            yield Contender(f"raw {name}", partial(technique, place.raw, rows), before)
    merge = training.merge_markov_ngrams
    yield Contender("Bedplate, counted", partial(merge, n, counted), before, GOAL)
    yield Contender("Bedplate, columns", partial(merge, n, given), before, GOAL)
    yield Contender("SQLAlchemy Core upsert", partial(core, place, rows), before)
    share = min(ORM_ROWS / len(rows), 1)
    some = rows[:: round(1 / share)]
    get_or_create = partial(orm, place, some)
    part = len(some) / len(rows)
    yield Contender("ORM get-or-create", get_or_create, before, share=part)


def core(place: Place, rows: list[Row]) -> None:
    """Upsert as the documentation of SQLAlchemy shows it, by executemany."""
    table: Any = MarkovNGram.__table__
    values = [dict(zip(COLUMNS.split(", "), row, strict=True)) for row in rows]
    with place.database.engine.begin() as connection:
        connection.execute(_upsert(place.kind, table), values)


def _upsert(kind: str, table: Any) -> sa.Insert:
    if kind in ("mysql", "mariadb"):
        family = mysql.insert(table)
        total = table.c.count + family.inserted.count
        return family.on_duplicate_key_update(count=total)
    statement: Any = (sqlite if kind == "sqlite" else postgresql).insert(table)
    total = table.c.count + statement.excluded.count
    keys = KEYS.split(", ")
    upsert: sa.Insert = statement.on_conflict_do_update(
        index_elements=keys, set_={"count": total}
    )
    return upsert


def orm(place: Place, rows: list[Row]) -> None:
    """Load each row and add to it, or add a new one."""
    with Session(place.database.engine) as session, session.begin():
        for n, context, char, count in rows:
            found = session.get(MarkovNGram, (n, context, char))
            if found is None:
                new = MarkovNGram(n=n, context=context, next_char=char, count=count)
                session.add(new)
            else:
                found.count += count


# Raw techniques


def sqlite_values(raw: Any, rows: list[Row], size: int) -> None:
    """Upsert by so many rows a statement."""
    ending = f" ON CONFLICT ({KEYS}) DO UPDATE SET count = count + excluded.count"
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        marks = ", ".join(["(?, ?, ?, ?)"] * len(some))
        sql = f"INSERT INTO markov_ngrams ({COLUMNS}) VALUES {marks}{ending}"
        raw.execute(sql, [value for row in some for value in row])
    raw.commit()


def postgresql_copy(raw: Any, rows: list[Row], ending: str) -> None:
    """COPY into a temporary table, and from there into the real one."""
    cursor = raw.cursor()
    cursor.execute(
        "CREATE TEMPORARY TABLE new ON COMMIT DROP AS "
        f"SELECT {COLUMNS} FROM markov_ngrams WITH NO DATA"
    )
    with cursor.copy(f"COPY new ({COLUMNS}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.execute(ending)
    raw.commit()


MERGE = f"""MERGE INTO markov_ngrams AS old USING new
ON old.n = new.n AND old.context = new.context AND old.next_char = new.next_char
WHEN MATCHED THEN UPDATE SET count = old.count + new.count
WHEN NOT MATCHED THEN INSERT ({COLUMNS})
VALUES (new.n, new.context, new.next_char, new.count)"""
CONFLICT = f"""INSERT INTO markov_ngrams AS old ({COLUMNS}) SELECT {COLUMNS} FROM new
ON CONFLICT ({KEYS}) DO UPDATE SET count = old.count + excluded.count"""


def family_values(raw: Any, rows: list[Row], size: int) -> None:
    """Upsert by so many rows a statement, whose parameters the driver writes."""
    cursor = raw.cursor()
    ending = " ON DUPLICATE KEY UPDATE count = count + VALUES(count)"
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        marks = ", ".join(["(%s, %s, %s, %s)"] * len(some))
        sql = f"INSERT INTO markov_ngrams ({COLUMNS}) VALUES {marks}{ending}"
        cursor.execute(sql, [value for row in some for value in row])
    raw.commit()


def family_literals(raw: Any, rows: list[Row], size: int) -> None:
    """The same, the values written here."""
    ending = " ON DUPLICATE KEY UPDATE count = count + VALUES(count)"
    for start in range(0, len(rows), size):
        values = ", ".join(
            [
                f"({n}, '{escaped(context)}', '{escaped(char)}', {count})"
                for n, context, char, count in rows[start : start + size]
            ]
        )
        raw.query(f"INSERT INTO markov_ngrams ({COLUMNS}) VALUES {values}{ending}")
    raw.commit()


def escaped(text: str) -> str:
    """Return a text for between quotes."""
    return text.replace("\\", "\\\\").replace("'", "''")


def family_json(raw: Any, rows: list[Row], size: int) -> None:
    """Upsert by so many rows a statement, which are one parameter."""
    cursor = raw.cursor()
    for start in range(0, len(rows), size):
        cursor.execute(JSON_TABLE, (json.dumps(rows[start : start + size]),))
    raw.commit()


JSON_TABLE = f"""INSERT INTO markov_ngrams ({COLUMNS})
SELECT new.n, new.context, new.next_char, new.count
FROM JSON_TABLE(%s, '$[*]' COLUMNS (
n INT PATH '$[0]', context VARCHAR(31) PATH '$[1]',
next_char VARCHAR(1) PATH '$[2]', count BIGINT PATH '$[3]')) AS new
ON DUPLICATE KEY UPDATE markov_ngrams.count = markov_ngrams.count + new.count"""


def family_load(raw: Any, rows: list[Row]) -> None:
    """LOAD DATA LOCAL INFILE from memory into a temporary table, merged from there."""
    from pymysql.constants import COMMAND  # type: ignore[import-untyped]

    cursor = raw.cursor()
    cursor.execute(
        f"CREATE TEMPORARY TABLE new SELECT {COLUMNS} FROM markov_ngrams LIMIT 0"
    )
    lines = [
        f"{n}\t{tabbed(context)}\t{tabbed(char)}\t{count}\n"
        for n, context, char, count in rows
    ]
    raw._execute_command(
        COMMAND.COM_QUERY,
        "LOAD DATA LOCAL INFILE 'rows' INTO TABLE new "
        f"CHARACTER SET utf8mb4 ({COLUMNS})",
    )
    if not raw._read_packet().is_load_local_packet():
        raise RuntimeError("the server did not ask for the rows")
    data = "".join(lines).encode()
    for start in range(0, len(data), 1 << 20):
        raw.write_packet(data[start : start + (1 << 20)])
    raw.write_packet(b"")
    raw._read_packet()
    cursor.execute(
        f"INSERT INTO markov_ngrams ({COLUMNS}) "
        "SELECT n.n, n.context, n.next_char, n.count FROM new AS n "
        "ON DUPLICATE KEY UPDATE "
        "markov_ngrams.count = markov_ngrams.count + n.count"
    )
    cursor.execute("DROP TEMPORARY TABLE new")
    raw.commit()


def tabbed(text: str) -> str:
    """Return a text for between tabs."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def loads_files(place: Place) -> bool:
    """Return whether the server takes LOAD DATA LOCAL."""
    return bool(place.run("SELECT @@local_infile")[0][0])


FAMILY: dict[str, Callable[[Any, list[Row]], None]] = {
    "parameters by 10,000": partial(family_values, size=10_000),
    "literals by 2,000": partial(family_literals, size=2_000),
    "JSON_TABLE by 20,000": partial(family_json, size=20_000),
    "LOAD DATA LOCAL, merge": family_load,
}
RAW: dict[str, dict[str, Callable[[Any, list[Row]], None]]] = {
    "sqlite": {"VALUES by 200": partial(sqlite_values, size=200)},
    "postgresql": {
        "COPY, MERGE": partial(postgresql_copy, ending=MERGE),
        "COPY, ON CONFLICT": partial(postgresql_copy, ending=CONFLICT),
    },
    "mysql": FAMILY,
    "mariadb": FAMILY,
}


if __name__ == "__main__":
    sys.exit(main())
