"""HTTP over a socket, byte by byte: what an ordinary client would not send."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
_COMMAND = "from sparkops.cli.main import main; main()"


@dataclass(frozen=True)
class Reply:
    """An HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class ServerProcess:
    """A running server and its port."""

    process: subprocess.Popen[str]
    port: int

    def connect(self, timeout: float = 10) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def send(self, request: bytes, timeout: float = 10) -> Reply:
        """Send a request on a connection of its own and return the response."""
        with self.connect(timeout) as connection:
            connection.sendall(request)
            return read_reply(connection)

    def post(self, body: bytes | object, query: str = "", **headers: str) -> Reply:
        """Send rows; a body that is not bytes is sent as JSON."""
        return self.send(post_request(body, query, **headers), timeout=60)


def post_request(body: bytes | object, query: str = "", **headers: str) -> bytes:
    """Return the bytes of a request with rows; underscores of header names are dashes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"content_type": "application/json", "content_length": str(len(content)), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items() if value)
    return f"POST /invocations{query} HTTP/1.1\r\nhost: x\r\n{lines}\r\n".encode("latin-1") + content


def read_reply(connection: socket.socket) -> Reply:
    """Read one response; raise EOFError where the connection ends before."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _receive(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += _receive(connection)
    return Reply(int(first.split()[1]), headers, body)


def _receive(connection: socket.socket) -> bytes:
    part = connection.recv(65536)
    if not part:
        raise EOFError
    return part


@contextmanager
def scoring_server(model: Path, *options: str, stderr: Any = None) -> Iterator[ServerProcess]:
    """Run `sparkops serve` on a model's folder in the context; at its end the server must stop on SIGTERM with code 0."""
    command = [sys.executable, "-c", _COMMAND, "serve", str(model), "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True, cwd=model) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield ServerProcess(process, int(line.rsplit(":", 1)[1]))
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
