"""`/runs/{id}/log`: the log of a run as text, or live as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from sparkops.api.run_log import LogChunk, LogPosition, read_log
from sparkops.api.service import JobService
from sparkops.core.control_characters import escape_controls

_POLL_SECONDS: Final = 0.3
# A line that says nothing, so that a proxy does not close a connection on which nothing is sent.
_KEEP_ALIVE_POLLS: Final = 50
# Bytes of a log that are answered at once; the header of the answer says where the next ones begin.
_MAX_TEXT: Final = 4_000_000


async def answer_log(service: JobService, request: Request) -> Response:
    """Return the log of a run; with `Accept: text/event-stream` as it is written.

    A follower that was disconnected sends the id of its last event as `Last-Event-ID`, and gets what follows.
    """
    requested = await asyncio.to_thread(service.find, request.path_params["run"])
    start = _read_start(request)
    run_id = requested.run.id if requested.run is not None else requested.id
    if "text/event-stream" in request.headers.get("accept", ""):
        events = _follow(service, requested.id, run_id, start)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(events, headers=headers, media_type="text/event-stream")
    text, end = await asyncio.to_thread(read_log_text, service, run_id, start, requested.has_ended)
    return PlainTextResponse(text, headers={"X-Log-Position": str(end)})


def _read_start(request: Request) -> LogPosition:
    """Return where a log is read from: after the last event that a follower has seen, or where the query says.

    Raises:
        InputError: One of them is no place in a log, also if it is not used.
    """
    start = LogPosition.parse(request.query_params.get("from", "1:0"))
    last_event = request.headers.get("last-event-id")
    return LogPosition.parse(last_event) if last_event else start


def read_log_text(
    service: JobService, run_id: str, start: LogPosition, rest: bool
) -> tuple[str, LogPosition]:
    """Return the text of a log from a place on, up to a limit, and where it ends; see `read_log`."""
    parts, size = [], 0
    while size < _MAX_TEXT:
        chunk = read_log(service.engine.runs, run_id, start, rest=rest)
        start = chunk.end
        if not chunk.text:
            break
        parts.append(escape_controls(chunk.text))
        size += len(chunk.text)
    return "".join(parts), start


async def _follow(
    service: JobService, requested_id: str, run_id: str, start: LogPosition
) -> AsyncIterator[str]:
    """Yield the log as server-sent events until the run has ended; the last event is named `end`."""
    silent = 0
    while True:
        # The state is read before the log, so that nothing is written to it after its last reading.
        requested = await asyncio.to_thread(service.find, requested_id)
        run_id = requested.run.id if requested.run is not None else run_id
        chunk = await asyncio.to_thread(
            read_log, service.engine.runs, run_id, start, rest=requested.has_ended
        )
        start, silent = chunk.end, silent + 1
        if chunk.text:
            silent = 0
            yield _format_event(chunk)
        elif requested.has_ended:
            yield f"event: end\ndata: {requested.state}\n\n"
            return
        else:
            if silent % _KEEP_ALIVE_POLLS == 0:
                yield ": waiting\n\n"
            await asyncio.sleep(_POLL_SECONDS)


def _format_event(chunk: LogChunk) -> str:
    lines = escape_controls(chunk.text).removesuffix("\n").split("\n")
    return f"id: {chunk.end}\n" + "".join(f"data: {line}\n" for line in lines) + "\n"
