"""`/page/session`: who uses the page. A token that was entered is kept in a cookie that no script can read."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sparkops.api.authentication import COOKIE, Authenticator
from sparkops.api.caller import Caller, get_caller
from sparkops.api.routes.answer import answer
from sparkops.api.routes.body import read_json
from sparkops.api.routes.problem import RequestProblem
from sparkops.errors import InputError

PATH: Final = "/page/session"
_MAX_BODY: Final = 10_000


def make_session_routes(project: str, authenticator: Authenticator | None) -> list[Route]:
    """Return the routes of the session.

    Args:
        project: Name of the project, which the page shows.
        authenticator: Tells whose a token is; None if there are no tokens.
    """

    def describe(request: Request, caller: Caller) -> Response:
        described = {"name": caller.name, "role": caller.role, "jobs": list(caller.jobs)}
        return answer(
            request,
            {"project": project, "needs_token": authenticator is not None, "caller": described},
        )

    async def show(request: Request) -> Response:
        return describe(request, get_caller(request))

    async def begin(request: Request) -> Response:
        token = (await read_json(request, _MAX_BODY)).get("token")
        if not isinstance(token, str) or not token.strip():
            raise InputError('`token` is missing: send {"token": "sparkops_..."}.')
        if authenticator is None:
            raise InputError("The service has no tokens: it needs none.")
        caller = await asyncio.to_thread(authenticator.find_caller, token.strip())
        if caller is None:
            raise RequestProblem("The token is unknown, expired or revoked.", status=401)
        response = describe(request, caller)
        _set_cookie(request, response, token.strip(), None)
        return response

    async def end(request: Request) -> Response:
        response = Response(status_code=204)
        _set_cookie(request, response, "", 0)
        return response

    return [
        Route(PATH, show, methods=["GET"]),
        Route(PATH, begin, methods=["POST"]),
        Route(PATH, end, methods=["DELETE"]),
    ]


def _set_cookie(request: Request, response: Response, value: str, seconds: int | None) -> None:
    # A proxy with TLS speaks HTTP to the service: the browser says how the page was reached.
    is_encrypted = request.headers.get("origin", "").startswith("https://") or request.url.scheme == "https"
    response.set_cookie(
        COOKIE, value, max_age=seconds, httponly=True, samesite="strict", secure=is_encrypted, path="/"
    )
