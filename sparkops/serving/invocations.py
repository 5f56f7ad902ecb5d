"""`POST /invocations`: an ASGI application of one endpoint.

It is called without a router, because every request passes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.types import Receive, Scope, Send

from sparkops.serving.answer import format_answers, format_json
from sparkops.serving.output_choices import OutputChoices
from sparkops.serving.request_body import (
    BodyFormat,
    ClientDisconnected,
    parse_body,
    read_format,
    receive_body,
)
from sparkops.serving.request_error import RequestError
from sparkops.serving.request_options import RequestOptions, read_options
from sparkops.serving.request_rows import RequestRows
from sparkops.serving.service import Service

# About 2 ms of scoring and of parsing; a thread would cost more than it saves.
_INLINE_ROWS, _INLINE_BYTES = 200, 65_536
# Large bodies that are parsed and scored at a time: each takes memory, and Python's lock lets one run at once.
_LARGE_AT_ONCE = 2
# Large bodies that are received, waiting or scored at a time.
_LARGE_IN_MEMORY = 64
# Of a body that is refused: what is still read, so that the client is not cut off before it reads the answer.
_DRAIN_SECONDS, _DRAIN_BYTES = 2.0, 64_000_000
_JSON_HEADER = (b"content-type", b"application/json")
_log = logging.getLogger("sparkops.serving")


class Invocations:
    """Scores the rows of requests.

    Args:
        service: The model and its options.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._choices = OutputChoices(service.scorer)
        self._is_fast = service.scorer.is_fast
        self._large_limiter: CapacityLimiter | None = None
        self._large_bodies = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        is_received = is_large = False
        try:
            declared = read_format(scope["headers"])
            options = read_options(scope["query_string"], self._service.defaults)
            is_large = self._admit(declared)
            body = await receive_body(receive, declared, self._service.limits)
            is_received = True
            answer = await self._answer(body, declared, options)
        except ClientDisconnected:
            return
        except Exception as error:  # noqa: BLE001 - it is logged
            await self._refuse(_to_request_error(error), scope, None if is_received else receive, send)
        else:
            await send_json(send, 200, answer)
        finally:
            self._large_bodies -= is_large

    def _admit(self, declared: BodyFormat) -> bool:
        """Return whether a body may be large, and count one that may be.

        Raises:
            RequestError: There are too many large ones.
        """
        if declared.length is not None and declared.length <= _INLINE_BYTES:
            return False
        if self._large_bodies >= _LARGE_IN_MEMORY:
            raise RequestError(
                f"The server is busy with {_LARGE_IN_MEMORY} large requests, as many as it accepts. Try again later.",
                status=503,
            )
        self._large_bodies += 1
        return True

    async def _answer(self, body: bytes, declared: BodyFormat, options: RequestOptions) -> bytes:
        """Return the answer; long work is done in a thread, so that other requests are answered meanwhile."""
        if len(body) > _INLINE_BYTES or not declared.is_text:
            self._large_limiter = self._large_limiter or CapacityLimiter(_LARGE_AT_ONCE)
            return await run_sync(
                partial(self._parse_and_score, body, declared, options), limiter=self._large_limiter
            )
        rows = self._parse(body, declared, options)
        if self._is_fast and len(rows.rows) <= _INLINE_ROWS and not options.explain:
            return self._score(rows, options)
        return await run_sync(partial(self._score, rows, options))

    def _parse_and_score(self, body: bytes, declared: BodyFormat, options: RequestOptions) -> bytes:
        return self._score(self._parse(body, declared, options), options)

    def _parse(self, body: bytes, declared: BodyFormat, options: RequestOptions) -> RequestRows:
        return parse_body(body, declared, self._choices.find(options.outputs).schema, self._service.limits)

    def _score(self, rows: RequestRows, options: RequestOptions) -> bytes:
        answers = self._choices.find(options.outputs).score(rows, options)
        if answers.extra:
            self._service.extra_fields.add(answers.extra)
        return format_answers(answers, strict=options.strict)

    @staticmethod
    async def _refuse(error: RequestError, scope: Scope, receive: Receive | None, send: Send) -> None:
        """Answer with an error; if the body was not received, close the connection after it."""
        body = format_json(error.to_json())
        if receive is None:
            await send_json(send, error.status, body)
            return
        await send_json(send, error.status, body, (b"connection", b"close"), is_last=False)
        if not any(name == b"expect" for name, _ in scope["headers"]):
            await _drain(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _to_request_error(error: Exception) -> RequestError:
    """Return an error as the client sees it; the details of an unexpected one are only logged."""
    if isinstance(error, RequestError):
        return error
    _log.error("a request could not be answered", exc_info=error)
    return RequestError("The server failed on this request; its log has the reason.", status=500)


async def send_json(
    send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes], is_last: bool = True
) -> None:
    """Send a response; unless it is the last part, the response remains open."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [_JSON_HEADER, length, *headers]})
    await send({"type": "http.response.body", "body": body, "more_body": not is_last})


async def _drain(receive: Receive) -> None:
    """Read and discard the rest of a body, for a short time: a client that still sends would not read the answer."""
    size, more = 0, True
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            while more and size < _DRAIN_BYTES:
                message = await receive()
                size += len(message.get("body", b""))
                more = message.get("more_body", False)
