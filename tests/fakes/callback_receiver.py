"""A receiver of callbacks: an HTTP server in a thread, which answers what a test lists."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

HANGS: Final = 0


@dataclass(frozen=True)
class ReceivedCallback:
    """A request of the service."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class CallbackReceiver:
    """What was received; `statuses` are the next answers, after which all are 200. `HANGS` answers when `close` is set."""

    port: int = 0
    statuses: list[int] = field(default_factory=list)
    received: list[ReceivedCallback] = field(default_factory=list)
    close: threading.Event = field(default_factory=threading.Event)
    scheme: str = "http"

    def url(self, path: str = "/hook") -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["content-length"]))
        self.received.append(ReceivedCallback(request.path, dict(request.headers), body))
        status = self.statuses.pop(0) if self.statuses else 200
        if status == HANGS:
            self.close.wait(60)
            return
        request.send_response(status)
        request.send_header("Location", self.url("/elsewhere"))
        request.send_header("Content-Length", "0")
        request.end_headers()


@contextmanager
def receiving(*statuses: int, certificate: Path | None = None) -> Iterator[CallbackReceiver]:
    """Receive callbacks on a port of this machine.

    Args:
        statuses: The first answers.
        certificate: File of a certificate and its key, for https.
    """
    receiver = CallbackReceiver(statuses=list(statuses), scheme="http" if certificate is None else "https")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.answer(self)

        def log_message(self, *arguments: Any) -> None:
            del arguments

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.close.set()
        server.shutdown()
        server.server_close()
        thread.join()
