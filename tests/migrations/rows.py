"""Rows of every table, with all that a column may hold, and how to read them again."""

from __future__ import annotations

import math
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from books.rows import rows as rows_of_books
from conversations.rows import rows as of_conversations
from telemetry import rows as telemetry
from workflows import rows as workflows

from bedplate import Base
from bedplate.domains import load_models

__all__ = ["LONG", "Rows", "fill", "read", "rows"]

Rows = dict[str, list[tuple[str, ...]]]
"""The rows of each table, each value as Python writes it: NaN then equals itself."""

load_models()

_NOW = datetime(2024, 2, 29, 23, 59, 59, 123457, tzinfo=UTC)
_CHANGED = {"created_at": _NOW, "updated_at": _NOW}
LONG = "Zeile mit Umlauten: äöü, 文字, 🦜, %s %(x)s :y \\ ' \" ` ; --\n" * 1_200
_TEXT = "Ein Text 🙂 über Wörter\tund e\u0301 zwei\r\nZeilen; DROP TABLE x; --"
_JSON = {"ä": [1, -1.5, None, True, "🦜", {"tief": [[]]}], "n": 2**62, "leer": ""}


def rows(long: str = LONG) -> dict[str, list[dict[str, Any]]]:
    """Return rows for every table, parents first."""
    return {
        "users": [
            {
                "id": uuid.UUID(int=1),
                "username": "Ä 🙂",
                "email": "a@example.org",
                "metadata": _JSON,
                "created_at": _NOW,
                "updated_at": _NOW,
            },
            {
                "id": uuid.UUID("018f0000-0000-7000-8000-0000000000ff"),
                "username": None,
                "email": None,
                "metadata": None,
                "created_at": _NOW,
                "updated_at": _NOW,
            },
        ],
        "neural_configs": [
            {
                "id": 1,
                "name": "a",
                "config": _JSON,
                "created_at": _NOW,
                "updated_at": _NOW,
            },
            # Another name, whatever a collation thinks of case, accents and spaces.
            {
                "id": 2,
                "name": "A",
                "config": {},
                "created_at": _NOW,
                "updated_at": _NOW,
            },
            {
                "id": 5,
                "name": "á ",
                "config": [],
                "created_at": _NOW,
                "updated_at": _NOW,
            },
        ],
        "text_corpora": [
            {
                "id": 1,
                "title": "Titel 🙂",
                "content": _TEXT,
                "source": "a/b.txt",
                "metadata": _JSON,
                "word_count": 2**40,
                "char_count": 7,
                "created_at": _NOW,
            },
            {
                "id": 9,
                "title": None,
                "content": long,
                "source": None,
                "metadata": None,
                "word_count": 0,
                "char_count": len(long),
                "created_at": _NOW + timedelta(microseconds=1),
            },
        ],
        "training_jobs": [
            {
                "id": 3,
                "job_id": "job-🙂",
                "status": "running",
                "progress": 0.1 + 0.2,
                "message": long,
                "error": "",
                "neural_config_id": 2,
                "text_corpus_id": 9,
                "started_at": _NOW,
                "completed_at": None,
                "created_at": _NOW,
                "updated_at": _NOW,
            },
            {
                "id": 4,
                "job_id": "JOB-🙂",
                "status": "pending",
                "progress": 100.0,
                "message": None,
                "error": None,
                "neural_config_id": None,
                "text_corpus_id": None,
                "started_at": None,
                "completed_at": None,
                "created_at": _NOW,
                "updated_at": _NOW,
            },
        ],
        "markov_ngrams": [
            {"n": 1, "context": "", "next_char": " ", "count": 1, "probability": None},
            {
                "n": 3,
                "context": "aé",
                "next_char": "🙂",
                "count": 2**50,
                "probability": 1.0,
            },
            {
                "n": 3,
                "context": "aE",
                "next_char": "\n",
                "count": 5,
                "probability": 1 / 3,
            },
        ],
        "neural_checkpoints": [
            {
                "id": key,
                "epochs": key,
                "block_size": 0,
                "path": f"pfad/ä{key}",
                "notes": long if key == 1 else None,
                "loss": loss,
                "accuracy": 0.25,
                "is_best": key == 2,
                "training_job_id": 3,
                "created_at": _NOW,
            }
            for key, loss in enumerate((math.nan, math.inf, -math.inf, 5e-324, None), 1)
        ],
        "generation_history": [
            {
                "id": 1,
                "prompt": "def ",
                "response": long,
                "model": "M",
                "parameters": _JSON,
                "quality_score": math.nan,
                "user_rating": 5,
                "created_at": _NOW,
            },
            {
                "id": 2,
                "prompt": "",
                "response": "",
                "model": None,
                "parameters": None,
                "quality_score": None,
                "user_rating": None,
                "created_at": _NOW,
            },
        ],
        "accuracy_metrics": [
            {
                "id": 8,
                "metric_type": "loss",
                "value": math.nan,
                "step": 2**53,
                "metadata": _JSON,
                "model_checkpoint_id": 2,
                "training_job_id": 3,
                "created_at": _NOW,
            },
            {
                "id": 9,
                "metric_type": "Loss",
                "value": -0.0,
                "step": None,
                "metadata": None,
                "model_checkpoint_id": None,
                "training_job_id": None,
                "created_at": _NOW,
            },
        ],
        **telemetry.rows(),
        **rows_of_books(long),
        **workflows.rows(long),
        **of_conversations(),
    }


def fill(connection: sa.Connection) -> None:
    """Write rows into every empty table; the schema may be of any revision."""
    empty = {name for name, found in read(connection).items() if not found}
    for name, values in rows().items():
        if name in empty:
            connection.execute(sa.insert(_first_columns(name)), values)


def read(connection: sa.Connection) -> Rows:
    """Read every row of every table that is there."""
    present = set(sa.inspect(connection).get_table_names())
    return {name: _read(connection, name) for name in rows() if name in present}


def _read(connection: sa.Connection, name: str) -> list[tuple[str, ...]]:
    table = sa.select(_first_columns(name))
    return sorted(tuple(map(repr, row)) for row in connection.execute(table))


def _first_columns(name: str) -> sa.TableClause:
    """Return a table with those columns that it has had from its first revision on."""
    types = Base.metadata.tables[name].c
    return sa.table(name, *(sa.column(c, types[c].type) for c in rows()[name][0]))
