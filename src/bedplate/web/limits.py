"""How much anybody may ask for, and what every answer says to a browser."""

from __future__ import annotations

import contextlib
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Sequence

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["BodyLimit", "Heads", "RateLimit", "SecurityHeaders"]

_SMALL = 10_000
"""Bytes of a body that anybody may post."""

_BODY_SECONDS = 300
"""How long a body may take: 16 MB at half a megabit a second."""

_PIECE_SECONDS = 30
"""How long its next piece may take."""

_DRAIN_SECONDS = 5
_DIGITS = 20

_CLOSE = {"Connection": "close"}

_ADDRESSES = 10_000
"""Addresses remembered; each costs some 200 bytes."""

_BURST_SECONDS = 5
"""How much of its allowance an address may use at once: a page asks for much."""


class BodyLimit:
    """Refuses a body that is too long, or too slow, before all of it is in memory.

    Args:
        limit: Bytes of a body.
        small: Paths that anybody may post to, with a few bytes.
    """

    def __init__(self, app: ASGIApp, limit: int, small: Sequence[str] = ()) -> None:
        self._app = app
        self._limit = limit
        self._small = tuple(small)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is read, and stop where it is too much or takes too long."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_small = scope["path"].endswith(self._small) if self._small else False
        limit = min(self._limit, _SMALL) if is_small else self._limit
        headers = Headers(scope=scope)
        if "content-length" in headers and "transfer-encoding" in headers:
            # Two lengths: whoever is between may see another end, and other requests.
            told = {"detail": "a body has one length", "error": "HTTP400"}
            await JSONResponse(told, 400, _CLOSE)(scope, receive, send)
            return
        body = _Body(receive, limit, headers)
        if not body.may_be_read():
            await body.drain()
            await body.refusal(scope, receive, send)
            return
        await self._app(scope, body.receive, send)


class _Body:
    """A body as it arrives."""

    def __init__(self, receive: Receive, limit: int, headers: Headers) -> None:
        self._receive = receive
        self._limit = limit
        self._told = headers.get("content-length", "0")
        # Who waits for leave to send has sent nothing that would have to be read.
        self._waits = "expect" in headers
        self._read = 0
        self._ended = False
        self._deadline = anyio.current_time() + _BODY_SECONDS
        self.detail = f"a request may have {limit:,} bytes"

    def may_be_read(self) -> bool:
        """Return whether it is short enough, by what the client says of it."""
        return _is_number(self._told) and int(self._told) <= self._limit

    def refusal(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer that it is too long."""
        told = {"detail": self.detail, "error": "HTTP413"}
        return JSONResponse(told, 413, _CLOSE)(scope, receive, send)

    async def receive(self) -> Message:
        """Return the next piece of it.

        Raises:
            HTTPException: It is too long, or took too long.
        """
        if self._ended:
            return await self._receive()
        message = await self._next()
        if self._read > self._limit:
            await self.drain()
            raise HTTPException(413, self.detail, _CLOSE)
        return message

    async def _next(self) -> Message:
        left = self._deadline - anyio.current_time()
        with anyio.move_on_after(min(left, _PIECE_SECONDS)) as time:
            message = await self._receive()
        if time.cancelled_caught:
            raise HTTPException(408, "the body of the request did not come", _CLOSE)
        self._read += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        return message

    async def drain(self) -> None:
        """Read on for a while, and forget it.

        A client that is still sending when the connection is closed gets no answer,
        but an error of its network.
        """
        most = self._read + 2 * max(self._limit, _SMALL)
        with anyio.move_on_after(_DRAIN_SECONDS):
            while not (self._ended or self._waits) and self._read <= most:
                await self._next()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < _DIGITS


class Heads:
    """Answers HEAD as GET, without the body: monitors and proxies ask so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; of the answer to HEAD only what comes before the body."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
                return
            await send({"type": "http.response.body", "body": b""})
            if message.get("more_body", False):
                raise _EnoughError

        with contextlib.suppress(_EnoughError):
            await self._app({**scope, "method": "GET"}, receive, headed)


class _EnoughError(Exception):
    """The rest of an answer is not wanted."""


class RateLimit:
    """Refuses requests of an address that makes too many: a bucket of tokens each."""

    def __init__(self, app: ASGIApp, rate: float) -> None:
        self._app = app
        self._rate = rate
        self._most = max(1.0, rate * _BURST_SECONDS)
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or say when to come back."""
        app = self._app
        if scope["type"] == "http" and self._rate:
            address = (scope.get("client") or ("", 0))[0]
            left = self._spent(_network(address))
            if left < 0:
                body = {"detail": "too many requests", "error": "TooMany"}
                seconds = math.ceil(-left / self._rate)
                app = JSONResponse(body, 429, {"Retry-After": str(seconds)})
        await app(scope, receive, send)

    def _spent(self, address: str) -> float:
        now = time.monotonic()
        left, seen = self._left.pop(address, (self._most, now))
        left = min(self._most, left + (now - seen) * self._rate)
        # What is refused costs nothing, or whoever asks on would never be let in.
        self._left[address] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > _ADDRESSES:
            self._left.popitem(last=False)
        return left - 1


def _network(address: str) -> str:
    """Return an address, or the network of one that has 2**64 of them to itself."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.IPv6Network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address


class SecurityHeaders:
    """Tells a browser to run, load and frame nothing but what this process sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to whatever is answered."""

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, headed)


_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; "
    "style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
