"""The reference is complete: what the code has stands there as the code has it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import typer
from pydantic import SecretStr
from sqlalchemy.dialects import mysql, postgresql, sqlite

import bedplate
from bedplate import dialects, errors, settings, types
from bedplate.cli.app import app
from bedplate.domains import load_models
from bedplate.ops import revisions
from bedplate.repository import DomainRepository

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"
FACES = {
    bedplate.Database: (),
    bedplate.AsyncDatabase: (),
    DomainRepository: (),
    bedplate.Repository: (DomainRepository,),
    bedplate.TelemetryRepository: (DomainRepository,),
    bedplate.ConversationRepository: (DomainRepository,),
    bedplate.TrainingRepository: (DomainRepository,),
    bedplate.BookRepository: (DomainRepository,),
    bedplate.WorkflowRepository: (DomainRepository,),
}
"""Classes whose methods are listed, and those whose methods are listed elsewhere."""


def lines_of(page: str) -> set[str]:
    return set((REFERENCE / page).read_text(encoding="utf-8").splitlines())


def first_line(thing: Any) -> str:
    return (inspect.getdoc(thing) or "").partition("\n")[0].replace("|", r"\|")


def missing(page: str, wanted: Iterator[str]) -> list[str]:
    there = lines_of(page)
    return [line for line in wanted if line not in there]


def sections(page: str, mark: str) -> dict[str, list[str]]:
    """Return the lines of each part of a page, by the heading that it begins with."""
    text = "\n" + (REFERENCE / page).read_text(encoding="utf-8")
    parts = [part.splitlines() for part in text.split(f"\n{mark} ")[1:]]
    headings = [part[0] for part in parts]
    assert len(headings) == len(set(headings)), "a heading stands there twice"
    return {part[0]: part for part in parts}


def setting_rows() -> Iterator[str]:
    for name, field in settings.Settings.model_fields.items():
        value = field.default
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        shown = "unset" if value in (None, "") else f"`{value!s}`"
        if isinstance(value, bool):
            shown = f"`{str(value).lower()}`"
        variable = settings.variable_of(name)
        yield f"| `{variable}` | {shown} | {field.description} |"


def test_every_setting_is_described() -> None:
    assert missing("settings.md", setting_rows()) == []


def commands(group: Any, name: str) -> Iterator[tuple[str, Any]]:
    for key, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{name} {key}")
        else:
            yield f"{name} {key}", command


def command_lines() -> Iterator[str]:
    for name, command in commands(typer.main.get_command(app), "bedplate"):
        yield f"### {name}"
        yield " ".join(command.help.split("\n\n")[0].split())
        for parameter in command.params:
            if parameter.name != "help":
                yield parameter_row(parameter)


def parameter_row(parameter: Any) -> str:
    names = parameter.opts
    if not names[0].startswith("-"):
        names = [parameter.name.upper()]
    default = parameter.default
    if default in (None, "", False) or callable(default):
        shown = "required" if parameter.required else ""
    else:
        shown = f"`{default}`"
    spelled = ", ".join(f"`{name}`" for name in names)
    return f"| {spelled} | {shown} | {parameter.help} |".replace("|  |", "| |")


def test_every_command_and_option_is_described() -> None:
    assert missing("cli.md", command_lines()) == []


def method_rows(owner: type, elsewhere: tuple[type, ...]) -> Iterator[str]:
    for name in sorted(dir(owner)):
        if name.startswith("_") or any(hasattr(base, name) for base in elsewhere):
            continue
        member = inspect.getattr_static(owner, name)
        if isinstance(member, property):
            yield f"| `{name}` | {first_line(member)} |"
        elif callable(getattr(owner, name)):
            method = getattr(owner, name)
            yield f"| `{name}{plain_signature(method)}` | {first_line(method)} |"


def plain_signature(function: Any) -> str:
    signature = inspect.signature(function)
    kept = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for name, parameter in signature.parameters.items()
        if name != "self"
    ]
    kept = [
        p.replace(kind=p.POSITIONAL_OR_KEYWORD) if p.kind is p.POSITIONAL_ONLY else p
        for p in kept
    ]
    return str(
        signature.replace(parameters=kept, return_annotation=inspect.Signature.empty)
    )


def test_every_public_name_is_described() -> None:
    text = (REFERENCE / "api.md").read_text(encoding="utf-8")
    assert [n for n in bedplate.__all__ if f"| `{n}" not in text] == []


@pytest.mark.parametrize("owner", FACES, ids=lambda owner: owner.__name__)
def test_every_public_method_is_described(owner: type) -> None:
    rows = [*method_rows(owner, FACES[owner])]
    if owner is DomainRepository:  # beside those of Repository, which has them too
        assert missing("api.md", iter(rows)) == []
    else:
        there = sections("api.md", "##")[owner.__name__]
        assert [row for row in rows if row not in there] == []


def error_rows() -> Iterator[str]:
    for name in errors.__all__:
        error = getattr(errors, name)
        parents = ", ".join(f"`{base.__name__}`" for base in error.__bases__)
        retried = "yes" if error.retryable else "no"
        yield f"| `{name}` | {parents} | {retried} | {first_line(error)} "


def test_every_error_is_described() -> None:
    there = lines_of("errors.md")
    rows = list(error_rows())
    assert [r for r in rows if not any(line.startswith(r) for line in there)] == []


def tables() -> list[sa.Table]:
    """The tables of Bedplate itself: other tests may declare more."""
    mappers = bedplate.Base.registry.mappers
    ours = (m for m in mappers if m.class_.__module__.startswith("bedplate."))
    found = {m.class_.__tablename__: m.local_table for m in ours}
    return [found[name] for name in sorted(found)]  # type: ignore[misc]  # Tables


def type_of(column: sa.Column[Any]) -> str:
    length = getattr(column.type, "length", None)
    return type(column.type).__name__ + (f"({length})" if length else "")


def schema_lines(table: sa.Table) -> Iterator[str]:
    yield f"### {table.name}"
    for column in table.columns:
        null = "yes" if column.nullable else ""
        notes = ["primary key"] if column.primary_key else []
        notes += [
            f"→ {key.target_fullname}, ON DELETE {key.ondelete}"
            for key in column.foreign_keys
        ]
        row = f"| `{column.name}` | {type_of(column)} | {null} | {'; '.join(notes)} |"
        yield row.replace("|  |", "| |").replace("|  |", "| |")
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        columns = ", ".join(column.name for column in index.columns)
        yield f"- index `{index.name}` ({columns})"
    for constraint in sorted(table.constraints, key=lambda c: str(c.name)):
        if isinstance(constraint, sa.UniqueConstraint):
            columns = ", ".join(column.name for column in constraint.columns)
            yield f"- unique `{constraint.name}` ({columns})"
        elif isinstance(constraint, sa.CheckConstraint):
            yield f"- check `{constraint.name}`: {constraint.sqltext}"


TYPES = (
    types.Key(),
    types.CodeText(255),
    types.SearchText(255),
    types.SearchText(),
    types.LongText(),
    types.Encrypted(),
    types.Double(),
    types.JSONDocument(),
    types.WholeNumber(),
    types.Mark(),
    types.UTCDateTime(),
    types.Uuid(),
    types.Vector(),
)


def type_rows() -> Iterator[str]:
    engines = (sqlite.dialect(), postgresql.dialect(), mysql.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy leaves them so
    for kind in TYPES:
        length = getattr(kind, "length", None)
        name = type(kind).__name__ + ("(n)" if length else "")
        spelled = [kind.compile(engine).replace("255", "n") for engine in engines]
        spelled = [shape.replace("CHARACTER SET utf8mb4 ", "") for shape in spelled]
        yield f"| `{name}` | {' | '.join(f'`{shape}`' for shape in spelled)} |"


def words_collation(name: str) -> str:
    found: str = getattr(dialects.dialect(name), "words_collation")  # noqa: B009  # of one family only
    return found


def test_every_column_type_is_described() -> None:
    assert missing("schema.md", type_rows()) == []
    text = (REFERENCE / "schema.md").read_text(encoding="utf-8")
    assert words_collation("mariadb") in text


def revision_rows() -> Iterator[str]:
    for revision, subject in revisions.history():
        yield f"| `{revision}` | {subject} |"


def test_every_revision_is_described() -> None:
    assert missing("schema.md", revision_rows()) == []


def test_every_table_is_described() -> None:
    load_models()
    there = sections("schema.md", "###")
    assert [*there] == sorted(table.name for table in tables())
    for table in tables():
        heading, *lines = schema_lines(table)
        section = there[heading.removeprefix("### ")]
        listed = [line for line in section if line.startswith(("- ", "| `"))]
        assert listed[: len(lines)] == lines, heading
