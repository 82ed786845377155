"""The doctor: looks at a database, says what it finds, mends what is safe to mend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bedplate.dialects.findings import Finding
from bedplate.errors import SchemaError
from bedplate.ops import audit_triggers, drift, fit, revisions, vectors
from bedplate.translation import translating

if TYPE_CHECKING:
    import sqlalchemy as sa

    from bedplate.engine import Engines

__all__ = ["Finding", "examine", "repair"]


def examine(engines: Engines, metadata: sa.MetaData) -> Sequence[Finding]:
    """Return what there is to say about the server, the schema and the indexes."""
    found = [*_schema(engines, metadata)]
    with translating(engines), engines.writer.connect() as connection:
        found += engines.dialect.examine(connection, engines.settings)
        found += vectors.examine(connection, metadata)
        found += audit_triggers.examine(connection, metadata)
        connection.rollback()
    return found


def repair(engines: Engines, findings: Sequence[Finding]) -> Sequence[Finding]:
    """Mend what can be mended without losing anything; return what was mended."""
    mended = []
    with translating(engines), engines.writer.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        for finding in findings:
            if finding.repair is not None:
                finding.repair(connection)
                mended.append(finding)
    return mended


def _schema(engines: Engines, metadata: sa.MetaData) -> Sequence[Finding]:
    try:
        revisions.check_schema(engines)
    except SchemaError as error:
        return [Finding("schema", "error", str(error))]
    differences = drift.differences(engines, metadata)
    if not differences:
        return [Finding("schema", "ok", f"at {fit.head()}, as the models say")]
    return [Finding("schema", "error", text) for text in differences]
