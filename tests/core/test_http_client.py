"""Credentials of a URL go to its server and to no other."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError

import pytest

from sparkops.core.http_client import open_url, remove_credentials


class _Handler(BaseHTTPRequestHandler):
    redirect = ""
    seen: list[str | None]

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("Authorization"))
        if self.redirect and self.path == "/begin":
            self.send_response(302)
            self.send_header("Location", self.redirect)
            self.end_headers()
        else:
            self.send_response(404 if self.path == "/missing" else 200)
            self.end_headers()
            self.wfile.write(b"answer")

    def log_message(self, *_: object) -> None:
        """Keep the test's terminal quiet."""


@pytest.fixture
def servers() -> Iterator[list[tuple[type[_Handler], str]]]:
    """Two servers: their handlers and addresses."""
    with ExitStack() as stack:
        result = []
        for _ in range(2):
            handler = type("Handler", (_Handler,), {"seen": []})
            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), handler))
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            result.append((handler, f"127.0.0.1:{server.server_port}"))
        yield result


LOGIN = "Basic " + base64.b64encode(b"ada:p@ss/word").decode()


def test_user_and_password_are_sent_as_basic_authentication(
    servers: list[tuple[type[_Handler], str]],
) -> None:
    handler, address = servers[0]
    with open_url(f"http://ada:p%40ss%2Fword@{address}/x", timeout=5) as answer:
        assert answer.read() == b"answer"
    assert handler.seen == [LOGIN]


def test_a_redirect_within_the_server_keeps_them(servers: list[tuple[type[_Handler], str]]) -> None:
    handler, address = servers[0]
    handler.redirect = "/end"
    open_url(f"http://ada:p%40ss%2Fword@{address}/begin", timeout=5).close()
    assert handler.seen == [LOGIN, LOGIN]


@pytest.mark.parametrize("target", ["http://{other}/end", "http://localhost:{own_port}/end", "//{other}/end"])
def test_a_redirect_to_another_origin_does_not_carry_them(
    servers: list[tuple[type[_Handler], str]], target: str
) -> None:
    (first, address), (second, other) = servers
    first.redirect = target.format(other=other, own_port=address.rpartition(":")[2])
    open_url(f"http://ada:p%40ss%2Fword@{address}/begin", timeout=5).close()
    assert [*first.seen, *second.seen] == [LOGIN, None]


def test_an_error_of_the_server_is_an_os_error(servers: list[tuple[type[_Handler], str]]) -> None:
    with pytest.raises(HTTPError):
        open_url(f"http://{servers[0][1]}/missing", timeout=5)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/x", "data:,x"])
def test_only_http_is_a_server(url: str) -> None:
    with pytest.raises(OSError, match="is not the scheme of a server"):
        open_url(url, timeout=5)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@h:1/x?y=1", "https://h:1/x?y=1"),
        ("https://h/x", "https://h/x"),
        ("http://u@h", "http://h"),
    ],
)
def test_a_url_is_shown_without_credentials(url: str, shown: str) -> None:
    assert remove_credentials(url) == shown
