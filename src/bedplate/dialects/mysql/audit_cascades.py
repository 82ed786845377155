"""Audit triggers for rows that go with others: InnoDB runs none of their own for them.

A trigger of the row that goes notes, before it does, what hangs on it: along each chain
of references by which the database deletes rows, and what it sets to NULL at its end.
It only reads, so that every statement works as it did. Rows that hang on rows of their
own table are not found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from bedplate.dialects.audits import LOG, Audited, Reference, literal

if TYPE_CHECKING:
    from bedplate.dialects.mysql.audits import MySQLAudits

__all__ = ["SUFFIX", "cascades"]

SUFFIX = "_c"
"""What the names of these triggers end with."""

_LONGEST = 64 - len(LOG) - 1 - len(SUFFIX)

Path = tuple[Reference, ...]
"""References from an audited table's rows up to the one that goes."""


def cascades(
    ours: MySQLAudits,
    references: Sequence[Reference],
    audited: Mapping[str, Audited],
) -> dict[str, str]:
    """Return the triggers by their names, one for each table that others hang on.

    Args:
        ours: What writes rows down.
        references: By which rows change when others go.
        audited: The audited tables by their names.
    """
    statements: defaultdict[str, list[str]] = defaultdict(list)
    for table in audited.values():
        paths = [*_paths(table.name, references, (table.name,))]
        for parent in dict.fromkeys(path[-1].parent for path in paths):
            here = [path for path in paths if path[-1].parent == parent]
            statements[parent] += _noted(ours, table, here)
    return {
        _name(parent): f"CREATE TRIGGER {ours.quote(_name(parent))} BEFORE DELETE "
        f"ON {ours.quote(parent)} FOR EACH ROW BEGIN {'; '.join(noted)}; END"
        for parent, noted in sorted(statements.items())
    }


def _name(parent: str) -> str:
    if len(parent) > _LONGEST:
        digest = blake2b(parent.encode(), digest_size=4).hexdigest()
        parent = f"{parent[: _LONGEST - 9]}_{digest}"
    return f"{LOG}_{parent}{SUFFIX}"


def _paths(
    table: str, references: Sequence[Reference], seen: tuple[str, ...]
) -> Iterator[Path]:
    """Yield the chains from a table on; above its first, each reference deletes."""
    for one in references:
        if one.child == table and one.parent not in seen:
            yield (one,)
            for above in _paths(one.parent, references, (*seen, one.parent)):
                if not above[0].clears:
                    yield (one, *above)


def _noted(ours: MySQLAudits, table: Audited, paths: Sequence[Path]) -> Iterator[str]:
    """Yield the statements that note what becomes of a table's rows."""
    groups: defaultdict[tuple[str, ...], list[Path]] = defaultdict(list)
    for path in paths:
        groups[path[0].columns if path[0].clears else ()].append(path)
    # Those set to NULL first: one of them may then be deleted by another way.
    for cleared, some in sorted(groups.items(), reverse=True):
        yield _statement(ours, table, cleared, some)


def _statement(
    ours: MySQLAudits, table: Audited, cleared: Sequence[str], paths: Sequence[Path]
) -> str:
    keys = [ours.quote(name) for name in table.key]
    same = " AND ".join(f"r.{key} = found.{key}" for key in keys)
    found = " UNION ".join(_found(ours, table, path) for path in paths)
    values = (
        ours.moment,
        literal(table.name),
        literal("update" if cleared else "delete"),
        ours.key(table, "r"),
        ours.actor,
        ours.login,
        ours.values(table, "r"),
        ours.values(table, "r", cleared) if cleared else "NULL",
    )
    return (
        f"INSERT INTO {LOG} ({ours.noted}) SELECT {', '.join(values)} "  # noqa: S608  # names and our own SQL
        f"FROM ({found}) AS found JOIN {ours.quote(table.name)} AS r ON {same} "
        "WHERE @@foreign_key_checks"  # else nothing goes with the row
    )


def _found(ours: MySQLAudits, table: Audited, path: Path) -> str:
    """Return a SELECT of the keys that hang on the row that goes, by one chain."""
    quote = ours.quote
    joined = f"{quote(table.name)} AS t0"
    for place, one in enumerate(path[:-1]):
        pairs = zip(one.columns, one.targets, strict=True)
        same = [f"t{place + 1}.{quote(t)} = t{place}.{quote(c)}" for c, t in pairs]
        joined += f" JOIN {quote(one.parent)} AS t{place + 1} ON {' AND '.join(same)}"
    last, end = path[-1], len(path) - 1
    pairs = zip(last.columns, last.targets, strict=True)
    hangs = [f"t{end}.{quote(c)} = OLD.{quote(t)}" for c, t in pairs]
    keys = ", ".join(f"t0.{quote(name)}" for name in table.key)
    return f"SELECT {keys} FROM {joined} WHERE {' AND '.join(hangs)}"  # noqa: S608  # the same
