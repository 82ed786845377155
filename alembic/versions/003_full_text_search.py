"""full-text search

Revision 003: an index over title and content of the corpora. The words are the
same on every database: runs of letters, digits, combining marks and underscores,
compared without case and with accents.
"""

from __future__ import annotations

from alembic import op

revision = "003"
down_revision = "002"
branch_labels = None
depends_on = None

TABLE = "text_corpora"
COLUMNS = ("title", "content")


def upgrade() -> None:
    UPGRADES[op.get_context().dialect.name]()


def downgrade() -> None:
    DOWNGRADES[op.get_context().dialect.name]()


# SQLite: an FTS5 table over the corpora's own text, kept by triggers.

STRANGERS = (
    (0x2066, 0x2069),
    (0x20BA, 0x20C0),
    (0x23F4, 0x23FF),
    (0x2700, 0x2700),
    (0x2B4D, 0x2BFF),
    (0x2E3C, 0x2E5D),
    (0xFE00, 0xFE0F),
    (0x1F0BF, 0x1F0F5),
    (0x1F10D, 0x1FAFF),
)
"""Signs younger than FTS5's table of Unicode 6.1, which takes them for letters."""

TOKENIZER = (
    "unicode61 remove_diacritics 0 categories 'L* N* Mn Mc' tokenchars '_' "
    "separators '{}'"
).format("".join(chr(c) for a, z in STRANGERS for c in range(a, z + 1)))

FTS = f"{TABLE}_fts"
ADD = """INSERT INTO text_corpora_fts (rowid, title, content)
    VALUES (new.id, new.title, new.content);"""
REMOVE = """INSERT INTO text_corpora_fts (text_corpora_fts, rowid, title, content)
    VALUES ('delete', old.id, old.title, old.content);"""

SQLITE = (
    f"""CREATE VIRTUAL TABLE {FTS} USING fts5(
    title, content, content='{TABLE}', content_rowid='id', tokenize="{TOKENIZER}")""",
    f"""CREATE TRIGGER {FTS}_ai AFTER INSERT ON {TABLE} BEGIN
    {ADD}
END""",
    f"""CREATE TRIGGER {FTS}_ad AFTER DELETE ON {TABLE} BEGIN
    {REMOVE}
END""",
    f"""CREATE TRIGGER {FTS}_au AFTER UPDATE OF id, title, content ON {TABLE} BEGIN
    {REMOVE}
    {ADD}
END""",
    "INSERT INTO text_corpora_fts (text_corpora_fts) VALUES ('rebuild')",
)


def upgrade_sqlite() -> None:
    for statement in SQLITE:
        op.execute(statement)


def downgrade_sqlite() -> None:
    for suffix in ("au", "ad", "ai"):
        op.execute(f"DROP TRIGGER {FTS}_{suffix}")
    op.execute(f"DROP TABLE {FTS}")


# PostgreSQL: a vector of the words, made by a function of ours.

# What the parser would break words at, or fold otherwise than the others do, and
# the letters that stand in for them; bedplate's queries do the same.
DIGITS = "²³¹¼½¾⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉⅓⅔①②③④⑤⑥⑦⑧⑨⑩"
ODD = (
    "\u00b5\u017f\u03c2\u03d0\u03d1\u03d5\u03d6\u03f1\u03f0\u03f5\u1e9b\u0345\u0130"
    + DIGITS
)
PLAIN = (
    "\u03bcs\u03c3\u03b2\u03b8\u03c6\u03c0\u03c1\u03ba\u03b5\u1e61\u03b9\u01c2"
    + "".join(map(chr, range(0xA000, 0xA000 + len(DIGITS))))
)
# Signs without a width, which some versions take for a part of the word: soft
# hyphen, joiners, directions, byte order mark, styles and frames of emoji.
UNSEEN = "\xad\u061c\ufeff\ufe0e\ufe0f\u20e3" + "".join(
    map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)))
)
SPACES = " " * len(UNSEEN)

# The parser knows hosts, tags, signed numbers and the like by their punctuation,
# so it sees none. A regular expression takes half the time of translate(). It
# would read a word such as 9e107d9 as the number 9e107: its e is replaced.
# The lexeme ' ' keeps a phrase from spanning two columns. A tsvector holds 1 MB:
# a document with more gets none, and is searched by regular expressions. Over
# 8 MB hardly any fits, and trying takes seconds and gigabytes.
FUNCTION = rf"""CREATE OR REPLACE FUNCTION bedplate_search_vector(VARIADIC parts text[])
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE AS $function$
DECLARE
    part text;
    vector tsvector := '';
BEGIN
    FOREACH part IN ARRAY parts LOOP
        IF octet_length(part) > 8000000 THEN
            RETURN NULL;
        END IF;
        IF part ~ '[{ODD}{UNSEEN}]' THEN
            part := translate(part, '{ODD}{UNSEEN}', '{PLAIN}{SPACES}');
        END IF;
        part := regexp_replace(
            replace(part, '_', '{chr(0x1C0)}'), '[!-/\:-@[-^`{{-~]+', ' ', 'g');
        IF part ~ '[0-9][eE]' THEN
            part := regexp_replace(part, '\m([0-9]+)[eE]', '\1{chr(0x1C1)}', 'g');
        END IF;
        vector := vector || $$' '\:1$$::tsvector
            || coalesce(to_tsvector('pg_catalog.simple', part), '');
    END LOOP;
    RETURN ts_delete(vector, ' ');
EXCEPTION WHEN program_limit_exceeded THEN
    RETURN NULL;
END $function$"""


def upgrade_postgresql() -> None:
    op.execute(FUNCTION)
    op.create_search_index(TABLE, COLUMNS)


def downgrade_postgresql() -> None:
    op.drop_search_index(TABLE)
    op.execute("DROP FUNCTION bedplate_search_vector(text[])")


# MySQL and MariaDB: a FULLTEXT index, without stopwords. Were they switched off for
# it, the next rebuild of the table (OPTIMIZE, a copying ALTER, a restored dump) would
# switch them on again; so the search does not count on them.

FULLTEXT = f"ix_{TABLE}_search"


def upgrade_mysql() -> None:
    op.create_index(
        FULLTEXT, TABLE, COLUMNS, mysql_prefix="FULLTEXT", mariadb_prefix="FULLTEXT"
    )


def downgrade_mysql() -> None:
    op.drop_index(FULLTEXT, TABLE)


UPGRADES = {
    "sqlite": upgrade_sqlite,
    "postgresql": upgrade_postgresql,
    "mysql": upgrade_mysql,
    "mariadb": upgrade_mysql,
}
DOWNGRADES = {
    "sqlite": downgrade_sqlite,
    "postgresql": downgrade_postgresql,
    "mysql": downgrade_mysql,
    "mariadb": downgrade_mysql,
}
