"""Answers in JSON, without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sparkops.core.masking import mask_json


def answer(
    request: Request, body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an answer in JSON; the secrets of the configuration are masked in it."""
    return JSONResponse(mask_json(to_json(body), request.app.state.service.secrets), status, headers)


def to_json(value: Any) -> Any:
    """Return a value of a record or of a table as JSON: times in ISO 8601, decimals as text."""
    if isinstance(value, Mapping):
        return {str(key): to_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json(inner) for inner in value]
    if isinstance(value, float):
        # JSON has no other numbers; the same texts as in Spark's to_json.
        return value if value - value == 0 else str(value).replace("inf", "Infinity").replace("nan", "NaN")
    if value is None or isinstance(value, str | int):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
