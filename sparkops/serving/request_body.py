"""The body of a request: read with a limit of size and time, decompressed, and parsed by its content type."""

from __future__ import annotations

import asyncio
import gzip
import io
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.types import Receive

from sparkops.serving import parquet_body
from sparkops.serving.csv_body import read_csv
from sparkops.serving.json_body import read_json
from sparkops.serving.request_error import RequestError, shorten
from sparkops.serving.request_rows import InputSchema, RequestRows

_JSON, _CSV = "application/json", "text/csv"
_UTF8_BOM = b"\xef\xbb\xbf"


class ClientDisconnected(Exception):
    """The client closed the connection before it had sent the body."""


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What a body may take.

    Args:
        max_bytes: Size of a body, as sent and decompressed.
        max_rows: Rows.
        timeout: Seconds until it must have arrived.
    """

    max_bytes: int = 16_000_000
    max_rows: int = 100_000
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class BodyFormat:
    """How a body is encoded, by the headers of its request.

    Args:
        mime: Content type.
        has_header: Whether the first line of a CSV body names the columns.
        is_gzip: Whether it is compressed.
        length: Declared size in bytes; None if unknown.
        expects_continue: Whether the client waits for `100 Continue` before it sends the body.
    """

    mime: str = _JSON
    has_header: bool = True
    is_gzip: bool = False
    length: int | None = None
    expects_continue: bool = False

    @property
    def is_text(self) -> bool:
        """Return whether the body is text as it is sent."""
        return not self.is_gzip and self.mime != parquet_body.MIME


def read_format(headers: Iterable[tuple[bytes, bytes]]) -> BodyFormat:
    """Return the format that the headers of a request declare.

    Raises:
        RequestError: The format is not supported.
    """
    content_type, encoding, length, expects_continue = b"", b"", None, False
    for name, value in headers:
        if name == b"content-type":
            content_type = value
        elif name == b"content-length":
            length = int(value)
        elif name == b"content-encoding":
            encoding = value
        elif name == b"expect":
            expects_continue = True
    mime, has_header = (_JSON, True) if content_type == b"application/json" else _read_mime(content_type)
    is_gzip = bool(encoding) and _read_encoding(encoding)
    return BodyFormat(mime, has_header, is_gzip, length, expects_continue)


def _read_encoding(encoding: bytes) -> bool:
    name = encoding.decode("latin-1").strip().lower()
    if name not in ("gzip", "x-gzip", "identity"):
        raise RequestError(f"The server reads bodies in gzip or as they are, not in `{name}`.", status=415)
    return name != "identity"


def _read_mime(content_type: bytes) -> tuple[str, bool]:
    mime, *options = (part.strip().lower() for part in content_type.decode("latin-1").split(";"))
    if mime not in (_JSON, _CSV, parquet_body.MIME):
        raise RequestError(
            f"The server reads {_JSON}, {_CSV} and {parquet_body.MIME}, not `{mime or 'no content type'}`.",
            status=415,
        )
    has_header = True
    for option in options:
        text = option.replace('"', "").replace(" ", "")
        if text in ("", "charset=utf-8", "charset=utf8"):
            continue
        if mime == _CSV and text in ("header=present", "header=absent"):
            has_header = text == "header=present"
        elif text.startswith("charset="):
            raise RequestError(f"The server reads UTF-8 only, not `{option}`.", status=415)
        else:
            known = "charset=utf-8, header=present and header=absent" if mime == _CSV else "charset=utf-8"
            raise RequestError(f"`{option}` of the content type is unknown; known: {known}.", status=415)
    return mime, has_header


async def receive_body(receive: Receive, declared: BodyFormat, limits: BodyLimits) -> bytes:
    """Return the body. One that is too large is refused before the client is asked to send it, if its size is declared.

    Raises:
        RequestError: It is too large or too slow.
        ClientDisconnected: The client is gone.
    """
    if declared.length is not None and declared.length > limits.max_bytes:
        raise _build_size_error(limits)
    parts, size, more = [], 0, True
    try:
        async with asyncio.timeout(limits.timeout):
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    raise ClientDisconnected
                part = message.get("body", b"")
                size += len(part)
                if size > limits.max_bytes:
                    raise _build_size_error(limits)
                parts.append(part)
                more = message.get("more_body", False)
    except TimeoutError as error:
        raise RequestError(
            f"The body did not arrive in {limits.timeout:g} s; send it faster, or fewer rows at once.",
            status=408,
        ) from error
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _build_size_error(limits: BodyLimits) -> RequestError:
    return RequestError(
        f"The body is larger than {limits.max_bytes} bytes; send fewer rows at once.", status=413
    )


def parse_body(body: bytes, declared: BodyFormat, schema: InputSchema, limits: BodyLimits) -> RequestRows:
    """Return the rows of a body.

    Raises:
        RequestError: It cannot be read, or has too many rows.
    """
    if declared.is_gzip:
        body = _decompress(body, limits.max_bytes)
    if declared.mime == parquet_body.MIME:
        return parquet_body.read_parquet(body, max_rows=limits.max_rows, max_bytes=limits.max_bytes)
    try:
        text = body.removeprefix(_UTF8_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(f"The body is not UTF-8 (byte {error.start}). Send it as UTF-8.") from error
    is_csv = declared.mime == _CSV
    rows = read_csv(text, schema, has_header=declared.has_header) if is_csv else read_json(text, schema)
    if len(rows.rows) > limits.max_rows:
        raise RequestError(
            f"The request has {len(rows.rows)} rows; send at most {limits.max_rows} at once.", status=413
        )
    return rows


def _decompress(body: bytes, limit: int) -> bytes:
    """Return the content of gzip data, which may have several members.

    Raises:
        RequestError: It is damaged, or its content is larger than the limit.
    """
    try:
        content = gzip.GzipFile(fileobj=io.BytesIO(body)).read(limit + 1)
    except EOFError as error:
        raise RequestError("The body is not complete gzip: its end is missing.") from error
    except (OSError, zlib.error) as error:
        raise RequestError(f"The body is not gzip ({shorten(str(error))}).") from error
    if len(content) > limit:
        raise RequestError(
            f"The body is larger than {limit} bytes when decompressed; send fewer rows at once.", status=413
        )
    return content
