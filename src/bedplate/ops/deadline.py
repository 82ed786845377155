"""Asking with a deadline: an answer in time, also of a server that hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from bedplate.errors import ServerUnreachableError

__all__ = ["within"]

T = TypeVar("T")


def within(seconds: float, ask: Callable[[], T]) -> T:
    """Return what `ask()` returns or raises, in so many seconds at most.

    A driver's own time limits are for connecting: one whose server stops in the middle
    waits for as long as the network lets it. Here only a thread of its own does, which
    no exit of the program waits for.

    Raises:
        ServerUnreachableError: There was no answer in time.
    """
    answer: Future[T] = Future()

    def work() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:  # noqa: BLE001  # raised to whoever asked
            answer.set_exception(error)

    threading.Thread(target=work, name="bedplate-ask", daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError:
        if answer.done():
            raise  # it is the answer
        raise ServerUnreachableError(f"no answer within {seconds:g} s") from None
