"""Logging a browser in: the token goes into a cookie that scripts cannot read."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict

from bedplate.web.access import COOKIE, SESSION_SECONDS, Access
from bedplate.web.errors import Answers, Problem

__all__ = ["Login", "LoginState", "session_router"]


class Login(BaseModel):
    """What logs in."""

    model_config = ConfigDict(extra="forbid")

    token: str


class LoginState(BaseModel):
    """Whether a token is needed, and whether this browser has shown it."""

    needed: bool
    valid: bool


def session_router(access: Access) -> APIRouter:
    """Return the router for the session of a browser."""
    session = APIRouter(prefix="/api/session", tags=["session"])
    refused: Answers = {401: {"model": Problem, "description": "The token is wrong."}}

    @session.get("")
    async def get_session(request: Request) -> LoginState:
        """Tell whether this browser is logged in."""
        if access.token is None:
            return LoginState(needed=False, valid=True)
        known = access.is_session(request.cookies.get(COOKIE, ""))
        return LoginState(needed=True, valid=known)

    @session.post("", status_code=204, responses=refused)
    async def log_in(login: Login, request: Request) -> Response:
        """Log this browser in for a week."""
        if access.token is not None and not access.is_token(login.token):
            raise HTTPException(401, "the token is wrong")
        answer = Response(status_code=204)
        answer.set_cookie(
            COOKIE,
            access.new_session(),
            max_age=SESSION_SECONDS,
            path=request.scope.get("root_path") or "/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return answer

    @session.delete("", status_code=204)
    async def log_out(request: Request) -> Response:
        """Log this browser out."""
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE, path=request.scope.get("root_path") or "/")
        return answer

    return session
