"""The bodies and queries of requests."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Final, TypeVar

from starlette.requests import Request

from sparkops.api.database.submission import JobRequest
from sparkops.api.routes.problem import RequestProblem
from sparkops.core.wording import did_you_mean
from sparkops.errors import InputError

_FIELDS: Final = ("params", "at", "as_of", "every", "callback")
# A caller that waits keeps a connection.
_MAX_WAIT: Final = 300.0
_MAX_VERSION: Final = (1 << 63) - 1
_MAX_DIGITS: Final = 18
_TYPE_NAMES: Final[Mapping[type, str]] = {bool: "boolean", dict: "object", str: "string"}

T = TypeVar("T")


async def read_json(request: Request, limit: int) -> dict[str, Any]:
    """Return the body of a request as an object; an empty body is an empty one.

    Args:
        request: The request.
        limit: Bytes that the body may have.

    Raises:
        RequestProblem: It is larger, has another format, or is no object.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise RequestProblem(
                f"The body has more than {limit:,} bytes (setting `api.max_bytes`).", status=413
            )
    if not body.strip():
        return {}
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RequestProblem(f"The body is {kind[:100]!r}: send application/json.", status=415)
    try:
        # Python's own reader accepts NaN, which JSON does not have.
        value = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RequestProblem(f"The body is no JSON: {str(error)[:200]}.", status=400) from None
    if not isinstance(value, dict):
        raise RequestProblem('The body is no JSON object: send {"params": {...}}.', status=422)
    return value


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def read_request(job: str, body: dict[str, Any]) -> JobRequest:
    """Return the request for a run that a body contains.

    Raises:
        InputError: A field is unknown or has a wrong type.
    """
    require_known(body, _FIELDS, "field")
    params, at, as_of = body.get("params", {}), body.get("at", {}), body.get("as_of")
    if not isinstance(params, dict):
        raise InputError('`params` is no object: send {"params": {"day": "2013-07-04"}}.')
    if not isinstance(at, dict) or not all(map(_is_version, at.values())):
        raise InputError('`at` is no object of versions: send {"at": {"flights": 3}}.')
    if as_of is not None and not isinstance(as_of, str):
        raise InputError("`as_of` is no text: send a time of ISO 8601, such as 2026-03-01T12:00:00Z.")
    every = _read_text(body, "every")
    return JobRequest(job=job, params=params, at=at, as_of=as_of, every=every, callback=read_callback(body))


def read_callback(body: Mapping[str, Any]) -> str | None:
    """Return the address to which the run is to be posted when it has ended, or None.

    Raises:
        InputError: It is no text, or empty.
    """
    return _read_text(body, "callback")


def _read_text(body: Mapping[str, Any], name: str) -> str | None:
    text = require_type(body, name, str, "")
    if not text and body.get(name) is not None:
        raise InputError(f"`{name}` is empty: leave it out, or give it a value.")
    return text or None


def _is_version(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_VERSION


def require_known(names: Collection[str], known: Collection[str], kind: str) -> None:
    """Refuse names that mean nothing here.

    Raises:
        InputError: There is one.
    """
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            raise InputError(f"Unknown {kind} `{name[:100]}`.{hint} Known: {', '.join(known)}.")


def require_type(body: Mapping[str, Any], name: str, kind: type[T], default: T) -> T:
    """Return a field of a body, or the default where it is missing or null.

    Raises:
        InputError: It has another type.
    """
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, kind):
        raise InputError(f"`{name}` is no {_TYPE_NAMES[kind]} of JSON.")
    return value


def read_wait(request: Request) -> float:
    """Return the seconds that a caller wants to wait for the end of a run: `?wait=30`.

    Raises:
        InputError: It is no number of seconds.
    """
    text = request.query_params.get("wait", "0")
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _MAX_WAIT:
        raise InputError(f"`wait` is {text[:100]!r}: give 0 to {_MAX_WAIT:g} seconds.")
    return seconds


def read_flag(request: Request, name: str) -> bool:
    """Return an option of the query that is true or false; false if it is missing.

    Raises:
        InputError: It is neither.
    """
    text = request.query_params.get(name, "false")
    if text not in ("true", "false"):
        raise InputError(f"`{name}` is {text[:100]!r}: give true or false.")
    return text == "true"


def read_limit(request: Request, *, default: int, most: int) -> int:
    """Return the largest number of entries that a caller wants: `?limit=20`.

    Raises:
        InputError: It is no such number.
    """
    text = request.query_params.get("limit", str(default))
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS and 1 <= int(text) <= most):
        raise InputError(f"`limit` is {text[:100]!r}: give 1 to {most}.")
    return int(text)


def read_version(request: Request) -> int | None:
    """Return the version of a table that a caller asks for: `?at=3`; None for the newest.

    Raises:
        InputError: It is no version.
    """
    text = request.query_params.get("at")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS):
        raise InputError(f"`at` is {text[:100]!r}: give a version, such as 3.")
    return int(text)
