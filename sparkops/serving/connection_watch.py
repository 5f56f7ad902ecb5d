"""Time-outs of connections: for the head of a request, and for a client that reads nothing of its answer.

uvicorn has neither. The body of a request has its own time-out, in the application.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sparkops.serving.connections import format_response
from sparkops.serving.request_error import RequestError


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
    # uvicorn's own timer runs while a connection is idle between two requests; it ends with the first byte of a
    # request.
    if is_between_requests and connection.timeout_keep_alive_task is None:
        state: object = cycle or "first request"
        return state
    return None
