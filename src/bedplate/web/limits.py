"""How much anybody may ask for, and what every answer says to a browser."""

from __future__ import annotations

import math
import time
from collections import OrderedDict

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["BodyLimit", "RateLimit", "SecurityHeaders"]

_ADDRESSES = 10_000
"""Addresses remembered; each costs some 200 bytes."""

_BURST_SECONDS = 5
"""How much of its allowance an address may use at once: a page asks for much."""


class BodyLimit:
    """Refuses a body that is too long, before it is read."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is read, and stop where it is too much."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "0")
        if not told.isdigit() or int(told) > self._limit:
            body = {"detail": self._detail, "error": "TooLarge"}
            await JSONResponse(body, 413)(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._limit:
                raise HTTPException(413, self._detail)
            return message

        await self._app(scope, counted, send)

    @property
    def _detail(self) -> str:
        return f"a request may have {self._limit:,} bytes"


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
            left = self._spent(address)
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
