"""Who may come in, and from where."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from bedplate.errors import InvalidValueError

__all__ = ["COOKIE", "SESSION_SECONDS", "Access", "Guard", "is_loopback", "is_origin"]

COOKIE = "bedplate_session"
SESSION_SECONDS = 7 * 24 * 3600
"""How long a browser stays logged in."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PLACE = re.compile(
    r"(?P<host>\[[0-9a-f:.]+\]|[^\s:/?#@\[\]\\]+)(?::\d*)?", re.IGNORECASE
)
"""What a Host header may be; a URL's parser takes more, and fails of some."""

_ORIGIN = re.compile(
    r"[a-z][a-z0-9+.-]*://(\[[0-9a-f:.]+\]|[^\s:/?#@\[\]\\A-Z*]+)(:\d+)?"
)
"""What a browser's Origin header may be, "null" aside; compared letter by letter."""

_OPEN = ("/health/live", "/health/ready", "/api/session", "/dashboard/")
"""What is told to anybody: that the process lives, and the page that asks for the
token."""


@dataclass(frozen=True)
class Access:
    """Who may come in, and how much of it.

    Raises:
        InvalidValueError: The token is empty.

    Attributes:
        token: What a request has to show; None only for programs of this machine.
        origins: Web pages of other sites that may ask, as in "https://example.org".
        body_limit: The largest body of a request, in bytes.
        rate: Requests a second that one address may make, on average; 0 for any.
    """

    token: str | None = None
    origins: tuple[str, ...] = ()
    body_limit: int = 16_000_000
    rate: float = 100

    def __post_init__(self) -> None:
        if self.token is not None and not self.token.strip():
            raise InvalidValueError("is empty: everybody would have it", "token")

    def is_token(self, given: str) -> bool:
        """Return whether this is the token; how long it takes tells nothing of it."""
        # Digests, because a comparison ends sooner where the lengths differ.
        return hmac.compare_digest(_digest(given), _digest(self.token or ""))

    def new_session(self) -> str:
        """Return what a browser keeps in place of the token; it says when it ends."""
        ends = str(int(time.time()) + SESSION_SECONDS)
        return f"{ends}.{self._signed(ends)}"

    def is_session(self, given: str) -> bool:
        """Return whether new_session() returned this, not too long ago."""
        ends, _, signature = given.partition(".")
        genuine = hmac.compare_digest(signature.encode(), self._signed(ends).encode())
        return genuine and int(ends) > time.time()

    def _signed(self, text: str) -> str:
        key = (self.token or "").encode()
        return hmac.new(key, f"session {text}".encode(), hashlib.sha256).hexdigest()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, reached from nowhere else."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host == "localhost"
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def is_origin(text: str) -> bool:
    """Return whether this is a site as a browser names it: scheme, host and port."""
    return _ORIGIN.fullmatch(text) is not None


class Guard:
    """Lets in who shows the token, and no page of another site.

    Without a token only requests of this machine pass, to its own names, so that no
    page can reach it under a name of its own ("DNS rebinding").
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        refused: ASGIApp | None = None
        if scope["type"] == "http":
            refused = self._refused(HTTPConnection(scope), scope["method"])
        elif scope["type"] == "websocket":  # a page of any site may open one
            refused = self._refused(HTTPConnection(scope), "POST")
            refused = WebSocketClose(1008) if refused else None
        await (refused or self._app)(scope, receive, send)

    def _refused(self, asked: HTTPConnection, method: str) -> JSONResponse | None:
        if method not in _SAFE and not self._is_own_page(asked.headers):
            return _refusal(403, "this request comes from a page of another site")
        if self._access.token is None:
            if not _is_near(asked):
                return _refusal(403, "set BEDPLATE_API_TOKEN to be reached from afar")
            if is_loopback(_host(asked.headers)):
                return None
            return _refusal(403, "set BEDPLATE_API_TOKEN to be reached by this name")
        if _is_open(asked, method) or self._is_known(asked, method):
            return None
        return _refusal(401, "the token is missing or wrong")

    def _is_known(self, asked: HTTPConnection, method: str) -> bool:
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._access.is_token(token.strip())
        # A browser sends its cookie with whatever any page makes it send, and says
        # whose page that was: one that says nothing is not let write.
        says = "origin" in asked.headers or "sec-fetch-site" in asked.headers
        session = asked.cookies.get(COOKIE, "")
        return self._access.is_session(session) and (method in _SAFE or says)

    def _is_own_page(self, headers: Headers) -> bool:
        """Tell by what every browser adds since 2023, and older ones to a post."""
        origin = headers.get("origin")
        if origin in self._access.origins:
            return True
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        place = (origin or "").partition("://")[2]
        return origin is None or (place != "" and place == headers.get("host"))


def _is_open(asked: HTTPConnection, method: str) -> bool:
    path: str = asked.scope["path"].removeprefix(asked.scope.get("root_path", ""))
    if path in ("", "/"):
        return method in _SAFE
    return path.startswith(_OPEN)


def _is_near(asked: HTTPConnection) -> bool:
    """Return whether a request comes from this machine, as far as is known.

    A socket in the file system has no address, and a test no real one.
    """
    address = asked.client.host if asked.client else ""
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return True
    return is_loopback(address)


def _host(headers: Mapping[str, str]) -> str:
    found = _PLACE.fullmatch(headers.get("host", ""))
    return found["host"].lower() if found else ""


def _refusal(status: int, detail: str) -> JSONResponse:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse({"detail": detail, "error": "Refused"}, status, headers)
