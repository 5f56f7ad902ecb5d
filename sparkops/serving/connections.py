"""Connections of the server: how many there may be, and how long one may take to send a request's head or to read an answer.

uvicorn limits neither. The body of a request has its own time-out, in the application.
"""

from __future__ import annotations

import asyncio
import logging
import resource
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from sparkops.serving.answer import format_json
from sparkops.serving.request_error import RequestError

# File descriptors that the process needs for other things than connections.
_OTHER_FILES = 64
# Seconds after which a refused client that sends nothing is disconnected.
_REFUSAL_SECONDS = 2.0
_log = logging.getLogger("sparkops.serving")
_PHRASES = {400: "Bad Request", 408: "Request Timeout", 503: "Service Unavailable"}


def limit_connections(limit: int) -> int:
    """Return a limit of connections that leaves the process enough file descriptors."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or limit <= soft - _OTHER_FILES:
        return limit
    _log.warning("at most %d connections: the process may open %d files", soft - _OTHER_FILES, soft)
    return max(1, soft - _OTHER_FILES)


def make_protocol(max_connections: int) -> type[asyncio.Protocol]:
    """Return uvicorn's HTTP protocol with a limit of connections, and with JSON as the answer to what is no HTTP."""
    base: Any = AutoHTTPProtocol
    busy = RequestError(
        f"The server has {max_connections} connections, as many as it accepts. Try again later.", status=503
    )

    class LimitedProtocol(base):  # type: ignore[misc]
        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            if len(self.connections) > max_connections:
                self.connections.discard(self)
                transport.set_protocol(_Refusal(transport, busy))

        def eof_received(self) -> bool | None:
            # A client that has sent its request and closes its side of the connection still reads the answer.
            cycle = self.cycle
            if cycle is None or cycle.response_complete or cycle.more_body:
                return None
            cycle.keep_alive = False
            return True

        def send_400_response(self, msg: str) -> None:
            del msg
            error = RequestError("This is not a valid HTTP request.")
            self.transport.write(format_response(error))
            self.transport.close()

    return LimitedProtocol


class _Refusal(asyncio.Protocol):
    """Answers the first bytes of a connection with an error: a client that still sends would not read an earlier answer."""

    def __init__(self, transport: asyncio.Transport, error: RequestError) -> None:
        self._transport, self._error = transport, error
        self._timer = asyncio.get_running_loop().call_later(_REFUSAL_SECONDS, transport.abort)

    def data_received(self, data: bytes) -> None:
        del data
        if not self._transport.is_closing():
            self._transport.write(format_response(self._error))
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._timer.cancel()


def format_response(error: RequestError) -> bytes:
    """Return an HTTP response that closes the connection."""
    body = format_json(error.to_json())
    head = (
        f"HTTP/1.1 {error.status} {_PHRASES[error.status]}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body


class ConnectionWatch:
    """Closes connections that neither send a request nor read an answer.

    It looks at all connections from time to time instead of starting a timer for each request.

    Args:
        timeout: Seconds that the head of a request may take, and that a client may read nothing of an answer.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._waiting: dict[Any, tuple[object, float]] = {}

    def close_stalled(self, connections: Iterable[Any], now: float) -> None:
        """Close the connections whose state has not changed for too long.

        Args:
            connections: uvicorn's protocols.
            now: Time in seconds, from any start.
        """
        waiting: dict[Any, tuple[object, float]] = {}
        for connection in list(connections):
            state = _find_stalled_state(connection)
            if state is None:
                continue
            before, since = self._waiting.get(connection, (None, now))
            if before != state:
                since = now
            if now - since < self._timeout:
                waiting[connection] = state, since
            else:
                self._close(connection)
        self._waiting = waiting

    def _close(self, connection: Any) -> None:
        transport = connection.transport
        if transport.is_closing() or transport.get_write_buffer_size():
            transport.abort()
            return
        error = RequestError(f"No request arrived in {self._timeout:g} s.", status=408)
        transport.write(format_response(error))
        transport.close()


def _find_stalled_state(connection: Any) -> object | None:
    """Return what must change before the time-out; None if the client is waiting for the server, or may be idle."""
    transport, cycle = connection.transport, connection.cycle
    unread: int = transport.get_write_buffer_size()
    if unread or transport.is_closing():
        return unread
    is_between_requests = cycle is None or cycle.response_complete
    # uvicorn's own timer runs while a connection is idle between two requests; it ends with the first byte of a request.
    if is_between_requests and connection.timeout_keep_alive_task is None:
        state: object = cycle or "first request"
        return state
    return None
