"""A node of a Galera cluster: whether it is in sync, and that it reads what is there.

Nodes take writes one after another in one order, but each in its own time: what a
client has committed on one may not be there yet on another. And a node that has left
the others, or is behind them, still lets clients in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bedplate import errors

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from bedplate.settings import Settings

__all__ = ["accept", "classify", "is_node"]

_UNKNOWN_VARIABLE = 1193  # a server that was built without Galera

_STATE = (
    "SHOW GLOBAL STATUS WHERE Variable_name IN "
    "('wsrep_ready', 'wsrep_local_state_comment')"
)

CAUSAL = "SET SESSION wsrep_sync_wait = 15"
"""Reads (1), updates and deletes (2), inserts (4) and SHOW (8) wait until this node has
applied what the cluster had committed when they came: one round between the nodes, for
the first statement of each transaction."""

_UNKNOWN, _DURING_COMMIT = 1105, 1180
_TOO_LARGE = ("Maximum writeset size exceeded", "wsrep_max_ws_rows exceeded")
"""What a node says of a transaction that is more than the cluster takes at once."""


def classify(error: BaseException) -> type[errors.BedplateError] | None:
    """Return which of our errors a node's is, None where it is none of a node's."""
    number = error.args[0] if error.args else None
    if number not in (_UNKNOWN, _DURING_COMMIT):
        return None
    if any(words in str(error) for words in _TOO_LARGE):
        return errors.ValueTooLargeError
    # It lost the others in the middle of a COMMIT, which they may have heard of.
    return errors.NodeNotReadyError if number == _DURING_COMMIT else None


def is_node(connection: Connection) -> bool:
    """Return whether the server is a node of a cluster."""
    found = connection.exec_driver_sql("SHOW VARIABLES LIKE 'wsrep_on'").all()
    return [value for _, value in found] == ["ON"]


def accept(driver: Any, settings: Settings) -> None:
    """Make a driver's connection ready, where it leads to a node of a cluster.

    Raises:
        NodeNotReadyError: The node is not in sync with the others.
    """
    cursor = driver.cursor()
    try:
        if not _is_on(cursor):
            return
        cursor.execute(_STATE)
        state = {name.lower(): value for name, value in cursor.fetchall()}
        if state.get("wsrep_ready") != "ON" or state.get(_COMMENT) != "Synced":
            raise errors.NodeNotReadyError(_refusal(driver, settings, state))
        if settings.causal_reads:
            cursor.execute(CAUSAL)
    finally:
        cursor.close()


_COMMENT = "wsrep_local_state_comment"


def _is_on(cursor: Any) -> bool:
    try:
        cursor.execute("SELECT @@wsrep_on")
    except Exception as error:
        if error.args and error.args[0] == _UNKNOWN_VARIABLE:
            return False
        raise
    return bool(cursor.fetchone()[0])


def _refusal(driver: Any, settings: Settings, state: dict[str, str]) -> str:
    raw = getattr(driver, "driver_connection", driver)
    return (
        f"this node of the cluster is not in sync with the others ({settings.user}@"
        f"{raw.host}:{raw.port}: {state.get(_COMMENT)}, wsrep_ready "
        f"{state.get('wsrep_ready')}): wait until it is, or connect to another node"
    )
