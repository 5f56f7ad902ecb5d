"""Post to an address that the settings permit: directly, without redirects; of the answer only the status is read.

In the event loop, so that the time limit of the caller ends everything at once: the connection, TLS, and an answer that comes
byte by byte.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping
from concurrent.futures import Executor
from functools import partial
from typing import Final

from sparkops.api.callbacks.address import CallbackAddress

_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})[ \r\n]")
_FIRST_FINAL_STATUS: Final = 200


async def post(
    address: CallbackAddress, content: bytes, headers: Mapping[str, str], *, resolver: Executor
) -> int:
    """Return the status of the answer to a POST request.

    Args:
        address: Where it is sent.
        content: The body.
        headers: Further headers, of ASCII characters.
        resolver: Resolves the name of the host in its threads, which a name server may occupy for longer than the caller waits.

    Raises:
        OSError: The host cannot be reached, its certificate is not trusted, or it answers no HTTP.
    """
    reader, writer = await _connect(address, resolver)
    try:
        writer.write(_format_head(address, content, headers) + content)
        await writer.drain()
        return await _read_status(reader)
    finally:
        writer.transport.abort()


async def _connect(address: CallbackAddress, resolver: Executor) -> tuple[StreamReader, StreamWriter]:
    """Connect to the first IP address of the host that answers."""
    loop = asyncio.get_running_loop()
    resolve = partial(socket.getaddrinfo, address.host, address.port, type=socket.SOCK_STREAM)
    endpoints = [str(info[4][0]) for info in await loop.run_in_executor(resolver, resolve)]
    context, name = None, None
    if address.scheme == "https":
        # Read in a thread, because the certificates of the system are some hundred.
        context, name = await loop.run_in_executor(resolver, ssl.create_default_context), address.host
    problem = OSError("it has no address")
    for endpoint in endpoints:
        try:
            return await asyncio.open_connection(endpoint, address.port, ssl=context, server_hostname=name)
        except OSError as error:
            problem = error
    raise problem


def _format_head(address: CallbackAddress, content: bytes, headers: Mapping[str, str]) -> bytes:
    fields = {
        "Host": address.authority,
        "Connection": "close",
        "Content-Length": str(len(content)),
        **headers,
    }
    lines = [f"POST {address.target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("ascii")


async def _read_status(reader: StreamReader) -> int:
    """Return the status of the answer, after those that only say that one will come."""
    while True:
        match = _STATUS.match(await _read_line(reader))
        if match is None:
            raise OSError("it answers no HTTP")
        if int(match[1]) >= _FIRST_FINAL_STATUS:
            return int(match[1])
        while (await _read_line(reader)).strip():
            pass


async def _read_line(reader: StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError:
        raise OSError("a line of its answer is too long") from None
