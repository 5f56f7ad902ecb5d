"""Let in who has a token, or, where the service needs none, who reaches it on this machine."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from sparkops.api.caller import LOCAL, Caller, Role
from sparkops.api.routes.problem import RequestProblem, build_problem

# The cookie of the page, in which a browser keeps a token.
COOKIE: Final = "sparkops_token"
_OPEN: Final = frozenset({"/health/live"})
_PAGE: Final = "/page/"
_SESSION: Final = "/page/session"
_SCHEME: Final = "bearer "
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})


class Authenticator(Protocol):
    """Tells whose a token is."""

    def find_caller(self, token: str) -> Caller | None:
        """Return whose token this is; None if it is unknown, expired or revoked."""


class Authentication:
    """Middleware that adds the caller to a request, or refuses it.

    Args:
        app: The application.
        authenticator: Tells whose a token is; None lets everybody in who reaches the loopback address.
    """

    def __init__(self, app: ASGIApp, authenticator: Authenticator | None) -> None:
        self._app = app
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"] in _OPEN:
            await self._app(scope, receive, send)
            return
        try:
            if (caller := await self._identify(scope)) is not None:
                scope["sparkops.caller"] = caller
        except RequestProblem as problem:
            await build_problem(problem)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _identify(self, scope: Scope) -> Caller | None:
        """Return the caller; None for the files of the page, and for a browser that sends or removes its token."""
        headers, method = Headers(scope=scope), scope["method"]
        if self._authenticator is None:
            _require_same_site(headers, method)
            return LOCAL
        if scope["path"] == _SESSION and method not in _READING:
            _require_own_page(headers)
            return None
        if _is_page_file(scope, headers):
            return None
        token = _read_token(scope, headers)
        caller = await asyncio.to_thread(self._authenticator.find_caller, token)
        if caller is None:
            raise _refuse(
                "The token is unknown, expired or revoked. `sparkops api token create` makes a new one."
            )
        # Also of a caller that is refused: the audit names it.
        scope["sparkops.caller"] = caller
        require_role(caller, "read" if method in _READING else "run")
        return caller


def _is_page_file(scope: Scope, headers: Headers) -> bool:
    """Return whether a browser asks for a file of the page: these hold no data."""
    path: str = scope["path"]
    is_shell = path == "/" and "text/html" in headers.get("accept", "")
    return scope["method"] in _READING and (is_shell or (path.startswith(_PAGE) and path != _SESSION))


def _read_token(scope: Scope, headers: Headers) -> str:
    """Return the token of a request: of its header, or else of the page's cookie.

    Raises:
        RequestProblem: It has none, or has a cookie which a page of another site made the browser send.
    """
    authorization = headers.get("authorization", "")
    if authorization.lower().startswith(_SCHEME):
        return authorization[len(_SCHEME) :].strip()
    cookie = HTTPConnection(scope).cookies.get(COOKIE)
    if authorization or not cookie:
        raise _refuse("Send a token: `Authorization: Bearer TOKEN`. `sparkops api token create` makes one.")
    if scope["method"] not in _READING:
        _require_own_page(headers)
    return cookie


def require_role(caller: Caller, role: Role) -> None:
    """Refuse a caller without a role.

    Raises:
        RequestProblem: The caller does not have it, nor a higher one.
    """
    if not caller.may(role):
        raise RequestProblem(
            f"The token `{caller.name}` has role {caller.role}; this needs {role}.", status=403
        )


def _refuse(message: str) -> RequestProblem:
    return RequestProblem(message, status=401, headers={"WWW-Authenticate": "Bearer"})


def _require_same_site(headers: Headers, method: str) -> None:
    """Refuse what a page of another site sends through a browser of this machine, also under a name of its own.

    Raises:
        RequestProblem: It comes from another site, or names another host.
    """
    host = headers.get("host", "")
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    if name not in _LOOPBACK:
        raise RequestProblem(
            f"Without tokens the service answers only as 127.0.0.1 and localhost, not as {name[:100]!r}.",
            status=403,
        )
    origin = headers.get("origin")
    if method not in _READING and origin is not None and origin != f"http://{host}":
        raise RequestProblem("A page of another site may not send this request.", status=403)
    if method not in _READING and headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise RequestProblem("A page of another site may not send this request.", status=403)


def _require_own_page(headers: Headers) -> None:
    """Refuse what the page of this service did not send: any page can make a browser send its cookies.

    A browser says where a request comes from in `Sec-Fetch-Site`, which also holds behind a proxy with another name; where
    it does not send this, its `Origin` is the host that the request is for.

    Raises:
        RequestProblem: Another page, or no browser, sent it.
    """
    site = headers.get("sec-fetch-site")
    origin = urlsplit(headers.get("origin", "")).netloc
    is_own = site == "same-origin" if site is not None else origin == headers.get("host", "") != ""
    if not is_own:
        raise RequestProblem("A page of another site may not send this request.", status=403)
