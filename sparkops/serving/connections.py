"""The server's protocol: how many connections there may be, and the answers to those that get no further."""

from __future__ import annotations

import asyncio
import logging
import resource
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
        """Overrides callbacks of asyncio and uvicorn, which give them their names."""

        def connection_made(self, transport: asyncio.Transport) -> None:
            """Refuse the new connection if there are too many; asyncio calls this by its name."""
            super().connection_made(transport)
            if len(self.connections) > max_connections:
                self.connections.discard(self)
                transport.set_protocol(_Refusal(transport, busy))

        def eof_received(self) -> bool | None:
            """Return whether the connection stays open after the client's last byte; asyncio calls this by its name."""
            # A client that has sent its request and closes its side of the connection still reads the answer.
            cycle = self.cycle
            if cycle is None or cycle.response_complete or cycle.more_body:
                return None
            cycle.keep_alive = False
            return True

        def send_400_response(self, msg: str) -> None:
            """Answer what is no HTTP; uvicorn calls this by its name."""
            del msg
            error = RequestError("This is not a valid HTTP request.")
            self.transport.write(format_response(error))
            self.transport.close()

    return LimitedProtocol


class _Refusal(asyncio.Protocol):
    """Answers the first bytes of a connection with an error; its methods are callbacks of asyncio.

    A client that is still sending would not read an earlier answer.
    """

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
