"""A look at the database now and then, in a thread of its own.

Whoever asks how things are, a load balancer every second among them, gets the last
answer at once, and the server is asked no more often than every interval.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from bedplate.ops.health import Health

__all__ = ["HealthMonitor"]

_log = logging.getLogger(__name__)


class HealthMonitor:
    """Asks how a database is, until it is stopped; a context manager as well.

    Args:
        look: Asks; returns within DB_CONNECT_TIMEOUT.
        interval: Seconds between two looks.
        on_change: Called in the monitor's thread with the health whenever its status
            is another than before; the first counts.
    """

    def __init__(
        self,
        look: Callable[[], Health],
        interval: float = 15.0,
        on_change: Callable[[Health], None] | None = None,
    ) -> None:
        self._look, self._interval = look, interval
        self._on_change = on_change
        self._latest: Health | None = None
        self._looked = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def latest(self) -> Health | None:
        """What the last look found; None before the first."""
        return self._latest

    def wait(self, seconds: float | None = None) -> Health | None:
        """Return what the last look found, waiting for the first one."""
        self._looked.wait(seconds)
        return self._latest

    def start(self) -> None:
        """Begin to look, at once; does nothing where it has begun."""
        if self._thread is None:
            self._stopped.clear()
            self._thread = threading.Thread(
                target=self._run, name="bedplate-health", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """End, after the look that is under way."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._see(self._look())
            except Exception:  # noqa: BLE001  # whatever it is: the next may tell
                _log.exception("the look at the database failed")
                self._latest = None  # so that nobody relies on an old one
            self._stopped.wait(self._interval)

    def _see(self, found: Health) -> None:
        before = self._latest
        self._latest = found
        self._looked.set()
        if before is not None and before.status == found.status:
            return
        if found.status != "ok":
            _log.warning("the database is %s: %s", found.status, found.message)
        elif before is not None:
            _log.info("the database is ok again")
        if self._on_change is not None:
            try:
                self._on_change(found)
            except Exception:  # noqa: BLE001  # it is the application's, and logged
                _log.exception("on_change failed")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
