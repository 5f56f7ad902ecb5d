"""A client that sends one request after another on each of several connections, and measures every answer.

    python -m benchmarks.http_load PORT CONNECTIONS SECONDS < REQUEST

It is a process of its own, with non-blocking sockets and epoll: one answer costs it a few microseconds, so that the server is
what is measured. It prints one line of JSON.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from dataclasses import asdict, dataclass

WARM_UP_SECONDS = 0.5
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True, slots=True)
class Load:
    """What a client measured: latencies in milliseconds, requests a second, and the last answer."""

    connections: int
    p50: float
    p99: float
    largest: float
    per_second: float
    answer: str


class _Connection:
    """A connection with one request under way."""

    def __init__(self, port: int, request: bytes) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request, self._start, self.answer, self._data = request, 0.0, b"", b""

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self) -> None:
        self._start = time.perf_counter()
        self._socket.sendall(self._request)

    def receive(self) -> float | None:
        """Read what has arrived; return the seconds of the answer when it is complete.

        Raises:
            RuntimeError: The answer is an error, or the server closed the connection.
        """
        part = self._socket.recv(1 << 20)
        if not part:
            raise RuntimeError("the server closed a connection")
        self._data += part
        end = self._data.find(_END_OF_HEAD)
        if end < 0:
            return None
        head = self._data[:end].lower()
        length = int(head.partition(_LENGTH)[2].partition(b"\r\n")[0])
        if len(self._data) < end + len(_END_OF_HEAD) + length:
            return None
        seconds = time.perf_counter() - self._start
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(self._data.decode(errors="replace"))
        self.answer, self._data = self._data[end + len(_END_OF_HEAD) :], b""
        return seconds


def measure(port: int, connections: int, seconds: float, request: bytes) -> Load:
    """Send requests for some seconds after a warm-up."""
    clients = [_Connection(port, request) for _ in range(connections)]
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client, selectors.EVENT_READ)
            client.send()
        _exchange(selector, WARM_UP_SECONDS)
        start = time.perf_counter()
        times = sorted(_exchange(selector, seconds))
        elapsed = time.perf_counter() - start
    p50, p99 = (1000 * times[int(part * (len(times) - 1))] for part in (0.5, 0.99))
    answer = clients[0].answer.decode()
    return Load(connections, p50, p99, 1000 * times[-1], len(times) / elapsed, answer)


def _exchange(selector: selectors.BaseSelector, seconds: float) -> list[float]:
    """Answer each response with the next request until the time is over; return the seconds of every answer."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    # An answer may take longer than the time that is measured.
    while time.perf_counter() < end or not times:
        for key, _ in selector.select():
            client: _Connection = key.fileobj  # type: ignore[assignment]
            if (elapsed := client.receive()) is not None:
                times.append(elapsed)
                client.send()
    return times


def main() -> None:
    port, connections, seconds = sys.argv[1:]
    request = sys.stdin.buffer.read()
    print(json.dumps(asdict(measure(int(port), int(connections), float(seconds), request))))


if __name__ == "__main__":
    main()
