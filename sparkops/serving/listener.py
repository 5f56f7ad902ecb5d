"""The socket that the server listens on."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from sparkops.errors import EngineError


@contextmanager
def listen(host: str, port: int, *, is_shared: bool = False) -> Iterator[socket.socket]:
    """Yield a bound socket, so that an occupied port is reported before anything starts.

    Args:
        host: Address.
        port: Port; 0 chooses a free one.
        is_shared: Whether other processes of this user may bind the same port; the kernel distributes connections.

    Raises:
        EngineError: The address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sets TCP_NODELAY: else every answer waits 40 ms for the client's acknowledgement.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise EngineError(
                f"Can't listen on {host}:{port} ({reason}). Pass another --host or --port."
            ) from error
        yield listener


def format_url(listener: socket.socket) -> str:
    """Return the URL of a bound socket; `unix:` and its path for one that is no port."""
    if listener.family == socket.AF_UNIX:
        return f"unix:{listener.getsockname()}"
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
