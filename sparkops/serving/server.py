"""Serve an application over HTTP until SIGINT or SIGTERM."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from sparkops.serving.connection_watch import ConnectionWatch
from sparkops.serving.connections import limit_connections, make_protocol
from sparkops.serving.listener import format_url

_log = logging.getLogger("sparkops.serving")
# Ticks of uvicorn's loop, of 0.1 s, between two looks at the connections.
_WATCH_TICKS = 10
# Seconds that a thread with a large body may run before another thread gets Python's lock.
_SWITCH_INTERVAL = 0.001


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What clients may take of the server.

    Args:
        max_connections: Open connections.
        header_timeout: Seconds that the head of a request may take, and that a client may read nothing of an answer.
        keep_alive: Seconds that a connection may be idle between two requests.
    """

    max_connections: int = 1000
    header_timeout: float = 10.0
    keep_alive: int = 75


def run(
    app: ASGIApp,
    listener: socket.socket,
    *,
    limits: ServerLimits | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Run an ASGI application until SIGINT or SIGTERM, then return.

    Args:
        app: The application.
        listener: A bound socket.
        limits: What clients may take.
        on_ready: Called with the URL when requests are accepted.
    """
    limits = limits or ServerLimits()
    with _ignore_repeated_signals(), _short_switch_interval(), _frozen_objects():
        config = uvicorn.Config(
            app,
            http=make_protocol(limit_connections(limits.max_connections)),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=limits.keep_alive,
            timeout_graceful_shutdown=10,
        )
        _Server(config, ConnectionWatch(limits.header_timeout), format_url(listener), on_ready).run(
            [listener]
        )


class _Server(uvicorn.Server):
    def __init__(
        self, config: uvicorn.Config, watch: ConnectionWatch, url: str, on_ready: Callable[[str], None] | None
    ) -> None:
        super().__init__(config)
        self._watch, self._url, self._on_ready = watch, url, on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        _log.info("serving at %s", self._url)
        if self._on_ready is not None:
            self._on_ready(self._url)

    async def on_tick(self, counter: int) -> bool:
        if counter % _WATCH_TICKS == 0:
            self._watch.close_stalled(self.server_state.connections, time.monotonic())
        return await super().on_tick(counter)


@contextmanager
def _ignore_repeated_signals() -> Iterator[None]:
    """Ignore SIGINT and SIGTERM outside the server: it handles them, and raises them again when it has stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _short_switch_interval() -> Iterator[None]:
    """Let threads take turns often, so that a small request is answered soon while a large one is scored."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextmanager
def _frozen_objects() -> Iterator[None]:
    """Exclude the objects that exist now from garbage collection, which stops all requests while it visits them."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
