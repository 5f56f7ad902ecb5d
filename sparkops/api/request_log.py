"""Log every request, and record every action for an audit: who did what, to which job and run, and with which result."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sparkops.core.private_file import make_private_folder, open_private
from sparkops.core.wording import truncate

_access = logging.getLogger("sparkops.api.access")
_audit = logging.getLogger("sparkops.api.audit")
_log = logging.getLogger("sparkops.api")

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSED: Final = frozenset({401, 403})
_MAX_NAME: Final = 200
_RUNS: Final = "/runs/"


class RequestLog:
    """Middleware that logs requests. No value of a parameter, no query and no token is logged.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = monotonic()
        answered: dict[str, Any] = {"status": 500, "run": None}

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered["status"] = message["status"]
                location = Headers(raw=message.get("headers", [])).get("location", "")
                answered["run"] = location.removeprefix(_RUNS) if location.startswith(_RUNS) else None
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            _log_request(scope, answered, monotonic() - began)


def _log_request(scope: MutableMapping[str, Any], answered: dict[str, Any], seconds: float) -> None:
    caller, client = scope.get("sparkops.caller"), scope.get("client")
    status = answered["status"]
    facts = {"caller": caller.name if caller is not None else None, "address": client[0] if client else None}
    _access.info(
        "%s %s %s", scope["method"], truncate(scope["path"], _MAX_NAME), status,
        extra={"facts": {
            "method": scope["method"], "path": truncate(scope["path"], _MAX_NAME), "status": status,
            "milliseconds": round(seconds * 1000, 1), **facts,
        }},
    )  # fmt: skip
    if scope["method"] in _READING and status not in _REFUSED:
        return
    path = scope.get("path_params", {})
    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        **facts,
        "action": getattr(scope.get("endpoint"), "__name__", "request"),
        "job": _shorten(scope.get("sparkops.job") or path.get("job")),
        "run": _shorten(scope.get("sparkops.run") or answered["run"] or path.get("run")),
        "status": status,
    }
    _audit.info("%s", json.dumps(line))


def _shorten(name: Any) -> str | None:
    return truncate(str(name), _MAX_NAME) if name is not None else None


class AuditFile(logging.Handler):
    """Appends lines to a file that only its owner can read; it is opened for each, so that it may be moved away.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(logging.INFO)
        self._path = path

    def emit(self, record: logging.LogRecord) -> None:
        """Append one line."""
        try:
            make_private_folder(self._path.parent)
            descriptor = open_private(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            try:
                os.write(descriptor, f"{record.getMessage()}\n".encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            _log.error("the audit log %s cannot be written: %s", self._path, error.strerror)


class JsonFormatter(logging.Formatter):
    """Formats each record as one JSON object: `time`, `level`, `logger`, `message`, and what the record describes."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        values: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            values["error"] = self.formatException(record.exc_info)
        return json.dumps(values)
