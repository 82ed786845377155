"""Queues of idle connections that are fair: who has waited the longest is served first.

SQLAlchemy's wake a waiter, and let whoever comes by take the connection before it has
woken up. The thread that gives one back is always nearer: under load a few threads have
all connections, and the others wait until their timeout. Here a connection is handed to
the one who waits the longest, and never stands in the queue while somebody waits.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import Any

from sqlalchemy.util.concurrency import await_
from sqlalchemy.util.queue import Empty, Full, QueueCommon

__all__ = ["FairAsyncQueue", "FairQueue"]


class _Waiter:
    """Somebody who waits, and what they were handed."""

    def __init__(self) -> None:
        self.item: Any = None
        self.ready = threading.Lock()
        self.ready.acquire()


class _Fair(QueueCommon[Any]):
    """What both kinds share: the items, and those who wait for one."""

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:
        self.maxsize = maxsize
        self.use_lifo = use_lifo
        self._items: deque[Any] = deque()
        self._waiters: deque[Any] = deque()
        # Reentrant: a connection that is collected comes back in the midst.
        self._mutex = threading.RLock()

    def qsize(self) -> int:
        return len(self._items)

    def empty(self) -> bool:
        return not self._items

    def full(self) -> bool:
        return 0 < self.maxsize <= len(self._items)

    def put_nowait(self, item: Any) -> None:
        self.put(item, block=False)

    def get_nowait(self) -> Any:
        return self.get(block=False)

    def take_idle(self) -> Any:
        """Return an item that nobody waits for; None where there is none."""
        with self._mutex:  # as _take() does, without the call: each statement comes by
            items = self._items
            if not items:
                return None
            return items.pop() if self.use_lifo else items.popleft()

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Hand an item to who waits the longest, or keep it; never blocks."""
        with self._mutex:
            while self._waiters:
                if self._hand(self._waiters.popleft(), item):
                    return
            if 0 < self.maxsize <= len(self._items):  # as full() says
                raise Full
            self._items.append(item)

    def _take(self) -> Any:
        """Return an item that is there, with the mutex held."""
        return self._items.pop() if self.use_lifo else self._items.popleft()

    def _hand(self, waiter: Any, item: Any) -> bool:
        raise NotImplementedError


class FairQueue(_Fair):
    """Between threads."""

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        with self._mutex:
            if self._items:
                return self._take()
            if not block:
                raise Empty
            waiter = _Waiter()
            self._waiters.append(waiter)
        try:
            waiter.ready.acquire(timeout=-1 if timeout is None else timeout)
        except BaseException:
            if waiter.item is not None:  # it was handed to one who is interrupted
                self.put(waiter.item)
            raise
        finally:
            with self._mutex:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
        if waiter.item is None:
            raise Empty
        return waiter.item

    def _hand(self, waiter: Any, item: Any) -> bool:
        waiter.item = item
        waiter.ready.release()
        return True


class FairAsyncQueue(_Fair):
    """Between the tasks of an event loop."""

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        if self._items:
            return self._take()
        if not block:
            raise Empty
        return await_(self._wait(timeout))

    async def _wait(self, timeout: float | None) -> Any:
        waiter: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            await asyncio.wait([waiter], timeout=timeout)
        except BaseException:
            if waiter.done() and not waiter.cancelled():  # handed to one who leaves
                self.put(waiter.result())
            raise
        finally:
            waiter.cancel()  # nobody hands anything to who has left
        if waiter.cancelled():
            raise Empty
        return waiter.result()

    def _hand(self, waiter: Any, item: Any) -> bool:
        if waiter.done() or waiter.get_loop().is_closed():
            return False
        waiter.set_result(item)
        return True
