"""Requests of hostile clients: bytes over a socket to a real `sparkops serve`, and messages to the application in this process."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from fakes.raw_http import ServerProcess, read_reply, scoring_server

from fuzzing.folders import GOLDEN
from fuzzing.mutations import hostile_text, hostile_value, mutate_bytes, mutate_json
from fuzzing.surface import Case, Finding, RunCase, Surface, check_message
from sparkops.serving.app import create_app
from sparkops.serving.load_service import load_service

_MODEL = GOLDEN / "v2" / "models" / "spark" / "scorer"
_ROW = {"id": 44, "shop": "east", "amount": 120.56}
_TARGETS = (
    "/invocations",
    "/invocations",
    "/invocations",
    "/ping",
    "/health/ready",
    "/health/live",
    "/version",
    "/",
    "/x",
    "*",
    "//",
    "/../x",
    "/%00",
    "http://a/invocations",
)
_METHODS = (
    "POST",
    "POST",
    "POST",
    "GET",
    "HEAD",
    "PUT",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PRI",
    "post",
    "G\x00T",
    "",
)
_TYPES = (
    "application/json",
    "application/json",
    "text/csv",
    "application/vnd.apache.parquet",
    "application/json; charset=utf-16",
    "text/csv; header=absent",
    "",
    "x",
)
_QUERIES = (
    "",
    "",
    "?explain=true",
    "?outputs=prediction",
    "?outputs=x",
    "?extra=pass",
    "?on_error=null",
    "?strict=true",
    "?%ff",
    "?a&a",
    "?outputs=" + "x," * 500,
    "?" + "&" * 300,
)
_HEADERS = (
    "content-length: 10", "content-length: -1", "content-length: 99999999999999999999", "content-length: x", "content-length: 5\r\ncontent-length: 6",
    "transfer-encoding: chunked", "transfer-encoding: chunked, chunked", "transfer-encoding: gzip", "expect: 100-continue", "content-encoding: gzip",
    "content-encoding: br", "connection: upgrade\r\nupgrade: websocket", "connection: upgrade\r\nupgrade: h2c\r\nhttp2-settings: x", "host: a\r\nhost: b",
    "x: " + "y" * 20_000, "x\x00: y", "x : y", ": y", "\tx: y", "x: \xff", "origin: http://evil.example", "x-forwarded-for: 1.1.1.1", "range: bytes=0-1",
)  # fmt: skip
_FORMS = ("instances", "inputs", "dataframe_records", "dataframe_split", "x")
# Memory that the server may take more after thousands of requests than after the first.
_MAX_GROWTH = 400 << 20
_ASGI_SHARE = 0.4
_STATUSES = range(100, 500)
_BUSY = 503


def draw_case(draw: Random) -> Case:
    """Return the bytes of a request, or the messages that a server gives to the application."""
    body = _draw_body(draw)
    if draw.random() < _ASGI_SHARE:
        return _draw_messages(draw, body)
    headers = [f"content-type: {draw.choice(_TYPES)}", f"content-length: {len(body)}", "host: x"]
    for _ in range(draw.choice((0, 0, 1, 1, 2, 3))):
        headers.insert(draw.randrange(len(headers) + 1), draw.choice(_HEADERS))
    if draw.random() < 0.2:
        headers.pop(draw.randrange(len(headers)))
    version = draw.choice(("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "", "X"))
    first = f"{draw.choice(_METHODS)} {draw.choice(_TARGETS)}{draw.choice(_QUERIES)} {version}"
    request = "\r\n".join([first, *headers, "", ""]).encode("latin-1", "replace") + body
    if draw.random() < 0.3:
        request = mutate_bytes(request, draw)
    if draw.random() < 0.1:
        request *= draw.choice((2, 5))
    return {"kind": "socket", "bytes": request.hex()}


def _draw_body(draw: Random) -> bytes:
    rows: Any = [dict(_ROW) for _ in range(draw.choice((0, 1, 1, 2, 30)))]
    for _ in range(draw.choice((0, 1, 2))):
        mutate_json(rows, draw)
    value = draw.choice(
        (
            rows,
            {"columns": list(_ROW), "data": [list(_ROW.values())]},
            {name: [1] for name in _ROW},
            hostile_value(draw),
        )
    )
    body = json.dumps({draw.choice(_FORMS): value}).encode()
    kind = draw.random()
    if kind < 0.1:
        body = draw.choice((b"[", b'{"a":')) * draw.choice((10, 1000, 60_000))
    elif kind < 0.3:
        body = mutate_bytes(body, draw)
    elif kind < 0.4:
        body = f"id,shop,amount\n1,{hostile_text(draw)},2\n".encode("utf-8", "surrogatepass")
    if draw.random() < 0.1:
        body = gzip.compress(body * draw.choice((1, 1, 200)), 1)
    return body


def _draw_messages(draw: Random, body: bytes) -> Case:
    headers = [["content-type", draw.choice(_TYPES)], ["content-length", str(len(body))]]
    headers += (
        [["content-encoding", draw.choice(("gzip", "identity", "br", hostile_text(draw)))]]
        if draw.random() < 0.2
        else []
    )
    headers += [["expect", "100-continue"]] if draw.random() < 0.05 else []
    size = draw.choice((1, 7, 100, 1 << 20)) if len(body) < 2000 else 1 << 20
    parts = [body[start : start + size].hex() for start in range(0, len(body), size)] or [""]
    return {
        "kind": "application",
        "method": draw.choice(("POST", "POST", "GET", "HEAD", "x")),
        "path": draw.choice(
            ("/invocations", "/invocations", "/ping", "/health/ready", "/", hostile_text(draw))
        ),
        "query": draw.choice((*_QUERIES, "?outputs=" + hostile_text(draw)))[1:],
        "headers": [[name, value.encode("utf-8", "surrogatepass").hex()] for name, value in headers],
        "parts": parts[: draw.choice((len(parts), len(parts), len(parts), len(parts) // 2))],
        "disconnects": draw.random() < 0.1,
    }


@contextmanager
def prepare(folder: Path) -> Iterator[RunCase]:
    """Serve a golden model in a process of its own, and yield the function that sends it a request."""
    application = create_app(load_service(_MODEL))
    log = folder / "server.log"
    with (
        log.open("w", encoding="utf-8") as stream,
        scoring_server(_MODEL, stderr=stream) as server,
        asyncio.Runner() as runner,
    ):
        memory = _read_memory(server)

        def run_case(case: Case, folder: Path) -> str:
            del folder
            if case["kind"] == "application":
                return runner.run(_call(application, case))
            outcome = _send(server, bytes.fromhex(case["bytes"]))
            _check_server(server, memory, log)
            return outcome

        yield run_case


def _read_memory(server: ServerProcess) -> int:
    pages = Path(f"/proc/{server.process.pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) << 12


def _send(server: ServerProcess, request: bytes) -> str:
    """Send bytes on a connection of their own, say that no more follow, and return the status of the first response."""
    with server.connect() as connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            status = read_reply(connection).status
        except TimeoutError as error:
            raise Finding("the server does not answer") from error
        except (EOFError, OSError):
            return "closed"
        except ValueError:
            # A HEAD request has a length without a body; a request of a very old version has no head.
            return "no head"
    if status not in _STATUSES and status not in (_BUSY, 501, 505):
        raise Finding(f"status {status}")
    return f"status {status}"


def _check_server(server: ServerProcess, memory: int, log: Path) -> None:
    """Raise `Finding` unless the server is ready, small, and has logged no error."""
    reply = server.send(b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    if reply.status != 200:
        raise Finding(f"after the request, /health/live answers {reply.status}")
    growth = _read_memory(server) - memory
    if growth > _MAX_GROWTH:
        raise Finding(f"the server has grown by {growth >> 20:,} MiB")
    if log.stat().st_size:
        text = log.read_text(encoding="utf-8", errors="replace")
        log.write_text("", encoding="utf-8")
        if "Traceback" in text:
            raise Finding(f"the server logged {text[-1500:]}")


async def _call(application: Any, case: Case) -> str:
    """Call the application with the messages of a case, and check that it sends one complete response."""
    parts = [bytes.fromhex(part) for part in case["parts"]]
    messages: list[MutableMapping[str, Any]] = [
        {"type": "http.request", "body": part, "more_body": number < len(parts) or case["disconnects"]}
        for number, part in enumerate(parts, 1)
    ] or [{"type": "http.request", "body": b"", "more_body": False}]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": case["method"], "scheme": "http",
        "path": case["path"], "raw_path": b"/", "query_string": case["query"].encode("utf-8", "surrogatepass"), "root_path": "",
        "headers": [(name.encode(), bytes.fromhex(value)) for name, value in case["headers"]], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
    }  # fmt: skip
    async with asyncio.timeout(10):
        await application(scope, receive, send)
    if not sent:
        return "closed"
    status = sent[0]["status"]
    if status not in _STATUSES and status != _BUSY:
        raise Finding(f"status {status}: {sent[-1].get('body', b'')!r}")
    if (
        sent[-1].get("more_body")
        or len([message for message in sent if message["type"] == "http.response.start"]) != 1
    ):
        raise Finding("the response is incomplete")
    if status >= 400:
        body = b"".join(message.get("body", b"") for message in sent)
        with contextlib.suppress(KeyError):
            check_message(json.loads(body)["message"])
    return f"status {status}"


SURFACE = Surface("http-requests", draw_case, prepare)
