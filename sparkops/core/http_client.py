"""Requests to a server whose URL may hold a user and a password, which go to that server only; also on a Unix socket."""

from __future__ import annotations

import base64
import socket
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPMessage, HTTPResponse
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import AbstractHTTPHandler, HTTPRedirectHandler, Request, build_opener


def open_url(url: str, *, timeout: float) -> Any:
    """Return the answer to a GET request, as `urllib.request.urlopen` does.

    User and password of the URL are sent as HTTP's basic authentication. A redirect to another origin is followed
    without them.

    Args:
        url: `http(s)://[user:password@]host[:port]/path`.
        timeout: Seconds to wait for the connection and for each part of the answer.

    Raises:
        OSError: The server does not answer, or answers an error; `HTTPError` and `URLError` are of this class.
    """
    try:
        return build_opener(_OriginRedirects).open(_make_request(url), timeout=timeout)
    except ValueError as error:
        raise OSError(f"it redirects to what is no address ({error})") from None


def post_json(url: str, content: bytes, *, headers: Mapping[str, str], timeout: float) -> None:
    """Post JSON to a server; user and password of the URL are sent as by `open_url`.

    Args:
        url: As for `open_url`.
        content: The JSON text.
        headers: Further headers.
        timeout: Seconds to wait for the connection and for each part of the answer.

    Raises:
        OSError: The server does not answer, or answers an error.
    """
    request = _make_request(url, content)
    for name, value in {"Content-Type": "application/json", **headers}.items():
        request.add_header(name, value)
    with build_opener(_OriginRedirects).open(request, timeout=timeout):
        pass


def send_request(
    url: str,
    *,
    method: str = "GET",
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float,
) -> Any:
    """Return the answer to a request, as `urllib.request.urlopen` does; a redirect to another origin gets no credentials.

    Args:
        url: As for `open_url`, or `unix://` with the percent-encoded path of a socket in place of the host.
        method: HTTP's method.
        content: The body; None for none.
        headers: Headers of the request.
        timeout: Seconds to wait for the connection and for each part of the answer.

    Raises:
        OSError: The server does not answer, or answers an error (`HTTPError`).
    """
    is_unix = url.startswith("unix://")
    request = Request(url, data=content) if is_unix else _make_request(url, content)  # noqa: S310 - no other scheme
    request.method = method
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    opener = build_opener(_UnixSockets) if is_unix else build_opener(_OriginRedirects)
    return opener.open(request, timeout=timeout)


def _make_request(url: str, content: bytes | None = None) -> Request:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise OSError(f"it is no address ({error})") from None
    if parts.scheme not in ("http", "https"):
        raise OSError(f"`{parts.scheme}:` is not the scheme of a server: use http or https")
    request = Request(remove_credentials(url), data=content)  # noqa: S310 - the scheme is checked above
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        request.add_header("Authorization", f"Basic {base64.b64encode(login).decode()}")
    return request


def remove_credentials(url: str) -> str:
    """Return a URL without user and password; of what is no URL, what follows the last `@`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


class _UnixConnection(HTTPConnection):
    """A connection to the socket whose percent-encoded path is the host."""

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(unquote(self.host))


class _UnixSockets(AbstractHTTPHandler):
    """Sends requests of `unix:` to a socket of this machine."""

    def unix_request(self, request: Request) -> Request:
        """Complete the headers of a request."""
        request.add_unredirected_header("Host", "localhost")
        completed: Request = self.do_request_(request)
        return completed

    def unix_open(self, request: Request) -> HTTPResponse:
        """Return the answer to a request."""
        return self.do_open(_UnixConnection, request)

    @staticmethod
    def unix_response(request: Request, response: HTTPResponse) -> HTTPResponse:
        """Return an answer that is no error, else raise it."""
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise HTTPError(request.full_url, response.status, response.reason, response.headers, response)
        return response


class _OriginRedirects(HTTPRedirectHandler):
    """Follows redirects; sends credentials only to the origin that they were given for."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """Return the request to follow a redirect, without credentials if it leaves the origin."""
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request is not None and _find_origin(request.full_url) != _find_origin(req.full_url):
            request.remove_header("Authorization")
        return request


def _find_origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
